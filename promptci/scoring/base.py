"""What scoring is given: the tasks, and how answers become values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from promptci.core import Case, Reason
from promptci.extraction import Extraction
from promptci.metrics.base import ANY_ANSWER, Metric, Question, QuestioningMetric
from promptci.metrics.combined import Combined, combined
from promptci.models.base import ModelSpec, Request
from promptci.prompts.conversation import Conversation

_VOTE = 1_000  # sample numbers of votes lie so far apart that no repeat of a case shares one


@dataclass(frozen=True, slots=True)
class Opponent:
    """The base's prompt and the model that answers it, for metrics that compare an answer with the base's."""

    template: Conversation
    spec: ModelSpec


@dataclass(frozen=True, slots=True)
class Rival:
    """The opponent's answer to one task; `text` is None when there is none, and `reason` says why."""

    text: str | None
    reason: Reason | None = None
    stored: bool = False


@dataclass(frozen=True, slots=True)
class Task:
    """One case to be answered once under one prompt by one model; `sample` counts repeats from 0.

    `rival` is the answer of `against` to the same case and sample, which `answer` asks for where a metric compares.
    """

    template: Conversation
    case: Case
    spec: ModelSpec
    sample: int = 0
    against: Opponent | None = None
    rival: Rival | None = None


@dataclass(frozen=True, slots=True)
class Grading:
    """How replies become values: what of a reply is the answer, the metric, and the models that metrics ask.

    `judges` are further judges by the names that a metric calls them. `labelled` are cases with a person's grade,
    `floor` is what a judge's sensitivity and specificity must reach beside them, None for any.
    """

    metric: Metric
    judge: ModelSpec
    embedder: ModelSpec | None = None
    extraction: Extraction = field(default_factory=Extraction)
    judges: Mapping[str, ModelSpec] = field(default_factory=dict)
    labelled: tuple[Case, ...] = ()
    floor: float | None = None

    @property
    def combined(self) -> Combined:
        """The metric, as one of several."""
        return combined(self.metric)

    @property
    def version(self) -> str:
        """What makes two runs comparable: the metrics, and what of a reply is graded."""
        extra = "" if self.extraction == Extraction() else f" {self.extraction}"
        return self.metric.version + extra

    def calls_per_answer(self, cases: Sequence[Case]) -> int:
        """Most calls that an answer to one of `cases` takes: its own, its rival's, and every vote of every judge."""
        return 1 + self.combined.needs.base_answer + max(map(self._asked, cases), default=0)

    def _asked(self, case: Case) -> int:
        asking = [p.metric for p in self.combined.parts_of(case) if isinstance(p.metric, QuestioningMetric)]
        return sum(len(metric.questions(case, ANY_ANSWER)) for metric in asking)

    def request(self, task: Task, question: Question) -> Request:
        """Return what is sent for a metric's question about one answer. Raises KeyError for an unknown judge."""
        if question.role != "scorer":
            return replace(self.question(question), sample=task.sample + _VOTE * question.vote)
        request = Request(task.spec, "scorer", question.messages, task.sample, kind=question.kind)
        return replace(request, logprobs=True, max_tokens=0) if question.kind == "completion" else request

    def question(self, question: Question) -> Request:
        """Return what is sent to a judge or embedder for a first answer. Raises KeyError for an unknown judge."""
        spec = self.judges[question.judge] if question.judge else self.judge
        if question.role == "embedder":
            spec = self.embedder or spec
        return Request(spec, question.role, question.messages, _VOTE * question.vote, kind=question.kind)
