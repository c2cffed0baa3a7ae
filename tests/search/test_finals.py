from __future__ import annotations

import pytest

from promptci.core import Case, Outcome, Reason, Score
from promptci.search.base import Candidate, Scored, Trajectory
from promptci.search.finals import FINALISTS, finals, track_length
from promptci.search.standing import lead
from promptci.search.stopping import Steps

from .worlds import World, cases, chance

TRAIN, VALIDATION = cases(100, "t"), cases(100, "v")


@pytest.mark.parametrize(("cases", "track"), [(0, 0), (10, 10), (60, 60), (100, 60), (150, 75), (200, 100), (500, 250)])
def test_the_track_is_half_of_the_cases_but_never_short(cases: int, track: int) -> None:
    assert track_length(cases) == track


def rising(text: str, case: Case) -> bool:
    """Each word `good` is worth five points."""
    return chance(case.id) < 0.5 + 0.05 * text.count("good")


def test_the_rounds_race_on_the_track_and_the_best_few_meet_every_case() -> None:
    script = [[f"good {'good ' * step}"] for step in range(6)]
    world = World(rising, script)
    found = world.run(train=TRAIN, validation=VALIDATION, stops=[Steps(6)])
    met = sorted((len(s.outcomes) for s in found.candidates), reverse=True)
    assert met[:FINALISTS] == [200] * FINALISTS
    assert all(n <= 100 for n in met[FINALISTS:])
    assert len(found.incumbent.outcomes) == 200
    assert found.winner is not None
    assert found.winner.candidate.text.count("good") == 6
    assert len(found.changes) == 200


def test_without_a_candidate_ahead_the_incumbent_is_not_asked_more() -> None:
    found = World(lambda text, case: chance(case.id) < 0.5).run(train=TRAIN, validation=VALIDATION, stops=[Steps(1)])
    assert len(found.incumbent.outcomes) == 100
    assert found.winner is None


def test_the_finals_correct_a_lead_that_was_luck() -> None:
    """`lucky` passes the whole track and nothing else; `honest` is a little better everywhere."""
    first = World(rising).run(train=TRAIN, validation=VALIDATION, stops=[Steps(1)])
    track = set(first.incumbent.outcomes)

    def luck(text: str, case: Case) -> bool:
        if text == "lucky":
            return case.id in track or chance(case.id) < 0.3
        return chance(case.id) < (0.7 if text == "honest" else 0.5)

    found = World(luck, [["honest"], ["lucky"]]).run(train=TRAIN, validation=VALIDATION, stops=[Steps(2)])
    assert found.winner is not None
    assert found.winner.candidate.text == "honest"
    assert found.steps[-1].lead != found.winner.candidate.id
    lucky = next(s for s in found.candidates if s.candidate.text == "lucky")
    assert len(lucky.outcomes) == 200
    assert (lucky.mean(list(lucky.outcomes)) or 0) < 0.7


def test_a_gain_on_train_alone_that_only_the_finals_show_is_called_overfitting() -> None:
    """On the track `trap` is a little better everywhere, beyond it on train alone."""
    first = World(rising).run(train=TRAIN, validation=VALIDATION, stops=[Steps(1)])
    track = set(first.incumbent.outcomes)

    def leaky(text: str, case: Case) -> bool:
        beyond = text == "trap" and case.id.startswith("t") and case.id not in track
        return beyond or chance(case.id) < (0.38 if text == "trap" else 0.3)

    found = World(leaky, [["trap"]]).run(train=TRAIN, validation=VALIDATION, stops=[Steps(1)])
    trap = next(s.candidate.id for s in found.candidates if s.candidate.text == "trap")
    assert found.steps[-1].lead == trap
    assert found.overfit is not None
    assert found.overfit.candidate == trap
    assert found.winner is None


def test_nobody_is_asked_in_finals_once_the_budget_has_ended() -> None:
    order = tuple(c.id for pair in zip(TRAIN[:6], VALIDATION[:6], strict=True) for c in pair)
    start, better = (
        Scored(Candidate(text, "test", 0), {i: Outcome(Score(i, value)) for i in order[:8]})
        for text, value in (("start", 0.0), ("better", 1.0))
    )
    done = Trajectory(tuple(TRAIN[:6]), tuple(VALIDATION[:6]), order, 8, (start, better), ended=Reason("budget", "b"))
    assert lead(done) is better
    world = World(rising)
    assert finals(done, lambda pairs: world.evaluate([(c.text, case) for c, case in pairs])) is done
    assert world.calls == 0


def test_a_budget_that_ends_in_the_finals_leaves_the_rounds_order() -> None:
    script = [["good good"]]
    whole = World(rising, script).run(train=TRAIN, validation=VALIDATION, stops=[Steps(1)])
    cap = whole.steps[-1].calls + 30
    found = World(rising, script, cap=cap).run(train=TRAIN, validation=VALIDATION, stops=[Steps(1)])
    assert found.calls == cap
    assert found.winner is not None
    assert found.winner.candidate.text == "good good"


def test_a_small_budget_scores_a_few_texts_to_the_end_instead_of_many_on_ten_cases() -> None:
    """100 calls for the incumbent; 50 texts on ten cases would take the other 500."""
    script = [["good " * (k % 5 + 1) + str(k) for k in range(50)]]
    free = World(rising, script, cap=600).run(train=TRAIN, validation=VALIDATION, stops=[Steps(2)], per_step=50)
    assert free.winner is None
    told = World(rising, script, cap=600).run(
        train=TRAIN, validation=VALIDATION, stops=[Steps(2)], max_calls=600, per_step=50
    )
    assert told.winner is not None
    assert len(told.winner.outcomes) == 200
    assert told.calls <= 600


def test_when_no_text_could_be_scored_the_search_stops_and_keeps_the_calls() -> None:
    found = World(rising).run(train=TRAIN, validation=VALIDATION, stops=[Steps(9)], max_calls=300)
    assert found.stop_reason == "budget: too few calls are left to score another text"
    assert found.calls == 100


def test_without_a_cap_there_is_no_limit_to_the_texts() -> None:
    found = World(rising).run(train=TRAIN, validation=VALIDATION, stops=[Steps(1)], per_step=64)
    assert found.steps[0].proposed == 64


def test_texts_beyond_the_places_are_refused_with_their_reason() -> None:
    """Starting points are handed over whatever the budget is."""
    found = World(rising).run(
        train=TRAIN, validation=VALIDATION, stops=[Steps(1)], max_calls=460, starts=["good", "good good", "good 3"]
    )
    assert found.refusals == {"no budget": 1}
