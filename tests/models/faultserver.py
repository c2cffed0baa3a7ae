"""A model server on real sockets that answers by rule, or fails in one of twenty ways, and keeps its own count."""

from __future__ import annotations

import asyncio
import hashlib
import json
import socket
import struct
import threading
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Any, Self


@dataclass(frozen=True)
class Asked:
    """One request as it arrived. `times` counts earlier arrivals of the same body."""

    path: str
    body: dict[str, Any]
    headers: dict[str, str]
    times: int

    @property
    def text(self) -> str:
        """The last message, prompt or input."""
        messages = self.body.get("messages")
        last = messages[-1]["content"] if messages else self.body.get("prompt", self.body.get("input", ""))
        return last if isinstance(last, str) else json.dumps(last)


Plan = Callable[[Asked], "str | Fault | None"]
Answer = Callable[[Asked], dict[str, Any]]


def tokens(text: str) -> int:
    return len(text) // 4 + 1


def answer_text(asked: Asked) -> str:
    """The same text for the same question, whenever it is asked."""
    return "answer " + hashlib.sha256(asked.text.encode()).hexdigest()[:8]


def chat(asked: Asked, text: str | None = None, **choice: Any) -> dict[str, Any]:
    """A well-formed answer with `n` choices."""
    content = answer_text(asked) if text is None else text
    message = {"role": "assistant", "content": content, "refusal": None}
    one = {"index": 0, "finish_reason": "stop", "message": message, **choice}
    n = int(asked.body.get("n", 1))
    used = {"prompt_tokens": tokens(asked.text), "completion_tokens": n * tokens(content)}
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": f"{asked.body.get('model')}-served",
        "system_fingerprint": "fp_1",
        "choices": [{**one, "index": index} for index in range(n)],
        "usage": {**used, "total_tokens": sum(used.values())},
    }


