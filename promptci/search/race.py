"""How calls are spent: all candidates meet the same cases in the same order, and who is plainly behind drops out."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from promptci.core import Case
from promptci.decide.paired import mcnemar_p
from promptci.search.account import refused_by_door
from promptci.search.base import Candidate, Judge, Race, Scored
from promptci.search.signal import ahead, finer, standing_of, strength

BLOCK = 10  # cases between two looks
LEVEL = 0.25  # of the one-sided sign test by which a candidate drops out


@dataclass(slots=True)
class Field:
    """The entrants with what they have answered so far; every race spends its calls through one of these."""

    entrants: Sequence[Candidate]
    cases: Sequence[Case]
    evaluate: Judge
    scored: list[Scored] = field(init=False)
    stopped: bool = field(init=False, default=False)

    def __post_init__(self) -> None:
        self.scored = [Scored(c, {}) for c in self.entrants]

    def advance(self, goals: Mapping[int, int]) -> None:
        """Let runners answer, all at once, until each has met its goal of first cases; notes when the budget ends."""
        pairs = [(i, case) for i, goal in goals.items() for case in self.cases[self.met(i) : goal]]
        if self.stopped or not pairs:
            return
        outcomes = self.evaluate([(self.entrants[i], case) for i, case in pairs])
        for i in dict.fromkeys(i for i, _ in pairs):
            mine = {o.case_id: o for (k, _), o in zip(pairs, outcomes, strict=True) if k == i}
            self.scored[i] = Scored(self.entrants[i], {**self.scored[i].outcomes, **mine})
        self.stopped = refused_by_door(outcomes) is not None

    def met(self, i: int) -> int:
        """How many cases that runner has met."""
        return len(self.scored[i].outcomes)

    def ranking(self, runners: Sequence[int]) -> list[int]:
        """Runners by their mean so far, best first; the earlier entrant first among equals."""
        by = {i: standing_of(self.scored[i], list(self.scored[i].outcomes)) for i in runners}
        return sorted(runners, key=lambda i: (-by[i][0], -by[i][1]))


@dataclass(frozen=True, slots=True)
class PairedRace:
    """Blocks of common cases; after each, whoever is behind the leader at `level` in a one-sided sign test drops out.

    The leader is the best mean so far among the candidates still racing and the held prompts. A lenient level is right
    here: a wrong elimination costs one candidate, and acceptance is guarded later. At 0.25 two losses to nothing are
    enough; at 0.2 the same search takes a fifth more calls for the same gain (benchmarks/races.py). With `late` of the
    cases met, who is behind the last held prompt (the lead) at all drops out, too. CAPO (arXiv 2504.16005) races with
    t-tests; on pass/fail values the sign test says the same and needs no variance.
    """

    block: int = BLOCK
    level: float = LEVEL
    late: float = 0.7

    def __call__(
        self, entrants: Sequence[Candidate], held: Sequence[Scored], cases: Sequence[Case], evaluate: Judge, /
    ) -> list[Scored]:
        """Return every entrant with the outcomes it got before it dropped out or the budget ended."""
        race, alive = Field(entrants, cases, evaluate), list(range(len(entrants)))
        for until in range(self.block, len(cases) + self.block, self.block):
            race.advance(dict.fromkeys(alive, until))
            if race.stopped:
                break
            alive = self._survivors(race, alive, held, [c.id for c in cases[:until]])
        return race.scored

    def _survivors(self, race: Field, alive: list[int], held: Sequence[Scored], met: list[str]) -> list[int]:
        racing = [*held, *(race.scored[i] for i in alive)]
        leader = max(racing, key=lambda s: standing_of(s, met))
        alive = [i for i in alive if sign_test(leader, race.scored[i], met) > self.level]
        if not held or len(met) < self.late * len(race.cases):
            return alive
        return [i for i in alive if ahead(held[-1], race.scored[i], met) >= (0.0, 0.0)]


@dataclass(frozen=True, slots=True)
class FullEvaluation:
    """Every candidate on every case: what APE's simple form and OPRO do; the yardstick for the others."""

    def __call__(
        self, entrants: Sequence[Candidate], _held: Sequence[Scored], cases: Sequence[Case], evaluate: Judge, /
    ) -> list[Scored]:
        """Return every entrant with an outcome on every case."""
        race = Field(entrants, cases, evaluate)
        race.advance(dict.fromkeys(range(len(entrants)), len(cases)))
        return race.scored


