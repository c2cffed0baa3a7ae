"""The gate: did this change make the prompt worse? An exact group-sequential paired test.

Cases run in up to eight batches, old and new prompt on the same cases. After each batch the gate blocks, passes or asks
for more; whatever it does, a harmless change is blocked with probability alpha at most, early looks included.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

from promptci.core import VerdictName
from promptci.decide.boundary import Path, can_cross, crossing, level_at
from promptci.decide.interval import gain_interval
from promptci.decide.paired import Change, mcnemar_p
from promptci.decide.power import detectable_drop, noise_seen
from promptci.decide.verdict import MAX_UNMEASURED, Verdict, chances, points, too_many_unmeasured

EVIDENCE_ENOUGH = 10.0  # betting evidence that lets a change pass early: at most one drop of max_drop in ten gets there
BETS = tuple(
    k / 10 for k in range(1, 7)
)  # shares of the largest bet; chosen by mean cases at power .9 (docs/benchmarks.md)


@dataclass(frozen=True, slots=True)
class Plan:
    """What is fixed before the first case: cases to run, one-sided level, tolerated drop (a share), number of looks."""

    planned: int
    alpha: float = 0.05
    max_drop: float = 0.05
    looks: int = 8

    def __post_init__(self) -> None:
        if self.planned < 0 or self.looks < 1:
            raise ValueError("planned must not be negative and looks must be at least 1")
        if not 0 < self.alpha <= 0.2 or not 0 < self.max_drop < 1:
            raise ValueError("alpha must be in (0, 0.2] and max_drop in (0, 1)")

    @property
    def ends(self) -> tuple[int, ...]:
        """Cases done at the end of each batch; as equal as whole cases allow, none empty."""
        return tuple(sorted({round(self.planned * t / self.looks) for t in range(1, self.looks + 1)} - {0}))

    def level(self, done: int) -> float:
        """The level that may be spent once `done` cases are run."""
        return level_at(done, self.planned, self.alpha)

    def after(self, done: int) -> Path:
        """The batches that are still to come, all of their cases counted."""
        ends = [done, *(end for end in self.ends if end > done)]
        return tuple((b - a, self.level(b)) for a, b in pairwise(ends))


@dataclass(frozen=True, slots=True)
class Look:
    """Cumulative counts when a batch is done: cases run, newly failing, newly passing, not measured."""

    cases_done: int
    losses: int
    wins: int
    unmeasured: int = 0

    def __post_init__(self) -> None:
        if min(self.losses, self.wins, self.unmeasured) < 0:
            raise ValueError("counts are never negative")
        if self.losses + self.wins + self.unmeasured > self.cases_done:
            raise ValueError("more losses, wins and unmeasured cases than cases done")

    @property
    def change(self) -> Change:
        """The same as counts of losses, wins, ties and unmeasured."""
        ties = self.cases_done - self.losses - self.wins - self.unmeasured
        return Change(self.losses, self.wins, ties, self.unmeasured)


@dataclass(frozen=True, slots=True)
class Step:
    """What the gate says after a look. `name` is None while more cases are needed; `next_batch` is their number.

    `critical` is the number of losses that blocks at this look, `evidence` the betting evidence for "drop < max_drop".
    """

    name: VerdictName | None
    critical: int
    evidence: float
    level_spent: float
    next_batch: int

    @property
    def decided(self) -> bool:
        """Whether no more cases are needed."""
        return self.name is not None

    @property
    def blocked(self) -> bool:
        """Whether the losses reach the boundary; a stored baseline's losses are rerun before this turns red."""
        return self.name == "fail"


def decide(plan: Plan, history: tuple[Look, ...]) -> Step:
    """The decision after the last look of `history`, a pure function of the counts at each look.

    Exact boundary (`boundary.crossing`), then an early pass by betting evidence or because nothing that is still to
    come could block, then the last look (decisions.md, section 2, steps 2 to 4). Raises ValueError on an empty or
    shrinking history.
    """
    path, now = _path(plan, history), history[-1]
    edge, evidence = crossing(path), betting_evidence(now.change, plan.max_drop)
    last = now.cases_done >= plan.planned
    if now.unmeasured > MAX_UNMEASURED * plan.planned or (last and not now.change.measured):
        name: VerdictName | None = "unmeasured"
    elif too_many_unmeasured(now.unmeasured, now.cases_done):
        name = None  # later cases may still dilute them; no verdict rests on this many holes
    elif now.losses >= edge.critical:
        name = "fail"
    elif evidence >= EVIDENCE_ENOUGH:
        name = "pass"
    elif last or not can_cross(now.losses, now.change.changed, path, plan.after(now.cases_done)):
        shown = drop_ruled_out(now.change, plan.max_drop, plan.alpha)
        name = "pass" if shown else "inconclusive" if last else None
    else:
        name = None
    return Step(name, edge.critical, evidence, edge.level_spent, _next_batch(plan, now, name))


