"""The screening search on one page: gather edits, screen them together in three stages, choose, look, and go on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from random import Random

from promptci.core import Case, Reason
from promptci.search.account import Ledger, ending
from promptci.search.asking import Screening
from promptci.search.base import Label, Scored, Trajectory, generator
from promptci.search.choosing import FINALISTS, SUSPECTS, Choice, chosen, tried_together
from promptci.search.demos import quoted
from promptci.search.desk import Desk, booked
from promptci.search.finals import extended
from promptci.search.gathering import gathered
from promptci.search.lean import leaner
from promptci.search.screening.design import cycle, subsets
from promptci.search.screening.fit import Answer, Estimate, Fit, fit
from promptci.search.screening.pieces import cut
from promptci.search.screening.plan import Plan, plan, rounds_of, start_cases
from promptci.search.screening.stages import Standing, halved
from promptci.search.screening.traps import Traps
from promptci.search.signal import signal, telling
from promptci.search.standing import summary, view
from promptci.search.view import EditSource

_RATES = (0.25, 0.5, 0.5)  # how often an edit is in a text, by stage
_HOPELESS, _LITTLE = 0.02, 0.05  # share of answers that pass, and worth of the best edit, below which all is in vain


@dataclass(frozen=True, slots=True)
class Screened:
    """How a screening search ended: the text in the lead, why, and what it should gain on new cases."""

    done: Trajectory
    lead: Scored
    reason: Reason
    predicted: Estimate | None


def screened(done: Trajectory, source: EditSource, desk: Desk, per_answer: int) -> Screened:
    """Rounds of screening from the incumbent in `done`, which has met its first cases, while calls are left.

    `per_answer` is what an answer costs in calls (2 with a judge). After the rounds that the budget is worth another
    begins only if at least half of a round's calls are left: fewer tell nothing of fresh edits, and stay unused. One
    that has found nothing gets its part of what was kept for the confirmation.
    """
    lead, predicted, rounds = done.incumbent, None, rounds_of(desk.left)
    worth = (desk.left or 0) // (2 * rounds)
    gain = variance = 0.0
    while True:
        ahead, least = (rounds - len(done.steps), 0) if len(done.steps) < rounds else (1, worth)
        unmet = _unmet(done, lead, desk, per_answer)
        left = None if desk.left is None else desk.left - len(unmet) * per_answer
        spread = plan(left, len(done.order), rounds=ahead, per_answer=per_answer, least=least)
        if spread is None and lead is done.incumbent and done.steps and done.ended is None and desk.cap.raised():
            spread = plan(desk.left, len(done.order), per_answer=per_answer)
        reason = done.ended or next((said for rule in desk.stops if (said := rule(done))), None) or _used(done, spread)
        if reason is not None or spread is None:
            return Screened(done, lead, reason or ending("done", "done"), predicted)
        before = lead
        done, choice = _round(done, lead, source, desk, spread, unmet)
        if choice is not None:
            lead = choice.scored
            gain, variance = gain + choice.predicted.value, variance + choice.predicted.se**2
            predicted = Estimate(gain, variance**0.5)
        done = _recorded(done, lead, before, desk)


def _unmet(done: Trajectory, lead: Scored, desk: Desk, per_answer: int) -> list[Case]:
    """The cases that a new lead is asked about before it is what a round begins with: they come out of its calls."""
    if lead is done.incumbent:
        return []
    most = start_cases(desk.left, len(done.order), per_answer)
    return [c for c in done.cases if c.id not in lead.outcomes][:most]


def _used(done: Trajectory, spread: Plan | None) -> Reason | None:
    if spread is not None:
        return None
    if not done.steps:
        return ending("budget", "budget: too few calls are left to screen any edit")
    tried = sum(len(s.worths) for s in done.screens)
    return ending("done", f"too few calls are left for another round: {tried} edits screened")


def _round(
    done: Trajectory, lead: Scored, source: EditSource, desk: Desk, spread: Plan, unmet: Sequence[Case]
) -> tuple[Trajectory, Choice | None]:
    """Gather, screen, choose. Returns no choice when no edit or text is better than the lead."""
    at = desk.calls()
    if unmet:
        done = extended(done, [lead], desk.judge, unmet)
        lead = next(s for s in done.scored if s.candidate == lead.candidate)
    base = cut(lead.candidate.bare, source.keep)
    if desk.lean is not None:
        return leaner(booked(done, proposals=desk.calls() - at), lead, base, source, desk, spread, desk.lean)
    done, found = gathered(
        done, lead, base, source, desk.guards, wanted=spread.edits, asks=spread.asks, seed=desk.seed, calls=desk.calls
    )
    done = booked(done, proposals=desk.calls() - at)
    if not found.edits or done.ended is not None:
        return done, None
    likely = telling(lead.outcomes.values())
    answers = [Answer((), i, v) for i, o in lead.outcomes.items() if (v := signal(o, likely)) is not None]
    bench = Screening(base, found.edits, desk.guards, desk.judge, len(done.steps) + 1, answers)
    bench.demos, bench.quote, bench.likely = lead.candidate.demos, _quoting(done), likely
    traps = Traps({c.id for c in done.train}, {c.id for c in done.validation})
    at = desk.calls()
    standing, seen = _stages(done, lead, bench, traps, spread, desk.seed)
    done = replace(booked(done, screening=desk.calls() - at), ended=done.ended or bench.ended)
    done = _labelled(done, bench, traps)
    at = desk.calls()
    if bench.finals and bench.ended is None:
        found.texts += source(view(done, desk.seed, 4))
        done = booked(done, proposals=desk.calls() - at)
        at = desk.calls()
    room = None if desk.left is None else desk.left // spread.per_answer
    done, choice = chosen(done, lead, bench, standing, seen, traps, texts=found.texts, check=spread.check, room=room)
    return booked(done, finals=desk.calls() - at), choice


def _quoting(done: Trajectory) -> Callable[[str, tuple[str, ...]], str]:
    by_id = {c.id: c for c in done.train}
    return lambda text, ids: quoted(text, [by_id[i] for i in ids])


def _stages(
    done: Trajectory, lead: Scored, bench: Screening, traps: Traps, spread: Plan, seed: int
) -> tuple[Standing, Fit]:
    """Three stages of equal size; after each the fit, and the better half goes on, unless all are in vain.

    The last begins with a look at the set that would win: if its effects do not add up, calls are kept for finals.
    """
    rng = generator(seed, "screen", bench.step)
    cases = _cycled(done.cases, rng)
    narrow, standing = False, Standing(tuple(range(len(bench.edits))))
    seen = fit(bench.answers, len(bench.edits))
    for stage, n in enumerate(spread.stages()):
        if stage and _in_vain(bench, seen):
            return Standing(()), seen
        if stage == len(_RATES) - 1:
            bench.finals = not tried_together(lead, bench, standing, seen, done.cases[: spread.check])
            n = max(0, n - spread.check * (FINALISTS if bench.finals else SUSPECTS if traps.suspected else 1))
        groups = [g for g in _groups(bench, standing.alive) if g]
        sets = subsets(groups, n, rate=_RATES[stage], rng=rng)
        bench.ask([(*some, *standing.adopted) for some in sets], cases)
        seen = traps.watched(bench.answers, len(bench.edits))
        barred = sorted({*bench.breaking, *traps.leaning})
        if traps.suspected and not narrow:
            narrow, cases = True, _cycled([c for c in done.cases if c.id in traps.validation], rng)
        last = stage == len(_RATES) - 1 or bench.ended is not None
        standing = _without(standing, barred) if last else halved(standing, seen, barred, bench.groups)
        if last:
            break
    return standing, seen


def _in_vain(bench: Screening, seen: Fit) -> bool:
    """Whether hardly an answer passed and no edit can be worth much: other edits may help, more answers will not."""
    mean = sum(a.value for a in bench.answers) / max(1, len(bench.answers))
    return mean < _HOPELESS and all(seen.one(i).interval[1] < _LITTLE for i in range(len(bench.edits)))


def _without(standing: Standing, barred: Sequence[int]) -> Standing:
    alive, adopted = ([i for i in some if i not in barred] for some in (standing.alive, standing.adopted))
    return Standing(tuple(alive), tuple(adopted))


def _groups(bench: Screening, alive: Sequence[int]) -> list[list[int]]:
    return [[i for i in group if i in alive] for group in bench.groups]


def _cycled(cases: Sequence[Case], rng: Random) -> Iterator[Case]:
    by_id = {c.id: c for c in cases}
    return (by_id[i] for i in cycle(list(by_id), rng))


def _labelled(done: Trajectory, bench: Screening, traps: Traps) -> Trajectory:
    """Put the overfit label on when edits plainly help on train alone; the choice is then made on validation."""
    if done.overfit is not None or not traps.fires:
        return done
    by_use = sorted(done.train, key=lambda c: (-done.shown.get(c.id, 0), c.id))
    stale = frozenset(c.id for c in by_use[: len(by_use) // 2] if done.shown.get(c.id, 0))
    gap = traps.plainest
    label = Label(bench.candidate((traps.worst,)).id, gap.value, gap.se, len(done.steps) + 1, stale)
    return replace(done, overfit=label)


def _recorded(done: Trajectory, lead: Scored, before: Scored, desk: Desk) -> Trajectory:
    lead = next((s for s in done.scored if s.candidate == lead.candidate), lead)
    tried = len(done.screens[-1].worths) if done.screens and done.screens[-1].number > len(done.steps) else 0
    refused = sum(r.step == len(done.steps) + 1 for r in done.refused)
    step = summary(done, desk.calls(), proposed=tried + refused, admitted=tried, before=before, ahead=lead)
    done = replace(done, steps=(*done.steps, step))
    desk.told(done)
    return done


def started(done: Trajectory, calls: int) -> Trajectory:
    """Book what the first look at the incumbent took."""
    return replace(done, ledger=Ledger(start=calls))
