"""The gateway's HTTP server: on this machine only, for whoever holds its token."""

from __future__ import annotations

import asyncio
import hmac
import json
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

from aiohttp import web

from promptci.gateway.stream import events
from promptci.gateway.wire import RefusedError, body_of, request_of
from promptci.models import keys
from promptci.models.base import ModelSpec, Request
from promptci.models.pipeline import Pipeline

Change = Callable[[Request], Awaitable[tuple[Request, dict[str, str]]]]

HOST = "127.0.0.1"
MAX_BODY = 16_000_000  # bytes
_ROUNDS = 3  # of the event loop, from a request's coming to its first byte's leaving


class Gateway:
    """Answers programs through one run's pipeline, at most `concurrency` at once.

    A program needs `token` in the place of a key: it opens nothing but this server, and the model's own key stays here.
    Without it, any page in a browser and any user of this machine could spend the budget. `change` may put another
    request in the place of one that came, and says so in headers of the answer.
    """

    def __init__(
        self,
        pipeline: Pipeline,
        specs: Sequence[ModelSpec],
        token: str,
        concurrency: int,
        change: Change | None = None,
    ) -> None:
        self._pipeline, self._specs, self._token, self._change = pipeline, specs, token, change
        self._places = asyncio.Semaphore(concurrency)
        self._turn = asyncio.Lock()
        self._asked: Counter[bytes] = Counter()

    @asynccontextmanager
    async def serving(self, port: int = 0) -> AsyncIterator[str]:
        """Serve while the block runs; yields the base URL. Raises OSError when the port cannot be had."""
        app = web.Application(client_max_size=MAX_BODY)
        app.router.add_post("/v1/chat/completions", self._chat)
        app.router.add_get("/v1/models", self._models)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        try:
            site = web.TCPSite(runner, HOST, port)
            await site.start()
            yield f"http://{HOST}:{runner.addresses[0][1]}/v1"
        finally:
            await runner.cleanup()

    def _may(self, request: web.Request) -> bool:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        return hmac.compare_digest(given.encode(), self._token.encode())

    async def _models(self, request: web.Request) -> web.Response:
        if not self._may(request):
            return _refused(401, "the gateway's token is missing: set OPENAI_API_KEY to it")
        names = dict.fromkeys(spec.model for spec in self._specs)
        return web.json_response({"object": "list", "data": [{"id": n, "object": "model"} for n in names]})

    def _numbered(self, request: Request, *, seeded: bool) -> Request:
        """A question that comes again is another one: who asks twice, to vote or to confirm, wants a second answer.

        The next run finds both. With a seed of its own a program asks for the same answer, and is given it.
        """
        if seeded:
            return request
        name = keys.key(keys.canonical(request))
        self._asked[name] += 1
        return replace(request, sample=self._asked[name] - 1)

    async def _go(self) -> None:
        """Wait until the request before is on its way: one after the other, each whole.

        Requests that come together would go through the event loop in step, so that each waits for the work on all, and
        their answers, and with them the next requests, would come together again.
        """
        await self._turn.acquire()
        loop, left = asyncio.get_running_loop(), _ROUNDS

        def next_round() -> None:
            nonlocal left
            left -= 1
            if left:
                loop.call_soon(next_round)
            else:
                self._turn.release()

        loop.call_soon(next_round)

    async def _chat(self, request: web.Request) -> web.Response:
        if not self._may(request):
            return _refused(401, "the gateway's token is missing: set OPENAI_API_KEY to it")
        await self._go()
        try:
            body = json.loads(await request.read())
            asked = self._numbered(request_of(body, self._specs), seeded=body.get("seed") is not None)
        except (ValueError, RecursionError):
            return _refused(400, "the body is not JSON")
        except RefusedError as problem:
            return _refused(problem.status, problem.said)
        headers: dict[str, str] = {}
        if self._change is not None:
            asked, headers = await self._change(asked)
        async with self._places:
            reply = await self._pipeline.answer(asked)
        status, answer = body_of(reply, asked.spec.model)
        if status == 200 and body.get("stream"):
            with_usage = bool((body.get("stream_options") or {}).get("include_usage"))
            text = b"".join(events(answer, with_usage=with_usage))
            return web.Response(body=text, content_type="text/event-stream", headers=headers)
        return web.json_response(answer, status=status, headers=headers)


def _refused(status: int, said: str) -> web.Response:
    error = {"message": said, "type": "promptci", "code": None, "param": None}
    return web.json_response({"error": error}, status=status)
