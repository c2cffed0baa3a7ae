"""Why the model stopped."""

from __future__ import annotations

from dataclasses import dataclass

from promptci.core import Case
from promptci.metrics.base import Answer, Grade, unknown, wrong


@dataclass(frozen=True)
class FinishReason:
    """The server says that the answer ended for this reason: `stop`, `length`, `tool_calls`, `content_filter`."""

    value: str = "stop"

    @property
    def version(self) -> str:
        """The rule and its option."""
        return f"finish_reason/1 {self.value.lower()!r}"

    def grade(self, case: Case, answer: Answer) -> Grade:
        """1 when it does, 0 with the reason that it gives."""
        del case
        if answer.finish_reason is None:
            return unknown("no_finish_reason", "the server does not say why the answer ended")
        right = answer.finish_reason.lower() == self.value.lower()
        return Grade(1.0) if right else wrong(f"it ended for the reason '{answer.finish_reason}'")

    def __call__(self, case: Case, output: str) -> float | None:
        """Judge nothing: a text does not say why it ended."""
        del case, output
        return None
