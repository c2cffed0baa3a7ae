"""The laws that decisions rest on, each against every outcome counted one by one, or another program's answer."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from itertools import chain, combinations, pairwise, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from promptci.decide.accept import FIRST_LEVEL, accept, accept_graded, level
from promptci.decide.anchor import anchor_level
from promptci.decide.certify import Certificate, corrected, rate, self_agreement
from promptci.decide.conditional import size_of
from promptci.decide.draft import promise
from promptci.decide.family import holm
from promptci.decide.gate import Gate, Kind
from promptci.decide.heldout import HeldOut
from promptci.decide.interval import gain_interval, mean_interval, t_quantile
from promptci.decide.limits import ScoreLook, ceiling, min_mean, min_score
from promptci.decide.overfit import overfit
from promptci.decide.paired import EXACT_WORK, Change, flipped_sums, mcnemar_p, sign_flip
from promptci.decide.power import cases_needed, cases_to_halve, detectable_drop, power, table
from promptci.decide.sentinel import FALSE, MISSED, Sentinel
from promptci.decide.slices import slices
from promptci.decide.units import Unit, units

# --- the gate: how often is a harmless change blocked? ---------------------------------------------------------------


def blocks(gate: Gate, values: list[float | None]) -> bool:
    """Whether the gate blocks at any of its looks."""
    done = 0
    for size in gate.batches():
        done += size
        if gate.look(values[:done]).blocked:
            return True
    return False


def spread(signs: tuple[float, ...], holes: bool) -> list[float | None]:
    """Changed cases with an unchanged one between them; with `holes`, one that could not be measured at the end."""
    return [*chain.from_iterable((sign, 0.0) for sign in signs), *[0.0] * 4, *([None] if holes else [])]


@pytest.mark.parametrize("holes", [False, True], ids=["all-measured", "one-unmeasured"])
@pytest.mark.parametrize("looks", [1, 3, 6])
def test_a_harmless_change_is_blocked_at_most_at_the_level(looks: int, holes: bool) -> None:
    """Every sign of eight changed cases among twenty, or one more."""
    blocked = sum(
        blocks(Gate(20 + holes, alpha=0.2, looks=looks), spread(signs, holes))
        for signs in product((-1.0, 1.0), repeat=8)
    )
    assert 0 < blocked / 2**8 <= 0.2


@pytest.mark.parametrize("looks", [1, 4])
def test_clusters_that_move_together_are_blocked_at_most_at_the_level(looks: int) -> None:
    names, blocked = tuple(f"g{n // 3}" for n in range(24)), 0
    for signs in product((-1.0, 1.0), repeat=8):
        gate = Gate(24, Kind(clusters=names), alpha=0.2, looks=looks)
        blocked += blocks(gate, [sign for sign in signs for _ in range(3)])
    assert 0 < blocked / 2**8 <= 0.2


@pytest.mark.parametrize(("fall", "chance"), [(1.0, 1 / 4), (1.0, 1 / 8), (0.5, 1 / 2)], ids=str)
def test_graded_values_whose_mean_stays_are_blocked_at_most_at_the_level(fall: float, chance: float) -> None:
    """Seven cases that fall rarely and far, and else rise a little: every outcome with its probability."""
    rise, blocked = fall * chance / (1 - chance), 0.0
    for moves in product((-fall, rise), repeat=7):
        weight = math.prod(chance if move < 0 else 1 - chance for move in moves)
        blocked += weight * blocks(Gate(7, Kind(graded=True), alpha=0.2, looks=4), [*moves])
    assert blocked <= 0.2


@pytest.mark.parametrize("drop", [0.25, 0.3])
def test_a_drop_that_a_pass_rules_out_passes_in_one_of_ten_at_most(drop: float) -> None:
    """Forty cases in two looks, by the counts of losses in each: the order inside of a look decides nothing."""
    passed = 0.0
    for first, second in product(range(21), repeat=2):
        gate = Gate(40, detect=0.25, looks=2)
        values = [*[-1.0] * first, *[0.0] * (20 - first), *[-1.0] * second, *[0.0] * (20 - second)]
        done = 0
        for size in gate.batches():
            done += size
            gate.look(values[:done])
        if gate.step is not None and gate.step.name == "pass":
            passed += stats.binom.pmf(first, 20, drop) * stats.binom.pmf(second, 20, drop)
    assert passed <= 0.1


@settings(deadline=None, max_examples=20)
@given(st.lists(st.sampled_from([-1.0, 0.0, 1.0, None]), min_size=1, max_size=30), st.integers(1, 8))
def test_a_gate_decides_once_and_by_all_that_it_was_shown(values: list[float | None], looks: int) -> None:
    gate, done, named = Gate(len(values), looks=looks), 0, []
    for size in gate.batches():
        done += size
        step = gate.look(values[:done])
        named.append(step.name)
        assert 0 <= step.level_spent <= 0.05
        assert step.next_batch == (0 if step.decided else min(gate.plan.ends[len(named)], len(values)) - done)
    assert [name for name in named[:-1] if name is not None] == []
    assert named[-1] is not None
    assert gate.verdict().name == named[-1]
    known = [v for v in values[:done] if v is not None]
    assert gate.verdict().numbers["gain"] == pytest.approx(sum(known) / max(1, len(known)))


# --- families --------------------------------------------------------------------------------------------------------

P_VALUES = st.dictionaries(st.sampled_from("abcd"), st.floats(0, 1), min_size=1, max_size=4)


def subsets(names: list[str]) -> Iterator[tuple[str, ...]]:
    return chain.from_iterable(combinations(names, n) for n in range(1, len(names) + 1))


@settings(deadline=None, max_examples=30)
@given(P_VALUES, st.dictionaries(st.sampled_from("abcde"), st.integers(1, 4)), st.integers(0, 2))
def test_holm_is_the_closed_test_of_weighted_bonferroni(
    p_values: dict[str, float], among: dict[str, int], silent: int
) -> None:
    """A claim is corrected to the worst of all families that hold it; `silent` gates were asked and claim nothing."""
    weights = {key: 1 / among.get(key, 1) for key in p_values} | {f"silent {n}": 1.0 for n in range(silent)}
    every = {**p_values, **{f"silent {n}": 1.0 for n in range(silent)}}
    found = holm(p_values, family=sum(weights.values()), among=among)
    for key in p_values:
        worst = max(
            min(1.0, min(every[k] * sum(weights[j] for j in some) / weights[k] for k in some))
            for some in subsets(list(every))
            if key in some
        )
        assert found[key] == pytest.approx(worst, abs=1e-12)


@settings(max_examples=30)
@given(P_VALUES)
def test_an_order_of_keys_changes_no_correction(p_values: dict[str, float]) -> None:
    assert holm(p_values) == holm(dict(reversed(p_values.items())))


@settings(max_examples=60)
@given(st.dictionaries(st.sampled_from("abcd"), st.tuples(st.integers(0, 12), st.integers(0, 12)), min_size=1))
def test_slices_fail_exactly_where_holm_of_mcnemar_does(counts: dict[str, tuple[int, int]]) -> None:
    changes = {tag: Change(losses, wins, 5) for tag, (losses, wins) in counts.items()}
    able = {tag: mcnemar_p(c.losses, c.wins) for tag, c in changes.items() if 0.5**c.changed <= 0.05}
    worse = {tag for tag, p in holm(able).items() if p <= 0.05}
    verdict, found = slices(changes)
    assert verdict.name == ("fail" if worse else "pass")
    assert {one.tag for one in found if one.corrected <= 0.05} == worse
    assert len(verdict.told) == (len(worse) + 1 if worse else 1)
    assert [one.corrected for one in found] == sorted(one.corrected for one in found)


@pytest.mark.parametrize("questions", [1, 2, 10, 5000])
def test_all_questions_to_one_set_keep_five_in_a_hundred(questions: int) -> None:
    levels = [level(n) for n in range(1, questions + 1)]
    assert sum(levels) <= 0.05
    assert levels[0] == FIRST_LEVEL
    assert all(a > b for a, b in pairwise(levels))
    assert sum(anchor_level(n) for n in range(1, questions + 1)) == pytest.approx(0.05 * questions / (questions + 1))


@pytest.mark.parametrize("count", [level, anchor_level], ids=["held-out", "anchor"])
@pytest.mark.parametrize("number", [0, -1])
def test_questions_are_counted_from_one(count: object, number: int) -> None:
    assert callable(count)
    with pytest.raises(ValueError, match="counted from 1"):
        count(number)


# --- the held-out cases ----------------------------------------------------------------------------------------------


def question(values: list[int], at: float) -> HeldOut:
    held, done = HeldOut(len(values), at=at), 0
    for size in held.batches():
        done += size
        seen = values[:done]
        held.look(Change(seen.count(-1), seen.count(1), seen.count(0)))
    return held


@settings(deadline=None, max_examples=15)
@given(st.lists(st.sampled_from([-1, 0, 1, 1]), min_size=4, max_size=40), st.sampled_from([0.01, 0.04, 0.2]))
def test_the_p_value_of_the_looks_is_where_they_begin_to_confirm(values: list[int], at: float) -> None:
    held = question(values, at)
    p_value = held.p_value()
    assert (held.answer == "improved") == (p_value <= at)
    surest = min(mcnemar_p(look.wins, look.losses) for look in held.history)
    assert p_value >= surest * (1 - 1e-6), "looks never make a gain look surer"
    if p_value <= at:
        assert question(values, p_value * (1 + 1e-5)).answer == "improved"
        below = question(values, p_value * (1 - 1e-5))  # which may go on where this one ended
        assert below.answer != "improved" or below.history != held.history


@settings(max_examples=25)
@given(st.integers(0, 30), st.integers(0, 30), st.integers(1, 40))
def test_one_look_has_the_exact_p_value(wins: int, losses: int, ties: int) -> None:
    held = HeldOut(wins + losses + ties, at=0.04, looks=1)
    held.look(Change(losses, wins, ties))
    exact = mcnemar_p(wins, losses)
    assert held.p_value() == pytest.approx(exact, rel=1e-5)
    assert (held.answer == "improved") == (exact <= 0.04)


@settings(max_examples=25)
@given(st.integers(0, 40), st.integers(0, 40))
def test_a_draft_s_probability_is_that_of_the_beta_law(wins: int, losses: int) -> None:
    found = promise(Change(losses, wins, 7))
    assert found.better == pytest.approx(stats.beta.sf(0.5, wins + 2, losses + 2), abs=1e-12)
    assert abs(found.gain) <= abs(wins - losses) / (wins + losses + 7)
    assert found.gain * (wins - losses) >= 0


@settings(deadline=None, max_examples=8)
@given(st.integers(1, 7), st.integers(0, 30))
def test_without_a_cut_the_size_is_clopper_and_pearson_s(changed: int, more: int) -> None:
    """Every number of wins confirms, so nothing is left out of the binomial law."""
    for wins in range(changed + 1):
        size = size_of([(changed, 0, 0)], wins, changed + more)
        low = stats.beta.ppf(0.05, wins, changed - wins + 1) if wins else 0.0
        high = stats.beta.ppf(0.95, wins + 1, changed - wins) if wins < changed else 1.0
        share = changed / (changed + more)
        assert size.low == pytest.approx((2 * low - 1) * share, abs=1e-6)
        assert size.high == pytest.approx((2 * high - 1) * share, abs=1e-6)


@settings(deadline=None, max_examples=10)
@given(st.integers(0, 25), st.integers(0, 25), st.integers(0, 60))
def test_the_three_ways_to_accept_pass_or_fail_values_agree(wins: int, losses: int, ties: int) -> None:
    change = Change(losses, wins, ties)
    by_count = accept(change, at=0.04)
    by_value = accept_graded([1.0] * wins + [-1.0] * losses + [0.0] * ties, at=0.04)
    by_unit = accept_graded([1.0] * wins + [-1.0] * losses + [0.0] * ties, at=0.04, sizes=[1] * change.cases)
    assert by_count.p_value == pytest.approx(by_value.p_value, rel=1e-12)
    assert by_count.outcome == by_value.outcome == by_unit.outcome
    assert by_count.gain == by_value.gain == by_unit.gain
    assert (by_count.wins, by_count.losses, by_count.cases) == (by_unit.wins, by_unit.losses, by_unit.cases)


# --- intervals and signs ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("win", "loss"), [(0.2, 0.2), (0.1, 0.3), (0.05, 0.05), (0.5, 0.1)], ids=str)
def test_a_gain_interval_covers_nine_times_in_ten(win: float, loss: float) -> None:
    """Thirty cases: every pair of counts with its probability."""
    covered = 0.0
    for wins in range(31):
        for losses in range(31 - wins):
            chance = stats.multinomial.pmf([wins, losses, 30 - wins - losses], 30, [win, loss, 1 - win - loss])
            found = gain_interval(Change(losses, wins, 30 - wins - losses)) if chance > 1e-9 else None
            covered += chance * (found is not None and found[0] <= win - loss <= found[1])
    assert 0.87 <= covered <= 0.95


@settings(deadline=None)
@given(st.integers(0, 20), st.integers(0, 20), st.integers(0, 40))
def test_a_win_more_moves_both_ends_up(losses: int, wins: int, ties: int) -> None:
    before, after = gain_interval(Change(losses, wins, ties + 1)), gain_interval(Change(losses, wins + 1, ties))
    assert before is not None
    assert after is not None
    assert after[0] >= before[0] - 1e-8
    assert after[1] >= before[1] - 1e-8


@pytest.mark.parametrize("confidence", [0.0, 1.0, -0.1, 1.5])
def test_a_confidence_that_is_none_is_refused(confidence: float) -> None:
    with pytest.raises(ValueError, match="confidence must be"):
        gain_interval(Change(1, 1, 1), confidence=confidence)
    with pytest.raises(ValueError, match="confidence must be"):
        mean_interval([0.1, 0.2], confidence=confidence)


@pytest.mark.parametrize(("probability", "freedom"), [(0.4, 3), (1.0, 3), (0.9, 0)], ids=str)
def test_a_quantile_that_does_not_exist_is_refused(probability: float, freedom: int) -> None:
    with pytest.raises(ValueError, match="probability must be"):
        t_quantile(probability, freedom)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.integers(-60, 60), max_size=17), st.integers(0, 5))
def test_random_signs_give_sums_that_some_signs_give(whole: list[int], seed: int) -> None:
    possible = {0}
    for x in whole:
        possible = {s + x for s in possible} | {s - x for s in possible}
    drawn = list(flipped_sums(whole, 40, seed))
    assert set(drawn) <= possible
    assert drawn == list(flipped_sums(whole, 40, seed))


def test_sums_that_are_too_many_are_drawn_and_never_surer_than_the_draws() -> None:
    values = [1 + math.sqrt(n) / 1000 for n in range(60)]
    test = sign_flip(values, draws=200)
    assert (test.draws, test.p_value) == (200, 1 / 201)
    assert sign_flip([1.0] * 60).draws == 0, f"equal sizes have few sums, far below {EXACT_WORK}"


@pytest.mark.parametrize("draws", [0, -1])
def test_no_draw_is_no_test(draws: int) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        sign_flip([1.0], draws=draws)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_difference_that_is_no_number_is_refused(value: float) -> None:
    with pytest.raises((ValueError, OverflowError)):
        sign_flip([0.5, value])


@settings(max_examples=25)
@given(st.lists(st.tuples(st.sampled_from([-1.0, 0.0, 0.5, None]), st.sampled_from(["a", "b", None])), max_size=12))
def test_units_hold_each_measured_case_once(rows: list[tuple[float | None, str | None]]) -> None:
    found = units([v for v, _ in rows], [c for _, c in rows])
    assert sum(u.cases for u in found) == sum(v is not None for v, _ in rows)
    assert sum(u.total for u in found) == sum(v for v, _ in rows if v is not None)
    assert len(found) == len({c for _, c in rows if c}) + sum(c is None for _, c in rows)
    assert all(isinstance(u, Unit) for u in found)


# --- what a set can show ---------------------------------------------------------------------------------------------


@settings(deadline=None, max_examples=15)
@given(st.integers(0, 200), st.integers(0, 999), st.sampled_from([0.05, 0.04, 0.01]))
def test_the_detectable_drop_has_room_and_is_seen(cases: int, noise: int, alpha: float) -> None:
    found = detectable_drop(cases, noise / 1000, alpha=alpha)
    if found is None:
        assert power(cases, noise / 1000, max(0.0, 0.995 - noise / 1000 - 0.005), alpha) < 0.8 or noise > 980
        return
    assert 0 < found <= 1 - noise / 1000 + 1e-9
    assert power(cases, noise / 1000, found, alpha) >= 0.8


@pytest.mark.parametrize(("noise", "drop"), [(0.6, 0.5), (-0.1, 0.2), (0.1, -0.2)], ids=str)
def test_shares_that_cannot_be_are_refused(noise: float, drop: float) -> None:
    with pytest.raises(ValueError, match="shares"):
        power(10, noise, drop)


@pytest.mark.parametrize("drop", [0.0, -0.1])
def test_no_drop_needs_no_number_of_cases(drop: float) -> None:
    with pytest.raises(ValueError, match="must be positive"):
        cases_needed(drop, 0.05)


def test_the_table_asks_for_fewer_cases_the_larger_the_drop() -> None:
    rows = table(0.05)
    known = [row for row in rows if row.fixed is not None]
    assert [row.drop for row in rows] == sorted(row.drop for row in rows)
    assert all((a.fixed or 0) > (b.fixed or 0) for a, b in pairwise(known))
    assert all(row.gate is None or row.gate >= 1.25 * (row.fixed or 0) - 1 for row in known)
    for row in known:
        assert power(row.fixed or 0, 0.05, row.drop) >= 0.9


def test_half_the_drop_takes_about_four_times_the_cases() -> None:
    more = cases_to_halve(200, 0.1)
    assert more is not None
    assert 500 < more < 1200
    assert cases_to_halve(3, 0.05) is None


# --- other gates -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("target", [0.5, 0.8, 1e-05, 1.0])
@settings(deadline=None, max_examples=15)
@given(passes=st.integers(0, 40), failures=st.integers(0, 40))
def test_one_look_at_a_score_is_the_binomial_test(target: float, passes: int, failures: int) -> None:
    if passes + failures == 0:
        return
    verdict = min_score([ScoreLook(passes + failures, passes)], planned=passes + failures, target=target)
    p_value = stats.binom.cdf(passes, passes + failures, target)
    assert (verdict.name == "fail") == (p_value <= 0.05)
    assert verdict.name != "pass" or passes >= target * (passes + failures)


@pytest.mark.parametrize("gate", [min_score, min_mean], ids=["passes", "grades"])
@pytest.mark.parametrize("target", [0.0, 1.01, -0.5])
def test_a_target_that_cannot_be_is_refused(gate: object, target: float) -> None:
    assert callable(gate)
    with pytest.raises(ValueError, match="target must be"):
        gate([], target=target, **({"planned": 3} if gate is min_score else {}))


@settings(deadline=None, max_examples=40)
@given(st.lists(st.floats(0, 100), min_size=2, max_size=12), st.floats(0, 100))
def test_a_ceiling_fails_only_above_its_one_sided_bound(values: list[float], limit: float) -> None:
    verdict = ceiling("cost", values, limit=limit, unit="USD")
    found = mean_interval(values)
    assert found is not None
    if abs(found[0] - limit) > 1e-6:
        assert (verdict.name == "fail") == (found[0] > limit)
    assert (verdict.name == "pass") == (verdict.numbers["mean"] <= limit)


def told_by(sentinel: Sentinel, chance: float) -> tuple[float, float]:
    """The probabilities that an event of this rate is told to be a drift, and to be none, over any number of cases."""
    open_, drift, none = {0: 1.0}, 0.0, 0.0
    for asked in range(1, 400):
        following: dict[int, float] = {}
        for events, weight in open_.items():
            for more, share in ((1, chance), (0, 1 - chance)):
                told = sentinel.told(events + more, asked)
                drift, none = drift + weight * share * (told is True), none + weight * share * (told is False)
                if told is None:
                    following[events + more] = following.get(events + more, 0.0) + weight * share
        open_ = following
    return drift, none


@pytest.mark.parametrize(("quiet", "moved"), [(0.05, 0.2), (0.02, 0.12), (0.1, 0.5)], ids=str)
def test_drift_is_told_by_mistake_and_missed_as_often_as_is_said(quiet: float, moved: float) -> None:
    sentinel = Sentinel("fell", (), quiet, moved)
    assert told_by(sentinel, quiet)[0] <= FALSE / (1 - MISSED)
    assert told_by(sentinel, moved)[1] <= MISSED / (1 - FALSE)
    assert sum(told_by(sentinel, quiet)) == pytest.approx(1.0, abs=0.01)


@settings(max_examples=25)
@given(st.integers(0, 30), st.integers(0, 30), st.integers(0, 30), st.integers(0, 30), st.integers(0, 50))
def test_a_corrected_score_lies_in_its_interval(a: int, b: int, c: int, d: int, passes: int) -> None:
    found = corrected(passes, 50, Certificate("j", a, b, c, d))
    assert 0 <= found.low <= found.high <= 1
    assert found.value is None or found.low - 1e-9 <= found.value <= found.high + 1e-9


def test_a_judge_without_mistakes_is_corrected_by_nothing() -> None:
    sure = Certificate("j", 10**6, 10**6, 0, 0)
    for passes in range(0, 101, 10):
        assert corrected(passes, 100, sure).value == pytest.approx(passes / 100)
        assert corrected(passes, 100, sure).low == pytest.approx(rate(passes, 100).low, abs=0.01)


@settings(max_examples=25)
@given(st.lists(st.lists(st.sampled_from([0.0, 0.5, 1.0]), max_size=4), max_size=6))
def test_agreement_with_itself_is_the_share_of_equal_pairs(rows: list[list[float]]) -> None:
    shares = [sum(a == b for a, b in combinations(row, 2)) / math.comb(len(row), 2) for row in rows if len(row) > 1]
    found = self_agreement(rows)
    assert found.n == len(shares)
    assert found.value == (pytest.approx(sum(shares) / len(shares)) if shares else None)
    assert found.low <= (found.value or 0.0) <= found.high


@settings(max_examples=25)
@given(st.integers(0, 2**16))
def test_what_memorised_nothing_is_seldom_accused(seed: int) -> None:
    rng = random.Random(seed)
    sides = [rng.choices((-1.0, 0.0, 1.0), (0.1, 0.8, 0.1), k=60) for _ in range(2)]
    found = overfit(*sides)
    assert found.fires == (found.gap > 3 * found.se)
    assert found.gap == pytest.approx(sum(sides[0]) / 60 - sum(sides[1]) / 60)
    assert found.se == pytest.approx(math.sqrt(sum(sum(x * x for x in side) / 60**2 for side in sides)))
