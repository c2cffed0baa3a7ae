"""Names of prompt files: what an id is made of, and patterns that stand for many files."""

from __future__ import annotations

import re
from functools import lru_cache
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
    name that begins with a dot is met by a dot only. Takes time in proportion to both lengths: a pattern is untrusted.
    """
    parts, names = PurePosixPath(pattern).parts, path.split("/")
    met = {0}  # how many of `parts` may be used up by the names so far
    for name in names:
        met = _past_stars(met, parts)
        stays = {at for at in met if at < len(parts) and parts[at] == "**" and not name.startswith(".")}
        met = stays | {at + 1 for at in met if at < len(parts) and parts[at] != "**" and _named(parts[at], name)}
    return len(parts) in _past_stars(met, parts)


def _past_stars(met: set[int], parts: tuple[str, ...]) -> set[int]:
    """Add where one gets to by letting each `**` stand for no more directories."""
    found = set(met)
    for at, part in enumerate(parts):
        if part == "**" and at in found:
            found.add(at + 1)
    return found


@lru_cache(maxsize=256)
def _compiled(part: str) -> re.Pattern[str]:
    hidden = "" if part.startswith(".") else r"(?!\.)"
    first, *runs = (re.escape(run).replace(r"\?", ".") for run in re.split(r"\*+", part))
    # What stands between two stars is met where it first can be: going back for a later place never helps.
    inner = "".join(f"(?>.*?{run})" for run in runs[:-1])
    return re.compile(f"{hidden}{first}{inner}" + (f".*{runs[-1]}" if runs else ""), re.DOTALL)


def _named(part: str, name: str) -> bool:
    """Whether the part of a pattern between two slashes stands for this name."""
    return _compiled(part).fullmatch(name) is not None
