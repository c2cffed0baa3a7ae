"""Which prompts a change cannot have touched, found in one pass of git: in large repositories that is nearly all.

A prompt is made of its settings, its file, its eval set and what these name: partials, judge prompts, schemas. A file
is named by its path alone, so what names no changed file, and nothing that does, is as it was. Where nobody can tell
(programs, filters, submodules, names in escapes) a prompt counts as touched, and is read as a whole.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from pathlib import PurePosixPath

from promptci.config import Config, PromptSettings
from promptci.project.project import Project
from promptci.prompts import split_selector

FEW = 40  # prompts: so few are read in the time that git needs
_MOST_NAMES = 400  # more changed files than this are a change of everything
_PLAIN = re.compile(r"[A-Za-z0-9_.@+ -]+")
_WRITTEN = (".json", ".jsonl", ".yaml", ".yml", ".md", ".prompt", ".prompty", ".txt")  # may hold escapes
_ESCAPED = r"\\(u00(2[0-9df]|3[0-9]|[4-7])|x[2-7]|/)"  # a letter, a digit or a sign of a path, as an escape


def touched(project: Project, chosen: Sequence[PromptSettings], base: str, before: Config) -> list[PromptSettings]:
    """Return those of `chosen` that may differ from `base`, whose settings are `before`; the others do not differ."""
    if len(chosen) <= FEW or before.models != project.config.models:
        return list(chosen)
    repository, prefix = project.repository, project.prefix
    at_base = frozenset(repository.files(base))
    changed = frozenset(repository.changed(base))
    if _cannot_be_told(changed, at_base):
        return list(chosen)
    naming = _naming(project, changed)
    if naming is None:
        return list(chosen)
    was = {(p.id, p.file): p for p in before.prompts}

    def same(one: PromptSettings) -> bool:
        own = {prefix + split_selector(one.file)[0], prefix + one.cases}
        told = not one.run and own <= at_base and own.isdisjoint(naming)
        return told and was.get((one.id, one.file)) == one and not _names_any(one, naming)

    return [one for one in chosen if not same(one)]


def _cannot_be_told(changed: Collection[str], at_base: Collection[str]) -> bool:
    """Whether git's list of changed files does not say all, or too much to look through."""
    attributes = any(PurePosixPath(path).name in (".gitattributes", ".gitmodules") for path in (*changed, *at_base))
    return attributes or len(changed) > _MOST_NAMES


def _naming(project: Project, changed: frozenset[str]) -> frozenset[str] | None:
    """Return the changed files, those that may name one of them, those that may name one of these, and so on.

    None where a name may be written in a way that a search for it does not find.
    """
    settings = project.prefix + project.config_name  # it names every prompt, and is compared key by key
    found: frozenset[str] = frozenset()
    escaped = project.repository.holding([_ESCAPED]) if changed else ()
    fresh = (changed | {path for path in escaped if path.endswith(_WRITTEN)}) - {settings}
    while fresh:
        found |= fresh
        names = {_name(path) for path in fresh}
        if len(found) > _MOST_NAMES or not all(_PLAIN.fullmatch(name) for name in names):
            return None
        patterns = [name.replace(".", r"\.").replace("+", r"\+") for name in sorted(names)]
        fresh = frozenset(project.repository.holding(patterns)) - found - {settings}
    return found


def _name(path: str) -> str:
    """What another file calls this one, whatever comes before: its name, and a Handlebars partial's without a dress."""
    name = PurePosixPath(path).name
    return name.removeprefix("_").removesuffix(".prompt") if name.endswith(".prompt") else name


def _names_any(one: PromptSettings, naming: Collection[str]) -> bool:
    told = str(one.model_dump(mode="json", exclude={"file", "cases"}))
    return any(_name(path) in told for path in naming)
