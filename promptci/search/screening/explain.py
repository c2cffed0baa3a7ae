"""What each sentence of a prompt is worth: screening deletions only, at a budget of calls. Pure but for its `ask`."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import NormalDist

from promptci.search.screening.design import cycle, subsets
from promptci.search.screening.edits import Edit, apply, deletions
from promptci.search.screening.fit import Answer, Estimate, fit
from promptci.search.screening.pieces import Pieces, cut

PRIOR = 0.10  # standard deviation of a sentence's worth: a sentence that somebody wrote may well matter
LEVEL = 0.05  # at most this share of worthless sentences is called worth something
_MOST = 4  # sentences missing at a time, on average: few, so that a sentence is judged in its prompt, not in its ruins

# Texts and case ids -> a value in [0, 1] each, None where a case could not be measured.
Ask = Callable[[Sequence[tuple[str, str]]], Sequence[float | None]]


@dataclass(frozen=True, slots=True)
class SentenceWorth:
    """A sentence with what it adds to the share of cases passed, and what it costs in tokens a call.

    `matters` is +1 when it is shown to help, -1 when it is shown to harm, 0 when neither is shown. `needed` is the
    chance that it helps at all.
    """

    text: str
    place: int
    worth: Estimate
    tokens: int
    matters: int
    needed: float


@dataclass(frozen=True, slots=True)
class Explained:
    """Every free sentence in order; `answers` is how many calls were measured, `score` the whole prompt's."""

    sentences: tuple[SentenceWorth, ...]
    answers: int
    score: float | None

    @property
    def idle(self) -> tuple[SentenceWorth, ...]:
        """Sentences that are not shown to do anything: candidates to be cut."""
        return tuple(s for s in self.sentences if s.matters == 0)


def explain(
    text: str, case_ids: Sequence[str], ask: Ask, *, calls: int, seed: int, keep: Sequence[str] = ()
) -> Explained:
    """Leave out sentences at random and see what is lost, in `calls` answers at most, one for each pair asked.

    A sixth of the calls, one a case at most, is for the whole prompt; in the others each sentence is missing in up to a
    third of the texts. Fixed pieces (`pieces.cut`) are not judged. With one sentence or none nothing is asked.
    """
    base, rng = cut(text, keep), random.Random(f"explain:{seed}")  # noqa: S311 - repeatable draws are the point
    gone = deletions(base)
    whole = list(case_ids)[: calls // 6]
    if not gone or not whole:
        return Explained((), 0, None)
    rows: list[tuple[tuple[int, ...], str]] = [((), i) for i in whole]
    sets = subsets([[k] for k in range(len(gone))], calls - len(whole), rate=0.35, rng=rng, most=_MOST)
    rows += list(zip(sets, cycle(case_ids, rng), strict=False))
    values = ask([(apply(base, [gone[k] for k in some]), i) for some, i in rows])
    answers = [Answer(some, i, v) for (some, i), v in zip(rows, values, strict=True) if v is not None]
    seen = fit(answers, len(gone), prior=PRIOR, learn=False)
    alone = [a.value for a in answers if not a.edits]
    worths = tuple(_worth(base, edit, seen.one(k)) for k, edit in enumerate(gone))
    return Explained(worths, len(answers), sum(alone) / len(alone) if alone else None)


def _worth(base: Pieces, edit: Edit, lost: Estimate) -> SentenceWorth:
    body = base.pieces[edit.place].body
    worth = Estimate(-lost.value, lost.se)
    ratio = worth.value / worth.se
    helps, harms = (NormalDist().inv_cdf(1 - share * LEVEL) for share in (0.8, 0.2))  # most sentences help, if anything
    matters = 1 if ratio > helps else -1 if ratio < -harms else 0
    return SentenceWorth(body, edit.place, worth, round(-edit.adds(base)), matters, NormalDist().cdf(ratio))
