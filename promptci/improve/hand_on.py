"""What becomes of an ending: a branch and its pull request, a file in the working tree, or a line in the ledger.

A branch is committed and pushed without touching the user's working tree, index or HEAD.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from promptci.core import digest
from promptci.errors import GitError
from promptci.forge import forge_for
from promptci.forge.base import Change, Forge
from promptci.gitrepo import BOT, Repository
from promptci.improve.ending import Ending
from promptci.measure.baseline import made
from promptci.project.project import Project
from promptci.project.side import Side
from promptci.prompts import write_prompt
from promptci.records import baseline, ledger
from promptci.records.files import write_atomically
from promptci.records.ledger import Question
from promptci.report.base import PromptReport, PullRequest, Report
from promptci.report.markdown import pull_request
from promptci.run.session import Session

Done = tuple[PullRequest, str | None]


@dataclass(frozen=True, slots=True)
class Target:
    """Where a proposal goes: a branch of `remote` on top of `parent`, a commit of `base`.

    `tip` is the branch's tip now, `person` somebody other than us who committed on it.
    """

    remote: str
    base: str
    parent: str
    branch: str
    tip: str | None
    forge: Forge
    person: str | None = None


class Proposer(Protocol):
    """Acts on an ending and returns what became of it, and in a sentence why not more, if so."""

    def __call__(
        self, old: Side, ending: Ending, asked: Sequence[Question], report: Report, prompt: PromptReport
    ) -> Done:
        """Raises GitError or ForgeError when the remote or the forge refuses."""
        ...


def target(project: Project, prompt_id: str, paths: Sequence[str]) -> Target:
    """Find out, before anything is spent, where a proposal would go. Raises GitError with the mend when it cannot.

    The parent is HEAD, which the remote must have, so that the pull request shows our commit and nothing else. `paths`
    are the prompt's own files: with uncommitted changes in them, what is measured is not what would be proposed.
    """
    repository = project.repository
    head = repository.head()
    if head is None:
        raise GitError("the repository has no commit yet", hint="commit the prompt and its eval set first")
    base = repository.branch() or os.environ.get("GITHUB_REF_NAME")
    if base is None:
        raise GitError("HEAD is detached: there is no branch to propose against", hint="git switch main")
    dirty = sorted(set(repository.changed(head)) & {project.prefix + p for p in paths})
    if dirty:
        raise GitError("has uncommitted changes", place=dirty[0], hint="commit them, or use --write instead of --pr")
    remotes = repository.remote_names()
    if not remotes:
        raise GitError("there is no remote to push to", hint="git remote add origin URL, or use --write")
    remote = "origin" if "origin" in remotes else remotes[0]
    theirs = repository.fetch_branch(remote, base)
    if theirs is None or repository.merge_base(theirs, head) != head:
        raise GitError(f"{remote} does not have the commit that {base} is at", hint=f"git push {remote} {base}")
    forge = forge_for(repository.remote_url(remote), os.environ, token=repository.token)
    branch = f"promptci/{base}/{prompt_id}"
    tip = repository.fetch_branch(remote, branch)
    return Target(remote, base, head, branch, tip, forge, _worked_on(repository, tip, head))


def asked_before(project: Project, prompt_id: str, goal: Target | None) -> list[Question]:
    """Return every question put to the test split so far: those merged, and those that wait on our branch.

    Without a target the branch is read as it was last fetched.
    """
    path = ledger.path_of(prompt_id)
    tip = goal.tip if goal else _last_fetched(project, prompt_id)
    sources = [project.at(None, path), project.at(tip, path) if tip else None]
    found: dict[tuple[str, int, str], Question] = {}
    for content in sources:
        for question in ledger.load(content, path) if content else ():
            found.setdefault((question.pair, question.query, question.date), question)
    return list(found.values())


def _last_fetched(project: Project, prompt_id: str) -> str | None:
    repository = project.repository
    branch = repository.branch()
    for remote in repository.remote_names():
        try:
            return repository.resolve(f"refs/remotes/{remote}/promptci/{branch}/{prompt_id}")
        except GitError:
            continue  # nobody has fetched such a branch from this remote
    return None


def proposer_for(mode: str, run: Session, goal: Target | None) -> Proposer:
    """Return who acts on an ending in this mode: "pr" (needs `goal`), "write" or "dry-run"."""
    if mode == "pr" and goal is not None:
        return PullRequests(run, goal)
    return WorkingTree(run.project, prompt_too=mode == "write")


@dataclass(frozen=True, slots=True)
class WorkingTree:
    """Notes the question in the ledger file; with `prompt_too`, writes a confirmed prompt over the old one.

    A dry run notes it as well: a test split that is asked until it says yes proves nothing.
    """

    project: Project
    prompt_too: bool

    def __call__(
        self, old: Side, ending: Ending, asked: Sequence[Question], report: Report, prompt: PromptReport
    ) -> Done:
        """Write the files; there is never a pull request."""
        del report, prompt
        files, why_not = _ledger_file(old, ending, asked), None
        new = ending.proposed
        if self.prompt_too and new is not None and not ending.draft:
            if self.project.at(None, old.settings.file) == old.content:
                files |= {old.settings.file: write_prompt(old.settings.file, old.content, new.prompt.template)}
            else:
                why_not = f"{old.settings.file} was edited while the search ran, so it was left alone."
        for path, content in files.items():
            _overwrite(self.project.directory / path, content)
        return PullRequest(), why_not


def _overwrite(path: Path, content: bytes) -> None:
    """Replace a file and keep its mode."""
    mode = path.stat().st_mode if path.exists() else None
    write_atomically(path, content)
    if mode is not None:
        path.chmod(mode & 0o777)


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
        files, new = _ledger_file(old, ending, asked), ending.proposed
        waits = goal.tip is not None and any(q.verdict == "improved" for q in _asked_at(project, goal, old.settings.id))
        if new is None or (ending.draft and waits):
            if ending.trial is not None:  # on top of what waits on the branch: an open pull request keeps its content
                _push(project, goal, files, f"Note a question to the test cases of {old.settings.id}", goal.tip)
            kept = "A confirmed pull request waits already, so no draft was made." if new is not None else None
            return PullRequest(branch=goal.branch), kept
        committed = project.at(goal.parent, old.settings.file) or old.content
        files |= {old.settings.file: write_prompt(old.settings.file, committed, new.prompt.template)}
        if ending.fresh is not None:
            accepted = made(new, ending.fresh, calls=report.calls, cost_usd=report.cost_usd)
            files |= {baseline.path_of(old.settings.id): baseline.dump(accepted)}
        proposed = digest([old.prompt.template, new.prompt.template])[:16]
        own = [project.directory / "templates"]
        title, body = pull_request(report, prompt, content_hash=proposed, branch=goal.branch, directories=own)
        if not _waits_already(project, goal, old.settings.id, files):
            _push(project, goal, files, title, None)
        labels = self.run.config.pull_request.labels
        done = goal.forge.propose(Change(goal.branch, goal.base, title, body, draft=ending.draft, labels=labels))
        same = (f"The pull request of {goal.branch} says so already.",) if done.operation == "none" else ()
        said = " ".join((*done.notes, *same)) or None
        return PullRequest(done.operation, done.number, done.url, done.branch), said


def _ledger_file(old: Side, ending: Ending, asked: Sequence[Question]) -> dict[str, bytes]:
    """Return the ledger with all questions so far, this run's included; nothing when there is none."""
    question = ending.trial.question if ending.trial else None
    known = list(asked)
    if question is not None and not any(q.pair == question.pair and q.members == question.members for q in asked):
        known.append(question)
    content = b""
    for each in known:
        content = ledger.append(content, each)
    return {ledger.path_of(old.settings.id): content} if known else {}


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


def _worked_on(repository: Repository, tip: str | None, parent: str) -> str | None:
    """Return the address of a person who committed on our branch, or None: a person's work is never overwritten."""
    if tip is None:
        return None
    since = repository.merge_base(tip, parent)
    authors = repository.authors(since, tip) if since else frozenset(("someone unknown",))
    return next(iter(sorted(authors - {BOT.email})), None)


def _push(project: Project, goal: Target, files: Mapping[str, bytes], message: str, onto: str | None) -> None:
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
