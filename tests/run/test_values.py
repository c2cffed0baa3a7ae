"""What an arm keeps of its answers: means of what was measured, holes with their reasons, and nothing invented."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptci.core import Case, Outcome, PartScore, Reason, Score, ToolCall
from promptci.measure.pair import Pair
from promptci.measure.screen import differ
from promptci.run.arm import Arm
from promptci.run.values import NOT_JUDGED, Values, mean

GRADES = st.lists(st.none() | st.sampled_from([0.0, 0.25, 0.5, 1.0]), min_size=1, max_size=6)


def outcomes(values: Sequence[float | None], name: str = "c", **more: object) -> list[Outcome]:
    reason = Reason("timeout", "timeout: 60 s")
    scores = [Score(name, v, None if v is not None else reason) for v in values]
    return [Outcome(s, n, "x" * (n + 1), **more) for n, s in enumerate(scores)]  # type: ignore[arg-type]  # fields of it


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        pytest.param({"m-1"}, {"m-1"}, False, id="the-same-model"),
        pytest.param({"m-1"}, {"m-2"}, True, id="another-model"),
        pytest.param({"m-1 judged by j-1"}, {"m-1 judged by j-2"}, True, id="another-judge"),
        pytest.param({"m-1"}, {"m-1 judged by j-1"}, False, id="nobody-was-asked-for-a-grade-on-one-side"),
        pytest.param({"m-1", "m-1 judged by j-1"}, {"m-1 judged by j-1"}, False, id="some-were-spared"),
        pytest.param(set(), {"m-1"}, False, id="nothing-answered"),
    ],
)
def test_stored_answers_of_another_model_or_judge_are_told_apart(old: set[str], new: set[str], expected: bool) -> None:
    assert differ(old, new) is expected


def taken(*cases: list[Outcome]) -> Values:
    found = Values()
    for repeats in cases:
        found.take(repeats)
    return found


@given(GRADES)
def test_a_case_s_value_is_the_mean_of_what_was_measured(values: list[float | None]) -> None:
    found = taken(outcomes(values))
    known = [v for v in values if v is not None]
    assert found.by_case["c"] == (pytest.approx(sum(known) / len(known)) if known else None)
    assert found.samples["c"] == tuple(values)
    assert ("c" in found.reasons) == (not known)
    assert found.repeats == len(values)


@given(st.lists(st.none() | st.floats(0, 1), max_size=8))
def test_the_mean_leaves_holes_out_and_is_none_without_a_value(values: list[float | None]) -> None:
    known = [v for v in values if v is not None]
    found = mean({str(n): v for n, v in enumerate(values)})
    assert found == (pytest.approx(sum(known) / len(known)) if known else None)


def test_a_hole_says_why_and_one_without_a_reason_says_so() -> None:
    found = taken(outcomes([None]), [Outcome(Score("d", None))])
    assert found.reasons == {"c": Reason("timeout", "timeout: 60 s"), "d": NOT_JUDGED}
    assert mean(found.by_case) is None


def test_what_is_shown_is_the_worst_answer_and_what_its_metrics_said() -> None:
    parts = (PartScore("contains", 1.0), PartScore("length", 0.0))
    good, bad = outcomes([1.0, 0.0])
    bad = Outcome(bad.score, 1, "bad", parts=parts)
    found = taken([good, bad])
    assert (found.answers["c"], found.parts["c"]) == ("bad", parts)
    assert found.failing == {"length": {"c"}}


def test_an_answer_without_a_value_is_worse_than_a_wrong_one() -> None:
    found = taken([Outcome(Score("c", 0.0), 0, "wrong"), Outcome(Score("c", None), 1, "unjudged")])
    assert found.answers["c"] == "unjudged"


def test_costs_and_lengths_are_means_and_times_are_of_what_was_sent() -> None:
    first, second = outcomes([1.0, 1.0])
    pair = [
        Outcome(first.score, 0, "ab", cost_usd=0.02, latency_s=1.5),
        Outcome(second.score, 1, "abcd", cost_usd=0.04, stored=True),
    ]
    found = taken(pair)
    assert found.lengths["c"] == 3
    assert found.costs["c"] == pytest.approx(0.03)
    assert list(found.latencies.values()) == [1.5]
    assert found.stored == {"c"}


def test_those_that_answered_and_judged_are_named_once_each() -> None:
    found = taken(
        outcomes([1.0], "a", model="m-1"),
        outcomes([0.0], "b", model="m-1", judge="j-2"),
        outcomes([None], "c", model="never-measured"),
    )
    assert found.answered == "m-1, m-1 judged by j-2"


def test_answers_that_disagree_are_flaky() -> None:
    found = taken(outcomes([1.0, 0.0], "b"), outcomes([1.0, 1.0], "a"), outcomes([0.0, None], "c"))
    assert found.flaky == ("b",)


def test_remarks_count_what_was_taken_off() -> None:
    found = taken(outcomes([1.0], "a", stripped=("thinking",)), outcomes([1.0], "b"))
    (remark,) = found.remarks
    assert (remark.kind, remark.text) == ("stripped", "Before grading, thinking was taken off 1 of 2 answers.")
    assert taken(outcomes([1.0])).remarks == ()


CASES = tuple(Case(f"c{n}", {"input": str(n)}, "yes") for n in range(4))


def pair_of(old: Sequence[float | None], new: Sequence[float | None]) -> Pair:
    arms = [Arm(None, taken(*(outcomes([v], f"c{n}") for n, v in enumerate(side)))) for side in (old, new)]  # type: ignore[arg-type]  # no side is looked at
    return Pair(arms[0], arms[1], CASES, len(CASES))


@given(
    st.lists(st.none() | st.sampled_from([0.0, 1.0]), min_size=4, max_size=4),
    st.lists(st.none() | st.sampled_from([0.0, 1.0]), min_size=4, max_size=4),
)
def test_a_gap_is_new_minus_old_where_both_were_measured(old: list[float | None], new: list[float | None]) -> None:
    pair = pair_of(old, new)
    wanted = [None if a is None or b is None else b - a for a, b in zip(old, new, strict=True)]
    assert pair.gaps(CASES) == wanted
    assert [c.id for c in pair.changed(CASES)] == [f"c{n}" for n, gap in enumerate(wanted) if gap]
    both = [(a, b) for a, b in zip(old, new, strict=True) if a is not None and b is not None]
    before, after = pair.scores()
    assert before == (pytest.approx(sum(a for a, _ in both) / len(both)) if both else None)
    assert (after is None) is (before is None)


def test_only_cases_that_ran_are_looked_at() -> None:
    pair = pair_of([1.0] * 4, [0.0] * 4)
    pair.done = 2
    assert [c.id for c in pair.ran] == ["c0", "c1"]
    assert pair.scores() == (1.0, 0.0)


def test_fresh_answers_are_shown_for_stored_values_that_they_agree_with() -> None:
    calls = (ToolCall("find", "{}", result="sent"),)
    stored = Values({"a": 1.0, "b": 1.0, "c": 0.0, "d": 1.0}, answers={"d": "mine"})
    fresh = taken(*[outcomes([v], name, calls=calls) for name, v in (("a", 1.0), ("b", 0.0), ("c", 0.0), ("d", 1.0))])
    stored.show_also(fresh)
    assert stored.answers == {"a": "x", "c": "x", "d": "mine"}
    assert stored.traces == {"a": calls, "c": calls}
    assert stored.by_case == {"a": 1.0, "b": 1.0, "c": 0.0, "d": 1.0}
