"""Before red: fresh answers of both prompts on every case that changed, and Holm over all that was compared.

A stored answer may be a lucky one, and so may a first fresh one. On fresh answers of both sides the luck is even:
under "harmless" each pair of a case may as well stand the other way round, whatever the stored answers were. Asking
again only the losses, as before, is biased towards the change (decisions.md, section 9).
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

from promptci.core import Reason
from promptci.decide.paired import sign_flip
from promptci.decide.slices import holm
from promptci.decide.units import units

Pair = tuple[float | None, float | None]  # fresh values of one case, old and new, in [0, 1]; None: not measured
LEVEL = 0.05  # of a whole run: all prompts and gates that it compares


def confirm(pairs: Sequence[Pair], clusters: Sequence[Hashable | None] | None = None) -> float:
    """One-sided p-value for "worse" from fresh values of the cases that changed either way; 1.0 without any.

    For pass or fail values this is the exact McNemar test, for clusters (in the order of `pairs`) and graded values the
    sign-flip test of sums (exact where cheap, else sampled with a p-value that keeps the level). Signs are valid here
    though they are not for the screen of graded values: what is asked is whether both prompts answer *alike*, and then
    old and new of one case may be exchanged, however skewed the values; a change that only moves the mean's parts about
    was the screen's to leave alone. A case without both values counts as unchanged. Raises ValueError when `clusters`
    has another length.
    """
    gaps = [None if old is None or new is None else old - new for old, new in pairs]
    names = [None] * len(gaps) if clusters is None else list(clusters)
    return sign_flip([unit.total for unit in units(gaps, names)], draws=100_000).p_value


@dataclass(frozen=True, slots=True)
class Stands:
    """What became of one member of the family: its p-value, that corrected for the family, and whether it is red."""

    p_value: float
    corrected: float
    stands: bool


def stands(p_values: Mapping[str, float], *, family: int | None = None, alpha: float = LEVEL) -> dict[str, Stands]:
    """Which blocks stand, by name, so that a harmless run turns red with probability `alpha` at most.

    `p_values` are those of `confirm` (or of another gate's fresh test) for the blocks of one run, `family` the number
    of all prompts and gates that the run compared (at least those given): the ones that did not block count as 1.0.
    Holm's step-down (1979), whatever depends on what. Raises ValueError when the family is smaller than its members.
    """
    whole = len(p_values) if family is None else family
    if whole < len(p_values):
        raise ValueError("the family has at least the members that are given")
    others = {f"\0{i}": 1.0 for i in range(whole - len(p_values))}  # no name of a prompt holds a NUL
    corrected = holm({**p_values, **others})
    return {name: Stands(p, corrected[name], corrected[name] <= alpha) for name, p in p_values.items()}


def said(asked: int, losses: int, wins: int, found: Stands, family: int = 1) -> Reason:
    """What the confirmation found, as a sentence."""
    cases = "1 changed case" if asked == 1 else f"{asked:,} changed cases"
    first = f"We asked both prompts afresh on the {cases}: {losses} newly failing, {wins} newly passing"
    over = "" if family == 1 else f" (for {family} comparisons together)"
    if found.stands:
        return Reason("confirmed", f"{first}, which confirms the drop{over}.")
    return Reason("not_confirmed", f"{first}, which does not confirm a drop{over}.")
