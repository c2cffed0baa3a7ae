"""The stable split: a case stays where it is while a set grows, and clusters stay together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptci.core import Case
from promptci.evals.split import position, share_of_test, split
from promptci.records import ledger


def cases(count: int, prefix: str = "c", clusters: int | None = None) -> list[Case]:
    return [
        Case(
            f"{prefix}{n}",
            {"x": f"{prefix}{n}"},
            cluster=None if clusters is None else f"{prefix}-source-{n % clusters}",
        )
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


def test_a_screening_search_keeps_more_held_out_cases() -> None:
    assert share_of_test() == 0.5
    assert share_of_test(screening=True) == 0.7


@pytest.mark.parametrize(("before", "after"), [(100, 101), (60, 300), (300, 2000)])
def test_adding_cases_moves_none(before: int, after: int) -> None:
    old, new = part_of(cases(before)), part_of(cases(after))
    assert {i: new[i] for i in old} == old


def test_removing_and_reordering_moves_none() -> None:
    everything = cases(200)
    whole, rest = part_of(everything), part_of(everything[::-3])
    assert {i: whole[i] for i in rest} == rest


def test_a_pinned_share_moves_none_when_the_default_changes() -> None:
    old, new = part_of(cases(300)), part_of(cases(2000), share=0.5)
    assert {i: new[i] for i in old} == old
    assert split(cases(2000), share=0.7).test_share == 0.7


def test_a_smaller_share_only_takes_from_the_test() -> None:
    half, third = part_of(cases(1000), share=0.5), part_of(cases(1000), share=0.3)
    assert all(third[i] == part for i, part in half.items() if part != "test")
    assert sum(third[i] != part for i, part in half.items()) > 100


SAME = [
    pytest.param(lambda c, _: replace(c, id=f"new-{c.id}"), id="ids renamed"),
    pytest.param(lambda c, _: replace(c, vars={**c.vars, "note": c.id}), id="an unused column"),
    pytest.param(lambda c, _: replace(c, vars={"x": f"  {c.vars['x']} "}), id="white space"),
    pytest.param(lambda c, _: replace(c, expected="other", tags=("tag",), weight=2.0), id="another answer"),
    pytest.param(lambda c, n: replace(c, id=str(n), vars={"y": n, "x": c.vars["x"]}), id="columns in another order"),
]


@pytest.mark.parametrize("edit", SAME)
def test_no_renaming_moves_a_case_or_makes_the_ledger_forget(edit: Callable[[Case, int], Case]) -> None:
    everything = cases(200)
    before = split(everything, {"x"})
    after = split([edit(c, n) for n, c in enumerate(everything)][::-1], {"x"})
    assert ledger.members_of(before.test, {"x"}) == ledger.members_of(after.test, {"x"})
    assert len(before.test) == len(after.test)


def test_cases_that_are_alike_stay_together() -> None:
    parts = part_of([Case("a", {"x": "Hi  there"}), Case("b", {"x": "Hi there "}), Case("c", {"x": "Hi\nthere"})])
    assert len(set(parts.values())) == 1


def test_clusters_stay_together() -> None:
    everything = cases(400, clusters=80)
    parts = part_of(everything)
    for source in {c.cluster for c in everything}:
        assert len({parts[c.id] for c in everything if c.cluster == source}) == 1


@pytest.mark.parametrize("count", [300, 600, 3000])
def test_shares_are_near_their_targets(count: int) -> None:
    share = share_of_test()
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
