"""The one change of an upgrade: the pin, the rewritten prompts, fresh baselines and the questions asked on the way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from promptci.core import digest
from promptci.forge.base import Change
from promptci.improve.attempt import rerun
from promptci.improve.pull_request import proposed_already, push, waits_already
from promptci.improve.target import UPGRADE, Target
from promptci.improve.upgrading import Upgraded
from promptci.measure.baseline import made
from promptci.project.project import Project
from promptci.records import baseline
from promptci.records.files import STATE
from promptci.report.base import PromptReport, Report
from promptci.report.searched import PullRequest
from promptci.report.upgraded import body, title
from promptci.run.session import Session

BRANCH = UPGRADE


def files_of(run: Session, done: Sequence[Upgraded], pin: bytes) -> dict[str, bytes]:
    """Return what the change writes, by path from promptci.yaml on."""
    files = {run.project.config_name: pin}
    for one in done:
        files |= {**one.ledger, **_prompt(one), **_baseline(run, one)}
    return files


def _prompt(one: Upgraded) -> dict[str, bytes]:
    """Return the prompt's file, where its text was rewritten."""
    new = one.new
    if one.ending is None or one.ending.proposed is None:
        return {}
    return {new.path: new.written(new.prompt.template)}


def _baseline(run: Session, one: Upgraded) -> dict[str, bytes]:
    """Return the baseline on the new model, for a prompt that has one: the old model's would not be comparable."""
    path, project = baseline.path_of(one.new.settings.id), run.project
    if project.at(None, path) is None or one.new.grading.combined.needs.base_answer:
        return {}
    before = run.door.spent
    values, why_not = rerun(run, one.new)
    for reason in why_not:
        run.door.note(f"{one.new.settings.id}: {reason.text}")
    if values is None:
        return {}
    spent = run.door.spent
    accepted = made(
        project, one.new, values, calls=spent.calls - before.calls, cost_usd=spent.cost_usd - before.cost_usd
    )
    return {path: baseline.dump(accepted)}


def proposed(
    run: Session, goal: Target, files: dict[str, bytes], report: Report, models: tuple[str, str], *, draft: bool
) -> PullRequest | None:
    """Push the change and open or update its pull request, unless it waits already; None where people closed it.

    Raises GitError or ForgeError.
    """
    content, heading = content_of(files), title(report, *models)
    if content in goal.declined:
        run.door.note(f"People closed a pull request with this very change of {goal.branch}: it is not offered again.")
        return None
    if not waits_already(run.project, goal, files):
        push(run.project, goal, files, heading, None)
    elif (there := proposed_already(goal, content)) is not None:
        return there
    done = goal.forge.propose(_change(run, goal, heading, body(report, *models, content=content), content, draft))
    for note in done.notes:
        run.door.note(note)
    return PullRequest(done.operation, done.number, done.url, done.branch)


def keep(project: Project, goal: Target, ledgers: Mapping[str, bytes]) -> None:
    """Push the ledgers on top of what waits on the branch, unless it has them.

    Raises GitError or ForgeError.
    """
    onto = goal.tip or goal.parent
    if any(project.at(onto, path) != content for path, content in ledgers.items()):
        push(project, goal, ledgers, "Note questions to held-out cases", goal.tip)


def content_of(files: Mapping[str, bytes]) -> str:
    """Return what names the change: the settings and prompts that it writes, not when they were measured."""
    kept = sorted((name, text.decode("utf-8", "replace")) for name, text in files.items() if not _is_record(name))
    return digest(kept)[:32]


def _is_record(path: str) -> bool:
    return path.startswith(f"{STATE}/")


def _change(run: Session, goal: Target, heading: str, text: str, content: str, draft: bool) -> Change:
    wanted = run.config.pull_request
    return Change(
        goal.branch,
        goal.base,
        heading,
        text,
        draft=draft or wanted.draft,
        labels=wanted.labels,
        reviewers=wanted.reviewers,
        assignees=wanted.assignees,
        content=content,
    )


def undecided(prompts: Sequence[PromptReport]) -> bool:
    """Whether some prompt could not be told, so that the change is proposed as a draft."""
    return any(p.verdict == "inconclusive" for p in prompts)
