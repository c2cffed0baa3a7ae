"""What decisions say to people: numbers by number, bounds rounded outwards, and nothing that was not shown."""

from __future__ import annotations

import math
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promptci.core import Reason
from promptci.decide.accept import accept, foreseen, not_asked, screen
from promptci.decide.certify import Certificate, rate
from promptci.decide.gate import Gate, Kind
from promptci.decide.limits import ScoreLook, ceiling, min_mean, min_score
from promptci.decide.noise import noise_of
from promptci.decide.overfit import overfit
from promptci.decide.paired import Change, count, differences
from promptci.decide.preferred import FEWEST, Preference, length_controlled, preferred
from promptci.decide.repeats import flaky, k_of_n, mean_value
from promptci.decide.selftest import self_test
from promptci.decide.stale import stale
from promptci.decide.verdict import Verdict, chances, combined, held_out, points, several
from promptci.decide.year import year


@pytest.mark.parametrize(
    ("share", "said"),
    [
        (0.05, "5"), (0.175, "17.5"), (-0.0333, "-3.3"), (0.0, "0"), (-0.0, "0"), (-0.0004, "0"), (0.0004, "0"),
        (-0.0006, "-0.1"), (1.0, "100"), (-1.0, "-100"), (0.0995, "10"), (0.9996, "100"),
    ],
    ids=str,
)  # fmt: skip
def test_points_have_one_decimal_and_no_sign_of_nothing(share: float, said: str) -> None:
    assert points(share) == said


@given(st.floats(-1, 1))
def test_points_are_the_share_to_a_twentieth(share: float) -> None:
    assert float(points(share)) == pytest.approx(100 * share, abs=0.05 + 1e-9)
    assert points(share) != "-0"
    assert not points(share).endswith(".0")


@pytest.mark.parametrize(
    ("level", "said"),
    [
        (0.05, "5 times in 100"), (0.01, "1 time in 100"), (0.04, "4 times in 100"), (0.0125, "1.25 times in 100"),
        (0.001, "1 time in 1,000"), (0.00123, "1.23 times in 1,000"), (0.5, "50 times in 100"),
    ],
    ids=str,
)  # fmt: skip
def test_a_level_in_words(level: float, said: str) -> None:
    assert chances(level) == said


@pytest.mark.parametrize(("number", "said"), [(0, "0 cases"), (1, "1 case"), (2, "2 cases")], ids=str)
def test_a_noun_by_its_number(number: int, said: str) -> None:
    assert several(number, "case", "cases") == said
    assert held_out(number) == f"{said.partition(' ')[0]} held-out {said.partition(' ')[2]}"


@pytest.mark.parametrize(
    ("hits", "n", "said"),
    [(0, 0, "unknown"), (1, 1, "100 % (27 to 100, 1 case)"), (80, 100, "80 % (73 to 86, 100 cases)")],
    ids=["none", "one", "many"],
)
def test_a_rate_with_its_interval(hits: int, n: int, said: str) -> None:
    assert str(rate(hits, n)) == said


@pytest.mark.parametrize(
    ("found", "begins", "ends"),
    [
        pytest.param(Certificate("j", 1, 0, 0, 0), "Compared with people on 1 answer,", "kappa unknown.", id="one"),
        pytest.param(Certificate("j", 9, 0, 0, 0), "Compared with people on 9 answers,", "kappa unknown.", id="alike"),
        pytest.param(Certificate("j", 5, 5, 5, 5), "Compared with people on 20 answers,", "kappa 0.00.", id="chance"),
        pytest.param(Certificate("j", 5, 5, 0, 0), "Compared with people on 10 answers,", "kappa 1.00.", id="same"),
    ],
)
def test_agreement_that_nobody_can_know_is_not_called_none(found: Certificate, begins: str, ends: str) -> None:
    assert str(found).startswith(begins)
    assert str(found).endswith(ends)


@pytest.mark.parametrize("labels", [(1, 20, 0, 0), (20, 1, 0, 0)], ids=["one-pass", "one-fail"])
def test_one_grade_is_spoken_of_as_one(labels: tuple[int, int, int, int]) -> None:
    said = Certificate("j", *labels).below(0.5)
    assert said is not None
    assert "hold 1 pass," in said or "hold 1 fail," in said


# --- acceptance ------------------------------------------------------------------------------------------------------


