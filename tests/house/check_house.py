#!/usr/bin/env python3
"""The house test: reads the tree against docs/HOUSE_STYLE.md and prints one line for each offence,

    file:line: rule: what

Rules: layer and foreign (layers.py), call, await, word, debugging, machine_path, file_length and function_length
(manners.py), stray (a source that no build file names), readme (a room without one), ratchet. What was too long when
a limit came is recorded in ratchet.txt with its length; an entry may be lowered or removed, and must be when it can.

Usage: check_house.py ROOT
"""

import os
import re
import sys

import layers
import manners
from source import code_of, files_under, read

ROOMS = ["core", "gossip", "kube", "runtime", "cli", "netlink", "proto", "speaker", "controller", "charts", "tests", "bench", "docs"]
TEXTS = (".cc", ".h", ".py", ".cmake", ".md", ".sh", ".proto", ".yaml", ".yml", ".json", ".in", ".txt")
RATCHET = "tests/house/ratchet.txt"
WORD_IN_BUILD_FILE = re.compile(r"[\w./${}-]+\.(?:cc|h)\b")


class House:
    def __init__(self, root):
        self.root = root
        self.offences = []
        self.files = list(files_under(root))
        self.sources = [f for f in self.files if f.endswith((".cc", ".h"))]

    def report(self, path, line, rule, what):
        self.offences.append((path, line, rule, what))

    def check(self):
        for path in self.files:
            if path.endswith(TEXTS) or path.startswith("scripts/"):
                manners.check_words(path, read(self.root, path), self.report)
        for path in self.sources:
            text = read(self.root, path)
            layers.check(path, text, self.report)
            manners.check(path, text, self.report)
        self.check_build_lists()
        self.check_readmes()
        self.check_lengths()
        return sorted(self.offences)

    def check_build_lists(self):
        listed = set()
        for path in self.files:
            if os.path.basename(path) == "CMakeLists.txt" or path.endswith(".cmake"):
                folder = os.path.dirname(path)
                for word in WORD_IN_BUILD_FILE.findall(re.sub(r"#.*", "", read(self.root, path))):
                    if word.startswith("${PROJECT_SOURCE_DIR}/"):
                        listed.add(os.path.normpath(word.split("/", 1)[1]))
                    else:
                        word = word.replace("${CMAKE_CURRENT_SOURCE_DIR}/", "")
                        listed.add(os.path.normpath(os.path.join(folder, word)))
        for path in self.sources:
            if path not in listed:
                self.report(path, 1, "stray", "no build file lists it")

    def check_readmes(self):
        for room in ROOMS:
            holds_work = any(f.startswith(room + "/") and not f.endswith("CMakeLists.txt") for f in self.files)
            if holds_work and room + "/README.md" not in self.files:
                self.report(room + "/README.md", 1, "readme", f"room {room} does not say what it promises")

    def check_lengths(self):
        allowed = self.read_ratchet()
        for path in self.sources:
            for line, rule, name, length in manners.lengths(path, code_of(read(self.root, path))):
                limit, entry = allowed.pop((rule, path, name), (0, 0))
                if length > limit:
                    self.report(path, line, rule, f"{name} has {length} lines" + (f", recorded {limit}" if limit else ""))
                elif length < limit:
                    self.report(RATCHET, entry, "ratchet", f"{path} {name} shrank: lower {limit} to {length}")
        for (rule, path, name), (_, entry) in allowed.items():
            self.report(RATCHET, entry, "ratchet", f"{rule} {path} {name} is no longer too long: remove the line")

    def read_ratchet(self):
        """Lines of `rule path name length`; # starts a comment."""
        allowed = {}
        if RATCHET in self.files:
            for number, line in enumerate(read(self.root, RATCHET).splitlines(), 1):
                words = line.split("#")[0].split()
                if len(words) == 4 and words[3].isdigit():
                    allowed[tuple(words[:3])] = (int(words[3]), number)
                elif words:
                    self.report(RATCHET, number, "ratchet", "a line is: rule path name length")
        return allowed


def main():
    offences = House(sys.argv[1]).check()
    for path, line, rule, what in offences:
        print(f"{path}:{line}: {rule}: {what}")
    return 1 if offences else 0


if __name__ == "__main__":
    sys.exit(main())
