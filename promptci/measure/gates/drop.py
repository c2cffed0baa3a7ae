"""The gate `max_drop`: whether the change made the prompt worse."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from promptci.core import Case, Reason
from promptci.decide.confirm import SCREEN
from promptci.decide.evidence import worse_evidence
from promptci.decide.explain import interval_of
from promptci.decide.gate import Gate, Kind
from promptci.decide.paired import mcnemar_p, sign_flip
from promptci.decide.seen import Seen
from promptci.decide.units import Unit, units
from promptci.decide.verdict import Verdict, points
from promptci.measure.gates.base import LEVEL, Alarm, Screened, cases_of
from promptci.measure.pair import Pair

EARLY = 0.2  # of the level goes to confirming before all cases ran, the rest to the test of all of them


def gate_for(pair: Pair, *, answers: int, batch: int, spent: float = 0.0) -> Gate:
    """Return the gate over the pair's order. `answers` a case is what is asked, `batch` what is answered at once.

    `spent` is what an abandoned gate over the same cases has spent of the level. Counted cases have a screen's wider
    level: fresh answers keep the narrower one. Where a mean is tested, graded or against a tolerance, the first answers
    keep it: a harmless change may move a few cases far down and many a little up, and does so again.
    """
    settings, known = pair.new.side.settings.gate, pair.old.values.samples
    stored = tuple(sum(v is not None for v in known[c.id]) if c.id in known else answers for c in pair.order)
    clusters = tuple(c.cluster for c in pair.order)
    kind = Kind(
        graded=pair.graded,
        clusters=clusters if any(name is not None for name in clusters) else (),
        stored=stored if any(n != 1 for n in stored) else (),
        answers=answers,
    )
    mean = pair.graded or settings.max_drop > 0
    alpha, screen = (LEVEL - spent, None) if mean else (LEVEL, SCREEN - spent)
    return Gate(
        len(pair.order),
        kind,
        alpha=alpha,
        screen=screen,
        max_drop=settings.max_drop,
        detect=settings.detect,
        batch=batch,
    )


def drop(pair: Pair, gate: Gate, alarms: tuple[Alarm, ...]) -> Screened:
    """Return what the gate says, with the claim of a drop as it was confirmed afresh.

    Where that does not stand, the cases that ran may rule the drop out all the same.
    """
    verdict = gate.verdict(stopped=None if pair.stopped is None else pair.stopped.text)
    verdict = replace(verdict, numbers={**verdict.numbers, "asked_ahead": float(pair.ahead)})
    verdict = verdict if pair.done == gate.seen.done else _ran_on(pair, gate, verdict)
    if not alarms or not gate.clears(pair.gaps(pair.ran), pair.holes()):
        return Screened(verdict, alarms)
    drop_of = f"a drop of {points(gate.plan.ruled_out)} points or more"
    said = f"The {cases_of(pair.done)} that ran rule out {drop_of}."
    return Screened(verdict, alarms, otherwise="pass", said=(Reason("drop_ruled_out", said),))


def _ran_on(pair: Pair, gate: Gate, verdict: Verdict) -> Verdict:
    """Add what the cases show that ran after the gate's last look, to confirm what it showed."""
    worse, better = counts(pair)
    said = f"To confirm that, the run went on to {cases_of(pair.done)}: {worse} got worse, {better} better."
    found = interval_of(Seen(tuple(pair.gaps(pair.ran)), clusters=gate.kind.clusters), graded=gate.kind.graded)
    interval = {} if found is None else {"low": found[0], "high": found[1]}
    numbers = {**verdict.numbers, **interval, "ran": float(pair.done)}
    return Verdict(verdict.gate, verdict.name, (*verdict.told, Reason("ran_on", said)), numbers)


def p_of_drop(pair: Pair, fresh: Pair, gate: Gate, *, early: bool) -> float:
    """Return the p-value of a drop from fresh answers of the changed cases; `early`: it was looked at before the end.

    Fresh answers of a harmless change are exchangeable between the prompts, whatever chose the cases; each counts by
    its weight (`weighed`). Before all cases ran, betting evidence e counts, which holds at any look: 1 / e
    (Waudby-Smith & Ramdas 2021). With all of them, the exact test: McNemar for single answers, else sign flips of
    cases or clusters; a tolerated drop is bet against there, too. Where both may confirm, each has its share of the
    level (`EARLY`).
    """
    gaps = weighed(pair, fresh, gate)
    evidence = worse_evidence(_units(pair, fresh, gaps), gate.plan.max_drop, gate.largest)
    betting = min(1.0, 1 / evidence) if evidence > 0 else 1.0
    if pair.done < len(pair.order):
        return min(1.0, betting / EARLY)
    final = betting if gate.plan.max_drop else _exact(fresh.ran, gaps)
    return min(1.0, betting / EARLY, final / (1 - EARLY)) if early else final


def counts(fresh: Pair) -> tuple[int, int]:
    """Return how many of the fresh pairs got worse, and how many better."""
    gaps = [g for g in fresh.gaps(fresh.ran) if g is not None]
    return sum(g < 0 for g in gaps), sum(g > 0 for g in gaps)


def weighed(pair: Pair, fresh: Pair, gate: Gate) -> list[float | None]:
    """Return the fresh gap of each case asked again, times how far it had moved at first (0 to 1).

    With one answer a side that is 1 for every case. With several, a case of five passes that failed says more than one
    of three passes in five; and only so does a harmless edit that moves cases for good, as often up as down, have the
    mean 0: for a new answer x and stored ones of mean m, E|x - m| = q (1 - p) + p (1 - q), the same when the chances p
    and q change places, while a case that passed at times is *changed* more often than one that never did. Where a
    mean is tested every case counts alike.
    """
    gaps = fresh.gaps(fresh.ran)
    if fresh is pair or gate.kind.graded or gate.plan.max_drop:
        return gaps
    return [None if g is None else g * abs(pair.gap(c) or 0.0) for c, g in zip(fresh.ran, gaps, strict=True)]


def _exact(ran: Sequence[Case], gaps: Sequence[float | None]) -> float:
    clusters = [c.cluster for c in ran]
    if all(g in (None, -1.0, 0.0, 1.0) for g in gaps) and not any(clusters):
        return mcnemar_p(gaps.count(-1.0), gaps.count(1.0))
    return sign_flip([-u.total for u in units(gaps, clusters)]).p_value


def _units(pair: Pair, fresh: Pair, gaps: Sequence[float | None]) -> tuple[Unit, ...]:
    """Sum up all cases that ran, the changed ones by their fresh `gaps`: the others did not move."""
    asked = dict(zip((c.id for c in fresh.ran), gaps, strict=True))
    return units([asked[c.id] if c.id in asked else pair.gap(c) for c in pair.ran], [c.cluster for c in pair.ran])
