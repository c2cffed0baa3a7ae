"""The same prompts in two ways: who is asked, in which orders, what ties for nothing, and what cannot be measured."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from promptci.augment.evaluating import Asked, by_file, categories, preferences, suffixed, unchanged
from promptci.core import Reason
from promptci.decide.preferred import Preference, change_of
from promptci.models.base import Failure, ModelSpec, Reply, Request
from tests.augment.conftest import FIT, Planted, questions, shown, typed

BY = Asked(ModelSpec("scorer"), ModelSpec("judge"))
PROMPTS = typed(*(f"Why is the number {n} odd or even?" for n in range(6)))


class World(Planted):
    """Answers `long` where the complement is in the prompt, and prefers by `better`; the scorer may fail."""

    failing: str = "no such prompt"

    def one(self, request: Request) -> Reply:
        text = request.messages[0].content
        if request.role == "scorer":
            self.asked.append(request)
            if self.failing in text:
                return Reply(failure=Failure("timeout", "60 s"), attempts=1)
            return Reply(
                (f"long answer to {text[:30]}" if FIT in text else f"short answer to {text[:30]}",), attempts=1
            )
        if "You compare two answers" in text:
            self.asked.append(request)
            return Reply(("A" if shown(request)[1].startswith("long") else "B",), attempts=1)
        return super().one(request)


@pytest.fixture
def world() -> World:
    return World()


def compared(world: World, new: object = None, old: object = unchanged) -> list[Preference]:
    asked = questions()
    groups = categories(world, asked, PROMPTS)
    return preferences(world, PROMPTS, groups, new or by_file(asked), old, BY)  # type: ignore[arg-type]  # ways


def calls(world: World, role: str) -> int:
    return sum(r.role == role for r in world.asked)


def test_a_better_way_wins_every_case_in_both_orders(world: World) -> None:
    found = compared(world)
    assert [p.value for p in found] == [1.0] * 6
    assert {p.group for p in found} == {"question"}
    assert all(p.new_length > 0 and p.old_length > 0 for p in found)
    assert (calls(world, "scorer"), calls(world, "optimizer")) == (12, 6)
    assert calls(world, "judge") == 6 + 12


def test_the_worse_way_loses_and_each_other_is_the_opposite(world: World) -> None:
    found = compared(world, new=unchanged, old=by_file(questions()))
    assert change_of(found).losses == 6


def test_a_judge_that_goes_by_the_order_ties(world: World) -> None:
    class First(World):
        def one(self, request: Request) -> Reply:
            said = super().one(request)
            return Reply(("A",), attempts=1) if "You compare two answers" in request.messages[0].content else said

    found = compared(First())
    assert change_of(found).ties == 6
    assert {(p.shown_first, p.shown_second) for p in found} == {(1.0, 0.0)}


def test_prompts_that_stay_alike_tie_and_no_judge_is_asked(world: World) -> None:
    world.made = lambda prompt, sample: "<INS>The answer is odd.</INS>"
    assert change_of(compared(world)).ties == 6
    assert (calls(world, "scorer"), calls(world, "judge")) == (6, 6)  # one answer for both; the categories alone


def test_against_the_same_sentence_for_all(world: World) -> None:
    found = compared(world, old=suffixed("Think first."))
    assert change_of(found).wins == 6
    texts = [r.messages[0].content for r in world.asked if r.role == "scorer"]
    assert sum(text.endswith("\n\nThink first.") for text in texts) == 6


def test_an_answer_that_could_not_be_had_is_unmeasured_not_lost(world: World) -> None:
    world.failing = "number 3"
    found = compared(world)
    assert [p.value for p in found] == [1.0, 1.0, 1.0, None, 1.0, 1.0]


def test_a_grade_that_cannot_be_read_is_unmeasured() -> None:
    class Prose(World):
        def one(self, request: Request) -> Reply:
            said = super().one(request)
            return Reply(("both fine",), attempts=1) if "You compare" in request.messages[0].content else said

    assert change_of(compared(Prose())).unmeasured == 6


def test_what_the_budget_refused_is_unmeasured_and_what_failed_goes_as_typed(world: World) -> None:
    world.made, world.failure = (lambda prompt, sample: None), Failure("budget", "spent")
    assert change_of(compared(world)).unmeasured == 6
    assert calls(world, "scorer") == 0
    world.failure = Failure("server", "500")
    assert change_of(compared(world)).ties == 6


def test_a_prompt_whose_category_is_not_known_stays_as_it_is(world: World) -> None:
    world.category = lambda prompt: None if "number 2" in prompt else "question"
    found = compared(world)
    assert [p.value for p in found] == [1.0, 1.0, 0.5, 1.0, 1.0, 1.0]
    assert found[2].group == ""


def test_a_file_with_one_category_changes_every_prompt(world: World) -> None:
    groups: Sequence[str | Reason] = ["other", Reason("server", "500")]
    world.made = lambda prompt, sample: f"<INS>{prompt[:-1]}, and how can one tell?</INS>"
    found = by_file(questions(kind="rewrite"))(world, PROMPTS[:2], groups)
    assert all(one.made for one in found)
