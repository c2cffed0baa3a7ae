"""The offline model behind an OpenAI-compatible HTTP server, on this machine only unless told otherwise.

POST /v1/chat/completions, /v1/completions, /v1/embeddings; GET /v1/models, /stats. HTTP/1.1, keep-alive.
"""

from __future__ import annotations

import asyncio
import json
import logging
import signal
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field

from promptci.core import Json
from promptci.models.offline import wire
from promptci.models.offline.client import SEED_STRIDE

MAX_BODY = 32 * 1024 * 1024  # bytes
MAX_HEAD = 64 * 1024
_REASONS = {200: "OK", 400: "Bad Request", 404: "Not Found", 405: "Method Not Allowed", 411: "Length Required",
            413: "Content Too Large", 431: "Request Header Fields Too Large", 500: "Internal Server Error"}  # fmt: skip
_POSTS = ("/v1/chat/completions", "/v1/completions", "/v1/embeddings")
_GETS = ("/v1/models", "/stats")


@dataclass
class App:
    """Answers requests and counts them. `seed` chooses the stand-in, as OfflineClient's does."""

    seed: int = 0
    counts: Counter[str] = field(default_factory=Counter)

    def answer(self, method: str, path: str, body: bytes) -> tuple[int, Json]:
        """Return status and JSON for one request; never raises for what a client sent."""
        self.counts["requests"] += 1
        if path not in (*_POSTS, *_GETS):
            return self._refused(404, f"unknown path: {method} {path}", code="unknown_url")
        if method != ("POST" if path in _POSTS else "GET"):
            return self._refused(405, f"{path} does not take {method}")
        self.counts[path] += 1
        if path in _GETS:
            return 200, wire.models() if path == "/v1/models" else self.stats()
        try:
            return 200, self._answer(path, _parsed(body))
        except wire.BadRequestError as problem:
            return self._refused(400, str(problem), param=problem.param)

    def _answer(self, path: str, body: dict[str, Json]) -> Json:
        if path == "/v1/embeddings":
            return wire.embeddings(body)
        base = self.seed * SEED_STRIDE
        answered = wire.chat(body, base) if path == "/v1/chat/completions" else wire.completion(body, base)
        self.counts["choices"] += len(answered["choices"])
        self.counts["prompt_tokens"] += answered["usage"]["prompt_tokens"]
        self.counts["completion_tokens"] += answered["usage"]["completion_tokens"]
        return answered

    def _refused(
        self, status: int, message: str, *, param: str | None = None, code: str | None = None
    ) -> tuple[int, Json]:
        self.counts["refused"] += 1
        return status, wire.error(message, param=param, code=code)

    def stats(self) -> Json:
        """Return the counts since the start."""
        paths = {path: self.counts[path] for path in (*_POSTS, *_GETS)}
        rest = {
            name: self.counts[name] for name in ("requests", "refused", "choices", "prompt_tokens", "completion_tokens")
        }
        return {**rest, "paths": paths}


def _parsed(body: bytes) -> dict[str, Json]:
    try:
        parsed = json.loads(body)
    except (ValueError, RecursionError):
        raise wire.BadRequestError("the body is not valid JSON") from None
    if not isinstance(parsed, dict):
        raise wire.BadRequestError("the body must be a JSON object")
    return parsed


