"""Texts that are alike, against the plain comparison of all pairs."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from promptci.traces.alike import clusters, pairs, words

SETS = st.lists(st.frozensets(st.sampled_from("abcdefgh"), max_size=6), max_size=12)


@given(SETS, st.sampled_from([0.3, 0.5, 0.6, 0.85, 1.0]))
def test_the_index_finds_every_pair_and_no_other(sets: list[frozenset[str]], least: float) -> None:
    plain = {
        (i, j)
        for i in range(len(sets))
        for j in range(i)
        if sets[i] | sets[j] and len(sets[i] & sets[j]) >= least * len(sets[i] | sets[j])
    }
    assert set(pairs(sets, least)) == plain


def test_case_and_punctuation_make_no_difference_and_numbers_do() -> None:
    assert words("Where is it?") == words("where, is IT")
    assert words("17 and 4") != words("17 and 5")


def test_pairs_of_pairs_are_one_cluster() -> None:
    assert clusters(5, iter([(1, 0), (4, 3), (2, 1)])) == [0, 0, 0, 3, 3]
