"""What every metric is: a rule from a case and an output to a value."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from promptci.core import Case, Message


class Metric(Protocol):
    """The rule (case, output) -> value in [0, 1], or None when it cannot judge. Pure: same input, same value."""

    @property
    def version(self) -> str:
        """Changes when the rule does; part of what makes two runs comparable."""
        ...

    def __call__(self, case: Case, output: str) -> float | None:
        """Judge `output` for `case`. `output` is raw model text. Never raises for what a model wrote."""
        ...


@runtime_checkable
class AskingMetric(Metric, Protocol):
    """A metric that asks the judge model: `messages` is the question, `read` takes the answer."""

    def messages(self, case: Case, output: str) -> tuple[Message, ...]:
        """Return the question about one output, which is untrusted text."""
        ...

    def read(self, reply: str) -> float | None:
        """Return the value in [0, 1] that the judge's reply states, None when it states none."""
        ...
