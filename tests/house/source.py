"""What the house test knows about a source file: its text without comments and strings, and its place in the layers."""

import os
import re

# Folders that are not ours to read.
SKIPPED = {".git", "build", ".cache", "__pycache__"}

_TOKEN = re.compile(
    r'R"(?P<d>[^()\s\\]{0,16})\(.*?\)(?P=d)"'  # raw string
    r"|//[^\n]*|/\*.*?\*/"
    r'|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9a-zA-Z_])'(?:\\.|[^'\\\n])*'",
    re.DOTALL,
)


def code_of(text):
    """The text with comments, strings and characters blanked; every line keeps its number."""

    def blank(match):
        token = match.group(0)
        kept = '""' if '"' in (token[0], token[:2][-1]) and not token.startswith("/") else " "
        return kept + "\n" * token.count("\n")

    # Include lines are read from the original: their quotes are not strings.
    return _TOKEN.sub(blank, text)


def files_under(root):
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(f for f in folders if f not in SKIPPED)
        for name in sorted(names):
            yield os.path.relpath(os.path.join(folder, name), root)


def read(root, path):
    with open(os.path.join(root, path), encoding="utf-8", errors="replace") as file:
        return file.read()


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


class Place:
    """Where a path stands: its room (first folder), its part, and its layer. Tests and benches have none."""

    def __init__(self, path):
        folders = path.split("/")[:-1]
        self.room = folders[0] if folders else ""
        self.part = next((f for f in folders if f in ("wire", "engine", "io", "app")), self.room)
        self.layer = self._layer(path)

    def _layer(self, path):
        if self.room == "core":
            return 0
        if self.part in ("wire", "engine") or self.room == "proto":
            return 1
        if self.room == "runtime":
            return 2
        if self.part == "app" or self.room == "cli" or path.endswith("/main.cc"):
            return 4
        if self.room in ("netlink", "kube", "gossip", "speaker", "controller"):
            return 3
        return None

    def __str__(self):
        return f"{self.room}/{self.part}" if self.part != self.room else self.room
