"""The nouns of the search, and the small Protocols by which it meets models, cases, guards and stop rules."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from promptci.core import Case, Message, Outcome, Reason, digest
from promptci.search.account import CUT_SHORT, Ledger
from promptci.search.screening.fit import Estimate
from promptci.search.screening.worth import Screen, Worth


class Evaluate(Protocol):
    """Answers and judges texts on cases; all the search sees of the world. Every call goes through the one door."""

    def __call__(self, pairs: Sequence[tuple[str, Case]], /) -> list[Outcome]:
        """Return one outcome per (text, case), in order. A case that could not be judged has value None and a reason.

        A reason that begins with `budget` says that the cap is reached; the search then ends with what it has.
        """
        ...


class Write(Protocol):
    """Asks the optimizer model."""

    def __call__(
        self, messages: tuple[Message, ...], *, n: int, temperature: float, sample: int = 0, max_tokens: int = 1024
    ) -> list[str | None]:
        """Return `n` raw replies, None where there is none. `sample` makes repeats of one question independent."""
        ...


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a proposer hands over: a text to try, or (`text` None) a reply that could not be read, with the reason.

    `raw` is the untrusted reply; `shown` are the ids of the train cases that the optimizer model saw for it;
    `demos` the ids of the train cases to be added to the text as demonstrations.
    """

    origin: str
    text: str | None
    raw: str = ""
    reason: str = ""
    parents: tuple[str, ...] = ()
    shown: tuple[str, ...] = ()
    demos: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Candidate:
    """A text that passed the guards. `origin` names its proposer, `parents` the ids of the candidates it came from.

    `text` is what is scored and, for a winner, written to the prompt file. `demos` are the ids of the train cases that
    it quotes as demonstrations; `plain` is the text without them, None when there are none.
    """

    text: str
    origin: str
    step: int
    parents: tuple[str, ...] = ()
    demos: tuple[str, ...] = ()
    plain: str | None = None

    @property
    def bare(self) -> str:
        """The text without demonstrations: what proposers read and rewrite."""
        return self.text if self.plain is None else self.plain

    @property
    def id(self) -> str:
        """Twelve hex digits of the text's digest: the same text has the same id in every run."""
        return digest(self.text)[:12]


@dataclass(frozen=True, slots=True)
class Refused:
    """A proposal on which no call was spent: `reason` is the short name that is counted, `detail` is for people.

    `unread` marks a reply that gave no text at all, `text` is then the reply itself.
    """

    origin: str
    step: int
    reason: str
    detail: str
    text: str
    unread: bool = False


@dataclass(frozen=True, slots=True)
class Scored:
    """A candidate with its outcomes by case id; on its first cases only, when the race dropped it."""

    candidate: Candidate
    outcomes: Mapping[str, Outcome] = field(default_factory=dict)

    def value(self, case_id: str) -> float | None:
        """The value on that case, or None when it was not asked or could not be judged."""
        outcome = self.outcomes.get(case_id)
        return None if outcome is None else outcome.score.value

    def mean(self, case_ids: Sequence[str]) -> float | None:
        """The mean value over those of the cases that were judged; None when none was."""
        values = [v for i in case_ids if (v := self.value(i)) is not None]
        return sum(values) / len(values) if values else None


@dataclass(frozen=True, slots=True)
class Change:
    """One case judged under both prompts."""

    case_id: str
    old: float
    new: float


def paired(old: Scored, new: Scored, case_ids: Sequence[str]) -> tuple[Change, ...]:
    """Both values on every case that was judged for both, in the order of `case_ids`. Unjudged cases take no part."""
    both = ((i, old.value(i), new.value(i)) for i in case_ids)
    return tuple(Change(i, a, b) for i, a, b in both if a is not None and b is not None)


def gain(changes: Sequence[Change]) -> float | None:
    """Mean of new - old, in [-1, 1]; None without a change."""
    return sum(c.new - c.old for c in changes) / len(changes) if changes else None


@dataclass(frozen=True, slots=True)
class Label:
    """The overfit label: in round `step` the prompt in the lead had gained more on train than on validation by `gap`.

    `gap` is a share, plainly over its standard error `se`; `stale` are the train cases shown often until then.
    """

    candidate: str
    gap: float
    se: float
    step: int
    stale: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Step:
    """The state at the end of one round. Scores are those of the prompt in the lead, means in [0, 1] or None.

    They are taken on the cases of the rounds (`Trajectory.course`), so they are comparable from step to step.
    `calls` counts the requests of the whole run so far; `promoted` says whether the lead changed in this round.
    """

    number: int
    lead: str
    train: float | None
    validation: float | None
    development: float | None
    calls: int
    proposed: int
    admitted: int
    promoted: bool