@dataclass(frozen=True, slots=True)
class SuccessiveHalving:
    """All on `first` cases; then the better half on twice as many, until at most `finalists` meet every case."""

    first: int = 10
    finalists: int = 2

    def __call__(
        self, entrants: Sequence[Candidate], _held: Sequence[Scored], cases: Sequence[Case], evaluate: Judge, /
    ) -> list[Scored]:
        """Return every entrant with the outcomes of its rounds (Karnin et al. 2013, on common cases)."""
        race, alive, until = Field(entrants, cases, evaluate), list(range(len(entrants))), self.first
        while until < len(cases) and len(alive) > self.finalists:
            race.advance(dict.fromkeys(alive, until))
            alive = race.ranking(alive)[: max(self.finalists, (len(alive) + 1) // 2)]
            until *= 2
        race.advance(dict.fromkeys(alive, len(cases)))
        return race.scored


@dataclass(frozen=True, slots=True)
class AdaptiveFilter:
    """APE's filter (Zhou et al. 2022, section 3.3): fresh small subsets for the best share until few are left.

    Each round all survivors meet `subset` more cases, their mean over all cases so far decides, and the best `keep` go
    on; the last `finalists` meet every case.
    """

    subset: int = 20
    keep: float = 0.5
    finalists: int = 3

    def __call__(
        self, entrants: Sequence[Candidate], _held: Sequence[Scored], cases: Sequence[Case], evaluate: Judge, /
    ) -> list[Scored]:
        """Return every entrant with the outcomes of its rounds."""
        race, alive, until = Field(entrants, cases, evaluate), list(range(len(entrants))), self.subset
        while until < len(cases) and len(alive) > self.finalists:
            race.advance(dict.fromkeys(alive, until))
            alive = race.ranking(alive)[: max(self.finalists, int(len(alive) * self.keep))]
            until += self.subset
        race.advance(dict.fromkeys(alive, len(cases)))
        return race.scored


@dataclass(frozen=True, slots=True)
class Ucb:
    """APE's bandit: in each of `rounds` a third of the candidates, those with the highest bound, meet `pulls` cases.

    Bound = mean + c * sqrt(ln(all samples) / samples), the first round at random (here: the first entrants, which come
    in no order of merit). Ours differs in one thing: pulls follow the common order, so that candidates are compared on
    the same cases. The best `finalists` then meet every case.
    """

    rounds: int = 20
    pulls: int = 5
    share: float = 1 / 3
    c: float = 1.0
    finalists: int = 3

    def __call__(
        self, entrants: Sequence[Candidate], _held: Sequence[Scored], cases: Sequence[Case], evaluate: Judge, /
    ) -> list[Scored]:
        """Return every entrant with the outcomes of its pulls."""
        race = Field(entrants, cases, evaluate)
        every = range(len(entrants))
        for _ in range(self.rounds):
            open_ = [i for i in every if race.met(i) < len(cases)]
            best = sorted(open_, key=lambda i: -self._bound(race, i))[: max(1, round(self.share * len(entrants)))]
            race.advance({i: race.met(i) + self.pulls for i in best})
        race.advance(dict.fromkeys(race.ranking(every)[: self.finalists], len(cases)))
        return race.scored

    def _bound(self, race: Field, i: int) -> float:
        total = sum(len(s.outcomes) for s in race.scored)
        if not race.met(i) or not total:
            return math.inf
        mean = strength(race.scored[i], list(race.scored[i].outcomes)) or 0.0
        return mean + self.c * math.sqrt(math.log(total) / race.met(i))


RACES: dict[str, Callable[..., Race]] = {
    "paired": PairedRace,
    "full": FullEvaluation,
    "halving": SuccessiveHalving,
    "filter": AdaptiveFilter,
    "ucb": Ucb,
}


def sign_test(leader: Scored, other: Scored, case_ids: Sequence[str]) -> float:
    """One-sided exact p-value that `other` is as good as `leader`, from the cases that changed; 1.0 for none.

    With likelihoods hardly a case is left unchanged, so it is 1.0 too where the metric has `other` ahead.
    """
    if ahead(leader, other, case_ids)[0] > 0:
        return 1.0
    changes = finer(leader, other, case_ids)
    losses, wins = sum(c.new < c.old for c in changes), sum(c.new > c.old for c in changes)
    return mcnemar_p(losses, wins)
