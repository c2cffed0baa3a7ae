"""Chooses what a screening ends with, and looks at it: the set that can be confirmed, or the best of whole texts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from promptci.core import Case
from promptci.decide.accept import screen
from promptci.decide.overfit import overfit
from promptci.search.account import refused_by_door
from promptci.search.asking import Screening
from promptci.search.base import Candidate, Proposal, Scored, Trajectory, gain, paired
from promptci.search.guards import normalised
from promptci.search.screening.fit import Estimate, Fit
from promptci.search.screening.stages import Standing, fits, provable, taken
from promptci.search.screening.traps import Traps
from promptci.search.screening.worth import Screen, Worth
from promptci.search.signal import finer

# Edits together do less than the sum of what each does among others: scores saturate. Measured: benchmarks/search.py.
_TOGETHER = 0.85
_UNSAID = 0.03  # what a union may gain beside the sum of its effects (standard deviation)
_UNASKED = 0.06  # and what a whole text may gain at all, before it was asked
FINALISTS = 5
SUSPECTS = 4  # times `check` answers that are kept back for the choice once there is suspicion of traps
_PLAIN = 1.64  # standard errors by which a text may gain more on train than on validation
_CLEAR = 2.33  # standard errors from which a gain on validation alone speaks for a text
_UNEVEN = 0.5  # the same once there is suspicion: a trap that changes little is known by little

Entrant = tuple[Candidate, tuple[int, ...]]  # a text, and the edits that make it; none for a whole text


@dataclass(frozen=True, slots=True)
class Choice:
    """The winner of a round, with what it should gain over the round's base on new cases; `edits` by number."""

    scored: Scored
    edits: tuple[int, ...]
    predicted: Estimate


def tried_together(lead: Scored, bench: Screening, standing: Standing, seen: Fit, cases: Sequence[Case]) -> bool:
    """Ask the set that would win now on some cases; whether it gains there what its effects say (then they add up).

    Its answers go into the fit like all others, so the look costs nothing.
    """
    some = bench.legal(tuple(sorted(provable(taken(standing, seen, bench.groups), seen))))
    met = [c for c in cases if lead.value(c.id) is not None]
    if not some or not met:
        return True
    done = bench.ask([some] * len(met), iter(met))
    scored = Scored(bench.candidate(some), {o.case_id: o for _, o in done})
    gained, changed, n = _gain(lead, scored, list(scored.outcomes))
    return fits(seen.of(some), gained, changed, n)


