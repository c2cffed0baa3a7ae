"""The registry of openai/evals: an entry names a class and a JSONL file of chats with their `ideal` answers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from promptci import yamlfile
from promptci.core import Case, Json
from promptci.errors import DataError
from promptci.evals import read_cases
from promptci.importing.base import Draft, Imported, Read, name_of

# evals/elsuite/basic: Match is a prefix, Includes any place, both with case.
_METRICS: Mapping[str, Json] = {
    "Match": {"name": "starts_with", "ignore_case": False},
    "Includes": {"name": "contains", "ignore_case": False, "words": False},
}


def from_registry(path: str, read: Read) -> Imported:
    """Carry each entry of a registry file whose class is known. Raises DataError for a file that is no mapping."""
    document = yamlfile.read((read(path) or b"").decode(), path, error=DataError, aliases=True)
    if not isinstance(document.value, dict):
        raise DataError("a registry is a mapping of names to evals", place=f"{path}:1")
    draft = Draft()
    draft.settings["prompts"] = []
    for name, entry in document.value.items():
        if isinstance(entry, dict) and "class" in entry:
            _carry(draft, name, entry, f"{path}:{document.line((name,))}", path, read)
        elif not (isinstance(entry, dict) and "id" in entry):
            draft.leave(f"{path}:{document.line((name,))}", f"'{name}'", "it names no class")
    return draft.done()


def _carry(draft: Draft, name: str, entry: Mapping[str, Any], place: str, path: str, read: Read) -> None:
    kind = str(entry["class"]).rpartition(":")[2]
    arguments = entry.get("args") or {}
    if kind not in _METRICS:
        draft.leave(place, f"the class '{entry['class']}' of '{name}'", "choose a metric, such as judge")
        return
    for key in arguments:
        if key != "samples_jsonl":
            draft.leave(place, f"the argument '{key}' of '{name}'", "set it up in promptci.yaml")
    samples = str(arguments.get("samples_jsonl", ""))
    file, content = _samples(samples, path, read)
    if content is None:
        draft.leave(place, f"the rows of '{name}', '{samples}'", "put the file there (git lfs pull) and run this again")
        return
    try:
        cases = read_cases(file, content)
    except DataError as problem:
        draft.leave(problem.place or file, problem.problem, problem.hint or "mend the row")
        return
    shared = _shared_system(cases)
    if shared is None:
        draft.leave(place, f"the instructions of '{name}'", "they differ from row to row: write the prompt's own text")
        return
    taken = [p["id"] for p in draft.settings["prompts"]]
    known = name_of(name.split(".")[0], taken)
    draft.files[f"prompts/{known}.md"] = shared + "\n"
    draft.files[f"evals/{known}.jsonl"] = "".join(map(_row, cases))
    draft.settings["prompts"].append(
        {"id": known, "file": f"prompts/{known}.md", "cases": f"evals/{known}.jsonl", "metric": _METRICS[kind]}
    )


def _samples(samples: str, path: str, read: Read) -> tuple[str, bytes | None]:
    """The rows' file: as named, beside the registry's `data` folder, or beside the entry."""
    registry = PurePosixPath(path).parent.parent
    for place in (str(registry / "data" / samples), str(PurePosixPath(path).parent / samples), samples):
        content = read(place) if samples else None
        if content is not None:
            return place, content
    return samples, None


def _shared_system(cases: list[Case]) -> str | None:
    """The system message that all rows begin with: it is the prompt, and moves into its file."""
    first = {c.messages[0].content if c.messages and c.messages[0].role == "system" else None for c in cases}
    return first.pop() if len(first) == 1 else None


def _row(case: Case) -> str:
    chat = [{"role": m.role, "content": m.content} for m in case.messages[1:]]
    return json.dumps({"id": case.id, "messages": chat, "expected": case.expected}, ensure_ascii=False) + "\n"
