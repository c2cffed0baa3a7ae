"""Where a proposal goes: a branch of the remote on top of HEAD, and what waits on it already."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from dataclasses import dataclass

from promptci.errors import DataError, GitError
from promptci.forge import forge_for
from promptci.forge.base import Forge
from promptci.gitrepo import BOT, Repository
from promptci.improve.wishes import NO_WISHES, Wishes
from promptci.project.continued import questions_at
from promptci.project.project import Project
from promptci.records import ledger
from promptci.records.ledger import Question

UPGRADE = "_upgrade"  # the branch of a change of model: no prompt's id, those begin with a letter or a digit
_VERSIONS = 20  # of a ledger that are read: each of them has all the lines of those before it
_BOTS = "[bot]@users.noreply.github.com"


@dataclass(frozen=True, slots=True)
class Target:
    """Where a proposal goes: a branch of `remote` on top of `parent`, a commit of `base`.

    `tip` is the branch's tip now, `person` somebody other than us who committed on it, `declined` the contents of the
    pull requests from it that people closed, `wishes` what reviewers of them asked for. `upgrade` is the tip of the
    branch of a change of model, whose questions to the same held-out cases count, too.
    """

    remote: str
    base: str
    parent: str
    branch: str
    tip: str | None
    forge: Forge
    person: str | None = None
    declined: frozenset[str] = frozenset()
    wishes: Wishes = NO_WISHES
    upgrade: str | None = None


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
    closed = (r for r in forge.requests(branch, "closed") if r.branch == branch and r.state == "closed")
    declined = frozenset(r.content for r in closed if r.content and not r.by_us)
    upgrade = None if prompt_id == UPGRADE else repository.fetch_branch(remote, f"promptci/{base}/{UPGRADE}")
    person = worked_on(repository, tip, head)
    return Target(remote, base, head, branch, tip, forge, person, declined, upgrade=upgrade)


def asked_before(project: Project, prompt_id: str, goal: Target | None) -> list[Question]:
    """Return every question put to the test split so far: those merged, and those that wait on our two branches.

    These are the prompt's own and an upgrade's; without a target they are read as they were last fetched. A line that
    was taken out counts as long as the history has it: a cut ledger gives no level back.
    """
    path = ledger.path_of(prompt_id)
    tips = [goal.tip, goal.upgrade] if goal else [_last_fetched(project, branch) for branch in (prompt_id, UPGRADE)]
    now = [*questions_at(project, path, None), *(q for tip in tips if tip for q in questions_at(project, path, tip))]
    found: dict[tuple[str, int, str], Question] = {}
    for question in (*_of_history(project, path), *now):
        found.setdefault((question.pair, question.query, question.date), question)
    return list(found.values())


def taken_out(project: Project, prompt_id: str) -> list[Question]:
    """Return the questions that an earlier commit's ledger has and today's has not."""
    path = ledger.path_of(prompt_id)
    now = questions_at(project, path, None)
    return [q for q in _of_history(project, path) if q not in now]


def _of_history(project: Project, path: str) -> list[Question]:
    """Return the lines that the last versions of a ledger had, oldest first; one that is damaged has none."""
    found: list[Question] = []
    for commit in reversed(project.repository.history([project.prefix + path])[:_VERSIONS]):
        with contextlib.suppress(DataError):
            found += [q for q in questions_at(project, path, commit.id) if q not in found]
    return found


def asked_at(project: Project, goal: Target, prompt_id: str) -> list[Question]:
    """Return the questions that the branch has and its base has not."""
    path = ledger.path_of(prompt_id)
    ours, theirs = (project.at(rev, path) or b"" for rev in (goal.tip, goal.parent))
    merged = ledger.load(theirs, path)
    return [q for q in ledger.load(ours, path) if q not in merged]


def confirmed_at(project: Project, goal: Target, prompt_id: str) -> bool:
    """Whether something that was confirmed waits on the branch."""
    return goal.tip is not None and any(q.verdict == "improved" for q in asked_at(project, goal, prompt_id))


def _last_fetched(project: Project, prompt_id: str) -> str | None:
    repository = project.repository
    branch = repository.branch()
    for remote in repository.remote_names():
        try:
            return repository.resolve(f"refs/remotes/{remote}/promptci/{branch}/{prompt_id}")
        except GitError:
            continue  # nobody has fetched such a branch from this remote
    return None


def worked_on(repository: Repository, tip: str | None, parent: str) -> str | None:
    """Return the address of a person who committed on our branch, or None: a person's work is never overwritten."""
    if tip is None:
        return None
    since = repository.merge_base(tip, parent)
    authors = repository.authors(since, tip) if since else frozenset(("someone unknown",))
    return next((name for name in sorted(authors) if not _is_ours(name)), None)


def _is_ours(address: str) -> bool:
    """Whether a commit by this address is ours: made here, or by GitHub's API with a bot's token."""
    return address in (BOT.email, "noreply@github.com") or address.endswith(_BOTS)
