"""promptfoo's prompts as files: those that run as they are stay where they are, texts become files of their own."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from promptci import yamlfile
from promptci.errors import DataError
from promptci.evals.table import MAX_CELL
from promptci.importing.base import SCRIPTS, Draft, Glob, Read, beside, is_elsewhere, name_of
from promptci.prompts import decode, read_prompt
from promptci.prompts.plain import holds_chat

Named = tuple[str, str]  # a prompt's name and its file
_LISTS = (".csv", ".jsonl")  # files of several prompts


class Texts:
    """The prompts of one configuration. `draft` takes what cannot be carried, each with its place."""

    def __init__(self, path: str, document: yamlfile.Document, read: Read, glob: Glob, draft: Draft) -> None:
        self.path, self.document, self.read, self.glob, self.draft = path, document, read, glob, draft
        self.given: Mapping[str, Any] = document.value if isinstance(document.value, dict) else {}

    def named(self) -> list[Named]:
        """Return (name, file) of each prompt; texts in the configuration become files of their own."""
        found: list[Named] = []
        listed = self.given.get("prompts", "{{prompt}}") or []
        if isinstance(listed, dict):  # files with their labels
            listed = [{"label": label, "id": file} for file, label in listed.items()]
        for number, one in enumerate(listed if isinstance(listed, list) else [listed]):
            place = f"{self.path}:{self.document.line(('prompts', number))}"
            label, said = _label_and_text(one)
            self._refuse_keys(one, place)
            for file in self._files_of(said, label, place):
                name = label or PurePosixPath(file).name.split(".")[0]
                found.append((name_of(name, [n for n, _ in found]), file))
        return found

    def bare_pictures(self, named: Sequence[Named]) -> bool:
        """Whether one of the prompts writes `data:image/...;base64,` itself in front of a variable."""
        written = (self.draft.files.get(file) or _text(self.read(file)) for _, file in named)
        return any(_BARE.search(text) for text in written)

    def _refuse_keys(self, given: Any, place: str) -> None:
        for key in given if isinstance(given, dict) else ():
            if key not in ("label", "id", "raw", "content", "display"):
                hint = _INSTEAD.get(key, "it has no counterpart")
                self.draft.leave(place, f"'{key}' of a prompt", hint)

    def _files_of(self, said: str, label: str, place: str) -> list[str]:
        if is_elsewhere(said):
            self.draft.leave(place, f"the prompt '{said}' is kept elsewhere", "copy its text into a file")
            return []
        if said.startswith(("exec:", "python:")):
            self.draft.leave(place, f"the prompt '{said}' is made by a program", _CONSTANT)
            return []
        return list(self._in_files(said, place)) if self._names_files(said) else [self._written(said, label)]

    def _names_files(self, said: str) -> bool:
        endings = (".md", ".txt", ".j2", ".jinja2", ".json", ".yaml", ".yml", *_LISTS, *SCRIPTS)
        one_line = "\n" not in said and "{{" not in said
        return said.startswith("file://") or (one_line and (said.endswith(endings) or bool(self._folder(said))))

    def _folder(self, said: str) -> list[str]:
        return [*self.glob(f"{beside(self.path, said)}/*")] if "/" in said and " " not in said else []

    def _written(self, text: str, label: str) -> str:
        stems = [PurePosixPath(file).stem for file in self.draft.files]
        name = name_of(label or self.given.get("description") or "prompt", stems)
        path = f"prompts/{name}{'.json' if holds_chat(text) else '.md'}"
        self.draft.files[path] = text.rstrip("\n") + "\n"
        return path

    def _in_files(self, said: str, place: str) -> Iterator[str]:
        pattern = beside(self.path, said)
        for path in self.glob(pattern) or self._folder(said) or [pattern]:
            if path.endswith(SCRIPTS) or ":" in path:
                self.draft.leave(place, f"the prompt '{said}' is made by a program", _CONSTANT)
                continue
            content = self.read(path)
            if content is None:
                self.draft.leave(place, f"the prompt '{said}': no such file", "put the file there")
                continue
            try:
                several = _several(path, content)
                if several is None:
                    read_prompt("p", path, content)
            except DataError as problem:
                self.draft.leave(place, f"the prompt '{said}': {problem.problem}", problem.hint or "mend the file")
                continue
            if several == []:
                self.draft.leave(place, f"the prompt '{said}': it holds none", "write one a row, under 'prompt'")
            yield from [path] if several is None else [self._written(text, label) for label, text in several]


_CONSTANT = "name a constant: file.py::NAME"
_INSTEAD = {"config": "models: {scorer: {...}} says what is sent along", "function": _CONSTANT}
_BARE = re.compile(r"base64,\s*\{\{")
_SEPARATOR = re.compile(r"^---[ \t]*\r?$", re.MULTILINE)  # promptfoo keeps several prompts in one text file


def _label_and_text(given: Any) -> tuple[str, str]:
    if not isinstance(given, dict):
        return "", str(given)
    said = next((given[key] for key in ("raw", "content", "id") if given.get(key)), "")
    return str(given.get("label") or given.get("id") or ""), str(said)


def _text(content: bytes | None) -> str:
    return (content or b"").decode("utf-8", errors="replace")


def _several(path: str, content: bytes) -> list[tuple[str, str]] | None:
    """The texts of a file of several prompts, each with its label; None for one that holds a single prompt.

    Raises DataError for what is no text, or no table.
    """
    if not path.endswith((*_LISTS, ".txt")):
        return None
    text, stem = decode(content, path).removeprefix("\ufeff"), PurePosixPath(path).stem
    if path.endswith(".csv"):
        return _in_table(text, path)
    if path.endswith(".jsonl"):
        return [(stem, line) for line in text.splitlines() if line.strip()]
    found = [t.strip() for t in _SEPARATOR.split(text) if t.strip()]
    return [(stem, each) for each in found] if len(found) > 1 else None


def _in_table(text: str, path: str) -> list[tuple[str, str]]:
    """A column `prompt`, and a `label` where there is one; without a header, each first cell."""
    csv.field_size_limit(MAX_CELL)
    try:
        rows = [row for row in csv.reader(io.StringIO(text, newline="")) if any(row)]
    except csv.Error as problem:
        raise DataError(f"not valid CSV: {problem}", place=path, hint="write each prompt into a file") from None
    header = [cell.strip() for cell in rows[0]] if rows else []
    if "prompt" not in header:
        return [(PurePosixPath(path).stem, row[0]) for row in rows]
    at, label = header.index("prompt"), header.index("label") if "label" in header else None
    named = [(row[label] if label is not None and label < len(row) else "", row) for row in rows[1:]]
    return [(name or PurePosixPath(path).stem, row[at]) for name, row in named if at < len(row) and row[at].strip()]