def _path(plan: Plan, history: tuple[Look, ...]) -> Path:
    """Changed cases per batch, with the level that may be spent at its end."""
    if not history:
        raise ValueError("no look yet")
    path, before = [], Look(0, 0, 0)
    for look in history:
        shrinks = look.losses < before.losses or look.wins < before.wins or look.unmeasured < before.unmeasured
        if shrinks or look.cases_done <= before.cases_done or look.cases_done > plan.planned:
            raise ValueError(
                "counts are cumulative: each look has more cases than the one before, up to the planned ones"
            )
        path.append((look.change.changed - before.change.changed, plan.level(look.cases_done)))
        before = look
    return tuple(path)


def _next_batch(plan: Plan, now: Look, name: VerdictName | None) -> int:
    later = plan.after(now.cases_done)
    return later[0][0] if name is None and later else 0


def betting_evidence(change: Change, max_drop: float) -> float:
    """Evidence that the true drop is below `max_drop` (a share): an e-value, at least 0, 1 without data.

    The mean over bets b of prod(1 + b * (g + max_drop)), g = +1 for a win, -1 for a loss, 0 for a tie, b up to 0.6 / (1
    - max_drop) (Waudby-Smith & Ramdas 2021). If the drop is `max_drop` or more it ever reaches x with probability at
    most 1 / x, however often one looks. Unmeasured cases are left out.
    """
    total = 0.0
    for share in BETS:
        bet = share / (1 - max_drop)
        log = change.losses * math.log1p(bet * (max_drop - 1)) + change.wins * math.log1p(bet * (max_drop + 1))
        total += math.exp(min(log + change.ties * math.log1p(bet * max_drop), 700.0))
    return total / len(BETS)


def drop_ruled_out(change: Change, max_drop: float, alpha: float = 0.05) -> bool:
    """Whether a true drop of `max_drop` (a share) is ruled out at level `alpha`, at the last look.

    The one-sided bound (`interval.gain_interval`) must stay above -max_drop, and there must be enough cases that not
    one loss among them would be rare, ln(alpha) / ln(1 - max_drop), about 3 / max_drop: a score bound is too bold when
    nothing changed.
    """
    if change.measured < math.log(alpha) / math.log1p(-max_drop):
        return False
    interval = gain_interval(change, confidence=1 - 2 * alpha)
    return interval is not None and interval[0] > -max_drop


def losses_stand(standing: int, wins: int, alpha: float = 0.05) -> bool:
    """Whether a block stands after the old prompt's newly failing cases were run again.

    `standing` losses are those that the old prompt passed again, `wins` are all of them. They stand if the exact
    McNemar test still has p <= alpha. Asked only of a change that crossed the boundary, so it can only lower false
    alarms; a stored baseline may hold lucky answers, which is what it finds (decisions.md, section 2, step 5).
    """
    return mcnemar_p(standing, wins) <= alpha


