"""The strategy `edits` in the real loop, on small planted worlds."""

from __future__ import annotations

import random
import re
from collections import Counter
from typing import Any

import pytest

from promptci.assets import templates
from promptci.core import Case
from promptci.prompts.render import compile_template
from promptci.search.base import Found, Proposal
from promptci.search.guards import standard
from promptci.search.loop import search
from promptci.search.metaprompts import MetaPrompts
from promptci.search.proposers import proposer
from promptci.search.stopping import Perfect, Steps

from .test_guards import BASELINE, CASES
from .test_guards import REPLIES as REPLIES_OF_THE_GUARDS
from .worlds import World, cases, chance

GOOD = {"label": 0.14, "exactly": 0.12, "lower-case": 0.12}
REPLIES = [
    ["ADD: Give the label.\nADD: Be nice to all.\nREPLACE 1: Answer me.", "ADD: Do it exactly so.\nDELETE 1"],
    ["ADD: Use lower-case."],
    ["REPLACE 1: Answer it now."],
]


def skilled(text: str, case: Case) -> bool:
    share = 0.45 + sum(worth for word, worth in GOOD.items() if word in text)
    return (chance(case.id) < share) != (chance(case.id, text) < 0.04)


def idle(text: str, case: Case) -> bool:
    return (chance(case.id) < 0.6) != (chance(case.id, text) < 0.04)


def run(world: World, max_calls: int | None = 900, **options: Any) -> Found:
    return world.run(strategy="edits", stops=[Perfect(), Steps(5)], max_calls=max_calls, **options)


def test_what_helps_is_found_and_what_does_not_stays_out() -> None:
    found = run(World(skilled, REPLIES), max_calls=1500)
    assert found.winner is not None
    assert all(word in found.winner.candidate.text for word in GOOD)
    kept = {w.edit.text for w in found.kept}
    assert {"Give the label.", "Do it exactly so.", "Use lower-case."} <= kept
    assert len(kept) <= 8
    assert found.predicted is not None
    assert 0.1 < found.predicted.value < 0.5
    assert found.winner.candidate.origin == "edits"


def test_every_edit_tried_has_an_effect_with_an_interval_and_a_source() -> None:
    found = run(World(skilled, REPLIES))
    worths = found.screens[0].worths
    assert len(worths) > 20
    assert all(w.effect.interval[0] < w.effect.value < w.effect.interval[1] for w in worths)
    assert {w.edit.source for w in worths} >= {"reflect", "induce"}
    assert all(w.tokens > 0 for w in worths if w.edit.change == "insert" and len(w.edit.text) > 6)


@pytest.mark.parametrize("cap", [0, 1, 30, 59, 60, 61, 90, 120, 200, 300, 600, 1000])
def test_any_budget_is_kept_and_from_sixty_calls_on_something_is_tried(cap: int) -> None:
    world = World(skilled, REPLIES, cap=cap)
    found = run(world, max_calls=cap)
    assert world.calls == found.calls <= cap
    assert found.ledger.total == found.calls
    assert bool(found.screens) == (cap >= 59)
    assert found.cut_short == (cap < 59)


@pytest.mark.parametrize("cap", [3400, 5000])
def test_a_later_round_leaves_alone_what_is_kept_for_the_confirmation(cap: int) -> None:
    found = run(World(skilled, REPLIES), max_calls=cap, train=cases(100, "t"), validation=cases(100, "v"))
    assert len(found.steps) > 1
    assert 0.95 * cap < found.calls <= cap


def test_calls_are_used_and_booked() -> None:
    found = run(World(skilled, REPLIES), max_calls=1000)
    assert found.reason.kind == "done"
    assert found.ledger.total == found.calls > 0.95 * 1000
    assert found.ledger.proposals <= 80
    assert found.ledger.screening > 0.7 * 1000


def test_without_a_cap_it_ends_by_its_stop_rules() -> None:
    found = run(World(idle), max_calls=None)
    assert found.reason.kind in ("steps", "done", "nothing_left")
    assert found.calls < 10_000


def test_the_same_seed_gives_the_same_run() -> None:
    assert run(World(skilled, REPLIES)) == run(World(skilled, REPLIES))


def test_it_never_shows_a_validation_case() -> None:
    world = World(skilled, REPLIES)
    run(world)
    assert world.questions
    assert "matter t" in "".join(world.questions)
    assert "matter v" not in "".join(world.questions)


