"""The stable split: a case stays where it is while a set grows, and clusters stay together."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptci.core import Case
from promptci.evals.split import position, share_of_test, split


def cases(count: int, prefix: str = "c", clusters: int | None = None) -> list[Case]:
    return [
        Case(f"{prefix}{n}", {"x": n}, cluster=None if clusters is None else f"{prefix}-source-{n % clusters}")
        for n in range(count)
    ]


def part_of(all_cases: list[Case], *, share: float | None = None) -> dict[str, str]:
    found = split(all_cases, share=share)
    parts = {"train": found.train, "validation": found.validation, "test": found.test}
    return {case.id: name for name, part in parts.items() for case in part}


@pytest.mark.parametrize("count", [0, 1, 2, 59, 300, 301, 600, 601])
def test_every_case_is_in_one_part_in_the_order_of_the_set(count: int) -> None:
    everything = cases(count)
    found = split(everything)
    together = [*found.train, *found.validation, *found.test]
    assert sorted(c.id for c in together) == sorted(c.id for c in everything)
    for part in (found.train, found.validation, found.test):
        assert [int(c.id[1:]) for c in part] == sorted(int(c.id[1:]) for c in part)
    assert found.development == found.train + found.validation


@pytest.mark.parametrize(
    ("count", "share"),
    [(1, 0.5), (60, 0.5), (300, 0.5), (301, 0.4), (600, 0.4), (601, 0.3), (100_000, 0.3)],
)
def test_the_test_share_falls_as_sets_grow(count: int, share: float) -> None:
    assert share_of_test(count) == share


@pytest.mark.parametrize(("before", "after"), [(100, 101), (60, 300), (301, 600), (601, 2000)])
def test_adding_cases_moves_none_within_a_size_class(before: int, after: int) -> None:
    old, new = part_of(cases(before)), part_of(cases(after))
    assert {i: new[i] for i in old} == old


def test_removing_and_reordering_moves_none() -> None:
    everything = cases(200)
    whole, rest = part_of(everything), part_of(everything[::-3])
    assert {i: whole[i] for i in rest} == rest


def test_a_pinned_share_moves_none_across_size_classes() -> None:
    old, new = part_of(cases(300)), part_of(cases(2000), share=0.5)
    assert {i: new[i] for i in old} == old
    assert split(cases(2000), share=0.5).test_share == 0.5


def test_a_smaller_share_only_takes_from_the_test() -> None:
    half, third = part_of(cases(1000), share=0.5), part_of(cases(1000), share=0.3)
    assert all(third[i] == part for i, part in half.items() if part != "test")
    assert sum(third[i] != part for i, part in half.items()) > 100


def test_editing_a_case_does_not_move_it() -> None:
    everything = cases(100)
    edited = [Case(c.id, {"x": "new"}, "other", ("tag",), None, 2.0) for c in everything]
    assert part_of(edited) == part_of(everything)


def test_clusters_stay_together() -> None:
    everything = cases(400, clusters=80)
    parts = part_of(everything)
    for source in {c.cluster for c in everything}:
        assert len({parts[c.id] for c in everything if c.cluster == source}) == 1


@pytest.mark.parametrize("count", [300, 600, 3000])
def test_shares_are_near_their_targets(count: int) -> None:
    share = share_of_test(count)
    for prefix in "abcdefgh":
        found = split(cases(count, prefix))
        slack = 4 * (share * (1 - share) / count) ** 0.5  # four standard errors of a fair draw
        assert abs(len(found.test) / count - share) < slack
        rest = len(found.development)
        assert abs(len(found.train) / rest - 0.5) < 4 * 0.5 / rest**0.5


def test_positions_are_what_they_were_when_the_first_ledger_was_written() -> None:
    # A ledger names the cases that the test split held; another hash would hand them to the search.
    assert position("t001") == (0.7585540527579866, 0.9684301543486521)


@given(st.text(max_size=20))
def test_positions_are_in_the_unit_square_for_any_id(group: str) -> None:
    assert all(0 <= p < 1 for p in position(group))
    assert position(group) == position(group)
