"""What can go wrong at a forge, by name, and the HTTP server that our fakes share."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol

from tests.serving import at_work


@dataclass
class Fault:
    """Answer the next `times` requests that fit with `status`; `after` means that the request takes effect first."""

    method: str
    path: str
    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    after: bool = False
    times: int = 1
    drip: bool = False


# Each is a kind of trouble that passes: the same request, sent again later, is answered.
KINDS: dict[str, dict[str, Any]] = {
    "secondary limit with Retry-After": {
        "status": 403, "body": {"message": "You have exceeded a secondary rate limit."},
        "headers": {"Retry-After": "3"},
    },
    "secondary limit without": {"status": 403, "body": {"message": "You have exceeded a secondary rate limit."}},
    "primary limit": {
        "status": 403, "body": {"message": "API rate limit exceeded"},
        "headers": {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1"},
    },
    "too many requests": {"status": 429, "body": {"message": "slow down"}, "headers": {"Retry-After": "2"}},
    "500 before the effect": {"status": 500, "body": {"message": "oops"}},
    "502 after the effect": {"status": 502, "body": b"<html>Bad gateway</html>", "after": True},
    "503 with an empty body": {"status": 503},
    "504 after the effect": {"status": 504, "body": b"", "after": True},
    "hang-up before the effect": {"status": 0},
    "hang-up after the effect": {"status": 0, "after": True},
    "200 with HTML after the effect": {"status": 200, "body": b"<html>Sign in</html>", "after": True},
    "200 cut short after the effect": {"status": 200, "body": b'{"number": 1, "ti', "after": True},
}  # fmt: skip


class Fake(Protocol):
    """What the server needs of a fake forge. `lock` is held while it answers: state changes one at a time."""

    faults: list[Fault]
    requests: list[tuple[str, str, Any]]
    lock: threading.RLock

    def respond(self, method: str, path: str, content: Any, headers: Any) -> tuple[int, Any]:
        """Answer as the forge would, credentials included."""
        ...


class Handler(BaseHTTPRequestHandler):
    """Serves one fake."""

    fake: Fake

    def log_message(self, *args: object) -> None:
        """Say nothing."""

    def _serve(self) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        content = json.loads(raw) if raw else None
        with self.fake.lock:
            self.fake.requests.append((self.command, self.path, content))
            fits = (
                f
                for f in self.fake.faults
                if f.times and f.method in (self.command, "*") and re.search(f.path, self.path)
            )
            fault = next(fits, None)
            if fault is not None:
                fault.times -= 1
            answer = None
            if fault is None or fault.after:
                answer = self.fake.respond(self.command, self.path, content, self.headers)
        if fault is not None:
            self._reply(fault.status, fault.body, fault.headers, drip=fault.drip)
        elif answer is not None:
            self._reply(*answer)

    def _reply(self, status: int, body: Any, headers: dict[str, str] | None = None, *, drip: bool = False) -> None:
        if status == 0:  # hang up without an answer
            self.close_connection = True
            return
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        if drip:
            self._drip(raw)
        else:
            self.wfile.write(raw)

    def _drip(self, raw: bytes) -> None:
        """Send a byte now and then until the other side hangs up: at most for ten seconds."""
        for at in range(len(raw)):
            try:
                self.wfile.write(raw[at : at + 1])
                self.wfile.flush()
            except OSError:
                return
            time.sleep(0.02)

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = _serve  # noqa: N815 - the names http.server asks for


def handler_of(fake: Fake) -> type[Handler]:
    """Return what serves this fake."""
    return type("Serving", (Handler,), {"fake": fake})


@contextmanager
def serving(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    """Serve on a free port of 127.0.0.1; yields the address."""
    with at_work(ThreadingHTTPServer(("127.0.0.1", 0), handler)) as server:
        yield f"http://127.0.0.1:{server.server_port}"