@dataclass(frozen=True, slots=True)
class Trajectory:
    """The rounds so far. `scored[0]` is the incumbent: the text that the search began with.

    `order` are the ids of all development cases in the order in which every candidate meets them; the rounds race on
    the first `track` of them, the finalists meet all. `ended` is the reason why no further round is possible (budget,
    nothing left to suggest), or None. `shown` counts how often the optimizer model saw each train case. After an
    `overfit` label the lead is chosen on validation alone.
    """

    train: tuple[Case, ...]
    validation: tuple[Case, ...]
    order: tuple[str, ...]
    track: int
    scored: tuple[Scored, ...]
    steps: tuple[Step, ...] = ()
    refused: tuple[Refused, ...] = ()
    shown: Mapping[str, int] = field(default_factory=dict)
    ended: Reason | None = None
    overfit: Label | None = None
    screens: tuple[Screen, ...] = ()
    ledger: Ledger = field(default_factory=Ledger)

    @property
    def incumbent(self) -> Scored:
        """The text that the search began with, scored on every development case."""
        return self.scored[0]

    @property
    def cases(self) -> tuple[Case, ...]:
        """All development cases in their order."""
        by_id = {c.id: c for c in (*self.train, *self.validation)}
        return tuple(by_id[i] for i in self.order)

    @property
    def course(self) -> tuple[str, ...]:
        """The ids of the cases that every candidate meets unless the race drops it."""
        return self.order[: self.track]

    @property
    def ranked_on(self) -> tuple[str, ...]:
        """The ids of the cases on which the lead is decided."""
        if not self.overfit or not self.validation:
            return self.course
        ids = {c.id for c in self.validation}
        return tuple(i for i in self.course if i in ids)


class Guard(Protocol):
    """One reason to refuse a text before a call is spent on it."""

    @property
    def reason(self) -> str:
        """The short name under which refusals are counted."""
        ...

    def __call__(self, proposal: Proposal, /) -> str | None:
        """Say in one sentence what is wrong with `proposal.text` (never None here), or return None. Never raises."""
        ...


class StopRule(Protocol):
    """Return why to stop, or None to go on."""

    def __call__(self, done: Trajectory, /) -> Reason | None:
        """Judge the rounds so far; the text is read by people, the kind (`account.Kind`) by code."""
        ...


class Race(Protocol):
    """Spends calls on new candidates; those that are plainly behind are dropped early."""

    def __call__(
        self, entrants: Sequence[Candidate], held: Sequence[Scored], cases: Sequence[Case], evaluate: Judge, /
    ) -> list[Scored]:
        """Return every entrant with the outcomes it got. `held` are known prompts on all `cases`, never dropped."""
        ...


class Judge(Protocol):
    """`Evaluate` for candidates: their demonstrations' own cases are never asked."""

    def __call__(self, pairs: Sequence[tuple[Candidate, Case]], /) -> list[Outcome]:
        """Return one outcome per (candidate, case), in order."""
        ...


@dataclass(frozen=True, slots=True)
class Found:
    """How a search ended. `winner` is None when nothing was better than the incumbent, which is a success too.

    `changes` are the development cases judged for both the incumbent and the winner (empty without a winner), not a
    proof: the winner was chosen on them. `refusals` counts the refused proposals by reason. A screening search also
    says what each edit is worth (`screens`), and what the winner should gain on new cases (`predicted`, shrunk): its
    winner may have met few cases, so that decides whether to ask the held-out ones. `ledger` says where calls went.
    """

    winner: Scored | None
    incumbent: Scored
    steps: tuple[Step, ...]
    candidates: tuple[Scored, ...]
    refused: tuple[Refused, ...]
    reason: Reason
    overfit: Label | None
    changes: tuple[Change, ...]
    calls: int
    ledger: Ledger = field(default_factory=Ledger)
    screens: tuple[Screen, ...] = ()
    predicted: Estimate | None = None

    @property
    def stop_reason(self) -> str:
        """Why it ended, for people."""
        return self.reason.text

    @property
    def cut_short(self) -> bool:
        """Whether it ended before it had looked: without a winner that is `stopped`, never "no change"."""
        return self.reason.kind in CUT_SHORT

    @property
    def kept(self) -> tuple[Worth, ...]:
        """The edits that make up the winner, with effect and interval, the largest first; none for whole texts."""
        return tuple(w for screen in self.screens for w in screen.worths if w.kept)

    @property
    def refusals(self) -> dict[str, int]:
        """How many proposals were refused, by reason, most frequent first."""
        reasons = [r.reason for r in self.refused]
        return dict(sorted(((r, reasons.count(r)) for r in set(reasons)), key=lambda kv: (-kv[1], kv[0])))


def generator(seed: int, *names: object) -> random.Random:
    """A random generator of its own for each purpose, so that a resumed run draws what the unbroken run drew."""
    return random.Random(":".join(map(str, (seed, *names))))  # noqa: S311 - repeatable draws are the point
