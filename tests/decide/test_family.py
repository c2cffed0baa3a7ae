"""Holm over a family of gates, some of which claim nothing, and some of which chose from several tests."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from promptci.decide.family import holm

P_VALUES = st.dictionaries(st.text(max_size=3), st.floats(0, 1), min_size=1, max_size=12)


@settings(max_examples=40)
@given(P_VALUES)
def test_holm_agrees_with_statsmodels(p_values: dict[str, float]) -> None:
    keys = sorted(p_values)
    oracle = multipletests([p_values[k] for k in keys], method="holm")[1]
    ours = holm(p_values)
    assert [ours[k] for k in keys] == pytest.approx(list(oracle), abs=1e-12)


@pytest.mark.parametrize("family", [3, 5, 12])
def test_gates_that_claim_nothing_count_as_ones(family: int) -> None:
    p_values = {"a": 0.001, "b": 0.012, "c": 0.04}
    oracle = multipletests([*p_values.values(), *[1.0] * (family - 3)], method="holm")[1]
    assert list(holm(p_values, family=family).values()) == pytest.approx(list(oracle[:3]))


@settings(max_examples=40)
@given(P_VALUES, st.integers(0, 9))
def test_a_larger_family_never_helps(p_values: dict[str, float], more: int) -> None:
    small, large = holm(p_values), holm(p_values, family=len(p_values) + more)
    assert all(p_values[k] <= small[k] <= large[k] + 1e-12 for k in p_values)


def test_tests_of_one_gate_share_its_place() -> None:
    alone = holm({"slice de": 0.004}, family=2, among={"slice de": 6})
    assert alone == pytest.approx({"slice de": 2 * 6 * 0.004})
    both = holm({"drop": 0.001, "slice de": 0.004}, family=2, among={"slice de": 6})
    assert both == pytest.approx({"drop": 0.002, "slice de": 6 * 0.004}), "the drop stands, so one place is left"


def test_a_family_smaller_than_its_claims_is_refused() -> None:
    with pytest.raises(ValueError, match="at least the claims"):
        holm({"a": 0.1, "b": 0.2}, family=1)
    assert holm({"a": 0.1, "b": 0.2}, family=1, among={"a": 2, "b": 2})["a"] == pytest.approx(0.2)


@pytest.mark.parametrize("copied", [False, True], ids=["independent", "all the same"])
def test_any_false_rejection_stays_within_the_level(copied: bool) -> None:
    rng, runs, false = random.Random(5), 4000, 0
    for _ in range(runs):
        first = rng.random()
        drawn = {str(i): first if copied else rng.random() for i in range(6)}
        smallest = min(drawn, key=drawn.__getitem__)  # only the most striking one is claimed
        false += holm({smallest: drawn[smallest]}, family=6)[smallest] <= 0.05
    assert false <= 0.05 * runs + 3 * (0.05 * 0.95 * runs) ** 0.5
