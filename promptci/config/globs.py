"""Patterns of prompt files -> one prompt a file."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath

from promptci.config.base import FILE, WORDED
from promptci.config.names import NAME, is_pattern, matches, name_of
from promptci.config.prompts import ID, LONGEST, PromptSettings
from promptci.config.settings import Config
from promptci.errors import ConfigError


def patterns(config: Config) -> list[str]:
    """Return the patterns that the prompts' files are given by."""
    return [p.file for p in config.prompts if is_pattern(p.file)]


def expanded(config: Config, files: Iterable[str], place: str = FILE) -> Config:
    """Return the settings with one prompt for each of `files` that a pattern stands for, in their sorted order.

    A file that an entry of its own names, or an earlier pattern found, is not found again. Raises ConfigError for ids
    that collide or that cannot be made of a path.
    """
    if not patterns(config):
        return config
    taken = {p.file for p in config.prompts}
    found: list[PromptSettings] = []
    for prompt in config.prompts:
        if not is_pattern(prompt.file):
            found.append(prompt)
            continue
        fitting = sorted(f for f in files if f not in taken and matches(prompt.file, f))
        taken.update(fitting)
        found += [_one(prompt, file) for file in fitting]
    return config.model_copy(update={"prompts": tuple(_named(found, place))})


def _one(pattern: PromptSettings, file: str) -> PromptSettings:
    cases = file if pattern.cases == pattern.file else pattern.cases.replace(NAME, name_of(file))
    return pattern.model_copy(update={"file": file, "cases": cases})


def _named(prompts: Sequence[PromptSettings], place: str) -> list[PromptSettings]:
    """Give each prompt that a pattern found its id: its name, or where names collide, its path without its ending."""
    count = Counter((p.id or name_of(p.file)).casefold() for p in prompts)
    named = [p if p.id else p.model_copy(update={"id": _id(p.file, count, place)}) for p in prompts]
    seen: dict[str, str] = {}
    for prompt in named:
        other = seen.setdefault(prompt.id.casefold(), prompt.file)
        if other != prompt.file:
            problem = f"two prompts are called '{prompt.id}': {other} and {prompt.file}"
            raise ConfigError(problem, place=place, hint="give one of them an entry of its own, with an 'id'")
    for prompt in named:  # `a` and `a/b` cannot both be branches
        above = next((p for p in PurePosixPath(prompt.id.casefold()).parents if str(p) in seen), None)
        if above is not None:
            problem = f"the prompts '{above}' and '{prompt.id}' cannot both have a branch"
            raise ConfigError(problem, place=place, hint="give one of them an entry of its own, with an 'id'")
    return named


def _id(file: str, count: Counter[str], place: str) -> str:
    name = name_of(file)
    if count[name.casefold()] > 1:
        name = "/".join((*PurePosixPath(file).parts[:-1], name))
    parts = name.casefold().split("/")  # of a branch, too: git-check-ref-format
    broken = any(part.startswith(".") or part.endswith(".lock") for part in parts)
    if broken or len(name) > LONGEST or not re.fullmatch(ID, name.replace("/", "_")):
        hint = f"give it an entry of its own, with an 'id': {WORDED['id']}"
        raise ConfigError(f"no id can be made of the file {file!r}", place=place, hint=hint)
    return name
