"""What is known of many cases is what is known of few: the same under every name, in the same order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptci.core import Outcome, PartScore, Reason, Score, ToolCall
from promptci.run.many import Marks, Numbers, Rows
from promptci.run.values import Values

PARTS = [(), (PartScore("a", 1.0), PartScore("b", 0.0)), (PartScore("a", None, Reason("r", "why")),)]
OUTCOMES = st.builds(
    Outcome,
    score=st.builds(Score, st.just("c"), st.none() | st.sampled_from([0.0, 0.5, 1.0]), st.none()),
    output=st.none() | st.text(max_size=4),
    stored=st.booleans(),
    model=st.sampled_from(["", "m-1"]),
    parts=st.sampled_from(
        [(), (PartScore("a", 1.0), PartScore("b", 0.0)), (PartScore("a", None, Reason("r", "why")),)]
    ),
    stripped=st.sampled_from([(), ("a fence",)]),
    cost_usd=st.sampled_from([0.0, 0.25]),
    latency_s=st.none() | st.just(1.5),
    calls=st.sampled_from([(), (ToolCall("find", "{}"),)]),
    read=st.integers(0, 9),
    written=st.integers(0, 9),
)
CASES = st.lists(st.lists(OUTCOMES, min_size=1, max_size=3), max_size=12)


def named(repeats: Sequence[Outcome], name: str) -> list[Outcome]:
    reason = Reason("refused", "it will not say")
    scores = [Score(name, o.score.value, reason if o.score.value is None else None) for o in repeats]
    return [replace(o, score=score) for o, score in zip(repeats, scores, strict=True)]


def taken(cases: Sequence[Sequence[Outcome]], most: int, names: str = "c{}") -> Values:
    found = Values()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("promptci.shelf.MANY", most)
        for n, repeats in enumerate(cases):
            found.take(named(repeats, names.format(n)))
    return found


@given(CASES, st.sampled_from([0, 1, 5]))
def test_put_away_is_as_held(cases: list[list[Outcome]], most: int) -> None:
    held, away = taken(cases, 1_000), taken(cases, most)
    for name in (f.name for f in fields(Values) if not f.name.startswith("_")):
        assert getattr(away, name) == getattr(held, name), name
        assert len(getattr(away, name)) == len(getattr(held, name)), name
        if isinstance(getattr(held, name), dict):
            assert [*getattr(away, name).items()] == [*getattr(held, name).items()], name
    assert (away.remarks, away.answered, away.repeats, away.flaky) == (
        held.remarks, held.answered, held.repeats, held.flaky,
    )  # fmt: skip


@given(CASES, st.sampled_from([0, 1, 5]))
def test_fresh_answers_are_shown_where_they_say_the_same(cases: list[list[Outcome]], most: int) -> None:
    found = []
    for limit in (1_000, most):
        values, fresh = taken(cases[::2], limit), taken(cases, 1_000)
        values.show_also(fresh)
        found.append([dict(m) for m in (values.answers, values.parts, values.traces)])
    assert found[0] == found[1]


@given(CASES)
def test_a_case_that_is_taken_again_is_one_case(cases: list[list[Outcome]]) -> None:
    held, away = taken([*cases, *cases], 1_000, "same"), taken([*cases, *cases], 0, "same")
    for name in ("by_case", "samples", "reasons", "lengths", "answers", "parts", "stored", "unusable"):
        assert getattr(away, name) == getattr(held, name), name


def test_what_is_known_of_a_case_stays_known() -> None:
    rows = Rows(("a", "b"))
    numbers, marks = Numbers(rows), Marks(rows)
    numbers["c"], numbers["d"] = None, 0.5
    marks.add("d")
    marks.add("e")
    marks.discard("e")
    assert (dict(numbers), set(marks), len(marks), bool(marks)) == ({"c": None, "d": 0.5}, {"d"}, 1, True)
    assert "e" not in numbers
    with pytest.raises(TypeError, match="stays known"):
        del numbers["c"]
    with pytest.raises(KeyError):
        numbers["f"]
