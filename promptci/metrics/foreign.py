"""Grading code in a pull request: what runs is the base's, because a change must not bring the code that judges it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from promptci.errors import DataError
from promptci.metrics.base import needs_of
from promptci.metrics.combined import Combined, Weighted


def with_code_of(old: Combined | None, new: Combined) -> Combined:
    """Return `new` with every metric that runs code as `old` has it, by its file and kind.

    Raises DataError at the file for code that the base does not have: it runs once it is merged.
    """
    known = [part for part in _all(old) if needs_of(part.metric).code]
    parts = tuple(_from_base(part, known) for part in new.parts)
    rows = {key: tuple(_from_base(part, known) for part in own) for key, own in new.rows.items()}
    return replace(new, parts=parts, rows=rows)


def _all(metric: Combined | None) -> list[Weighted]:
    return [] if metric is None else [*metric.parts, *(part for own in metric.rows.values() for part in own)]


def _from_base(part: Weighted, known: Sequence[Weighted]) -> Weighted:
    needs = needs_of(part.metric)
    if not needs.code:
        return part
    kind = type(part.metric)
    alike = [k for k in known if type(k.metric) is kind and needs_of(k.metric).files == needs.files]
    if not needs.files:  # code in place has no name by which the base's could stand in for it: it must be the base's
        alike = [k for k in alike if k.metric.version == part.metric.version]
    called = getattr(part.metric, "function", None)  # one file may hold several checks
    before = next((k for k in alike if getattr(k.metric, "function", None) == called), None)
    if before is None:
        hint = "merge the metric first, after reading it; a check on the default branch runs it"
        problem = "this change brings grading code that its base does not have"
        raise DataError(problem, place=next(iter(needs.files), part.name), hint=hint)
    return replace(part, metric=before.metric, files=before.files)
