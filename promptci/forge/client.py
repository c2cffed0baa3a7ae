"""One operation at a forge: requests with one allowance of waiting, repeated where that is safe, refused in words.

Our own client over urllib and not PyGithub or python-gitlab: those wait for many minutes in silence, check the host of
every address in an answer, and have no deadline or size limit for a whole read; what is needed here is twenty requests.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NoReturn
from urllib.parse import urlsplit

from promptci.core import Json
from promptci.errors import ForgeError
from promptci.forge.rest import Answer, send
from promptci.untrusted import one_line

MAX_WAIT_S = 120.0  # in all, for one operation
TRIES = 5
_PAGES = 10
_ROWS = 100  # a page
Row = Mapping[str, Json]


class RefusedError(ForgeError):
    """The forge answered, and its answer is no. `status` is HTTP's: 403 and 404 mean a missing right, mostly."""

    status: int = 0


@dataclass(slots=True)
class Allowance:
    """How long one operation may still wait, in seconds, and whether it has written anything."""

    left_s: float = MAX_WAIT_S
    has_written: bool = False


@dataclass(frozen=True, slots=True)
class Client:
    """Talks to `service` about `place` (owner/name); paths are appended to `api`. `hints`: a sign and its mend."""

    service: str
    place: str
    api: str
    token: str = field(repr=False)
    hints: Sequence[tuple[str, str]] = field(default=(), repr=False)
    sleep: Callable[[float], None] = field(default=time.sleep, repr=False)
    allowance: Allowance = field(default_factory=Allowance, repr=False)

    def beside(self, part: str) -> Client:
        """Return a client for what lies before `part` in the API's address, on the same allowance."""
        return replace(self, api=self.api.rpartition(part)[0])

    def wait(self, seconds: float, why: str) -> None:
        """Wait, within the allowance of this operation. ForgeError, naming the time, when it does not suffice."""
        if seconds > self.allowance.left_s:
            hint = f"run again in {seconds:.0f} s; what is done stays done"
            raise ForgeError(f"{self.service}: {why}", hint=hint)
        self.allowance.left_s -= seconds
        self.sleep(seconds)

    def call(self, method: str, path: str, content: Json = None) -> Json:
        """Send what can be sent twice without harm; repeats lost answers and rate limits, raises on a refusal."""
        for attempt in range(TRIES):
            answer = self.send(method, path, content)
            if answer.ok:
                return answer.content
            if not answer.may_be_repeated:
                self.refuse(answer)
            if attempt + 1 < TRIES:
                self.wait(answer.wait_s(attempt), answer.reason)
        raise self.gave_up(answer)

    def record(self, method: str, path: str, content: Json = None) -> Row:
        """As `call`, for an answer that must be an object."""
        return self.as_record(self.call(method, path, content))

    def rows(self, path: str, pages: int = _PAGES) -> Iterator[Row]:
        """Yield the objects of a list, page by page, `pages` of 100 at most."""
        joint = "&" if "?" in path else "?"
        for page in range(1, pages + 1):
            found = self.call("GET", f"{path}{joint}per_page={_ROWS}" + (f"&page={page}" if page > 1 else ""))
            if isinstance(found, dict) and isinstance(found.get("check_runs"), list):
                found = found["check_runs"]
            if not isinstance(found, list):
                raise ForgeError(f"{self.service}: the answer is not a list", place=self.place)
            yield from (row for row in found if isinstance(row, dict))
            if len(found) < _ROWS:
                return

    def create(self, path: str, content: Json, find: Callable[[], Row | None]) -> tuple[Row, bool]:
        """Send what must not be sent twice; returns what is there then, and whether it is of this call.

        After a lost answer, `find` says what happened, before anything is sent again.
        """
        for attempt in range(TRIES):
            answer = self.send("POST", path, content)
            if answer.ok:
                return self.as_record(answer.content), True
            if not answer.may_be_repeated:
                self.refuse(answer)
            self.wait(answer.wait_s(attempt), answer.reason)
            if answer.is_lost and (found := find()) is not None:
                return found, True
        raise self.gave_up(answer)

    def send(self, method: str, path: str, content: Json = None) -> Answer:
        """Send once. GitHub asks for a second between two writes (REST API documentation, "Best practices")."""
        if method != "GET":
            if self.allowance.has_written:
                self.wait(1.0, "no time left for another request")
            self.allowance.has_written = True
        return send(method, f"{self.api}{path}", self.token, content)

    def as_record(self, content: Json) -> Row:
        """Return an answer that must be an object."""
        if not isinstance(content, dict):
            raise ForgeError(f"{self.service}: the answer is not an object", place=self.place)
        return content

    def refuse(self, answer: Answer) -> NoReturn:
        """Raise RefusedError with the forge's reason, safe to show, and the mend if one is known."""
        said = one_line(answer.reason.replace(self.token, "***"), limit=300)
        hint = next((hint for sign, hint in self.hints if sign in f"{answer.status} {answer.message}"), None)
        error = RefusedError(f"{self.service}: {said}", place=self.place, hint=hint)
        error.status = answer.status
        raise error

    def gave_up(self, answer: Answer) -> ForgeError:
        """Return the error to raise after the last try."""
        said = answer.reason.replace(self.token, "***")
        return ForgeError(f"{self.service}: gave up after {TRIES} tries: {said}", place=self.place)


def text(row: Json, *keys: str) -> str:
    """Return the text at a path of keys, with plain line ends; "" when there is none."""
    for key in keys:
        row = row.get(key) if isinstance(row, dict) else None
    return row.replace("\r\n", "\n").strip() if isinstance(row, str) else ""


def listed(row: Row, key: str) -> list[Row]:
    """Return the objects in the list at `key`; [] when there is no list."""
    found = row.get(key)
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def number(row: Row, key: str, service: str) -> int:
    """Return the number at `key`. ForgeError when there is none."""
    found = row.get(key)
    if not isinstance(found, int):
        raise ForgeError(f"{service}: an answer without a '{key}'")
    return found


def checked_api(url: str, variable: str) -> str:
    """Return the address of an API, if a token may be sent there: https, or this machine. ForgeError otherwise."""
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost", "::1")):
        raise ForgeError("a token is sent over https only", place=one_line(url), hint=f"mend {variable}")
    return url.rstrip("/")