def http(status: int, body: bytes, *headers: str, kind: str = "application/json") -> bytes:
    lines = [f"HTTP/1.1 {status} S", f"content-type: {kind}", f"content-length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def error(status: int, *headers: str, **fields: Any) -> bytes:
    body = {"error": {"message": f"status {status}", "type": "error", "param": None, "code": None, **fields}}
    return http(status, json.dumps(body).encode(), *headers)


def ok(body: dict[str, Any]) -> bytes:
    return http(200, json.dumps(body).encode())


Writer = asyncio.StreamWriter
Fault = Callable[[Asked, Writer], Awaitable[None]]


def _say(make: Callable[[Asked], bytes]) -> Fault:
    async def fault(asked: Asked, writer: Writer) -> None:
        writer.write(make(asked))

    return fault


async def _hang(asked: Asked, writer: Writer) -> None:
    await asyncio.sleep(3600)


async def _drip(asked: Asked, writer: Writer) -> None:
    whole = ok(chat(asked))
    writer.write(whole[:-40])
    await _byte_by_byte(whole[-40:], writer)


async def _slow_headers(asked: Asked, writer: Writer) -> None:
    await _byte_by_byte(ok(chat(asked))[:60], writer)


async def _byte_by_byte(data: bytes, writer: Writer) -> None:
    for byte in data:
        await asyncio.sleep(0.05)
        if writer.is_closing():
            raise ConnectionResetError
        writer.write(bytes([byte]))


async def _reset(asked: Asked, writer: Writer) -> None:
    plug = writer.get_extra_info("socket")
    plug.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


_BIG = b'{"choices": [{"message": {"content": "' + b"x" * 10_000_000 + b'"}}]}'


async def _huge(asked: Asked, writer: Writer) -> None:
    writer.write(http(200, _BIG))
    await writer.drain()


def _without_usage(asked: Asked) -> dict[str, Any]:
    return {name: value for name, value in chat(asked).items() if name != "usage"}


def _refusal(asked: Asked) -> dict[str, Any]:
    return chat(asked, message={"role": "assistant", "content": None, "refusal": "I cannot help with that."})


def says(status: int, message: str, *headers: str, **fields: Any) -> Fault:
    """A refusal in these words."""
    return _say(lambda asked: error(status, *headers, message=message, **fields))


def refuses(*names: str) -> Fault:
    """A refusal of the first of the parameters that the body has, as OpenAI words it."""

    def make(asked: Asked) -> bytes:
        name = next(name for name in names if name in asked.body)
        return error(400, message=f"Unsupported parameter: '{name}' is not supported with this model.", param=name)

    return _say(make)


FAULTS: dict[str, Fault] = {
    "429": _say(lambda asked: error(429)),
    "429 seconds": _say(lambda asked: error(429, "retry-after: 1")),
    "429 date": _say(lambda asked: error(429, f"retry-after: {formatdate(4_102_444_800, usegmt=True)}")),
    "429 long": _say(lambda asked: error(429, "retry-after: 86400")),
    "429 negative": _say(lambda asked: error(429, "retry-after: -5")),
    "500": _say(lambda asked: error(503)),
    "hang": _hang,
    "drip": _drip,
    "slow headers": _slow_headers,
    "reset": _reset,
    "cut json": _say(lambda asked: http(200, json.dumps(chat(asked)).encode()[:-30])),
    "html": _say(lambda asked: http(200, b"<html>Bad gateway</html>", kind="text/html")),
    "null choices": _say(lambda asked: ok({**chat(asked), "choices": None})),
    "empty text": _say(lambda asked: ok(chat(asked, ""))),
    "wrong types": _say(lambda asked: ok(chat(asked, message={"content": 42}))),
    "length": _say(lambda asked: ok(chat(asked, "", finish_reason="length"))),
    "refusal": _say(lambda asked: ok(_refusal(asked))),
    "10 MB": _huge,
    "invalid utf-8": _say(
        lambda asked: http(200, json.dumps(chat(asked, "?")).encode().replace(b'"?"', b'"\xff\xfe"'))
    ),
    "no usage": _say(lambda asked: ok(_without_usage(asked))),
}


@dataclass
class FaultServer:
    """Serves on a free port of the loopback in a thread of its own. `plan` names the fault of a request, or None.

    `received` counts arrivals by body, `answered` answers by text; `calls`, `input_tokens` and `output_tokens` are the
    server's own account, which takes every arrival for work that was done in full.
    """

    plan: Plan = lambda asked: None
    answer: Answer = chat
    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    received: Counter[str] = field(default_factory=Counter)
    answered: Counter[str] = field(default_factory=Counter)
    asked: list[Asked] = field(default_factory=list)
    connections: int = 0
    in_flight: int = 0
    keeps: bool = False
    delay_s: float = 0.0

    def __enter__(self) -> Self:
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}/v1"

    async def _serve(self) -> None:
        self._loop, self._over, self._connections = (
            asyncio.get_running_loop(),
            asyncio.Event(),
            set[asyncio.Task[None]](),
        )
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0, limit=2**24)
        self._port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._over.wait()
        server.close()
        for connection in self._connections:
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: Writer) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        self.connections += 1
        try:
            while await self._one(await _read(reader), reader, writer):
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the other side has gone, or the server is over
        finally:
            self._connections.discard(task)
            writer.close()

    async def _one(
        self, arrived: tuple[str, dict[str, str], bytes], reader: asyncio.StreamReader, writer: Writer
    ) -> bool:
        """Answer, unless the other side goes away before; whether it is still there."""
        path, headers, data = arrived
        body = json.loads(data)
        name = hashlib.sha256(data).hexdigest()[:16]
        asked = Asked(path, body, headers, self.received[name])
        self.received[name] += 1
        self.calls += 1
        self.input_tokens += tokens(asked.text)
        self.output_tokens += int(body.get("max_tokens", 0))
        if self.keeps:
            self.asked.append(asked)
        self.in_flight += 1
        answering = asyncio.create_task(self._answered(asked, writer))
        leaving = asyncio.create_task(reader.read(1))
        try:
            await asyncio.wait({answering, leaving}, return_when=asyncio.FIRST_COMPLETED)
            stays = answering.done()
        finally:
            self.in_flight -= 1
            answering.cancel()
            leaving.cancel()
            await asyncio.gather(answering, leaving, return_exceptions=True)
        return stays

    async def _answered(self, asked: Asked, writer: Writer) -> None:
        fault = self.plan(asked)
        if fault is None:
            await asyncio.sleep(self.delay_s)
            self.answered[asked.text] += 1
            writer.write(ok(self.answer(asked)))
        else:
            await (FAULTS[fault] if isinstance(fault, str) else fault)(asked, writer)


async def _read(reader: asyncio.StreamReader) -> tuple[str, dict[str, str], bytes]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return head[0].split(" ")[1], headers, body
