"""A model of planted truth: it knows a question by its own words, and answers it by a function."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pytest

from promptci import assets
from promptci.augment.base import Kind, Typed
from promptci.augment.questions import Questions
from promptci.augment.spec import read
from promptci.core import Message
from promptci.models.base import Failure, ModelSpec, Reply, Request
from promptci.search.metaprompts import MetaPrompts

GENERATOR, JUDGE = ModelSpec("writer"), ModelSpec("judge")
_DATA = re.compile(r"<(data-[0-9a-f]{8,10})>\n(.*?)\n</\1>", re.DOTALL)
FAILED = Failure("server", "500")
FINE = json.dumps({"reason": "", "grounds": [], "correct": "yes", "text": ""})
FIT = "Name the main point first and explain it in plain words."


def shown(request: Request) -> list[str]:
    """The texts that a question shows as data."""
    return [match[2] for match in _DATA.finditer(request.messages[0].content)]


def refused(*grounds: str, text: str = "") -> str:
    return json.dumps({"reason": "planted", "grounds": list(grounds), "correct": "no", "text": text})


@dataclass
class Planted:
    """Asked like a door. Each function gets what the question shows; None is a failed call. Keeps what it was asked."""

    quality: Callable[[str], str | None] = lambda prompt: '{"score": 1, "unsafe": false}'
    category: Callable[[str], str | None] = lambda prompt: "question"
    made: Callable[[str, int], str | None] = lambda prompt, sample: f"<INS>{FIT}</INS>"
    checked: Callable[[str, str], str | None] = lambda prompt, made: FINE
    failure: Failure | None = None
    asked: list[Request] = field(default_factory=list)

    def __call__(self, requests: Sequence[Request], /) -> list[Reply]:
        return [self.one(request) for request in requests]

    def one(self, request: Request) -> Reply:
        self.asked.append(request)
        said = self._said(request)
        return Reply(failure=self.failure or FAILED) if said is None else Reply((said,), model="planted", attempts=1)

    def _said(self, request: Request) -> str | None:
        text, data = request.messages[0].content, shown(request)
        if request.role == "optimizer":
            return self.made(data[0], request.sample)
        if '"unsafe"' in text:
            return self.quality(data[0])
        return self.checked(data[0], data[1]) if '"correct"' in text else self.category(data[0])


def questions(text: str = "version: 1\n", kind: Kind = "augment") -> Questions:
    """The questions of a file with that text."""
    spec = read(text, "support", kind, f"{kind}/support.yaml")
    return Questions(spec, MetaPrompts((assets.templates(),)), GENERATOR, JUDGE)


def typed(*texts: str) -> list[Typed]:
    return [Typed(f"p{n}", text) for n, text in enumerate(texts)]


def message(text: str) -> tuple[Message, ...]:
    return (Message("user", text),)


@pytest.fixture
def planted() -> Planted:
    return Planted()
