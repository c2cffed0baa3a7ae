"""The processes that throughput.py measures: `door` or `bare`, server, cases, calls at a time, and the cache's file."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator

LABELS = ("billing", "bug", "account", "shipping")
PROMPT = (
    "You sort support tickets for a shop. Read the ticket and answer with exactly one label out of: billing, bug, "
    "account, shipping. Answer with the label alone, in lower case.\n\n"
)
TEXT = "The customer says that the page stays blank after the last update. They wrote twice and had no reply."


def texts(cases: int) -> Iterator[tuple[str, str]]:
    """Each question with its right answer."""
    for number in range(cases):
        label = LABELS[number % 4]
        yield f"{PROMPT}Ticket #{number:06d}: {TEXT} [{label}]", label


def door(url: str, cases: int, concurrency: int, cache: str | None) -> int:
    """Everything that a real run does: estimate aside, a file cache, a budget, retries and records."""
    from pathlib import Path

    from promptci.core import Message
    from promptci.models.base import ModelSpec, Price, Reply, Request
    from promptci.models.budget import Budget, Limits
    from promptci.models.cache import Cache
    from promptci.models.door import Door

    spec = ModelSpec("fake", f"{url}/v1", max_tokens=8, price=Price(0.4, 1.6))
    requests = (Request(spec, "scorer", (Message("user", text),)) for text, _ in texts(cases))
    right = 0

    def each(index: int, reply: Reply) -> None:
        nonlocal right
        right += reply.text == LABELS[index % 4]

    limits = Limits(max_calls=cases, max_usd=100.0, max_minutes=20)
    with Door(budget=Budget(limits), cache=Cache(Path(cache)) if cache else None, concurrency=concurrency) as asking:
        asking.ask(requests, each)
    return right


def bare(url: str, cases: int, concurrency: int, cache: str | None) -> int:  # noqa: ARG001 - it has none
    """Nothing but the official client and a semaphore."""
    import asyncio

    import openai

    async def run() -> int:
        places = asyncio.Semaphore(concurrency)

        async def ask(text: str, label: str) -> bool:
            async with places:
                answer = await client.chat.completions.create(
                    model="fake", temperature=0, max_tokens=8, messages=[{"role": "user", "content": text}]
                )
                return answer.choices[0].message.content == label

        async with openai.AsyncOpenAI(base_url=f"{url}/v1", api_key="x") as client:
            return sum(await asyncio.gather(*(ask(*case) for case in texts(cases))))

    return asyncio.run(run())


if __name__ == "__main__":
    who, url, cases, concurrency, *cache = sys.argv[1:]
    right = {"door": door, "bare": bare}[who](url, int(cases), int(concurrency), cache[0] if cache else None)
    print(json.dumps({"openai": "openai" in sys.modules, "right": right}))
    if right != int(cases):
        sys.exit(f"{who}: {right} of {cases} answers were right")
