"""`promptci init --from`: what another tool's files say, carried over; what cannot be is listed, never dropped."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from promptci import yamlfile
from promptci.conflicts import refuse_conflict
from promptci.core import is_inside
from promptci.errors import DataError, UsageError
from promptci.importing.base import SCRIPTS, Imported
from promptci.importing.oaievals import from_registry
from promptci.importing.prompt_yml import from_prompt_files
from promptci.importing.promptfoo import from_promptfoo

_PROMPT_FILES = ("**/*.prompt.yml", "**/*.prompt.yaml")


def carried(directory: Path, source: str) -> Imported:
    """Carry `source`, a path below `directory`: a promptfoo configuration, a folder of .prompt.yml, an evals registry.

    Raises UsageError for a place that is none of these, or of which nothing can be measured; DataError for a file that
    cannot be read.
    """
    if not is_inside(source) or not (directory / source).exists():
        raise UsageError("not there", place=source, hint="name a file or a folder of this repository")
    if source.endswith(SCRIPTS):
        hint = "write what it says as YAML or JSON, such as promptfooconfig.json, and carry that over"
        raise UsageError("a program, and none is run to find out what it says", place=source, hint=hint)
    found = _found(directory, source)
    if "promptci.yaml" not in found.files:
        told = "; ".join(map(str, found.left[:3])) or "it names no prompt"
        raise UsageError("nothing of it can be measured", place=source, hint=told)
    return found


def _found(directory: Path, source: str) -> Imported:
    def read(path: str) -> bytes | None:
        place = directory / path
        return place.read_bytes() if is_inside(path) and place.is_file() and not place.is_symlink() else None

    def glob(pattern: str) -> Sequence[str]:
        if not is_inside(pattern):
            return []
        try:
            return sorted(p.relative_to(directory).as_posix() for p in directory.glob(pattern) if p.is_file())
        except ValueError:  # `a/**.txt` is no pattern of paths: it matches none, and is listed by its name
            return []

    refuse_conflict((read(source) or b"").decode(errors="replace"), source, DataError)
    if (directory / source).is_dir():
        return from_prompt_files([p for pattern in _PROMPT_FILES for p in glob(f"{source}/{pattern}")], read)
    if source.endswith((".prompt.yml", ".prompt.yaml")):
        return from_prompt_files([source], read)
    return (
        from_registry(source, read) if _is_registry(read(source) or b"", source) else from_promptfoo(source, read, glob)
    )


def _is_registry(content: bytes, place: str) -> bool:
    """Whether a YAML file maps names to evals, each with its class or what it stands for."""
    try:
        value = yamlfile.read(content.decode(), place, error=DataError, aliases=True).value
    except UnicodeDecodeError:
        raise DataError("not UTF-8 text", place=place, hint="save the file as UTF-8") from None
    entries = value.values() if isinstance(value, dict) else ()
    return any(isinstance(entry, dict) and "class" in entry for entry in entries)
