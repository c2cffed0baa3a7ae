"""The finer signal: likelihoods break ties and tell more in a fit, and never outweigh the metric on a case."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from promptci.core import Case, Outcome, Reason, Score
from promptci.search.base import Candidate, Scored, Trajectory
from promptci.search.race import PairedRace, sign_test
from promptci.search.signal import LIKELY, ahead, finer, signal, standing_of, strength, telling
from promptci.search.standing import lead, ranking


def outcome(case_id: str, value: float | None, likelihood: float | None = None) -> Outcome:
    reason = None if value is not None else Reason("timeout", "timeout")
    return Outcome(Score(case_id, value, reason), likelihood=likelihood)


def scored(name: str, values: Sequence[float | None], likelihoods: Sequence[float | None]) -> Scored:
    both = zip(values, likelihoods, strict=True)
    return Scored(Candidate(name, "test", 1), {f"c{i}": outcome(f"c{i}", v, x) for i, (v, x) in enumerate(both)})


IDS = [f"c{i}" for i in range(6)]


def trajectory_of(some: Sequence[Scored]) -> Trajectory:
    return Trajectory(tuple(Case(i, {}, "x") for i in IDS), (), tuple(IDS), len(IDS), tuple(some))


def test_without_a_likelihood_the_signal_is_the_value() -> None:
    assert signal(outcome("c", 0.4)) == 0.4
    assert signal(outcome("c", None, 0.9)) is None
    assert signal(None) is None


def test_a_pass_outweighs_any_likelihood() -> None:
    surely_wrong, hardly_right = signal(outcome("c", 0.0, 1.0)), signal(outcome("c", 1.0, 0.0))
    assert surely_wrong is not None
    assert hardly_right is not None
    assert surely_wrong < hardly_right
    assert LIKELY < 0.5


def test_a_race_tells_texts_apart_that_pass_the_same_cases() -> None:
    sure, unsure = scored("a", [1.0] * 6, [0.9] * 6), scored("b", [1.0] * 6, [0.4] * 6)
    assert sign_test(sure, unsure, IDS) == pytest.approx(1 / 64)
    assert sign_test(scored("a", [1.0] * 6, [None] * 6), scored("b", [1.0] * 6, [None] * 6), IDS) == 1.0
    assert [c.new < c.old for c in finer(sure, unsure, IDS)] == [True] * 6
    assert strength(sure, IDS) == pytest.approx(1 - LIKELY + LIKELY * 0.9)
    assert strength(sure, ["other"]) is None


def test_the_lead_is_the_likelier_of_equally_good_texts_and_never_a_worse_one() -> None:
    start = scored("start", [0, 0, 0, 0, 1, 1], [0.5] * 6)
    unsure, sure = scored("u", [1, 1, 0, 0, 1, 1], [0.2] * 6), scored("s", [0, 0, 1, 1, 1, 1], [0.8] * 6)
    better, idle = scored("b", [1, 1, 1, 0, 1, 1], [0.1] * 6), scored("i", [0, 0, 0, 0, 1, 1], [1.0] * 6)
    done = trajectory_of([start, unsure, sure, idle])
    assert [s.candidate.text for s in ranking(done)] == ["s", "u"]
    assert lead(trajectory_of([start, unsure, sure, better, idle])) is better


@pytest.mark.parametrize("case_count", [20, 60])
def test_a_race_never_drops_a_text_that_passes_more_for_being_less_likely(case_count: int) -> None:
    ids = [f"c{i}" for i in range(case_count)]
    start = scored("start", [0.0] * 2 + [1.0] * (case_count - 2), [0.9] * case_count)
    better = scored("better", [1.0] * case_count, [0.3] * case_count)
    assert sign_test(start, better, ids) == 1.0
    assert ahead(start, better, ids) > (0.0, 0.0) > ahead(better, start, ids)
    assert standing_of(better, ids) > standing_of(start, ids)

    def evaluate(pairs: Sequence[tuple[Candidate, Case]]) -> list[Outcome]:
        return [better.outcomes[case.id] for _, case in pairs]

    (done,) = PairedRace()([better.candidate], [start], [Case(i, {}, "x") for i in ids], evaluate)
    assert len(done.outcomes) == case_count


@pytest.mark.parametrize(
    ("passes", "failures", "share"),
    [
        ([0.9] * 9, [0.2] * 9, 0.9),
        ([0.5] * 9, [0.5] * 9, 0.0),
        ([0.1] * 9, [0.8] * 9, 0.0),
        ([0.9] * 9, [0.1], LIKELY),
        ([0.9, 0.9, 0.9, 0.5, 0.5], [0.5] * 5, 0.54),
    ],
    ids=["tells all", "tells nothing", "tells the contrary", "nobody knows", "tells most, and the rest are alike"],
)
def test_a_likelihood_counts_as_far_as_it_tells_passes_from_failures(
    passes: list[float], failures: list[float], share: float
) -> None:
    known = [outcome("c", 1.0, x) for x in passes] + [outcome("c", 0.0, x) for x in failures]
    assert telling(known) == pytest.approx(share)
    assert telling([outcome("c", 1.0)] * 40) == LIKELY