@settings(deadline=None, max_examples=15)
@given(st.integers(6, 40), st.integers(0, 3), st.integers(20, 200))
def test_a_gain_is_said_within_its_bounds_and_never_beyond(wins: int, losses: int, ties: int) -> None:
    found = accept(Change(losses, wins, ties), at=0.04)
    assert found.interval is not None
    if found.outcome != "improved":
        assert found.reasons == ("The held-out cases did not confirm the gain, so nothing changes.",)
        assert str(wins) not in found.reasons[0]
        return
    low, high = map(float, re.findall(r"-?\d+(?:\.\d+)?(?= points| \(|\))", found.reasons[0])[:2])
    assert low <= 100 * found.interval[0] + 1e-9
    assert high >= 100 * found.interval[1] - 1e-9
    assert found.draft_reasons == ()
    assert not found.promising


def test_what_was_not_asked_spent_nothing() -> None:
    found = not_asked(screen([0.0] * 10))
    assert (found.outcome, found.level, found.cases, found.interval) == ("no_change", 0.0, 0, None)
    assert found.reasons[0].endswith("so it was not tried on the held-out cases.")


@pytest.mark.parametrize(
    ("values", "sizes", "passed", "gain"),
    [
        ([], None, False, 0.0), ([0.0], None, False, 0.0), ([1.0], None, False, 1.0), ([1.0] * 3, None, True, 1.0),
        ([-1.0] * 9, None, False, -1.0), ([2.0, 2.0, 2.0], [2, 2, 2], True, 1.0), ([], [], False, 0.0),
        ([1.0, -1.0, 1.0], None, False, 1 / 3),
    ],
    ids=str,
)  # fmt: skip
def test_a_winner_is_asked_only_for_a_gain_beyond_the_noise(
    values: list[float], sizes: list[int] | None, passed: bool, gain: float
) -> None:
    found = screen(values, sizes=sizes)
    assert found.passed is passed
    assert found.gain == pytest.approx(gain)
    assert found.passed == ("so it was tried" in found.reason)


@pytest.mark.parametrize(("gain", "tried"), [(0.02, True), (0.0, False), (-0.01, False)], ids=str)
def test_any_gain_that_edits_should_have_is_asked_about(gain: float, tried: bool) -> None:
    found = foreseen(gain, 0.01)
    assert found.passed is tried
    assert f"{100 * gain:+.1f} points on new cases (standard error 1.0)" in found.reason


# --- gates -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stopped", [None, "the budget is spent"])
def test_a_gate_without_a_case_is_unmeasured(stopped: str | None) -> None:
    said = Gate(0).verdict(stopped=stopped)
    assert said.name == "unmeasured"
    assert said.reasons == ("No cases were run." if stopped is None else "No cases were run: the budget is spent.",)
    assert list(Gate(0).batches()) == []


def test_a_kind_that_is_torn_or_of_another_length_is_refused() -> None:
    for kind in (Kind(clusters=("a", "b")), Kind(stored=(5, 5)), Kind(clusters=("a", "b", "a"))):
        with pytest.raises(ValueError, match="cluster"):
            Gate(3, kind)


@pytest.mark.parametrize(
    ("looks", "name", "kinds"),
    [
        ([], "unmeasured", ["too_many_unmeasured"]),
        ([ScoreLook(10, 0, 10)], "unmeasured", ["too_many_unmeasured"]),
        ([ScoreLook(20, 19)], "pass", ["score"]),
        ([ScoreLook(20, 16)], "inconclusive", ["score", "below_not_shown"]),
        ([ScoreLook(20, 2)], "fail", ["score", "below"]),
        ([ScoreLook(10, 0), ScoreLook(20, 10)], "fail", ["score", "below"]),
    ],
    ids=["none", "unmeasured", "above", "near", "far-below", "below-at-a-look"],
)
def test_a_lowest_score_has_its_sentences(looks: list[ScoreLook], name: str, kinds: list[str]) -> None:
    found = min_score(looks, planned=20, target=0.9)
    assert (found.name, [reason.kind for reason in found.told]) == (name, kinds)


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ([], "unmeasured"), ([None] * 5, "unmeasured"), ([0.9] * 5, "pass"), ([0.4], "inconclusive"),
        ([0.1] * 40, "fail"), ([0.5] * 5, "pass"), ([0.9] * 18 + [None], "unmeasured"), ([0.9] * 19 + [None], "pass"),
    ],
    ids=str,
)  # fmt: skip
def test_a_lowest_mean_says_what_is_known(values: list[float | None], name: str) -> None:
    assert min_mean(values, target=0.5).name == name