class Gate:
    """Drives one comparison: `batches()` gives sizes, `look()` takes cumulative counts, `verdict()` answers."""

    def __init__(self, planned: int, *, alpha: float = 0.05, max_drop: float = 0.05, looks: int = 8) -> None:
        self.plan = Plan(planned, alpha, max_drop, looks)
        self.history: tuple[Look, ...] = ()
        self.step: Step | None = None
        self.standing: int | None = None

    @property
    def decided(self) -> bool:
        """Whether no more cases are needed."""
        return self.step is not None and self.step.decided

    def batches(self) -> Iterator[int]:
        """Sizes of the batches to run, ending when the gate has decided or all planned cases are run."""
        done = 0
        for end in self.plan.ends:
            if self.decided:
                return
            yield end - done
            done = end

    def look(self, losses: int, wins: int, cases_done: int, unmeasured: int = 0) -> Step:
        """Take the cumulative counts after a batch and say what follows.

        `cases_done` includes the `unmeasured`. Raises ValueError on counts that shrink or exceed the plan.
        """
        history = (*self.history, Look(cases_done, losses, wins, unmeasured))
        self.step, self.history, self.standing = decide(self.plan, history), history, None
        return self.step

    def rerun(self, standing: int) -> Step:
        """Take back a block that does not stand, after the old prompt ran its newly failing cases again.

        `standing` is how many of the losses it passed again. Only for stored baselines, only when `step.blocked`.
        Returns the step as it stands: still failing, or undecided (inconclusive at the last look). Raises ValueError
        without a block.
        """
        if self.step is None or not self.step.blocked:
            raise ValueError("nothing is blocked, so nothing needs a rerun")
        now = self.history[-1]
        if not 0 <= standing <= now.losses:
            raise ValueError("standing must be between 0 and the number of losses")
        self.standing = standing
        if not losses_stand(standing, now.wins, self.plan.alpha):
            name: VerdictName | None = "inconclusive" if now.cases_done >= self.plan.planned else None
            self.step = replace(self.step, name=name, next_batch=_next_batch(self.plan, now, name))
        return self.step

    def verdict(self, *, stopped: str | None = None) -> Verdict:
        """The verdict with its reasons. `stopped` says why the run ended early, such as "the budget is spent".

        A run that ended before the gate decided is unmeasured: its cases were not enough for any verdict.
        """
        if not self.history or self.step is None:
            why = "No cases were run." if stopped is None else f"No cases were run: {stopped}."
            return Verdict("max_drop", "unmeasured", (why,))
        name: VerdictName = self.step.name or "unmeasured"
        reasons = _reasons(self.plan, self.history[-1], self.step, self.standing, stopped)
        return Verdict("max_drop", name, reasons, _numbers(self.plan, self.history[-1], self.step))


def _reasons(plan: Plan, now: Look, step: Step, standing: int | None, stopped: str | None) -> tuple[str, ...]:
    """Plain sentences: what was run, what follows, and what the run could have seen."""
    counted = (
        f"{now.cases_done} of {plan.planned} cases run: {now.losses} newly failing, {now.wins} newly passing"
        + (f", {now.unmeasured} could not be measured" if now.unmeasured else "")
        + "."
    )
    reasons = [counted]
    if standing is not None:
        reasons.append(f"The old prompt ran the newly failing cases again and passed {standing} of {now.losses}.")
    reasons.append(_meaning(plan, now, step, stopped))
    if step.name in ("pass", "inconclusive") and now.change.measured:
        reasons.append(_sight(plan, now.change))
    return tuple(reasons)


def _meaning(plan: Plan, now: Look, step: Step, stopped: str | None) -> str:
    drop = points(plan.max_drop)
    if step.name == "fail":
        odds = chances(plan.alpha)
        return f"A harmless change would look this bad less than {odds}, counting all our early looks."
    if step.name == "pass":
        return f"A drop of {drop} points or more is ruled out by these cases."
    if step.name == "inconclusive":
        return f"Neither a drop nor its absence is shown: a drop of {drop} points is not ruled out by these cases."
    if stopped is not None:
        return f"The run ended before a verdict: {stopped}."
    if now.change.measured == 0:
        return "None of the cases could be measured, so there is no verdict."
    if too_many_unmeasured(now.unmeasured, now.cases_done) or step.name == "unmeasured":
        return f"More than {points(MAX_UNMEASURED)} % of the cases could not be measured, so there is no verdict."
    return "The run ended before a verdict."


def _sight(plan: Plan, change: Change) -> str:
    smallest = detectable_drop(change.measured, noise_seen(change), alpha=plan.alpha)
    if smallest is None:
        return f"{change.measured} cases are too few to see any drop."
    return f"The smallest drop that {change.measured} cases would show 4 times in 5 is {points(smallest)} points."


def _numbers(plan: Plan, now: Look, step: Step) -> dict[str, float]:
    """What the reasons rest on, for reports; gains and drops are shares."""
    numbers: dict[str, float] = {
        "cases": now.cases_done,
        "planned_cases": plan.planned,
        "unmeasured": now.unmeasured,
        "losses": now.losses,
        "wins": now.wins,
        "critical_losses": step.critical,
        "p_value": mcnemar_p(now.losses, now.wins),
        "level_spent": step.level_spent,
        "evidence": step.evidence,
    }
    interval = gain_interval(now.change)
    if interval is not None:
        numbers |= {"gain": (now.wins - now.losses) / now.change.measured, "low": interval[0], "high": interval[1]}
        smallest = detectable_drop(now.change.measured, noise_seen(now.change), alpha=plan.alpha)
        numbers |= {} if smallest is None else {"detectable_drop": smallest}
    return numbers
