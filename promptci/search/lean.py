"""A round of a search for less: what can go, or be said in fewer words, without the score falling."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from promptci.core import Case, Outcome
from promptci.search.account import ending
from promptci.search.asking import Screening
from promptci.search.base import Scored, Trajectory, generator
from promptci.search.choosing import Choice, recorded, weighed
from promptci.search.desk import Desk, booked
from promptci.search.gathering import Gathered, tried_texts
from promptci.search.guards import normalised
from promptci.search.screening.design import cycle, subsets
from promptci.search.screening.edits import Edit, removals
from promptci.search.screening.fit import Answer, Estimate, Fit
from promptci.search.screening.pieces import Pieces
from promptci.search.screening.plan import Plan
from promptci.search.screening.savings import LEAST_CHANCE, Lean, harm, harmless, leanest, written
from promptci.search.standing import view
from promptci.search.view import EditSource, Suggested

_RATES = (0.35, 0.5, 0.5)  # how often an edit is in a text, by stage
_LAST = 2  # the stage half of whose answers are of the set that would win
_UNSAID = 0.02  # what a set may do beside the sum of its effects (standard deviation)
ASKS = 3  # questions for shorter wordings: what is deleted needs none


@dataclass(slots=True)
class _Bench:
    """A screening with what each edit saves, and every outcome of each set that was asked."""

    asked: Screening
    aim: Lean
    outcomes: dict[tuple[int, ...], dict[str, Outcome]] = field(default_factory=dict)
    lengths: list[tuple[tuple[int, ...], str, int]] = field(default_factory=list)

    def ask(self, sets: Sequence[tuple[int, ...]], cases: Iterator[Case]) -> None:
        for some, outcome in self.asked.ask(sets, cases):
            self.outcomes.setdefault(some, {})[outcome.case_id] = outcome
            self.lengths.append((some, outcome.case_id, outcome.written))

    @property
    def saved(self) -> dict[int, float]:
        """What each edit saves of what the aim weighs."""
        edits, aim = self.asked.edits, self.aim
        more = written(self.lengths, len(edits)) if aim.written else [0.0] * len(edits)
        return {i: -aim.read * e.adds(self.asked.base) - aim.written * more[i] for i, e in enumerate(edits)}

    def leanest(self, alive: Sequence[int], seen: Fit) -> tuple[int, ...]:
        some = leanest(alive, seen, self.saved, self.asked.groups, self.aim)
        return self.asked.legal(tuple(sorted(some))) if some else ()


def leaner(
    done: Trajectory, lead: Scored, base: Pieces, source: EditSource, desk: Desk, spread: Plan, aim: Lean
) -> tuple[Trajectory, Choice | None]:
    """Gather what would be shorter, screen it in three stages, and choose what can be shown to be no worse.

    Between stages edits are given up that plainly do harm. Returns no choice where nothing that saves is harmless
    enough to be worth a question to the held-out cases.
    """
    at = desk.calls()
    done, edits = _gathered(done, base, source, desk, spread)
    done = booked(done, proposals=desk.calls() - at)
    if not edits or done.ended is not None:
        return done, None
    answers = [Answer((), i, v) for i in lead.outcomes if (v := lead.value(i)) is not None]
    asked = Screening(base, edits, desk.guards, desk.judge, len(done.steps) + 1, answers)
    asked.demos = lead.candidate.demos
    bench = _Bench(asked, aim, lengths=[((), i, o.written) for i, o in lead.outcomes.items()])
    at = desk.calls()
    alive, seen = _stages(done, bench, spread, desk.seed)
    done = replace(booked(done, screening=desk.calls() - at), ended=done.ended or asked.ended)
    at = desk.calls()
    choice = _chosen(done, lead, bench, alive, seen, spread.check)
    done = replace(booked(done, finals=desk.calls() - at), ended=done.ended or asked.ended)
    record = recorded(asked, seen, choice.edits if choice else (), adds_up=True)
    done = replace(done, screens=(*done.screens, record))
    return (replace(done, scored=(*done.scored, choice.scored)) if choice else done), choice


def _gathered(
    done: Trajectory, base: Pieces, source: EditSource, desk: Desk, spread: Plan
) -> tuple[Trajectory, list[Edit]]:
    """Deletions of sentences and whole examples, then shorter wordings by the optimizer, which sees no case."""
    seen = {normalised(s.candidate.bare) for s in done.scored} | tried_texts(done, base)
    found = Gathered(base, desk.guards, len(done.steps) + 1, seen)
    found.take(Suggested(tuple(removals(base))))
    given = source.shorter(view(done, desk.seed, None), base, min(spread.asks, ASKS))
    fewer = tuple(e for e in given.edits if e.change != "insert" and len(e.text) < len(e.old(base)))
    found.take(replace(given, edits=fewer))
    edits = found.edits[: spread.edits]
    nothing = None if edits else ending("nothing_left", "nothing can be left out or said in fewer words")
    return replace(done, refused=(*done.refused, *found.refused), ended=done.ended or nothing), edits


def _stages(done: Trajectory, bench: _Bench, spread: Plan, seed: int) -> tuple[list[int], Fit]:
    rng = generator(seed, "lean", bench.asked.step)
    by_id = {c.id: c for c in done.cases}
    cases = (by_id[i] for i in cycle(list(by_id), rng))
    alive, edits = list(range(len(bench.asked.edits))), len(bench.asked.edits)
    seen = harm(bench.asked.answers, edits)
    for stage, n in enumerate(spread.stages()):
        best = bench.leanest(alive, seen) if stage == _LAST else ()
        whole = [best] * (n // 2) if best else []
        groups = [g for g in ([i for i in group if i in alive] for group in bench.asked.groups) if g]
        some = subsets(groups, n - len(whole), rate=_RATES[stage], rng=rng, most=len(groups))
        bench.ask([*whole, *some], cases)
        seen = harm(bench.asked.answers, edits)
        alive = [i for i in harmless(alive, seen) if i not in bench.asked.breaking]
        if bench.asked.ended is not None or not alive:
            break
    return alive, seen


def _chosen(
    done: Trajectory, lead: Scored, bench: _Bench, alive: Sequence[int], seen: Fit, check: int
) -> Choice | None:
    """Choose a set, look at it on some cases, and keep it where it is worth the question."""
    some = bench.leanest(alive, seen)
    if not some or bench.asked.ended is not None:
        return None
    met = [c for c in done.cases if lead.value(c.id) is not None][:check]
    bench.ask([some] * len(met), iter(met))
    own = bench.outcomes.get(some, {})
    looked = Scored(bench.asked.candidate(some), {c.id: own[c.id] for c in met if c.id in own})
    said, changed = seen.of(some), seen.changed(some)
    expected = Estimate(said.value, math.hypot(said.se, _UNSAID))
    predicted = weighed(expected, changed, lead, looked, list(looked.outcomes))
    if bench.aim.chance(predicted, changed) < LEAST_CHANCE:
        return None
    return Choice(Scored(looked.candidate, own), some, predicted)
