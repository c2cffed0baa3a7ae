"""Whether answers got better: the same prompts sent in two ways, each pair of answers judged in both orders."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from promptci.augment.base import UNASKED, Typed, joined
from promptci.augment.improved import Improved, read_made
from promptci.augment.pairing import Ask
from promptci.augment.questions import Questions
from promptci.augment.replies import read_category
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
    pairs = list(_answered(ask, texts[0], texts[1], by.scorer))
    rule = Pairwise(rubric=by.rubric, length=0)
    asked = [
        [] if pair is None else rule.questions(Case(p.id, {"input": p.whole}), Answer(pair[0], rival=pair[1]))
        for p, pair in zip(prompts, pairs, strict=True)
    ]
    replies = iter(ask([Request(by.judge, "judge", q.messages) for questions in asked for q in questions]))
    return [
        _preference(f"{n} {p.id}", group if isinstance(group, str) else "", pair, [next(replies) for _ in questions])
        for n, (p, group, pair, questions) in enumerate(zip(prompts, groups, pairs, asked, strict=True))
    ]


def _told(typed: Typed, improved: Improved) -> str | None:
    """What is sent; None where nobody was asked, and nobody can say what would have been sent."""
    if improved.reason is not None and improved.reason.kind in UNASKED:
        return None
    return joined(improved.text, typed.context)


def _answered(
    ask: Ask, new: Sequence[str | None], old: Sequence[str | None], scorer: ModelSpec
) -> Iterator[tuple[str, str] | None]:
    """Each prompt's two answers; None where one is missing. A text is sent once, and not where its other is unknown."""
    sent = list(dict.fromkeys(text for both in zip(new, old, strict=True) if None not in both for text in both if text))
    replies = ask([Request(scorer, "scorer", (Message("user", text),)) for text in sent])
    answers = {text: reply.text for text, reply in zip(sent, replies, strict=True)}
    for both in zip(new, old, strict=True):
        first, second = (answers.get(text or "") for text in both)
        yield None if first is None or second is None else (first, second)


def _preference(name: str, group: str, pair: tuple[str, str] | None, replies: Sequence[Reply]) -> Preference:
    """The judge's replies in both orders; none where the answers are alike, which is a tie."""
    if pair is None:
        return Preference(name, None, None, 0, 0, group)
    first, second = [_share(reply) for reply in replies] or [0.5, 0.5]
    flipped = None if second is None else 1 - second  # half of one is half of the other
    return Preference(name, first, flipped, len(pair[0]), len(pair[1]), group)


def _share(reply: Reply) -> float | None:
    return None if reply.text is None else read_grade(reply.text, _FIRST)
