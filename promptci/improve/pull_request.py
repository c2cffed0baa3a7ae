"""An ending handed to the forge: a branch and its pull request, without touching working tree, index or HEAD."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from promptci.core import digest
from promptci.forge.base import Change
from promptci.improve.ending import Ending
from promptci.improve.hand_on import Done, ledger_file
from promptci.improve.target import Target
from promptci.measure.baseline import made
from promptci.project.project import Project
from promptci.project.side import Side
from promptci.prompts import write_prompt
from promptci.records import baseline, ledger
from promptci.records.ledger import Question
from promptci.report.base import PromptReport, PullRequest, Report
from promptci.report.proposal import pull_request
from promptci.run.session import Session


@dataclass(frozen=True, slots=True)
class PullRequests:
    """Commits prompt, baseline and ledger on the branch, pushes it, and opens or updates its pull request."""

    run: Session
    goal: Target

    def __call__(
        self, old: Side, ending: Ending, asked: Sequence[Question], report: Report, prompt: PromptReport
    ) -> Done:
        """Propose a confirmed winner (or a draft); otherwise only keep the question on the branch."""
        project, goal = self.run.project, self.goal
        files, new = ledger_file(old, ending, asked), ending.proposed
        waits = goal.tip is not None and any(q.verdict == "improved" for q in _asked_at(project, goal, old.settings.id))
        if new is None or (ending.draft and waits):
            if ending.trial is not None:  # on top of what waits on the branch: an open pull request keeps its content
                push(project, goal, files, f"Note a question to the test cases of {old.settings.id}", goal.tip)
            kept = "A confirmed pull request waits already, so no draft was made." if new is not None else None
            return PullRequest(branch=goal.branch), kept
        committed = project.at(goal.parent, old.path) or old.content
        files |= {
            old.path: write_prompt(old.settings.file, committed, new.prompt.template, rewrite=old.settings.rewrite)
        }
        if ending.fresh is not None:
            accepted = made(new, ending.fresh, calls=report.calls, cost_usd=report.cost_usd)
            files |= {baseline.path_of(old.settings.id): baseline.dump(accepted)}
        proposed = digest([old.prompt.template, new.prompt.template])[:16]
        own = [project.directory / "templates"]
        title, body = pull_request(report, prompt, content_hash=proposed, branch=goal.branch, directories=own)
        if not _waits_already(project, goal, old.settings.id, files):
            push(project, goal, files, title, None)
        done = goal.forge.propose(self._change(title, body, draft=ending.draft))
        same = (f"The pull request of {goal.branch} says so already.",) if done.operation == "none" else ()
        said = " ".join((*done.notes, *same)) or None
        return PullRequest(done.operation, done.number, done.url, done.branch), said

    def _change(self, title: str, body: str, *, draft: bool) -> Change:
        wanted, goal = self.run.config.pull_request, self.goal
        return Change(
            goal.branch,
            goal.base,
            title,
            body,
            draft=draft or wanted.draft,
            labels=wanted.labels,
            reviewers=wanted.reviewers,
            assignees=wanted.assignees,
        )


def _asked_at(project: Project, goal: Target, prompt_id: str) -> list[Question]:
    """Return the questions that the branch has and its base has not."""
    path = ledger.path_of(prompt_id)
    ours, theirs = (project.at(rev, path) or b"" for rev in (goal.tip, goal.parent))
    merged = ledger.load(theirs, path)
    return [q for q in ledger.load(ours, path) if q not in merged]


def _waits_already(project: Project, goal: Target, prompt_id: str, files: Mapping[str, bytes]) -> bool:
    """Whether the branch builds on the same commit and has the same prompt and questions.

    Its baseline is then of the same prompt, from an earlier fresh run: another would only start every check anew.
    """
    if goal.tip is None or project.repository.merge_base(goal.tip, goal.parent) != goal.parent:
        return False
    dated = baseline.path_of(prompt_id)
    return all(project.at(goal.tip, path) == content for path, content in files.items() if path != dated)


def push(project: Project, goal: Target, files: Mapping[str, bytes], message: str, onto: str | None) -> None:
    """Commit `files` over `onto` (None: over the base) and push the branch, unless it has moved since we looked."""
    repository = project.repository
    commit = repository.commit(
        parent=onto or goal.parent,
        files={project.prefix + path: content for path, content in files.items()},
        message=message,
        # The parent's date: the same content is the same commit, so a rerun that found the same pushes nothing new.
        when=repository.commit_time(onto or goal.parent),
    )
    repository.push(goal.remote, commit, goal.branch, goal.tip)
