"""JUnit XML, as pytest, DeepEval (which runs in pytest) and most other test runners write it."""

from __future__ import annotations

import re
from collections.abc import Iterable
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
_SUMMARY = re.compile(r"contains \d+ failed subtests?")
_RANKS = {0.0: 0, None: 1, 1.0: 2}
_LATE = "failed on teardown"  # the test itself had ended by then
_BEFORE = "not judged: "


def suites(content: bytes, place: str) -> tuple[Suite, ...]:
    """Return one suite of all test cases that were not skipped. Raises DataError for what is no JUnit report."""
    if b"\0" in content:  # in UTF-16 a document type would not be seen
        raise DataError("no JUnit report in UTF-8", place=place, hint="pytest --junitxml=results.xml")
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise DataError("has a document type, which no test runner writes", place=place, hint="give a plain report")
    try:
        root = ElementTree.fromstring(content)  # noqa: S314  # no document type: no entity to expand, no file to fetch
    except (ElementTree.ParseError, LookupError, ValueError) as problem:  # the latter for odd encodings
        raise DataError(f"no JUnit report: {problem}", place=place, hint="pytest --junitxml=results.xml") from None
    if root.tag not in ("testsuites", "testsuite"):
        raise DataError(f"<{root.tag}> is no JUnit report", place=place, hint="pytest --junitxml=results.xml")
    shelf = Shelf("junit")
    cases = list(root.iter("testcase"))
    ran = [case for case in cases if not _is_skipped(case)]
    if len(ran) < len(cases):
        shelf.left.append(f"{len(cases) - len(ran)} of {len(cases)} tests (skipped)")
    for result in _worst(map(_result, ran)):
        shelf.put("tests", result)
    return shelf.suites(place)


def _is_skipped(case: ElementTree.Element) -> bool:
    """Whether a test was skipped; one of its subtests may be, while another failed."""
    return case.find("skipped") is not None and case.find("failure") is None


def _worst(results: Iterable[Result]) -> Iterable[Result]:
    """One result a test: its failure, or why nobody judged it, or that it passed.

    pytest-rerunfailures writes each try before the last as a pass, and pytest a failed test once more for its teardown.
    """
    found: dict[str, Result] = {}
    for result in results:
        known = found.setdefault(result.id, result)
        if _RANKS[result.value] < _RANKS[known.value]:
            found[result.id] = result
    return found.values()


def _result(case: ElementTree.Element) -> Result:
    name = "::".join(part for part in (case.get("classname"), case.get("name")) if part)
    told = [failure.get("message") or failure.text or "" for failure in case.iterfind("failure")]
    said = [text for text in told if not _SUMMARY.fullmatch(text)] or told  # each subtest has a failure of its own
    if (
        failed := next((text for text in said if not _UNREACHED.match(text) and not _metrics_broke(text)), None)
    ) is not None:
        return Result(name, 0.0, output=failed)
    error = case.find("error")
    broken = said or ([] if error is None else [error.get("message") or "error"])
    if not broken or broken[0].startswith(_LATE):
        return Result(name, 1.0)
    return Result(name, None, reason=_BEFORE + broken[0][:300])


def _metrics_broke(said: str) -> bool:
    """Whether a failure of DeepEval names metrics that raised, and no other."""
    judged = _METRIC.findall(said) if said.startswith(_DEEPEVAL) else []
    return bool(judged) and not any(judged)
