"""What a change did to the base's cases, case by case."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promptci.core import Case, Json
from promptci.project.edits import CaseEdits, edits_of, with_renamed

A = Case("a", {"input": "one"}, "yes", tags=("smoke",))
B = Case("b", {"input": "two"}, ["yes", "sure"])


def of(*new: Case) -> CaseEdits:
    return edits_of([A, B], new)


CHANGES: dict[str, tuple[list[Case], CaseEdits]] = {
    "nothing": ([A, B], CaseEdits()),
    "another-order": ([B, A], CaseEdits()),
    "more-cases": ([A, B, Case("c", {"input": "three"}, "no")], CaseEdits()),
    "deleted": ([A], CaseEdits(deleted=("b",))),
    "all-deleted": ([], CaseEdits(deleted=("a", "b"))),
    "widened": ([replace(A, expected=["yes", "no"]), B], CaseEdits(widened=("a",))),
    "answers-anything": ([replace(A, expected=None), B], CaseEdits(widened=("a",))),
    "narrowed": ([A, replace(B, expected="yes")], CaseEdits(edited=("b",))),
    "turned": ([replace(A, expected="no"), B], CaseEdits(edited=("a",))),
    "tags": ([replace(A, tags=()), B], CaseEdits(edited=("a",))),
    "another-input": ([replace(A, vars={"input": "new"}), B], CaseEdits(edited=("a",))),
    "another-id": ([replace(A, id="x"), B], CaseEdits(moved=(("a", "x"),))),
    "exchanged": ([replace(A, id="b"), replace(B, id="a")], CaseEdits(moved=(("a", "b"), ("b", "a")))),
    "moved-and-widened": (
        [replace(A, id="x", expected=["yes", "no"]), B],
        CaseEdits(widened=("a",), moved=(("a", "x"),)),
    ),
}


@pytest.mark.parametrize(("new", "expected"), CHANGES.values(), ids=CHANGES)
def test_each_change_is_told_by_its_name(new: list[Case], expected: CaseEdits) -> None:
    assert of(*new) == expected
    assert bool(expected) == (expected != CaseEdits())


def test_asserting_less_is_wider() -> None:
    strict: tuple[dict[str, Json], ...] = ({"name": "contains", "value": "a"}, {"name": "contains", "value": "b"})
    old, new = replace(A, asserts=strict), replace(A, asserts=strict[:1])
    assert edits_of([old], [new]) == CaseEdits(widened=("a",))
    assert edits_of([new], [old]) == CaseEdits(edited=("a",))


RENAMED: dict[str, tuple[list[dict[str, Json]], list[dict[str, Json]]]] = {
    "all": ([{"text": "one"}, {"text": "two"}], [{"input": "one", "text": "one"}, {"input": "two", "text": "two"}]),
    "some-are-gone": ([{"text": "one"}], [{"input": "one", "text": "one"}, {"input": "two", "text": "two"}]),
    "one-is-another": ([{"text": "one"}, {"text": "new"}], [{"input": "one"}, {"input": "two"}]),
    "one-lacks-it": ([{"text": "one"}, {"other": "two"}], [{"input": "one"}, {"input": "two"}]),
    "one-more": (
        [{"input": "one", "text": "one"}, {"input": "two", "text": "two"}],
        [{"input": "one"}, {"input": "two"}],
    ),
    "none-is-left": ([], [{"input": "one"}, {"input": "two"}]),
}


@pytest.mark.parametrize(("new", "expected"), RENAMED.values(), ids=RENAMED)
def test_columns_under_another_name(new: list[dict[str, Json]], expected: list[dict[str, Json]]) -> None:
    found = with_renamed([A, B], [replace(c, vars=own) for c, own in zip((A, B), new, strict=False)])
    assert [dict(c.vars) for c in found] == expected
    assert [replace(c, vars={}) for c in found] == [replace(c, vars={}) for c in (A, B)]


CASES = st.lists(st.builds(Case, st.sampled_from("abcdef"), st.just({"input": "x"}), st.sampled_from(["y", "n"])))


@settings(max_examples=30)
@given(CASES)
def test_a_set_beside_itself_is_unchanged(cases: list[Case]) -> None:
    once = list({c.id: replace(c, vars={"input": c.id}) for c in cases}.values())
    assert not edits_of(once, once)
    assert edits_of(once, []).deleted == tuple(c.id for c in once)
