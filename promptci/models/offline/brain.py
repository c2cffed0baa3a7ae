"""The offline model's one entry: messages, parameters and a seed in, texts out; nothing else counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from promptci.core import Message
from promptci.models.offline import scorer
from promptci.models.offline.reading import read

MODEL = "offline-1"
VERSION = "offline-1.0"  # changes whenever any answer may change; served as the fingerprint


@dataclass(frozen=True, slots=True)
class Answer:
    """One choice: its text, and whether it was cut at `max_tokens`."""

    text: str
    cut: bool = False


def tokens(text: str) -> int:
    """Return the estimated number of tokens: four characters each, at least one for any text."""
    return (len(text) + 3) // 4


def answer(
    messages: Sequence[Message], *, seed: int = 0, temperature: float = 0.0, n: int = 1, max_tokens: int | None = None
) -> tuple[Answer, ...]:
    """Return `n` choices; choice i is what the seed `seed + i` gives alone.

    `seed` merges the run's seed with the sample index (client.py, server.py). Pure: same arguments, same answers.
    """
    texts = [_one(messages, seed + i, temperature) for i in range(n)]
    return tuple(_cut(text, max_tokens) for text in texts)


def _one(messages: Sequence[Message], seed: int, temperature: float) -> str:
    return scorer.score(read(messages), seed=seed, temperature=temperature).text


def _cut(text: str, max_tokens: int | None) -> Answer:
    if max_tokens is None or tokens(text) <= max_tokens:
        return Answer(text)
    return Answer(text[: 4 * max_tokens], cut=True)
