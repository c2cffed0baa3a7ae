"""What a forge is asked and what it answers: the nouns, and the Protocol that every forge in the table keeps."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

from promptci.untrusted import one_line

Operation = Literal["created", "updated", "closed", "none"]
State = Literal["open", "closed", "merged"]
Access = Literal["write", "read", "none", "unknown"]
Conclusion = Literal["success", "failure", "neutral"]
NoteKind = Literal["declined", "draft", "label", "reviewer", "assignee", "permission", "signature", "race", "cut"]


class Note(str):
    """What was not possible, or not done, and did not matter enough to fail. It reads as its text; `kind` is typed."""

    __slots__ = ("kind",)
    kind: NoteKind

    def __new__(cls, kind: NoteKind, text: str) -> Note:
        """Return the note of a `kind` that people read as `text`."""
        note = super().__new__(cls, text)
        note.kind = kind
        return note


@dataclass(frozen=True, slots=True)
class Change:
    """A pushed branch that someone should review. `branch` and `base` are short names; `body` is Markdown.

    `content` names what is proposed (a digest, without blanks): what people closed under that name is not offered
    again. Empty: it may always be. `reviewers` and `assignees` are user names; one with a slash is a team's.
    """

    branch: str
    base: str
    title: str
    body: str
    draft: bool = False
    labels: tuple[str, ...] = ()
    reviewers: tuple[str, ...] = ()
    assignees: tuple[str, ...] = ()
    content: str = ""


@dataclass(frozen=True, slots=True)
class Proposal:
    """What became of a Change. `number` and `url` are None when there is no pull request.

    `declined` says that people closed this very content before, which is why nothing was done.
    """

    operation: Operation
    number: int | None
    url: str | None
    branch: str
    notes: tuple[str, ...] = ()
    declined: bool = False


@dataclass(frozen=True, slots=True)
class Request:
    """A pull request of ours as it stands. `content` is what its Change said; `by_us` that we closed it, not people."""

    number: int
    url: str
    branch: str
    base: str
    state: State
    title: str
    content: str = ""
    draft: bool = False
    labels: tuple[str, ...] = ()
    by_us: bool = False


@dataclass(frozen=True, slots=True)
class Posted:
    """What became of a comment, an issue or a check run. `url` is None when nothing could be written."""

    operation: Operation
    url: str | None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Check:
    """A verdict on a commit, by its full id. `summary` is Markdown; `details_url`, where there is more of it."""

    commit: str
    name: str
    conclusion: Conclusion
    title: str
    summary: str
    details_url: str | None = None


@dataclass(frozen=True, slots=True)
class Remark:
    """What somebody wrote on a pull request. `body` is untrusted text; `path` and `line` are where, if on a line."""

    author: str
    access: Access
    body: str
    path: str | None = None
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Approval:
    """Who put a `label` on a pull request, or, without a label, signed a commit, and what they may do here."""

    label: str
    by: str
    access: Access


@dataclass(frozen=True, slots=True)
class Place:
    """Where a forge is to be found: the remote's URL without credentials, the environment, and a token if any."""

    remote_url: str
    environ: Mapping[str, str]
    token: str | None = None

    def __repr__(self) -> str:
        return f"Place({self.remote_url!r})"


class Forge(Protocol):
    """Keeps at most one open pull request for each branch. Safe to run again after a crash at any point.

    Every method raises ForgeError when the forge refuses or does not answer within its deadline; what it lacks the
    right for and can do without is a Note of kind `permission`.
    """

    def propose(self, change: Change) -> Proposal:
        """Open the pull request of `change.branch`, or update the one that is open; `none` if it says so already.

        The branch must have been pushed. `none`, and declined, when people closed one with the same content.
        """
        ...

    def requests(self, prefix: str, state: Literal["open", "closed"] = "open") -> tuple[Request, ...]:
        """Return ours: those whose branch is in this repository and starts with `prefix`, newest first; 300 at most."""
        ...

    def close(self, number: int, reason: str) -> Proposal:
        """Close a pull request of ours with a comment that says why; `none` when it is closed already."""
        ...

    def comment(self, number: int, body: str, *, marker: str, only_rewrite: bool = False) -> Posted:
        """Write the one comment of ours with `marker` (letters, digits, `-`), or rewrite it in place.

        With `only_rewrite` nothing is written where there is none yet.
        """
        ...

    def check(self, check: Check) -> Posted:
        """Show a verdict beside a commit; a second one of the same name takes the place of the first."""
        ...

    def access(self, user: str) -> Access:
        """Return what `user` may do; "unknown" when we may not ask, which is never to be taken for "write"."""
        ...

    def remarks(self, number: int) -> tuple[Remark, ...]:
        """Return what people, not bots, wrote on a pull request, oldest first: comments, reviews, and on lines."""
        ...

    def approvals(self, number: int, label: str) -> tuple[Approval, ...]:
        """Return who put `label` on it, if it is still there; the last one to do so."""
        ...

    def vouched(self, commit: str) -> Approval | None:
        """Return who made a commit, by its signature, which the forge has checked; None where nobody vouches.

        The author that a commit names proves nothing: everybody can write any name there.
        """
        ...

    def issue(self, title: str, body: str, *, marker: str, labels: tuple[str, ...] = ()) -> Posted:
        """Open the one issue of ours with `marker`, or rewrite the open one in place."""
        ...

    def signed(
        self, parent: str, files: Mapping[str, bytes], message: str, *, executable: Collection[str] = ()
    ) -> str | None:
        """Make a commit on top of `parent` that the forge itself signs, and return its id, for a fetch and a push.

        No branch moves. `executable` names those of `files` that are programs. None where the forge signs nothing: then
        git makes the commit.
        """
        ...


def titled(title: str) -> str:
    """Return `title` on one line of at most 200 characters, safe to show: GitHub takes 256, GitLab 255."""
    return one_line(title, limit=190)


class OutsideForge(Protocol):
    """A forge that an installed package brings, by the entry point `promptci.forges`: it says what it keeps, and opens.

    `keeps` must ask no server. It is asked about remotes that are no path, and on no host of GitHub's or GitLab's.
    """

    def keeps(self, remote_url: str, environ: Mapping[str, str]) -> bool:
        """Whether requests about this remote, as git has its URL, are made here."""
        ...

    def __call__(self, place: Place) -> Forge:
        """Return the forge for a remote. Raises ForgeError for missing credentials, before anything is sent."""
        ...
