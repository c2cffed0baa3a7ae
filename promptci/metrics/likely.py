"""How likely the scorer model finds the expected answer (Zhou et al. 2022, section 2): by echoed log probabilities."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import ClassVar

from promptci.core import Case, Message, Role
from promptci.metrics.base import Answer, Grade, Needs, Question, unknown
from promptci.metrics.expected import NO_ANSWER_EXPECTED, answers
from promptci.models.base import Reply


@dataclass(frozen=True)
class LogProbability:
    """The geometric mean probability per token of the expected answer after the prompt, best over several answers.

    Needs a server that echoes log probabilities (completions with `echo`); no chat model does.
    """

    version: str = "log_probability/1"

    graded: ClassVar[bool] = True
    roles: ClassVar[tuple[Role, ...]] = ("scorer",)
    needs: ClassVar[Needs] = Needs(("scorer",), expected=True)

    def questions(self, case: Case, answer: Answer) -> tuple[Question, ...]:
        """Return one completion for each expected answer."""
        texts = (f"{_prompt(answer.asked)} {wanted}" for wanted in answers(case) if wanted)
        return tuple(Question("scorer", (Message("user", text),), kind="completion") for text in texts)

    def read(self, case: Case, answer: Answer, replies: Sequence[Reply]) -> Grade:
        """Return exp(mean log probability) of the best answer."""
        values = []
        for wanted, reply in zip([w for w in answers(case) if w], replies, strict=True):
            if reply.failure is not None:
                return Grade(None, reply.failure.reason)
            inside = target_logprobs(f"{_prompt(answer.asked)} {wanted}", wanted, reply.logprobs or ())
            if not inside:
                return unknown("no_logprobs", "the server does not echo log probabilities: take another metric")
            if any(math.isnan(one) for one in inside):
                return unknown("no_logprobs", "the server's log probabilities are no numbers")
            values.append(min(1.0, math.exp(fmean(inside))))
        return Grade(max(values)) if values else Grade(None, NO_ANSWER_EXPECTED)

    def __call__(self, case: Case, output: str) -> float | None:
        """Judge nothing: the value comes from a model."""
        del case, output
        return None


def _prompt(asked: Sequence[Message]) -> str:
    return "\n\n".join(message.content for message in asked).rstrip()


def target_logprobs(text: str, target: str, logprobs: Sequence[tuple[str, float]]) -> list[float]:
    """Return the log probabilities of the tokens that overlap the target at the end of `text`; none if not echoed."""
    echoed = "".join(token for token, _ in logprobs)
    if not echoed.startswith(text):
        return []
    begin, end, at, inside = len(text) - len(target), len(text), 0, []
    for token, logprob in logprobs:
        if at < end and at + len(token) > begin:
            inside.append(logprob)
        at += len(token)
    return inside
