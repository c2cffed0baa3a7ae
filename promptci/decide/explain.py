"""A gate's verdict in sentences and numbers."""

from __future__ import annotations

from promptci.core import Reason
from promptci.decide.betting import betting_interval
from promptci.decide.interval import gain_interval
from promptci.decide.paired import mcnemar_p
from promptci.decide.plan import Plan, Step
from promptci.decide.power import detectable_drop, noise_seen
from promptci.decide.seen import Seen
from promptci.decide.units import gain_of, unit_interval
from promptci.decide.verdict import points
from promptci.decide.wording import counted as run_of
from promptci.decide.wording import meaning, sight, unusable


def reasons(
    plan: Plan, now: Seen, step: Step, asked: Reason | None, stopped: str | None, *, counted: bool
) -> tuple[Reason, ...]:
    """Plain sentences: what was run, what follows, and what the run could have seen."""
    told = [run_of(plan, now.done, _outcome(now, counted), now.unmeasured)]
    told += [unusable(len(now.holes))] if now.holes else []
    told += [asked] if asked else []
    told.append(meaning(plan, step.name, now.done, now.unmeasured, stopped))
    if step.name == "inconclusive" and counted and now.change and now.change.measured:
        told.append(sight(now.change.measured, noise_seen(now.change), plan.alpha))
    return tuple(told)


def _outcome(now: Seen, counted: bool) -> str:
    if counted and now.change:
        return f"{now.change.losses} newly failing, {now.change.wins} newly passing"
    gain = gain_of(now.units)
    down, up = sum(u.total < 0 for u in now.units), sum(u.total > 0 for u in now.units)
    kind = "case" if len(now.units) == now.done else "cluster"
    sign = "+" if gain > 0 else ""
    return f"{down} {kind}{'' if down == 1 else 's'} down, {up} up, {sign}{points(gain)} points on average"


def numbers(plan: Plan, now: Seen, step: Step, *, graded: bool) -> dict[str, float]:
    """What the reasons rest on, for reports; gains and drops are shares."""
    found: dict[str, float] = {
        "cases": now.done,
        "planned_cases": plan.planned,
        "unmeasured": now.unmeasured,
        "units": len(now.units),
        "critical_losses": step.critical,
        "level_spent": step.level_spent,
        "evidence": step.evidence,
        "gain": gain_of(now.units),
    }
    change = now.change
    if change is not None:
        p_value = mcnemar_p(change.losses, change.wins)
        found |= {"losses": change.losses, "wins": change.wins, "p_value": p_value}
    interval = interval_of(now, graded=graded)
    found |= {} if interval is None else {"low": interval[0], "high": interval[1]}
    if change is not None and change.measured:
        smallest = detectable_drop(change.measured, noise_seen(change), alpha=plan.alpha)
        found |= {} if smallest is None else {"detectable_drop": smallest}
    return found


def interval_of(now: Seen, *, graded: bool) -> tuple[float, float] | None:
    """90 % interval of the gain by the method that fits the values: betting, score by counts, or the units' spread."""
    if graded:
        return betting_interval(now.units) if now.measured else None
    single = len(now.units) == now.done
    return gain_interval(now.change) if single and now.change else unit_interval(now.units)
