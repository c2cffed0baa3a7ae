"""`promptci init`: the files of a first set-up; nothing that exists is touched."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from promptci import assets
from promptci.commands.finding import Found, found_in
from promptci.config import FILE, json_schema
from promptci.errors import UsageError
from promptci.gitrepo import Repository
from promptci.records.files import write_atomically

# Where each starter file comes from. The sample prompt and its eval set are the triage example's own.
_SAMPLE = {
    "prompts/triage.md": "examples/triage/prompts/triage.md",
    "evals/triage.jsonl": "examples/triage/evals/triage.jsonl",
}
_SCHEMA = ".promptci/schema.json"  # beside the settings, so that editors find it without a network
_WORKFLOW = ".github/workflows/promptci.yml"


def init(directory: Path, source: str | None = None) -> list[str]:
    """Write the starter files below `directory` and return one line for each. Raises GitError outside a repository.

    Prompts with an eval set that are there are named in promptci.yaml; a sample is written only where there are none.
    With `source`, what another tool's files say is carried over, and what cannot be is listed. A directory that has a
    promptci.yaml is set up already: UsageError, and nothing is written.
    """
    Repository.open(directory)
    if (directory / FILE).exists():
        hint = "edit it, or remove it first"
        raise UsageError("set up already", place=str(directory / FILE), hint=hint)
    if source is not None:
        return _carried(directory, source)
    found = found_in(directory)
    files = {FILE: _settings(found.pairs), _SCHEMA: _schema()}
    if not found.pairs:
        files |= {name: (assets.root() / source).read_bytes() for name, source in _SAMPLE.items()}
    files[_WORKFLOW] = _workflow()
    return [*_written(directory, files), *_told(found)]


def _carried(directory: Path, source: str) -> list[str]:
    from promptci.commands.carrying import carried

    found = carried(directory, source)
    files = {name: text.encode() for name, text in found.files.items()}
    taken = [name for name in files if (directory / name).exists() or (directory / name).is_symlink()]
    if taken:
        raise UsageError("is there already and would not be touched", place=taken[0], hint="move it away first")
    lines = [f"left out {left}" for left in found.left]
    return [*_written(directory, {**files, _SCHEMA: _schema(), _WORKFLOW: _workflow()}), *lines, "", _NEXT]


def _schema() -> bytes:
    return (json.dumps(json_schema(), indent=2) + "\n").encode()


def _workflow() -> bytes:
    return (assets.templates() / "starter" / "workflow.yml").read_bytes()


_NEXT = "next: read promptci.yaml, then git add -A && git commit, then `promptci check --all`"


def _written(directory: Path, files: Mapping[str, bytes]) -> list[str]:
    lines = []
    for name, content in files.items():
        path = directory / name
        if path.exists() or path.is_symlink():
            lines.append(f"kept     {name} (exists)")
            continue
        write_atomically(path, content)
        lines.append(f"written  {name}")
    return lines


def _settings(pairs: Sequence[tuple[str, str]]) -> bytes:
    """Return promptci.yaml: the starter with its sample, or with what was found and a model to be filled in."""
    text = (assets.templates() / "starter" / FILE).read_text(encoding="utf-8")
    if not pairs:
        return text.encode()
    head, _ = text.split("prompts:\n")
    head = head.replace("scorer: {model: offline}", "scorer: {model: YOUR-MODEL, api_key_env: OPENAI_API_KEY}")
    rows = (f"  - file: {json.dumps(prompt)}\n    cases: {json.dumps(cases)}\n" for prompt, cases in pairs)
    return (head + "prompts:\n" + "".join(rows)).encode()


def _told(found: Found) -> list[str]:
    lines = [f"found    {prompt} with {cases}" for prompt, cases in found.pairs]
    lines += [f"left out {prompt}: {why}" for prompt, why in found.left_out]
    first = "name your model in promptci.yaml, then " if found.pairs else ""
    if found.left_out:
        first += "mend what was left out and name it below `prompts` in promptci.yaml, then "
    action = "name the repository of promptci's action in the workflow"
    return [*lines, "", f"next: {first}git add -A && git commit, then `promptci check --all`; {action}"]
