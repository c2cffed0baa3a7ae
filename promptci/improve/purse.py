"""The calls of one search and its confirmation: what no winner needs goes back to a search that has found nothing."""

from __future__ import annotations

from dataclasses import dataclass, field

from promptci.decide.aims import Aim
from promptci.evals.split import Split
from promptci.improve.reserve import Reserve, reserve
from promptci.project.side import Side
from promptci.run.session import Session

ROUND = 100  # calls below which another round says nothing of fresh candidates
FEWEST = 20  # held-out cases below which hardly anything is confirmed


@dataclass(slots=True)
class Purse:
    """`share` calls in all (None: no cap), of which `kept` are for the confirmation; `questions` may be put in it."""

    run: Session
    old: Side
    parts: Split
    aim: Aim
    share: int | None
    questions: int = 1
    kept: Reserve = field(init=False)
    _begun: int = field(init=False)

    def __post_init__(self) -> None:
        self._begun = self.run.door.spent.drawn
        self.kept = self._split(self.share)

    def _split(self, left: int | None) -> Reserve:
        return reserve(self.old, self.parts, left, self.aim, questions=self.questions)

    def set_aside(self) -> int | None:
        """Keep the confirmation's part from the search; return what the run's calls may be when the search ends."""
        self.run.budget.release()
        self.run.budget.set_aside(self.kept.cost.calls, tokens=self.kept.cost.tokens, usd=self.kept.cost.usd)
        return None if self.share is None else self._begun + self.share - self.kept.cost.calls

    def again(self) -> int | None:
        """Give a search that has found nothing its part of what is left; None when that is worth no round.

        What is left is split as a budget is, so a winner of that round is confirmed on fewer cases. A search for less
        gets nothing: what can be left out was looked at, and would be again.
        """
        if self.share is None or not self.aim.gains:
            return None
        left = self._begun + self.share - self.run.door.spent.drawn
        less = self._split(left)
        if less.cases < FEWEST or left - less.cost.calls < ROUND:
            return None
        self.kept = less
        return self.set_aside()
