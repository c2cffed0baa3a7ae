"""Names of prompt files: what an id is made of, and patterns that stand for many files."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

NAME = "{name}"  # in `cases`: the name of the prompt's file


def name_of(path: str) -> str:
    """Return a file's name without any of its endings, or of what is chosen in it: `a/triage.prompt.yml` is `triage`.

    `app/prompts.py::ROUTER` is `ROUTER`, `app.toml::prompts.router` is `router`.
    """
    file, _, chosen = path.partition("::")
    return chosen.rpartition(".")[2] if chosen else PurePosixPath(file).name.split(".")[0]


def is_pattern(path: str) -> bool:
    """Whether `path` stands for many files."""
    return "*" in path or "?" in path


def matches(pattern: str, path: str) -> bool:
    """Whether `path` is one of the files that `pattern` stands for.

    `*` and `?` stand for any characters or one of a name, `**` for directories, as many as there are. As in a shell, a
    name that begins with a dot is met by a dot only.
    """
    parts = []
    for part in PurePosixPath(pattern).parts:
        if part == "**":
            parts.append(r"(?:(?!\.)[^/]+/)*")
            continue
        hidden = "" if part.startswith(".") else r"(?!\.)"
        wild = {"*": "[^/]*", "?": "[^/]"}
        parts.append(hidden + "".join(wild.get(char, re.escape(char)) for char in part) + "/")
    return re.fullmatch("".join(parts), path + "/") is not None
