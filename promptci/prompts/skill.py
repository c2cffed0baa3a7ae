"""`SKILL.md` and `AGENTS.md`: what an agent reads. Nothing in them is filled.

A skill's limits are those of the Agent Skills specification (agentskills.io/specification): `name` and `description`
are required, the name is that of its folder.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import PurePosixPath

from promptci.core import Json, Part
from promptci.errors import DataError
from promptci.prompts import yamltree
from promptci.prompts.base import Edit, PromptFile, Slot
from promptci.prompts.text import Front, Text, body_slot, front_matter, span

MOST_NAME, MOST_DESCRIPTION, MOST_COMPATIBILITY = 64, 1024, 500  # characters
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_KEYS = ("name", "description", "license", "compatibility", "metadata", "allowed-tools")


class Skill:
    """A skill: its body is what a search may rewrite, or, chosen as `SKILL.md::description`, its description."""

    def read(self, text: str, place: str, selector: str | None) -> PromptFile:
        """Read front matter and body. Raises DataError with place:line for one that agents would refuse."""
        front = front_matter(text, place)
        _refuse(front, place)
        start, end = span(text, front.end)
        if start >= end:
            raise DataError("the skill has no body", place=place, hint="write the instructions below the front matter")
        notes = {key: front.values[key] for key in _KEYS if key in front.values}
        if selector == "description":
            return _description(text, place, front.end, front.values)
        if selector is not None:
            raise DataError(f"a skill has no '{selector}'", place=place, hint="choose ::description, or nothing")
        body = Part("system", text[start:end].replace("\r\n", "\n"), text.count("\n", 0, start) + 1)
        slot = body_slot(text, start, end, front.end)
        return PromptFile((body,), (slot,), notes=notes, style="none")


class Agents:
    """A file of instructions for agents: plain text, and braces in it are text."""

    def read(self, text: str, place: str, selector: str | None) -> PromptFile:
        """Read the text. Raises DataError for an empty one."""
        found = Text().read(text, place, selector)
        return replace(found, parts=tuple(replace(p, role=p.role or "system") for p in found.parts), style="none")


def _refuse(front: Front, place: str) -> None:
    for key in ("name", "description"):
        said = front.values.get(key)
        if not isinstance(said, str) or not said.strip():
            hint = "front matter needs both: agents choose a skill by its name and description"
            raise DataError(f"a skill without '{key}'", place=front.where(place, key), hint=hint)
    for key in front.values:
        if key not in _KEYS:
            hint = f"known: {', '.join(_KEYS)}; others go under 'metadata'"
            raise DataError(f"unknown key '{key}' of a skill", place=front.where(place, key), hint=hint)
    name, folder = str(front.values["name"]), PurePosixPath(place).parent.name
    if not _NAME.fullmatch(name) or len(name) > MOST_NAME:
        hint = f"small letters, digits and single hyphens, at most {MOST_NAME} characters"
        raise DataError(f"'{name[:80]}' is no name of a skill", place=front.where(place, "name"), hint=hint)
    if folder and folder != name:
        problem = f"the skill '{name}' lies in the folder '{folder}'"
        raise DataError(problem, place=front.where(place, "name"), hint="both must have one name")
    for key, most in (("description", MOST_DESCRIPTION), ("compatibility", MOST_COMPATIBILITY)):
        size = len(str(front.values.get(key, "")))
        if size > most:
            problem = f"'{key}' has {size:,} characters, and agents read at most {most:,}"
            raise DataError(problem, place=front.where(place, key), hint="shorten it; details belong into the body")


def _description(text: str, place: str, end: int, values: Mapping[str, Json]) -> PromptFile:
    """The description as the text to rewrite, in the way that its YAML is written."""
    begin = text.index("\n", text.index("---")) + 1
    tree = yamltree.read(text[begin : text.rindex("---", begin, end)], place)
    part = tree.part("system", ("description",), str(values["description"]))
    inner = tree.slot_of(part, ("description",))
    part = replace(part, first_line=part.first_line + text.count("\n", 0, begin))
    return PromptFile((part,), (None if inner is None else _moved(inner, begin),), style="none")


def _moved(slot: Slot, by: int) -> Slot:
    def ways(new: str) -> Iterator[Edit]:
        return (Edit(edit.start + by, edit.end + by, edit.source) for edit in slot(new))

    return ways


SKILL, AGENTS = Skill(), Agents()
