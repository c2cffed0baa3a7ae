"""Whether the models still answer as they did when the baselines were accepted: a few fresh answers for each model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from promptci.core import Case, Reason
from promptci.decide.sentinel import Sentinel, Way, sentinels
from promptci.measure.baseline import stored_for
from promptci.models.base import ModelSpec
from promptci.project.side import Side
from promptci.records.baseline import Baseline
from promptci.run.arm import Arm
from promptci.run.ask import Job, ask, fresh
from promptci.run.session import Session


@dataclass(frozen=True, slots=True)
class Accepted:
    """One prompt as it is, with the baseline that was accepted of exactly this measure."""

    side: Side
    baseline: Baseline


@dataclass(slots=True)
class Watched:
    """What the fresh answers of one model say. `asked` cases were answered, of `of` that its prompts have.

    `way` is None where no drift is shown; `events` are the cases that moved that way. `was` and `now` are the names
    that servers gave for the model, now and when the baselines were accepted. `stopped` says why it could not be told.
    """

    spec: ModelSpec
    ids: tuple[str, ...]
    of: int
    asked: int = 0
    way: Way | None = None
    events: list[str] = field(default_factory=list)
    was: set[str] = field(default_factory=set)
    now: set[str] = field(default_factory=set)
    stopped: Reason | None = None

    @property
    def renamed(self) -> bool:
        """Whether answers came from a model that gave none of the accepted ones."""
        return bool(self.was and self.now - self.was)


def watch(run: Session, sides: Sequence[Side]) -> list[Watched]:
    """Ask each model about a few cases of its prompts, until `decide.sentinel` has told whether it drifted.

    Prompts of one model are one sentinel set. Those without a comparable baseline at HEAD, and programs, are left out.
    """
    head, groups = run.project.repository.head(), dict[tuple[str, str | None], list[Accepted]]()
    for side in sides:
        found = None if side.settings.run else stored_for(run.project, head, side, side).baseline
        if found is not None:
            groups.setdefault((side.spec.model, side.spec.base_url), []).append(Accepted(side, found))
    return [_watched(run, group) for group in groups.values()]


def _watched(run: Session, group: Sequence[Accepted]) -> Watched:
    ids = tuple(one.side.settings.id for one in group)
    told = Watched(group[0].side.spec, ids, sum(len(one.side.cases) for one in group))
    told.was = {name for one in group for name in one.baseline.measure.answered.split(", ") if name}
    known = {(i, c): values for i, one in zip(ids, group, strict=True) for c, values in one.baseline.samples.items()}
    arms = {i: Arm(one.side) for i, one in zip(ids, group, strict=True)}
    names = {f"{len(i)}:{i}{c}": (i, c) for i, c in known}
    tests = sentinels({name: known[key] for name, key in names.items()}, run.seed_for("sentinel", *ids))
    for test in tests:
        if _asked(run, told, test, names, known, arms):
            told.way = test.way
            break
        if told.stopped is not None:
            break
        told.events.clear()
    told.asked = sum(len(arm.values.by_case) for arm in arms.values())
    told.now = {name for arm in arms.values() for name in arm.values.models}
    return told


def _asked(
    run: Session,
    told: Watched,
    test: Sentinel,
    names: Mapping[str, tuple[str, str]],
    known: Mapping[tuple[str, str], tuple[float | None, ...]],
    arms: Mapping[str, Arm],
) -> bool:
    """Ask as many cases as it takes at least; return whether a drift is shown. One without a value is not counted."""
    counted, order = 0, iter(test.order)
    while batch := [names[name] for name in islice(order, test.soonest(len(told.events), counted))]:
        told.stopped = _ask(run, batch, arms)
        for prompt_id, case_id in batch:
            value = arms[prompt_id].values.by_case.get(case_id)
            if value is None:
                continue
            counted += 1
            if test.event(known[prompt_id, case_id], value):
                told.events.append(case_id)
            shown = test.told(len(told.events), counted)
            if shown is not None:
                return shown
        if told.stopped is not None:
            return False
    return False


def _ask(run: Session, batch: Sequence[tuple[str, str]], arms: Mapping[str, Arm]) -> Reason | None:
    """Answer the cases of a batch afresh, each under its own prompt; return why nothing more can be asked, if so."""
    for prompt_id in dict.fromkeys(i for i, _ in batch):
        side = arms[prompt_id].side
        cases: dict[str, Case] = {c.id: c for c in side.cases}
        jobs = [Job(arms[prompt_id], cases[c]) for i, c in batch if i == prompt_id]
        stopped = ask(run, jobs, side.grading, first=fresh(run, "sentinel"))
        if stopped is not None:
            return stopped
    return None
