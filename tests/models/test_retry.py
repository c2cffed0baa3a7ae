"""How long to wait, and when not to."""

from __future__ import annotations

import random
from email.utils import formatdate

import pytest

from promptci.models.base import Failure
from promptci.models.retry import RetryPolicy, Tries, retry_after_s

NOW = 1_800_000_000.0
BUSY = Failure("rate_limit", "busy")


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after": "-5"}, -5.0),
        ({"retry-after": formatdate(NOW + 30, usegmt=True)}, 30.0),
        ({"retry-after": formatdate(NOW - 30, usegmt=True)}, -30.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "1e400"}, None),
        ({"retry-after": "Wed, 99 Foo 2026 99:99:99 GMT"}, None),
        ({"retry-after-ms": "250", "retry-after": "1"}, 0.25),
        ({"retry-after-ms": "x", "retry-after": "1"}, 1.0),
    ],
)
def test_retry_after_in_all_its_forms(headers: dict[str, str], expected: float | None) -> None:
    assert retry_after_s(headers, NOW) == expected


def waits(failure: Failure, policy: RetryPolicy | None = None, seed: int = 0) -> list[float]:
    tries, found = Tries(policy or RetryPolicy(request_wait_s=1e9), random.Random(seed)), []
    while (wait := tries.after(failure)) is not None:
        found.append(wait)
    return found


def test_waits_grow_with_full_jitter_up_to_the_cap() -> None:
    policy = RetryPolicy(request_wait_s=1e9)
    runs = [waits(BUSY, seed=seed) for seed in range(300)]
    assert {len(run) for run in runs} == {policy.attempts - 1}
    for failed, column in enumerate(zip(*runs, strict=True), start=1):
        ceiling = min(policy.cap_s, policy.base_s * 2**failed)
        assert 0 <= min(column) < 0.1 * ceiling, "full jitter reaches down to nothing"
        assert 0.9 * ceiling < max(column) <= ceiling


@pytest.mark.parametrize(("asked", "least", "most"), [(7.0, 7.0, 7.5), (86_400.0, 60.0, 60.5), (0.0, 0.0, 0.5)])
def test_the_server_s_wish_is_followed_within_the_cap(asked: float, least: float, most: float) -> None:
    assert all(least <= wait <= most for wait in waits(Failure("rate_limit", "", asked)))


def test_a_wish_in_the_past_is_no_wish() -> None:
    assert waits(Failure("rate_limit", "", -5.0)) == waits(BUSY)


def test_all_waits_of_a_request_are_bounded() -> None:
    found = waits(Failure("rate_limit", "", 50.0), RetryPolicy(request_wait_s=120))
    assert len(found) == 2
    assert sum(found) <= 120


def test_deadlines_are_met_a_few_times_only() -> None:
    assert len(waits(Failure("timeout", ""))) == RetryPolicy().timeouts - 1


@pytest.mark.parametrize(
    "kind", ["budget", "replay", "credentials", "quota", "refused", "empty", "truncated", "bad_request"]
)
def test_what_will_not_pass_is_not_repeated(kind: str) -> None:
    assert waits(Failure(kind, "")) == []  # type: ignore[arg-type]  # parametrized


def test_what_was_mended_is_sent_at_once_but_not_for_ever() -> None:
    found = waits(Failure("bad_request", "", mend="without it"))
    assert set(found) == {0.0}
    assert len(found) < 10
