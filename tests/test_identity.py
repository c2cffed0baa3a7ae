"""A case's name is its content."""

from __future__ import annotations

from dataclasses import replace

import pytest

from promptci.core import Case, Message
from promptci.identity import group_of, name_of, normal

CASE = Case("a", {"ticket": "Caf\u00e9 is open", "n": 3})


@pytest.mark.parametrize(
    "other",
    [
        replace(CASE, id="b"),
        replace(CASE, expected="x", tags=("t",)),
        replace(CASE, vars={"n": "3", "ticket": "Cafe\u0301  is\nopen "}),
        replace(CASE, vars={"n": 3.0, "ticket": "Caf\u00e9 is open", "unused": 1}),
    ],
    ids=["another id", "another answer", "white space, form and type", "an unused column"],
)
def test_what_nobody_means_does_not_name_a_case(other: Case) -> None:
    assert name_of(CASE, {"ticket", "n"}) == name_of(other, {"n", "ticket"})


def test_what_the_prompt_is_given_names_it() -> None:
    other = replace(CASE, vars={"ticket": "Caf\u00e9 is open", "n": 4})
    assert name_of(CASE, {"n"}) != name_of(other, {"n"})
    assert name_of(CASE, {"ticket"}) == name_of(other, {"ticket"})
    assert name_of(replace(CASE, messages=(Message("user", "hi"),))) != name_of(CASE)


def test_a_prompt_without_placeholders_uses_the_whole_input() -> None:
    assert name_of(CASE, ()) == name_of(CASE, None) == name_of(CASE, {"absent"})


def test_a_cluster_is_one_group_whatever_its_cases() -> None:
    one, two = replace(CASE, cluster="s 1"), replace(CASE, vars={"ticket": "other"}, cluster=" s  1")
    assert group_of(one) == group_of(two) != group_of(CASE)


@pytest.mark.parametrize(
    ("value", "same"), [(True, "true"), (None, ""), ([1, " a "], ["1", "a"]), ({"b": 1.5}, {"b": "1.5"})]
)
def test_values_are_compared_as_text(value: object, same: object) -> None:
    assert normal(value) == same
