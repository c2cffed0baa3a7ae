"""How many cases an answer would take: the same from either path, None where no number would do."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from promptci.decide.accept import accept, accept_graded, cases_to_decide
from promptci.decide.answered import answered
from promptci.decide.heldout import HeldOut
from promptci.decide.noise import noise_of
from promptci.decide.paired import Change
from promptci.decide.power import cases_needed, detectable_drop, power
from promptci.decide.repeats import k_of_n


def exact_power(cases: int, win: float, loss: float, at: float) -> float:
    """Of the one-sided sign test of wins, summed over every number of changed cases."""
    changed = np.arange(cases + 1)
    fewest = stats.binom.isf(at, changed, 0.5)  # more wins than this are rare enough
    shares = stats.binom.pmf(changed, cases, win + loss)
    return float(shares @ stats.binom.sf(fewest, changed, win / (win + loss)))


@pytest.mark.parametrize(
    ("losses", "wins", "ties", "at"),
    [
        pytest.param(0, 3, 37, 0.04, id="no-losses"),
        pytest.param(5, 12, 33, 0.04, id="some-losses"),
        pytest.param(15, 30, 15, 0.01, id="many-losses"),
        pytest.param(10, 30, 0, 0.04, id="every-case-changed"),
    ],
)
def test_the_cases_that_would_decide_have_the_power_that_is_said(losses: int, wins: int, ties: int, at: float) -> None:
    change = Change(losses, wins, ties)
    needed, n = cases_to_decide(change, at), change.measured
    assert needed is not None
    assert exact_power(needed, wins / n, losses / n, at) >= 0.8 - 1e-9
    assert exact_power(needed - 1, wins / n, losses / n, at) < 0.8


@pytest.mark.parametrize("change", [Change(5, 12, 83), Change(15, 22, 63), Change(0, 3, 97)], ids=str)
def test_one_look_and_four_looks_ask_for_the_same_cases(change: Change) -> None:
    held = HeldOut(100, at=0.04)
    held.look(change)
    assert held.answer != "improved"
    in_looks, at_once = answered(held, change), accept(change, at=0.04)
    assert in_looks.cases_needed == at_once.cases_needed
    assert f"About {at_once.cases_needed:,} held-out cases would decide a gain of this size." in in_looks.draft_reasons


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(Change(0, 0, 0), id="nothing-run"),
        pytest.param(Change(0, 0, 0, 9), id="nothing-measured"),
        pytest.param(Change(0, 0, 50), id="no-change"),
        pytest.param(Change(4, 4, 50), id="no-gain"),
        pytest.param(Change(5, 4, 50), id="a-drop"),
        pytest.param(Change(4_999, 5_000, 1), id="too-many"),
    ],
)
def test_no_number_of_cases_decides_what_gains_nothing(change: Change) -> None:
    assert cases_to_decide(change, 0.04) is None


def test_graded_gains_need_what_their_variance_says() -> None:
    values = [0.4, -0.2, 0.1, 0.1, -0.2, 0.3, 0.0, 0.1]
    z = stats.norm.isf(0.04) + stats.norm.isf(0.2)
    mean, variance = sum(values) / 8, sum(x * x for x in values) / 8 - (sum(values) / 8) ** 2
    assert accept_graded(values, at=0.04).cases_needed == math.ceil(z * z * variance / mean**2)
    # Clusters of three: as many clusters, three times the cases.
    clustered = accept_graded(values, at=0.04, sizes=[3] * 8)
    assert clustered.cases_needed == math.ceil(3 * z * z * variance / mean**2)
    assert accept_graded([-x for x in values], at=0.04).cases_needed is None
    assert accept_graded([], at=0.04).cases_needed is None


@pytest.mark.parametrize(
    ("noise", "drop", "known"),
    [
        pytest.param(0.9, 0.1, True, id="just-room"),
        pytest.param(0.9, 0.11, False, id="no-room"),
        pytest.param(1.0, 0.05, False, id="all-noise"),
        pytest.param(0.0, 1.0, True, id="everything-lost"),
    ],
)
def test_noise_that_leaves_no_room_for_a_drop_hides_it(noise: float, drop: float, known: bool) -> None:
    assert (cases_needed(drop, noise) is not None) is known


@pytest.mark.parametrize("gate", [False, True])
@pytest.mark.parametrize(("cases", "noise"), [(12, 0.1), (30, 0.0), (75, 0.3), (75, 0.9)])
def test_the_detectable_drop_is_the_smallest_half_point_that_is_seen(cases: int, noise: float, gate: bool) -> None:
    seen, fixed = detectable_drop(cases, noise, gate=gate), math.floor(cases / 1.25) if gate else cases
    steps = [k * 0.005 for k in range(1, math.floor((1 - noise) / 0.005) + 1)]
    first = next((round(drop, 4) for drop in steps if power(fixed, noise, drop) >= 0.8), None)
    assert seen == first


@pytest.mark.parametrize("repeats", [2, 3])
def test_the_price_of_a_set_of_coins_alone(repeats: int) -> None:
    found = noise_of({str(i): [1.0, 0.0, 1.0][:repeats] for i in range(9)})
    assert found is not None
    assert found.flips == pytest.approx({2: 1.0, 3: 2 / 3}[repeats])
    assert (found.without, found.cases, len(found.coins)) == (0.0, 9, 9)
    # Three repeats leave room for a drop of 30 points, two do not: they differ on every case.
    clean, full = cases_needed(0.3, 0.0, gate=True), cases_needed(0.3, 2 / 3, gate=True)
    assert clean is not None
    assert full is not None
    assert found.coins_cost(0.3) == {2: None, 3: full - clean}[repeats]


@pytest.mark.parametrize("planned", [0, 1, 3])
def test_more_cases_than_planned_are_refused(planned: int) -> None:
    with pytest.raises(ValueError, match="up to the planned ones"):
        HeldOut(planned, at=0.04).look(Change(0, 0, planned + 1))


@pytest.mark.parametrize("needed", [None, 0, 1, 5])
def test_a_case_that_was_never_answered_is_unmeasured(needed: int | None) -> None:
    assert k_of_n([], needed) is None


@pytest.mark.parametrize("needed", [-1, 0, 4])
def test_needed_repeats_are_among_the_repeats(needed: int) -> None:
    with pytest.raises(ValueError, match="between 1 and the number of repeats"):
        k_of_n([1.0, 0.0, None], needed)


@pytest.mark.parametrize(
    ("values", "known"),
    [
        pytest.param((1.0, 1.0, None), {1: 1.0, 2: 1.0, 3: None}, id="two-pass"),
        pytest.param((1.0, 0.0, None), {1: 1.0, 2: None, 3: 0.0}, id="one-each"),
        pytest.param((0.0, 0.0, None), {1: None, 2: 0.0, 3: 0.0}, id="two-fail"),
        pytest.param((None, None, None), {1: None, 2: None, 3: None}, id="none-measured"),
    ],
)
def test_an_unmeasured_repeat_decides_only_where_it_could(
    values: tuple[float | None, ...], known: dict[int, float | None]
) -> None:
    assert {least: k_of_n(values, least) for least in known} == known
