"""What a gate answers: pass, fail, inconclusive or unmeasured, with its reasons in words and its numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from promptci.core import Reason, VerdictName

MAX_UNMEASURED = 0.05  # a larger share of cases that nobody could judge makes the whole verdict "unmeasured"
WORST_FIRST: tuple[VerdictName, ...] = ("fail", "unmeasured", "inconclusive", "pass")


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer of the gate named `gate`. `told` are its reasons, typed; `numbers` are what they rest on."""

    gate: str
    name: VerdictName
    told: tuple[Reason, ...]
    numbers: Mapping[str, float] = field(default_factory=dict)

    @property
    def reasons(self) -> tuple[str, ...]:
        """The reasons as plain sentences, for people only: code reads the kinds in `told`."""
        return tuple(reason.text for reason in self.told)

    @property
    def blocked(self) -> bool:
        """Whether this gate turns the check red."""
        return self.name == "fail"


def combined(verdicts: Sequence[Verdict]) -> Verdict:
    """One verdict from separate gates: the worst of them, with the reasons of every gate that did not pass, each named.

    fail comes first (something measured did block), then unmeasured, inconclusive, pass. When all passed, all reasons
    are kept. No gate at all is unmeasured: nothing was asked, so nothing can be green.
    """
    if not verdicts:
        return Verdict("all", "unmeasured", (Reason("no_gate", "No gate was asked."),))
    name = min((v.name for v in verdicts), key=WORST_FIRST.index)
    told = [v for v in verdicts if v.name != "pass"] or list(verdicts)
    told.sort(key=lambda v: WORST_FIRST.index(v.name))  # stable: gates keep their order within one name
    return Verdict("all", name, tuple(Reason(r.kind, f"{v.gate}: {r.text}") for v in told for r in v.told))


def too_many_unmeasured(unmeasured: int, cases: int) -> bool:
    """Whether more than 5 % of `cases` could not be judged, or none of them could."""
    return unmeasured >= cases or unmeasured > MAX_UNMEASURED * cases


def points(share: float) -> str:
    """A share as percentage points, one decimal at most: 0.05 -> '5', 0.175 -> '17.5'."""
    return f"{round(100 * share, 1) + 0.0:.1f}".removesuffix(".0")  # a hair below nothing is "0", not "-0"


def several(count: int, one: str, many: str) -> str:
    """A count with its noun: (1, 'case', 'cases') -> '1 case'."""
    return f"{count} {one if count == 1 else many}"


def held_out(count: int) -> str:
    """A count of held-out cases: 1 -> '1 held-out case'."""
    return several(count, "held-out case", "held-out cases")


def chances(level: float) -> str:
    """A level in words: 0.05 -> '5 times in 100', 0.001 -> '1 time in 1,000'."""
    whole = next(w for w in (100, 1_000, 10_000, 100_000, 1_000_000) if level * w >= 1 or w == 1_000_000)
    count = f"{level * whole:.3g}"
    return f"{count} time{'' if count == '1' else 's'} in {whole:,}"
