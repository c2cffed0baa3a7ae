"""The official client through the gateway, streaming and not, while a fifth of the complement's calls fail."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from promptci.augment.augmenter import Augmenter
from promptci.commands.augmenting import change_by
from promptci.gateway.server import Gateway
from promptci.gateway.stream import events
from promptci.models.account import Account
from promptci.models.base import Failure, ModelSpec, Reply, Request
from promptci.models.budget import Budget, Limits
from promptci.models.pipeline import Pipeline
from promptci.models.retry import RetryPolicy
from tests.augment.conftest import FIT, Planted, questions
from tests.conftest import ScriptedModel

SPEC = ModelSpec("scripted", base_url="http://127.0.0.1:9/v1")


@asynccontextmanager
async def serving(model: ScriptedModel, augmenter: Augmenter | None) -> AsyncIterator[str]:
    account = Account(Budget(Limits()), None, None, "cache")
    pipeline = Pipeline(account, model.connect, concurrency=32, policy=RetryPolicy(), rng=random.Random(0))
    async with Gateway(pipeline, [SPEC], "token", 32, change_by(augmenter)).serving() as url:
        yield url
    await pipeline.close()


def failing(planted: Planted, share: float) -> Augmenter:
    """An augmenter a share of whose questions fail, in no order."""
    rng = random.Random(5)

    async def answer(request: Request) -> Reply:
        await asyncio.sleep(0)
        return Reply(failure=Failure("server", "500")) if rng.random() < share else planted.one(request)

    return Augmenter(questions("version: 1\nlimits: {timeout_s: 60}\n"), answer)


async def asked(url: str, count: int) -> list[tuple[str, str]]:
    """What the official client was answered, and what the header says became of each request; odd ones stream."""
    import openai

    async with openai.AsyncOpenAI(base_url=url, api_key="token", max_retries=0) as client:
        places = asyncio.Semaphore(16)

        async def one(n: int) -> tuple[str, str]:
            async with places:
                chat = client.chat.completions.with_raw_response
                messages = [{"role": "user", "content": f"Why is the number {n} odd or even?"}]
                raw = await chat.create(model="scripted", messages=messages, stream=bool(n % 2))  # type: ignore[arg-type]  # as dicts
                word = raw.headers["x-promptci-augment"]
                reply: Any = raw.parse()
                if n % 2:
                    parts = [part async for part in reply]
                    return "".join(p.choices[0].delta.content or "" for p in parts), word
                return reply.choices[0].message.content or "", word

        return list(await asyncio.gather(*map(one, range(count))))


@pytest.mark.parametrize("count", [60, pytest.param(1000, marks=pytest.mark.fault)])
def test_every_request_is_answered_and_none_is_changed_twice(count: int) -> None:
    model = ScriptedModel(score=lambda text, sample: str(text.count(FIT)))
    one = failing(Planted(), 0.2)

    async def story() -> list[tuple[str, str]]:
        async with serving(model, one) as url:
            return await asked(url, count)

    answers = asyncio.run(story())
    assert len(answers) == count
    assert {(said, word) for said, word in answers} == {("1", "changed"), ("0", "server")}
    changed = sum(word == "changed" for _, word in answers)
    assert one.counts == {"changed": changed, "server": count - changed}
    assert 0.45 < changed / count < 0.85  # two questions each: .64 is expected
    assert one.told()[1].startswith("added latency: median")


def test_without_an_augmenter_a_stream_is_the_same_answer_in_events() -> None:
    message = {"role": "assistant", "content": None, "tool_calls": [{"id": "c", "type": "function", "function": {}}]}
    body = {"id": "x", "created": 0, "model": "m", "usage": {"total_tokens": 3},
            "choices": [{"index": 0, "message": message, "finish_reason": "tool_calls"}]}  # fmt: skip
    lines = [line.decode() for line in events(body, with_usage=True)]
    parts = [json.loads(line[6:]) for line in lines[:-1]]
    assert lines[-1] == "data: [DONE]\n\n"
    assert parts[0]["choices"][0]["delta"]["tool_calls"][0]["index"] == 0
    assert parts[1]["choices"][0]["finish_reason"] == "tool_calls"
    assert (parts[2]["choices"], parts[2]["usage"]) == ([], {"total_tokens": 3})
    assert len(list(events(body, with_usage=False))) == 3
