"""Prompts and eval sets that a repository has already, found by where they are and what they are called."""

from __future__ import annotations

import os
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from promptci.config import name_of
from promptci.config.prompts import ID, LONGEST
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
_BY_FOLDER = "skprompt.txt"  # of Semantic Kernel, which names a prompt by its folder


@dataclass(frozen=True, slots=True)
class Paired:
    """A prompt with its eval set; `id` is "" where its file's name tells it from every other."""

    file: str
    cases: str
    id: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """Prompts with their eval sets, and prompts that were left out, each with the reason."""

    pairs: tuple[Paired, ...]
    left_out: tuple[tuple[str, str], ...]


def found_in(directory: Path) -> Found:
    """Return the prompts below `directory` that could be checked as they are, and the others with what they lack.

    An eval set belongs to the prompt of its name, the nearest one where there are several; a file of GitHub Models may
    bring its own rows. Each pair was read, and every case fills the prompt.
    """
    files = sorted(_files(directory))
    sets = defaultdict(list)
    for path in filter(_is_eval_set, files):
        sets[name_of(path)].append(path)
    pairs, left_out = [], []
    for path in filter(_is_prompt, files):
        cases = _nearest(path, sets.get(_called(path), []))
        why = _NO_SET if cases is None else _problem(directory, path, cases)
        if cases is not None and why is None:
            pairs.append((path, cases))
        else:
            left_out.append((path, why or ""))
    ids = _ids([path for path, _ in pairs])
    named = (Paired(path, cases, id_) for (path, cases), id_ in zip(pairs, ids, strict=True))
    return Found(tuple(named), tuple(left_out))


def _called(path: str) -> str:
    at = PurePosixPath(path)
    return at.parent.name if at.name == _BY_FOLDER else name_of(path)


def _nearest(path: str, sets: Sequence[str]) -> str | None:
    """Return the eval set that has most folders in common with the prompt: those of a monorepo have the same names."""
    own = path if path.endswith(_WITH_ROWS) else None
    return max(sets, key=lambda other: len(os.path.commonpath([path, other])), default=own)


def _ids(paths: Sequence[str]) -> Iterator[str]:
    """Yield the id that has to be written for each file, "" where its name does: of its path where names collide."""
    count = Counter(_called(path).casefold() for path in paths)
    taken: set[str] = set()
    for path in paths:
        called, place = _called(path), PurePosixPath(path).with_suffix("")
        if count[called.casefold()] > 1 or not re.fullmatch(ID, called):
            folders = place.parts[:-1] if place.name == _BY_FOLDER.partition(".")[0] else (*place.parts[:-1], called)
            called = (
                re.sub("[^A-Za-z0-9_]+", "-", "-".join(folders)).strip("-_")[-LONGEST + 9 :].lstrip("-_") or "prompt"
            )
        numbered = (called, *(f"{called}-{n}" for n in range(2, len(paths) + 2)))
        free = next(name for name in numbered if name.casefold() not in taken)
        taken.add(free.casefold())
        yield "" if free == name_of(path) else free


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
    own = path.endswith(_OWN_ENDINGS) or PurePosixPath(path).name == _BY_FOLDER
    return own or (path.endswith(_TEXTS) and bool(folders & _PROMPTS))


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
        return one_line(str(problem).replace("\n  hint: ", "; "))
    lacking = next((lacks for row in rows if (lacks := template.lacking(row))), None)
    if lacking:
        return f"the cases of {cases} have no '{one_line(lacking[0])}', which it uses"
    graded = bool(read.evaluators) or any(row.expected is not None or row.asserts for row in rows)
    return None if graded else f"the cases of {cases} have no 'expected'"
