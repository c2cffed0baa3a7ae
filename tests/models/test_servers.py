"""Servers that are not the fault server: the embedded model's own, and one that others wrote."""

from __future__ import annotations

from typing import Any

from promptci.models.base import ModelSpec
from promptci.models.offline.server import running
from promptci.models.retry import RetryPolicy

from .conftest import asks, door, spec_at

PATIENT = RetryPolicy(base_s=0.01, cap_s=0.05)


def test_the_offline_server_answers_as_the_offline_client() -> None:
    with running() as url, door(policy=PATIENT) as asking:
        over_http = asking.ask_all(asks(spec_at(url, model="offline"), 20, max_tokens=200))
        in_process = asking.ask_all(asks(ModelSpec("offline"), 20, max_tokens=200))
    assert [reply.texts for reply in over_http] == [reply.texts for reply in in_process]
    assert [reply.failure for reply in over_http] == [None] * 20


def test_a_server_that_others_wrote_is_understood(llmock: Any) -> None:
    spec = spec_at(llmock.base_url(), model="gpt-4o-mini", seed=1, max_tokens=64)
    with door(policy=PATIENT) as asking:
        plain = asking.ask_all(asks(spec, 20))
        several = asking.ask_all(asks(spec, 1, n=3))[0]
        form = asking.ask_all(asks(spec, 1, response_format={"type": "json_object"}))[0]
        embedded = asking.ask_all(asks(spec, 1, kind="embedding"))[0]
        assert not asking.notes
    assert all(reply.text and not reply.usage.estimated for reply in plain)
    assert len(several.texts) == 3
    assert form.text is not None
    assert form.text.startswith("{")
    assert len(embedded.vectors) == 1


def test_a_server_that_others_wrote_finds_nothing_wrong_with_how_it_is_asked(llmock: Any) -> None:
    llmock.rate_limit(times=2, retry_after=0.2).fail(503, times=2).fail(500, times=1)
    spec = spec_at(llmock.base_url(), model="gpt-4o-mini")
    with door(policy=PATIENT, concurrency=4) as asking:
        replies = asking.ask_all(asks(spec, 30))
        assert asking.spent.calls == 35
    assert [reply.failure for reply in replies] == [None] * 30
    llmock.assert_resilient()
