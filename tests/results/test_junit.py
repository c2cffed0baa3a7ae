"""JUnit reports: which failures say something about a prompt, and which about the way to a model."""

from __future__ import annotations

from pathlib import Path
from xml.sax.saxutils import quoteattr

import pytest

from promptci.results.base import Result
from promptci.results.reading import read


def result(inner: str, tmp_path: Path) -> Result:
    (tmp_path / "a.xml").write_text(f'<testsuite><testcase classname="t" name="a">{inner}</testcase></testsuite>')
    suites = read(tmp_path / "a.xml")
    assert suites
    return suites[0].results[0]


@pytest.mark.parametrize(
    "message",
    [
        "openai.RateLimitError: Error code: 429 - {'error': {}}",
        "openai.APIConnectionError: Connection error.",
        "openai.APITimeoutError: Request timed out.",
        "anthropic._exceptions.OverloadedError: Error code: 529",
        "litellm.exceptions.ServiceUnavailableError: litellm.ServiceUnavailableError: x",
        "google.api_core.exceptions.ResourceExhausted: 429 Quota exceeded",
        "google.genai.errors.ServerError: 503 UNAVAILABLE.",
        "google.genai.errors.ClientError: 429 RESOURCE_EXHAUSTED.",
        "mistralai.models.sdkerror.SDKError: API error occurred: Status 429",
        "botocore.errorfactory.ThrottlingException: An error occurred",
        "botocore.exceptions.EndpointConnectionError: Could not connect",
        "httpx.ConnectError: [Errno 111] Connection refused",
        "httpx.ReadTimeout: The read operation timed out",
        "httpx.RemoteProtocolError: Server disconnected without sending a response.",
        "httpx.HTTPStatusError: Server error '502 Bad Gateway' for url 'https://x/v1'",
        "requests.exceptions.HTTPError: 429 Client Error: Too Many Requests for url: https://x",
        "requests.exceptions.ChunkedEncodingError: Response ended prematurely",
        "aiohttp.client_exceptions.ClientConnectorDNSError: Cannot connect to host",
        "aiohttp.client_exceptions.ServerDisconnectedError: Server disconnected",
        "urllib.error.HTTPError: HTTP Error 503: Service Unavailable",
        "urllib.error.URLError: <urlopen error [Errno 111] Connection refused>",
        "http.client.RemoteDisconnected: Remote end closed connection without response",
        "ConnectionRefusedError: [Errno 111] Connection refused",
        "TimeoutError: The read operation timed out",
        "socket.gaierror: [Errno -2] Name or service not known",
        "tenacity.RetryError: RetryError[&lt;Future at 0x1 state=finished raised RateLimitError&gt;]",
        "Failed: Timeout (&gt;10.0s) from pytest-timeout.",
        # DeepEval 4.3.1 with --ignore-errors
        "AssertionError: Metrics: Tone (score: None, threshold: 0.5, strict: False, error: judge is down, reason: None)"
        " failed.",
    ],
)
def test_a_model_that_was_not_reached_is_no_failure_of_a_prompt(message: str, tmp_path: Path) -> None:
    text = message.replace("&lt;", "<").replace("&gt;", ">")
    found = result(f"<failure message={quoteattr(text)}>trace</failure>", tmp_path)
    assert found.value is None
    assert found.reason == f"not judged: {text}"


@pytest.mark.parametrize(
    "message",
    [
        "AssertionError: the answer says: RateLimitError",
        "assert 'TimeoutError' == 'ok'",
        "json.decoder.JSONDecodeError: Expecting value: line 1 column 1 (char 0)",
        "KeyError: 'answer'",
        "requests.exceptions.HTTPError: 404 Client Error: Not Found for url: https://x/500",
        "pydantic_core._pydantic_core.ValidationError: 1 validation error",
        "myapp.TimeoutErrorPage: shown",
        "ConnectionErrors: 3 == 0",
        "AssertionError: Metrics: Tone (score: 0.25, threshold: 0.5, strict: False, error: None, reason: x) failed.",
        "AssertionError: Metrics: Tone (score: 0.25, threshold: 0.5, strict: False, error: None) failed.",
        "AssertionError: Metrics: Tone (score: None, threshold: 0.5, strict: False, error: judge is down, reason: None)"
        ", Form (score: 0.0, threshold: 1.0, strict: True, error: None, reason: no list) failed.",
        "AssertionError: Metrics: 3 failed",
    ],
)
def test_what_the_answer_was_is_a_failure(message: str, tmp_path: Path) -> None:
    assert result(f"<failure message={quoteattr(message)}>trace</failure>", tmp_path).value == 0.0


@pytest.mark.parametrize(
    ("inner", "value"),
    [
        pytest.param('<error message="failed on setup with &quot;KeyError&quot;">x</error>', None, id="setup"),
        pytest.param('<error message="failed on teardown with &quot;OSError&quot;">x</error>', 1.0, id="teardown"),
        pytest.param("<system-out>x</system-out>", 1.0, id="passed"),
    ],
)
def test_an_error_before_the_test_leaves_it_unmeasured_and_one_behind_it_does_not(
    inner: str, value: float | None, tmp_path: Path
) -> None:
    assert result(inner, tmp_path).value == value


DOWN = '<failure message="TimeoutError: down">x</failure>'
WRONG = '<failure message="assert 1 != 1">x</failure>'
SUM = '<failure message="contains 2 failed subtests">contains 2 failed subtests</failure>'


@pytest.mark.parametrize(
    ("inner", "value"),
    [
        pytest.param(DOWN + WRONG + SUM, 0.0, id="one-subtest-failed-behind-one-that-did-not-reach-the-model"),
        pytest.param(DOWN + SUM, None, id="no-subtest-reached-the-model"),
        pytest.param(SUM, 0.0, id="the-sum-alone"),
        pytest.param("<skipped/>" + WRONG, 0.0, id="one-subtest-skipped-another-failed"),
        pytest.param('<error message="failed on setup"/>' + WRONG, 0.0, id="broke-and-failed"),
    ],
)
def test_a_subtest_that_failed_is_a_failure_whatever_the_others_did(
    inner: str, value: float | None, tmp_path: Path
) -> None:
    """As pytest 9.2 writes the subtests of one test."""
    assert result(inner, tmp_path).value == value


LATE = '<error message="failed on teardown with &quot;OSError: late&quot;">x</error>'


@pytest.mark.parametrize(
    ("tries", "value"),
    [
        pytest.param(["", "", WRONG], 0.0, id="rerun-and-failed"),  # pytest-rerunfailures 16: each try a case, no mark
        pytest.param(["", "", ""], 1.0, id="rerun-and-passed"),
        pytest.param(["", DOWN], None, id="rerun-and-not-reached"),
        pytest.param([WRONG, LATE], 0.0, id="failed-and-its-teardown-too"),
    ],
)
def test_a_test_that_is_written_more_than_once_is_its_worst(
    tries: list[str], value: float | None, tmp_path: Path
) -> None:
    cases = "".join(f'<testcase classname="t" name="a">{inner}</testcase>' for inner in tries)
    (tmp_path / "a.xml").write_text(f"<testsuites><testsuite>{cases}</testsuite></testsuites>")
    (suite,) = read(tmp_path / "a.xml") or ()
    assert [r.value for r in suite.results] == [value]
