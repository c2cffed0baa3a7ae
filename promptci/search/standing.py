"""Who is ahead: the lead, the overfit label, the estimates; all from differences to the incumbent on common cases."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from promptci.core import Case
from promptci.decide.overfit import Overfit, overfit
from promptci.search.base import Label, Proposal, Scored, Step, Trajectory, gain, generator, paired
from promptci.search.signal import finer
from promptci.search.view import View

# A candidate with more unjudged cases than this share cannot lead; the gate calls such a run unmeasured, too.
_MAX_UNJUDGED = 0.05
# From this many standard errors on, a gap between train and validation is worth the calls that settle it.
_SUSPICIOUS = 2.0
_TAINTED = 1.5


def advantage(done: Trajectory, scored: Scored) -> float | None:
    """Mean gain over the incumbent on the cases that the lead is decided on, or None for a candidate that cannot lead.

    None when the race dropped it, when over 5 % of the incumbent's judged cases are unjudged for it (demonstrations'
    own cases aside), or when, after an overfit label, it shows half such a gap.
    """
    if len(scored.outcomes) < done.track:
        return None
    wanted = [i for i in done.ranked_on if done.incumbent.value(i) is not None and i not in scored.candidate.demos]
    changes = paired(done.incumbent, scored, wanted)
    if not changes or len(changes) < (1 - _MAX_UNJUDGED) * len(wanted):
        return None
    return None if _forgotten(done, scored) else gain(changes)


def _forgotten(done: Trajectory, scored: Scored) -> bool:
    """After an overfit label nobody with half such a gap may lead or be shown: it says that such rules pay here."""
    if not done.overfit:
        return False
    found = gap(done, scored)
    return found.gap > _TAINTED * found.se > 0


def ranking(done: Trajectory) -> list[Scored]:
    """The candidates that are ahead of the incumbent, best first; of equals the likelier, then the earlier one."""
    ahead = [(more, s) for s in done.scored[1:] if (more := advantage(done, s)) is not None and more > 0]
    signals = {s.candidate.id: gain(finer(done.incumbent, s, done.ranked_on)) or 0.0 for _, s in ahead}
    return [s for _, s in sorted(ahead, key=lambda pair: (-round(pair[0], 9), -signals[pair[1].candidate.id]))]


def lead(done: Trajectory) -> Scored:
    """The candidate with the largest positive gain, the earliest among equals; the incumbent when there is none."""
    return next(iter(ranking(done)), done.incumbent)


def gap(done: Trajectory, scored: Scored) -> Overfit:
    """How much more a candidate gained on train than on validation."""
    train, validation = (
        [c.new - c.old for c in paired(done.incumbent, scored, [case.id for case in part])]
        for part in (done.train, done.validation)
    )
    return overfit(train, validation)


def suspect(done: Trajectory) -> Scored | None:
    """The lead, when its gap is wide but too few cases are answered to call it overfitting."""
    ahead = lead(done)
    if done.overfit or ahead is done.incumbent or len(ahead.outcomes) >= len(done.order):
        return None
    found = gap(done, ahead)
    return ahead if found.gap > _SUSPICIOUS * found.se > 0 else None


def labelled(done: Trajectory, step: int) -> Trajectory:
    """Put the overfit label on when the lead's gap is over three standard errors; once on, it stays."""
    ahead = lead(done)
    if done.overfit or ahead is done.incumbent:
        return done
    found = gap(done, ahead)
    if not found.fires:
        return done
    by_use = sorted(done.train, key=lambda c: (-done.shown.get(c.id, 0), c.id))
    stale = frozenset(c.id for c in by_use[: len(by_use) // 2] if done.shown.get(c.id, 0))
    return replace(done, overfit=Label(ahead.candidate.id, found.gap, found.se, step, stale))


def counted(shown: Counter[str], proposals: Sequence[Proposal]) -> Counter[str]:
    """How often the optimizer model saw each train case; proposals from one question count once."""
    return shown + Counter(i for seen in {p.shown for p in proposals} for i in seen)


def train_score(done: Trajectory, scored: Scored) -> float | None:
    """Estimated mean on all train cases, in [0, 1]: the incumbent's mean plus the paired gain on the cases met."""
    ids = [c.id for c in done.train]
    base, more = done.incumbent.mean(ids), gain(paired(done.incumbent, scored, ids))
    return None if base is None or more is None else min(1.0, max(0.0, base + more))


def view(done: Trajectory, seed: int, places: int | None) -> View:
    """What proposers may know for the next round: nothing about validation cases, neither texts nor outcomes.

    After the overfit label the exemplars are fresh (the half of train that was shown least), and candidates with a gap
    are forgotten.
    """
    ids = {c.id for c in done.train}
    known = [s for s in done.scored if s is done.incumbent or not _forgotten(done, s)]
    blind = {s.candidate.id: Scored(s.candidate, {i: o for i, o in s.outcomes.items() if i in ids}) for s in known}
    scores = {s.candidate.id: v for s in known if (v := train_score(done, s)) is not None}
    step = len(done.steps) + 1
    stale: frozenset[str] = done.overfit.stale if done.overfit else frozenset()
    return View(
        step=step,
        train=done.train,
        exemplars=tuple(c for c in done.train if c.id not in stale),
        scored=tuple(blind.values()),
        scores=scores,
        lead=blind[lead(done).candidate.id],
        rng=generator(seed, "step", step),
        refused=done.refused,
        places=places,
    )


def summary(
    done: Trajectory, calls: int, *, proposed: int, admitted: int, before: Scored, ahead: Scored | None = None
) -> Step:
    """The record of the round that just ended; `before` led when it began, `ahead` leads now (by default `lead`)."""
    ahead = ahead or lead(done)
    return Step(
        number=len(done.steps) + 1,
        lead=ahead.candidate.id,
        train=ahead.mean(_of(done, done.train)),
        validation=ahead.mean(_of(done, done.validation)),
        development=ahead.mean(done.course),
        calls=calls,
        proposed=proposed,
        admitted=admitted,
        promoted=ahead.candidate.id != before.candidate.id,
    )


def _of(done: Trajectory, part: Sequence[Case]) -> list[str]:
    ids = {c.id for c in part}
    return [i for i in done.course if i in ids]
