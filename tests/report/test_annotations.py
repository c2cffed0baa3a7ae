from __future__ import annotations

from dataclasses import replace
from urllib.parse import unquote

import pytest

from promptci.report.annotations import as_annotations
from promptci.report.base import Report
from promptci.untrusted import one_line
from tests.report.nasties import NASTIES
from tests.report.samples import REPORTS, failed, passed, report, unsure
from tests.report.soiled import soiled_prompt


def parsed(line: str) -> tuple[str, dict[str, str], str]:
    """A reading of one command as GitHub's runner does it."""
    assert line.startswith("::")
    head, _, data = line[2:].partition("::")
    name, _, rest = head.partition(" ")
    properties = dict(pair.split("=", 1) for pair in rest.split(","))
    return name, {k: unquote(v) for k, v in properties.items()}, unquote(data)


def test_what_passed_is_not_annotated() -> None:
    assert as_annotations(REPORTS["pass"]) == []
    assert as_annotations(REPORTS["nothing"]) == []


def test_a_failure_points_at_the_prompt_file() -> None:
    (line,) = as_annotations(report(failed))
    name, properties, data = parsed(line)
    assert name == "error"
    assert properties == {"file": "prompts/triage.md", "line": "4", "title": "promptci fail: triage"}
    assert data.startswith("120 of 200 cases run: 14 newly failing")
    assert data.endswith("\nnewly failing: t003, t011, t019, t027, t035 and 9 more")


def test_a_prompt_without_a_known_file_has_no_place() -> None:
    assert parsed(as_annotations(report(replace(failed, file=None)))[0])[1] == {"title": "promptci fail: triage"}


@pytest.mark.parametrize(("count", "lines"), [(9, 9), (10, 10), (11, 10), (40, 10)])
def test_at_most_ten_and_the_rest_is_counted(count: int, lines: int) -> None:
    made = as_annotations(report(*(replace(failed, id=f"p{n}") for n in range(count))))
    assert len(made) == lines
    assert ("more prompts not shown here" in made[-1]) is (count > 10)


def test_the_gravest_come_first() -> None:
    names = [parsed(line)[0] for line in as_annotations(report(unsure, passed, failed))]
    assert names == ["error", "warning"]


def test_a_shared_file_that_changed_is_annotated_where_it_changed() -> None:
    first, *others = as_annotations(REPORTS["dozen"])
    name, properties, data = parsed(first)
    assert (name, properties["file"], properties["line"]) == ("error", "prompts/_rules.md", "3")
    assert data.endswith("triage-0, triage-1, triage-2, triage-3, triage-4 and 1 more")
    assert len(others) == 6
    passing = replace(REPORTS["dozen"], prompts=REPORTS["dozen"].prompts[:6])
    assert as_annotations(passing) == []


@pytest.mark.parametrize("text", NASTIES, ids=range(len(NASTIES)))
def test_no_text_breaks_out_of_its_command(text: str) -> None:
    dirty: Report = report(soiled_prompt(failed, text))
    (line,) = as_annotations(dirty)
    assert "\n" not in line
    assert "\r" not in line
    name, properties, data = parsed(line)
    assert name == "error"
    assert set(properties) <= {"file", "line", "title"}
    assert properties["title"] == f"promptci fail: {one_line(text)}".strip()
    assert data.startswith(one_line(text, limit=500) + "\n")
    assert "##[" not in line
    assert all(char == "\n" or char.isprintable() for char in data)
