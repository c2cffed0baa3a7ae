"""The accepted outcome of each case of one prompt, with everything that makes another run comparable to it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from promptci.core import Json
from promptci.errors import DataError

SCHEMA = "promptci.baseline/1"


@dataclass(frozen=True, slots=True)
class Measure:
    """What two runs must share to be comparable. Each field is a hash, but for the names of the models.

    `answered` is the model that the server named, which may differ from the one asked for.
    """

    prompt: str
    cases: str
    metric: str
    judge: str | None
    model: str
    answered: str
    parameters: str

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
    content: dict[str, Json] = {"schema": SCHEMA, **asdict(baseline)}
    content["score"] = None if baseline.score is None else round(baseline.score, 6)
    content["values"] = dict(sorted(baseline.values.items()))
    return (json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode()


def load(content: bytes, place: str) -> Baseline:
    """Read a baseline. Raises DataError when it is damaged or of another format version."""
    try:
        found: Any = json.loads(content)
        if found["schema"] != SCHEMA:
            raise DataError(f"this version reads {SCHEMA}, the file is {found['schema']!r}", place=place)
        values = {str(k): None if v is None else float(v) for k, v in found["values"].items()}
        measure = Measure(**{name: found["measure"][name] for name in Measure.__slots__})
        return Baseline(measure, values, str(found["date"]), int(found["calls"]), float(found["cost_usd"]))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as problem:
        hint = "restore it from git, or make it anew with `promptci check --accept`"
        raise DataError(f"not a baseline: {problem!r}", place=place, hint=hint) from None
