"""Why nothing may be proposed for now, found out before a call is paid for: people work there, or have enough."""

from __future__ import annotations

from promptci.core import Reason
from promptci.improve.target import Target
from promptci.run.session import Session


def refused(run: Session, goal: Target | None) -> Reason | None:
    """Say why no proposal is made, or None. Raises ForgeError when the forge does not answer."""
    return _taken(goal) or _crowded(run, goal)


def _taken(goal: Target | None) -> Reason | None:
    """Say who works on our branch, or None: a person's work is never overwritten, so there is nothing to search for."""
    if goal is None or goal.person is None:
        return None
    said = f"{goal.branch} has commits by {goal.person}, so it was left alone and nothing was asked."
    return Reason("branch_taken", said)


def _crowded(run: Session, goal: Target | None) -> Reason | None:
    """Say that reviewers have enough of our pull requests before them, or None; the one on our branch is no other."""
    if goal is None:
        return None
    most, waiting = run.config.pull_request.max_open, goal.forge.requests(f"promptci/{goal.base}/")
    if any(r.branch == goal.branch for r in waiting) or len(waiting) < most:
        return None
    count = "1 pull request of ours waits" if len(waiting) == 1 else f"{len(waiting)} pull requests of ours wait"
    said = f"{count} for review, and `pull_request.max_open` is {most}: merge or close one. Nothing was asked."
    return Reason("max_open", said)
