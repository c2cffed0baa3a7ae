"""Findings about the repository: its base, its remote, and what stands in `.promptci`."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from promptci.config import json_schema
from promptci.errors import DataError, PromptciError
from promptci.findings.base import Finding, finding
from promptci.project.project import Project
from promptci.project.trust import refuse_tracked
from promptci.records import baseline, ledger
from promptci.records.files import STATE, write_atomically
from promptci.untrusted import one_line

SCHEMA = "schema.json"


def of_repository(project: Project) -> Iterator[Finding]:
    """Look at git and at promptci's own directory."""
    repository, state = project.repository, project.directory / STATE
    if repository.head() is not None:
        yield from _refused("base-unknown", "name one with --base", lambda: repository.base(None))
        yield from _refused("state-committed", "git rm --cached it", lambda: refuse_tracked(project))
    if not repository.remote_names():
        yield finding("no-remote", "git", "there is no remote", "`optimize --pr` needs one: git remote add origin URL")
    around = state if state.exists() else project.directory
    if not os.access(around, os.W_OK):
        mend = "give yourself the right to write there, or work on a copy: answers and runs are kept there"
        yield finding("state-not-writable", str(around), "cannot be written", mend)
    yield from _kept(project, state / "baselines", ".json", baseline.load)
    yield from _kept(project, state / "ledger", ".jsonl", ledger.load)
    yield from _schema(state / SCHEMA)


def _refused(kind: str, mend: str, look: Callable[[], object]) -> Iterator[Finding]:
    try:
        look()
    except PromptciError as problem:
        yield finding(kind, problem.place or "git", problem.problem, problem.hint or mend)


def _kept(project: Project, place: Path, ending: str, load: Callable[[bytes, str], object]) -> Iterator[Finding]:
    """Look at what is kept of each prompt: whether there is such a prompt, and whether it can be read."""
    known = {prompt.id for prompt in project.config.prompts}
    for path in sorted(place.rglob(f"*{ending}")) if place.is_dir() else []:
        name = path.relative_to(place).as_posix().removesuffix(ending)
        if name not in known:
            said = f"no prompt is called '{one_line(name)}'"
            yield finding("baseline-orphaned", str(path), said, "git mv it to the prompt's new id, or git rm it")
            continue
        try:
            load(path.read_bytes(), str(path))
        except (DataError, OSError) as problem:
            told = problem if isinstance(problem, DataError) else DataError(problem.strerror or "cannot be read")
            hint = told.hint or "restore it from git"
            yield finding("baseline-unreadable", told.place or str(path), told.problem, hint)


def _schema(path: Path) -> Iterator[Finding]:
    """A schema for editors that an older promptci wrote calls new settings mistakes."""
    wanted = (json.dumps(json_schema(), indent=2) + "\n").encode()
    if not path.is_file() or path.read_bytes() == wanted:
        return

    def fix() -> str:
        write_atomically(path, wanted)
        return f"written  {path.name}"

    yield finding("schema-stale", str(path), "is of another version of promptci", "promptci doctor --fix", fix)
