"""Prompt files by their ending: add a file beside this one and a line to the table."""

from __future__ import annotations

from pathlib import PurePosixPath

from promptci.core import Prompt
from promptci.errors import DataError
from promptci.prompts.base import PromptFormat
from promptci.prompts.text import Text

PROMPT_FORMATS: dict[str, PromptFormat] = {".md": Text(), ".txt": Text(), ".j2": Text()}


def format_of(path: str) -> PromptFormat:
    """Return the format of a file by its ending; raise DataError for an unknown one."""
    ending = PurePosixPath(path).suffix
    if ending not in PROMPT_FORMATS:
        known = ", ".join(sorted(PROMPT_FORMATS))
        raise DataError(f"no prompt format for the ending '{ending}'", place=path, hint=f"known: {known}")
    return PROMPT_FORMATS[ending]


def decode(content: bytes, path: str) -> str:
    """Return the file's text; raise DataError with the line where it is not UTF-8."""
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as problem:
        line = content.count(b"\n", 0, problem.start) + 1
        raise DataError("not UTF-8 text", place=f"{path}:{line}", hint="save the file as UTF-8") from None


def read_prompt(id: str, path: str, content: bytes) -> Prompt:  # noqa: A002 - the contract's word for it
    """Read a prompt file's bytes. Raises DataError with the place of what is wrong."""
    found = format_of(path).read(decode(content, path), path)
    return Prompt(id, path, found.template, found.settings, found.first_line)


def write_prompt(path: str, content: bytes, template: str) -> bytes:
    """Return the file's bytes with its template replaced and nothing else changed.

    Raises DataError for a template that this file cannot hold, and for one with characters that UTF-8 does not have.
    """
    try:
        return format_of(path).write(decode(content, path), template).encode()
    except UnicodeEncodeError:
        raise DataError("the new prompt holds half of a surrogate pair, which is no character", place=path) from None
