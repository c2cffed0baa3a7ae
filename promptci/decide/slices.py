"""Slices: did the change make one tag's cases worse? Holm's correction keeps the chance of any false alarm at alpha."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from promptci.core import Reason
from promptci.decide.family import holm
from promptci.decide.paired import Change, mcnemar_p
from promptci.decide.verdict import Verdict, chances


@dataclass(frozen=True, slots=True)
class Evidence:
    """How one tag was tested, where its cases are not one coin each: the p-value for "worse" and the coins behind it.

    After a rerun of lost cases the p-value is that of what stands, and the coins stay those of the first answers: a
    rerun can only take a block back.
    """

    p_value: float
    coins: int


@dataclass(frozen=True, slots=True)
class Slice:
    """One tag: its counts, its exact p-value for "worse", and the p-value corrected for all tags that could block."""

    tag: str
    change: Change
    p_value: float
    corrected: float


def slices(
    changes: Mapping[str, Change], *, alpha: float = 0.05, tested: Mapping[str, Evidence] | None = None
) -> tuple[Verdict, tuple[Slice, ...]]:
    """The gate `slices`, from the counts by tag: fail if any tag is worse after Holm's correction, naming each.

    `tested` has the evidence by tag where cases come in clusters or were rerun; else it is McNemar's on the counts.
    Tags with so few changed coins that they could not block even alone (0.5 ** coins > alpha) do not count in the
    correction (Tarone 1990). Slices that show nothing pass: this gate says "no slice is shown to be worse", the
    comparison of all cases says how much. Unmeasured if no tag has a measured case. The second value has every tag,
    worst first.
    """
    if tested is None:
        tested = {tag: Evidence(mcnemar_p(c.losses, c.wins), c.changed) for tag, c in changes.items()}
    corrected = holm({tag: seen.p_value for tag, seen in tested.items() if 0.5**seen.coins <= alpha})
    found = [Slice(tag, changes[tag], seen.p_value, corrected.get(tag, 1.0)) for tag, seen in tested.items()]
    found.sort(key=lambda s: (s.corrected, s.p_value, s.tag))
    worse = [s for s in found if s.corrected <= alpha]
    numbers = {"slices": float(len(found)), "tested": float(len(corrected)), "worse": float(len(worse))}
    if not any(change.measured for change in changes.values()):
        return Verdict(
            "slices", "unmeasured", (Reason("none_measured", "No slice has a measured case."),), numbers
        ), tuple(found)
    if not worse:
        none = Reason("no_slice_worse", f"None of {len(found)} slices is shown to be worse.")
        return Verdict("slices", "pass", (none,), numbers), tuple(found)
    counts = [(s.tag, s.change.losses, s.change.wins) for s in worse]
    told = [
        Reason("slice_worse", f"{tag}: {losses} newly failing, {wins} newly passing.") for tag, losses, wins in counts
    ]
    odds = f"Harmless changes would make any of {len(corrected)} slices look this bad less than {chances(alpha)}."
    return Verdict("slices", "fail", (*told, Reason("level", odds)), numbers), tuple(found)
