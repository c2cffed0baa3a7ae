"""A fast model server for measuring: answers a chat after a fixed time, and counts. One process, plain asyncio.

POST /v1/chat/completions; GET /stats; POST /reset. The answer is the word in square brackets at the end of the last
message. The window is the time from the first request's arrival to the last answer's leaving.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from typing import Any

_ANSWER = (
    '{"id":"chatcmpl-1","object":"chat.completion","created":1,"model":"fake","system_fingerprint":"fp_1","choices":'
    '[{"index":0,"finish_reason":"stop","message":{"role":"assistant","content":"%s","refusal":null},"logprobs":null}],'
    '"usage":{"prompt_tokens":%d,"completion_tokens":2,"total_tokens":%d}}'
)


class Counts:
    """What has arrived since the last reset."""

    def __init__(self) -> None:
        self.requests = self.connections = self.busy = self.peak = 0
        self.first = self.last = 0.0

    def began(self) -> None:
        """A request has come whole."""
        if not self.requests:
            self.first = time.perf_counter()
        self.requests += 1
        self.busy += 1
        self.peak = max(self.peak, self.busy)

    def ended(self) -> None:
        """Its answer has gone out."""
        self.busy -= 1
        self.last = time.perf_counter()

    def told(self) -> dict[str, Any]:
        """What /stats answers."""
        window = round(self.last - self.first, 4)
        return {"requests": self.requests, "connections": self.connections, "peak": self.peak, "window_s": window}


class Server:
    """`latency_s` after a request has come whole, its answer goes out."""

    def __init__(self, latency_s: float) -> None:
        self.latency_s = latency_s
        self.counts = Counts()

    def answer(self, body: bytes) -> bytes:
        """The answer to a chat's body."""
        text = json.loads(body)["messages"][-1]["content"]
        tokens = len(text) // 4
        return (_ANSWER % (text.rpartition("[")[2].rstrip("]"), tokens, tokens + 2)).encode()


class Connection(asyncio.Protocol):
    """One client that waits for each answer before it asks again."""

    def __init__(self, server: Server) -> None:
        self.server, self.held = server, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Count it."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.server.counts.connections += 1

    def data_received(self, data: bytes) -> None:
        """Hold what comes until a request is whole."""
        self.held += data
        head, found, body = self.held.partition(b"\r\n\r\n")
        if not found:
            return
        lowered = head.lower()
        _, told, length = lowered.partition(b"content-length:")
        if told and len(body) < int(length.split(b"\r\n", 1)[0]):
            return
        self.held = b""
        self.handle(head.split(b" ", 2)[1], body)

    def handle(self, path: bytes, body: bytes) -> None:
        """Answer now, or when the latency has passed."""
        server = self.server
        if path == b"/stats":
            self.send(json.dumps(server.counts.told()).encode())
        elif path == b"/reset":
            server.counts = Counts()
            self.send(b"{}")
        else:
            server.counts.began()
            if server.latency_s:
                asyncio.get_running_loop().call_later(server.latency_s, self.finish, body)
            else:
                self.finish(body)

    def finish(self, body: bytes) -> None:
        """Send a chat's answer."""
        self.send(self.server.answer(body))
        self.server.counts.ended()

    def send(self, body: bytes) -> None:
        """Write one response."""
        head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(body)
        self.transport.write(head + body)


async def serve(port: int, latency_s: float) -> None:
    server = Server(latency_s)
    listening = await asyncio.get_running_loop().create_server(
        lambda: Connection(server), "127.0.0.1", port, backlog=4096
    )
    print(f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}", flush=True)
    await listening.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one, printed on the first line")
    parser.add_argument("--latency-ms", type=float, default=0)
    options = parser.parse_args()
    asyncio.run(serve(options.port, options.latency_ms / 1000))
