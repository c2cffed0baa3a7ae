"""What is found in an eval set: too few cases, what they cannot show, and cases that are one case."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import pytest

from promptci.core import Case
from promptci.findings.base import KINDS, Finding, finding
from promptci.findings.cases import of_cases
from promptci.project.side import Side


def case(name: str, text: str = "", expected: str = "yes", cluster: str | None = None) -> Case:
    return Case(name, {"q": text or f"question {name}"}, expected, cluster=cluster)


def many(count: int) -> tuple[Case, ...]:
    return tuple(case(f"c{n:05}") for n in range(count))


def looked_at(*cases: Case, detect: float = 0.1) -> list[Finding]:
    """What is found in these cases, for a gate that is to rule out a drop of `detect`."""
    settings = SimpleNamespace(cases="evals/a.jsonl", gate=SimpleNamespace(ruled_out=detect))
    return list(of_cases(cast("Side", SimpleNamespace(settings=settings, cases=cases))))


def kinds(found: list[Finding]) -> list[str]:
    return [one.id for one in found]


def test_a_sound_set_is_left_alone() -> None:
    assert looked_at(*many(300)) == []


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        pytest.param(1, ["few-cases"], id="one"),
        pytest.param(59, ["few-cases"], id="one short"),
        pytest.param(60, ["drop-not-seen"], id="enough to open a request, not to see 10 points"),
        pytest.param(300, [], id="many"),
    ],
)
def test_a_set_is_as_large_as_what_it_is_to_show(count: int, expected: list[str]) -> None:
    assert kinds(looked_at(*many(count))) == expected


def test_what_a_set_can_show_is_said_with_what_it_is_asked_for() -> None:
    (found,) = looked_at(*many(100), detect=0.02)
    assert found.problem.startswith("100 cases show a drop from ")
    assert found.problem.endswith("the gate is to rule out 2.0 points")
    assert (found.level, found.place) == ("warning", "evals/a.jsonl")


def test_a_larger_tolerance_needs_fewer_cases() -> None:
    assert kinds(looked_at(*many(100), detect=0.02)) == ["drop-not-seen"]
    assert kinds(looked_at(*many(100), detect=0.4)) == []


@pytest.mark.parametrize(
    ("extra", "kind", "said"),
    [
        pytest.param([case("z", "question c00001")], "duplicate-cases", "2 cases have the same input", id="twins"),
        pytest.param([case("y", "question c00001"), case("z", "question c00001")], "duplicate-cases",
                     "3 cases have the same input", id="triplets"),
        pytest.param([case("z", "question c00001", "no")], "contradicting-cases", "different expected", id="torn"),
    ],
)  # fmt: skip
def test_one_question_twice_is_told(extra: list[Case], kind: str, said: str) -> None:
    (found,) = looked_at(*many(300), *extra)
    assert found.id == kind
    assert said in found.problem
    assert "c00001 and " in found.problem


def test_twins_and_torn_ones_are_told_apart() -> None:
    extra = [case("y", "question c00001"), case("z", "question c00002", "no")]
    assert kinds(looked_at(*many(300), *extra)) == ["contradicting-cases", "duplicate-cases"]


def test_cases_that_read_alike_on_both_sides_of_the_split_are_told() -> None:
    alike = [case(f"z{n}", f"QUESTION  c{n:05}!") for n in range(300)]
    (found,) = looked_at(*many(300), *alike)
    assert found.id == "alike-across-splits"
    assert "give them one `cluster`" in found.mend


def test_cases_of_one_cluster_stay_together() -> None:
    pairs = [
        case(f"{p}{n}", t.format(n), cluster=str(n)) for n in range(300) for p, t in (("a", "Q {}"), ("b", "q {}."))
    ]
    assert looked_at(*pairs) == []


def test_names_from_outside_are_shown_on_one_line() -> None:
    (found,) = looked_at(*many(300), case("bad\nname\x1b[31m", "question c00001"))
    assert "\n" not in found.problem
    assert "\x1b" not in found.problem


def test_a_finding_has_the_level_of_its_kind() -> None:
    assert {finding(kind, "p", "x", "y").level for kind in KINDS} == {"error", "warning", "note"}
    with pytest.raises(KeyError):
        finding("nothing-known", "p", "x", "y")
