from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings

from promptci.errors import DataError
from promptci.report.apart import Rows
from promptci.report.base import CaseDetail, Part, Report
from promptci.report.cases import telling
from promptci.report.json import as_data, as_json, as_record
from promptci.report.read import from_data, read
from tests.report.samples import REPORTS
from tests.report.soiled import HOSTILE, soiled


def bare(report: Report) -> Report:
    """What --json tells of a report: no cases' texts, and milliseconds."""
    prompts = tuple(replace(p, cases_detail=()) for p in report.prompts)
    return replace(report, prompts=prompts, wall_s=round(report.wall_s, 3))


@pytest.mark.parametrize("name", REPORTS)
def test_what_is_written_is_read_back(name: str, tmp_path: Path) -> None:
    report = REPORTS[name]
    (tmp_path / "r.json").write_text(as_json(report))
    assert read(tmp_path / "r.json") == bare(report)


@settings(deadline=None, max_examples=50)
@given(HOSTILE)
@example("\ud800")
def test_any_text_survives(text: str) -> None:
    dirty: Report = soiled(text)
    assert as_json(from_data(json.loads(as_json(dirty)), "r.json")) == as_json(dirty)


def test_fields_of_a_later_writer_are_left_out() -> None:
    data = as_data(REPORTS["fail"])
    data["prompts"][0]["later"] = data["later"] = {"a": 1}
    assert from_data(data, "r.json") == bare(REPORTS["fail"])


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "not a report"),
        (b"\xff\xfe\x00", "not a report"),
        (b"[" * 100_000, "not a report"),
        (b"[]", "not a promptci report"),
        (b"{}", "not a promptci report"),
        (b'{"schema": "promptci.baseline/1"}', "not a promptci report"),
        (b'{"schema": 1}', "not a promptci report"),
        (b'{"schema": "promptci.report/1"}', "made by an older version"),
        (b'{"schema": "promptci.report/3"}', "this version reads promptci.report/2"),
        (b'{"schema": "promptci.report/2"}', "damaged report: command"),
        (b'{"schema": "promptci.report/2", "command": "check", "prompts": [{}]}', "damaged report: prompts.0.id"),
        (b'{"schema": "promptci.report/2", "command": "check", "prompts": 3}', "damaged report: prompts"),
        (b'{"schema": "promptci.report/2", "command": "check", "prompts": [], "calls": "many"}', "calls"),
        (b'{"schema": "promptci.report/2", "command": "check", "prompts": [], "cost_usd": NaN}', "NaN"),
    ],
)
def test_anything_else_is_refused_with_its_place(content: bytes, said: str, tmp_path: Path) -> None:
    place = tmp_path / "r.json"
    place.write_bytes(content)
    with pytest.raises(DataError) as caught:
        read(place)
    assert said in str(caught.value)
    assert caught.value.place == str(place)
    assert caught.value.hint


@pytest.mark.parametrize(
    ("field", "wrong"),
    [("verdict", "green"), ("score", "0.5"), ("ci", [0.1]), ("cases", 1.5), ("values", {"a": "x"}), ("overfit", "yes")],
)
def test_a_wrong_type_is_named(field: str, wrong: Any) -> None:
    data = as_data(REPORTS["improved"])
    data["prompts"][0][field] = wrong
    with pytest.raises(DataError, match=field):
        from_data(data, "r.json")


def test_a_missing_file_and_a_directory_are_refused(tmp_path: Path) -> None:
    for place in (tmp_path / "none.json", tmp_path):
        with pytest.raises(DataError):
            read(place)


DETAILS = (
    CaseDetail("a", "ticket: x", "5f" * 32, "billing", "billing", "other", 1.0, 0.0, True, False, tags=("smoke",)),
    CaseDetail("b", old=None, new_value=0.5, new_passes=False, parts=(Part("exact", None, 0.0),), cached=True),
    CaseDetail("\ud800", reason="timeout", gate="must_pass", expected=""),
)


def test_a_record_keeps_every_case_and_gives_them_back_one_by_one(tmp_path: Path) -> None:
    prompt = replace(REPORTS["fail"].prompts[0], cases_detail=DETAILS)
    (tmp_path / "r.json").write_text(as_record(replace(REPORTS["fail"], prompts=(prompt,))))
    found = read(tmp_path / "r.json").prompts[0].cases_detail
    assert len(found) == 3
    assert found[0] == DETAILS[0]
    assert found[1:] == (DETAILS[1], replace(DETAILS[2], id="\ufffd"))
    assert "cases_detail" not in as_data(REPORTS["fail"])["prompts"][0]


TELLING = CaseDetail("x", input=',"cases_detail":[{"id":"no"}],"a":"\\', new="]}],", new_passes=True, tags=("t",))


@pytest.mark.parametrize("counts", [(3,), (0, 2), (2, 0, 1), (1, 3)], ids=str)
def test_cases_of_a_large_record_are_left_as_text_and_read_as_ever(
    counts: tuple[int, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = (TELLING, *DETAILS)
    prompts = tuple(replace(REPORTS["fail"].prompts[0], id=f"p{n}", cases_detail=told[:n]) for n in counts)
    (tmp_path / "r.json").write_text(as_record(replace(REPORTS["fail"], prompts=prompts)))
    as_ever = read(tmp_path / "r.json")
    monkeypatch.setattr("promptci.report.read.LARGE", 0)
    found = read(tmp_path / "r.json")
    assert all(isinstance(vars(p.cases_detail)["_raw"], Rows) for p in found.prompts)
    assert [len(p.cases_detail) for p in found.prompts] == list(counts)
    assert found == as_ever
    assert found.prompts[-1].cases_detail[1:] == as_ever.prompts[-1].cases_detail[1:]


def test_of_a_million_cases_no_more_are_made_than_are_wanted() -> None:
    made: list[int] = []

    class Million(Sequence[CaseDetail]):
        def __len__(self) -> int:
            return 1_000_000

        def __getitem__(self, at: Any) -> Any:
            made.append(at)
            return CaseDetail(f"c{at}", new_passes=False)

    prompt = replace(REPORTS["fail"].prompts[0], cases_detail=Million(), newly_failing=("c3", "c1"))
    assert [d.id for d in telling(prompt, verbose=True)] == ["c3", "c1"]
    assert len(telling(replace(prompt, newly_failing=(), baseline_score=None), verbose=True, limit=5)) == 5
    assert len(made) == 4 + 5


def test_a_damaged_case_is_refused_when_it_is_asked_for() -> None:
    data = as_data(REPORTS["fail"], details=True)
    data["prompts"][0]["cases_detail"] = [{"id": "a"}, {"id": "b", "parts": [1]}, 3]
    found = from_data(data, "r.json").prompts[0].cases_detail
    assert found[0].id == "a"
    for index in (1, 2):
        with pytest.raises(DataError, match="cases_detail"):
            found[index]
