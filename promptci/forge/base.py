"""What a forge is asked and what it answers: Change, Proposal, and the Forge that opens or updates a pull request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

from promptci.untrusted import one_line

Operation = Literal["created", "updated", "closed", "none"]


@dataclass(frozen=True, slots=True)
class Change:
    """A pushed branch that someone should review. `branch` and `base` are short names; `body` is Markdown."""

    branch: str
    base: str
    title: str
    body: str
    draft: bool = False
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Proposal:
    """What became of a Change. `number` and `url` are None when there is no pull request.

    `notes` say in words what was not possible and did not matter enough to fail, such as a label that was refused.
    """

    operation: Operation
    number: int | None
    url: str | None
    branch: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """Where a forge is to be found: the remote's URL without credentials, the environment, and a token if any."""

    remote_url: str
    environ: Mapping[str, str]
    token: str | None = None

    def __repr__(self) -> str:
        return f"Place({self.remote_url!r})"


class Forge(Protocol):
    """Keeps at most one open pull request for each branch. Safe to run again after a crash at any point."""

    def propose(self, change: Change) -> Proposal:
        """Open the pull request of `change.branch`, or update the one that is open; `none` if it says so already.

        The branch must have been pushed. ForgeError when the forge refuses or does not answer.
        """
        ...


def titled(title: str) -> str:
    """Return `title` on one line of at most 200 characters, safe to show: GitHub takes 256."""
    return one_line(title, limit=190)
