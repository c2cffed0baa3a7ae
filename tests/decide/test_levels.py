"""The separate gates look by look, and their sentences by number: every value counted out or from a reference."""

from __future__ import annotations

import math
from itertools import product

import pytest
from scipy import stats

from promptci.decide.accept import level
from promptci.decide.anchor import anchor_level, anchor_look
from promptci.decide.certify import Certificate, Rate, corrected, kappa, self_agreement
from promptci.decide.limits import ScoreLook, ceiling, min_mean, min_score
from promptci.decide.paired import Change
from promptci.decide.slices import slices
from promptci.decide.verdict import several
from promptci.decide.walk import Walk
from promptci.decide.year import year


@pytest.mark.parametrize("target", [0.5, 0.8, 0.95])
@pytest.mark.parametrize("ends", [(12,), (6, 12), (3, 6, 9, 12)], ids=str)
def test_a_prompt_at_its_target_is_blocked_no_more_often_than_the_level(ends: tuple[int, ...], target: float) -> None:
    """Every way in which twelve cases can pass, by the passes between two looks."""
    blocked = 0.0
    sizes = [end - start for start, end in zip((0, *ends), ends, strict=False)]
    for passes in product(*(range(size + 1) for size in sizes)):
        looks = [ScoreLook(end, sum(passes[: i + 1])) for i, end in enumerate(ends)]
        if min_score(looks, planned=12, target=target, alpha=0.1).blocked:
            blocked += math.prod(float(stats.binom.pmf(k, n, target)) for k, n in zip(passes, sizes, strict=True))
    assert 0 < blocked <= 0.1 + 1e-12


@pytest.mark.parametrize(
    ("looks", "name"),
    [
        pytest.param([(10, 10, 0)], "pass", id="all"),
        pytest.param([(10, 9, 0)], "fail", id="one-failure-where-none-is-allowed"),
        pytest.param([(5, 4, 0), (10, 9, 0)], "fail", id="at-the-first-look"),
    ],
)
def test_a_target_of_one_allows_no_failure(looks: list[tuple[int, int, int]], name: str) -> None:
    assert min_score([ScoreLook(*look) for look in looks], planned=10, target=1.0).name == name


def test_counts_that_shrink_are_refused() -> None:
    with pytest.raises(ValueError, match="cumulative"):
        min_score([ScoreLook(10, 2), ScoreLook(8, 2)], planned=10, target=0.01)


@pytest.mark.parametrize(
    ("values", "alpha"),
    [([1.0, 1.2, 1.1], 0.05), ([5.0, 1.0, 2.0, 8.0], 0.05), ([1.0, 1.001], 0.01), ([0.4, 0.5, 0.9, 0.2, 0.6], 0.2)],
    ids=str,
)
def test_a_ceiling_is_students_test(values: list[float], alpha: float) -> None:
    for limit in (0.3, 0.5, 0.9, 1.0, 1.05, 3.0, 9.0):
        shown = stats.ttest_1samp(values, limit, alternative="greater").pvalue < alpha
        above = sum(values) / len(values) > limit
        wanted = "fail" if shown else "inconclusive" if above else "pass"
        assert ceiling("cost", values, limit=limit, unit="USD", alpha=alpha).name == wanted


@pytest.mark.parametrize(
    ("said", "text"),
    [
        (min_score([ScoreLook(1, 1)], planned=1, target=0.5).reasons[0], "The score is 1.000 on 1 case; the"),
        (min_score([ScoreLook(2, 1)], planned=2, target=0.5).reasons[0], "The score is 0.500 on 2 cases; the"),
        (min_mean([0.7], target=0.5).reasons[0], "The mean score is 0.700 on 1 case; the"),
        (min_mean([0.7, 0.5], target=0.5).reasons[0], "The mean score is 0.600 on 2 cases; the"),
        (ceiling("cost", [0.5], limit=1, unit="USD").reasons[0], "The mean cost is 0.5 USD over 1 case; the"),
        (ceiling("cost", [0.5] * 3, limit=1, unit="USD").reasons[0], "The mean cost is 0.5 USD over 3 cases; the"),
        (str(Certificate("j", 1, 45, 0, 0).below(0.8)), "The judge cannot be certified: people's grades hold 1 pass, "),
        (str(Certificate("j", 45, 1, 0, 0).below(0.8)), "The judge cannot be certified: people's grades hold 1 fail, "),
        (several(0, "case", "cases"), "0 cases"),
    ],
)
def test_sentences_by_number(said: str, text: str) -> None:
    assert said.startswith(text)