def chosen(
    done: Trajectory,
    lead: Scored,
    bench: Screening,
    standing: Standing,
    seen: Fit,
    traps: Traps,
    *,
    texts: Sequence[Proposal],
    check: int,
    room: int | None = None,
) -> tuple[Trajectory, Choice | None]:
    """Choose the set of edits with the best prospect of being confirmed, and ask it on `check` cases.

    Where effects do not add up (`bench.finals`), unions of edits and whole texts are compared on these cases as well:
    many small ones do more together than they say. What is seen is weighed with what the effects say. With a suspicion
    of traps more cases are asked, what is seen on train does not count, and nobody who plainly gains more there is
    chosen. `room` answers are left at most, None without a cap. No choice when nothing is better than the lead by that.
    """
    field = _field(bench, standing, seen, _whole(texts, bench, done), finals=bench.finals or traps.suspected)
    met = [c for c in done.cases if lead.value(c.id) is not None][: 2 * check if traps.suspected else check]
    field = field if room is None else field[: room // max(1, len(met))] if len(met) <= room else field[:1]
    met = met if room is None else met[: room // max(1, len(field))]
    outcomes = bench.judge([(c, case) for c, _ in field for case in met]) if bench.ended is None and met else []
    bench.ended = bench.ended or refused_by_door(outcomes)
    choices = []
    for number, (candidate, some) in enumerate(field):
        mine = outcomes[number * len(met) : (number + 1) * len(met)]
        scored = Scored(candidate, {o.case_id: o for o in mine})
        counts = [i for i in scored.outcomes if not traps.suspected or i in traps.validation]
        predicted = weighed(_expected(some, seen), seen.changed(some), lead, scored, counts)
        choices.append(Choice(scored, some, predicted))
    done = replace(done, scored=(*done.scored, *(c.scored for c in choices)))
    choices = [c for c in choices if _even(lead, c.scored, traps)]
    best = max(choices, key=lambda c: c.predicted.value, default=None)
    best = best if best and best.predicted.value > 0 else None
    record = recorded(bench, seen, best.edits if best else (), adds_up=not bench.finals)
    return replace(done, screens=(*done.screens, record), ended=done.ended or bench.ended), best


def _field(bench: Screening, standing: Standing, seen: Fit, whole: Sequence[Entrant], *, finals: bool) -> list[Entrant]:
    """The set that can be confirmed; in finals also unions and, where places are left, whole texts."""
    good = taken(standing, seen, bench.groups)
    sets = [tuple(provable(good, seen)), *(_unions(good, bench, standing, seen) if finals else [])]
    legal = [bench.legal(tuple(sorted(some))) for some in sets if some]
    field = [(bench.candidate(some), some) for some in dict.fromkeys(legal)][:FINALISTS]
    return [*field, *whole[: FINALISTS - len(field)]] if finals else field


def _even(lead: Scored, scored: Scored, traps: Traps) -> bool:
    """Whether a text does not gain more on train than on validation, by all that was asked of it.

    Under suspicion a little more is too much, unless what it gains on validation alone is plain.
    """
    sides = [
        [c.new - c.old for c in paired(lead, scored, [i for i in scored.outcomes if i in ids])]
        for ids in (traps.train, traps.validation)
    ]
    strict = traps.suspected and not screen(sides[1], factor=_CLEAR).passed
    return not overfit(*sides, limit=_UNEVEN if strict else _PLAIN).fires


def _unions(good: list[int], bench: Screening, standing: Standing, seen: Fit) -> list[tuple[int, ...]]:
    """All that were taken, their upper half, the best one, and all that seem to help at all (of alternatives one)."""
    positive: list[int] = []
    for i in sorted((*standing.adopted, *standing.alive), key=lambda i: -seen.effects[i]):
        group = next((g for g in bench.groups if i in g), [i])
        if seen.effects[i] > 0 and not set(group) & set(positive):
            positive.append(i)
    return [tuple(good), tuple(positive), tuple(good[: (len(good) + 1) // 2]), tuple(good[:1])]


def _whole(texts: Sequence[Proposal], bench: Screening, done: Trajectory) -> list[Entrant]:
    known = {normalised(s.candidate.bare) for s in done.scored}
    legal = [p for p in texts if p.text and all(guard(p) is None for guard in bench.guards)]
    fresh = [(p, p.text or "") for p in legal if normalised(p.text or "") not in known]
    return [(Candidate(text, p.origin, bench.step, p.parents), ()) for p, text in fresh]


def _gain(lead: Scored, scored: Scored, case_ids: Sequence[str]) -> tuple[float, float, int]:
    """The paired gain, the share of cases that changed, and how many there were."""
    changes = finer(lead, scored, case_ids)
    moved = sum((c.new - c.old) ** 2 for c in changes)
    return gain(changes) or 0.0, moved / max(1, len(changes)), len(changes)


def _expected(some: tuple[int, ...], seen: Fit) -> Estimate:
    """What the effects say of a set, or of a whole text where it is empty."""
    said = seen.of(some)
    return Estimate(_TOGETHER * said.value, math.hypot(said.se, _UNSAID) if some else _UNASKED)


def weighed(said: Estimate, changed: float, lead: Scored, scored: Scored, case_ids: Sequence[str]) -> Estimate:
    """What was `said` of a text and what was seen on these cases, each by its precision.

    `changed` is the share of cases that was said to change: where fewer did, that was luck.
    """
    gained, moved, n = _gain(lead, scored, case_ids)
    if not n:
        return said
    trust = said.se**2
    weight = trust / (trust + max(moved, changed) / n)
    return Estimate((1 - weight) * said.value + weight * gained, math.sqrt(trust * (1 - weight)))


def recorded(bench: Screening, seen: Fit, kept: Sequence[int], *, adds_up: bool) -> Screen:
    """The record of a screening: what each edit is worth, and what it adds to a call."""
    base = bench.base
    worths = (Worth(e, seen.one(i), e.old(base), round(e.adds(base)), i in kept) for i, e in enumerate(bench.edits))
    return Screen(bench.step, base.text, tuple(worths), len(bench.answers), adds_up)
