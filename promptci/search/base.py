"""What the search and the world agree on: how candidates are evaluated and how models are asked to write."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from promptci.core import Case, Message, Outcome


class Evaluate(Protocol):
    """Answers and judges texts on cases; all the search sees of the world. Every call goes through the one door."""

    def __call__(self, pairs: Sequence[tuple[str, Case]]) -> list[Outcome]:
        """Return one outcome per (text, case), in order. A case that could not be judged has value None and a reason."""
        ...


class Write(Protocol):
    """Asks the optimizer model."""

    def __call__(
        self, messages: tuple[Message, ...], *, n: int, temperature: float, sample: int = 0, max_tokens: int = 1024
    ) -> list[str | None]:
        """Return `n` raw replies, None where there is none. `sample` makes repeats of one question independent."""
        ...
