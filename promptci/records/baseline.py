"""The accepted outcome of each case of one prompt, with everything that makes another run comparable to it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from functools import cached_property
from statistics import fmean

from promptci.core import Json
from promptci.errors import DataError
from promptci.records import fields
from promptci.records.chain import link_of

SCHEMA = "promptci.baseline/2"
_EARLIER = "promptci.baseline/1"  # one value a case, the mean of its answers


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


@dataclass(frozen=True)
class Baseline:
    """The accepted answers. `samples` maps case ids to the value of each answer, None where it was not measured.

    `date` is ISO 8601, UTC. `commit` is the one that it was measured on and `previous` the seal of the baseline that
    this one takes the place of; both are empty where there is none. `seal` is what the file says, empty in one from
    before there were seals.
    """

    measure: Measure
    samples: Mapping[str, tuple[float | None, ...]]
    date: str
    calls: int
    cost_usd: float
    commit: str = field(default="", compare=False)
    previous: str = field(default="", compare=False)
    seal: str = field(default="", compare=False)

    @cached_property
    def values(self) -> dict[str, float | None]:
        """A case's value: the mean of its measured answers, None where there is none."""
        return {case_id: mean_value(samples) for case_id, samples in self.samples.items()}

    @property
    def score(self) -> float | None:
        """The mean over measured cases, in [0, 1]."""
        judged = [v for v in self.values.values() if v is not None]
        return sum(judged) / len(judged) if judged else None


def mean_value(samples: tuple[float | None, ...]) -> float | None:
    """Return the mean of one case's measured answers, None where there is none."""
    judged = [v for v in samples if v is not None]
    return fmean(judged) if judged else None


def path_of(prompt_id: str) -> str:
    """Return the baseline's place in the repository."""
    return f".promptci/baselines/{prompt_id}.json"


class ForgedError(DataError):
    """A baseline says something else than when it was written."""


def dump(baseline: Baseline) -> bytes:
    """Write a baseline as JSON that diffs by the line: one case a line, sorted; sealed where its commit is known."""
    content: dict[str, Json] = {
        "schema": SCHEMA,
        "measure": asdict(baseline.measure),
        "values": {case_id: [*samples] for case_id, samples in baseline.samples.items()},
        "score": None if baseline.score is None else round(baseline.score, 6),
        "date": baseline.date,
        "calls": baseline.calls,
        "cost_usd": baseline.cost_usd,
    }
    if baseline.commit:
        content |= {"commit": baseline.commit, "previous": baseline.previous}
        content["seal"] = link_of(content)
    values = content.pop("values")
    rows = [f"  {_line(case_id)}: {_line(values[case_id])}" for case_id in sorted(values)]
    head = json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False)
    text = head.removesuffix("\n}") + ',\n "values": {\n' + ",\n".join(rows) + "\n }\n}\n"
    return text.encode("utf-8", "backslashreplace")  # half of a surrogate pair, which UTF-8 has not: JSON's own escape


def _line(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def load(content: bytes, place: str) -> Baseline:
    """Read a baseline. Raises DataError, with the line where it is known, for a damaged one or another format.

    Raises ForgedError where its seal does not fit what it says.
    """
    hint = "restore it from git, or make it anew with `promptci check --accept`"
    try:
        found = fields.parse(content.decode())
        read = _baseline(found)
        if read.seal and link_of({k: v for k, v in found.items() if k != "seal"}) != read.seal:
            raise ForgedError("edited after it was written: its seal does not fit", place=place, hint=hint)
        return read
    except json.JSONDecodeError as problem:
        where = f"{place}:{problem.lineno}"
        raise DataError(f"not a baseline: {problem.msg}", place=where, hint=hint) from None
    except (ValueError, OverflowError, RecursionError) as problem:
        raise DataError(f"not a baseline: {problem}", place=place, hint=hint) from None


def _baseline(found: Json) -> Baseline:
    schema = fields.field(found, "schema")
    if schema not in (SCHEMA, _EARLIER):
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
        samples={i: _samples(values, i) for i in values},
        date=_date(found),
        calls=fields.whole(found, "calls"),
        cost_usd=fields.number(found, "cost_usd"),
        **{name: fields.text(found, name) for name in ("commit", "previous", "seal") if name in found},
    )


def _samples(values: dict[str, Json], case_id: str) -> tuple[float | None, ...]:
    given = values[case_id]
    if not isinstance(given, list):
        return (None if given is None else fields.number(values, case_id, most=1.0),)
    if not given:
        raise fields.DamagedError(f"{case_id!r} has no answer")
    return tuple(None if v is None else fields.number({case_id: v}, case_id, most=1.0) for v in given)


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
