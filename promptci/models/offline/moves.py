"""Edits that the optimizer makes to a draft; one that does not apply falls back on other words or changes nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from promptci.models.offline import phrases
from promptci.models.offline.chance import Draws
from promptci.models.offline.draft import Draft, reworded
from promptci.models.offline.insight import Insight, definition
from promptci.models.offline.metaprompt import MetaPrompt
from promptci.models.offline.plan import NAMED, normal, plan
from promptci.models.offline.skills import SKILLS


@dataclass(frozen=True, slots=True)
class Desk:
    """What a move may look at: what the question shows, what that says about the task, and the draws of this reply."""

    question: MetaPrompt
    known: Insight
    draws: Draws


Move = Callable[[Draft, Desk], Draft]


def apply(base: Draft, moves: Sequence[Move], desk: Desk) -> Draft:
    """Make the moves in order."""
    for move in moves:
        base = move(base, desk)
    return base


def reword(base: Draft, desk: Desk) -> Draft:
    """Exchange words of one sentence."""
    places = base.sentences()
    if not places:
        return base
    place = desk.draws.pick(places)
    return base.changed(place, reworded(base.at(place), desk.draws))


def reorder(base: Draft, desk: Desk) -> Draft:
    """Put the later sentences of a paragraph in another order."""
    long = [i for i, line in enumerate(base.lines) if len(line) > 2]
    if not long:
        return reword(base, desk)
    i = desk.draws.pick(long)
    line = (base.lines[i][0], *desk.draws.shuffled(base.lines[i][1:]))
    return replace(base, lines=(*base.lines[:i], line, *base.lines[i + 1 :]))


def fluff(base: Draft, desk: Desk) -> Draft:
    """Add a sentence that sounds good and changes little."""
    return base.added(desk.draws.pick(phrases.FLUFF), first=desk.draws.chance(0.4))


def harm(base: Draft, desk: Desk) -> Draft:
    """Add a sentence that makes answers worse."""
    return base.added(desk.draws.pick(phrases.HARM))


def name_task(base: Draft, desk: Desk) -> Draft:
    """Say the task in the words of the skill that explains the examples."""
    if desk.known.skill is None:
        return reword(base, desk)
    phrase = desk.draws.pick(desk.known.skill.phrases[:3])
    places = base.sentences()
    if not places:
        return base.added(phrase)
    named = plan(base.text()).ranked
    clear = bool(named) and named[0][1] >= NAMED
    return base.added(phrase, first=True) if clear or desk.draws.chance(0.3) else base.changed(places[0], phrase)


def name_wrong_task(base: Draft, desk: Desk) -> Draft:
    """Say some other task."""
    phrase = desk.draws.pick(desk.draws.pick(tuple(SKILLS.values())).phrases)
    places = base.sentences()
    return base.changed(places[0], phrase) if places else base.added(phrase)


def list_labels(base: Draft, desk: Desk) -> Draft:
    """List the answers that were seen, unless they are listed."""
    have = {normal(label) for label in plan(base.text()).wanted.labels}
    if len(desk.known.labels) < 2 or {normal(label) for label in desk.known.labels} <= have:
        return base
    return base.added(desk.draws.pick(phrases.LISTS).format(labels=", ".join(desk.known.labels)))


def define(base: Draft, desk: Desk) -> Draft:
    """Explain one to three labels that are not explained yet."""
    have = plan(base.text()).wanted.meanings
    bare = [label for label in desk.known.labels if label not in have]
    if not bare:
        return redefine(base, desk)
    chosen = desk.draws.shuffled(bare)[: 1 + int(desk.draws.unit() * 3)]
    manner = desk.draws.pick(phrases.DEFINED)
    rows = [manner.format(label=label, what=definition(label, desk.known, desk.draws)) for label in chosen]
    return base.with_lines(rows) if manner.endswith(": {what}") else base.added(" ".join(rows))


def redefine(base: Draft, desk: Desk) -> Draft:
    """Say differently, or say more, what one label stands for."""
    labels = desk.known.labels
    about = [(p, label) for p in base.sentences() for label in labels if _explains(base.at(p), label)]
    if not about:
        return reword(base, desk)
    place, label = desk.draws.pick(about)
    old, what = base.at(place), definition(label, desk.known, desk.draws)
    if desk.draws.chance(0.5):
        return base.changed(place, f"{old.rstrip('.')}, {what}")
    bullet = "- " if old.startswith("- ") else ""
    return base.changed(place, f"{bullet}{label}: {what}" if ":" in old else f'Use "{label}" for {what}.')


def _explains(sentence: str, label: str) -> bool:
    name = rf"(?:[-*•] )?(?:Use )?[\"'`*]*{re.escape(label)}[\"'`*]*"
    return re.match(rf"{name}(?::| for\b| means\b)", sentence) is not None


def ask_only(base: Draft, desk: Desk) -> Draft:
    """Ask for the bare answer, unless the text does."""
    if "only" in plan(base.text()).features:
        return reword(base, desk)
    return base.added(desk.draws.pick(phrases.ONLY_LABEL if len(desk.known.labels) > 1 else phrases.ONLY_ANSWER))


def ask_case(base: Draft, desk: Desk) -> Draft:
    """Ask for lower case, if the answers seen are in lower case."""
    if not desk.known.lower or "case" in plan(base.text()).features:
        return reword(base, desk)
    return base.added(desk.draws.pick(phrases.LOWER))


def add_rule(base: Draft, desk: Desk) -> Draft:
    """Say what to do when several labels fit, or none."""
    if len(desk.known.labels) < 3 or plan(base.text()).wanted.rule:
        return fluff(base, desk)
    rest = next((label for label in desk.known.labels if normal(label) in ("other", "general", "none")), None)
    if rest and desk.draws.chance(0.3):
        return base.added(desk.draws.pick(phrases.FALLBACK).format(label=rest))
    return base.added(desk.draws.pick(phrases.RULES))


def drop(base: Draft, desk: Desk) -> Draft:
    """Take one sentence out, whatever it said."""
    places = base.sentences()
    return base.without(desk.draws.pick(places)) if len(places) > 1 else reword(base, desk)


def memorise(base: Draft, desk: Desk) -> Draft:
    """Quote examples with their answers: perfect on them, useless elsewhere."""
    for pair in desk.draws.shuffled(desk.question.pairs)[:3]:
        given = " ".join(pair.given.split()).replace('"', "'")
        base = base.added(f'If the input is "{given}", answer "{pair.expected}".')
    return base


def shorten(base: Draft, desk: Desk) -> Draft:
    """Take out sentences that say little first, now and then one that mattered."""
    for place in reversed(base.sentences()):
        says_little = base.at(place) in (*phrases.FLUFF, *phrases.HARM)
        if len(base.sentences()) > 1 and (says_little or desk.draws.chance(0.15)):
            base = base.without(place)
    return reword(base, desk)


# How often each edit is made when nothing in the question asks for a certain one.
MOVES: tuple[tuple[Move, float], ...] = (
    (reword, 0.20),
    (fluff, 0.16),
    (define, 0.13),
    (list_labels, 0.07),
    (ask_only, 0.08),
    (add_rule, 0.08),
    (ask_case, 0.03),
    (name_task, 0.07),
    (drop, 0.07),
    (memorise, 0.04),
    (harm, 0.04),
    (name_wrong_task, 0.03),
)
# The same for what stands beside a text: nothing of it is changed.
ADDING = tuple((move, share) for move, share in MOVES if move not in (reword, drop, name_wrong_task))
