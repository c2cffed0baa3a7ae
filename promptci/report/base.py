"""The report: what one run found, the same for every output. Its JSON form is `promptci.report/2`.

What a search found is in `searched.py`. All texts of cases, models and servers in here are raw and untrusted; whoever
writes them out makes them safe.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from promptci.core import Json, Reason, VerdictName
from promptci.records.traces import Trace as Trace

if TYPE_CHECKING:  # a report that tells of no search has no use for them
    from promptci.report.searched import Search

SCHEMA = "promptci.report/2"
TRACES = frozenset(("old_trace", "new_trace"))  # of a case: in JSON their names stand, they are in `traces.jsonl`
DETAIL_LIMIT = 4000  # characters of an input, an expected answer or an answer that a report keeps


@dataclass(frozen=True, slots=True)
class GateReport:
    """What one gate says. `numbers` are what its verdict rests on; shares are in [0, 1]."""

    name: str
    verdict: VerdictName
    reasons: tuple[Reason, ...] = ()
    numbers: Mapping[str, float] = field(default_factory=dict)

    @property
    def reason(self) -> str:
        """The text of its first reason, empty without one."""
        return self.reasons[0].text if self.reasons else ""

    @property
    def kind(self) -> str:
        """The kind of its first reason, empty without one."""
        return self.reasons[0].kind if self.reasons else ""


@dataclass(frozen=True, slots=True)
class BaseUsed:
    """What the prompt was compared with. `how` ends a sentence: "where this branch left `main`"."""

    commit: str
    how: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """What one of several metrics said about one case, on both sides; None where it said nothing."""

    metric: str
    old: float | None = None
    new: float | None = None


@dataclass(frozen=True, slots=True)
class CaseDetail:
    """One case with what was asked, expected and answered.

    Texts are cut to `DETAIL_LIMIT` characters by whoever makes this (`clipped`). `digest` is the whole input's.
    `old` and `new` are answers, None where there is none; with several answers a case, the first whose value is the
    worst. `reason` says why a side has no value, `gate` names the gate that this case alone made fail, `parts` what
    each metric said. `cached` says that the new answer was paid for by an earlier run. `old_trace` and `new_trace` are
    the tools that the answers called; in JSON their names in the run's `traces.jsonl`.
    """

    id: str
    input: str = ""
    digest: str = ""
    expected: str | None = None
    old: str | None = None
    new: str | None = None
    old_value: float | None = None
    new_value: float | None = None
    old_passes: bool | None = None
    new_passes: bool | None = None
    reason: str | None = None
    gate: str | None = None
    parts: tuple[Part, ...] = ()
    tags: tuple[str, ...] = ()
    cached: bool = False
    old_trace: Trace = ()
    new_trace: Trace = ()


@dataclass(frozen=True, slots=True)
class Share:
    """The score of a part of the cases (a slice) or of one metric of several; means in [0, 1], `ci` bounds `delta`."""

    name: str
    cases: int
    score: float | None = None
    baseline_score: float | None = None
    delta: float | None = None
    ci: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class PromptReport:
    """One prompt. Scores are means in [0, 1] over the cases judged on both sides; `ci` bounds `delta`.

    `ci_level` is the confidence of `ci`, in (0, 1). `passed_of` is (cases that pass, of how many) on the new side,
    `baseline_passed_of` on the old; None where the metric has no pass mark. `answers` is how many answers a case has.
    `file` is the prompt's path in the repository, `line` the first line there that the change touched. `base` is what
    it was compared with, None when there is nothing older. `why` says why the prompt was measured; `changed` is
    "prompt", "measure", "both", "new" or "nothing"; `prompt_diff` is the change of the prompt file as a unified diff.
    `newly_failing` and `newly_passing` are case ids. `values` are the new side's, by case id, so that two reports can
    be compared later; held-out cases of a search are not among them. `measure` names what such reports must share
    (`records.baseline.Measure` as a mapping); `clusters` has the cluster of each case of `values` that is in one.
    `detectable_drop` is the smallest drop that this run could have shown. `cases_detail` is in the run record and the
    HTML report, in the order of the eval set.
    """

    id: str
    verdict: VerdictName
    reasons: tuple[Reason, ...]
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
    gates: tuple[GateReport, ...] = ()
    base: BaseUsed | None = None
    warnings: tuple[Reason, ...] = ()
    passed_of: tuple[int, int] | None = None
    baseline_passed_of: tuple[int, int] | None = None
    answers: int = 1
    slices: tuple[Share, ...] = ()
    metrics: tuple[Share, ...] = ()
    line: int | None = None
    prompt_diff: str = ""
    cases_detail: Sequence[CaseDetail] = ()


@dataclass(frozen=True, slots=True)
class Cause:
    """A file that several prompts share, such as a partial, whose change is why they were measured.

    `file` is its path in the repository, `line` the first line that changed, `prompts` the ids of those that use it.
    """

    file: str
    line: int | None
    prompts: tuple[str, ...]


Standing = Literal["now", "better", "same", "cannot_tell", "worse"]


@dataclass(frozen=True, slots=True)
class Choice:
    """A model that prompts could move to, or the one in force (`standing` "now"), over all of them.

    `standing` is the gravest of its prompts': worse, cannot_tell, same, better. `score` is their mean in [0, 1]; `usd`
    (US dollars), `seconds` and `length` (characters) are what an answer takes, None where that is not known.
    """

    model: str
    standing: Standing
    score: float | None
    usd: float | None = None
    seconds: float | None = None
    length: float | None = None
    taken: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """One run. `calls` counts requests sent, retries and every role included; tokens are those calls' tokens.

    `base` is the commit that the run was compared with, `base_how` how it was chosen (`BaseUsed.how`). `cost_usd`
    leaves out the models named in `unpriced`: nobody told promptci what they cost. `notes` tell what was learned on the
    way, `warnings` what people should mend; `choices` are the models that an upgrade compared.
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
    base_how: str = ""
    warnings: tuple[Reason, ...] = ()
    causes: tuple[Cause, ...] = ()
    choices: tuple[Choice, ...] = ()

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


def told(reason: Reason) -> str:
    """Return what a reason says."""
    return reason.text


def clipped(text: str) -> str:
    """Return the beginning of a text, as much of it as a report keeps; a cut is marked."""
    return text if len(text) <= DETAIL_LIMIT else text[:DETAIL_LIMIT] + " [cut]"


def rounded(value: float | None, digits: int = 6) -> Json:
    """Return a number as reports show it in JSON: rounded, so that equal runs give equal bytes."""
    return None if value is None else round(value, digits)
