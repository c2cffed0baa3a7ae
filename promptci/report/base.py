"""The report: what one run found, the same for every output. Its JSON form is `promptci.report/1`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from promptci.core import Json, VerdictName

SCHEMA = "promptci.report/1"

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
class Search:
    """What a search found. `p_value` and `level` are one-sided; None when the test split was not asked.

    `test` counts wins, losses and cases of the test split. Scores of rejected candidates on it appear nowhere.
    `cases_to_decide` is how many test cases would settle an unconfirmed gain, None when that is not known.
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


@dataclass(frozen=True, slots=True)
class PromptReport:
    """One prompt. Scores are means in [0, 1] over the cases judged on both sides; `ci` bounds `delta`.

    `ci_level` is the confidence of `ci`, in (0, 1). `file` is the prompt's path in the repository. `why` says why the
    prompt was measured; `changed` is "prompt", "measure", "both", "new" or "nothing".
    `newly_failing` and `newly_passing` are case ids. `values` are the new side's, by case id, so that two reports can
    be compared later; test cases of a search are not among them. `measure` names what such reports must share
    (`records.baseline.Measure` as a mapping); `clusters` has the cluster of each case of `values` that is in one.
    `detectable_drop` is the smallest drop that this run could have shown.
    """

    id: str
    verdict: VerdictName
    reasons: tuple[str, ...]
    cases: int = 0
    planned_cases: int = 0
    unmeasured: int = 0
    score: float | None = None
    baseline_score: float | None = None
    delta: float | None = None
    ci: tuple[float, float] | None = None
    newly_failing: tuple[str, ...] = ()
    newly_passing: tuple[str, ...] = ()
    why: tuple[str, ...] = ()
    changed: str = "nothing"
    detectable_drop: float | None = None
    flaky: tuple[str, ...] = ()
    values: Mapping[str, float | None] = field(default_factory=dict)
    search: Search | None = None
    file: str | None = None
    ci_level: float = 0.95
    measure: Mapping[str, str | None] = field(default_factory=dict)
    clusters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Report:
    """One run. `calls` counts requests sent, retries and every role included; tokens are those calls' tokens.

    `cost_usd` leaves out the models named in `unpriced`: nobody told promptci what they cost.
    """

    command: str
    prompts: tuple[PromptReport, ...]
    run: str = ""
    commit: str | None = None
    base: str | None = None
    seed: int = 0
    models: tuple[str, ...] = ()
    offline: bool = False
    calls: int = 0
    cache_hits: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float = 0.0
    unpriced: tuple[str, ...] = ()
    wall_s: float = 0.0
    notes: tuple[str, ...] = ()

    @property
    def verdict(self) -> VerdictName:
        """The gravest of the prompts' verdicts; pass when nothing had to be measured."""
        return gravest([p.verdict for p in self.prompts])


def gravest(verdicts: Sequence[VerdictName]) -> VerdictName:
    """Return the verdict of several: fail, else unmeasured, else inconclusive, else pass."""
    order: tuple[VerdictName, ...] = ("fail", "unmeasured", "inconclusive")
    return next((name for name in order if name in verdicts), "pass")


OFFLINE_NOTE = (
    "Measured with the offline model, a built-in stand-in that is no language model: "
    "the scores show how promptci works, not how good the prompt is."
)


def rounded(value: float | None, digits: int = 6) -> Json:
    """Return a number as reports show it in JSON: rounded, so that equal runs give equal bytes."""
    return None if value is None else round(value, digits)
