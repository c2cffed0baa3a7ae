"""The bounded search on one page: propose, guard, race, record, and stop or go on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from promptci.core import Case, Outcome, Score
from promptci.search.base import (
    Candidate,
    Evaluate,
    Found,
    Guard,
    Judge,
    Proposal,
    Proposer,
    Race,
    Scored,
    StopRule,
    Trajectory,
    generator,
    paired,
)
from promptci.search.guards import admit
from promptci.search.race import PairedRace, spent
from promptci.search.standing import lead, summary, view


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
    seed: int = 0,
) -> Found:
    """Look for a text that scores higher than `start` on the development cases (train and validation pooled).

    The incumbent is scored first, on every case, and is held in every race. Proposers see train cases only. The same
    arguments and the same answers give the same result. `calls` is the number of requests sent so far. At least one
    stop rule is needed. Never raises for what a model answered.
    """
    if not stops:
        raise ValueError("a search without a stop rule would never end")
    judge, race = _judge(evaluate), race or PairedRace()
    done = _begin(Candidate(start, "start", 0), train, validation, judge, seed)
    while (reason := _why_stop(done, stops)) is None:
        before = lead(done)
        proposals = proposer(view(done, seed))
        entrants, refused = admit(proposals, guards, done)
        done = _raced(done, entrants, race, judge, before)
        done = replace(done, refused=done.refused + refused, ended=done.ended or _silence(proposals))
        step = summary(done, calls(), proposed=len(proposals), admitted=len(entrants), before=before)
        done = replace(done, steps=(*done.steps, step))
    return _found(done, reason, calls())


def _judge(evaluate: Evaluate) -> Judge:
    def judge(pairs: Sequence[tuple[Candidate, Case]]) -> list[Outcome]:
        # A demonstration's own case would be scored with its answer in sight.
        asked = [(c.text, case) for c, case in pairs if case.id not in c.demos]
        answers = iter(evaluate(asked) if asked else [])
        own = "shown as a demonstration"
        return [Outcome(Score(k.id, None, own)) if k.id in c.demos else next(answers) for c, k in pairs]

    return judge


def _begin(start: Candidate, train: Sequence[Case], validation: Sequence[Case], judge: Judge, seed: int) -> Trajectory:
    cases = _common_order(train, validation, seed)
    outcomes = judge([(start, case) for case in cases])
    scored = Scored(start, {o.case_id: o for o in outcomes})
    order = tuple(c.id for c in cases)
    ended = spent(outcomes) or _unjudged(outcomes)
    return Trajectory(tuple(train), tuple(validation), order, (scored,), ended=ended)


def _common_order(train: Sequence[Case], validation: Sequence[Case], seed: int) -> list[Case]:
    """One order for every candidate, with train and validation spread evenly, so that each block holds both."""
    ranked: list[tuple[float, str, Case]] = []
    for part in (train, validation):
        mixed = sorted(part, key=lambda c: c.id)
        generator(seed, "order").shuffle(mixed)
        ranked += [((i + 0.5) / len(mixed), case.id, case) for i, case in enumerate(mixed)]
    return [case for _, _, case in sorted(ranked, key=lambda r: r[:2])]


def _raced(done: Trajectory, entrants: list[Candidate], race: Race, judge: Judge, before: Scored) -> Trajectory:
    if not entrants:
        return done
    by_id = {c.id: c for c in (*done.train, *done.validation)}
    held = [done.incumbent] if before is done.incumbent else [done.incumbent, before]
    scored = race(entrants, held, [by_id[i] for i in done.order], judge)
    outcomes = [o for s in scored for o in s.outcomes.values()]
    return replace(done, scored=(*done.scored, *scored), ended=spent(outcomes) or _unjudged(outcomes))


def _unjudged(outcomes: Sequence[Outcome]) -> str | None:
    if not outcomes or any(o.score.value is not None for o in outcomes):
        return None
    return f"no case could be judged: {outcomes[0].score.reason}"


def _silence(proposals: Sequence[Proposal]) -> str | None:
    if not proposals:
        return "nothing left to suggest"
    silent = all(p.text is None and p.reason == "no reply" for p in proposals)
    return "no reply from the optimizer model" if silent else None


def _why_stop(done: Trajectory, stops: Sequence[StopRule]) -> str | None:
    return done.ended or next((reason for rule in stops if (reason := rule(done))), None)


def _found(done: Trajectory, reason: str, calls: int) -> Found:
    ahead = lead(done)
    winner = None if ahead is done.incumbent else ahead
    return Found(
        winner=winner,
        incumbent=done.incumbent,
        steps=done.steps,
        candidates=done.scored[1:],
        refused=done.refused,
        stop_reason=reason,
        overfit=done.overfit,
        changes=paired(done.incumbent, winner, done.order) if winner else (),
        calls=calls,
    )
