"""What the tests of the models' room share: a spec, requests, a door that waits for nothing, and scripted models."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from promptci.core import Message
from promptci.models.base import ModelSpec, Price, Reply, Request, Usage
from promptci.models.budget import Budget, Limits
from promptci.models.door import Door
from promptci.models.retry import RetryPolicy

HASTY = RetryPolicy(attempts=3, timeouts=2, base_s=0.001, cap_s=0.002, retry_after_cap_s=0.002)
PRICE = Price(0.40, 1.60)


def spec_at(url: str, **changes: Any) -> ModelSpec:
    return ModelSpec(**{"model": "m", "base_url": url, "max_tokens": 16, "price": PRICE, "deadline_s": 5.0, **changes})


def asks(spec: ModelSpec, texts: Sequence[str] | int, **changes: Any) -> list[Request]:
    texts = [f"question {i}" for i in range(texts)] if isinstance(texts, int) else texts
    return [Request(spec, "scorer", (Message("user", text),), **changes) for text in texts]


def door(limits: Limits | None = None, **changes: Any) -> Door:
    return Door(**{"budget": Budget(limits or Limits()), "policy": HASTY, **changes})


class Scripted:
    """A model that answers by a function, without a network, and keeps what it was asked."""

    def __init__(self, answer: Callable[[Request], Reply] | None = None) -> None:
        self.asked: list[Request] = []
        self.closed = 0
        self._answer = answer or said

    def __call__(self, spec: ModelSpec) -> Scripted:
        return self

    async def send(self, request: Request) -> Reply:
        self.asked.append(request)
        return self._answer(request)

    async def close(self) -> None:
        self.closed += 1


def said(request: Request) -> Reply:
    """As many answers as were asked for, each of one token for ten of the question."""
    return Reply(texts=(f"re: {request.messages[-1].content}",) * request.n, usage=Usage(10, request.n), model="m-1")


@pytest.fixture(autouse=True)
def _no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_ADMIN_KEY"):
        monkeypatch.delenv(name, raising=False)
