"""`promptci upgrade --to MODEL`: every prompt on the old and the new model; what got worse is searched for anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from promptci.config import Config, PromptSettings
from promptci.config.models import PriceSettings
from promptci.config.pin import on, pinned
from promptci.errors import ForgeError, GitError, UsageError
from promptci.improve.allowed import refused
from promptci.improve.attempt import files_of as read_by
from promptci.improve.references import with_references
from promptci.improve.standing import Standing, cheapest, choices
from promptci.improve.target import Target, target
from promptci.improve.upgrade_change import BRANCH, files_of, keep, proposed, undecided
from promptci.improve.upgrading import Move, Upgraded, as_planned, is_gone, mended, moves, refuse_unknown, standings
from promptci.improve.working_tree import overwrite
from promptci.measure.begun import go_on
from promptci.models.budget import require_prices
from promptci.project.hosts import refuse_untrusted
from promptci.project.models import called_specs
from promptci.project.project import Project, locate
from promptci.report.base import Choice, PromptReport, Report
from promptci.run.options import Options
from promptci.run.session import Session, limits_of, session
from promptci.untrusted import one_line

Mode = Literal["print", "write", "pr"]


_NONE = (
    "Each of the models is worse on some prompt, or could not be told; nothing was changed. More cases tell more; "
    "`promptci upgrade --to MODEL` rewrites what got worse, and proposes one that could not be told as a draft."
)


@dataclass(frozen=True, slots=True)
class Planned:
    """Where the prompts may go: each model with its settings and the prompts that move; where a change would go."""

    project: Project
    configs: tuple[Config, ...]
    found: tuple[tuple[Move, ...], ...]
    prices: Mapping[str, PriceSettings]
    goal: Target | None

    @property
    def models(self) -> tuple[str, ...]:
        """The models that are compared with the one in force."""
        return tuple(config.models.scorer.model for config in self.configs)


def upgrade(
    options: Options,
    *,
    to: Sequence[str],
    ids: Sequence[str] = (),
    prices: Mapping[str, PriceSettings] | None = None,
    mode: Mode = "print",
) -> Report:
    """Compare every prompt that asks `models.scorer` on its model and on `to`, and rewrite those that got worse.

    With several models, the cheapest that is worse nowhere is taken; without one, nothing is rewritten. `mode` says
    what becomes of the change, one for the model, prompts and baselines: `pr` proposes it, `write` writes it into the
    working tree. It is handed on only where no prompt got worse. Where it could not be proposed nothing is asked. One
    that was killed goes on with what it paid for. Raises PromptciError for what a user can mend.
    """
    plan = planned(options, to=to, ids=ids, prices=prices or {}, mode=mode)
    start = replace(plan.project, config=plan.configs[0])
    with start.repository.locked("promptci upgrade"), session(start, options, searching=True) as run:
        moved = [move for of in plan.found for move in of]
        if (why := refused(run, plan.goal)) is not None:
            return run.report(
                "upgrade", [PromptReport(m.new.settings.id, "inconclusive", (why,)) for m in plan.found[0]]
            )
        go_on(run, [as_planned(move) for move in moved])
        refuse_unknown(run, moved)
        gone = is_gone(run, plan.found[0][0])
        every = standings(run, moved, gone=gone)
        found = [_of(plan, i, every) for i in range(len(plan.configs))]
        at = cheapest(found) if len(found) > 1 else 0
        if at is None:
            run.door.note(_NONE)
            return run.report("upgrade", [_named(s) for of in found for s in of], choices=choices(found, None))
        run.project = replace(plan.project, config=plan.configs[at])
        told = choices(found, at)
        done = mended(run, found[at], run.config.search.strategy, gone=gone)
        others = [_named(s) for i, of in enumerate(found) if i != at for s in of]
        if len(found) > 1:
            run.door.note(f"Taken: {one_line(plan.models[at])}, the cheapest that is worse nowhere.")
        return _handed_on(run, plan, at, done, others, mode, told)


def planned(
    options: Options, *, to: Sequence[str], ids: Sequence[str], prices: Mapping[str, PriceSettings], mode: Mode
) -> Planned:
    """Read everything and find out where a change would go, before a call is spent. Raises PromptciError."""
    project = locate(options.config, Path())
    refuse_untrusted(project, trusted=options.trust_tree)
    now = project.config.models.scorer.model
    if now in to:
        raise UsageError(f"'{now}' is the model in force", hint="name another with --to")
    project = with_references(project, ids)
    chosen = project.config.chosen(ids)
    configs = tuple(on(project.config, model, prices.get(model)) for model in to)
    found = tuple(tuple(moves(project, config, chosen)) for config in configs)
    if not found[0]:
        raise UsageError("no prompt asks models.scorer", hint="prompts with a model of their own name it themselves")
    if mode != "print":
        _refuse_unmeasured(project, configs[0], chosen)
    for model in to:
        _pin(project, model, prices.get(model))
    limits = limits_of(options, project.config)
    for config in configs:
        require_prices(called_specs(config, searching=True), limits)
    sides = [move.new for move in found[0]]
    files = [path for side in sides for path in read_by(project, side)]
    return Planned(project, configs, found, prices, target(project, BRANCH, files) if mode == "pr" else None)


def _refuse_unmeasured(project: Project, after: Config, chosen: Sequence[PromptSettings]) -> None:
    """Raise UsageError where the change would move prompts that were not named: they all ask `models.scorer`."""
    rest = [prompt for prompt in project.config.prompts if prompt not in chosen]
    if others := [move.new.settings.id for move in moves(project, after, rest)]:
        said = f"the change would also move {', '.join(map(one_line, others[:10]))}, unmeasured: they ask models.scorer"
        hint = "name them too or leave all ids out; or give a prompt that is to stay a `model` of its own"
        raise UsageError(said, place=project.config_name, hint=hint)


def _pin(project: Project, model: str, price: PriceSettings | None) -> bytes:
    text = project.at(None, project.config_name) or b""
    return pinned(text.decode("utf-8"), model, price, project.config_name).encode()


def _of(plan: Planned, index: int, every: Sequence[Standing]) -> list[Standing]:
    """Return the standings of one model: they lie in the models' order."""
    start = sum(len(moved) for moved in plan.found[:index])
    return list(every[start : start + len(plan.found[index])])


