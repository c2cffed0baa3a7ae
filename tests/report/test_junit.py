from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings

from promptci.report.base import CaseDetail, Report
from promptci.report.junit import as_junit
from tests.report.nasties import NASTIES
from tests.report.samples import REPORTS, failed, lost, passed, report, unsure
from tests.report.soiled import HOSTILE, soiled


@cache
def schema() -> Any:
    import xmlschema

    return xmlschema.XMLSchema11(str(Path(__file__).parent / "junit.xsd"))


def valid(text: str) -> ElementTree.Element:
    schema().validate(text)
    return ElementTree.fromstring(text)


def tags(report: Report) -> dict[str, str]:
    return {t.attrib["name"]: t[0].tag if len(t) else "passed" for t in valid(as_junit(report)).iter("testcase")}


@pytest.mark.parametrize("name", REPORTS)
def test_it_keeps_its_schema(name: str) -> None:
    valid(as_junit(REPORTS[name]))


@settings(deadline=None, max_examples=40)
@given(HOSTILE)
def test_any_text_is_text(text: str) -> None:
    valid(as_junit(soiled(text)))


@pytest.mark.parametrize("text", [*NASTIES[::7], "\ufffe", "\uffff", "]]>"], ids=repr)
def test_nasty_text_is_text(text: str) -> None:
    valid(as_junit(soiled(text)))


def test_a_failing_prompt_has_failures_where_it_fails() -> None:
    found = tags(report(failed))
    assert found["gate max_drop"] == found["case t003"] == "failure"
    assert found["gate min_score"] == found["case t012"] == "passed"
    assert found["case t044"] == "skipped"


def test_a_passing_prompt_is_green_though_a_case_newly_fails() -> None:
    assert set(tags(report(passed)).values()) == {"passed"}


def test_what_could_not_be_measured_is_an_error_and_what_is_undecided_is_skipped() -> None:
    detail = CaseDetail("t1", reason="timeout")
    assert tags(report(replace(lost, cases_detail=(detail,)))) == {"verdict": "error", "case t1": "error"}
    assert tags(report(unsure)) == {"verdict": "skipped"}


def test_the_counts_add_up() -> None:
    root = valid(as_junit(REPORTS["several"]))
    for name, tag in (("failures", "failure"), ("errors", "error")):
        assert int(root.attrib[name]) == len(list(root.iter(tag)))
    assert int(root.attrib["tests"]) == len(list(root.iter("testcase")))
    assert sum(int(suite.attrib["skipped"]) for suite in root) == len(list(root.iter("skipped")))