class _Connection(asyncio.Protocol):
    """One connection: reads requests one after the other, in order, and answers each before it reads the next."""

    def __init__(self, app: App, open_ones: set[asyncio.Transport]) -> None:
        self._app = app
        self._open = open_ones
        self._buffer = bytearray()
        self._need = 0  # bytes without which there is nothing to do
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101  # asyncio gives TCP servers nothing else
        self._transport = transport
        self._open.add(transport)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # the protocol's signature
        self._open.discard(self._transport)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while len(self._buffer) >= self._need and not self._transport.is_closing() and self._one():
            pass

    def _one(self) -> bool:
        """Answer one request if the buffer has it whole; return whether it did."""
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return self._fail(431, "the header is too long") if len(self._buffer) > MAX_HEAD else False
        lines = bytes(self._buffer[:end]).decode("latin-1").split("\r\n")
        fields = {name.strip().lower(): value.strip() for name, _, value in (row.partition(":") for row in lines[1:])}
        first = lines[0].split(" ")
        problem = _problem(first, fields)
        if problem is not None:
            return self._fail(*problem)
        size = end + 4 + int(fields.get("content-length", "0").lstrip("0") or 0)
        if len(self._buffer) < size:
            if self._need != size and fields.get("expect", "").lower() == "100-continue":
                self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            self._need = size
            return False
        body = bytes(self._buffer[end + 4 : size])
        del self._buffer[:size]
        self._need = 0
        last = fields.get("connection", "").lower() == "close" or first[2] == "HTTP/1.0"
        self._send(*self._answered(first[0], first[1], body), last=last)
        return True

    def _answered(self, method: str, target: str, body: bytes) -> tuple[int, Json]:
        try:
            return self._app.answer(method, target.partition("?")[0], body)
        except Exception:  # a bug of ours: the client gets an answer, the log gets the traceback
            logging.getLogger(__name__).exception("cannot answer %s %s", method, target)
            return 500, wire.error("the offline model has a bug", kind="server_error")

    def _fail(self, status: int, message: str) -> bool:
        self._app.counts["refused"] += 1
        self._send(status, wire.error(message), last=True)
        return False

    def _send(self, status: int, answer: Json, *, last: bool) -> None:
        # Lone surrogates are legal in JSON strings and in ours; as escapes they survive the trip.
        body = json.dumps(answer).encode("ascii")
        head = (
            f"HTTP/1.1 {status} {_REASONS[status]}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
            f"Connection: {'close' if last else 'keep-alive'}\r\n\r\n"
        )
        self._transport.write(head.encode("ascii") + body)
        if last:
            self._transport.close()


def _problem(first: list[str], fields: dict[str, str]) -> tuple[int, str] | None:
    """What keeps a request with this first line and these fields from being read."""
    if len(first) != 3 or not first[2].startswith("HTTP/1."):
        return 400, "this is not HTTP/1.1"
    length = fields.get("content-length", "0")
    if "transfer-encoding" in fields or not (length.isascii() and length.isdigit()):
        return 411, "send the body with a Content-Length"
    return (413, f"the body is longer than {MAX_BODY} bytes") if int(length.lstrip("0")[:12] or 0) > MAX_BODY else None


async def _serve(app: App, host: str, port: int, started: Callable[[str, asyncio.Event], None]) -> None:
    """Serve until the event that `started` is given, with the base URL, is set; then close every connection."""
    connections: set[asyncio.Transport] = set()
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Connection(app, connections), host, port, backlog=1024)
    number = server.sockets[0].getsockname()[1]
    started(f"http://{f'[{host}]' if ':' in host else host}:{number}/v1", stop)
    await stop.wait()
    server.close()
    for transport in list(connections):
        transport.close()


def serve(
    port: int = 0, host: str = "127.0.0.1", *, seed: int = 0, announce: Callable[[str], None] | None = None
) -> None:
    """Serve until SIGINT or SIGTERM; port 0 takes a free one.

    `announce` gets the base URL once requests are taken; without it, standard error says where the server is.
    Raises OSError when the address cannot be had. Call it from the main thread.
    """

    def started(url: str, stop: asyncio.Event) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        (announce or _say)(url)

    asyncio.run(_serve(App(seed), host, port, started))


def _say(url: str) -> None:
    sys.stderr.write(f"offline model (a stand-in, no language model) at {url}; stop with Ctrl-C\n")


@contextmanager
def running(*, port: int = 0, host: str = "127.0.0.1", seed: int = 0) -> Iterator[str]:
    """Serve in a thread while the block runs; yields the base URL, such as `http://127.0.0.1:40123/v1`.

    Raises OSError when the address cannot be had.
    """
    up: Future[tuple[str, asyncio.AbstractEventLoop, asyncio.Event]] = Future()

    def work() -> None:
        def started(url: str, stop: asyncio.Event) -> None:
            up.set_result((url, asyncio.get_running_loop(), stop))

        try:
            asyncio.run(_serve(App(seed), host, port, started))
        except OSError as problem:
            up.set_exception(problem)

    thread = threading.Thread(target=work, name="offline-model", daemon=True)
    thread.start()
    url, loop, stop = up.result(timeout=30)
    try:
        yield url
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(timeout=10)
