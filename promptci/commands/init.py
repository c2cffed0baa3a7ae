"""`promptci init`: the files of a first set-up; nothing that exists is touched."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from promptci import assets
from promptci.commands.finding import Found, Paired, found_in
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
_THEIRS = tuple(f"promptfooconfig.{ending}" for ending in ("yaml", "yml", "json"))
_WORKFLOW = ".github/workflows/promptci"  # at the root of the repository, where alone the service looks
_USES = "uses: YOUR-ORG/promptci@FULL-COMMIT-ID # the action installs what its own checkout holds\n"


def init(directory: Path, source: str | None = None) -> list[str]:
    """Write the starter files below `directory` and return one line for each. Raises GitError outside a repository.

    Prompts with an eval set that are there are named in promptci.yaml; a sample is written only where there are none.
    The workflow is written at the root of the repository, for this directory.
    With `source`, what another tool's files say is carried over, and what cannot be is listed. A directory that has a
    promptci.yaml is set up already: UsageError, and nothing is written.
    """
    root = Repository.open(directory).root
    if (directory / FILE).exists():
        hint = "edit it, or remove it first"
        raise UsageError("set up already", place=str(directory / FILE), hint=hint)
    workflow = _workflow(directory.resolve().relative_to(root.resolve()).as_posix())
    if source is not None:
        return _carried(directory, source, root, workflow)
    found = found_in(directory)
    files = {FILE: _settings(found.pairs), _SCHEMA: _schema()}
    if not found.pairs:
        _refuse_other_tool(directory)
        files |= {name: (assets.root() / source).read_bytes() for name, source in _SAMPLE.items()}
    return [*_written(directory, files), *_written(root, workflow), *_told(found)]


def _refuse_other_tool(directory: Path) -> None:
    """Raise UsageError where another tool's settings would be carried over: a sample is not what is wanted there."""
    theirs = next((name for name in _THEIRS if (directory / name).is_file()), None)
    if theirs is not None:
        hint = f"`promptci init --from {theirs}` carries over what it says"
        raise UsageError("no prompt was found with an eval set of its name, but this", place=theirs, hint=hint)


def _carried(directory: Path, source: str, root: Path, workflow: Mapping[str, bytes]) -> list[str]:
    from promptci.commands.carrying import carried

    found = carried(directory, source)
    files = {name: text.encode() for name, text in found.files.items()}
    taken = [name for name in files if (directory / name).exists() or (directory / name).is_symlink()]
    if taken:
        raise UsageError("is there already and would not be touched", place=taken[0], hint="move it away first")
    lines = [f"left out {left}" for left in found.left]
    written = [*_written(directory, {**files, _SCHEMA: _schema()}), *_written(root, workflow)]
    return [*written, *lines, "", _NEXT]


def _schema() -> bytes:
    return (json.dumps(json_schema(), indent=2) + "\n").encode()


def _workflow(folder: str) -> dict[str, bytes]:
    """Return the workflow for the settings in `folder` of the repository, by its path from the root."""
    text = (assets.templates() / "starter" / "workflow.yml").read_text(encoding="utf-8")
    if folder == ".":
        return {f"{_WORKFLOW}.yml": text.encode()}
    if not re.fullmatch(r"[\w./-]+", folder, re.ASCII):  # it goes into YAML and into expressions of the service
        hint = "run `promptci init` in a folder whose path has letters, digits, '.', '_' and '-' only"
        raise UsageError("no workflow can be written for this folder", place=folder, hint=hint)
    called = folder.strip(".").replace("/", "-")
    text = text.replace("name: promptci\n", f"name: promptci {folder}\n", 1)
    text = text.replace("group: promptci-", f"group: promptci-{called}-").replace(
        " .promptci/", f" {folder}/.promptci/"
    )
    text = text.replace(_USES, f"{_USES}        with:\n          working-directory: {folder}\n")
    return {f"{_WORKFLOW}-{called}.yml": text.encode()}


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


def _settings(pairs: Sequence[Paired]) -> bytes:
    """Return promptci.yaml: the starter with its sample, or with what was found and a model to be filled in."""
    text = (assets.templates() / "starter" / FILE).read_text(encoding="utf-8")
    if not pairs:
        return text.encode()
    head, _ = text.split("prompts:\n")
    head = head.replace("scorer: {model: offline}", "scorer: {model: YOUR-MODEL, api_key_env: OPENAI_API_KEY}")
    return (head + "prompts:\n" + "".join(map(_entry, pairs))).encode()


def _entry(pair: Paired) -> str:
    keys = {"id": pair.id, "file": pair.file, "cases": pair.cases}
    lines = [f"{name}: {json.dumps(value)}\n" for name, value in keys.items() if value]
    return "  - " + "    ".join(lines)


_SAMPLED = (
    "sample   prompts/triage.md and its cases, to try with; a prompt of your own is named in its place, "
    "one in code as `file: app/prompts.py::NAME`"
)


def _told(found: Found) -> list[str]:
    lines = [f"found    {pair.file} with {pair.cases}" for pair in found.pairs]
    lines += [f"left out {prompt}: {why}" for prompt, why in found.left_out]
    lines += [] if found.pairs else [_SAMPLED]
    first = "name your model in promptci.yaml, then " if found.pairs else ""
    if found.left_out:
        first += "mend what was left out and name it below `prompts` in promptci.yaml, then "
    action = "name the repository of promptci's action in the workflow"
    return [*lines, "", f"next: {first}git add -A && git commit, then `promptci check --all`; {action}"]
