"""Files of results that are damaged, or odd."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from promptci.errors import DataError
from promptci.results.reading import read
from tests.results.written import WRITERS, inspect_log


@pytest.mark.parametrize("kind", list(WRITERS), ids=str)
def test_a_file_that_was_cut_off_is_an_error_with_a_hint(kind: str, tmp_path: Path) -> None:
    write, ending = WRITERS[kind]
    whole = write(tmp_path / f"whole{ending}", [True, False, True]).read_bytes()
    (tmp_path / "cut").write_bytes(whole[: len(whole) - 40])
    with pytest.raises(DataError) as refused:
        read(tmp_path / "cut")
    assert refused.value.hint


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param(b"", "not the results", id="empty"),
        pytest.param(b"\x00\xff", "not the results", id="binary"),
        pytest.param(b"[" * 100_000, "not the results", id="deep"),
        pytest.param(b'<!DOCTYPE x [<!ENTITY a "b">]><testsuites/>', "document type", id="entities"),
        pytest.param(b"<html/>", "no JUnit", id="html"),
        pytest.param(b"<testsuites/>", "without a single test", id="no-tests"),
        pytest.param(b'{"results": {"results": []}}', "without a single test", id="no-rows"),
        pytest.param(b'{"results": {"results": [1]}}', "damaged", id="a-number-as-row"),
    ],
)
def test_what_is_no_result_is_refused(content: bytes, said: str, tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(content)
    with pytest.raises(DataError, match=said):
        read(tmp_path / "f")


def test_a_cut_line_is_named_as_an_editor_counts_it(tmp_path: Path) -> None:
    rows = WRITERS["lm-eval"][0](tmp_path / "whole.jsonl", [True, False]).read_bytes()
    (tmp_path / "f.jsonl").write_bytes(b"\n\n" + rows + b'{"cut": \n')
    with pytest.raises(DataError, match="no JSON") as refused:
        read(tmp_path / "f.jsonl")
    assert refused.value.place is not None
    assert refused.value.place.endswith(f"f.jsonl:{2 + len(rows.splitlines()) + 1}")


@pytest.mark.parametrize(
    ("value", "expected"),
    [(v, e) for v, e in [("C", 1.0), ("I", 0.0), ("P", 0.5), (0.25, 0.25), (True, 1.0), ("0.5", 0.5), ("yes", 1.0)]],
    ids=str,
)
def test_inspect_s_grades(value: object, expected: float, tmp_path: Path) -> None:
    log = inspect_log([True])
    log["samples"][0]["scores"]["match"]["value"] = value
    (tmp_path / "a.json").write_text(json.dumps(log))
    suites = read(tmp_path / "a.json")
    assert suites
    assert suites[0].results[0].value == expected


def test_a_score_that_is_no_share_is_refused(tmp_path: Path) -> None:
    log = inspect_log([True])
    log["samples"][0]["scores"]["match"]["value"] = 7
    (tmp_path / "a.json").write_text(json.dumps(log))
    with pytest.raises(DataError, match="no score between 0 and 1"):
        read(tmp_path / "a.json")


def test_a_zip_of_something_else_is_no_log(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.eval", "w") as archive:
        archive.writestr("readme", "x")
    with pytest.raises(DataError, match="no inspect log"):
        read(tmp_path / "a.eval")


def test_a_skipped_test_is_no_result(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_text(
        '<testsuite><testcase name="a"><skipped/></testcase><testcase name="b"/></testsuite>'
    )
    suites = read(tmp_path / "a.xml")
    assert suites
    assert [r.id for r in suites[0].results] == ["b"]
