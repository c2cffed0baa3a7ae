"""How a budget is cut up, in one sum: what is asked for, screened and compared, before the first call is spent."""

from __future__ import annotations

from dataclasses import dataclass

FREE = 1_400  # calls of a round where the budget sets no cap
ROUND = 1_700  # calls from which on a second round with fresh edits finds more than a longer first one
SMALLEST = 24  # answers below which a screening says nothing
_WRITING = 0.08  # share of a round that may go into asking for edits
_CHECK = 0.03  # share of a round that may go into looking at the winner itself
_PER_EDIT = 10  # answers that an edit needs at the least
_MOST_EDITS, _FEWEST_EDITS = 40, 6


@dataclass(frozen=True, slots=True)
class Plan:
    """Calls of one round: `asks` questions for `edits` edits, `answers` in three stages, `check` cases at the end.

    An answer costs `per_answer` calls.
    """

    edits: int
    asks: int
    answers: int
    check: int
    per_answer: int = 1

    def stages(self) -> tuple[int, int, int]:
        """The answers of the three stages, equal but for the rest."""
        third = self.answers // 3
        return third, third, self.answers - 2 * third


def start_cases(left: int | None, cases: int, per_answer: int = 1) -> int:
    """On how many of the development cases the text to beat is asked first: all, or a sixth of a small budget.

    Every later answer to a case tells about the case as well, so these need not be all.
    """
    return cases if left is None else min(cases, max(8, left // (6 * per_answer)))


def rounds_of(left: int | None) -> int:
    """How many rounds a budget is worth: one up to 2,500 calls; three without a cap."""
    return 3 if left is None else max(1, round(left / ROUND))


def plan(left: int | None, cases: int, *, rounds: int = 1, per_answer: int = 1, least: int = 0) -> Plan | None:
    """Plan the next of `rounds` rounds with `left` calls, an answer costing `per_answer`.

    None when too few are left: for `SMALLEST` answers, or fewer than `least` for the round.
    The parts add up to at most the round's share of `left`, so nothing is cut later by a cap that is known now.
    """
    share = FREE * per_answer if left is None else left // rounds
    edits = max(_FEWEST_EDITS, min(_MOST_EDITS, share // (_PER_EDIT * per_answer)))
    asks = max(2, min(edits, round(_WRITING * share)))
    check = min(cases, max(4, round(_CHECK * share / per_answer)))
    answers = (share - asks) // per_answer - check
    return Plan(edits, asks, answers, check, per_answer) if answers >= SMALLEST and share >= least else None
