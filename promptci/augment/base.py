"""The nouns: a prompt that somebody typed, what was made of it, and why one was dropped."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from promptci.core import Reason

Kind = Literal["augment", "rewrite"]
Stage = Literal["read", "screen", "near", "cluster", "judge", "category", "pair"]
STAGES: tuple[Stage, ...] = ("read", "screen", "near", "cluster", "judge", "category", "pair")
# Failures after which a prompt was not looked at: nothing was learned of it, and a later run may take it up.
UNASKED = frozenset({"budget", "replay", "credentials", "quota"})


@dataclass(frozen=True, slots=True)
class Typed:
    """One prompt as its user typed it. `context` is a text that it is about; it is never changed.

    `good` and `bad` are answers to it of which people, or a test, liked the first better; empty where there are none.
    """

    id: str
    text: str
    context: str = ""
    good: str = ""
    bad: str = ""

    @property
    def whole(self) -> str:
        """What a model is sent: the text, and the context below it."""
        return joined(self.text, self.context)


@dataclass(frozen=True, slots=True)
class Dropped:
    """A prompt that left the way at `stage`, and why."""

    id: str
    stage: Stage
    reason: Reason


@dataclass(frozen=True, slots=True)
class Pair:
    """A prompt with what was made of it: a complement, or the text in its place. `attempts` counts from 1."""

    typed: Typed
    category: str
    made: str
    attempts: int


@dataclass(frozen=True, slots=True)
class Golden:
    """An example for the generator, written by a person."""

    prompt: str
    made: str


@dataclass(frozen=True, slots=True)
class Category:
    """A kind of prompts; `about` says which, in words that a model is shown."""

    name: str
    about: str
    golden: tuple[Golden, ...] = ()


def joined(text: str, below: str) -> str:
    """`text` to the letter with another text below it, or alone where that is empty."""
    return f"{text}\n\n{below}" if below else text
