"""Manners of single files: calls that belong to runtime, await lines, leftover words, lengths."""

import re

from source import Place, code_of, line_of

# Calls whose results a replay could not repeat: only runtime makes them. Tests and benches may read clocks and the
# environment, but nobody sleeps: waiting is for a condition.
POLLING_HELPER = "tests/support/eventually.h"  # waits for a condition with a deadline, on behalf of all others
SLEEPS = re.compile(r"\b(?:sleep_for|sleep_until|usleep|nanosleep|sleep)\s*\(")
CALLS = re.compile(
    r"\b(?:(?:steady|system|high_resolution)_clock\s*::\s*now|clock_gettime|gettimeofday|time\s*\(\s*(?:nullptr|NULL|0)"
    r"|random_device|mt19937\w*|getrandom|getentropy|s?rand\s*\(|(?:secure_)?getenv\b)"
)

# Spelled in halves, so that this file does not flag itself.
WORDS = re.compile(r"\b(?:" + "|".join(("TO" + "DO", "FIX" + "ME", "X" + "XX", "HA" + "CK", "WI" + "P", "GTEST_" + "SKIP")) + r")\b|\bDISABLED" + r"_\w")
DEBUGGING = re.compile(r"(?:cerr|cout)\s*<<\s*\"(?:DEBUG|debug|here)\b|printf\(\"(?:DEBUG|debug|here)\b")
PATHS = re.compile(r"(?<![\w.}$-])/" + r"(?:work|home|root|Users)/\w")

MAX_FILE = 800
MAX_FUNCTION = 70


def check_calls(path, code, report):
    place = Place(path)
    if place.room == "runtime":
        return
    if path == POLLING_HELPER:
        return
    patterns = [SLEEPS] if place.layer is None else [SLEEPS, CALLS]
    for pattern in patterns:
        for match in pattern.finditer(code):
            report(path, line_of(code, match.start()), "call", f"{match.group(0).rstrip('( ')} outside runtime")


def check_awaits(path, code, report):
    """g++ 12.2 double-frees closures and aggregates built inside an await (docs/HOUSE_STYLE.md 2.7)."""
    for match in re.finditer(r"\bco_await\b", code):
        if _has_braces_after(code, match.end()) or _sits_in_aggregate(code, match.start()):
            report(path, line_of(code, match.start()), "await", "an await line holds names: no lambda, no braces")


def _has_braces_after(code, at):
    depth = 0
    for i in range(at, len(code)):
        c = code[i]
        if c == "{":
            return True
        if c == "[" and not re.search(r"[\w)\]]\s*$", code[max(0, i - 8) : i]):
            return True
        depth += (c == "(") - (c == ")")
        if c == ";" or depth < 0:
            return False
    return False


def _sits_in_aggregate(code, at):
    start = max(code.rfind(c, 0, at) for c in ";{}")
    if start < 0 or code[start] != "{":
        return False
    before = code[:start].rstrip()
    word = re.search(r"(\w+)$", before)
    if word:
        return word.group(1) not in ("else", "do", "try", "const", "noexcept", "override", "final", "mutable")
    return before.endswith(("=", ",", "(", ">", "return")) and not re.search(r"->\s*[\w:<>, ]+$", before)


def check_words(path, text, report):
    for number, line in enumerate(text.splitlines(), 1):
        for rule, pattern in (("word", WORDS), ("debugging", DEBUGGING), ("machine_path", PATHS)):
            match = pattern.search(line)
            if match:
                report(path, number, rule, match.group(0))


def lengths(path, code):
    """Yields (line, rule, name, length) of what is too long."""
    lines = code.count("\n") + 1
    if lines > MAX_FILE:
        yield 1, "file_length", "-", lines
    for line, name, length in functions(code):
        if length > MAX_FUNCTION:
            yield line, "function_length", name, length


def functions(code):
    """Yields (line, name, lines) of each function: an outermost brace that opens no namespace, type or initialiser."""
    code = re.sub(r"^[ \t]*#(?:\\\n|[^\n])*", "", code, flags=re.MULTILINE)
    stack, head = [], 0
    for match in re.finditer(r"[{};]", code):
        c, at = match.group(0), match.start()
        if c == "{":
            text = code[head:at].strip()
            is_scope = re.match(r"(?:template\s*<.*>\s*)?(?:inline\s+)?(?:namespace|class|struct|enum|union|extern)\b", text, re.DOTALL)
            inside = any(kind != "scope" for kind, _, _ in stack)
            kind = "scope" if is_scope and not inside and not text.endswith(")") else "other"
            if kind == "other" and not inside and "(" in text and not re.search(r"=\s*$", text):
                kind = "function"
            stack.append((kind, head + len(code[head:at]) - len(code[head:at].lstrip()), text))
        elif c == "}" and stack:
            kind, start, text = stack.pop()
            if kind == "function":
                name = re.search(r"([\w:~]+)\s*\(", text)
                macro = re.match(r"(TEST\w*)\s*\(([^)]*)\)", text)
                label = macro.group(2).replace(", ", ".") if macro else name.group(1) if name else "?"
                yield line_of(code, start), label, code.count("\n", start, at) + 1
        head = match.end()


def check(path, text, report):
    code = code_of(text)
    check_calls(path, code, report)
    check_awaits(path, code, report)