@pytest.mark.parametrize("steps", [[(-1, 2)], [(-1, 1)] * 4, [(-3, 3), (-2, 1), (-1, 4), (0, 2)]], ids=str)
def test_the_law_of_a_walk_is_that_of_every_way(steps: list[tuple[int, int]]) -> None:
    walk = Walk()
    for low, high in steps:
        walk.add(low, high)
    sums = [sum(way) for way in product(*steps)]
    for at in range(-8, 12):
        assert walk.tail(at) == sum(s >= at for s in sums) / len(sums)
        assert walk.tail(at, below=True) == sum(s <= at for s in sums) / len(sums)


@pytest.mark.parametrize("spent", [0.01, 0.1, 0.3, 0.6])
def test_a_cut_is_the_smallest_sum_above_zero_that_fits(spent: float) -> None:
    walk, sums = Walk(), [sum(way) for way in product((-3, 3), (-2, 2), (-1, 1), (-1, 1))]
    for size in (3, 2, 1, 1):
        walk.add(-size, size)
    fits = [at for at in sorted({s for s in sums if s > 0}) if sum(s >= at for s in sums) / len(sums) <= spent]
    assert walk.cut(spent) == (fits[0] if fits else 8)
    assert walk.level_spent == (sum(s >= fits[0] for s in sums) / len(sums) if fits else 0.0)


@pytest.mark.parametrize(
    ("table", "value"),
    [
        pytest.param((0, 0, 0, 0), None, id="nothing"),
        pytest.param((9, 0, 0, 0), None, id="everything-passes"),
        pytest.param((5, 0, 0, 5), 1.0, id="agreed"),
        pytest.param((0, 5, 5, 0), -1.0, id="opposed"),
        pytest.param((4, 4, 4, 4), 0.0, id="chance"),
        pytest.param((20, 5, 10, 15), 0.4, id="cohens-own"),
    ],
)
def test_kappa_of_plain_tables(table: tuple[int, int, int, int], value: float | None) -> None:
    found = kappa(*table)
    assert found.value == (None if value is None else pytest.approx(value))
    assert -1 <= found.low <= (0 if value is None else value) <= found.high <= 1


def test_without_grades_nothing_is_corrected_or_agreed() -> None:
    assert corrected(0, 0, Certificate("j", 9, 9, 1, 1)) == Rate(None, 0.0, 1.0, 0)
    assert corrected(5, 9, Certificate("j", 9, 0, 0, 1)) == Rate(None, 0.0, 1.0, 9)
    assert self_agreement([[0.5], []]) == Rate(None, 0.0, 1.0, 0)
    assert [str(Rate(None, 0, 1, 0)), str(Rate(0.5, 0.25, 0.75, 8))] == ["unknown", "50 % (25 to 75, 8 cases)"]


@pytest.mark.parametrize("grade", [level, anchor_level])
def test_all_levels_together_are_five_in_a_hundred(grade: object) -> None:
    assert callable(grade)
    assert sum(grade(n) for n in range(1, 20_001)) == pytest.approx(0.05, abs=1e-5)
    with pytest.raises(ValueError, match="counted from 1"):
        grade(0)


def test_a_look_is_due_at_every_fifth_change() -> None:
    assert [anchor_look(n) for n in range(-5, 12)] == [None] * 10 + [1] + [None] * 4 + [2] + [None]


@pytest.mark.parametrize("case", [(-1, 0.05), (1, -0.1), (1, 1.1)], ids=str)
def test_a_year_of_what_is_no_number_is_refused(case: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="not negative"):
        year(*case)


@pytest.mark.parametrize(
    ("changes", "name", "tested", "worse"),
    [
        pytest.param({"a": Change(0, 0, 0, 5)}, "unmeasured", 0, 0, id="nothing-measured"),
        pytest.param({"a": Change(4, 0, 9)}, "pass", 0, 0, id="too-few-to-block"),
        pytest.param({"a": Change(5, 0, 9)}, "fail", 1, 1, id="five-alone"),
        pytest.param({"a": Change(5, 0, 9), "b": Change(3, 3, 9)}, "pass", 2, 0, id="five-of-two"),
        pytest.param({"a": Change(6, 0, 9), "b": Change(3, 3, 9)}, "fail", 2, 1, id="six-of-two"),
        pytest.param({"a": Change(6, 0, 9), "b": Change(0, 9, 9)}, "fail", 2, 1, id="a-gain-hides-nothing"),
        pytest.param({"a": Change(6, 0, 9), "b": Change(5, 0, 9)}, "fail", 2, 2, id="both-step-down"),
    ],
)
def test_slices_by_counts(changes: dict[str, Change], name: str, tested: int, worse: int) -> None:
    verdict, rows = slices(changes)
    assert (verdict.name, verdict.numbers["tested"], verdict.numbers["worse"]) == (name, tested, worse)
    assert [row.tag for row in rows][:worse] == sorted(changes)[:worse]
