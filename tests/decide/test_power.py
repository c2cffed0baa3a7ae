"""Cases needed and detectable drops against the published table and a simulation."""

from __future__ import annotations

import random

import pytest

from promptci.decide.paired import Change, mcnemar_p
from promptci.decide.power import cases_needed, cases_to_halve, detectable_drop, noise_seen, power, table


@pytest.mark.parametrize(("drop", "published"), [(0.02, 1576), (0.03, 800), (0.05, 355), (0.10, 130), (0.20, 53)])
def test_cases_needed_are_those_of_the_specification(drop: float, published: int) -> None:
    needed = cases_needed(drop, 0.05)
    assert needed == pytest.approx(published, rel=0.01)


@pytest.mark.parametrize(("cases", "published"), [(20, 0.37), (50, 0.175), (100, 0.10), (200, 0.065)])
def test_detectable_drops_are_those_of_the_specification(cases: int, published: float) -> None:
    assert detectable_drop(cases, 0.05) == pytest.approx(published, abs=0.0051)


def test_power_stays_where_it_was_promised() -> None:
    needed = cases_needed(0.05, 0.05)
    assert needed is not None
    assert all(power(n, 0.05, 0.05) >= 0.9 for n in range(needed, needed + 40))
    assert power(needed - 1, 0.05, 0.05) < 0.9


def test_power_is_what_a_simulation_gives() -> None:
    rng, seen = random.Random(2), 0
    for _ in range(1500):
        outcomes = rng.choices((-1, 1, 0), (0.125, 0.025, 0.85), k=80)
        seen += mcnemar_p(outcomes.count(-1), outcomes.count(1)) <= 0.05
    assert power(80, 0.05, 0.10) == pytest.approx(seen / 1500, abs=0.04)


def test_the_gates_many_looks_need_a_quarter_more() -> None:
    rows = table(0.05)
    assert [row.drop for row in rows] == [0.02, 0.03, 0.05, 0.1, 0.2]
    for row in rows:
        assert row.fixed is not None
        assert row.gate is not None
        assert row.gate == pytest.approx(1.25 * row.fixed, abs=1)


def test_what_cannot_be_known_is_none() -> None:
    assert detectable_drop(4, 0.05) is None  # not even four losses of four are rare enough
    assert cases_needed(0.001, 0.1) is None
    assert cases_to_halve(4, 0.05) is None
    assert power(0, 0.05, 0.1) == power(10, 0.0, 0.0) == 0.0
    for bad in ((10, -0.1, 0.1), (10, 0.6, 0.6)):
        with pytest.raises(ValueError):
            power(*bad)


def test_noise_is_read_from_the_rarer_direction() -> None:
    assert noise_seen(Change(20, 5, 175)) == pytest.approx(0.0524, abs=1e-3)
    assert 0 < noise_seen(Change(0, 0, 100)) < 0.01
    assert noise_seen(Change(50, 50, 0)) < 1
