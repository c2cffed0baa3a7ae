"""The report as JUnit XML, which most CI servers show: a suite a prompt, a test a gate and a test a case.

A test is red only where the gate is: a failure (it was measured, and is worse), an error (it could not be measured), or
skipped (undecided, or one case without a value in a prompt that has its verdict all the same).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from promptci.core import VerdictName
from promptci.report import cases
from promptci.report.base import CaseDetail, PromptReport, Report, told
from promptci.untrusted import one_line, shown

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_TAGS: dict[VerdictName, str] = {"fail": "failure", "unmeasured": "error", "inconclusive": "skipped"}
_NO_XML = re.compile("[\ufffe\uffff]")  # the two that XML 1.0 refuses of those that `shown` lets through


class Test(NamedTuple):
    """A test: `tag` is failure, error or skipped, None when it passed."""

    name: str
    tag: str | None = None
    message: str = ""
    text: str = ""


def as_junit(report: Report) -> str:
    """Return the report as JUnit XML; ends in a newline. Untrusted text is visible text, never markup."""
    from xml.etree import ElementTree

    suites = [(prompt, list(_tests(prompt))) for prompt in report.prompts]
    every = [test for _, tests in suites for test in tests]
    root = ElementTree.Element("testsuites", {"name": "promptci", **_counts(every), "time": f"{report.wall_s:.3f}"})
    for prompt, tests in suites:
        root.append(_suite(report, prompt, tests))
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _tests(prompt: PromptReport) -> Iterator[Test]:
    for gate in prompt.gates:
        said = "\n".join(reason.text for reason in gate.reasons)
        yield Test(f"gate {gate.name}", _TAGS.get(gate.verdict), gate.reason, said)
    if not any(gate.verdict == prompt.verdict for gate in prompt.gates):
        said = "\n".join(told(reason) for reason in prompt.reasons)
        yield Test("verdict", _TAGS.get(prompt.verdict), said.split("\n")[0], said)
    failing = set(prompt.newly_failing)
    yield from (_case(prompt, detail, failing) for detail in prompt.cases_detail)


def _case(prompt: PromptReport, detail: CaseDetail, failing: set[str]) -> Test:
    text = "\n".join(f"{name}: {said}" for name, said in cases.rows(detail))
    if detail.new_value is None and detail.reason:
        tag = "error" if prompt.verdict == "unmeasured" else "skipped"
        return Test(f"case {detail.id}", tag, f"unmeasured: {detail.reason}", text)
    if prompt.verdict == "fail" and (detail.id in failing or detail.gate):
        return Test(f"case {detail.id}", "failure", detail.gate or "newly failing", text)
    return Test(f"case {detail.id}")


def _suite(report: Report, prompt: PromptReport, tests: list[Test]) -> Element:
    from xml.etree.ElementTree import Element, SubElement

    skipped = str(sum(test.tag == "skipped" for test in tests))
    suite = Element("testsuite", {"name": _line(prompt.id), **_counts(tests), "skipped": skipped, "time": "0"})
    known = {"run": report.run, "commit": report.commit, "base": report.base, "verdict": prompt.verdict}
    properties = SubElement(suite, "properties")
    for name, value in known.items():
        if value:
            SubElement(properties, "property", {"name": name, "value": _line(value)})
    for test in tests:
        made = SubElement(suite, "testcase", {"classname": _line(prompt.id), "name": _line(test.name), "time": "0"})
        if test.tag is not None:
            told_of = {"message": _line(test.message)}
            inside = SubElement(made, test.tag, told_of if test.tag == "skipped" else {**told_of, "type": test.tag})
            inside.text = _NO_XML.sub("\N{REPLACEMENT CHARACTER}", shown(test.text))
    return suite


def _counts(tests: list[Test]) -> dict[str, str]:
    tags = [test.tag for test in tests]
    names = {"failures": "failure", "errors": "error"}
    return {"tests": str(len(tests)), **{name: str(tags.count(tag)) for name, tag in names.items()}}


def _line(text: str) -> str:
    return _NO_XML.sub("\N{REPLACEMENT CHARACTER}", one_line(text, limit=500))
