"""An ending handed to the forge: a branch and its pull request, without touching working tree, index or HEAD."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from promptci.core import digest
from promptci.errors import ForgeError
from promptci.forge.base import Change
from promptci.gitrepo import Repository
from promptci.improve.ending import Ending
from promptci.improve.hand_on import Done, ledger_file
from promptci.improve.obsolete import close_obsolete
from promptci.improve.search import content_of
from promptci.improve.target import Target, confirmed_at
from promptci.measure.baseline import made
from promptci.project.project import Project
from promptci.project.side import Side
from promptci.records import baseline
from promptci.records.ledger import Question
from promptci.report.base import PromptReport, Report
from promptci.report.proposal import pull_request
from promptci.report.searched import PullRequest
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
        waits = confirmed_at(project, goal, old.settings.id)
        if new is None or (ending.draft and waits):
            if ending.trial is not None:  # on top of what waits on the branch: an open pull request keeps its content
                push(project, goal, files, f"Note a question to the test cases of {old.settings.id}", goal.tip)
            if new is None:
                told = close_obsolete(project, goal.forge, goal.remote, goal.base, goal.parent)
                return PullRequest(branch=goal.branch), " ".join(told) or None
            kept = "A confirmed pull request waits already, so no draft was made."
            return PullRequest(branch=goal.branch), kept
        files |= _prompt_files(project, goal, old, new)
        if ending.fresh is not None:
            accepted = made(project, new, ending.fresh, calls=report.calls, cost_usd=report.cost_usd)
            files |= {baseline.path_of(old.settings.id): baseline.dump(accepted)}
        proposed = digest([old.prompt.template, new.prompt.template])[:16]
        own, answers = [project.directory / "templates"], self.run.config.report.answers
        title, body = pull_request(
            report, prompt, content_hash=proposed, branch=goal.branch, directories=own, answers=answers
        )
        content = content_of(old, new.prompt.template)
        if not waits_already(project, goal, files):
            push(project, goal, files, title, None)
        elif (there := proposed_already(goal, content)) is not None:
            return there, f"The pull request of {goal.branch} says so already."
        done = goal.forge.propose(self._change(title, body, content, draft=ending.draft))
        same = (f"The pull request of {goal.branch} says so already.",) if done.operation == "none" else ()
        said = " ".join((*done.notes, *same)) or None
        return PullRequest(done.operation, done.number, done.url, done.branch), said

    def _change(self, title: str, body: str, content: str, *, draft: bool) -> Change:
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
            content=content,
        )


def _prompt_files(project: Project, goal: Target, old: Side, new: Side) -> dict[str, bytes]:
    """Return the files that the proposal changes, the searched one as the parent has it but for its text."""
    before, committed = old.files, project.at(goal.parent, old.path) or old.content
    changed = {path: content for path, content in new.files.items() if content != before[path]}
    return {**changed, old.path: old.written(new.prompt.template, committed)}


def proposed_already(goal: Target, content: str) -> PullRequest | None:
    """Return the open request of this branch, if it proposes this very content: nobody needs to read it again."""
    open_ones = (r for r in goal.forge.requests(goal.branch) if r.branch == goal.branch and r.content == content)
    found = next(open_ones, None)
    return None if found is None else PullRequest("none", found.number, found.url, goal.branch)


def waits_already(project: Project, goal: Target, files: Mapping[str, bytes]) -> bool:
    """Whether the branch builds on the same commit and has the same prompts and questions.

    Its baselines are then of the same prompts, from an earlier fresh run: others would only start every check anew.
    """
    if goal.tip is None or project.repository.merge_base(goal.tip, goal.parent) != goal.parent:
        return False
    dated = baseline.path_of("x").rpartition("/")[0]
    return all(project.at(goal.tip, path) == content for path, content in files.items() if not path.startswith(dated))


def push(project: Project, goal: Target, files: Mapping[str, bytes], message: str, onto: str | None) -> None:
    """Commit `files` over `onto` (None: over the base) and push the branch, unless it has moved since we looked."""
    parent = onto or goal.parent
    placed = {project.prefix + path: content for path, content in files.items()}
    repository = project.repository
    if project.config.pull_request.sign:
        commit = _signed(repository, goal, parent, placed, message)
    else:
        # The parent's date: the same content is the same commit, so a rerun that found the same pushes nothing new.
        when = repository.commit_time(parent)
        commit = repository.commit(parent=parent, files=placed, message=message, when=when)
    repository.push(goal.remote, commit, goal.branch, goal.tip)


def _signed(repository: Repository, goal: Target, parent: str, files: Mapping[str, bytes], message: str) -> str:
    programs = repository.executables(parent) & frozenset(files)
    made = goal.forge.signed(parent, files, message, executable=programs)
    if made is None:
        hint = "use the token of a GitHub App or GITHUB_TOKEN, or set `pull_request: {sign: false}`"
        raise ForgeError("the forge signs no commits for this token, and `pull_request.sign` asks for it", hint=hint)
    return repository.fetch_commit(goal.remote, made)
