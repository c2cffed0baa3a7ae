"""Twenty ways in which a server fails, each fifty times, over real sockets."""

from __future__ import annotations

import pytest

from promptci.models.base import FailureKind

from .conftest import asks, door, spec_at
from .faultserver import FAULTS, Asked, FaultServer

KINDS: dict[str, FailureKind | None] = {
    "429": "rate_limit",
    "429 seconds": "rate_limit",
    "429 date": "rate_limit",
    "429 long": "rate_limit",
    "429 negative": "rate_limit",
    "500": "server",
    "hang": "timeout",
    "drip": "timeout",
    "slow headers": "timeout",
    "reset": "connection",
    "cut json": "malformed",
    "html": "malformed",
    "null choices": "malformed",
    "empty text": "empty",
    "wrong types": "malformed",
    "length": "truncated",
    "refusal": "refused",
    "10 MB": "malformed",
    "invalid utf-8": "malformed",
    "no usage": None,
}
ANSWERS = {"empty", "truncated", "refused", None}  # the model's own, paid for: not asked again


def test_every_fault_has_its_kind() -> None:
    assert KINDS.keys() == FAULTS.keys()


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_a_reason_and_never_a_crash(fault: str) -> None:
    def plan(asked: Asked) -> str | None:
        return fault if "bad" in asked.text else None

    with FaultServer(plan) as server, door(concurrency=64) as asking:
        spec = spec_at(server.url, deadline_s=0.6 if KINDS[fault] == "timeout" else 10)
        replies = asking.ask_all(asks(spec, [f"good {i}" for i in range(5)] + [f"bad {i}" for i in range(50)]))

        kinds = {reply.failure.kind if reply.failure else None for reply in replies[5:]}
        assert kinds == {KINDS[fault]}
        assert all((reply.text is None) == (KINDS[fault] is not None) for reply in replies[5:])
        assert all(reply.failure is None for reply in replies[:5])
        assert asking.spent.calls == server.calls == sum(reply.attempts for reply in replies)
        assert (server.calls == 55) == (KINDS[fault] in ANSWERS)


@pytest.mark.parametrize("fault", [fault for fault, kind in KINDS.items() if kind not in ANSWERS])
def test_a_fault_that_passes_is_forgotten(fault: str) -> None:
    def plan(asked: Asked) -> str | None:
        return fault if asked.times == 0 else None

    with FaultServer(plan) as server, door(concurrency=64) as asking:
        replies = asking.ask_all(asks(spec_at(server.url, deadline_s=0.6 if KINDS[fault] == "timeout" else 10), 5))

        assert [reply.failure for reply in replies] == [None] * 5
        assert asking.spent.calls == server.calls == 10
        assert any("sent again after" in note for note in asking.notes)
