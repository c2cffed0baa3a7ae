"""The forge of a dry run: takes every change and does nothing."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal

from promptci.forge.base import Access, Approval, Change, Check, Place, Posted, Proposal, Remark, Request


@dataclass(frozen=True, slots=True)
class NoForge:
    """Where `--dry-run` proposes its changes. It knows nobody, so nobody has any right."""

    @classmethod
    def at(cls, place: Place) -> NoForge:  # noqa: ARG003  # every forge is made from a place; nowhere needs none
        """Return the forge; the place does not matter."""
        return cls()

    def propose(self, change: Change) -> Proposal:
        """Answer `none`."""
        return Proposal("none", None, None, change.branch)

    def requests(self, prefix: str, state: Literal["open", "closed"] = "open") -> tuple[Request, ...]:  # noqa: ARG002  # nothing is kept here
        """Return nothing."""
        return ()

    def close(self, number: int, reason: str) -> Proposal:  # noqa: ARG002  # nothing is kept here
        """Answer `none`."""
        return Proposal("none", number, None, "")

    def comment(self, number: int, body: str, *, marker: str, only_rewrite: bool = False) -> Posted:  # noqa: ARG002  # nothing is kept here
        """Answer `none`."""
        return Posted("none", None)

    def check(self, check: Check) -> Posted:  # noqa: ARG002  # nothing is kept here
        """Answer `none`."""
        return Posted("none", None)

    def access(self, user: str) -> Access:  # noqa: ARG002  # nothing is kept here
        """Answer that nothing is known."""
        return "unknown"

    def remarks(self, number: int) -> tuple[Remark, ...]:  # noqa: ARG002  # nothing is kept here
        """Return nothing."""
        return ()

    def approvals(self, number: int, label: str) -> tuple[Approval, ...]:  # noqa: ARG002  # nothing is kept here
        """Return nothing."""
        return ()

    def vouched(self, commit: str) -> Approval | None:  # noqa: ARG002  # nothing is kept here
        """Vouch for nobody."""
        return None

    def issue(self, title: str, body: str, *, marker: str, labels: tuple[str, ...] = ()) -> Posted:  # noqa: ARG002  # nothing is kept here
        """Answer `none`."""
        return Posted("none", None)

    def signed(
        self,
        parent: str,  # noqa: ARG002  # nothing is kept here
        files: Mapping[str, bytes],  # noqa: ARG002  # nothing is kept here
        message: str,  # noqa: ARG002  # nothing is kept here
        *,
        executable: Collection[str] = (),  # noqa: ARG002  # nothing is kept here
    ) -> str | None:
        """Sign nothing."""
        return None
