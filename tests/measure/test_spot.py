"""A verdict that rests on stored answers: some of them are asked again first."""

from __future__ import annotations

import pytest

from promptci.core import Reason, VerdictName
from promptci.decide.verdict import Verdict
from promptci.measure.gates.base import Screened
from promptci.measure.spot import doubted
from tests.commands.test_check import number
from tests.commands.test_measures import EDITED, accepted, only
from tests.conftest import Repo, reasons_of


def test_answers_that_are_as_they_were_stay_the_base_s(repo: Repo) -> None:
    accepted(repo)
    repo.write("prompts/say.md", EDITED)
    prompt = only(repo)
    assert prompt.verdict == "pass"
    assert any("We re-asked 20 of the answers stored on" in r for r in reasons_of(prompt))
    assert {r.sample > 0 for r in repo.model.asked if "Say" in r.messages[0].content} == {True}


def test_a_provider_that_got_better_in_silence_hides_no_drop(repo: Repo) -> None:
    # Stored while every fifth case failed; by now the old prompt passes them all, and the new one still does not.
    repo.model.score = lambda text, sample: "yes" if number(text) % 5 else "no"
    accepted(repo)
    repo.model.score = lambda text, sample: "no" if number(text) % 5 == 0 and "Tell" in text else "yes"
    repo.write("prompts/say.md", EDITED)
    prompt = only(repo)
    assert prompt.verdict == "fail"
    assert any("The baseline is stale, so both sides ran afresh." in r for r in reasons_of(prompt))
    assert not any("Compared with the outcomes accepted on" in r for r in reasons_of(prompt))


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        pytest.param({"max_calls": 10}, "unmeasured", id="a budget that ends in the look"),
        pytest.param({"replay": True}, "pass", id="a replay, which asks nothing"),
    ],
)
def test_what_could_not_be_asked_again_is_said(changes: dict[str, object], verdict: str, repo: Repo) -> None:
    accepted(repo)
    repo.write("prompts/say.md", EDITED)
    if "replay" in changes:
        only(repo)
    prompt = only(repo, **changes)
    assert prompt.verdict == verdict
    assert any("Stored answers could not be checked" in r for r in reasons_of(prompt))


def test_a_changed_model_s_old_answers_are_not_asked_again(repo: Repo) -> None:
    accepted(repo)
    repo.write("promptci.yaml", (repo.path / "promptci.yaml").read_text().replace("model: scripted", "model: newer"))
    prompt = only(repo)
    assert prompt.verdict == "pass"
    assert {r.spec.model for r in repo.model.asked} == {"newer"}


@pytest.mark.parametrize(
    ("name", "kind", "left"),
    [
        pytest.param("pass", "timeout", "unmeasured", id="no pass rests on answers that nobody could look at"),
        pytest.param("pass", "replay", "pass", id="whoever asks for a replay knows"),
        pytest.param("inconclusive", "timeout", "inconclusive", id="undecided as before"),
        pytest.param("fail", "timeout", "fail", id="a block is confirmed on fresh answers"),
    ],
)
def test_what_stored_answers_show_that_could_not_be_checked(name: VerdictName, kind: str, left: str) -> None:
    shown = Screened(Verdict("max_drop", name, (Reason("x", "As it was."),)))
    assert doubted(shown, Reason(kind, "no answer")).verdict.name == left
