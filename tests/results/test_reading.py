"""Files of results that are damaged, or odd."""

from __future__ import annotations

import contextlib
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from promptci.errors import DataError
from promptci.results.reading import read
from tests.results.written import WRITERS, inspect_log, promptfoo_row


@pytest.mark.parametrize("kind", list(WRITERS), ids=str)
def test_a_file_that_was_cut_off_is_an_error_with_a_hint(kind: str, tmp_path: Path) -> None:
    write, ending = WRITERS[kind]
    whole = write(tmp_path / f"whole{ending}", [True, False, True]).read_bytes()
    (tmp_path / "cut").write_bytes(whole[: len(whole) - 40])
    with pytest.raises(DataError) as refused:
        read(tmp_path / "cut")
    assert refused.value.hint
    assert ending != ".json" or "cut off" in refused.value.hint


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param(b"", "not the results", id="empty"),
        pytest.param(b"\x00\xff", "not the results", id="binary"),
        pytest.param(b"[" * 100_000, "not the results", id="deep"),
        pytest.param(b'<!DOCTYPE x [<!ENTITY a "b">]><testsuites/>', "document type", id="entities"),
        pytest.param(
            '<!DOCTYPE x [<!ENTITY a "b">]><testsuites/>'.encode("utf-16-le"), "UTF-8", id="entities-in-utf-16"
        ),
        pytest.param(b'<?xml version="1.0" encoding="none"?><testsuites/>', "no JUnit", id="no-such-encoding"),
        pytest.param(b'<?xml version="1.0" encoding="utf-7"?><testsuites/>', "no JUnit", id="odd-encoding"),
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


GRADER = {"pass": False, "score": 0, "reason": "Could not extract JSON", "metadata": {"graderError": True}}


@pytest.mark.parametrize(
    ("parts", "value", "reason"),
    [
        pytest.param([GRADER], None, "Could not extract JSON", id="grader"),
        pytest.param([{"pass": True}, GRADER], None, "Could not extract JSON", id="grader-and-a-pass"),
        pytest.param([{"pass": False, "score": 0}, GRADER], 0.0, None, id="failed-anyway"),
        pytest.param([{"pass": False, "metadata": {}}, {"pass": True}], 0.0, None, id="failed"),
    ],
)
def test_a_grader_that_gave_no_verdict_is_no_failure(
    parts: list[Any], value: float | None, reason: str | None, tmp_path: Path
) -> None:
    graded = {"pass": False, "score": 0.5, "reason": "Could not extract JSON", "componentResults": parts}
    row = promptfoo_row(1, ok=False, gradingResult=graded, failureReason=1)
    (tmp_path / "a.jsonl").write_text(json.dumps(row))
    suites = read(tmp_path / "a.jsonl")
    assert suites
    assert [(r.value, r.reason) for r in suites[0].results] == [(value, reason)]


@pytest.mark.parametrize("success", ["false", 7, None, {"pass": True}], ids=str)
def test_a_row_that_does_not_say_whether_it_passed_is_no_pass(success: Any, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(json.dumps(promptfoo_row(1, ok=True, success=success)))
    (suite,) = read(tmp_path / "a.jsonl") or ()
    assert [(r.value, r.reason) for r in suite.results] == [(None, "the row does not say whether it passed")]


def test_each_value_of_a_scorer_is_a_suite_and_what_is_no_share_is_left_out(tmp_path: Path) -> None:
    log = inspect_log([True, False])
    for n, sample in enumerate(log["samples"]):
        rubric = {"fluent": "C", "faithful": n / 2, "words": 7 + n}
        sample["scores"] |= {"rubric": {"value": rubric}, "length": {"value": 120}, "kind": {"value": "A"}}
    (tmp_path / "a.json").write_text(json.dumps(log))
    found = {s.name: [r.value for r in s.results] for s in read(tmp_path / "a.json") or ()}
    assert found == {
        "count / match": [1.0, 0.0],
        "count / rubric / fluent": [1.0, 1.0],
        "count / rubric / faithful": [0.0, 0.5],
    }


def test_a_sample_that_a_scorer_left_out_has_its_reason(tmp_path: Path) -> None:
    log = inspect_log([True, True])
    log["samples"][1]["scores"]["match"]["value"] = float("nan")
    (tmp_path / "a.json").write_text(json.dumps(log))
    suites = read(tmp_path / "a.json")
    assert suites
    assert [(r.value, r.reason) for r in suites[0].results] == [(1.0, None), (None, "the scorer gave no score")]


def samples(path: Path, **more: object) -> Path:
    """Two rows as lm-eval wrote them before it named their metrics and filters."""
    rows = [{"doc_id": n, "doc": {"q": n}, "target": "a", "arguments": [], "resps": [], "filtered_resps": [], **more}
            for n in (0, 1)]  # fmt: skip
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_metrics_of_old_samples_are_what_is_no_field(tmp_path: Path) -> None:
    found = read(samples(tmp_path / "a.jsonl", acc=1.0, acc_norm=0.0, word_perplexity=[1.0, 2]))
    assert [(s.name, [r.value for r in s.results]) for s in found or ()] == [("acc", [1.0, 1.0]), ("acc_norm", [0, 0])]


def test_a_metric_of_which_less_is_better_is_not_gated(tmp_path: Path) -> None:
    found = read(samples(tmp_path / "a.jsonl", acc=1.0, brier_score=0.2))
    assert [s.name for s in found or ()] == ["acc"]
    with pytest.raises(DataError, match="of brier_score less is better"):
        read(samples(tmp_path / "b.jsonl", brier_score=0.2))


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


def test_a_damaged_member_of_a_packed_log_is_an_error_with_a_hint(tmp_path: Path) -> None:
    whole = (Path(__file__).parent / "real" / "inspect-0.3.285.eval").read_bytes()
    for at in range(40, len(whole), 97):
        (tmp_path / "a.eval").write_bytes(whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :])
        with contextlib.suppress(DataError):  # some bytes say nothing
            assert read(tmp_path / "a.eval")


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param({"promptIdx": "first"}, id="a-word-as-number"),
        pytest.param({"testIdx": 10**400, "promptIdx": 1e400}, id="infinite"),
        pytest.param({"gradingResult": [1]}, id="a-list-as-result"),
    ],
)
def test_a_row_with_odd_fields_is_damaged(damage: dict[str, Any], tmp_path: Path) -> None:
    rows = [promptfoo_row(1, ok=True), promptfoo_row(2, ok=True, **damage)]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    with pytest.raises(DataError, match="damaged results"):
        read(tmp_path / "a.jsonl")


def test_a_packed_log_without_samples_that_are_any_is_damaged(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.eval", "w") as archive:
        archive.writestr("header.json", json.dumps({"eval": {}, "status": "success"}))
        archive.writestr("samples/1_epoch_1.json", "[1]")
    with pytest.raises(DataError, match="damaged results"):
        read(tmp_path / "a.eval")


def test_a_log_that_announces_samples_without_end_is_damaged(tmp_path: Path) -> None:
    log = inspect_log([True])
    log["eval"]["config"] = {"epochs": 10**30}
    (tmp_path / "a.json").write_text(json.dumps(log))
    with pytest.raises(DataError, match="damaged results"):
        read(tmp_path / "a.json")
