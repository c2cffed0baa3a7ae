"""The forge of a dry run: takes every change and does nothing."""

from __future__ import annotations

from dataclasses import dataclass

from promptci.forge.base import Change, Place, Proposal


@dataclass(frozen=True, slots=True)
class NoForge:
    """Where `--dry-run` proposes its changes."""

    @classmethod
    def at(cls, place: Place) -> NoForge:  # noqa: ARG003 - every forge is made from a place; nowhere needs none
        """Return the forge; the place does not matter."""
        return cls()

    def propose(self, change: Change) -> Proposal:
        """Answer `none`."""
        return Proposal("none", None, None, change.branch)
