"""What scoring is given: the tasks, and how answers become values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from promptci.core import Case
from promptci.extraction import Extraction
from promptci.metrics.base import Metric, Question
from promptci.metrics.combined import Combined, combined
from promptci.models.base import ModelSpec, Request
from promptci.prompts.conversation import Conversation


@dataclass(frozen=True, slots=True)
class Task:
    """One case to be answered once under one prompt by one model; `sample` counts repeats from 0.

    `rival` is the base's answer to the same case, for metrics that compare the two.
    """

    template: Conversation
    case: Case
    spec: ModelSpec
    sample: int = 0
    rival: str | None = None


@dataclass(frozen=True, slots=True)
class Grading:
    """How replies become values: what of a reply is the answer, the metric, and the models that metrics ask.

    `judges` are further judges by the names that a metric calls them.
    """

    metric: Metric
    judge: ModelSpec
    embedder: ModelSpec | None = None
    extraction: Extraction = field(default_factory=Extraction)
    judges: Mapping[str, ModelSpec] = field(default_factory=dict)

    @property
    def combined(self) -> Combined:
        """The metric, as one of several."""
        return combined(self.metric)

    @property
    def version(self) -> str:
        """What makes two runs comparable: the metrics, and what of a reply is graded."""
        extra = "" if self.extraction == Extraction() else f" {self.extraction}"
        return self.metric.version + extra

    def request(self, task: Task, question: Question) -> Request:
        """Return what is sent for a metric's question about one answer. Raises KeyError for an unknown judge."""
        if question.role == "scorer":
            spec = task.spec
        elif question.role == "embedder":
            spec = self.embedder or self.judge
        else:
            spec = self.judges[question.judge] if question.judge else self.judge
        request = Request(spec, question.role, question.messages, task.sample + question.vote, kind=question.kind)
        return replace(request, logprobs=True, max_tokens=0) if question.kind == "completion" else request
