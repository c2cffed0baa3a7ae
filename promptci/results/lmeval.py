"""lm-evaluation-harness's samples (`--log_samples`): JSON lines, one a document and filter; one suite a metric.

Fields as its evaluator writes them: doc_id, doc_hash, target, arguments, filtered_resps, filter, metrics, and each
metric's value under its own name. Which way a metric runs stands in `results_<date>.json`, which it writes beside them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from promptci.core import Json, digest
from promptci.errors import DataError
from promptci.results.base import Result, Shelf, Suite, is_share, plain, share

_FIELDS = frozenset({"doc_id", "doc", "target", "arguments", "resps", "filtered_resps", "filter", "metrics",
                     "doc_hash", "prompt_hash", "target_hash"})  # fmt: skip
_LESS_IS_BETTER = frozenset({"perplexity", "word_perplexity", "byte_perplexity", "bits_per_byte", "brier_score", "ter"})
_NAME = re.compile(r"samples_(?P<task>.+)_(?P<date>\d{4}-\d\d-\d\dT[\d.-]+)\.jsonl")
_MOST_BYTES = 100_000_000


def is_row(found: Json) -> bool:
    """Whether a JSON line is one of its samples."""
    return isinstance(found, dict) and "doc_id" in found and ("resps" in found or "doc_hash" in found)


def are_averages(found: Json) -> bool:
    """Whether it is lm-eval's own sum of a run, which has no score of any sample."""
    return isinstance(found, dict) and "higher_is_better" in found and "results" in found


def suites(rows: Sequence[Json], place: str) -> tuple[Suite, ...]:
    """Return one suite for each metric and filter; a metric that is no share in any row is left out.

    So is one of which less is better: the results beside the file say so, and without them lm-eval's own have known
    names.
    """
    more = _directions(Path(place))
    less = {m for row in rows for m in _metrics(row) if not more.get(m, m not in _LESS_IS_BETTER)}
    shelf = Shelf("lm-eval")
    told = sorted({(row.get("filter") or "none", name) for row in rows for name in _metrics(row)})
    higher = [(f, m) for f, m in told if m not in less]
    if told and not higher:
        problem = f"of {', '.join(sorted({m for _, m in told}))} less is better, and the gate compares what is more"
        raise DataError(problem, place=place, hint="log another metric of the task, too")
    kept = [(f, m) for f, m in higher if all(is_share(row.get(m)) for row in rows)] or higher
    shelf.left += [f"{m} (less is better)" for m in sorted(less)]
    shelf.left += [f"{m} (not between 0 and 1)" for m in dict.fromkeys(m for f, m in higher if (f, m) not in kept)]
    for chosen, metric in kept:
        name = metric if len({f for f, _ in kept}) == 1 else f"{metric}, {chosen}"
        for row in rows:
            if (row.get("filter") or "none") == chosen and metric in row:
                shelf.put(name, _result(row, metric, place))
    return shelf.suites(place)


def _directions(samples: Path) -> Mapping[str, bool]:
    """Whether more is better, by metric, as the results beside the samples say; {} without them."""
    if (named := _NAME.fullmatch(samples.name)) is None:
        return {}
    results = samples.with_name(f"results_{named['date']}.json")
    try:
        told: Json = json.loads(results.read_bytes() if results.stat().st_size <= _MOST_BYTES else b"{}")
        found = told["higher_is_better"][named["task"]]
        return {metric: more for metric, more in found.items() if isinstance(more, bool)}
    except (OSError, ValueError, RecursionError, AttributeError, KeyError, TypeError):
        return {}


def _metrics(row: Json) -> list[str]:
    """The metrics of a row; before 0.4.5 rows do not name them, and all that is no field of a row is one."""
    named = row.get("metrics")
    return [m for m in named if m in row] if isinstance(named, list) else [m for m in row if m not in _FIELDS]


def _result(row: Json, metric: str, place: str) -> Result:
    name, said = f"doc {row['doc_id']}", row.get("filtered_resps") or row.get("resps") or ""
    return Result(
        id=name,
        value=share(row.get(metric), place, f"{name}, {metric}"),
        content=digest([row.get("doc_hash") or row.get("doc"), row.get("target_hash") or row.get("target")]),
        yardstick=metric,
        input=plain(row.get("doc") or ""),
        expected=plain(row.get("target")),
        output=plain(said[0] if isinstance(said, list) and len(said) == 1 else said),
    )
