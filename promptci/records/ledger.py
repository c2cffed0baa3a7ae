"""Each question put to a prompt's test split: what was asked, at which level, and the verdict.

A test split that is asked again and again stops being held out. The ledger counts, so that the acceptance level can
fall with each question (decide.accept.level) and a year of runs opens a false pull request with a known probability.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from dataclasses import fields as fields_of

from promptci.core import Case, Json
from promptci.errors import DataError
from promptci.identity import name_of
from promptci.records import fields
from promptci.records.chain import link_of, root_of

SCHEMA = 2  # 1 named the cases by id; its questions count for every set, as nothing tells which cases they were put to


@dataclass(frozen=True, slots=True)
class Question:
    """One question: the `query`-th put to this test set, at `level` (one-sided). `members` names the set's cases.

    `pair` is the hash of what was compared (both prompts and how they were measured): the same question asked again
    has the answer it had, and spends nothing. `schema` is the format of its line. `commit` is the one that was searched
    from, `link` the digest of the line and `previous` that of the line it was written after; empty in an older line.
    """

    pair: str
    set_hash: str
    members: tuple[str, ...]
    share: float
    query: int
    level: float
    verdict: str
    date: str
    schema: int = SCHEMA
    commit: str = field(default="", compare=False)
    previous: str = field(default="", compare=False)
    link: str = field(default="", compare=False)


def path_of(prompt_id: str) -> str:
    """Return the ledger's place in the repository."""
    return f".promptci/ledger/{prompt_id}.jsonl"


def members_of(test: Sequence[Case], variables: Collection[str] | None = None) -> tuple[str, ...]:
    """Return a short name (10 hex digits) for each case of a test set, by the `variables` that the prompt uses.

    Not by its id, its answer or its cluster: none of them makes a case that was asked about a new one.
    """
    return tuple(sorted({name_of(case, variables)[:10] for case in test}))


def set_hash_of(members: Sequence[str]) -> str:
    """Return the hash of a test set from its members."""
    return hashlib.sha256("\n".join(members).encode()).hexdigest()[:16]


def next_query(asked: Sequence[Question], members: Sequence[str], pair: str) -> int:
    """Return the number of the question `pair` to the test set of `members`, counted from 1.

    An earlier question counts while at least half of today's cases were in its set: a set that keeps half of its test
    cases keeps its ledger. The same question to the same set keeps the number it had.
    """
    today = set(members)
    counted = [q for q in asked if q.schema < SCHEMA or 2 * len(today.intersection(q.members)) >= len(today)]
    same = [q.query for q in counted if q.pair == pair and set(q.members) == today]
    return same[0] if same else 1 + max((q.query for q in counted), default=0)


def pinned_share(asked: Sequence[Question]) -> float | None:
    """Return the test share in force when the test was first read, or None when it never was."""
    return asked[0].share if asked else None


_CHAIN = ("commit", "previous", "link")


def append(content: bytes, question: Question) -> bytes:
    """Return the ledger's bytes with one more line, which names the one before it where its commit is known."""
    if question.commit and not question.link:
        question = _linked(question, load(content, "ledger"))
    start = content if not content or content.endswith(b"\n") else content + b"\n"
    return start + json.dumps(_row(question), sort_keys=True).encode() + b"\n"


def _row(question: Question) -> dict[str, Json]:
    names = [f.name for f in fields_of(Question) if question.link or f.name not in _CHAIN]
    return {name: [*value] if isinstance(value := getattr(question, name), tuple) else value for name in names}


def _linked(question: Question, before: Sequence[Question]) -> Question:
    last = before[-1].link if before else ""
    previous = last or root_of([_row(q) for q in before if not q.link])
    row = _row(replace(question, previous=previous, link="-"))
    return replace(question, previous=previous, link=link_of({k: v for k, v in row.items() if k != "link"}))


def load(content: bytes, place: str) -> list[Question]:
    """Read a ledger. Raises DataError with the line that is damaged: a lost line would spend its level twice.

    So is one that was edited, that comes before the line it was written after, or whose line before is gone. Two
    branches may have gone on from one line.
    """
    asked: list[Question] = []
    known, older = {""}, list[dict[str, Json]]()
    for number, line in enumerate(content.split(b"\n"), 1):
        if not line.strip():
            continue
        try:
            question = _question(fields.parse(line))
            if question.link:
                _refuse_broken(question, known)
            else:
                older.append(_row(question))
            known |= {question.link or root_of(older)}
            asked.append(question)
        except (ValueError, OverflowError, RecursionError) as problem:
            hint = "restore the file from git; it counts the questions already put to the test cases"
            raise DataError(f"not a ledger line: {problem}", place=f"{place}:{number}", hint=hint) from None
    return asked


def _refuse_broken(question: Question, known: Collection[str]) -> None:
    row = _row(question)
    if link_of({k: v for k, v in row.items() if k != "link"}) != question.link:
        raise fields.DamagedError("it was edited after it was written")
    if question.previous not in known:
        raise fields.DamagedError("the line that it was written after is not above it: lines were taken out or moved")


def _question(row: Json) -> Question:
    schema = fields.field(row, "schema")
    if schema not in (1, SCHEMA):
        raise fields.DamagedError(f"this version reads formats 1 and {SCHEMA}, the line is of format {schema!r}")
    return Question(
        pair=fields.text(row, "pair"),
        set_hash=fields.text(row, "set_hash"),
        members=fields.texts(row, "members"),
        share=fields.number(row, "share", most=1.0),
        query=fields.whole(row, "query", least=1),
        level=fields.number(row, "level", most=1.0),
        verdict=fields.text(row, "verdict"),
        date=fields.text(row, "date"),
        schema=schema,
        **{name: fields.text(row, name) for name in _CHAIN if name in row},
    )
