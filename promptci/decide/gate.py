"""The gate: did this change make the prompt worse? An exact group-sequential paired test.

Cases run in up to eight batches, old and new prompt on the same cases. After each batch the gate blocks, passes or asks
for more; whatever it does, a harmless change is blocked with probability alpha at most, early looks included.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from promptci.core import VerdictName
from promptci.decide.boundary import Path, can_cross, crossing
from promptci.decide.evidence import betting_evidence, drop_ruled_out, losses_stand
from promptci.decide.interval import gain_interval
from promptci.decide.paired import Change, mcnemar_p
from promptci.decide.plan import EVIDENCE_ENOUGH, Plan, Step, batches, next_batch, settle
from promptci.decide.power import detectable_drop, noise_seen
from promptci.decide.verdict import Verdict
from promptci.decide.wording import asked_again, counted, meaning, sight, unusable


@dataclass(frozen=True, slots=True)
class Look:
    """Cumulative counts when a batch is done: cases run, newly failing, newly passing, not measured.

    `holes` are those of the unmeasured that passed before and that the new prompt was answered unusably.
    """

    cases_done: int
    losses: int
    wins: int
    unmeasured: int = 0
    holes: int = 0

    def __post_init__(self) -> None:
        if min(self.losses, self.wins, self.unmeasured, self.holes) < 0:
            raise ValueError("counts are never negative")
        if self.losses + self.wins + self.unmeasured > self.cases_done:
            raise ValueError("more losses, wins and unmeasured cases than cases done")
        if self.holes > self.unmeasured:
            raise ValueError("holes are among the unmeasured cases")

    @property
    def change(self) -> Change:
        """The same as counts of losses, wins, ties and unmeasured."""
        ties = self.cases_done - self.losses - self.wins - self.unmeasured
        return Change(self.losses, self.wins, ties, self.unmeasured)

    @property
    def worst(self) -> Change:
        """The same if every hole were a loss: a prompt that is refused where it was answered may be a worse one."""
        return replace(self.change, losses=self.losses + self.holes, unmeasured=self.unmeasured - self.holes)


def decide(plan: Plan, history: tuple[Look, ...]) -> Step:
    """The decision after the last look of `history`, a pure function of the counts at each look.

    The exact boundary (`boundary.crossing`), then an early pass by betting evidence or because nothing that is still to
    come could block, then the last look (decisions.md, section 2, steps 2 to 4). A pass for want of anything to come,
    early or at the last look, needs the drop ruled out too: otherwise a set of ten cases would always be green. No pass
    rests on holes: they count as losses there, and as unmeasured where a block is asked for. Raises ValueError on an
    empty or shrinking history.
    """
    path, now = _path(plan, history), history[-1]
    edge, evidence = crossing(path), betting_evidence(now.worst, plan.max_drop)
    settled = evidence >= EVIDENCE_ENOUGH or (
        not can_cross(now.losses, now.change.changed, path, plan.after(now.cases_done))
        and drop_ruled_out(now.worst, plan.max_drop, plan.alpha)
    )
    crossed = now.losses >= edge.critical
    name = settle(plan, now.cases_done, now.unmeasured, crossed=crossed, passes=settled)
    return Step(name, edge.critical, evidence, edge.level_spent, next_batch(plan, now.cases_done, name))


def _path(plan: Plan, history: tuple[Look, ...]) -> Path:
    """Changed cases per batch, with the level that may be spent at its end."""
    if not history:
        raise ValueError("no look yet")
    path, before = [], Look(0, 0, 0)
    for look in history:
        shrinks = look.losses < before.losses or look.wins < before.wins or look.unmeasured < before.unmeasured
        if shrinks or look.cases_done <= before.cases_done or look.cases_done > plan.planned:
            raise ValueError("counts are cumulative: each look has more cases than the last, up to the planned ones")
        path.append((look.change.changed - before.change.changed, plan.level(look.cases_done)))
        before = look
    return tuple(path)


class Gate:
    """Drives one comparison: `batches()` gives sizes, `look()` takes cumulative counts, `verdict()` answers."""

    def __init__(self, planned: int, *, alpha: float = 0.05, max_drop: float = 0.05, looks: int = 8) -> None:
        self.plan = Plan(planned, alpha, max_drop, looks)
        self.history: tuple[Look, ...] = ()
        self.step: Step | None = None
        self._again: tuple[int, int] | None = None  # losses asked again, and how many of them the old prompt passed

    @property
    def decided(self) -> bool:
        """Whether no more cases are needed."""
        return self.step is not None and self.step.decided

    def batches(self) -> Iterator[int]:
        """Sizes of the batches to run, ending when the gate has decided or all planned cases are run."""
        for size in batches(self.plan):
            if self.decided:
                return
            yield size

    def look(self, losses: int, wins: int, cases_done: int, unmeasured: int = 0, holes: int = 0) -> Step:
        """Take the cumulative counts after a batch and say what follows.

        `cases_done` includes the `unmeasured`, which include the `holes` (see `Look`). Raises ValueError on counts that
        shrink or exceed the plan.
        """
        history = (*self.history, Look(cases_done, losses, wins, unmeasured, holes))
        self.step, self.history, self._again = decide(self.plan, history), history, None
        return self.step

    def rerun(self, standing: int, again: tuple[int, int] | None = None) -> Step:
        """Take back a block that does not stand, after the old prompt ran its newly failing cases again.

        `standing` is how many of all losses so far are left when those are taken off that it did not pass again;
        `again` says for the reasons how many were run again (None: all), and how many of those it passed. For stored
        baselines only, and only when `step.blocked`; keep giving raw counts to `look` afterwards. Returns the step as
        it stands: still failing, or undecided (inconclusive at the last look). Raises ValueError without a block.
        """
        step, now = self._blocked(), self.history[-1]
        if not 0 <= standing <= now.losses:
            raise ValueError("standing must be between 0 and the number of losses")
        self._again = (now.losses, standing) if again is None else again
        if not losses_stand(standing, now.wins, self.plan.alpha):
            name: VerdictName | None = "inconclusive" if now.cases_done >= self.plan.planned else None
            step = replace(step, name=name, next_batch=next_batch(self.plan, now.cases_done, name))
        self.step = step
        return step

    def suspend(self) -> None:
        """Take back a block whose rerun could not be finished: nothing is decided. Raises ValueError without one."""
        self.step = replace(self._blocked(), name=None)

    def _blocked(self) -> Step:
        if self.step is None or not self.step.blocked:
            raise ValueError("nothing is blocked, so nothing needs a rerun")
        return self.step

    def verdict(self, *, stopped: str | None = None) -> Verdict:
        """The verdict with its reasons. `stopped` says why the run ended early, such as "the budget is spent".

        A run that ended before the gate decided is unmeasured: its cases were not enough for any verdict.
        """
        if not self.history or self.step is None:
            why = "No cases were run." if stopped is None else f"No cases were run: {stopped}."
            return Verdict("max_drop", "unmeasured", (why,))
        name: VerdictName = self.step.name or "unmeasured"
        reasons = _reasons(self.plan, self.history[-1], self.step, self._again, stopped)
        return Verdict("max_drop", name, reasons, _numbers(self.plan, self.history[-1], self.step))


def _reasons(plan: Plan, now: Look, step: Step, again: tuple[int, int] | None, stopped: str | None) -> tuple[str, ...]:
    """Plain sentences: what was run, what follows, and what the run could have seen."""
    change = now.change
    reasons = [counted(plan, now.cases_done, f"{now.losses} newly failing, {now.wins} newly passing", now.unmeasured)]
    if now.holes:
        reasons.append(unusable(now.holes))
    if again is not None:
        reasons.append(asked_again(*again))
    reasons.append(meaning(plan, step.name, now.cases_done, now.unmeasured, stopped))
    if step.name == "inconclusive" and change.measured:
        reasons.append(sight(change.measured, noise_seen(change), plan.alpha))
    return tuple(reasons)


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
