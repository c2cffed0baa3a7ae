"""Prompts and eval sets that a repository has already, found by where they are and what they are called."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from promptci.config import name_of
from promptci.errors import DataError
from promptci.evals import EVAL_FORMATS, read_cases
from promptci.prompts import read_prompt
from promptci.prompts.checks import styled
from promptci.prompts.conversation import compile_prompt
from promptci.untrusted import one_line

_PROMPTS = frozenset(("prompt", "prompts"))
_OWN_ENDINGS = (".prompt.yml", ".prompt.yaml", ".prompt", ".prompty")  # a prompt wherever it is
_WITH_ROWS = (".prompt.yml", ".prompt.yaml")  # whose `testData` are their cases
# A prompt where its folder says so.
_TEXTS = (".md", ".mdc", ".txt", ".j2", ".jinja", ".jinja2", ".hbs", ".handlebars", ".mustache")
_EVALS = frozenset(("cases", "data", "dataset", "datasets", "eval", "evals", "evaluation", "evaluations", "tests"))
_SKIPPED = frozenset(("node_modules", "venv", "build", "dist", "__pycache__"))
_MOST_FILES = 20_000
_MOST_BYTES = 20_000_000
_NO_SET = "no eval set of its name was found; write one and name both in promptci.yaml"


@dataclass(frozen=True, slots=True)
class Found:
    """Prompts with their eval sets, and prompts that were left out, each with the reason."""

    pairs: tuple[tuple[str, str], ...]
    left_out: tuple[tuple[str, str], ...]


def found_in(directory: Path) -> Found:
    """Return the prompts below `directory` that could be checked as they are, and the others with what they lack.

    An eval set belongs to the prompt of its name; a file of GitHub Models may bring its own rows. Each pair was read,
    and every case fills the prompt.
    """
    files = sorted(_files(directory))
    sets = {name_of(path): path for path in reversed(files) if _is_eval_set(path)}
    pairs, left_out = [], []
    for path in filter(_is_prompt, files):
        cases = sets.get(name_of(path), path if path.endswith(_WITH_ROWS) else None)
        why = _NO_SET if cases is None else _problem(directory, path, cases)
        if cases is not None and why is None:
            pairs.append((path, cases))
        else:
            left_out.append((path, why or ""))
    return Found(tuple(pairs), tuple(left_out))


def _files(directory: Path) -> Iterator[str]:
    seen = 0
    for place, folders, names in os.walk(directory):
        folders[:] = sorted(f for f in folders if not f.startswith(".") and f not in _SKIPPED)
        for name in names:
            seen += 1
            path = Path(place, name)
            if seen <= _MOST_FILES and path.is_file() and not path.is_symlink() and path.stat().st_size <= _MOST_BYTES:
                yield path.relative_to(directory).as_posix()


def _is_prompt(path: str) -> bool:
    folders = {part.lower() for part in PurePosixPath(path).parts[:-1]}
    return path.endswith(_OWN_ENDINGS) or (path.endswith(_TEXTS) and bool(folders & _PROMPTS))


def _is_eval_set(path: str) -> bool:
    folders = {part.lower() for part in PurePosixPath(path).parts[:-1]}
    return PurePosixPath(path).suffix in EVAL_FORMATS and bool(folders & _EVALS)


def _problem(directory: Path, prompt: str, cases: str) -> str | None:
    """Return why the pair cannot be checked as it is, or None."""
    try:
        rows = read_cases(cases, (directory / cases).read_bytes())
        read = styled(read_prompt(name_of(prompt), prompt, (directory / prompt).read_bytes()), rows)
        template = compile_prompt(read)
    except DataError as problem:
        return one_line(str(problem))
    lacking = next((lacks for row in rows if (lacks := template.lacking(row))), None)
    if lacking:
        return f"the cases of {cases} have no '{one_line(lacking[0])}', which it uses"
    graded = bool(read.evaluators) or any(row.expected is not None or row.asserts for row in rows)
    return None if graded else f"the cases of {cases} have no 'expected'"
