"""promptfoo's output (`-o results.json` or `.jsonl`): one row a test, prompt and provider.

Fields as in promptfoo's EvaluateResult (promptfoo.dev/docs/configuration/reference). A row with an error was not
judged; one whose assertions do not hold failed. An assertion whose own model gave no verdict is marked as a grader's
error (since 0.121), and did not fail. A test without an assertion passes there whatever the answer: it is left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from promptci.core import Json, digest
from promptci.errors import DataError
from promptci.results.base import Result, Shelf, Suite, plain

_ERROR = 2  # ResultFailureReason.ERROR: the provider, not an assertion


def rows_of(found: Json) -> Sequence[Json] | None:
    """Return the rows of a JSON output (versions 2 and 3), None when it is no such thing."""
    results = found.get("results") if isinstance(found, dict) else None
    rows = results.get("results") if isinstance(results, dict) else None
    return rows if isinstance(rows, list) else None


def is_row(found: Json) -> bool:
    """Whether a JSON line is one of promptfoo's rows."""
    return isinstance(found, dict) and "success" in found and ("promptIdx" in found or "testCase" in found)


def suites(rows: Sequence[Json], place: str) -> tuple[Suite, ...]:
    """Return one suite for each provider and prompt. Raises DataError when there is no row, or no assertion."""
    shelf = Shelf("promptfoo")
    judged = [row for row in rows if not _without_assertion(row)]
    if rows and not judged:
        raise DataError(
            "no test has an assertion", place=place, hint="nothing judged the answers: give the tests `assert`"
        )
    if len(judged) < len(rows):
        shelf.left.append(f"{len(rows) - len(judged)} of {len(rows)} answers (no assertion)")
    several = len({(_provider(r), r.get("promptIdx", 0)) for r in judged}) > 1
    for row in judged:
        provider = _provider(row)
        name = f"{provider} / prompt {int(row.get('promptIdx') or 0) + 1}" if several else "promptfoo"
        shelf.put(name, _result(row), provider)
    return shelf.suites(place)


def _without_assertion(row: Json) -> bool:
    test = row.get("testCase")
    return (
        isinstance(test, dict)
        and not test.get("assert")
        and not (row.get("gradingResult") or {}).get("componentResults")
    )


def _provider(row: Json) -> str:
    given = row.get("provider")
    return str((given.get("label") or given.get("id")) if isinstance(given, dict) else given)


def _result(row: Json) -> Result:
    test = row.get("testCase") or {}
    values = row.get("vars") or test.get("vars") or {}
    grading = row.get("gradingResult") or {}
    why = _not_judged(row, grading)
    response = row.get("response") or {}
    output = response.get("output") if isinstance(response, dict) else response
    number = row.get("testIdx")
    return Result(
        id=f"test {number + 1}" if isinstance(number, int) else str(test.get("description") or row.get("id")),
        value=None if why else float(row["success"]),
        content=digest([values, test.get("description")]),
        yardstick=digest([test.get("assert") or [], test.get("threshold")]),
        reason=why,
        input=plain(values),
        output=None if output is None else plain(output),
    )


def _not_judged(row: Json, grading: Mapping[str, Json]) -> str | None:
    """Why a row has no verdict; None for one that has."""
    if row.get("failureReason") == _ERROR or (row.get("error") and not grading) or _not_graded(grading):
        return plain(row.get("error") or grading.get("reason") or "an error without a word")
    return None if isinstance(row.get("success"), bool) else "the row does not say whether it passed"


def _not_graded(grading: Mapping[str, Json]) -> bool:
    """Whether nothing but graders that gave no verdict stands between a row and its passing."""
    failed = [part for part in grading.get("componentResults") or [] if isinstance(part, dict) and not part.get("pass")]
    return not grading.get("pass") and bool(failed) and all(_is_graders(part) for part in failed)


def _is_graders(part: Mapping[str, Json]) -> bool:
    told = part.get("metadata")
    return isinstance(told, dict) and bool(told.get("graderError"))
