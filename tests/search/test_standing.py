"""Who may lead, what proposers may know, and who drops out: the rules that a search is fair by."""

from __future__ import annotations

import pytest

from promptci.core import Case, Outcome, Score
from promptci.search.base import Candidate, Scored, Trajectory, generator
from promptci.search.race import PairedRace
from promptci.search.standing import advantage, lead, ranking, view

from .worlds import cases

TRAIN, VALIDATION = cases(20, "t"), cases(20, "v")
ORDER = tuple(c.id for pair in zip(TRAIN, VALIDATION, strict=True) for c in pair)


def scored(name: str, values: dict[str, float | None]) -> Scored:
    return Scored(Candidate(name, "test", 1), {i: Outcome(Score(i, v)) for i, v in values.items()})


def trajectory(*candidates: Scored) -> Trajectory:
    """After one round on all cases, which the incumbent failed."""
    incumbent = scored("start", dict.fromkeys(ORDER, 0.0))
    return Trajectory(tuple(TRAIN), tuple(VALIDATION), ORDER, len(ORDER), (incumbent, *candidates))


@pytest.mark.parametrize(
    ("unmeasured", "may_lead"),
    [pytest.param(0, True, id="none"), pytest.param(2, True, id="a-twentieth"), pytest.param(3, False, id="above-it")],
)
def test_a_candidate_with_more_than_a_twentieth_unmeasured_may_not_lead(unmeasured: int, may_lead: bool) -> None:
    holes: dict[str, float | None] = dict.fromkeys(ORDER[:unmeasured])
    done = trajectory(scored("better", {**dict.fromkeys(ORDER, 1.0), **holes}))
    assert (advantage(done, done.scored[1]) is not None) is may_lead
    assert (lead(done).candidate.text == "better") is may_lead


def test_a_candidate_that_did_not_come_to_the_end_of_the_track_may_not_lead() -> None:
    done = trajectory(scored("dropped", dict.fromkeys(ORDER[:-1], 1.0)), scored("whole", dict.fromkeys(ORDER, 1.0)))
    assert [s.candidate.text for s in ranking(done)] == ["whole"]


def test_the_earlier_of_two_equals_leads_and_none_leads_without_a_gain() -> None:
    same, level = dict.fromkeys(ORDER, 1.0), dict.fromkeys(ORDER, 0.0)
    assert lead(trajectory(scored("first", dict(same)), scored("second", dict(same)))).candidate.text == "first"
    assert lead(trajectory(scored("level", dict(level)))).candidate.text == "start"


def test_proposers_know_nothing_of_validation_cases() -> None:
    better: dict[str, float | None] = {i: float(i.startswith("v")) for i in ORDER}
    shown = view(trajectory(scored("better", better)), seed=0, places=None)
    known = {i for s in (*shown.scored, shown.lead) for i in s.outcomes}
    assert known == {c.id for c in (*shown.train, *shown.exemplars)} == {c.id for c in TRAIN}
    assert set(shown.scores.values()) == {0.0}
    assert shown.rng.random() == generator(0, "step", 1).random()


@pytest.mark.parametrize(
    ("lost", "met"),
    [pytest.param(1, 30, id="one-loss-is-chance"), pytest.param(2, 10, id="two-losses-drop-at-the-first-look")],
)
def test_the_race_drops_at_its_level(lost: int, met: int) -> None:
    run = cases(30)
    held = scored("held", {c.id: float(int(c.id[1:]) < 25) for c in run})

    def answered(pairs: list[tuple[Candidate, Case]]) -> list[Outcome]:
        failing = range(lost)
        late = (25,) if lost == 1 else ()  # makes up for its loss before the race looks at who is behind
        values = {n: float((n < 25 and n not in failing) or n in late) for n in range(30)}
        return [Outcome(Score(c.id, values[int(c.id[1:])])) for _, c in pairs]

    order = [*run[:10], *run[25:], *run[10:25]]
    (done,) = PairedRace()([Candidate("entrant", "test", 1)], [held], order, answered)  # type: ignore[arg-type]  # a list is a sequence
    assert len(done.outcomes) == met
