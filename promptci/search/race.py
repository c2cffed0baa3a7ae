"""How calls are spent: all candidates meet the same cases in the same order, and who is plainly behind drops out."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from promptci.core import Case, Outcome
from promptci.search.base import Candidate, Judge, Scored, paired


def spent(outcomes: Sequence[Outcome]) -> str | None:
    """The reason of the first outcome that the budget refused, or None."""
    reasons = (o.score.reason for o in outcomes if o.score.value is None)
    return next((r for r in reasons if r and r.startswith("budget")), None)


@dataclass(frozen=True, slots=True)
class PairedRace:
    """Blocks of common cases; after each, whoever is behind the leader at `level` in a one-sided sign test drops out.

    The leader is the best mean so far among the candidates still racing and the held prompts. A lenient level is right
    here: a wrong elimination costs one candidate, and acceptance is guarded later. CAPO (arXiv 2504.16005) races with
    t-tests; on pass/fail values the sign test says the same and needs no variance.
    """

    block: int = 10
    level: float = 0.2

    def __call__(
        self, entrants: Sequence[Candidate], held: Sequence[Scored], cases: Sequence[Case], evaluate: Judge
    ) -> list[Scored]:
        """Return every entrant with the outcomes it got before it dropped out or the budget ended."""
        field = [Scored(c, {}) for c in entrants]
        alive = list(range(len(field)))
        met: list[str] = []
        for block in blocks(cases, self.block):
            outcomes = evaluate([(field[i].candidate, case) for i in alive for case in block])
            for place, i in enumerate(alive):
                mine = outcomes[place * len(block) : (place + 1) * len(block)]
                field[i] = Scored(field[i].candidate, {**field[i].outcomes, **{o.case_id: o for o in mine}})
            met += [c.id for c in block]
            alive = self._survivors(field, alive, held, met)
            if not alive or spent(outcomes):
                break
        return field

    def _survivors(self, field: list[Scored], alive: list[int], held: Sequence[Scored], met: list[str]) -> list[int]:
        racing = [*held, *(field[i] for i in alive)]
        leader = max(racing, key=lambda s: s.mean(met) or 0.0)
        return [i for i in alive if sign_test(leader, field[i], met) > self.level]


def blocks(cases: Sequence[Case], size: int) -> Iterator[Sequence[Case]]:
    """Cut `cases` into runs of `size`; the last one may be shorter."""
    return (cases[i : i + size] for i in range(0, len(cases), size))


def sign_test(leader: Scored, other: Scored, case_ids: Sequence[str]) -> float:
    """One-sided exact p-value that `other` is as good as `leader`, from the cases that changed; 1.0 for none."""
    changes = paired(leader, other, case_ids)
    losses, wins = sum(c.new < c.old for c in changes), sum(c.new > c.old for c in changes)
    n = losses + wins
    return sum(math.comb(n, k) for k in range(losses, n + 1)) / (1 << n)
