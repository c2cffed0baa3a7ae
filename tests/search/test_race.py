from __future__ import annotations

import pytest

from promptci.core import Case, Outcome, Reason, Score
from promptci.search.base import Candidate, Race, Scored
from promptci.search.race import RACES, PairedRace, sign_test

from .worlds import cases, chance

CASES = cases(100)


class Counting:
    """Candidates are named by their share of passes, in percent; `cap` answers are given before the budget ends."""

    def __init__(self, cap: int = 10**9) -> None:
        self.calls, self.cap = 0, cap

    def __call__(self, pairs: object, /) -> list[Outcome]:
        return [self.one(c, case) for c, case in pairs]  # type: ignore[attr-defined]  # pairs of (candidate, case)

    def one(self, candidate: Candidate, case: Case) -> Outcome:
        self.calls += 1
        if self.calls > self.cap:
            return Outcome(Score(case.id, None, Reason("budget", "budget: none left")))
        return Outcome(Score(case.id, float(chance(case.id) < int(candidate.text.split()[0]) / 100)))


def entrants(*percents: int) -> list[Candidate]:
    return [Candidate(f"{p} {i}", "test", 1) for i, p in enumerate(percents)]


def incumbent(percent: int) -> Scored:
    counting = Counting()
    one = Candidate(f"{percent} start", "start", 0)
    return Scored(one, {c.id: counting.one(one, c) for c in CASES})


FIELD = entrants(*([30] * 12), 80, *([50] * 3))


@pytest.mark.parametrize("name", RACES)
def test_every_race_brings_the_best_one_to_the_end_on_all_cases(name: str) -> None:
    counting = Counting()
    race: Race = RACES[name]()
    done = race(FIELD, [incumbent(40)], CASES, counting)
    assert [s.candidate for s in done] == FIELD
    finished = [s.candidate.text.split()[0] for s in done if len(s.outcomes) == len(CASES)]
    assert "80" in finished
    assert counting.calls == sum(len(s.outcomes) for s in done)
    if name != "full":
        assert counting.calls < 0.6 * len(FIELD) * len(CASES)


@pytest.mark.parametrize("name", RACES)
def test_every_race_meets_cases_in_the_common_order_and_stops_when_the_budget_ends(name: str) -> None:
    done = RACES[name]()(FIELD, [incumbent(40)], CASES, Counting(cap=55))
    judged = sum(o.score.value is not None for s in done for o in s.outcomes.values())
    assert judged == 55
    ids = [c.id for c in CASES]
    assert all(list(s.outcomes) == ids[: len(s.outcomes)] for s in done)


@pytest.mark.parametrize("name", RACES)
def test_every_race_takes_one_entrant_and_one_case(name: str) -> None:
    done = RACES[name]()(entrants(50), [], CASES[:1], Counting())
    assert len(done[0].outcomes) == 1


def test_the_paired_race_drops_at_the_first_block_who_loses_three_to_nothing() -> None:
    done = PairedRace(block=10, level=0.2)(entrants(0), [incumbent(90)], CASES, Counting())
    assert len(done[0].outcomes) == 10


def test_the_paired_race_never_drops_on_ties() -> None:
    done = PairedRace()(entrants(40), [incumbent(40)], CASES, Counting())
    assert len(done[0].outcomes) == len(CASES)


def test_the_sign_test_is_exact_and_ignores_unjudged_cases() -> None:
    def scored(values: list[float | None]) -> Scored:
        return Scored(Candidate(str(values), "t", 1), {str(i): Outcome(Score(str(i), v)) for i, v in enumerate(values)})

    ids = [str(i) for i in range(5)]
    leader, other = scored([1, 1, 1, None, 0]), scored([0, 0, 0, 1, 0])
    assert sign_test(leader, other, ids) == 1 / 8
    assert sign_test(leader, other, ids[:2]) == 1 / 4
    assert sign_test(leader, leader, ids) == 1.0
    assert sign_test(other, leader, ids) == 1.0


def test_late_in_the_race_whoever_is_behind_the_lead_at_all_drops_out() -> None:
    (behind,) = PairedRace(level=0.0)(entrants(55), [incumbent(60)], CASES, Counting())
    (ahead,) = PairedRace(level=0.0)(entrants(65), [incumbent(60)], CASES, Counting())
    assert 70 <= len(behind.outcomes) < len(CASES)
    assert len(ahead.outcomes) == len(CASES)
