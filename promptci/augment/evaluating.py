"""Whether answers got better: the same prompts sent in two ways, each pair of answers judged in both orders."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from promptci.augment.base import UNASKED, Typed, joined
from promptci.augment.improved import Improved, read_category, read_made
from promptci.augment.pairing import Ask
from promptci.augment.questions import Questions
from promptci.core import Case, Message, Reason
from promptci.decide.preferred import Preference
from promptci.metrics.base import Answer
from promptci.metrics.pairwise import Pairwise
from promptci.metrics.reading import read_grade
from promptci.models.base import ModelSpec, Reply, Request

_FIRST: Mapping[str, float] = {"A": 1.0, "B": 0.0, "tie": 0.5}

Way = Callable[[Ask, Sequence[Typed], Sequence[str | Reason]], list[Improved]]


@dataclass(frozen=True)
class Asked:
    """Who answers, who judges, and by which rubric ("" for none)."""

    scorer: ModelSpec
    judge: ModelSpec
    rubric: str = ""


def unchanged(ask: Ask, prompts: Sequence[Typed], groups: Sequence[str | Reason]) -> list[Improved]:
    """Each prompt as it was typed."""
    del ask, groups
    return [Improved(p.text) for p in prompts]


def suffixed(suffix: str) -> Way:
    """Each prompt with the same sentence below it: the least that a complement has to beat."""

    def way(ask: Ask, prompts: Sequence[Typed], groups: Sequence[str | Reason]) -> list[Improved]:
        del ask, groups
        return [Improved(joined(p.text, suffix), suffix) for p in prompts]

    return way


def by_file(questions: Questions) -> Way:
    """Each prompt as a file of ours changes it, whether its category is shipped or not.

    A prompt of a category that the file does not have, and one whose category is not known, stays as it is.
    """

    def way(ask: Ask, prompts: Sequence[Typed], groups: Sequence[str | Reason]) -> list[Improved]:
        only = [c.name for c in questions.spec.categories]
        named = [only[0] if len(only) == 1 else group for group in groups]
        asked = [questions.made(p, g) for p, g in zip(prompts, named, strict=True) if g in only]
        replies = iter(ask(asked))
        return [
            read_made(questions.spec, p, str(g), next(replies))
            if g in only
            else Improved(p.text, reason=g if isinstance(g, Reason) else Reason("no_category", f"no category {g}"))
            for p, g in zip(prompts, named, strict=True)
        ]

    return way


def categories(ask: Ask, questions: Questions, prompts: Sequence[Typed]) -> list[str | Reason]:
    """Each prompt's category by the file, or why it is not known."""
    kinds = questions.spec.categories
    if len(kinds) == 1:
        return [kinds[0].name] * len(prompts)
    return [read_category(questions.spec, reply) for reply in ask([questions.category(p) for p in prompts])]


def preferences(
    ask: Ask, prompts: Sequence[Typed], groups: Sequence[str | Reason], new: Way, old: Way, by: Asked
) -> list[Preference]:
    """Which answer the judge prefers, prompt by prompt. A prompt that both ways leave alike is a tie, unasked.

    A question that the budget refused, an answer or a grade that could not be had, makes its case unmeasured.
    """
    texts = [[_told(p, one) for p, one in zip(prompts, way(ask, prompts, groups), strict=True)] for way in (new, old)]
    answers = [_answers(ask, [t or "" for t in side], by.scorer) for side in texts]
    rule = Pairwise(rubric=by.rubric, length=0)
    cases = [Case(p.id, {"input": p.whole}) for p in prompts]
    found = [_pair(*both) for both in zip(texts[0], texts[1], answers[0], answers[1], strict=True)]
    questions = [
        q.messages
        for c, pair in zip(cases, found, strict=True)
        if pair
        for q in rule.questions(c, Answer(pair[0], rival=pair[1]))
    ]
    replies = iter(ask([Request(by.judge, "judge", messages) for messages in questions]))
    return [
        _preference(f"{n} {case.id}", str(group) if isinstance(group, str) else "", pair, rule, case, replies)
        for n, (case, group, pair) in enumerate(zip(cases, groups, found, strict=True))
    ]


def _told(typed: Typed, improved: Improved) -> str | None:
    """What is sent; None where nobody was asked, and nobody can say what would have been sent."""
    if improved.reason is not None and improved.reason.kind in UNASKED:
        return None
    return joined(improved.text, typed.context)


def _answers(ask: Ask, texts: Sequence[str], scorer: ModelSpec) -> list[Reply]:
    return list(ask([Request(scorer, "scorer", (Message("user", text),)) for text in texts]))


def _pair(new: str | None, old: str | None, first: Reply, second: Reply) -> tuple[str, str] | None:
    """The two answers; None where one of them is missing. Alike prompts have alike answers."""
    if new is None or old is None or first.text is None or (new != old and second.text is None):
        return None
    return first.text, first.text if new == old else second.text or ""


def _preference(
    name: str, group: str, pair: tuple[str, str] | None, rule: Pairwise, case: Case, replies: Iterator[Reply]
) -> Preference:
    if pair is None:
        return Preference(name, None, None, 0, 0, group)
    asked = rule.questions(case, Answer(pair[0], rival=pair[1]))
    first, second = [_share(next(replies)) for _ in asked] or [0.5, 0.5]
    flipped = None if second is None else 1 - second if asked else second
    return Preference(name, first, flipped, len(pair[0]), len(pair[1]), group)


def _share(reply: Reply) -> float | None:
    return None if reply.text is None else read_grade(reply.text, _FIRST)
