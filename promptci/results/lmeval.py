"""lm-evaluation-harness's samples (`--log_samples`): JSON lines, one a document and filter; one suite a metric.

Fields as its evaluator writes them: doc_id, doc_hash, target, arguments, filtered_resps, filter, metrics, and each
metric's value under its own name.
"""

from __future__ import annotations

from collections.abc import Sequence

from promptci.core import Json, digest
from promptci.results.base import Result, Shelf, Suite, plain, share


def is_row(found: Json) -> bool:
    """Whether a JSON line is one of its samples."""
    return isinstance(found, dict) and "doc_id" in found and ("resps" in found or "doc_hash" in found)


def suites(rows: Sequence[Json], place: str) -> tuple[Suite, ...]:
    """Return one suite for each metric and filter; a metric that is no share in any row is left out."""
    shelf = Shelf("lm-eval")
    told = sorted({(row.get("filter") or "none", name) for row in rows for name in _metrics(row)})
    kept = [(f, m) for f, m in told if all(_is_share(row.get(m)) for row in rows)] or told
    for chosen, metric in kept:
        name = metric if len({f for f, _ in kept}) == 1 else f"{metric}, {chosen}"
        for row in rows:
            if (row.get("filter") or "none") == chosen and metric in row:
                shelf.put(name, _result(row, metric, place))
    return shelf.suites(place)


def _metrics(row: Json) -> list[str]:
    named = row.get("metrics")
    return [m for m in named if m in row] if isinstance(named, list) else []


def _is_share(value: Json) -> bool:
    return value is None or (isinstance(value, bool | int | float) and not (value < 0 or value > 1))


def _result(row: Json, metric: str, place: str) -> Result:
    name = f"doc {row['doc_id']}"
    return Result(
        id=name,
        value=share(row.get(metric), place, f"{name}, {metric}"),
        content=digest([row.get("doc_hash") or row.get("doc"), row.get("target_hash") or row.get("target")]),
        yardstick=metric,
        input=plain(row.get("doc") or ""),
        expected=plain(row.get("target")),
        output=plain(row.get("filtered_resps") or row.get("resps") or ""),
    )
