"""DeepEval's test runs (`DEEPEVAL_RESULTS_FOLDER`, or `.deepeval/.latest_run_full.json`): JSON; one suite a metric.

Fields as in DeepEval's TestRun. A metric passes by its own threshold, in whichever direction its score runs: what it
says counts, not its score. One that raised gave no verdict; one without a threshold, or marked as flaky, is not read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from promptci.core import Json, digest
from promptci.results.base import Result, Shelf, Suite, plain

_KINDS = ("testCases", "conversationalTestCases")


def rows_of(found: Json) -> Sequence[Json] | None:
    """Return the test cases of a test run, None when it is no such thing."""
    run = found.get("testRunData", found) if isinstance(found, dict) else None
    if not isinstance(run, dict) or "metricsScores" not in run:
        return None
    return [row for kind in _KINDS for row in run.get(kind) or []]


def suites(rows: Sequence[Json], place: str) -> tuple[Suite, ...]:
    """Return one suite for each metric. Raises DataError when none judged anything."""
    shelf = Shelf("DeepEval")
    judged = [(row, _metrics(row)) for row in rows if not row.get("flaky")]
    told = list(dict.fromkeys(name for _, metrics in judged for name in metrics))
    for row, metrics in judged:
        for name in metrics or told:  # a test without a metric broke before any
            shelf.put(name, _result(row, metrics.get(name, [])))
    return shelf.suites(place)


def _metrics(row: Json) -> Mapping[str, list[Json]]:
    """The metrics that judge a test; the same class twice, with two thresholds, is one of them."""
    found: dict[str, list[Json]] = {}
    for metric in row.get("metricsData") or []:
        if metric.get("threshold") is not None and not metric.get("flaky"):
            found.setdefault(str(metric["name"]), []).append(metric)
    return found


def _passed(metric: Json) -> bool | None:
    """What a metric says; None for one that raised, or whose score is NaN or none."""
    score, passed = metric.get("score"), metric.get("success")
    return passed if isinstance(score, int | float) and score == score and isinstance(passed, bool) else None


def _result(row: Json, metrics: Sequence[Json]) -> Result:
    said = [_passed(metric) for metric in metrics]
    value = 0.0 if False in said else 1.0 if said and all(said) else None
    why = next((str(m["error"]) for m in metrics if m.get("error")), "the metric gave no verdict")
    wanted, turns = row.get("expectedOutput", row.get("expectedOutcome")), row.get("turns") or []
    answer = row.get("actualOutput", next((t.get("content") for t in reversed(turns)), None))
    asked = row.get("input", row.get("scenario")) or [t.get("content") for t in turns if t.get("role") == "user"]
    return Result(
        id=str(row.get("name")),
        value=value,
        content=digest([asked, wanted, row.get("context"), row.get("expectedTools")]),
        yardstick=digest([[m.get("threshold"), m.get("strictMode"), m.get("evaluationModel")] for m in metrics]),
        reason=why if value is None else None,
        input=plain(asked),
        expected=None if wanted is None else plain(wanted),
        output=None if answer is None else plain(answer),
    )
