from __future__ import annotations

import pytest

from promptci.core import Case
from promptci.search.stopping import Steps

from .worlds import World, cases, chance

START = "You are a clerk. Sort the ticket. Be polite."
LONG = "You are a brilliant clerk! Sort the ticket. Answer with the label. Take a deep breath. Be polite."


def only_the_label_helps(text: str, case: Case) -> bool:
    return chance(case.id) < (0.8 if "Answer with the label." in text else 0.5)


def test_changes_that_do_not_help_are_taken_back() -> None:
    found = World(only_the_label_helps, [[LONG]]).run(START, stops=[Steps(1)])
    assert found.winner is not None
    assert found.winner.candidate.text == "You are a clerk. Sort the ticket. Answer with the label. Be polite."
    assert found.winner.candidate.origin == "trim"
    assert sum(c.new - c.old for c in found.changes) > 0


def test_the_trimmed_text_scores_no_lower() -> None:
    found = World(only_the_label_helps, [[LONG]]).run(START, stops=[Steps(1)])
    first = next(s for s in found.candidates if s.candidate.text == LONG)
    assert found.winner is not None
    ids = list(found.incumbent.outcomes)
    assert (found.winner.mean(ids) or 0) >= (first.mean(ids) or 0)


def test_a_harmful_cut_costs_few_calls() -> None:
    def both_help(text: str, case: Case) -> bool:
        return chance(case.id) < 0.3 + 0.3 * ("label" in text) + 0.3 * ("breath" in text)

    world = World(both_help, [["Sort. Answer with the label. Take a deep breath."]])
    found = world.run("Sort.", stops=[Steps(1)])
    assert found.winner is not None
    assert found.winner.candidate.text == "Sort. Answer with the label. Take a deep breath."
    assert found.calls - found.steps[-1].calls < 2 * 60


def test_a_single_change_is_left_alone() -> None:
    world = World(only_the_label_helps, [["Sort. Answer with the label."]])
    found = world.run("Sort.", stops=[Steps(1)])
    assert found.calls == found.steps[-1].calls


def test_a_deleted_sentence_that_did_not_matter_comes_back() -> None:
    start = "You are a clerk. Be polite. Sort the ticket."
    found = World(only_the_label_helps, [["Sort the ticket. Answer with the label."]]).run(start, stops=[Steps(1)])
    assert found.winner is not None
    assert found.winner.candidate.text == "You are a clerk. Be polite. Sort the ticket. Answer with the label."


@pytest.mark.parametrize("left", [5, 30])
def test_a_spent_budget_keeps_the_winner_as_it_is(left: int) -> None:
    used = World(only_the_label_helps, [[LONG]]).run(START, stops=[Steps(1)]).steps[-1].calls
    found = World(only_the_label_helps, [[LONG]], cap=used + left).run(START, stops=[Steps(1)])
    assert found.winner is not None
    assert found.winner.candidate.text == LONG
    assert found.calls == used + left
    assert sum(c.candidate.origin == "trim" for c in found.candidates) == 1  # the first try was cut off; no second one


def test_a_cut_that_costs_one_case_is_not_taken() -> None:
    """The race sees the loss at its last case only, so the trimming itself has to look."""
    last = list(World(only_the_label_helps).run(START, stops=[Steps(1)]).incumbent.outcomes)[-1]

    def breath_is_worth_one_case(text: str, case: Case) -> bool:
        return "label" in text and (case.id != last or "breath" in text)

    world = World(breath_is_worth_one_case, [["Sort. Answer with the label. Take a deep breath. Be polite."]])
    found = world.run("Sort. Be polite.", stops=[Steps(1)])
    assert found.winner is not None
    assert "breath" in found.winner.candidate.text


def test_nothing_is_trimmed_before_the_winner_met_every_case() -> None:
    many = {"train": cases(100, "t"), "validation": cases(100, "v")}
    used = World(only_the_label_helps, [[LONG]]).run(START, stops=[Steps(1)], **many).steps[-1].calls  # type: ignore[arg-type]  # lists of cases
    found = World(only_the_label_helps, [[LONG]], cap=used + 30).run(START, stops=[Steps(1)], **many)  # type: ignore[arg-type]  # the same
    assert found.winner is not None
    assert [c.candidate.origin for c in found.candidates].count("trim") == 0