def test_every_call_tells_about_many_edits_and_cases_come_equally_often() -> None:
    world = World(idle)
    found = run(world, seed=4)
    texts = Counter(text for text, _ in world.asked)
    assert len(texts) > 300
    often = Counter(case_id for _, case_id in world.asked)
    assert max(often.values()) <= 2 * min(often.values())
    assert found.screens[0].answers > 600


def test_an_edit_that_helps_on_train_alone_is_labelled_and_never_kept() -> None:
    def trap(text: str, case: Case) -> bool:
        share = 0.5 + 0.4 * ("trap" in text and case.id.startswith("t")) + 0.15 * ("label" in text)
        return (chance(case.id) < share) != (chance(case.id, text) < 0.04)

    found = run(World(trap, [["ADD: Do the trap.\nADD: Give the label."]]))
    assert found.overfit is not None
    assert found.overfit.gap > 1.7 * found.overfit.se > 0  # two gaps are weighed together; the wider one is shown
    assert found.winner is not None
    assert "trap" not in found.winner.candidate.text


def test_a_gate_of_form_is_adopted_and_what_it_hides_is_found() -> None:
    """Content shows only where the form is right: answers count in a tenth of the cases until an edit mends it."""

    def gated(text: str, case: Case) -> bool:
        share = 0.5 + sum(0.12 for word in ("alpha", "beta", "gamma") if word in text)
        return chance(case.id) < share and ("one word" in text or chance(case.id, "form") < 0.1)

    script = [["ADD: Answer in one word.\nADD: Think of alpha.\nADD: Mind the beta.\nADD: Use the gamma."]]
    winners = [run(World(gated, script), max_calls=1500, seed=seed).winner for seed in range(4)]
    texts = [winner.candidate.text for winner in winners if winner is not None]
    assert len(texts) == 4
    assert all("one word" in text for text in texts)
    assert sum(word in text for text in texts for word in ("alpha", "beta", "gamma")) >= 8  # of twelve


def test_what_is_fixed_stays_in_every_text_that_is_asked() -> None:
    world = World(lambda text, case: chance(case.id, text) < 0.6, REPLIES)
    run(world, keep=["Answer."])
    assert all("Answer." in text for text, _ in world.asked)


def test_forbidden_words_are_in_no_text_that_is_asked() -> None:
    world = World(skilled, REPLIES)
    found = run(world, forbid=["LABEL"])
    assert not any("label" in text for text, _ in world.asked)
    assert found.refusals["forbidden words"] >= 1


def test_an_edit_that_quotes_a_case_is_refused_alone() -> None:
    world = World(
        skilled, [["ADD: ticket about matter t1x is yes, ticket about matter t3x is yes.\nADD: Give the label."]]
    )
    found = run(world)
    assert found.refusals["quotes a case"] == 1
    assert not any("t3x" in text for text, _ in world.asked)
    assert any("Give the label." in text for text, _ in world.asked)


@pytest.mark.parametrize(("reply", "kind"), [(None, "no_reply"), ("I cannot help.", "unreadable")])
def test_an_optimizer_that_says_nothing_useful_is_no_finding(reply: str | None, kind: str) -> None:
    world = World(idle)
    world.write = lambda messages, **kw: [reply] * kw["n"]  # type: ignore[method-assign]  # scripted
    found = run(world)
    assert (found.reason.kind, found.cut_short, found.winner) == (kind, True, None)


def test_an_optimizer_that_gives_whole_texts_is_taken_apart() -> None:
    start = "Answer. Be kind."

    def whole(messages: object, *, n: int, **_: object) -> list[str | None]:
        numbers = [len(asked) + i for i in range(n)]
        asked.extend(numbers)
        good = ["Give the label.", "Do it exactly so.", "Use lower-case.", "Try hard.", "Use colour."]
        return [f"<INS>Answer. Be kind. {good[k % 5]} Idea number {k}.</INS>" for k in numbers]

    asked: list[int] = []
    world = World(skilled)
    world.write = whole  # type: ignore[method-assign]  # scripted
    found = world.run(start, strategy="edits", stops=[Steps(3)], max_calls=900)
    assert found.winner is not None
    assert all(word in found.winner.candidate.text for word in GOOD)


