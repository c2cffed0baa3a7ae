"""Requests that come together: each is on its way before the next one begins."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import aiohttp

from promptci.gateway.server import Gateway
from promptci.models.base import ModelSpec, Reply, Request
from promptci.models.pipeline import Pipeline

COUNT = 40


class Sending:
    """A pipeline whose calls take two rounds of the event loop until they are out, and come back when all are."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, str]] = []
        self.all_out = asyncio.Event()

    async def answer(self, request: Request) -> Reply:
        name = request.messages[-1].content
        self.seen.append((name, "begun"))
        for _ in range(2):
            await asyncio.sleep(0)
        self.seen.append((name, "out"))
        if len(self.seen) == 2 * COUNT:
            self.all_out.set()
        await self.all_out.wait()
        return Reply(texts=(name,))


async def story() -> tuple[list[str], list[tuple[str, str]]]:
    sending, headers = Sending(), {"Authorization": "Bearer token"}
    served = Gateway(cast("Pipeline", sending), [ModelSpec("m")], "token", COUNT).serving()
    async with served as url, aiohttp.ClientSession(headers=headers) as client:

        async def ask(n: int) -> str:
            body: dict[str, Any] = {"model": "m", "messages": [{"role": "user", "content": str(n)}]}
            async with client.post(f"{url}/chat/completions", json=body) as answer:
                return str((await answer.json())["choices"][0]["message"]["content"])

        return list(await asyncio.gather(*map(ask, range(COUNT)))), sending.seen


def test_a_request_is_out_before_the_next_begins_and_none_waits_for_an_answer() -> None:
    answers, seen = asyncio.run(story())
    assert answers == [str(n) for n in range(COUNT)]
    assert [what for _, what in seen] == ["begun", "out"] * COUNT
    assert [name for name, what in seen if what == "begun"] == [name for name, what in seen if what == "out"]
