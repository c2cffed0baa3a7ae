"""Grading code in a pull request: what runs is the base's, because a change must not bring the code that judges it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from promptci.errors import DataError
from promptci.metrics.base import Metric, needs_of
from promptci.metrics.combined import Combined, Weighted


def with_code_of(old: Combined | None, new: Combined) -> Combined:
    """Return `new` with every metric that runs code as `old` has it, by its file and kind.

    Raises DataError at the file for code that the base does not have: it runs once it is merged.
    """
    known = [part.metric for part in _all(old) if needs_of(part.metric).code]
    parts = tuple(_from_base(part, known) for part in new.parts)
    rows = {key: tuple(_from_base(part, known) for part in own) for key, own in new.rows.items()}
    return replace(new, parts=parts, rows=rows)


def _all(metric: Combined | None) -> list[Weighted]:
    """Every metric, those inside others too."""
    waiting = [] if metric is None else [*metric.parts, *(part for own in metric.rows.values() for part in own)]
    found = []
    while waiting:
        found.append(waiting.pop(0))
        waiting += _inside(found[-1].metric)
    return found


def _inside(metric: object) -> tuple[Weighted, ...]:
    inner: tuple[Weighted, ...] = getattr(metric, "metrics", ())
    return inner


def _from_base(part: Weighted, known: Sequence[Metric]) -> Weighted:
    """A metric whose code is the base's: its own, and that of the metrics inside it."""
    if not needs_of(part.metric).code:
        return part
    if not _inside(part.metric):
        metric = _same_code(part.metric, part.name, known)
        return replace(part, metric=metric, files={k: getattr(metric, k) for k in part.files})
    changes: dict[str, object] = {"metrics": tuple(_from_base(one, known) for one in _inside(part.metric))}
    if (script := getattr(part.metric, "script", None)) is not None:
        scripts = [own for one in known if (own := getattr(one, "script", None)) is not None]
        changes["file"] = getattr(_same_code(script, part.name, scripts), "file", None)
    metric = replace(part.metric, **changes)  # type: ignore[type-var]  # every metric with others inside is a dataclass
    return replace(part, metric=metric, files={k: getattr(metric, k) for k in part.files})


def _same_code(metric: Metric, name: str, known: Sequence[Metric]) -> Metric:
    """The base's metric of the same kind, file and function; of code in place, the same."""
    files = needs_of(metric).files
    alike = [k for k in known if type(k) is type(metric) and needs_of(k).files == files]
    if not files:  # code in place has no name by which the base's could stand in for it: it must be the base's
        alike = [k for k in alike if k.version == metric.version]
    called = getattr(metric, "function", None)  # one file may hold several checks
    before = next((k for k in alike if getattr(k, "function", None) == called), None)
    if before is None:
        hint = "merge the metric first, after reading it; a check on the default branch runs it"
        problem = "this change brings grading code that its base does not have"
        raise DataError(problem, place=next(iter(files), name), hint=hint)
    return before
