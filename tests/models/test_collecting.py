"""One line of a batch's files as a reply, in process: what is paid, what was never run, and no key in any of it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from promptci.models.batch.collecting import reply_to
from promptci.models.batch.lines import Said
from promptci.models.secrets import Redactor

from .conftest import asks, spec_at

KEY = "sk-canary-0123456789"
REQUEST = asks(spec_at("http://unused/v1"), ["question 0"])[0]
LONG = "x" * 290 + KEY  # a cut at 300 characters falls inside the key


def line(status: int, body: Any = None, error: str = "") -> Said:
    return Said(status, json.dumps(body).encode(), error)


@pytest.mark.parametrize(
    "said",
    [
        pytest.param(line(0, error=LONG), id="error"),
        pytest.param(line(500, {"error": {"message": LONG}}), id="status"),
        pytest.param(line(200, {"error": {"message": KEY}}), id="an-error-as-an-answer"),
        pytest.param(line(200, {"choices": [{"message": {"content": KEY}}]}), id="answer"),
    ],
)
def test_no_part_of_a_key_comes_back_however_a_text_is_cut(said: Said) -> None:
    assert "sk-canary" not in repr(reply_to(REQUEST, said, "completed", Redactor([KEY])))


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, "bad_request"), (401, "credentials"), (402, "quota"), (403, "credentials"), (404, "bad_request"),
        (429, "rate_limit"), (500, "server"), (503, "server"),
    ],
)  # fmt: skip
def test_a_line_s_status_is_the_kind_of_its_failure_and_counts_as_sent(status: int, kind: str) -> None:
    failure = reply_to(REQUEST, line(status, {"error": {"message": "no"}}), "completed", str).failure
    assert failure is not None
    assert (failure.kind, failure.detail, failure.unsent) == (kind, f"status {status}: no", False)


@pytest.mark.parametrize(
    ("error", "unsent"),
    [("batch_expired", True), ("batch_cancelled", True), ("batch_failed", True), ("server_error", False)],
)
def test_only_a_line_that_was_never_run_is_no_call(error: str, unsent: bool) -> None:
    failure = reply_to(REQUEST, line(0, error=error), "expired", str).failure
    assert failure is not None
    assert (failure.kind, failure.detail, failure.unsent) == ("server", error, unsent)


def test_an_answer_is_one_attempt() -> None:
    body = {"choices": [{"message": {"content": "ok"}}], "usage": {"prompt_tokens": 3, "completion_tokens": 1}}
    reply = reply_to(REQUEST, line(200, body), "completed", str)
    assert (reply.text, reply.attempts, reply.usage.input_tokens) == ("ok", 1, 3)
