"""JUnit XML, as pytest, DeepEval (which runs in pytest) and most other test runners write it."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from promptci.errors import DataError
from promptci.results.base import Result, Shelf, Suite

# A test that could not reach its model says nothing about the prompt. pytest names the exception in the message, by the
# clients of models (openai, anthropic, google, mistral, botocore) and what carries them (httpx, requests, aiohttp,
# urllib); a status is in the words of those that have one class for all of them.
_NAMES = (
    r"\w*Connect(?:ion\w*)?(?:Error|Exception)", r"\w*Timeout(?:Error|Exception|Expired)?", r"ClientConnector\w*Error",
    r"RateLimit(?:Error|Exception)?", r"Authentication(?:Error|Exception)?", r"PermissionDenied(?:Error)?",
    r"InternalServer(?:Error|Exception)", r"ServiceUnavailable(?:Error|Exception)?", r"APIStatus(?:Error)?",
    r"Overloaded(?:Error)?", r"Throttl\w*", r"TooManyRequests(?:Error|Exception)?", r"ResourceExhausted",
    r"DeadlineExceeded", r"ServerError", r"Unauthenticated", r"NoCredentials\w*", r"RemoteDisconnected",
    r"(?:Read|Write|Protocol|RemoteProtocol|Proxy|SSL|URL|MaxRetry|NameResolution|ServerDisconnected|IncompleteRead)Error",
    r"IncompleteRead", r"ChunkedEncodingError", r"BrokenPipeError", r"gaierror",
)  # fmt: skip
_UNREACHED = re.compile(
    rf"(?:[\w.]*\.)?(?:{'|'.join(_NAMES)})(?![\w.])"
    r"|[\w.]*(?:HTTPError|HTTPStatusError|ClientResponseError|ClientError|APIError|ApiException|SDKError)\b"
    r"[^\n\d]{0,120}(?:401|403|408|429|5\d\d)\b"
    r"|[\w.]*RetryError\b[^\n]{0,200}?raised (?:\w*(?:Connect|Timeout|RateLimit|Unavailable|InternalServer)\w*)"
    r"|Failed: Timeout\b"  # pytest-timeout
)
# DeepEval's assertion names each metric that did not pass, and the error of one that could not judge.
_DEEPEVAL = "AssertionError: Metrics: "
_METRIC = re.compile(r"\(score: [^,()]{1,30}, threshold: [^,()]{1,30}, strict: (?:True|False), error: (None[,)])?")
_LATE = "failed on teardown"  # the test itself had ended by then
_BEFORE = "not judged: "


def suites(content: bytes, place: str) -> tuple[Suite, ...]:
    """Return one suite of all test cases that were not skipped. Raises DataError for what is no JUnit report."""
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise DataError("has a document type, which no test runner writes", place=place, hint="give a plain report")
    try:
        root = ElementTree.fromstring(content)  # noqa: S314  # no document type: no entity to expand, no file to fetch
    except ElementTree.ParseError as problem:
        raise DataError(f"no JUnit report: {problem}", place=place, hint="pytest --junitxml=results.xml") from None
    if root.tag not in ("testsuites", "testsuite"):
        raise DataError(f"<{root.tag}> is no JUnit report", place=place, hint="pytest --junitxml=results.xml")
    shelf = Shelf("junit")
    for case in root.iter("testcase"):
        if case.find("skipped") is None:
            shelf.put("tests", _result(case))
    return shelf.suites(place)


def _result(case: ElementTree.Element) -> Result:
    name = "::".join(part for part in (case.get("classname"), case.get("name")) if part)
    error, failure = case.find("error"), case.find("failure")
    if error is not None and not (error.get("message") or "").startswith(_LATE):
        return Result(name, None, reason=_BEFORE + (error.get("message") or "error")[:300])
    if failure is None:
        return Result(name, 1.0)
    said = failure.get("message") or failure.text or ""
    if _UNREACHED.match(said) or _metrics_broke(said):
        return Result(name, None, reason=_BEFORE + said[:300])
    return Result(name, 0.0, output=said)


def _metrics_broke(said: str) -> bool:
    """Whether a failure of DeepEval names metrics that raised, and no other."""
    judged = _METRIC.findall(said) if said.startswith(_DEEPEVAL) else []
    return bool(judged) and not any(judged)
