"""One request with a token to a JSON API: no redirect to another host, a deadline in whole, and never an exception.

urllib rather than http.client, because it honours the proxies of the environment. Its own following of redirects, which
would carry the token to any host, is switched off.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
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
        rows = errors if isinstance(errors, list) else []
        more = [
            str(row.get("message") or f"field {row.get('field')}: {row.get('code')}")
            for row in rows
            if isinstance(row, dict)
        ]
        return "; ".join([str(self.content.get("message", "")), *more])

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
        spent = self.headers.get("x-ratelimit-remaining") == "0"
        after = self.headers.get("retry-after", "")
        if self.status != 429 and not (self.status == 403 and (spent or after or "rate limit" in self.message.lower())):
            return None
        if after.isdecimal():
            return float(after)
        reset = self.headers.get("x-ratelimit-reset", "")
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

    data = None if content is None else json.dumps(content).encode()
    headers = {
        "Authorization": f"Bearer {token}", "Accept": "application/vnd.github+json",
        "User-Agent": f"promptci/{__version__}", "X-GitHub-Api-Version": "2022-11-28",
        "Content-Type": "application/json",
    }  # fmt: skip
    try:
        request = Request(url, data=data, headers=headers, method=method)  # noqa: S310 - the caller gives https only
        try:
            with _opener().open(request, timeout=max(0.1, deadline - time.monotonic())) as response:
                return _read(response, deadline)
        except HTTPError as error:
            with error:
                return _read(error, deadline)
    except (OSError, HTTPException, ValueError) as error:
        return Answer(0, failure=f"no answer: {type(error).__name__}: {error}")


def _opener() -> OpenerDirector:
    from urllib.request import HTTPRedirectHandler, build_opener

    class Stay(HTTPRedirectHandler):
        """A redirect is an answer like another."""

        def redirect_request(self, *_: object) -> None:
            """Do not follow it."""

    return build_opener(Stay)


def _read(response: HTTPResponse | HTTPError, deadline: float) -> Answer:
    headers = {name.lower(): value for name, value in response.headers.items()}
    body = b""
    while part := response.read1(65536):
        body += part
        if len(body) > _SIZE_LIMIT or time.monotonic() > deadline:
            return Answer(response.status or 0, None, headers, "the answer is too long, or too slow")
    if not body:
        return Answer(response.status or 0, None, headers)
    try:
        return Answer(response.status or 0, json.loads(body), headers)
    except ValueError:
        return Answer(response.status or 0, None, headers, "the answer is not JSON")
