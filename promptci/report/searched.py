"""What a search found, as the report tells it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Outcome = Literal["improved", "no_change", "inconclusive", "stopped"]


@dataclass(frozen=True, slots=True)
class PullRequest:
    """What became of the proposal at the forge."""

    operation: Literal["created", "updated", "closed", "none"] = "none"
    number: int | None = None
    url: str | None = None
    branch: str | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One round of a search: mean scores in [0, 1] of the best candidate so far, and calls sent since the start."""

    train: float | None
    validation: float | None
    development: float | None
    calls: int


@dataclass(frozen=True, slots=True)
class Phase:
    """What one part of a search (rounds, finals, confirmation ...) may send and has sent, in calls."""

    name: str
    calls: int
    planned: int | None = None
    cost_usd: float = 0.0


@dataclass(frozen=True, slots=True)
class Refusal:
    """Proposals on which no call was spent, for one reason. `example` is one of them, raw and cut."""

    reason: str
    count: int
    detail: str = ""
    example: str = ""


@dataclass(frozen=True, slots=True)
class Edit:
    """One change that the winner keeps. `before` or `after` is empty where text was only added or only taken away.

    `place` says where it stands ("sentence 3"), `effect` what it is worth in score, `ci` bounds that at the headline's
    level, `tokens` what it adds to every call (characters / 4), below zero where it saves. `source` says who proposed
    it; `failures` are the ids of the development cases that it answers.
    """

    before: str
    after: str
    place: str = ""
    effect: float | None = None
    ci: tuple[float, float] | None = None
    source: str = ""
    failures: tuple[str, ...] = ()
    tokens: int | None = None


@dataclass(frozen=True, slots=True)
class Tried:
    """One candidate. Means in [0, 1] over the cases it met; `ended` says what became of it ("dropped by the race")."""

    id: str
    text: str
    origin: str
    step: int
    parents: tuple[str, ...] = ()
    train: float | None = None
    validation: float | None = None
    cases: int = 0
    ended: str = ""


@dataclass(frozen=True, slots=True)
class Headline:
    """What the held-out cases confirmed, in few words, e.g. "confirmed better".

    `estimate` is the gain in score; `ci` bounds it at `ci_level`, given that the winner was accepted when
    `conditional`: only gains that look large are accepted, and an interval that forgets it is too high. Without `gain`
    it is no worse, and the interval says by how much at the most.
    """

    text: str
    estimate: float | None = None
    ci: tuple[float, float] | None = None
    ci_level: float = 0.95
    conditional: bool = False
    gain: bool = True


@dataclass(frozen=True, slots=True)
class Saving:
    """What a call takes under the prompt before and after, on the held-out cases; `name` has its unit."""

    name: str
    before: float
    after: float


@dataclass(frozen=True, slots=True)
class Search:
    """What a search found. `p_value` and `level` are one-sided; None when the held-out cases were not asked.

    `goal` is what it was asked for, "" for a higher score; `title` is what its pull request does with the prompt.
    `savings` say what a call takes, where a winner is shown. `stop_kind` is the kind of the reason `stop_reason`.
    `test` counts wins, losses and held-out cases. Scores of rejected candidates on them appear nowhere.
    `cases_to_decide` is how many held-out cases would settle an unconfirmed gain, None when that is not known. `diff`
    applies with `git apply`.
    """

    outcome: Outcome
    stop_reason: str
    strategy: str
    steps: tuple[Step, ...] = ()
    candidates: int = 0
    rejected: Mapping[str, int] = field(default_factory=dict)
    overfit: bool = False
    overfit_gap: float | None = None
    overfit_se: float | None = None
    p_value: float | None = None
    level: float | None = None
    test: Mapping[str, int] | None = None
    cases_to_decide: int | None = None
    diff: str = ""
    pull_request: PullRequest = PullRequest()
    goal: str = ""
    stop_kind: str = ""
    headline: Headline | None = None
    phases: tuple[Phase, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    edits: tuple[Edit, ...] = ()
    tried: tuple[Tried, ...] = ()
    savings: tuple[Saving, ...] = ()
    title: str = "Improve"
