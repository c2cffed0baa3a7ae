"""Who is ahead: the lead, the winner and the estimates, all from differences to the incumbent on the same cases."""

from __future__ import annotations

from promptci.core import Case
from promptci.search.base import Scored, Step, Trajectory, View, gain, generator, paired

# A candidate with more unjudged cases than this share cannot lead; the gate calls such a run unmeasured, too.
_MAX_UNJUDGED = 0.05


def advantage(done: Trajectory, scored: Scored) -> float | None:
    """Mean gain over the incumbent on the cases that the lead is decided on, or None for a candidate that cannot lead.

    None when the race dropped it, when over 5 % of the incumbent's judged cases are unjudged for it (demonstrations'
    own cases aside), or when it carries the overfit label.
    """
    wanted = [i for i in done.ranked_on if done.incumbent.value(i) is not None and i not in scored.candidate.demos]
    changes = paired(done.incumbent, scored, wanted)
    if not changes or len(changes) < (1 - _MAX_UNJUDGED) * len(wanted):
        return None
    if done.overfit and done.overfit.candidate == scored.candidate.id:
        return None
    return gain(changes)


def lead(done: Trajectory) -> Scored:
    """The candidate with the largest positive gain, the earliest among equals; the incumbent when there is none."""
    best, most = done.incumbent, 0.0
    for scored in done.scored[1:]:
        more = advantage(done, scored)
        if more is not None and more > most:
            best, most = scored, more
    return best


def train_score(done: Trajectory, scored: Scored) -> float | None:
    """Estimated mean on all train cases, in [0, 1]: the incumbent's mean plus the paired gain on the cases met."""
    ids = [c.id for c in done.train]
    base, more = done.incumbent.mean(ids), gain(paired(done.incumbent, scored, ids))
    return None if base is None or more is None else min(1.0, max(0.0, base + more))


def view(done: Trajectory, seed: int) -> View:
    """What proposers may know for the next round: nothing about validation cases, neither texts nor outcomes."""
    ids = {c.id for c in done.train}
    known = [s for s in done.scored if not (done.overfit and s.candidate.id == done.overfit.candidate)]
    blind = {s.candidate.id: Scored(s.candidate, {i: o for i, o in s.outcomes.items() if i in ids}) for s in known}
    scores = {s.candidate.id: v for s in known if (v := train_score(done, s)) is not None}
    step = len(done.steps) + 1
    return View(
        step=step,
        train=done.train,
        exemplars=_exemplars(done),
        scored=tuple(blind.values()),
        scores=scores,
        lead=blind[lead(done).candidate.id],
        rng=generator(seed, "step", step),
        refused=done.refused,
    )


def _exemplars(done: Trajectory) -> tuple[Case, ...]:
    return done.train


def summary(done: Trajectory, calls: int, *, proposed: int, admitted: int, before: Scored) -> Step:
    """The record of the round that just ended; `before` led when it began."""
    ahead = lead(done)
    train, validation = [c.id for c in done.train], [c.id for c in done.validation]
    return Step(
        number=len(done.steps) + 1,
        lead=ahead.candidate.id,
        train=ahead.mean(train),
        validation=ahead.mean(validation),
        development=ahead.mean(done.order),
        calls=calls,
        proposed=proposed,
        admitted=admitted,
        promoted=ahead.candidate.id != before.candidate.id,
    )
