"""Who meets every development case: the best few of all rounds, so that the rounds can race on fewer cases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from promptci.core import Case
from promptci.search.account import refused_by_door
from promptci.search.base import Judge, Scored, Trajectory
from promptci.search.standing import labelled, ranking

FINALISTS = 3
_LEAST = 60  # on fewer cases the lead of a round would be luck
_SHARE = 0.5
_PER_TEXT = 26  # calls: one to write it, about 25 answers until the race drops it


def track_length(cases: int) -> int:
    """How many of `cases` development cases the rounds race on: half of them, at least 60.

    A lead that is replaced a few rounds later need not be known to the last point. With 200 cases, racing on 100 and
    taking three candidates to the end finds as much as racing on all of them, in four fifths of the calls.
    """
    return min(cases, max(_LEAST, round(_SHARE * cases)))


def places(done: Trajectory, calls: int, max_calls: int | None) -> int | None:
    """How many texts can be written and scored with the calls that are left, None without a cap.

    What one of them needs to reach the end of the track and the finals is kept back, so that a small budget scores a
    few texts to the end instead of many on ten cases.
    """
    if max_calls is None:
        return None
    rest = len(done.order) - done.track
    kept = done.track + rest * (1 + (len(done.incumbent.outcomes) < len(done.order)))
    return max(0, max_calls - calls - kept) // _PER_TEXT


def finals(done: Trajectory, judge: Judge) -> Trajectory:
    """Let the incumbent and the best three candidates meet every case, and decide the lead and the label on them all.

    Unchanged when nothing is ahead of the incumbent or no call is left; if the budget ends in between, the rounds'
    own order stands.
    """
    best = ranking(done)[:FINALISTS]
    if not best or out_of_calls(done):
        return done
    longer = extended(done, [done.incumbent, *best], judge)
    if out_of_calls(longer):
        return longer
    return labelled(replace(longer, track=len(done.order)), len(done.steps))


def extended(
    done: Trajectory, chosen: Sequence[Scored], judge: Judge, cases: Sequence[Case] | None = None
) -> Trajectory:
    """Ask the chosen candidates the cases (all development cases) that they have not met; notes a budget's end."""
    pairs = [(s.candidate, c) for s in chosen for c in cases or done.cases if c.id not in s.outcomes]
    if not pairs:
        return done
    outcomes = judge(pairs)
    grown = []
    for scored in done.scored:
        answers = {o.case_id: o for (c, _), o in zip(pairs, outcomes, strict=True) if c == scored.candidate}
        grown.append(replace(scored, outcomes={**scored.outcomes, **answers}) if answers else scored)
    return replace(done, scored=tuple(grown), ended=done.ended or refused_by_door(outcomes))


def out_of_calls(done: Trajectory) -> bool:
    """Whether asking further would be in vain."""
    return done.ended is not None and done.ended.kind in ("budget", "replay", "no_case")
