"""The accepted outcome of each case of one prompt, with everything that makes another run comparable to it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime

from promptci.core import Json
from promptci.errors import DataError
from promptci.records import fields

SCHEMA = "promptci.baseline/1"


@dataclass(frozen=True, slots=True)
class Measure:
    """What two runs must share to be comparable. Each field is a hash, but for the names of the models.

    `answered` is the model that the server named, which may differ from the one asked for, with the judge if there was
    one. `repeats` is the number of answers that made one case's value.
    """

    prompt: str
    cases: str
    metric: str
    judge: str | None
    model: str
    answered: str
    parameters: str
    repeats: int = 1

    def differs(self, other: Measure) -> list[str]:
        """Return the names of the fields that differ, the prompt left out: prompts are what is compared."""
        mine, theirs = asdict(self), asdict(other)
        return [name for name in mine if name != "prompt" and mine[name] != theirs[name]]


@dataclass(frozen=True, slots=True)
class Baseline:
    """`values` maps case ids to the accepted value, None where it could not be judged. `date` is ISO 8601, UTC."""

    measure: Measure
    values: Mapping[str, float | None]
    date: str
    calls: int
    cost_usd: float

    @property
    def score(self) -> float | None:
        """The mean over judged cases, in [0, 1]."""
        judged = [v for v in self.values.values() if v is not None]
        return sum(judged) / len(judged) if judged else None


def path_of(prompt_id: str) -> str:
    """Return the baseline's place in the repository."""
    return f".promptci/baselines/{prompt_id}.json"


def dump(baseline: Baseline) -> bytes:
    """Write a baseline as JSON that diffs by the line: one case a line, sorted."""
    content: dict[str, Json] = {
        "schema": SCHEMA,
        "measure": asdict(baseline.measure),
        "values": dict(baseline.values),
        "score": None if baseline.score is None else round(baseline.score, 6),
        "date": baseline.date,
        "calls": baseline.calls,
        "cost_usd": baseline.cost_usd,
    }
    return (json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n").encode()


def load(content: bytes, place: str) -> Baseline:
    """Read a baseline. Raises DataError, with the line where it is known, for a damaged one or another format."""
    hint = "restore it from git, or make it anew with `promptci check --accept`"
    try:
        return _baseline(fields.parse(content.decode()))
    except json.JSONDecodeError as problem:
        where = f"{place}:{problem.lineno}"
        raise DataError(f"not a baseline: {problem.msg}", place=where, hint=hint) from None
    except (ValueError, OverflowError, RecursionError) as problem:
        raise DataError(f"not a baseline: {problem}", place=place, hint=hint) from None


def _baseline(found: Json) -> Baseline:
    schema = fields.field(found, "schema")
    if schema != SCHEMA:
        raise fields.DamagedError(f"this version reads {SCHEMA}, the file is {schema!r}")
    measure = fields.section(found, "measure")
    values = fields.section(found, "values")
    return Baseline(
        measure=Measure(
            prompt=fields.text(measure, "prompt"),
            cases=fields.text(measure, "cases"),
            metric=fields.text(measure, "metric"),
            judge=None if fields.field(measure, "judge") is None else fields.text(measure, "judge"),
            model=fields.text(measure, "model"),
            answered=fields.text(measure, "answered"),
            parameters=fields.text(measure, "parameters"),
            repeats=fields.whole(measure, "repeats", least=1) if "repeats" in measure else 1,
        ),
        values={i: None if value is None else fields.number(values, i, most=1.0) for i, value in values.items()},
        date=_date(found),
        calls=fields.whole(found, "calls"),
        cost_usd=fields.number(found, "cost_usd"),
    )


def _date(found: Json) -> str:
    """Return the date as it stands; its age is reckoned later, which takes a time zone."""
    date = fields.text(found, "date")
    try:
        zone = datetime.fromisoformat(date).tzinfo
    except ValueError:
        raise fields.DamagedError(f"'date' must be a time such as 2026-01-31T12:00:00Z, not {date!r}") from None
    if zone is None:
        raise fields.DamagedError(f"'date' lacks its time zone: {date!r}")
    return date
