"""APE's other score: how likely the scorer model finds the expected answer, from echoed log probabilities."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from statistics import fmean

from promptci.core import Case, Message, Outcome, Reason, Score
from promptci.errors import MeasureError
from promptci.models.base import ModelSpec, Reply, Request
from promptci.search.base import Evaluate
from promptci.search.metaprompts import answer_text

NO_ANSWER = Reason("no_expected", "the case expects no answer whose likelihood could be taken")

Ask = Callable[[Sequence[Request]], list[Reply]]
Render = Callable[[str, Case], str]


def likelihood(ask: Ask, spec: ModelSpec, render: Render) -> Evaluate:
    """Score by exp(mean log probability per token of the expected answer), in (0, 1]: its geometric mean probability.

    `render(text, case)` is the whole prompt up to the answer, `ask` sends requests (the door's `ask_all`). Use it as
    the search's `evaluate`. A failed call is unjudged with its reason. Raises MeasureError when the server answers
    without the echoed log probabilities, which no current chat model gives (Zhou et al. 2022, section 2; execution
    accuracy, the default, needs none).
    """

    def evaluate(pairs: Sequence[tuple[str, Case]], /) -> list[Outcome]:
        prompts = [(render(text, case), answer_text(case.expected)) for text, case in pairs]
        replies = ask([_echo(f"{prompt.rstrip()} {target}", spec) for prompt, target in prompts])
        return [
            Outcome(_score(case, prompt, target, reply, spec))
            for (_, case), (prompt, target), reply in zip(pairs, prompts, replies, strict=True)
        ]

    return evaluate


def _echo(text: str, spec: ModelSpec) -> Request:
    return Request(spec, "scorer", (Message("user", text),), kind="completion", logprobs=True, max_tokens=0)


def _score(case: Case, prompt: str, target: str, reply: Reply, spec: ModelSpec) -> Score:
    if reply.failure is not None:
        return Score(case.id, None, None if reply.failure is None else reply.failure.reason)
    if not target:
        return Score(case.id, None, NO_ANSWER)
    inside = _target_logprobs(f"{prompt.rstrip()} {target}", target, reply.logprobs or ())
    if not inside:
        raise MeasureError(
            f"model '{spec.model}' does not echo log probabilities, so likelihood cannot be measured",
            hint="score by the metric (execution accuracy), or use a server with echoed completions",
        )
    return Score(case.id, min(1.0, math.exp(fmean(inside))))


def _target_logprobs(text: str, target: str, logprobs: Sequence[tuple[str, float]]) -> list[float]:
    """Log probabilities of the tokens that overlap the target at the end of `text`; empty when it was not echoed."""
    echoed = "".join(token for token, _ in logprobs)
    if not echoed.startswith(text):
        return []
    begin, end, at, inside = len(text) - len(target), len(text), 0, []
    for token, logprob in logprobs:
        if at < end and at + len(token) > begin:
            inside.append(logprob)
        at += len(token)
    return inside
