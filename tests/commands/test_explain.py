"""What each sentence is worth, in worlds where it is known."""

from __future__ import annotations

import hashlib

import pytest

from promptci.commands.explain import explained
from promptci.errors import MeasureError, UsageError
from promptci.models.base import Failure, Reply, Request
from tests.conftest import Repo, reasons_of

TEXT = "Say the word. Be exact. The sky is blue today.\n\nInput: {{ input }}\n"


def chance(text: str, sample: int) -> float:
    return int(hashlib.sha256(f"{text}{sample}".encode()).hexdigest()[:8], 16) / 16**8


def passing(text: str, sample: int) -> str:
    """Without "Be exact." half of the cases fail; the weather is worth nothing."""
    whatever_the_weather = text.replace(" The sky is blue today.", "")
    return "yes" if chance(whatever_the_weather, sample) < (0.9 if "Be exact." in text else 0.4) else "no"


def test_a_sentence_that_matters_is_told_from_those_that_do_not(repo: Repo) -> None:
    repo.write("prompts/say.md", TEXT)
    repo.model.score = passing
    report = explained(repo.options(), ids=["say"], calls=900)
    told = reasons_of(report.prompts[0])
    (exact,) = [line for line in told if "Be exact." in line]
    (sky,) = [line for line in told if "sky is blue" in line]
    assert exact.startswith("helps (+")
    assert sky.startswith("not shown to do anything")
    assert 0 < report.calls <= 900


def test_held_out_cases_are_not_asked(repo: Repo) -> None:
    repo.write("prompts/say.md", TEXT)
    explained(repo.options(), ids=["say"], calls=900)
    inputs = {r.messages[-1].content.rsplit("Input: ", 1)[1] for r in repo.model.asked}
    assert 0 < len(inputs) < 240


def test_one_sentence_cannot_be_taken_apart(repo: Repo) -> None:
    repo.write("prompts/say.md", "{{ input }}\n")
    report = explained(repo.options(), ids=["say"])
    assert (report.calls, report.prompts[0].reasons[0].kind) == (0, "one_piece")


def test_too_few_calls_are_refused_before_one_is_sent(repo: Repo) -> None:
    with pytest.raises(UsageError, match="too few"):
        explained(repo.options(), ids=["say"], calls=20)
    assert repo.model.asked == []


def test_a_server_that_refuses_everything_is_no_explanation(repo: Repo) -> None:
    async def refuse(request: Request) -> Reply:
        return Reply(failure=Failure("refused", "not today"), attempts=1)

    repo.write("prompts/say.md", TEXT)
    repo.model.send = refuse  # type: ignore[method-assign]  # a server that refuses
    with pytest.raises(MeasureError, match="not today"):
        explained(repo.options(), ids=["say"])
