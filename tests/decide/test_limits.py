"""The separate gates, repeats, slices and the verdict from all of them."""

from __future__ import annotations

import random

import pytest
from scipy import stats

from promptci.core import Reason
from promptci.decide.limits import ScoreLook, ceiling, min_mean, min_score
from promptci.decide.paired import Change
from promptci.decide.repeats import flaky, k_of_n, mean_value
from promptci.decide.slices import Evidence, slices
from promptci.decide.verdict import Verdict, combined, points


def looks(passes: int, cases: int, batches: int = 8) -> list[ScoreLook]:
    """A run whose passes come evenly."""
    ends = [cases * t // batches for t in range(1, batches + 1)]
    return [ScoreLook(end, round(passes * end / cases)) for end in ends]


@pytest.mark.parametrize(("passes", "name"), [(170, "pass"), (160, "pass"), (155, "inconclusive"), (130, "fail")])
def test_a_score_below_the_target_blocks_only_when_it_is_shown(passes: int, name: str) -> None:
    assert min_score(looks(passes, 200), planned=200, target=0.8).name == name


def test_one_look_at_all_cases_is_the_exact_binomial_test() -> None:
    for passes in range(60, 90):
        shown = stats.binomtest(passes, 100, 0.8, alternative="less").pvalue <= 0.05
        verdict = min_score([ScoreLook(100, passes)], planned=100, target=0.8)
        assert verdict.blocked == shown


def test_a_prompt_at_the_target_is_seldom_blocked_whenever_one_looks() -> None:
    rng = random.Random(3)
    blocked = 0
    for _ in range(400):
        passes = [rng.random() < 0.8 for _ in range(160)]
        seen = [ScoreLook(end, sum(passes[:end])) for end in range(20, 161, 20)]
        blocked += min_score(seen, planned=160, target=0.8).blocked
    assert blocked <= 32  # 5 % of 400 is 20; 32 would be a chance of 1 in 200


def test_a_score_once_shown_to_be_below_the_target_stays_so() -> None:
    seen = [ScoreLook(50, 25), ScoreLook(200, 170)]
    assert [min_score(seen[:n], planned=200, target=0.8).name for n in (1, 2)] == ["fail", "fail"]
    assert min_score(seen[1:], planned=200, target=0.8).name == "pass"


def test_what_was_not_measured_is_no_failure() -> None:
    verdict = min_score([ScoreLook(100, 77, 4)], planned=100, target=0.8)
    assert (verdict.name, verdict.numbers["score"]) == ("pass", 77 / 96)


def test_scores_without_cases_are_unmeasured_and_bad_targets_refused() -> None:
    assert min_score([], planned=10, target=0.8).name == "unmeasured"
    assert min_score([ScoreLook(10, 9, 1)], planned=10, target=0.8).name == "unmeasured"
    assert min_mean([], target=0.5).name == "unmeasured"
    with pytest.raises(ValueError):
        min_score([], planned=10, target=1.5)
    with pytest.raises(ValueError):
        min_mean([], target=0.0)


def test_graded_scores_block_on_evidence_only() -> None:
    assert min_mean([0.7, 0.75, 0.65] * 60, target=0.8).name == "fail"
    assert min_mean([0.7, 0.75, 0.65], target=0.8).name == "inconclusive"
    assert min_mean([0.9, 0.8] * 10, target=0.8).name == "pass"
    assert [min_mean([0.5] * n, target=0.8).name for n in (4, 5)] == ["inconclusive", "fail"]  # evidence 11 and 22


def test_a_ceiling_blocks_only_when_it_is_shown_to_be_exceeded() -> None:
    assert ceiling("cost", [1.0, 1.1, 0.9] * 10, limit=1.2, unit="USD").name == "pass"
    assert ceiling("cost", [1.0, 1.1, 0.9] * 10, limit=0.95, unit="USD").name == "fail"
    assert ceiling("latency", [0.1, 0.1, 3.0], limit=1.0, unit="s").name == "inconclusive"
    assert ceiling("length", [5.0], limit=1.0, unit="characters").name == "inconclusive"
    assert ceiling("length", [], limit=1.0, unit="characters").name == "unmeasured"


def test_one_bad_slice_is_named_and_tiny_slices_do_not_dilute_it() -> None:
    tiny = {f"tag{i}": Change(1, 0, 5) for i in range(50)}
    verdict, rows = slices({"dates": Change(9, 0, 20), "names": Change(3, 4, 40), **tiny})
    assert verdict.blocked
    assert verdict.reasons[0].startswith("dates: 9 newly failing")
    assert rows[0].tag == "dates"
    assert slices({"names": Change(3, 4, 40)})[0].name == "pass"
    assert slices({})[0].name == "unmeasured"


def test_a_slice_is_judged_by_the_evidence_that_is_given() -> None:
    changes = {"dates": Change(20, 0, 20)}
    assert slices(changes)[0].blocked
    assert not slices(changes, tested={"dates": Evidence(0.5, 1)})[0].blocked
    # Two more tags could have blocked: what is left of one after a rerun is corrected for them all the same.
    more = {**changes, "a": Change(5, 5, 10), "b": Change(5, 5, 10)}
    tested = {"dates": Evidence(0.02, 20), "a": Evidence(0.6, 10), "b": Evidence(0.6, 10)}
    assert not slices(more, tested=tested)[0].blocked


@pytest.mark.parametrize(
    ("values", "needed", "expected"),
    [([1, 1, 0], None, 1.0), ([1, 0, 0], None, 0.0), ([1, None, 0], None, None), ([1, 0, 0], 1, 1.0), ([], None, None)],
)
def test_k_of_n(values: list[float | None], needed: int | None, expected: float | None) -> None:
    assert k_of_n(values, needed) == expected


def test_repeats_that_disagree_are_flaky() -> None:
    assert flaky({"b": [1, 0], "a": [0, 1, None], "c": [1, 1], "d": [None]}) == ("a", "b")
    assert mean_value([1, None, 0]) == 0.5
    assert mean_value([None]) is None
    with pytest.raises(ValueError):
        k_of_n([1.0], 2)


def test_the_worst_gate_names_the_verdict() -> None:
    good, bad = (
        Verdict("max_drop", "pass", (Reason("fine", "fine."),)),
        Verdict("must_pass", "fail", (Reason("failed", "a failed."),)),
    )
    holes = Verdict("min_score", "unmeasured", (Reason("none", "no cases."),))
    assert combined([good]).reasons == ("max_drop: fine.",)
    assert combined([good, holes]).name == "unmeasured"
    both = combined([good, holes, bad])
    assert both.name == "fail"
    assert both.reasons == ("must_pass: a failed.", "min_score: no cases.")
    assert combined([]).name == "unmeasured"
    assert [points(x) for x in (0.05, 0.175, -0.031)] == ["5", "17.5", "-3.1"]


def test_an_early_look_may_spend_its_share_of_the_level_alone() -> None:
    """Two of twelve pass 2 times in 100 at a target of a half: enough with all cases, not with an eighth of them."""
    assert min_score([ScoreLook(12, 2)], planned=12, target=0.5).name == "fail"
    assert min_score([ScoreLook(12, 2)], planned=100, target=0.5).name == "inconclusive"