@pytest.mark.parametrize(
    ("values", "limit", "name", "said"),
    [
        ([], 1.0, "unmeasured", "No cost was measured."),
        ([2.0], 1.0, "inconclusive", "The mean cost is 2 USD over 1 case; the limit is 1 USD."),
        ([1.0], 1.0, "pass", "The mean cost is 1 USD over 1 case; the limit is 1 USD."),
        ([2.0, 2.0], 1.0, "fail", "The mean cost is 2 USD over 2 cases; the limit is 1 USD."),
        ([0.1, 9.0], 1.0, "inconclusive", "The mean cost is 4.55 USD over 2 cases; the limit is 1 USD."),
    ],
    ids=["none", "one-above", "one-at-it", "above-for-sure", "above-by-one"],
)
def test_a_ceiling_says_its_mean_and_its_limit(values: list[float], limit: float, name: str, said: str) -> None:
    found = ceiling("cost", values, limit=limit, unit="USD")
    assert (found.name, found.reasons[0]) == (name, said)


NAMES = ("fail", "unmeasured", "inconclusive", "pass")


@settings(max_examples=30)
@given(st.lists(st.sampled_from(NAMES), max_size=5))
def test_the_worst_of_all_gates_is_the_verdict_and_only_passes_are_left_out(names: list[str]) -> None:
    gates = [Verdict(f"g{n}", name, (Reason(name, f"{name} {n}."),)) for n, name in enumerate(names)]  # type: ignore[arg-type]  # they are verdicts
    found = combined(gates)
    assert found.name == (min(names, key=NAMES.index) if names else "unmeasured")
    wanted = sorted((NAMES.index(name), n, name) for n, name in enumerate(names))
    shown = [one for one in wanted if one[2] != "pass"] or wanted
    assert not names or found.reasons == tuple(f"g{n}: {name} {n}." for _, n, name in shown)
    assert found.blocked == ("fail" in names)


@pytest.mark.parametrize("old", [[1.0], []], ids=["short", "empty"])
def test_two_sides_of_unequal_length_are_no_pairs(old: list[float]) -> None:
    for pair in (count, differences):
        with pytest.raises(ValueError, match="zip"):
            pair(old, [1.0, 0.0])


@pytest.mark.parametrize("counts", [(-1, 0, 0, 0), (0, -1, 0, 0), (0, 0, -1, 0), (0, 0, 0, -1)], ids=str)
def test_a_negative_count_is_refused(counts: tuple[int, int, int, int]) -> None:
    with pytest.raises(ValueError, match="never negative"):
        Change(*counts)


# --- repeats and noise -----------------------------------------------------------------------------------------------

REPEATS = st.lists(st.sampled_from([0.0, 0.4, 0.5, 1.0, None]), max_size=6)


@settings(max_examples=30)
@given(REPEATS, st.integers(1, 6))
def test_repeats_pass_when_enough_do_whatever_the_unmeasured_ones_would_say(values: list[float | None], k: int) -> None:
    if not 1 <= k <= len(values):
        return
    best = k_of_n([1.0 if v is None else v for v in values], k)
    worst = k_of_n([0.0 if v is None else v for v in values], k)
    assert k_of_n(values, k) == (best if best == worst else None)
    known = [v for v in values if v is not None]
    assert mean_value(values) == (pytest.approx(sum(known) / len(known)) if known else None)


@settings(max_examples=30)
@given(st.dictionaries(st.sampled_from("abc"), REPEATS))
def test_flaky_cases_are_those_with_flips(samples: dict[str, list[float | None]]) -> None:
    found = noise_of(samples)
    flips = {i: found is not None and any(c.case_id == i for c in found.coins) for i in samples}
    assert set(flaky(samples)) >= {i for i, coin in flips.items() if coin}
    assert found is None or found.flips >= found.without - 1e-12
    assert (found is None) == all(sum(v is not None for v in values) < 2 for values in samples.values())


