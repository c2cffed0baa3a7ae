"""Against creeping: every fifth change of a prompt is also compared with the version that was last accepted.

Steps too small to be seen one by one are seen together. The level of the k-th such look is .05 / (k (k + 1)), so that
all looks together keep .05, however many follow (decisions.md, section 11). An e-process over commits would be faster,
but harmless edits that each move some cases for good break it in 28 to 35 %.
"""

from __future__ import annotations

EVERY = 5  # changes between two looks


def anchor_level(look: int, *, alpha: float = 0.05) -> float:
    """The level of the `look`-th comparison with the accepted version, counted from 1. Raises ValueError below 1."""
    if look < 1:
        raise ValueError("looks are counted from 1")
    return alpha / (look * (look + 1))


def anchor_look(changes: int) -> int | None:
    """Which comparison is due after `changes` changes since the prompt was accepted; None if none is."""
    return changes // EVERY if changes > 0 and changes % EVERY == 0 else None
