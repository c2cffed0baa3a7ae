"""Asks the texts of a screening: each call a set of edits on one case, and keeps what came back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from promptci.core import Case, Outcome, Reason
from promptci.search.account import nothing_judged, refused_by_door
from promptci.search.base import Candidate, Guard, Judge, Proposal
from promptci.search.screening.edits import Edit, apply, factors
from promptci.search.screening.fit import Answer
from promptci.search.screening.pieces import Pieces
from promptci.search.signal import signal

_UNMEASURED = 0.1  # share of an edit's answers from which it is what makes them unmeasured


@dataclass(slots=True)
class Screening:
    """The answers of one screening.

    `ended` is set when the door refused or nothing could be judged, `finals` when effects do not add up. `quote` puts
    demonstrations, by the ids of their cases, into a text; those in `demos` are in every text. `likely` is the share of
    the likelihood in a value, where it is known.
    """

    base: Pieces
    edits: Sequence[Edit]
    guards: Sequence[Guard]
    judge: Judge
    step: int
    answers: list[Answer]
    ended: Reason | None = None
    finals: bool = False
    demos: tuple[str, ...] = ()
    likely: float = 0.0
    quote: Callable[[str, tuple[str, ...]], str] = lambda text, _: text
    holes: Counter[int] = field(default_factory=Counter)
    asked: Counter[int] = field(default_factory=Counter)
    _legal: dict[tuple[int, ...], tuple[int, ...]] = field(default_factory=dict)
    _texts: dict[tuple[int, ...], Candidate] = field(default_factory=dict)

    def ask(self, sets: Sequence[tuple[int, ...]], cases: Iterator[Case]) -> list[tuple[tuple[int, ...], Outcome]]:
        """Ask each set on the next case; a set that a guard refuses loses edits until none does."""
        legal = [self.legal(tuple(sorted(some))) for some in sets]
        pairs = list(zip((self.candidate(some) for some in legal), islice(cases, len(legal)), strict=False))
        outcomes = self.judge(pairs) if pairs and self.ended is None else []
        self.ended = self.ended or refused_by_door(outcomes) or nothing_judged(outcomes)
        done = list(zip(legal, outcomes, strict=False))
        for some, outcome in done:
            value = signal(outcome, self.likely)
            if value is None and outcome.case_id in self.candidate(some).demos:
                continue  # its own demonstration: not asked, and nobody's fault
            self.asked.update(some)
            if value is None:
                self.holes.update(some)
            else:
                self.answers.append(Answer(some, outcome.case_id, value))
        return done

    def candidate(self, some: tuple[int, ...]) -> Candidate:
        """The text with a set of edits."""
        if some not in self._texts:
            chosen = [self.edits[i] for i in some]
            bare = apply(self.base, chosen)
            demos = (*self.demos, *(e.demo for e in chosen if e.demo))
            full = self.quote(bare, demos)
            self._texts[some] = Candidate(full, "edits", self.step, (), demos, bare if demos else None)
        return self._texts[some]

    def legal(self, some: tuple[int, ...]) -> tuple[int, ...]:
        """The set without so many edits that no guard refuses it; single edits have passed on their own."""
        if some not in self._legal:
            proposal = Proposal("edits", self.candidate(some).bare)
            refused = len(some) > 1 and any(guard(proposal) is not None for guard in self.guards)
            drop = sum(some) % len(some) if refused else 0  # not always the same one: all are to be heard
            self._legal[some] = self.legal(some[:drop] + some[drop + 1 :]) if refused else some
        return self._legal[some]

    @property
    def groups(self) -> list[list[int]]:
        """Edits by number, alternatives together: of each group at most one is in a text."""
        return factors(self.edits)

    @property
    def breaking(self) -> list[int]:
        """Edits under which answers are unmeasured far more often than without."""
        share = sum(self.holes.values()) / max(1, sum(self.asked.values()))
        limit = max(_UNMEASURED, 2 * share)
        return [i for i, n in self.holes.items() if n > limit * self.asked[i]]
