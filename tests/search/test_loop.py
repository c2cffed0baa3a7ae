from __future__ import annotations

from collections.abc import Sequence

import pytest

from promptci.core import Case, Outcome, Reason, Score
from promptci.search.base import Found
from promptci.search.stopping import Limit, Patience, Perfect, Steps

from .worlds import World, cases, chance

Pairs = Sequence[tuple[str, Case]]


def skill(text: str) -> float:
    """Half of the cases pass, more with each good word."""
    return 0.5 + 0.12 * sum(word in text for word in ("label", "exactly", "lower-case"))


def skilled(text: str, case: Case) -> bool:
    return chance(case.id) < skill(text)


def no_change(text: str, case: Case) -> bool:
    return chance(case.id) < 0.6


def test_a_tie_gives_no_winner() -> None:
    found = World(no_change).run()
    assert found.winner is None
    assert found.changes == ()
    assert found.stop_reason == "patience: 3 steps without a better prompt"
    assert len(found.steps) == 3


def test_a_true_gain_is_found() -> None:
    good = "Give the label exactly, in lower-case."
    found = World(skilled, [["Say the label."], ["Hm."], [good]]).run()
    assert found.winner is not None
    assert found.winner.candidate.text == good
    assert found.winner.candidate.step == 3
    assert {c.case_id for c in found.changes} == {c.id for c in cases(30, "t") + cases(30, "v")}
    assert sum(c.new - c.old for c in found.changes) > 0
    assert [s.promoted for s in found.steps[:3]] == [True, False, True]


def test_the_steps_tell_train_validation_and_development_scores_and_calls() -> None:
    found = World(skilled, [["Say the label."]]).run()
    step = found.steps[0]
    train = [chance(f"t{i}") < skill("label") for i in range(30)]
    validation = [chance(f"v{i}") < skill("label") for i in range(30)]
    assert step.train == pytest.approx(sum(train) / 30)
    assert step.validation == pytest.approx(sum(validation) / 30)
    assert step.development == pytest.approx(sum(train + validation) / 60)
    assert 60 < step.calls < found.calls


def test_a_text_that_quotes_cases_is_refused_before_a_call_is_spent() -> None:
    memoriser = "ticket about matter t1x is yes, ticket about matter t3x is yes."
    world = World(lambda text, case: skilled(text, case) or case.id in text, [[memoriser]])
    found = world.run()
    assert found.winner is None
    assert found.refusals["quotes a case"] == 1
    assert not any(text == memoriser for text, _ in world.asked)


def test_proposers_never_see_validation_cases() -> None:
    world = World(no_change)
    world.run()
    asked = "".join(world.questions)
    assert "matter t" in asked
    assert "matter v" not in asked


def test_a_spent_budget_stops_with_its_reason_and_keeps_what_it_has() -> None:
    found = World(skilled, [["Say the label."]], cap=400).run(stops=[Steps(100)])
    assert found.stop_reason == "budget: 400 calls are used up"
    assert found.calls == 400
    assert found.winner is not None
    assert found.winner.candidate.text == "Say the label."


def test_a_budget_that_ends_within_the_baseline_gives_no_winner() -> None:
    found = World(skilled, cap=40).run()
    assert (found.winner, found.steps, found.calls) == (None, (), 40)
    assert found.stop_reason.startswith("budget")


def test_a_half_measured_candidate_never_wins() -> None:
    found = World(skilled, [["label exactly lower-case"]], cap=61 + 8 * 10).run()
    assert found.winner is None
    assert found.stop_reason.startswith("budget")


def test_the_limit_rule_stops_before_writing() -> None:
    world = World(no_change)
    found = world.run(stops=[Limit("calls", 61, lambda: world.calls), Steps(50)])
    assert found.stop_reason.startswith("budget: ")
    assert len(found.steps) == 1


def test_a_perfect_incumbent_needs_no_search() -> None:
    found = World(lambda text, case: True).run(stops=[Perfect(), Steps(9)])
    assert found.stop_reason == "perfect score on the development cases"
    assert found.steps == ()
    assert found.calls == 60


def test_nothing_judged_is_said_and_not_scored_as_zero() -> None:
    def dead(pairs: Pairs) -> list[Outcome]:
        return [Outcome(Score(c.id, None, Reason("connection", "connection: refused"))) for _, c in pairs]

    world = World(no_change)
    world.evaluate = dead  # type: ignore[method-assign]  # the planted evaluation
    found = world.run()
    assert found.stop_reason == "no case could be judged: connection: refused"
    assert found.winner is None


def test_unjudged_cases_count_for_nobody() -> None:
    """A candidate that fails nothing but leaves the hard cases unjudged is not better than the incumbent."""

    def evaluate(pairs: Pairs) -> list[Outcome]:
        outcomes = []
        for text, case in pairs:
            hard = chance(case.id) > 0.6
            value = None if hard and text != "Answer." else float(not hard)
            outcomes.append(
                Outcome(Score(case.id, value, None if value is not None else Reason("refused", "refused: no")))
            )
        return outcomes

    world = World(no_change)
    world.evaluate = evaluate  # type: ignore[method-assign]  # the planted evaluation
    assert world.run().winner is None


def test_a_silent_optimizer_ends_the_search() -> None:
    world = World(no_change)
    world.write = lambda messages, **kw: [None] * kw["n"]  # type: ignore[method-assign]  # scripted silence
    found = world.run()
    assert found.stop_reason == "no reply from the optimizer model"
    assert found.refusals == {"no reply": 8}


def test_the_same_seed_gives_the_same_run() -> None:
    def run(seed: int) -> Found:
        return World(skilled, [["Say the label."], ["label exactly"]]).run(seed=seed)

    assert run(3) == run(3)
    assert list(run(3).incumbent.outcomes) != list(run(4).incumbent.outcomes)


def test_a_search_without_a_stop_rule_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="stop rule"):
        World(no_change).run(stops=[])


def test_the_race_spends_less_than_full_evaluation() -> None:
    bad = [[f"bad {i} {j}" for j in range(8)] for i in range(3)]
    world = World(lambda text, case: chance(case.id) < (0.3 if "bad" in text else 0.7), bad)
    found = world.run(stops=[Steps(3)])
    assert found.calls < 60 + 3 * (1 + 8 * 60) * 0.5
    assert found.winner is None


def test_patience_counts_from_the_last_promotion() -> None:
    found = World(skilled, [[], ["Say the label."]]).run(stops=[Patience(2), Steps(20)])
    assert [s.promoted for s in found.steps] == [False, True, False, False]


def test_a_round_that_promotes_nothing_may_be_enough_to_stop() -> None:
    found = World(no_change).run(stops=[Patience(1)])
    assert found.stop_reason == "patience: a step without a better prompt"
    assert len(found.steps) == 1
