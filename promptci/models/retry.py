"""When to ask again and how long to wait first: exponential with full jitter, or as the server asks, within caps.

Full jitter: M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass

from promptci.models.base import Failure

_PASSING = frozenset({"rate_limit", "timeout", "connection", "server", "malformed"})
_MOST_MENDS = 8  # a server refuses one parameter after the other; there are fewer than this


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """`attempts` bounds the sends of one request, `timeouts` those of them that may run into the deadline.

    One wait is at most `cap_s`, or `retry_after_cap_s` when the server asks for one; all waits of one request
    together `request_wait_s`, and those of a run `run_wait_s` for each call that it may have in flight. With three
    sends in ten failing, ten attempts leave one request in 170,000 without an answer. Before a
    server has answered anything, `unreached` bounds the sends that no connection came of, `unheard` those that ran into
    a deadline of ours, and `unanswered` those that it met with an error or with something that is no answer: a wrong
    address does not get better by waiting.
    """

    attempts: int = 10
    unreached: int = 3
    unanswered: int = 6
    unheard: int = 2
    timeouts: int = 4
    base_s: float = 0.5
    cap_s: float = 20.0
    retry_after_cap_s: float = 60.0
    request_wait_s: float = 120.0
    run_wait_s: float = 900.0


class Tries:
    """The failed attempts of one request."""

    def __init__(self, policy: RetryPolicy, rng: random.Random) -> None:
        self._policy = policy
        self._rng = rng
        self._failed = 0
        self._timeouts = 0
        self._mends = 0
        self._waited_s = 0.0

    def after(self, failure: Failure, *, reached: bool = True, patient: bool = False) -> float | None:
        """Seconds to wait before the next attempt, at least 0.0; None when there is to be none.

        `reached` says whether the server has ever answered anything, `patient` that the deadline was long.
        """
        if failure.mend is not None:
            self._mends += 1
            return 0.0 if self._mends <= _MOST_MENDS else None
        self._failed += 1
        self._timeouts += failure.kind == "timeout"
        if (
            failure.kind not in _PASSING
            or self._failed >= self._most(failure, reached)
            or self._timeouts >= self._most_timeouts(reached, patient)
        ):
            return None
        wait = self._wait_s(failure)
        self._waited_s += wait
        return None if self._waited_s > self._policy.request_wait_s else wait

    def _most_timeouts(self, reached: bool, patient: bool) -> int:
        most = self._policy.timeouts
        return min(self._policy.unheard, most) if patient and not reached else most

    def _most(self, failure: Failure, reached: bool) -> int:
        if not reached and failure.kind == "connection":
            return min(self._policy.unreached, self._policy.attempts)
        if not reached and failure.kind in ("server", "malformed"):
            return min(self._policy.unanswered, self._policy.attempts)
        return self._policy.attempts

    def _wait_s(self, failure: Failure) -> float:
        policy, asked = self._policy, failure.retry_after_s
        if (
            asked is not None and asked >= 0
        ):  # the jitter keeps those that were sent away together from coming back together
            return min(asked, policy.retry_after_cap_s) + self._rng.uniform(0, policy.base_s)
        return self._rng.uniform(0, min(policy.cap_s, policy.base_s * 2**self._failed))


def retry_after_s(headers: Mapping[str, str], now: float) -> float | None:
    """The wait that a response asks for (RFC 9110, 10.2.3: seconds or a date), or None. `now` is seconds since 1970.

    `retry-after-ms` is what OpenAI and Azure send beside it, and finer. The value may be negative or absurd.
    """
    for name, scale in (("retry-after-ms", 1e-3), ("retry-after", 1.0)):
        value = headers.get(name)
        if value is None:
            continue
        seconds = _number(value)
        if seconds is not None:
            return seconds * scale
        if name == "retry-after":
            return _until(value, now)
    return None


def _number(value: str) -> float | None:
    try:
        seconds = float(value)
    except ValueError:
        return None
    return seconds if abs(seconds) < 1e12 else None  # also refuses nan and infinity


def _until(value: str, now: float) -> float | None:
    from email.utils import parsedate_to_datetime

    try:
        return parsedate_to_datetime(value).timestamp() - now
    except (ValueError, TypeError, OverflowError):
        return None
