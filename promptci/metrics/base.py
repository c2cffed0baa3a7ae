"""What every metric is: a rule from a case and an answer to a value, which says itself what it needs.

Three kinds, from the simplest on. A text metric is called with the output's text. One that defines `grade` sees the
whole answer: tool calls, cost, time. One that defines `questions` asks models, and `read`s what they reply.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

from promptci.core import Case, Json, Message, Reason, Role, ToolCall
from promptci.models.base import Reply, Usage


@dataclass(frozen=True, slots=True)
class Needs:
    """What a metric needs to grade a case.

    `models` are the roles that it asks, `files` the paths of the repository that it read, `expected` says that a case
    must have an expected answer, `base_answer` that the base's answer to the same case is shown to it, `logprobs` that
    the answer must come with log probabilities, `code` that it runs the repository's own code (never a stranger's).
    """

    models: tuple[Role, ...] = ()
    files: tuple[str, ...] = ()
    expected: bool = False
    base_answer: bool = False
    logprobs: bool = False
    code: bool = False

    def __or__(self, other: Needs) -> Needs:
        return Needs(
            tuple(dict.fromkeys((*self.models, *other.models))),
            tuple(dict.fromkeys((*self.files, *other.files))),
            self.expected or other.expected,
            self.base_answer or other.base_answer,
            self.logprobs or other.logprobs,
            self.code or other.code,
        )


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer as metrics see it. `text` is what is graded, `raw` what the model wrote; both are untrusted.

    `stripped` names what was taken off (thinking, all before a marker). `cut` says that it ends at the cap on tokens.
    `latency_s` and `cost_usd` are None where they are not known: an answer from the cache took no time of its own.
    `rival` is the base's answer to the same case, `asked` the messages that were sent. `value` is what a transform made
    of the answer where that is no text; `text` is then its JSON. `tools` are those that the model was offered.
    """

    text: str
    raw: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    finish_reason: str | None = None
    cut: bool = False
    usage: Usage | None = None
    latency_s: float | None = None
    cost_usd: float | None = None
    logprobs: tuple[tuple[str, float], ...] | None = None
    stripped: tuple[str, ...] = ()
    rival: str | None = None
    asked: tuple[Message, ...] = ()
    value: Json = None
    tools: Json = None


# Stands for any answer where calls are counted before there is one: no code runs on it.
ANY_ANSWER = Answer("an answer", "an answer", rival="another", asked=(Message("user", "a question"),))


@dataclass(frozen=True, slots=True)
class Grade:
    """`value` in [0, 1], or None when the metric cannot tell; then, and where a value wants one, `reason` says why.

    `useless` says that a model's reply could not be read: it is not to be served from the cache again.
    """

    value: float | None
    reason: Reason | None = None
    useless: bool = False


def wrong(why: str, value: float = 0.0) -> Grade:
    """Return a grade below 1 with its reason in words."""
    return Grade(value, Reason("wrong", why))


def unknown(kind: str, why: str, *, useless: bool = False) -> Grade:
    """Return no grade, and why there is none: a kind that code reads, a text for people."""
    return Grade(None, Reason(kind, why), useless)


@dataclass(frozen=True, slots=True)
class Question:
    """What a metric asks a model; `vote` tells several askings apart, `judge` names one of several judges."""

    role: Role
    messages: tuple[Message, ...]
    kind: Literal["chat", "completion", "embedding"] = "chat"
    vote: int = 0
    judge: str = ""


class Metric(Protocol):
    """The rule (case, output) -> value in [0, 1], or None when it cannot judge. Pure: same input, same value."""

    @property
    def version(self) -> str:
        """Changes when the rule does, by an option or a file too; part of what makes two runs comparable."""
        ...

    def __call__(self, case: Case, output: str) -> float | None:
        """Judge `output` for `case`. `output` is raw model text. Never raises for what a model wrote."""
        ...


@runtime_checkable
class GradingMetric(Metric, Protocol):
    """A metric of the whole answer."""

    def grade(self, case: Case, answer: Answer) -> Grade:
        """Judge an answer. Never raises for what a model wrote."""
        ...


@runtime_checkable
class QuestioningMetric(Metric, Protocol):
    """A metric that asks models."""

    def questions(self, case: Case, answer: Answer) -> tuple[Question, ...]:
        """Return what to ask about one answer; nothing when the grade is known without asking."""
        ...

    def read(self, case: Case, answer: Answer, replies: Sequence[Reply]) -> Grade:
        """Return the grade that the replies state, one reply for each question, in their order."""
        ...


@runtime_checkable
class Choosy(Protocol):
    """A metric that refuses what it could never grade."""

    def refuse(self, cases: Sequence[Case], place: str) -> None:
        """Raise DataError at `place` (the eval set) before a call is sent. `cases` is the whole eval set."""
        ...


def needs_of(metric: object) -> Needs:
    """Return what a metric needs; one that does not say needs nothing."""
    found = getattr(metric, "needs", None)
    return found if isinstance(found, Needs) else Needs()


def asks(metric: object) -> bool:
    """Whether a metric asks a model of its own about an answer."""
    return bool(needs_of(metric).models)


def is_graded(metric: object) -> bool:
    """Whether a metric's values lie between 0 and 1, so that a gate tests their mean; else each is right or wrong."""
    return bool(getattr(metric, "graded", False))


def rule(name: str, options: Mapping[str, object], defaults: Mapping[str, object]) -> str:
    """Return a metric's version: its rule, then each option that is not its default."""
    changed = (f" {key}={options[key]!r}" for key in sorted(options) if options[key] != defaults.get(key))
    return name + "".join(changed)