def test_an_empty_start_gets_its_instruction_from_pairs() -> None:
    world = World(skilled)
    world.write = lambda messages, *, n, **kw: ["<INS>Give the label. Do it exactly so.</INS>"] * n  # type: ignore[method-assign]  # scripted
    found = world.run("", strategy="edits", stops=[Steps(2)], max_calls=600)
    assert found.winner is not None
    assert "label" in found.winner.candidate.text


def test_after_two_unreadable_replies_the_plain_form_is_used() -> None:
    world = World(skilled)

    def small(messages: tuple[object, ...], *, n: int, **_: object) -> list[str | None]:
        question = messages[-1].content  # type: ignore[attr-defined]  # a message
        world.questions.append(question)
        return ["Give the label always." if "Write only the sentence" in question else "Hmm:"] * n

    world.write = small  # type: ignore[method-assign]  # scripted
    found = run(world)
    assert found.refusals["unreadable reply (no edit in it)"] == 2
    assert any(w.edit.text == "Give the label always." for w in found.screens[0].worths)
    assert not re.search(r"<\w+>", world.questions[-1])


def test_a_plain_style_asks_plainly_from_the_start() -> None:
    world = World(skilled)
    run(world, style="plain")
    assert all("Write only the sentence" in q for q in world.questions)


def hostile(runs: int) -> None:
    """Every hostile reply, alone and among good ones, in random order: no text that a guard refuses is ever asked."""
    replies = [reply for reply, _ in REPLIES_OF_THE_GUARDS]
    for seed in range(runs):
        rng = random.Random(seed)
        start = BASELINE
        world = World(idle)
        world.write = lambda messages, *, n, _rng=rng, **kw: [  # type: ignore[method-assign]  # scripted
            _rng.choice(replies) if _rng.random() < 0.8 else "ADD: Be brief." for _ in range(n)
        ]
        guards = standard(start, CASES, lambda text: compile_template(text).variables)
        done = search(
            start,
            cases(12, "t"),
            cases(12, "v"),
            evaluate=world.evaluate,
            proposer=proposer("edits", world.write, MetaPrompts((templates(),)), {}),
            stops=[Steps(2)],
            guards=guards,
            calls=lambda _world=world: _world.calls,  # type: ignore[misc]  # bound now
            max_calls=150,
            seed=seed,
        )
        assert done.calls <= 150
        texts = {text for text, _ in world.asked} - {start}
        assert all(guard(Proposal("edits", text)) is None for text in texts for guard in guards)
        assert all(refusal.reason and refusal.detail for refusal in done.refused)


def test_hostile_replies_never_reach_a_text() -> None:
    hostile(3)


@pytest.mark.fault
def test_hostile_replies_never_reach_a_text_in_a_thousand_runs() -> None:
    hostile(1000)


def test_where_wrong_answers_have_another_form_that_is_said_without_asking_anybody() -> None:
    def formal(text: str, case: Case) -> bool:
        return chance(case.id) < (0.8 if "one word" in text or "one of these" in text else 0.02)

    world = World(formal, [["ADD: Think about it."]], output="I would say that it is yes.")
    found = run(world, max_calls=600)
    assert found.winner is not None
    assert {w.edit.source for w in found.kept} >= {"form"}


def test_one_unreadable_reply_among_readable_ones_is_no_search_that_heard_nothing() -> None:
    world = World(idle)
    replies = iter([None, *["ADD: Be brief.\nADD: Be kind."] * 50])
    world.write = lambda messages, *, n, **kw: [next(replies) for _ in range(n)]  # type: ignore[method-assign]  # scripted
    found = run(world, max_calls=200)
    assert found.screens
    assert found.reason.kind not in ("unreadable", "no_reply")


def test_where_next_to_nothing_passes_other_edits_are_asked_for_in_place_of_more_answers() -> None:
    world = World(lambda text, case: "label" in text or chance(case.id, text) < 0.01)

    def write(messages: tuple[object, ...], *, n: int, **_: object) -> list[str | None]:
        world.calls += n
        return [f"<INS>{'Give the label.' if world.calls > 200 else 'Do your best.'}</INS>"] * n

    world.write = write  # type: ignore[method-assign]  # scripted
    found = run(world, max_calls=600, start="")
    assert [len(screen.worths) > 0 for screen in found.screens] == [True, True]
    assert found.screens[0].answers < 300
    assert not any(w.kept for w in found.screens[0].worths)
    assert found.winner is not None
    assert "Give the label." in found.winner.candidate.text
    assert found.calls <= 600
