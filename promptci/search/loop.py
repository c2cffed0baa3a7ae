"""The bounded search on one page: propose, guard, race, record, and stop or go on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace

from promptci.core import Case, Outcome, Reason, Score
from promptci.search.account import CUT_SHORT, KNOWN, ending, nothing_judged, refused_by_door
from promptci.search.base import (
    Candidate,
    Evaluate,
    Found,
    Guard,
    Judge,
    Proposal,
    Race,
    Refused,
    Scored,
    StopRule,
    Trajectory,
    generator,
    paired,
)
from promptci.search.desk import Cap, Desk
from promptci.search.finals import extended, finals, out_of_calls, places, track_length
from promptci.search.forms import UNASKED
from promptci.search.guards import admit, limits
from promptci.search.metaprompts import NO_REPLY
from promptci.search.race import PairedRace
from promptci.search.screened import screened, started
from promptci.search.screening.plan import start_cases
from promptci.search.screening.savings import Lean
from promptci.search.standing import counted, labelled, lead, summary, suspect, view
from promptci.search.trim import trimmed
from promptci.search.view import Bound, EditSource, Proposer


def search(
    start: str,
    train: Sequence[Case],
    validation: Sequence[Case],
    *,
    evaluate: Evaluate,
    proposer: Proposer,
    stops: Sequence[StopRule],
    calls: Callable[[], int],
    guards: Sequence[Guard] = (),
    race: Race | None = None,
    track: int | None = None,
    max_calls: int | None = None,
    again: Callable[[], int | None] | None = None,
    seed: int = 0,
    minimal: bool = True,
    lean: Lean | None = None,
    on_step: Callable[[Trajectory], None] | None = None,
) -> Found:
    """Look for a text that scores higher than `start` on the development cases (train and validation pooled).

    The incumbent is scored first and is held in every race. Rounds race on the first `track` cases (by default half of
    them, at least 60), the best few of all rounds meet every case. Proposers see train cases only. `calls` is how many
    requests were sent so far; with `max_calls`, its cap, rounds are cut to what can be scored, and a search that has
    found nothing asks `again` for a higher one. With `minimal`, changes of the winner that do not help are taken back.
    With `lean`, which takes a source of edits, the winner is one that takes less and should be no worse. `on_step` is
    told the state after the start and each round. The same arguments and answers give the same result. ValueError
    without a stop rule, or where `lean` cannot be; never raises for what a model answered.
    """
    if not stops:
        raise ValueError("a search without a stop rule would never end")
    if lean is not None and not isinstance(proposer, EditSource):
        raise ValueError("only edits can be screened for what they save")
    guards = (*_own(proposer, start), *guards)
    desk = Desk(_judge(evaluate), guards, stops, calls, Cap(max_calls, again), seed, on_step or _untold, lean)
    if isinstance(proposer, EditSource):
        return _screened(desk, proposer, start, train, validation)
    done = _begin(Candidate(start, "start", 0), train, validation, desk.judge, track, seed)
    return _compared(done, proposer, race or PairedRace(), desk, minimal=minimal)


def _untold(_done: Trajectory) -> None:
    """Nobody wants to be told."""


def _own(proposer: Proposer, start: str) -> tuple[Guard, ...]:
    return limits(start, proposer.keep, proposer.forbid) if isinstance(proposer, Bound) else ()


def _compared(done: Trajectory, proposer: Proposer, race: Race, desk: Desk, *, minimal: bool) -> Found:
    """A search by whole texts: rounds of races from the incumbent, then the best few of all rounds on every case."""
    desk.told(done)
    while (reason := _why_stop(done, desk.stops, room := _room(done, desk.calls, desk.cap))) is None:
        before = lead(done)
        proposals = proposer(view(done, desk.seed, room))
        entrants, refused = admit(proposals, desk.guards, done, room)
        done = _raced(done, entrants, race, desk.judge, before)
        done = _checked(_noted(done, proposals, refused), desk.judge)
        step = summary(done, desk.calls(), proposed=len(proposals), admitted=len(entrants), before=before)
        done = replace(done, steps=(*done.steps, step))
        desk.told(done)
    done = finals(done, desk.judge)
    winner = lead(done)
    if minimal and winner is not done.incumbent and done.track == len(done.order):
        done, winner = trimmed(done, winner, race, desk.judge, desk.guards)
    return _found(done, winner, reason, desk.calls())


def _room(done: Trajectory, calls: Callable[[], int], cap: Cap) -> int | None:
    """How many texts can be scored; where none can and nothing is ahead, the cap is raised if it may be."""
    room = places(done, calls(), cap.most)
    while room == 0 and lead(done) is done.incumbent and cap.raised():
        room = places(done, calls(), cap.most)
    return room


def _screened(desk: Desk, source: EditSource, start: str, train: Sequence[Case], validation: Sequence[Case]) -> Found:
    """A search by screening edits: the same start, then rounds of another kind."""
    n, begun = start_cases(desk.left, len(train) + len(validation)), desk.calls()
    done = _begin(Candidate(start, "start", 0), train, validation, desk.judge, n, desk.seed)
    spent = desk.calls() - begun
    done = started(done, spent)
    desk.told(done)
    ended = screened(done, source, desk, per_answer=max(1, round(spent / max(1, done.track))))
    found = _found(ended.done, ended.lead, ended.reason, desk.calls(), lean=desk.lean is not None)
    return replace(found, predicted=ended.predicted)


def _judge(evaluate: Evaluate) -> Judge:
    def judge(pairs: Sequence[tuple[Candidate, Case]]) -> list[Outcome]:
        # A demonstration's own case would be scored with its answer in sight.
        asked = [(c.text, case) for c, case in pairs if case.id not in c.demos]
        answers = iter(evaluate(asked) if asked else [])
        own = Reason("shown", "shown as a demonstration")
        return [Outcome(Score(k.id, None, own)) if k.id in c.demos else next(answers) for c, k in pairs]

    return judge


def _begin(
    start: Candidate,
    train: Sequence[Case],
    validation: Sequence[Case],
    judge: Judge,
    track: int | None,
    seed: int,
) -> Trajectory:
    cases = _common_order(train, validation, seed)
    track = track_length(len(cases)) if track is None else min(track, len(cases))
    outcomes = judge([(start, case) for case in cases[:track]])
    scored = Scored(start, {o.case_id: o for o in outcomes})
    order = tuple(c.id for c in cases)
    ended = refused_by_door(outcomes) or nothing_judged(outcomes)
    return Trajectory(tuple(train), tuple(validation), order, track, (scored,), ended=ended)


def _common_order(train: Sequence[Case], validation: Sequence[Case], seed: int) -> list[Case]:
    """One order for every candidate, with train and validation spread evenly, so that each block holds both."""
    ranked: list[tuple[float, str, Case]] = []
    for part in (train, validation):
        mixed = sorted(part, key=lambda c: c.id)
        generator(seed, "order").shuffle(mixed)
        ranked += [((i + 0.5) / len(mixed), case.id, case) for i, case in enumerate(mixed)]
    return [case for _, _, case in sorted(ranked, key=lambda r: r[:2])]


def _noted(done: Trajectory, proposals: Sequence[Proposal], refused: tuple[Refused, ...]) -> Trajectory:
    """Keep what was refused and which cases were shown; a proposer that says nothing ends the search."""
    shown = counted(Counter(done.shown), proposals)
    return replace(done, refused=done.refused + refused, shown=shown, ended=done.ended or _silence(proposals))


def _checked(done: Trajectory, judge: Judge) -> Trajectory:
    """Look for overfitting; a doubtful lead first meets the development cases that it has not met."""
    doubtful = suspect(done)
    if doubtful and not out_of_calls(done):
        done = extended(done, [done.incumbent, doubtful], judge)
    return labelled(done, len(done.steps) + 1)


def _raced(done: Trajectory, entrants: list[Candidate], race: Race, judge: Judge, before: Scored) -> Trajectory:
    if not entrants:
        return done
    held = [done.incumbent] if before is done.incumbent else [done.incumbent, before]
    scored = race(entrants, held, done.cases[: done.track], judge)
    outcomes = [o for s in scored for o in s.outcomes.values()]
    return replace(done, scored=(*done.scored, *scored), ended=refused_by_door(outcomes) or nothing_judged(outcomes))


def _silence(proposals: Sequence[Proposal]) -> Reason | None:
    if not proposals:
        return ending("nothing_left", "nothing left to suggest")
    silent = all(p.text is None and p.reason == NO_REPLY for p in proposals)
    return ending("no_reply", "no reply from the optimizer model") if silent else None


def _honest(done: Trajectory, reason: Reason) -> Reason:
    """Why a search ended that tried nothing of what was suggested: it has looked for nothing, whatever ended it.

    Texts that were seen before were looked at, and what people closed they have decided.
    """
    refused = [r for r in done.refused if r.origin not in UNASKED]
    suggested = any(w.edit.source not in UNASKED for screen in done.screens for w in screen.worths)
    if len(done.scored) > 1 or suggested or not refused or reason.kind in CUT_SHORT:
        return reason
    count, unread = len(refused), [r for r in refused if r.unread]
    if len(unread) == count:
        replies = "the optimizer model's reply" if count == 1 else f"all {count} replies of the optimizer model"
        return ending("unreadable", f"{replies} could not be read, the first because: {unread[0].reason}")
    counts = Counter(r.reason for r in refused).most_common()
    said = "the one proposal was refused" if count == 1 else f"all {count} proposals were refused"
    said += f": {', '.join(f'{name} ({n})' for name, n in counts)}"
    if any(screen.worths for screen in done.screens):
        return ending(reason.kind, f"{reason.text}; {said}")  # type: ignore[arg-type]  # a reason of ours
    return ending("nothing_left" if {name for name, _ in counts} <= KNOWN else "refused", said)


def _why_stop(done: Trajectory, stops: Sequence[StopRule], room: int | None) -> Reason | None:
    reason = done.ended or next((reason for rule in stops if (reason := rule(done))), None)
    if reason is None and room == 0:
        return ending("budget", "budget: too few calls are left to score another text")
    return reason


def _found(done: Trajectory, winner: Scored, reason: Reason, calls: int, *, lean: bool = False) -> Found:
    """`lean`: what can be left out was looked at, whether or not a reply could be read."""
    won = winner is not done.incumbent
    return Found(
        winner=winner if won else None,
        incumbent=done.incumbent,
        steps=done.steps,
        candidates=done.scored[1:],
        refused=done.refused,
        reason=reason if lean else _honest(done, reason),
        overfit=done.overfit,
        changes=paired(done.incumbent, winner, done.order) if won else (),
        calls=calls,
        ledger=done.ledger,
        screens=done.screens,
    )
