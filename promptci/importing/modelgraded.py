"""Graders of openai/evals (registry/modelgraded/*.yaml) as judges of ours: a prompt, its choices and their values."""

from __future__ import annotations

import string
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from promptci import yamlfile
from promptci.core import Json
from promptci.errors import DataError
from promptci.importing.base import Draft, Read, name_of
from promptci.prompts import decode

# What every installation of the package has, and ours has too: its text is not copied.
_BUILT_IN: Mapping[str, dict[str, Json]] = {"fact": {"name": "factuality"}}
_OURS = {"completion": "output", "submission": "output", "ideal": "expected"}


def judge_of(name: str, arguments: Mapping[str, Any], folder: str, place: str, read: Read, draft: Draft) -> Any:
    """Return the metric for a `modelgraded_spec`, None with a word in `draft` when there is none.

    `folder` is the registry's; `arguments` are those of the eval (`modelgraded_spec_args` fill the grader's prompt).
    """
    given = arguments.get("modelgraded_spec_args") or {}
    file = f"{folder}/modelgraded/{name}.yaml"
    content = read(file)
    if content is None:
        if name == "closedqa":
            return {"name": "judge", "rubric": str(given.get("criteria", "{{ criteria }}"))}
        if name not in _BUILT_IN:
            draft.leave(place, f"the grader '{name}'", f"put it into {file} and run this again, or choose a metric")
        return _BUILT_IN.get(name)
    spec = yamlfile.read(decode(content, file), file, error=DataError, aliases=True).value
    spec = spec.get(name) if isinstance(spec, dict) else None
    choices = _choices(spec) if isinstance(spec, dict) else None
    if not isinstance(spec, dict) or not isinstance(spec.get("prompt"), str) or choices is None:
        hint = "write a judge prompt with its choices: metrics: [{name: judge, prompt: FILE, choices: {...}}]"
        draft.leave(file, f"the grader '{name}' has no text, or choices without a value from 0 to 1 each", hint)
        return None
    path = _kept(name, _text(spec, given, file) + "\n\n{{ form }}\n", draft)
    return {"name": "judge", "prompt": path, "choices": choices}


def _kept(name: str, text: str, draft: Draft) -> str:
    """The file of a grader's text. Arguments are a part of that, so one grader may have several."""
    same = (path for path, other in draft.files.items() if path.startswith("judges/") and other == text)
    taken = [PurePosixPath(path).stem for path in draft.files if path.startswith("judges/")]
    path = next(same, f"judges/{name_of(name, taken)}.md")
    draft.files[path] = text
    return path


def _choices(spec: Mapping[str, Any]) -> dict[str, float] | None:
    strings, scores = spec.get("choice_strings"), spec.get("choice_scores")
    names = [str(one) for one in strings] if isinstance(strings, str | list) else []
    if scores == "from_strings":
        scores = {name: float(name) for name in names if name.replace(".", "", 1).isdecimal()}
    if not isinstance(scores, dict):
        return None
    found = {str(name): value for name, value in scores.items()}
    right = set(names) <= set(found) and all(type(v) in (int, float) and 0 <= v <= 1 for v in found.values())
    return found if right and len(found) > 1 else None


def _text(spec: Mapping[str, Any], given: Mapping[str, Any], file: str) -> str:
    """The grader's prompt: its fields as placeholders, those that are arguments as their text."""
    renamed = dict.fromkeys((spec.get("input_outputs") or {}).values(), "output") | _OURS
    try:
        pieces = list(string.Formatter().parse(spec["prompt"].strip()))
    except ValueError as problem:
        raise DataError(f"the grader's prompt is no format text: {problem}", place=file) from None
    found = text = ""
    for literal, name, _, _ in pieces:
        text += literal
        if name is None:
            continue
        if name in given:
            text += str(given[name])
        else:
            found, text = f"{found}{_literal(text)}{{{{ {renamed.get(name, name)} }}}}", ""
    return found + _literal(text)


def _literal(text: str) -> str:
    return f"{{% raw %}}{text}{{% endraw %}}" if "{" in text or "}" in text else text
