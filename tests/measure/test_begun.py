"""A check that is killed while it confirms is paid for once: the next run of the same finds its answers."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import pytest

from promptci.commands.check import check
from promptci.models.base import Reply, Request
from promptci.run.ask import FIRST_FRESH
from tests.commands.test_ci import WORSE, loses_a_third
from tests.conftest import CONFIG, START, Repo, ScriptedModel


class Killed(BaseException):
    """The process ends here, as by a signal that nothing can catch."""


@dataclass
class Mortal(ScriptedModel):
    """Dies at the fresh answer number `last`."""

    last: int | None = None
    fresh: int = 0

    async def send(self, request: Request) -> Reply:
        self.fresh += request.sample >= FIRST_FRESH
        if self.last is not None and self.fresh > self.last:
            raise Killed
        return await ScriptedModel.send(self, request)


@pytest.fixture
def mortal(repo: Repo) -> Mortal:
    model = Mortal(score=loses_a_third)
    repo.model = model
    repo.write("prompts/say.md", WORSE)
    return model


def paid_twice(model: ScriptedModel) -> int:
    asked = Counter((r.sample, r.messages[0].content, r.messages[-1].content) for r in model.asked)
    return sum(count - 1 for count in asked.values())


def killed_at(repo: Repo, model: Mortal, last: int) -> None:
    model.last, model.fresh = last, 0
    with pytest.raises(Killed):
        check(repo.options(concurrency=1))
    model.last = None


@pytest.mark.parametrize("last", [0, 1, 7])
def test_a_plain_rerun_pays_for_no_confirmation_again(last: int, repo: Repo, mortal: Mortal) -> None:
    killed_at(repo, mortal, last)
    killed_at(repo, mortal, last + 1)
    before = len(mortal.asked)
    assert check(repo.options(concurrency=1)).verdict == "fail"
    assert len(mortal.asked) > before
    assert paid_twice(mortal) == 0


def test_a_check_that_came_to_its_end_is_confirmed_afresh_the_next_time(repo: Repo, mortal: Mortal) -> None:
    assert check(repo.options()).verdict == check(repo.options()).verdict == "fail"
    samples = {r.sample for r in mortal.asked if r.sample >= FIRST_FRESH}
    assert len({sample // 100 for sample in samples}) == 2


OTHERS = {
    "prompt": ("prompts/say.md", WORSE + "\n\n"),
    "gate": ("promptci.yaml", CONFIG.replace("say.jsonl}", "say.jsonl, gate: {max_drop: 0.01}}")),
}


@pytest.mark.parametrize(("file", "text"), OTHERS.values(), ids=OTHERS)
def test_another_check_takes_nothing_over(file: str, text: str, repo: Repo, mortal: Mortal) -> None:
    killed_at(repo, mortal, 5)
    began = {r.sample for r in mortal.asked if r.sample >= FIRST_FRESH}
    repo.write(file, text)
    before = len(mortal.asked)
    check(repo.options())
    assert began.isdisjoint(r.sample for r in mortal.asked[before:])


def test_a_harmless_change_is_still_green(repo: Repo, mortal: Mortal) -> None:
    repo.write("prompts/say.md", START.replace("Say", "Tell me") + "\n")
    mortal.score = lambda text, sample: "yes"
    assert check(repo.options()).verdict == "pass"
