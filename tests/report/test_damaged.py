"""A report file with one value in it changed to anything: refused as damaged, or written out in every format."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from promptci.core import Json, ToolCall, digest
from promptci.errors import DataError
from promptci.records import traces
from promptci.report import WRITERS
from promptci.report.annotations import as_annotations
from promptci.report.base import CaseDetail, Part, Report
from promptci.report.json import as_data, as_record, keep
from promptci.report.read import read
from promptci.report.show import case_text
from tests.report.samples import REPORTS

TRACE = (ToolCall("find", '{"order":7}', "", "found"), ToolCall("reply", "{}", "", ""))
DETAILS = (
    CaseDetail("a", "ticket: x", "5f" * 32, "billing", "billing", "other", 1.0, 0.0, True, False, tags=("smoke",)),
    CaseDetail("b", old=None, new_value=0.5, new_passes=False, parts=(Part("exact", None, 0.0),), cached=True),
    CaseDetail("c", "q", reason="timeout", gate="must_pass", old="o", new="n", old_trace=TRACE),
)


def whole(name: str) -> dict[str, Json]:
    """A report's data with cases that use every field."""
    first = replace(REPORTS[name].prompts[0], cases_detail=DETAILS)
    data: dict[str, Json] = json.loads(as_record(replace(REPORTS[name], prompts=(first,))))
    return data


DATA = {name: whole(name) for name in ("fail", "improved")}


def places(value: Json, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every value, the lists and mappings themselves among them."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inner:
        yield (*above, key)
        yield from places(one, (*above, key))


PLACES = [(name, place) for name, data in DATA.items() for place in places(data)]
ODD: Sequence[Any] = (
    None, True, 0, 5, -7, 0.5, -0.5, 1e400, float("nan"), 10**299, 10**400, "", "x", "\ud800", "1", [], ["x"], [1],
    [[]], [0.1, 0.2], {}, {"a": 1}, {"a": "b"}, {"kind": "k", "text": "t"},
)  # fmt: skip


def changed(name: str, place: tuple[Any, ...], value: Any) -> str:
    data = copy.deepcopy(DATA[name])
    node: Any = data
    for key in place[:-1]:
        node = node[key]
    node[place[-1]] = value
    return json.dumps(data).replace("Infinity", "1e999")  # as JSON may write it, and float() reads it


def use(report: Report) -> None:
    """All that people do with a report that was read."""
    for writer in WRITERS.values():
        assert writer(report)
    assert all(line.startswith("::") for line in as_annotations(report))
    for prompt in report.prompts:
        assert all(case_text(detail).endswith("\n") for detail in prompt.cases_detail)


@settings(max_examples=120, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(PLACES), st.sampled_from(ODD))
def test_any_one_value_changed_is_refused_or_harmless(tmp_path: Path, at: tuple[str, Any], value: Any) -> None:
    (tmp_path / "r.json").write_text(changed(*at, value))
    try:
        use(read(tmp_path / "r.json"))
    except DataError as problem:
        assert str(problem.place).endswith("r.json")  # noqa: PT017 - either may happen


def damage(tmp_path: Path, place: tuple[Any, ...], value: Any, name: str = "fail") -> str:
    """What is said of the report with that value at that place, when every case of it is looked at."""
    (tmp_path / "r.json").write_text(changed(name, place, value))
    with pytest.raises(DataError) as caught:
        list(read(tmp_path / "r.json").prompts[0].cases_detail)
    return caught.value.problem


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (float("nan"), "not a report: NaN is no JSON number"),
        (float("inf"), "damaged report: a number is larger than any"),
        (float("-inf"), "damaged report: a number is larger than any"),
        (10**400, "not a report: a number has 401 digits"),
        (-(10**400), "not a report: a number has 402 digits"),
    ],
    ids=["nan", "inf", "minus-inf", "digits", "minus-digits"],
)
@pytest.mark.parametrize(
    "place", [("wall_s",), ("cost_usd",), ("prompts", 0, "score"), ("prompts", 0, "delta"), ("prompts", 0, "ci", 0)]
)
def test_a_number_that_no_page_could_show_is_refused(
    place: tuple[Any, ...], value: Any, said: str, tmp_path: Path
) -> None:
    assert said in damage(tmp_path, place, value)


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("id", 5, "a text is something else"),
        ("id", None, "a text is something else"),
        ("id", [], "a text is something else"),
        ("input", 5, "a text is something else"),
        ("digest", None, "a text is something else"),
        ("expected", ["billing"], "a text is something else"),
        ("old", 1.5, "a text is something else"),
        ("new", {"a": 1}, "a text is something else"),
        ("reason", False, "a text is something else"),
        ("gate", 3, "a text is something else"),
        ("tags", [1], "a text is something else"),
        ("tags", 7, "not iterable"),
        ("old_value", "1.0", "a value is no finite number"),
        ("old_value", True, "a value is no finite number"),
        ("new_value", [0.5], "a value is no finite number"),
        ("new_value", float("inf"), "a value is no finite number"),
        ("old_passes", "yes", "neither true nor false"),
        ("new_passes", 1, "neither true nor false"),
        ("cached", "no", "neither true nor false"),
        ("parts", [{"metric": 5, "old": None, "new": 1}], "a text is something else"),
        ("parts", [{"metric": "exact", "old": "0", "new": 1}], "a value is no finite number"),
        ("parts", [{"metric": "exact", "old": 0}], "'new'"),
        ("parts", ["exact"], "string indices"),
        ("old_trace", ["find"], "unhashable"),
        ("new_trace", {}, "unhashable"),
    ],
)
def test_a_case_with_a_field_of_another_type_is_refused_when_it_is_asked_for(
    field: str, value: Any, said: str, tmp_path: Path
) -> None:
    problem = damage(tmp_path, ("prompts", 0, "cases_detail", 0, field), value)
    assert problem.startswith("damaged report: cases_detail: ")
    assert said in problem


