"""The offline model's one entry: messages, parameters and a seed in, texts out; nothing else counts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from promptci.core import Message
from promptci.models.offline import judge, optimizer, requests, scorer
from promptci.models.offline.metaprompt import asks_for_instruction
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


# Of a longer message the middle is not read: a stand-in's context window.
WINDOW = 60_000  # characters


def answer(
    messages: Sequence[Message],
    *,
    seed: int = 0,
    temperature: float = 0.0,
    n: int = 1,
    max_tokens: int | None = None,
    as_json: bool = False,
) -> tuple[Answer, ...]:
    """Return `n` choices; choice i is what the seed `seed + i` gives alone.

    `seed` merges the run's seed with the sample index (client.py, server.py). `as_json` is a response format of JSON: a
    text that is no object becomes `{"answer": text}`. Pure: same arguments, same answers.
    """
    texts = [_one(messages, seed + i, temperature) for i in range(n)]
    return tuple(_cut(_object(text) if as_json else text, max_tokens) for text in texts)


def _one(messages: Sequence[Message], seed: int, temperature: float) -> str:
    messages = [_windowed(message) for message in messages]
    text = messages[-1].content if messages else ""
    if requests.about_a_request(text):
        return requests.reply(text, seed=seed)
    if asks_for_instruction(text):
        above = "\n".join(m.content for m in messages[:-1])
        return optimizer.write(f"{above}\n{text}".strip(), seed=seed, temperature=temperature)
    if judge.asks_for_grade(text):
        return judge.grade(text, seed=seed)
    return scorer.score(read(messages), seed=seed, temperature=temperature)


def _windowed(message: Message) -> Message:
    if len(message.content) <= WINDOW:
        return message
    return Message(message.role, message.content[: WINDOW // 2] + message.content[-WINDOW // 2 :])


def _object(text: str) -> str:
    try:
        made = json.loads(text)
    except ValueError:
        made = None
    return text if isinstance(made, dict) else json.dumps({"answer": text}, ensure_ascii=False)


def _cut(text: str, max_tokens: int | None) -> Answer:
    if max_tokens is None or tokens(text) <= max_tokens:
        return Answer(text)
    return Answer(text[: 4 * max_tokens], cut=True)
