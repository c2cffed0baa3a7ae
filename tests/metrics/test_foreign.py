"""A pull request is judged by its base's grading code, never by its own."""

from __future__ import annotations

import pytest

from promptci.core import Case
from promptci.errors import DataError
from promptci.metrics.build import build
from promptci.metrics.foreign import with_code_of

CODE = {"name": "python", "file": "checks.py:grade"}
BASE, CHANGE = "def grade(o, c): return 0", "def grade(o, c): return 1"
CASE = Case("c", {"input": "x"}, "paid")


def test_the_base_s_code_runs_whatever_the_change_brings() -> None:
    new = build([CODE, "exact"], lambda _: CHANGE)
    old = build(["exact", CODE], lambda _: BASE)
    assert new(CASE, "paid") == 1.0
    assert with_code_of(old, new)(CASE, "paid") == 0.0


@pytest.mark.parametrize("old", [None, build(["exact"], str)], ids=["no-base", "a-base-without-code"])
def test_code_that_the_base_does_not_have_is_refused(old: None) -> None:
    with pytest.raises(DataError, match="grading code that its base does not have") as problem:
        with_code_of(old, build([CODE], lambda _: CHANGE))
    assert problem.value.place == "checks.py"


def test_a_row_s_code_is_the_base_s_too() -> None:
    row = Case("c", {"input": "x"}, "paid", asserts=(CODE,))
    new = build(["exact"], lambda _: CHANGE, cases=[row])
    old = build(["exact"], lambda _: BASE, cases=[row])
    assert [new(row, "paid"), with_code_of(old, new)(row, "paid")] == [1.0, 0.0]
    with pytest.raises(DataError):
        with_code_of(build(["exact"], str), new)


def test_each_of_several_functions_of_a_file_stays_itself() -> None:
    both = [{"name": "python", "file": f"checks.py:{name}"} for name in ("short", "polite")]
    base = "def short(o, c): return 0\ndef polite(o, c): return 1"
    judged = with_code_of(build(both, lambda _: base), build(both, lambda _: base.replace("0", "1")))
    assert [part.metric(CASE, "paid") for part in judged.parts] == [0.0, 1.0]
    with pytest.raises(DataError, match="grading code that its base does not have"):
        with_code_of(build(both[:1], lambda _: base), build(both, lambda _: base))


def test_metrics_without_code_stay_the_change_s() -> None:
    new = build([{"name": "contains", "value": "a"}], str)
    assert with_code_of(None, new) == new
