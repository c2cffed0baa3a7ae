"""The registry of openai/evals: an entry names a class and a JSONL file of chats with their `ideal` answers."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from promptci import yamlfile
from promptci.core import Case, Json
from promptci.errors import DataError
from promptci.evals import read_cases
from promptci.importing.base import Draft, Imported, Read, name_of
from promptci.importing.modelgraded import judge_of
from promptci.prompts import decode

# evals/elsuite/basic: Match is a prefix, Includes any place, both with case; JsonMatch is equality.
_METRICS: Mapping[str, dict[str, Json]] = {
    "Match": {"name": "starts_with", "ignore_case": False, "words": False},
    "Includes": {"name": "contains", "ignore_case": False, "words": False},
    "FuzzyMatch": {
        "name": "contains",
        "ignore_case": True,
        "words": False,
        "ignore_punctuation": True,
        "ignore_articles": True,
    },
    "JsonMatch": {"name": "json_path", "path": "$"},
}
_GRADED = "ModelBasedClassify"
_READ = ("samples_jsonl", "ignore_case", "modelgraded_spec", "modelgraded_spec_args", "eval_type")


def from_registry(path: str, read: Read) -> Imported:
    """Carry each entry of a registry file whose class is known. Raises DataError for a file that is no mapping."""
    document = yamlfile.read(decode(read(path) or b"", path), path, error=DataError, aliases=True)
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
    if kind not in (*_METRICS, _GRADED):
        draft.leave(place, f"the class '{entry['class']}' of '{name}'", "choose a metric, such as judge")
        return
    for key in arguments:
        if key not in _READ or (key == "ignore_case" and kind != "Includes"):
            draft.leave(place, f"the argument '{key}' of '{name}'", "set it up in promptci.yaml")
    cases = _cases(draft, name, str(arguments.get("samples_jsonl", "")), place, path, read)
    shared = _shared_system(cases) if cases else None
    if cases and shared is None:
        hint = "no system message begins all of its rows: write the prompt's own text, and name the rows as its cases"
        draft.leave(place, f"the instructions of '{name}'", hint)
    metric = _metric(kind, arguments, place, path, read, draft) if shared is not None else None
    if cases is None or shared is None or metric is None:
        return
    if kind == "FuzzyMatch":
        hint = "there, an answer that is a part of the ideal one is right as well; here it is not"
        draft.leave(place, f"half of the rule FuzzyMatch of '{name}'", hint)
    known = name_of(name.split(".")[0], [p["id"] for p in draft.settings["prompts"]])
    draft.files[f"prompts/{known}.md"] = shared + "\n"
    draft.files[f"evals/{known}.jsonl"] = "".join(_row(case, shared, kind == "JsonMatch") for case in cases)
    draft.settings["prompts"].append(
        {"id": known, "file": f"prompts/{known}.md", "cases": f"evals/{known}.jsonl", "metric": metric}
    )


def _metric(kind: str, arguments: Mapping[str, Any], place: str, path: str, read: Read, draft: Draft) -> Any:
    if kind == _GRADED:
        spec, folder = str(arguments.get("modelgraded_spec", "")), str(PurePosixPath(path).parent.parent)
        return judge_of(spec, arguments, folder, place, read, draft)
    metric = _METRICS[kind]
    return {**metric, "ignore_case": True} if kind == "Includes" and arguments.get("ignore_case") else metric


def _cases(draft: Draft, name: str, samples: str, place: str, path: str, read: Read) -> Sequence[Case] | None:
    """The rows of an entry, None with a word in the draft when they cannot be read."""
    file, content = _samples(samples, path, read)
    if content is None:
        draft.leave(place, f"the rows of '{name}', '{samples}'", "put the file there (git lfs pull) and run this again")
        return None
    try:
        return read_cases(file, content)
    except DataError as problem:
        draft.leave(problem.place or file, problem.problem, problem.hint or "mend the row")
        return None


def _samples(samples: str, path: str, read: Read) -> tuple[str, bytes | None]:
    """The rows' file: as named, beside the registry's `data` folder, or beside the entry."""
    registry = PurePosixPath(path).parent.parent
    for place in (str(registry / "data" / samples), str(PurePosixPath(path).parent / samples), samples):
        content = read(place) if samples else None
        if content is not None:
            return place, content
    return samples, None


_TEXT = "{{ input }}"


def _shared_system(cases: Sequence[Case]) -> str | None:
    """The system message that all rows begin with: it is the prompt, and moves into its file; texts are asked alone."""
    if all(not c.messages and isinstance(c.vars.get("input"), str) for c in cases):
        return _TEXT
    first = {c.messages[0].content if c.messages and c.messages[0].role == "system" else None for c in cases}
    return first.pop() if len(first) == 1 else None


def _row(case: Case, shared: str, as_json: bool) -> str:
    said = [{"role": m.role, "content": m.content, **({"name": m.name} if m.name else {})} for m in case.messages[1:]]
    values = {key: value for key, value in case.vars.items() if key != "ideal"}
    expected = case.vars.get("ideal", case.expected)
    if as_json:
        expected = [_decoded(e) for e in expected] if isinstance(expected, list) else _decoded(expected)
    chat = {} if shared == _TEXT else {"messages": said}
    row = {"id": case.id, **({"vars": values} if values else {}), **chat, "expected": expected}
    return json.dumps({k: v for k, v in row.items() if v is not None}, ensure_ascii=False) + "\n"


def _decoded(text: Json) -> Json:
    """The value of a text of JSON, which JsonMatch compares by."""
    try:
        return json.loads(text) if isinstance(text, str) else text
    except (ValueError, RecursionError):
        return text  # an answer that is no JSON is right for nobody there; here it is a text