def _named(one: Standing) -> PromptReport:
    """Return the report of one prompt on one of several models, told apart by its id."""
    return replace(one.report, id=f"{one.report.id} on {one.model}")


def _handed_on(
    run: Session,
    plan: Planned,
    at: int,
    done: Sequence[Upgraded],
    others: list[PromptReport],
    mode: Mode,
    told: Sequence[Choice],
) -> Report:
    prompts = [one.report for one in done]
    lost = [one.report.id for one in done if not one.carried]
    if lost:
        run.door.note(f"The model stays as it is: {', '.join(map(one_line, lost[:10]))} would be worse, or unmeasured.")
        told = [replace(choice, taken=False) for choice in told]
    if lost or mode == "print":  # questions to held-out cases are noted whatever becomes of the rest
        _note(run, plan.goal, _ledgers(done))
        return run.report("upgrade", [*prompts, *others], choices=told)
    model = plan.models[at]
    files = files_of(run, done, _pin(plan.project, model, plan.prices.get(model)))
    if plan.goal is not None:
        prompts = _proposed(run, plan, plan.goal, files, done, model, told)
    else:
        _write(run, files)
        run.door.note(f"Written: {', '.join(map(one_line, files))}.")
    return run.report("upgrade", [*prompts, *others], choices=told)


def _ledgers(done: Sequence[Upgraded]) -> dict[str, bytes]:
    return {path: content for one in done for path, content in one.ledger.items()}


def _write(run: Session, files: Mapping[str, bytes]) -> None:
    for path, content in files.items():
        overwrite(run.project.directory / path, content)


def _note(run: Session, goal: Target | None, files: Mapping[str, bytes]) -> None:
    """Keep the ledgers on the branch, where a change would be proposed: a CI job's working tree is gone when it ends.

    What cannot be pushed, and what is not to be proposed, is written into the working tree.
    """
    if goal is None:
        _write(run, files)
        return
    try:
        keep(run.project, goal, files)
    except (GitError, ForgeError) as problem:
        run.door.note(f"Questions to held-out cases are noted here alone, as the push failed: {one_line(str(problem))}")
        _write(run, files)


def _proposed(
    run: Session,
    plan: Planned,
    goal: Target,
    files: dict[str, bytes],
    done: Sequence[Upgraded],
    model: str,
    told: Sequence[Choice],
) -> list[PromptReport]:
    """Propose the change; what the remote or the forge refuses is told, and no report or ledger is lost with it."""
    models, prompts = (plan.project.config.models.scorer.model, model), [one.report for one in done]
    try:
        report = run.report("upgrade", prompts, choices=told, kept=False)
        pull = proposed(run, goal, files, report, models, draft=undecided(prompts))
    except (GitError, ForgeError) as problem:
        run.door.note(f"Not proposed: {one_line(str(problem))}.")
        _write(run, _ledgers(done))
        return [replace(p, verdict="unmeasured") for p in prompts]
    if pull is None:
        _note(run, goal, _ledgers(done))
    else:
        said = "says so already" if pull.operation == "none" else pull.operation
        run.door.note(f"Pull request {said}: {pull.url or pull.branch}")
    return prompts
