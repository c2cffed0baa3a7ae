"""What one shard of a check leaves: which part it asked, of which plan, at what cost. Its answers lie beside it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from promptci.core import Json
from promptci.errors import DataError, UsageError
from promptci.records import fields
from promptci.records.files import write_atomically

SCHEMA = "promptci.shard/1"
FILE, ANSWERS = "shard.json", "answers.jsonl"
MOST = 10_000  # parts
_HINT = "name the directories of runs that `promptci check --shard` made, all of one commit"


@dataclass(frozen=True, slots=True)
class Shard:
    """The `number`-th of `of` parts, counted from 1; at most `MOST`."""

    number: int
    of: int

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"

    @property
    def all(self) -> tuple[Shard, ...]:
        """Every part of the whole, in order."""
        return tuple(Shard(n, self.of) for n in range(1, self.of + 1))

    def share(self, whole: int) -> int:
        """Return this part of a whole number; the parts add up to it."""
        return whole * self.number // self.of - whole * (self.number - 1) // self.of


def shard_of(text: str) -> Shard:
    """Read "2/8". Raises UsageError for anything that names no part."""
    number, _, of = text.partition("/")
    plain = all(part.isdecimal() and len(part) <= len(str(MOST)) for part in (number, of))
    if not (plain and 1 <= int(number) <= int(of) <= MOST):
        raise UsageError(
            f"'{text}' names no shard", hint=f"write --shard 2/8 for the second of eight; at most {MOST:,}"
        )
    return Shard(int(number), int(of))


@dataclass(frozen=True, slots=True)
class Asked:
    """One shard's record. `plan` is the digest of all that decides what is asked, `version` the promptci that asked.

    `ids`, `base` and `everything` are the command's, `repeat`, `seed` and `concurrency` its options: the merge takes
    them over. `calls`, `tokens` and `usd` are what the shard's budget booked, `questions` were put to models, `open`
    of them have no answer.
    """

    run: str
    shard: Shard
    version: str
    plan: str
    ids: tuple[str, ...]
    base: str | None
    everything: bool
    repeat: int
    seed: int
    concurrency: int
    calls: int
    tokens: int
    usd: float
    questions: int
    open: int


def write(place: Path, asked: Asked) -> None:
    """Write the record into the shard's run directory."""
    row = {**asdict(asked), "schema": SCHEMA}
    write_atomically(place / FILE, json.dumps(row, sort_keys=True, indent=1).encode() + b"\n")


def read(place: Path) -> Asked:
    """Read the record in a run's directory. Raises DataError for none, and for one that is damaged."""
    path = place / FILE
    try:
        return _asked(fields.parse(path.read_bytes()))
    except OSError:
        raise DataError("no shard's record", place=str(path), hint=_HINT) from None
    except (ValueError, OverflowError, RecursionError) as problem:
        raise DataError(f"not a shard's record: {problem}", place=str(path), hint=_HINT) from None


def refuse_strangers(found: Sequence[Asked]) -> None:
    """Raise UsageError where records are not parts of one whole, or one part is there twice."""
    first = found[0]
    for one in found[1:]:
        for name, what in (("version", "versions of promptci"), ("plan", "plans: another commit, base or option")):
            if getattr(one, name) != getattr(first, name):
                raise UsageError(f"shards {first.shard} and {one.shard} are of different {what}", hint=_HINT)
        if one.shard.of != first.shard.of:
            raise UsageError(f"shards {first.shard} and {one.shard} are parts of different wholes", hint=_HINT)
    numbers = [one.shard.number for one in found]
    twice = next((n for n in numbers if numbers.count(n) > 1), None)
    if twice is not None:
        raise UsageError(f"shard {twice} is there twice", hint="leave out the run that was given up")


def _asked(found: Json) -> Asked:
    schema = fields.field(found, "schema")
    if schema != SCHEMA:
        raise fields.DamagedError(f"this version reads {SCHEMA}, the file is {schema!r}")
    part = fields.section(found, "shard")
    shard = Shard(fields.whole(part, "number", least=1), fields.whole(part, "of", least=1))
    if not shard.number <= shard.of <= MOST:
        raise fields.DamagedError(f"there is no shard {shard}")
    everything = fields.field(found, "everything")
    if not isinstance(everything, bool):
        raise fields.DamagedError("'everything' must be true or false")
    numbers = ("concurrency", "calls", "tokens", "questions", "open")
    return Asked(
        run=fields.text(found, "run"),
        shard=shard,
        version=fields.text(found, "version"),
        plan=fields.text(found, "plan"),
        ids=fields.texts(found, "ids"),
        base=None if fields.field(found, "base") is None else fields.text(found, "base"),
        everything=everything,
        repeat=fields.whole(found, "repeat", least=1),
        usd=fields.number(found, "usd"),
        seed=fields.whole(found, "seed", least=-(2**63)),
        **{name: fields.whole(found, name) for name in numbers},
    )
