"""What every entry of the table keeps to, whatever its method."""

from __future__ import annotations

import pytest

from promptci.core import Case
from promptci.errors import ConfigError
from promptci.search.proposers import PROPOSERS, options_of, proposer
from promptci.search.view import View

from .views import METAPROMPTS, TRAIN, Writer, scored, view
from .worlds import World, cases, chance

START = scored("Answer the question: {{ input }}", 0.5, step=0)


def known(step: int = 2) -> View:
    return view(START, scored("Do better. {{ input }}", 0.8), scored("Do worse. {{ input }}", 0.2), step=step)


@pytest.mark.parametrize("strategy", PROPOSERS)
@pytest.mark.parametrize("step", [1, 2, 3])
def test_it_is_deterministic_and_names_where_its_texts_come_from(strategy: str, step: int) -> None:
    def run() -> tuple[object, list[str]]:
        writer = Writer()
        return proposer(strategy, writer, METAPROMPTS, {"per_step": 4})(known(step)), writer.questions

    proposals, questions = run()
    assert (proposals, questions) == run()
    assert all(p.origin for p in proposals)  # type: ignore[attr-defined]  # a list of proposals
    assert all(set(p.shown) <= {c.id for c in TRAIN} for p in proposals)  # type: ignore[attr-defined]  # the same


@pytest.mark.parametrize("strategy", PROPOSERS)
def test_it_asks_for_as_many_texts_as_it_is_told(strategy: str) -> None:
    writer = Writer()
    proposals = proposer(strategy, writer, METAPROMPTS, {"per_step": 7})(known(1))
    expected = 6 if strategy.startswith("evoprompt") else 7  # a population counts the incumbent
    assert len(proposals) == writer.given == expected


@pytest.mark.parametrize("strategy", PROPOSERS)
@pytest.mark.parametrize("reply", [None, "", "no tags", "<INS>", "<INS>a</INS><INS>b</INS>"])
def test_a_bad_reply_is_a_proposal_without_a_text(strategy: str, reply: str | None) -> None:
    proposals = proposer(strategy, Writer(lambda _: reply), METAPROMPTS, {})(known())
    if strategy != "ape":  # one pass by default: nothing to say in the second step
        assert proposals
    assert all(p.text is None and p.reason for p in proposals)


@pytest.mark.parametrize("strategy", PROPOSERS)
def test_placeholders_are_told_to_the_model_or_are_not_its_business(strategy: str) -> None:
    writer = Writer()
    proposals = proposer(strategy, writer, METAPROMPTS, {})(known(1))
    told = all("as written, and no other: {{ input }}" in q for q in writer.questions)
    framed = all(p.text is not None and "{{ input }}" in p.text for p in proposals)
    assert told or framed


@pytest.mark.parametrize("strategy", PROPOSERS)
def test_it_runs_in_the_real_loop_from_an_empty_start(strategy: str) -> None:
    """A world where what the second question gives is better; train is small, validation empty."""
    world = World(lambda text, case: chance(case.id) < (0.9 if text.startswith("Variation 1.") else 0.4))
    found = world.run("", train=cases(40), validation=[], strategy=strategy)
    assert found.winner is not None
    assert found.winner.candidate.text.startswith("Variation 1.")


@pytest.mark.parametrize("strategy", PROPOSERS)
def test_its_questions_hold_train_cases_at_most(strategy: str) -> None:
    world = World(lambda text, case: chance(case.id) < 0.5)
    world.run(strategy=strategy)
    assert world.questions
    assert not any("matter v" in question for question in world.questions)


@pytest.mark.parametrize("strategy", PROPOSERS)
def test_with_one_train_case_it_still_works(strategy: str) -> None:
    world = World(lambda text, case: False)
    found = world.run(train=[Case("only", {"input": "x"}, "y")], validation=[], strategy=strategy)
    assert found.winner is None


def test_names_and_options_that_do_not_exist_are_mistakes() -> None:
    with pytest.raises(ConfigError, match="unknown strategy 'oppro'") as wrong:
        proposer("oppro", Writer(), METAPROMPTS, {})
    assert "did you mean 'opro'" in str(wrong.value)
    with pytest.raises(ConfigError, match="has no option 'histroy'") as wrong:
        proposer("opro", Writer(), METAPROMPTS, {"histroy": 3})
    assert "did you mean 'history'" in str(wrong.value)


@pytest.mark.parametrize("option", ["write", "metaprompts", "name", "origin"])
def test_what_the_program_sets_is_not_an_option(option: str) -> None:
    assert all(option not in options_of(strategy) for strategy in PROPOSERS)


@pytest.mark.parametrize(
    ("strategy", "option", "value"),
    [
        ("opro", "per_step", 0),
        ("opro", "per_step", "8"),
        ("opro", "choice", "hardest"),
        ("opro", "position", "somewhere"),
        ("opro", "temperature", -1),
        ("opro", "labels", "yes"),
        ("opro", "starts", "one text"),
        ("ape", "mode", "sideways"),
        ("ape", "keep", 1.5),
        ("evoprompt-de", "version", 4),
        ("evoprompt-ga", "selection", "best"),
        ("mix", "demos", -1),
    ],
)
def test_a_value_that_an_option_cannot_have_is_a_mistake(strategy: str, option: str, value: object) -> None:
    with pytest.raises(ConfigError, match=option):
        proposer(strategy, Writer(), METAPROMPTS, {option: value})
