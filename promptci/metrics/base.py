"""What every metric is: a rule from a case and an output to a value."""

from __future__ import annotations

from typing import Protocol

from promptci.core import Case


class Metric(Protocol):
    """The rule (case, output) -> value in [0, 1], or None when it cannot judge. Pure: same input, same value."""

    @property
    def version(self) -> str:
        """Changes when the rule does; part of what makes two runs comparable."""
        ...

    def __call__(self, case: Case, output: str) -> float | None:
        """Judge `output` for `case`. `output` is raw model text. Never raises for what a model wrote."""
        ...
