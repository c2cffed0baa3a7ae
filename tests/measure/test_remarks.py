"""What is said beside the gates, each sentence as people read it."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import cast

import pytest

from promptci.core import PartScore, Reason, ToolCall
from promptci.decide.verdict import Verdict
from promptci.measure import remarks
from promptci.measure.pair import Pair
from promptci.measure.shares import of_metrics, of_tags
from promptci.project.changes import Planned
from tests.measure.fakes import a_side, an_arm, some_cases

CASES = some_cases(40)


def planned(changed: str, *, why: tuple[str, ...] = (), note: Reason | None = None) -> Planned:
    side = a_side("new", CASES)
    found = {"changed": changed, "why": why, "prompt_why": ("prompt text",), "note": note, "old": side, "new": side}
    return cast("Planned", SimpleNamespace(**found))


@pytest.mark.parametrize("changed", ["prompt", "new", "nothing"])
def test_an_unchanged_measure_is_not_spoken_of(changed: str) -> None:
    assert remarks.of_measure(planned(changed, why=("prompt text",))) == ()


def test_what_of_the_measure_changed_is_named_without_the_prompt() -> None:
    (said,) = remarks.of_measure(planned("both", why=("prompt text", "eval set", "metric")))
    assert (said.kind, said.text) == ("measure_changed", "The measure changed: eval set, metric.")


def test_a_comparison_that_could_not_be_made_says_why() -> None:
    (said,) = remarks.of_measure(planned("new", note=Reason("unfillable", "the base uses 'tone'")))
    assert said.text == "Measured without a comparison: the base uses 'tone'."


def failing(*reasons: str) -> tuple[Reason, ...]:
    arm = an_arm(a_side("new", CASES), [1.0] * 40)
    arm.values.reasons = {f"c{n}": Reason("timeout", text) for n, text in enumerate(reasons)}
    return remarks.of_failures(arm, CASES)


@pytest.mark.parametrize(
    ("reasons", "said"),
    [
        pytest.param((), None, id="none"),
        pytest.param(("timeout",), "1 case could not be measured: timeout.", id="one"),
        pytest.param(("timeout", "timeout."), "2 cases could not be measured, 1 of them because of timeout.", id="two"),
        pytest.param(("timeout",) * 3, "3 cases could not be measured: timeout.", id="all alike"),
        pytest.param(
            ("a\nb", "empty", "empty"), "3 cases could not be measured, 2 of them because of empty.", id="mixed"
        ),
    ],
)
def test_failures_are_counted_by_their_reason(reasons: tuple[str, ...], said: str | None) -> None:
    assert [reason.text for reason in failing(*reasons)] == ([] if said is None else [said])


def pair_of(old: Sequence[float | None], new: Sequence[float | None]) -> Pair:
    return Pair(an_arm(a_side("old", CASES), old), an_arm(a_side("new", CASES), new), CASES, len(old))


@pytest.mark.parametrize(("unmeasured", "told"), [(0, False), (1, False), (2, True), (20, True)])
def test_a_base_that_cannot_be_measured_is_named_with_its_model(unmeasured: int, told: bool) -> None:
    pair = pair_of([None] * unmeasured + [1.0] * (40 - unmeasured), [1.0] * 40)
    pair.old.values.reasons = {f"c{n}": Reason("gone", "the model is gone.") for n in range(unmeasured)}
    said = [reason.text for reason in remarks.of_old(pair)]
    expected = f"The base's prompt could not be measured on {unmeasured} of 40 cases with m: the model is gone."
    assert said == ([expected] if told else [])


def test_an_undecided_run_says_what_would_see_more_once() -> None:
    pair = pair_of([1.0] * 40, [0.0] * 2 + [1.0] * 38)
    undecided = Verdict("max_drop", "inconclusive", (Reason("undecided", "Undecided."),))
    (said,) = remarks.of_sight(pair, undecided)
    assert said.kind == "more_cases"
    assert said.text.endswith("cases would halve the smallest drop that can be seen.")
    told = Verdict("max_drop", "inconclusive", (Reason("sight", "The smallest drop is 9 points."),))
    assert remarks.of_sight(pair, told) == ()
    assert remarks.of_sight(pair, Verdict("max_drop", "pass", ())) == ()


@pytest.mark.parametrize(("coins", "begins"), [(0, None), (1, "1 case passes by chance: c0 (40 %)"), (12, "12 cases")])
def test_coins_are_named_with_what_they_cost(coins: int, begins: str | None) -> None:
    samples = {f"c{n}": (1.0, 0.0, 1.0, 0.0, 0.0) if n < coins else (1.0,) * 5 for n in range(60)}
    said = [reason.text for reason in remarks.of_noise(samples, 0.05)]
    assert len(said) == (begins is not None)
    assert all(text.startswith(begins or "-") and "cases more for a drop of 5 points" in text for text in said)
    assert all(("and 2 more" in text) == (coins == 12) for text in said)
    assert remarks.of_noise({"c0": (1.0,)}, 0.05) == ()


@pytest.mark.parametrize(("values", "warned"), [([0.0] * 40, True), ([0.0] * 39 + [1.0], False), ([None] * 40, False)])
def test_a_prompt_that_nothing_passes_is_warned_of(values: list[float | None], warned: bool) -> None:
    arm = an_arm(a_side("new", CASES), values)
    assert [reason.kind for reason in remarks.of_score(arm, CASES)] == (["nothing_passes"] if warned else [])


# --- shares ----------------------------------------------------------------------------------------------------------


def test_each_tag_is_scored_on_the_cases_that_both_sides_have() -> None:
    cases = some_cases(6, tags=lambda n: ["even"] if n % 2 == 0 else ["odd", "all"])
    old, new = [1.0, 1.0, 1.0, None, 0.0, 1.0], [0.0, 1.0, 1.0, 1.0, 0.0, 0.0]
    pair = Pair(an_arm(a_side("old", cases), old), an_arm(a_side("new", cases), new), cases, 6)
    shares = {share.name: share for share in of_tags(pair)}
    assert list(shares) == ["all", "even", "odd"]
    assert (shares["even"].baseline_score, shares["even"].score) == pytest.approx((2 / 3, 1 / 3))
    assert (shares["odd"].cases, shares["odd"].baseline_score, shares["odd"].score) == (3, 1.0, 0.5)
    assert shares["odd"].delta == -0.5
    low, high = shares["even"].ci or (0.0, 0.0)
    assert low < -1 / 3 < high


def test_a_tag_that_nobody_measured_has_no_score() -> None:
    cases = some_cases(2, tags=lambda n: ["x"])
    pair = Pair(an_arm(a_side("old", cases), []), an_arm(a_side("new", cases), [1.0]), cases, 2)
    (share,) = of_tags(pair)
    assert (share.cases, share.score, share.ci) == (2, None, None)


def test_several_metrics_have_a_mean_each_and_one_alone_has_none() -> None:
    cases = some_cases(3)
    pair = Pair(an_arm(a_side("old", cases), [1.0] * 3), an_arm(a_side("new", cases), [1.0] * 3), cases, 3)
    pair.new.values.parts = {c.id: (PartScore("exact", 1.0), PartScore("tone", 0.5)) for c in cases}
    pair.old.values.parts = {"c0": (PartScore("exact", 0.0), PartScore("tone", None))}
    exact, tone = of_metrics(pair)
    assert (exact.name, exact.cases, exact.baseline_score, exact.score, exact.delta) == ("exact", 1, 0.0, 1.0, 1.0)
    assert (tone.name, tone.cases, tone.baseline_score, tone.score) == ("tone", 3, None, 0.5)
    pair.new.values.parts = {c.id: (PartScore("exact", 1.0),) for c in cases}
    assert of_metrics(pair) == ()


def called(*names: str) -> tuple[ToolCall, ...]:
    return tuple(ToolCall(name.partition(" ")[0], name.partition(" ")[2] or "{}") for name in names)


def of_calls(old: Sequence[tuple[ToolCall, ...]], new: Sequence[tuple[ToolCall, ...]]) -> list[str]:
    """What is said of cases that all newly fail."""
    arms = [an_arm(a_side(name, CASES), [value] * 40) for name, value in (("old", 1.0), ("new", 0.0))]
    for arm, traces in zip(arms, (old, new), strict=True):
        arm.values.answers = {f"c{n}": "said" for n in range(len(traces))}
        arm.values.traces = {f"c{n}": trace for n, trace in enumerate(traces) if trace}
    return [said.text for said in remarks.of_calls(Pair(arms[0], arms[1], CASES[: len(old)], len(old)))]


def test_calls_that_changed_are_counted_by_how_they_changed() -> None:
    find, look, both, none = called("find"), called("look"), called("find", "look"), called()
    assert of_calls([find, find, find, both], [look, look, none, find]) == [
        "Tool calls changed in 4 of 4 newly failing cases: find became look in 2, find became no call in 1, "
        "find then look became find in 1."
    ]
    assert of_calls([called('find {"n":1}')], [called('find {"n":2}')]) == [
        "Tool calls changed in 1 of 1 newly failing case: find with other arguments in 1."
    ]


def test_calls_that_stayed_and_prompts_without_tools_are_not_spoken_of() -> None:
    assert of_calls([called("find")], [called("find")]) == []
    assert of_calls([called(), called()], [called(), called()]) == []
