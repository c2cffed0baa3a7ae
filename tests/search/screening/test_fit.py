"""The fit against numpy's solution of the same model, and on planted effects."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptci.search.screening import fit as fits
from promptci.search.screening.design import cycle, subsets
from promptci.search.screening.fit import Answer, Fit, fit
from promptci.search.screening.linear import cholesky, evidence, inverse, times


def drawn(effects: list[float], n: int, seed: int, *, cases: int = 60, spread: float = 0.0) -> list[Answer]:
    """Answers of a world with these effects; `spread` is the deviation of each effect over the cases."""
    rng = random.Random(seed)
    ids = [f"c{i}" for i in range(cases)]
    ease = {i: rng.uniform(0.25, 0.75) for i in ids}
    own = {(i, k): rng.gauss(0, spread) for i in ids for k in range(len(effects))}
    rows: list[tuple[tuple[int, ...], str]] = [((), i) for i in ids]
    order = cycle(ids, rng)
    rows += [(row, next(order)) for row in subsets([[k] for k in range(len(effects))], n, rate=0.25, rng=rng)]
    chance = [ease[i] + sum(effects[k] + own[i, k] for k in row) for row, i in rows]
    return [Answer(row, i, float(rng.random() < p)) for (row, i), p in zip(rows, chance, strict=True)]


def dense(answers: list[Answer], edits: int, seen: Fit) -> tuple[np.ndarray, np.ndarray]:
    """The same posterior, with every case a column of its own."""
    ids = sorted({a.case_id for a in answers})
    x = np.zeros((len(answers), edits + 1 + len(ids)))
    for row, answer in enumerate(answers):
        x[row, list(answer.edits)] = 1
        x[row, edits] = 1
        x[row, edits + 1 + ids.index(answer.case_id)] = 1
    lucky, prior = seen.spread / len(ids), seen.prior
    variances = [prior**2 + lucky] * edits + [fits._MEAN**2] + [seen.case_variance] * len(ids)
    covariance = np.linalg.inv(x.T @ x / seen.noise + np.diag(1 / np.array(variances)))
    effects = covariance @ x.T @ np.array([a.value for a in answers]) / seen.noise
    share = prior**2 / (prior**2 + lucky)
    return share * effects[:edits], share**2 * covariance[:edits, :edits] + np.eye(edits) * prior**2 * (1 - share)


@pytest.mark.parametrize("seed", range(4))
def test_it_is_numpys_solution(seed: int) -> None:
    answers = drawn([0.1, -0.05, 0.0, 0.03, 0.0], 200, seed, spread=0.1)
    seen = fit(answers, 6)
    # The variances come from the data; with the noise of the first pass numpy's solution is the same to the digits.
    again = fit(answers, 6)
    effects, covariance = dense(answers, 6, seen)
    assert seen == again
    assert seen.effects == pytest.approx(tuple(effects), abs=1e-9)
    assert np.array(seen.covariance) == pytest.approx(covariance, abs=1e-9)


def test_an_edit_that_was_never_in_has_the_prior() -> None:
    seen = fit(drawn([0.1], 100, 1), 2)
    assert seen.one(1).value == pytest.approx(0)
    assert seen.one(1).se == pytest.approx(seen.prior)


def test_planted_effects_are_found() -> None:
    effects = [-0.2, -0.15, 0.0, 0.0, 0.15, 0.0, 0.0, 0.0]
    seen = [fit(drawn(effects, 1500, seed), 8) for seed in range(5)]
    order = [sorted(range(8), key=lambda i: -s.effects[i]) for s in seen]
    assert all(set(o[-2:]) == {0, 1} and o[0] == 4 for o in order)


def test_variances_are_found() -> None:
    seen = [fit(drawn([0.0] * 4, 3000, seed, spread=0.2), 4) for seed in range(8)]
    assert np.mean([s.spread for s in seen]) == pytest.approx(0.03, abs=0.015)  # some of .04 is cut off at 0 and 1
    none = [fit(drawn([0.0] * 4, 3000, seed), 4) for seed in range(8)]
    assert np.mean([s.spread for s in none]) < 0.005
    assert np.mean([s.case_variance for s in none]) == pytest.approx(0.25 / 12, abs=0.01)


def test_intervals_cover_the_effects_they_were_drawn_with() -> None:
    rng = random.Random(1)
    hits = []
    for seed in range(60):
        effects = [rng.gauss(0, 0.02) for _ in range(10)]
        seen = fit(drawn(effects, 600, seed, spread=0.15), 10)
        hits += [low <= e <= high for e, (low, high) in ((e, seen.one(i).interval) for i, e in enumerate(effects))]
    assert 0.85 <= np.mean(hits) <= 0.96


@pytest.mark.parametrize("seed", range(4))
def test_an_effect_too_plain_for_the_prior_is_not_shrunk_to_it(seed: int) -> None:
    effects = [0.5] + [0.0] * 11
    rng = random.Random(seed)
    rows = subsets([[k] for k in range(12)], 150, rate=0.25, rng=rng)
    order = cycle([f"c{i}" for i in range(40)], rng)
    answers = [Answer(row, next(order), float(rng.random() < 0.1 + sum(effects[k] for k in row))) for row in rows]
    seen = fit(answers, 12)
    assert 0.3 < seen.effects[0] < 0.65
    assert seen.one(0).interval[0] < 0.5 < seen.one(0).interval[1]
    assert seen.one(0).value > 3 * seen.one(0).se  # it is adopted
    assert all(abs(effect) < 0.1 for effect in seen.effects[1:])
    held = fit(answers, 12, prior=0.03, learn=False)
    assert held.effects[0] < 0.6 * seen.effects[0]


def test_where_nothing_is_plain_all_effects_have_one_prior() -> None:
    answers = drawn([0.05, 0.03, 0.0, -0.02, 0.0, 0.0], 900, 3)
    seen = fit(answers, 6)
    assert seen.effects == pytest.approx(fit(answers, 6, prior=seen.prior, learn=False).effects, abs=1e-3)


def test_a_set_adds_up_with_its_covariance() -> None:
    seen = fit(drawn([0.1, 0.05, 0.0], 400, 3), 3)
    assert seen.of([0, 1]).value == pytest.approx(seen.effects[0] + seen.effects[1])
    c = seen.covariance
    assert seen.of([0, 1]).se ** 2 == pytest.approx(c[0][0] + c[1][1] + 2 * c[0][1])
    assert (seen.of([]).value, seen.of([]).se) == (0, 0)


@pytest.mark.parametrize(
    "answers", [[], [Answer((), "a", 1.0)], [Answer((0,), "a", 0.0)] * 3], ids=["none", "one", "same"]
)
def test_little_data_gives_little_and_no_error(answers: list[Answer]) -> None:
    seen = fit(answers, 1)
    assert abs(seen.one(0).value) < 0.03
    assert 0 < seen.one(0).se <= fits.PRIOR + 1e-12


@given(st.integers(1, 6), st.integers(0, 99))
def test_the_inverse_is_numpys(n: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    half = rng.normal(size=(n, n))
    a = half @ half.T + np.eye(n)
    assert np.array(inverse(a.tolist())) == pytest.approx(np.linalg.inv(a), abs=1e-8)
    assert np.array(cholesky(a.tolist())[-1]) == pytest.approx(np.linalg.cholesky(a)[-1], abs=1e-8)
    b = rng.normal(size=n)
    log = b @ np.linalg.solve(a, b) / 2 - np.linalg.slogdet(a)[1] / 2
    assert evidence(a.tolist(), b.tolist()) == pytest.approx(log, abs=1e-8)
    assert times(a.tolist(), [1.0] * n) == pytest.approx(a.sum(axis=1), abs=1e-9)


def test_what_has_no_inverse_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="not positive definite"):
        inverse([[0.0]])