@pytest.mark.parametrize("value", [1e9, 10**299, -(10**298), -0.5, 5, 5e-324])
def test_a_score_that_is_no_share_is_drawn_within_its_picture(value: float, tmp_path: Path) -> None:
    for place in (
        ("prompts", 0, "score"),
        ("prompts", 0, "steps", 0, "validation"),
        ("prompts", 0, "steps", 0, "train"),
    ):
        (tmp_path / "r.json").write_text(changed("improved", place, value))
        use(read(tmp_path / "r.json"))


@pytest.mark.parametrize("value", [None, 3, "cases", {"a": 1}])
def test_cases_that_are_no_list_are_none_or_refused(value: Any, tmp_path: Path) -> None:
    (tmp_path / "r.json").write_text(changed("fail", ("prompts", 0, "cases_detail"), value))
    if value is None:
        assert len(read(tmp_path / "r.json").prompts[0].cases_detail) == 0
        return
    with pytest.raises(DataError, match="cases_detail is no list"):
        read(tmp_path / "r.json")


def test_a_large_file_is_refused_before_it_is_read(tmp_path: Path) -> None:
    with (tmp_path / "r.json").open("wb") as file:
        file.truncate(600_000_001)
    with pytest.raises(DataError, match="larger than 600 MB"):
        read(tmp_path / "r.json")


@pytest.mark.parametrize(
    ("tail", "said"),
    [
        pytest.param('{"id":"a"},]', "not a report", id="nothing after a comma"),
        pytest.param('{"id":"a"} ]', "does not end at character", id="a blank"),
        pytest.param('{"id":"a"', "not a report", id="cut off"),
        pytest.param('{"id":1e999999999999}', "does not end at character", id="no end"),
        pytest.param("[" * 100_000, "not a report", id="deep"),
        pytest.param('{"id":NaN}]}]}', "not a report", id="no number of JSON"),
    ],
)
def test_damaged_cases_of_a_large_record_are_refused(
    tail: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("promptci.report.read.LARGE", 0)
    (tmp_path / "r.json").write_text('{"schema":"promptci.report/2","prompts":[{"id":"a","cases_detail":[' + tail)
    with pytest.raises(DataError, match=said):
        read(tmp_path / "r.json")


def test_a_record_that_is_large_without_its_cases_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("promptci.report.read.LARGE", 0)
    monkeypatch.setattr("promptci.report.read.MAX_BYTES", 100)
    (tmp_path / "r.json").write_text(changed("fail", ("prompts",), []))
    with pytest.raises(DataError, match="without its cases"):
        read(tmp_path / "r.json")


def kept(tmp_path: Path) -> Report:
    """A report with calls, kept as a run keeps it."""
    first = replace(REPORTS["fail"].prompts[0], cases_detail=DETAILS)
    report = replace(REPORTS["fail"], prompts=(first,))
    keep(report, tmp_path)
    return report


def test_calls_stand_beside_the_report_and_come_back_with_it(tmp_path: Path) -> None:
    kept(tmp_path)
    found = read(tmp_path / "report.json").prompts[0].cases_detail
    assert tuple(found) == DETAILS
    assert json.loads((tmp_path / "report.json").read_text())["prompts"][0]["cases_detail"][2]["old_trace"] == (
        traces.reference(TRACE)
    )


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda text: "", id="emptied"),
        pytest.param(lambda text: text[:-9], id="cut"),
        pytest.param(lambda text: text.replace("find", "pay"), id="another-tool"),
        pytest.param(lambda text: text.replace("found", "lost"), id="another-result"),
        pytest.param(lambda text: "[" * 100_000 + "\n", id="without-a-bottom"),
        pytest.param(lambda text: '{"trace": 5, "calls": 5}\n', id="nonsense"),
        pytest.param(lambda text: "\xff", id="no-text"),
    ],
)
def test_calls_that_are_not_those_that_the_report_names_are_said_not_to_be_kept(change: Any, tmp_path: Path) -> None:
    kept(tmp_path)
    place = tmp_path / traces.FILE
    place.write_bytes(change(place.read_text()).encode("latin-1"))
    assert read(tmp_path / "report.json").prompts[0].cases_detail[2].old_trace == traces.LOST


@pytest.mark.parametrize("calls", [[[5, "{}", ""]], [["f", {}, ""]], [["f", "{}", None]], [["f", "{}"]], ["fgh"[:2]]])
def test_calls_of_another_type_are_not_believed_though_their_name_fits(calls: Any, tmp_path: Path) -> None:
    name = digest(calls)[:24]
    (tmp_path / traces.FILE).write_text(json.dumps({"trace": name, "calls": calls}) + "\n")
    assert traces.read(tmp_path) == {}


def test_of_a_long_answer_so_many_calls_are_kept_and_the_cut_is_told() -> None:
    calls = [ToolCall("f", "x" * 5000, "id", "y" * 5000)] * 150
    found = traces.bounded(calls)
    assert len(found) == traces.MOST_CALLS + 1
    assert found[-1] == ToolCall("(50 more)", "{}")
    assert found[0].arguments == "x" * traces.LONGEST + " [cut]"
    assert (found[0].id, found[0].result) == ("", "y" * traces.LONGEST + " [cut]")
    assert traces.bounded(calls[:100])[-1].name == "f"


def test_what_is_written_says_nothing_that_it_does_not_know() -> None:
    bare = as_data(replace(REPORTS["fail"], prompts=()), details=True)
    assert (bare["prompts"], bare["verdict"]) == ([], "pass")
