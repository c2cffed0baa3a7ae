"""What a gate fixes before the first case: looks, level, and what each look may decide."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promptci.decide.plan import MOST_LOOKS, Plan, batches, next_batch, settle, stops
from promptci.decide.seen import Seen
from promptci.decide.units import Unit, gain_of, unit_interval, units

SIZES = st.lists(st.integers(1, 9), min_size=1, max_size=80)


@settings(max_examples=50)
@given(SIZES, st.integers(1, 40), st.integers(1, 64))
def test_looks_end_where_units_end_and_never_too_often(sizes: list[int], batch: int, looks: int) -> None:
    ends, whole = stops(sizes, batch, looks), sum(sizes)
    boundaries = {sum(sizes[:k]) for k in range(1, len(sizes) + 1)}
    assert ends[-1] == whole
    assert set(ends) <= boundaries
    assert list(ends) == sorted(set(ends))
    enough = max(batch, math.ceil(whole / looks))
    gaps = [b - a for a, b in zip((0, *ends), ends, strict=False)]
    assert all(gap >= enough for gap in gaps[:-1])
    assert len(ends) <= looks + 1


@pytest.mark.parametrize(("sizes", "looks"), [([1, 0], 4), ([2], 0), ([-1], 4)], ids=["no case", "no look", "below"])
def test_plans_that_cannot_be_are_refused(sizes: list[int], looks: int) -> None:
    with pytest.raises(ValueError, match="at least one"):
        stops(sizes, looks=looks)


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"alpha": 0.0}, "alpha"),
        ({"alpha": 0.3}, "alpha"),
        ({"max_drop": -0.1}, "max_drop"),
        ({"max_drop": 1.0}, "max_drop"),
        ({"detect": 0.0}, "detect"),
        ({"max_drop": 0.6, "detect": 0.5}, "below 1"),
    ],
    ids=str,
)
def test_settings_out_of_range_are_named(changes: dict[str, float], word: str) -> None:
    with pytest.raises(ValueError, match=word):
        Plan((10,), **changes)


def test_the_level_grows_with_the_cases_and_ends_at_alpha() -> None:
    plan = Plan(stops([1] * 320))
    assert len(plan.ends) == MOST_LOOKS
    levels = [plan.level(end) for end in plan.ends]
    assert levels == sorted(levels)
    assert levels[0] == pytest.approx(0.05 / 32)
    assert levels[-1] == 0.05 == plan.level(999)


def test_what_is_still_to_come() -> None:
    plan = Plan((10, 20, 40))
    assert [cases for cases, _ in plan.after(0)] == [10, 10, 20]
    assert [cases for cases, _ in plan.after(20)] == [20]
    assert plan.after(40) == ()
    assert list(batches(plan)) == [10, 10, 20]
    assert [next_batch(plan, done, None) for done in (0, 10, 20, 40)] == [10, 10, 20, 0]
    assert next_batch(plan, 10, "pass") == 0
    assert Plan(()).planned == 0


@pytest.mark.parametrize(
    ("done", "unmeasured", "crossed", "passes", "expected"),
    [
        pytest.param(10, 0, False, False, None, id="go on"),
        pytest.param(10, 0, True, False, "fail", id="crossed"),
        pytest.param(10, 0, True, True, "fail", id="crossed comes first"),
        pytest.param(10, 0, False, True, "pass", id="enough for a pass"),
        pytest.param(40, 0, False, False, "inconclusive", id="nothing at the end"),
        pytest.param(10, 1, True, False, None, id="a tenth unmeasured decides nothing yet"),
        pytest.param(40, 2, True, False, "fail", id="a twentieth is allowed"),
        pytest.param(40, 3, True, False, "unmeasured", id="more is not"),
        pytest.param(10, 3, False, True, "unmeasured", id="not even if all the rest were measured"),
        pytest.param(40, 40, False, False, "unmeasured", id="none at all"),
    ],
)
def test_a_look_settles(done: int, unmeasured: int, crossed: bool, passes: bool, expected: str | None) -> None:
    assert settle(Plan((10, 20, 40)), done, unmeasured, crossed=crossed, passes=passes) == expected


# --- what was seen, and its units ------------------------------------------------------------------------------------


def test_what_was_seen_is_counted_once_each_way() -> None:
    seen = Seen((1.0, -1.0, 0.0, None, -1.0), frozenset({3}))
    assert (seen.done, seen.unmeasured, len(seen.measured)) == (5, 1, 4)
    assert seen.change is not None
    assert (seen.change.losses, seen.change.wins, seen.change.ties, seen.change.unmeasured) == (2, 1, 1, 1)
    assert seen.worst.change is not None
    assert (seen.worst.change.losses, seen.worst.unmeasured) == (3, 0)
    assert Seen((0.5, None)).change is None, "fractions are not counted"
    assert Seen((0.5, 1.0)).worst.values == (0.5, 1.0)


@pytest.mark.parametrize(
    ("values", "holes", "word"),
    [((1.0,), {0}, "holes"), ((None,), {1}, "holes"), ((None,), {-1}, "holes"), ((1.5,), set(), "in")],
    ids=["measured", "beyond", "before", "too large"],
)
def test_what_cannot_have_been_seen_is_refused(values: tuple[float | None, ...], holes: set[int], word: str) -> None:
    with pytest.raises(ValueError, match=word):
        Seen(values, frozenset(holes))


@settings(max_examples=50)
@given(st.lists(st.tuples(st.one_of(st.none(), st.floats(-1, 1)), st.one_of(st.none(), st.sampled_from("abc")))))
def test_units_keep_the_sum_and_the_measured_cases(rows: list[tuple[float | None, str | None]]) -> None:
    values, clusters = [v for v, _ in rows], [c for _, c in rows]
    found = units(values, clusters)
    measured = [v for v in values if v is not None]
    assert sum(u.total for u in found) == pytest.approx(sum(measured))
    assert sum(u.cases for u in found) == len(measured)
    assert len(found) == clusters.count(None) + len({c for c in clusters if c is not None})
    assert gain_of(found) == pytest.approx(sum(measured) / max(1, len(measured)))


def test_an_interval_by_units_is_wider_than_by_cases_that_move_together() -> None:
    apart = [Unit(-1.0, 1)] * 10 + [Unit(0.0, 1)] * 90
    together = [Unit(-5.0, 5)] * 2 + [Unit(0.0, 5)] * 18
    by_case, by_unit = unit_interval(apart), unit_interval(together)
    assert by_case is not None
    assert by_unit is not None
    assert by_unit[0] < by_case[0] < -0.1 < by_case[1] < by_unit[1]
    assert unit_interval([Unit(1.0, 1)]) is None
    assert unit_interval([Unit(1.0, 1), Unit(0.0, 0)]) is None
    assert unit_interval([Unit(1.0, 1)] * 5) == (1.0, 1.0)
