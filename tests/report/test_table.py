from __future__ import annotations

import csv
import io
from dataclasses import replace

import pytest

from promptci.report.base import CaseDetail
from promptci.report.table import COLUMNS, as_csv
from tests.report.nasties import NASTIES
from tests.report.samples import failed, report


def rows(*details: CaseDetail) -> list[dict[str, str]]:
    text = as_csv(report(replace(failed, cases_detail=details, newly_failing=("a",), newly_passing=("b",))))
    return list(csv.DictReader(io.StringIO(text)))


def test_a_row_has_what_is_known_of_a_case() -> None:
    detail = CaseDetail("a", "in", "", "x", "x", "y", 1.0, 0.25, True, False, tags=("t", "u"), cached=True)
    (row,) = rows(detail)
    assert tuple(row) == COLUMNS
    assert row == {
        "prompt": "triage", "verdict": "fail", "case": "a", "change": "newly failing", "tags": "t u", "input": "in",
        "expected": "x", "old_answer": "x", "new_answer": "y", "old_value": "1", "new_value": "0.25",
        "old_passes": "yes", "new_passes": "no", "unmeasured": "", "cached": "yes",
    }  # fmt: skip


def test_what_is_not_known_is_empty() -> None:
    (row,) = rows(CaseDetail("b", reason="timeout"))
    assert (row["change"], row["unmeasured"], row["new_value"], row["new_passes"]) == (
        "newly passing",
        "timeout",
        "",
        "",
    )


def test_a_report_without_texts_still_has_its_values() -> None:
    text = as_csv(report(replace(failed, cases_detail=(), values={"a": 0.5, "b": None})))
    assert [(r["case"], r["new_value"]) for r in csv.DictReader(io.StringIO(text))] == [("a", "0.5"), ("b", "")]


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("+x", "'+x"),
        ("-x", "'-x"),
        ("-5", "-5"),
        ("+1.5", "+1.5"),
        ("a=b", "a=b"),
    ],
    ids=["formula", "at", "plus", "minus", "number", "signed", "inside"],
)
def test_a_spreadsheet_computes_nothing(text: str, cell: str) -> None:
    assert rows(CaseDetail("c", new=text))[0]["new_answer"] == cell


@pytest.mark.parametrize("text", NASTIES[::5], ids=repr)
def test_any_text_stays_in_its_cell(text: str) -> None:
    (row,) = rows(CaseDetail("c", text, expected=text, old=text, new=text))
    assert len(row) == len(COLUMNS)
    assert row["cached"] == ""
