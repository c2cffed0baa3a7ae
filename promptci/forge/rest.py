"""One request with a token to a JSON API: no redirect to another host, a deadline in whole, and never an exception.

urllib rather than http.client, because it honours the proxies of the environment. Its own following of redirects, which
would carry the token to any host, is switched off. Its timeout is one for each read, so a server that sends a byte now
and then would hold it for ever: a timer shuts the socket when the time is over.
"""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urljoin, urlsplit

from promptci import __version__
from promptci.core import Json
from promptci.untrusted import one_line

if TYPE_CHECKING:
    from http.client import HTTPResponse
    from urllib.error import HTTPError
    from urllib.request import OpenerDirector

DEADLINE_S = 30.0
_SIZE_LIMIT = 5_000_000  # bytes
_REDIRECTS = (301, 302, 307, 308)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. `status` is 0 when no answer came. `reason` is untrusted text, like all that a server says."""

    status: int
    content: Json = None
    headers: Mapping[str, str] = field(default_factory=dict)
    failure: str = ""

    @property
    def ok(self) -> bool:
        """Whether it was done, and the answer can be read."""
        return 200 <= self.status < 300 and not self.failure

    @property
    def is_lost(self) -> bool:
        """Whether it may have been done although the answer does not say so."""
        return self.status == 0 or self.status >= 500 or (200 <= self.status < 300 and bool(self.failure))

    @property
    def may_be_repeated(self) -> bool:
        """Whether the same request may get another answer a while later."""
        return self.is_lost or self.limit_s is not None

    def wait_s(self, attempt: int) -> float:
        """Seconds to wait before repeating it: what the server asks for, else 1, 2, 4 ... by `attempt` from 0."""
        return 2.0**attempt if self.limit_s is None else self.limit_s

    @property
    def message(self) -> str:
        """What the server says is wrong: its message, and that of each of its errors."""
        if not isinstance(self.content, dict):
            return ""
        errors = self.content.get("errors")
        said = self.content.get("message") or self.content.get("error") or ""
        rows = errors if isinstance(errors, list) else []
        more = [
            str(row.get("message") or f"field {row.get('field')}: {row.get('code')}")
            for row in rows
            if isinstance(row, dict)
        ]
        return "; ".join([said if isinstance(said, str) else json.dumps(said), *more])

    @property
    def reason(self) -> str:
        """What went wrong, in one line."""
        said = self.failure or self.message
        return one_line(f"{self.status} {said}" if self.status else said, limit=300)

    @property
    def limit_s(self) -> float | None:
        """Seconds to wait when a rate limit was hit, None when none was.

        Retry-After first, then the reset of the primary limit, else the minute that GitHub asks for (REST API
        documentation, "Exceeding the rate limit").
        """
        spent = "0" in (self.headers.get("x-ratelimit-remaining"), self.headers.get("ratelimit-remaining"))
        after = self.headers.get("retry-after", "")
        if self.status != 429 and not (self.status == 403 and (spent or after or "rate limit" in self.message.lower())):
            return None
        if after.isdecimal():
            return float(after)
        reset = self.headers.get("x-ratelimit-reset") or self.headers.get("ratelimit-reset", "")
        return max(1.0, float(reset) - time.time() + 1.0) if spent and reset.isdecimal() else 60.0


def send(method: str, url: str, token: str, content: Json = None) -> Answer:
    """Send `content` as JSON and return what came back, whatever it was. Follows redirects on the same host only."""
    deadline = time.monotonic() + DEADLINE_S
    for _ in range(4):
        answer = _send_once(method, url, token, content, deadline)
        if answer.status not in _REDIRECTS:
            return answer
        target = urljoin(url, answer.headers.get("location", ""))
        if urlsplit(target)[:2] != urlsplit(url)[:2]:
            return Answer(421, failure=f"a redirect to another host was refused: {urlsplit(target).netloc}")
        url = target
    return Answer(421, failure="too many redirects")


def _send_once(method: str, url: str, token: str, content: Json, deadline: float) -> Answer:
    from http.client import HTTPException
    from urllib.error import HTTPError
    from urllib.request import Request

    from promptci import unanswered

    data = None if content is None else json.dumps(content).encode()
    headers = {
        "Authorization": f"Bearer {token}", "Accept": "application/vnd.github+json, application/json",
        "User-Agent": f"promptci/{__version__}", "X-GitHub-Api-Version": "2022-11-28",
        "Content-Type": "application/json",
    }  # fmt: skip
    left_s = max(0.1, deadline - time.monotonic())
    try:
        request = Request(url, data=data, headers=headers, method=method)  # noqa: S310  # the caller gives https only
        with _Limit(left_s) as limit:
            try:
                with _opener(limit.watch).open(request, timeout=min(left_s, 10.0)) as response:
                    return _read(response, limit.is_over)
            except HTTPError as error:
                with error:
                    return _read(error, limit.is_over)
    except (OSError, HTTPException, ValueError) as error:
        return Answer(0, failure=f"no answer: {unanswered.said(error, url)}")


class _Limit:
    """Shuts the sockets that it watches when the time is over: whoever reads from one then gets an error or an end."""

    def __init__(self, seconds: float) -> None:
        self.is_over = threading.Event()
        self._sockets: list[socket.socket] = []
        self._timer = threading.Timer(seconds, self._end)
        self._timer.daemon = True

    def watch(self, opened: socket.socket) -> None:
        """Watch a socket too; one that was opened when the time was over is shut at once."""
        self._sockets.append(opened)
        if self.is_over.is_set():
            self._end()

    def _end(self) -> None:
        self.is_over.set()
        for each in tuple(self._sockets):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        self._timer.join()


def _opener(watch: Callable[[socket.socket], None]) -> OpenerDirector:
    """Return an opener that follows no redirect and gives every socket that it opens to `watch`."""
    from http.client import HTTPConnection, HTTPSConnection
    from urllib.request import HTTPHandler, HTTPRedirectHandler, HTTPSHandler, build_opener

    class Plain(HTTPConnection):
        def connect(self) -> None:
            super().connect()
            watch(self.sock)

    class Safe(HTTPSConnection):
        def connect(self) -> None:
            super().connect()
            watch(self.sock)

    class PlainHandler(HTTPHandler):
        def http_open(self, req: Any) -> Any:
            return self.do_open(Plain, req)

    class SafeHandler(HTTPSHandler):
        def https_open(self, req: Any) -> Any:
            return self.do_open(Safe, req)

    class Stay(HTTPRedirectHandler):
        def redirect_request(self, *_: object) -> None:
            """Do not follow it: a redirect is an answer like another."""

    return build_opener(PlainHandler, SafeHandler, Stay)


def _read(response: HTTPResponse | HTTPError, is_over: threading.Event) -> Answer:
    status, headers = response.status or 0, {name.lower(): value for name, value in response.headers.items()}
    body = b""
    while part := response.read1(65536):
        body += part
        if len(body) > _SIZE_LIMIT:
            return Answer(status, None, headers, "the answer is too long")
    if is_over.is_set():
        return Answer(status, None, headers, f"no whole answer in {DEADLINE_S:.0f} s")
    length = headers.get("content-length", "")
    if length.isdecimal() and int(length) != len(body):
        return Answer(status, None, headers, "the answer was cut short")
    if not body:
        return Answer(status, None, headers)
    try:
        return Answer(status, json.loads(body), headers)
    except (ValueError, RecursionError):
        return Answer(status, None, headers, "the answer is not JSON")
