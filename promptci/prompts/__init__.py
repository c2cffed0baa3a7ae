"""Prompt files by their ending: add a file beside this one and a line to the table. A format is imported when used."""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePosixPath

from promptci.conflicts import refuse_conflict
from promptci.core import Prompt, Style
from promptci.errors import DataError
from promptci.plugins import Table
from promptci.prompts.base import PromptFile, PromptFormat
from promptci.prompts.region import with_region

PROMPT_FORMATS: Table[PromptFormat] = Table(
    "prompt_formats",
    {
        **dict.fromkeys((".md", ".mdc", ".txt", ".j2", ".jinja", ".jinja2"), "promptci.prompts.plain:PLAIN"),
        **dict.fromkeys((".hbs", ".handlebars", ".mustache"), "promptci.prompts.plain:HANDLEBARS"),
        ".prompt.yml": "promptci.prompts.promptyml:FORMAT",
        ".prompt.yaml": "promptci.prompts.promptyml:FORMAT",
        ".prompt": "promptci.prompts.dotprompt:FORMAT",
        ".prompty": "promptci.prompts.prompty:FORMAT",
        ".py": "promptci.prompts.python:FORMAT",
        **dict.fromkeys((".ts", ".tsx", ".js", ".mjs", ".mts"), "promptci.prompts.typescript:FORMAT"),
        ".json": "promptci.prompts.chat:JSON",
        ".yaml": "promptci.prompts.chat:YAML",
        ".yml": "promptci.prompts.chat:YAML",
        ".toml": "promptci.prompts.chat:TOML",
        "SKILL.md": "promptci.prompts.skill:SKILL",  # a whole name goes before an ending
        "AGENTS.md": "promptci.prompts.skill:AGENTS",
    },
)


def split_selector(path: str) -> tuple[str, str | None]:
    """Split `app/prompts.py::ROUTER` into the file and what is chosen in it; None when nothing is."""
    file, mark, selector = path.partition("::")
    return (file, selector) if mark else (path, None)


def format_of(path: str) -> PromptFormat:
    """Return the format of a file by its ending, the longest that is known; raise DataError for an unknown one."""
    file, _ = split_selector(path)
    name = PurePosixPath(file).name
    if name in PROMPT_FORMATS and not name.startswith("."):  # `.md` alone is no ending
        return PROMPT_FORMATS[name]
    suffixes = PurePosixPath(file).suffixes
    for ending in ("".join(suffixes[n:]) for n in range(len(suffixes))):
        if ending in PROMPT_FORMATS:
            return PROMPT_FORMATS[ending]
    known = ", ".join(sorted(PROMPT_FORMATS))
    ending = PurePosixPath(file).suffix
    raise DataError(f"no prompt format for the ending '{ending}'", place=path, hint=f"known: {known}")


def decode(content: bytes, path: str) -> str:
    """Return the file's text; raise DataError with the line where it is not UTF-8."""
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as problem:
        line = content.count(b"\n", 0, problem.start) + 1
        raise DataError("not UTF-8 text", place=f"{path}:{line}", hint="save the file as UTF-8") from None


def read_prompt(
    id: str,  # noqa: A002  # the contract's word for it
    path: str,
    content: bytes,
    *,
    rewrite: str | int | None = None,
    style: Style | None = None,
) -> Prompt:
    """Read a prompt file's bytes; `path` may choose a part of it (`app/prompts.py::ROUTER`).

    `rewrite` says which part a search may rewrite: `system`, `user`, `assistant` (the first of each), a message's
    number from 1, or `region`; by default the marked region, if there is one, else the format's own choice. `style`
    overrides how placeholders are written. Raises DataError with the place of what is wrong.
    """
    found = _file(path, content)
    return Prompt(
        id=id,
        path=split_selector(path)[0],
        parts=found.parts,
        rewrite=_rewritable(found, path, rewrite),
        parameters=found.parameters,
        notes=found.notes,
        style=style or found.style,
        defaults=found.defaults,
        evaluators=found.evaluators,
    )


def write_prompt(path: str, content: bytes, text: str, *, rewrite: str | int | None = None) -> bytes:
    """Return the file's bytes with its rewritable text replaced and nothing else changed.

    The text that is there already changes no byte. Raises DataError for a text that this file cannot hold: one that
    would be read back as something else, or with characters that UTF-8 does not have.
    """
    found = _file(path, content)
    index = _rewritable(found, path, rewrite)
    slot, part = found.slots[index], found.parts[index]
    if text == part.text:
        return content
    if not text.strip():
        raise DataError("the new prompt is empty", place=path)
    if slot is None:
        raise DataError("this text cannot be written back into its file", place=f"{path}:{part.first_line}")
    source = decode(content, path)
    for edit in slot(text):
        written = source[: edit.start] + edit.source + source[edit.end :]
        if _holds(path, written, found, index, text):
            return _encoded(written, path)
    raise DataError("this prompt cannot be written: it would be read back as something else", place=path)


def _file(path: str, content: bytes) -> PromptFile:
    file, selector = split_selector(path)
    text = decode(content, file)
    refuse_conflict(text, file, DataError)
    return with_region(format_of(path).read(text, file, selector), file)


def _holds(path: str, written: str, before: PromptFile, index: int, text: str) -> bool:
    """Whether `written` reads as `before` with that one text changed, its line numbers apart."""
    file, selector = split_selector(path)
    try:
        after = with_region(format_of(path).read(written, file, selector), file)
    except DataError:
        return False  # this way of writing it is none: the caller tries the next, and says when there is no other
    wanted = [replace(p, first_line=1) for p in before.parts]
    wanted[index] = replace(wanted[index], text=text.strip() if after.parts[index].text == text.strip() else text)
    beside = (before.rewrite, before.parameters, before.notes, before.style, before.defaults)
    return [replace(p, first_line=1) for p in after.parts] == wanted and beside == (
        after.rewrite, after.parameters, after.notes, after.style, after.defaults
    )  # fmt: skip


def _encoded(text: str, path: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise DataError("the new prompt holds half of a surrogate pair, which is no character", place=path) from None


def _rewritable(found: PromptFile, path: str, rewrite: str | int | None) -> int:
    if rewrite is None:
        return found.rewrite
    if rewrite == "region":
        if found.region:
            return found.rewrite
        hint = "put a line <!-- promptci:rewrite --> above it and <!-- promptci:end --> below"
        raise DataError("no region of the prompt is marked", place=path, hint=hint)
    count = len(found.parts)
    if isinstance(rewrite, int) or rewrite.isdecimal():
        if 1 <= int(rewrite) <= count:
            return int(rewrite) - 1
        raise DataError(f"there is no message {rewrite}", place=path, hint=f"the prompt has {count}, counted from 1")
    for index, part in enumerate(found.parts):
        if part.role == rewrite or (part.role is None and rewrite in ("system", "user")):
            return index
    roles = ", ".join(dict.fromkeys(p.role or "plain text" for p in found.parts))
    raise DataError(f"there is no message of the role '{rewrite}'", place=path, hint=f"the prompt has: {roles}")