def test_a_self_test_is_the_same_for_a_seed_and_needs_a_run() -> None:
    samples = {f"c{n}": [1.0, float(n % 3 > 0), None, 1.0] for n in range(12)}
    first = self_test(samples, runs=20, seed=4)
    assert first == self_test(dict(reversed(samples.items())), runs=20, seed=4)
    assert first.red <= first.blocked <= first.runs == 20
    assert first.rate == first.red / 20
    with pytest.raises(ValueError, match="at least 1"):
        self_test(samples, runs=0)


@pytest.mark.parametrize(
    ("fresh", "asked", "better", "worse", "is_stale"),
    [
        ({}, 0, 0, 0, False),
        ({"a": None, "gone": 1.0, "none": 1.0}, 0, 0, 0, False),
        ({"a": 1.0, "b": 0.0}, 2, 1, 1, False),
        ({"a": 1.0, "c": 1.0, "d": 1.0}, 3, 3, 0, True),
        ({"half": 1.0}, 1, 0, 0, False),
    ],
    ids=["nothing", "nothing-to-compare", "both-ways", "all-one-way", "neither"],
)
def test_stored_answers_beside_fresh_ones(
    fresh: dict[str, float | None], asked: int, better: int, worse: int, is_stale: bool
) -> None:
    stored: dict[str, list[float | None]] = {
        "a": [0.0] * 5,
        "b": [1.0] * 5,
        "c": [0.0] * 5,
        "d": [0.0] * 5,
        "none": [None],
        "half": [1.0, 0.0],
    }
    found = stale(stored, fresh)
    assert (found.asked, found.better, found.worse, found.stale) == (asked, better, worse, is_stale)
    said = found.said("2026-01-15")
    assert said.kind == ("baseline_stale" if is_stale else "baseline_holds")
    assert said.text.startswith(f"We re-asked {asked} of the answers stored on 2026-01-15: {better} passed")


# --- others ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", [(math.nan, 0.05), (math.inf, 0.05), (3, math.nan), (-1e-9, 0.1)], ids=str)
def test_a_year_of_no_number_is_refused(case: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="not negative"):
        year(*case)


@pytest.mark.parametrize(
    ("commits", "rate", "reds", "some"), [(0, 0.05, 0.0, 0.0), (10, 0, 0.0, 0.0), (1, 1, 12.0, 1.0)]
)
def test_a_year_at_its_ends(commits: float, rate: float, reds: float, some: float) -> None:
    found = year(commits, rate)
    assert (found.false_reds, found.any_false_red) == (reds, some)


@pytest.mark.parametrize("sides", [([], [1.0]), ([1.0], []), ([], [])], ids=["train", "validation", "both"])
def test_a_gap_to_nothing_is_unknown(sides: tuple[list[float], list[float]]) -> None:
    found = overfit(*sides)
    assert not found.fires
    assert found.reason.endswith("the gap between them is unknown.")


def asked(value: float | None, n: int, *, new: int = 100, group: str = "") -> Preference:
    return Preference(f"p{n}{group}", value, value, new, 100, group)


def test_preferences_in_one_order_only_are_ties() -> None:
    found = preferred([Preference(f"p{n}", 1.0, 0.0, 100, 100) for n in range(30)])
    assert found.change == Change(0, 0, 30)
    assert (found.verdict.name, found.verdict.told[0].kind) == ("inconclusive", "undecided")
    assert found.ships == ()


@pytest.mark.parametrize("known", [0, FEWEST - 1, FEWEST], ids=str)
def test_a_regression_takes_twenty_measured_cases(known: int) -> None:
    cases = [asked(1.0 if n % 3 else 0.0, n, new=100 + n) for n in range(known)] + [asked(None, 99)]
    found = length_controlled(cases)
    assert (found is None) == (known < FEWEST)
    assert found is None or 0 <= found.low <= found.rate <= found.high <= 1


@settings(max_examples=30)
@given(st.lists(st.sampled_from([0.0, 0.5, 1.0, None]), max_size=12))
def test_turning_the_sides_round_turns_wins_into_losses(values: list[float | None]) -> None:
    ahead = preferred([asked(v, n) for n, v in enumerate(values)]).change
    behind = preferred([asked(None if v is None else 1 - v, n) for n, v in enumerate(values)]).change
    assert (ahead.wins, ahead.losses, ahead.ties, ahead.unmeasured) == (
        behind.losses, behind.wins, behind.ties, behind.unmeasured,
    )  # fmt: skip
