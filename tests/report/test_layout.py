"""Text on a grid, tables for spreadsheets, changes in words: nothing is wider than it may be, and nothing is lost."""

from __future__ import annotations

import csv
import io
import subprocess
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promptci.core import Reason
from promptci.report.annotations import LIMIT, as_annotations
from promptci.report.base import CaseDetail, Cause, PromptReport
from promptci.report.layout import cells, cut, table, wrapped
from promptci.report.patch import patch
from promptci.report.picture import search_picture, sparkline
from promptci.report.searched import Step
from promptci.report.show import case_text
from promptci.report.table import COLUMNS, as_csv
from promptci.report.worddiff import word_changes, word_diff
from tests.report.samples import REPORTS, report

TEXTS = st.text(st.characters(), max_size=40) | st.text("ab \u4e2d\u0301\U0001f600\t\n:=+-@", max_size=40)


@pytest.mark.parametrize(
    ("text", "columns"),
    [("", 0), ("abc", 3), ("\u4e2d\u6587", 4), ("e\u0301", 1), ("\uff21", 2), ("\u00e9\u0142", 2), ("a\u4e2db", 4)],
    ids=ascii,
)
def test_wide_characters_take_two_columns_and_combining_ones_none(text: str, columns: int) -> None:
    assert cells(text) == columns


@given(TEXTS, st.integers(3, 30))
def test_what_is_cut_fits_on_its_line_and_what_fits_is_not_cut(text: str, width: int) -> None:
    found = cut(text, width)
    assert cells(found) <= width
    assert "\n" not in found
    plain = " ".join(text.split())
    if plain.isascii() and plain.isprintable() and "::" not in plain and "##[" not in plain:
        assert found == (plain if len(plain) <= width else plain[: width - 3] + "...")


@given(st.lists(st.text("abc", min_size=1, max_size=12), max_size=12), st.integers(20, 40), st.sampled_from(["", "  "]))
def test_a_line_is_broken_between_words_and_keeps_them_all(words: list[str], width: int, lead: str) -> None:
    line = lead + " ".join(words)
    found = list(wrapped(line, width, indent="    "))
    assert " ".join(found).split() == words
    assert all(cells(part) <= width for part in found)
    assert all(part.startswith(lead + "    ") for part in found[1:])
    assert list(wrapped(line, None)) == [line]


def test_a_word_that_is_too_long_is_not_broken_and_a_command_is_disarmed_where_it_comes_to_begin_a_line() -> None:
    assert list(wrapped("see " + "x" * 50, 20)) == ["see", "x" * 50]
    assert list(wrapped("a word or two and then ::error::x", 24)) == ["a word or two and then", "\\::error::x"]


ROWS = st.integers(1, 4).flatmap(
    lambda n: st.lists(st.lists(st.text("ab\u4e2d", max_size=5), min_size=n, max_size=n), max_size=5)
)


@given(ROWS, st.integers(0, 4))
def test_columns_stand_under_each_other(rows: list[list[str]], left: int) -> None:
    found = table(rows, left)
    assert len(found) == len(rows)
    assert [line.split() for line in found] == [[cell for cell in row if cell] for row in rows]
    widths = [max(map(cells, column)) for column in zip(*rows, strict=True)]
    assert all(cells(line) <= sum(widths) + 2 * (len(widths) - 1) for line in found)


def details(*texts: str) -> PromptReport:
    made = tuple(CaseDetail(text, text, expected=text, old=text, new=text, tags=(text,), reason=text) for text in texts)
    return replace(REPORTS["fail"].prompts[0], cases_detail=made, newly_failing=texts[:1], newly_passing=())


@given(st.lists(TEXTS, min_size=1, max_size=4, unique=True))
def test_a_spreadsheet_has_a_row_a_case_and_no_cell_that_it_would_reckon(texts: list[str]) -> None:
    head, *rows = csv.reader(io.StringIO(as_csv(report(details(*texts))), newline=""))
    assert tuple(head) == COLUMNS
    assert len(rows) == len(texts)
    assert all(len(row) == len(COLUMNS) for row in rows)
    assert [row[3] for row in rows] == ["newly failing"] + [""] * (len(rows) - 1)
    for cell in (cell for row in rows for cell in row if cell[:1] in ("=", "+", "-", "@", "\t")):
        float(cell)


@pytest.mark.parametrize(
    ("text", "cell"),
    [("-5", "-5"), ("+1.5", "+1.5"), ("-5 C", "'-5 C"), ("=1+1", "'=1+1"), ("@x", "'@x"), ("\tx", "'\tx"),
     ("1e5", "1e5"), ("-1.", "'-1."), ("'=1", "'=1"), ("", "")],
)  # fmt: skip
def test_numbers_stay_numbers_and_formulas_become_texts(text: str, cell: str) -> None:
    (row,) = list(csv.DictReader(io.StringIO(as_csv(report(details(text))), newline="")))
    assert row["input"] == row["new_answer"] == cell


@settings(max_examples=30)
@given(st.lists(st.tuples(TEXTS, TEXTS, st.sampled_from(["fail", "unmeasured", "inconclusive", "pass"])), max_size=14))
def test_annotations_are_commands_of_one_line_gravest_first_and_never_more_than_are_shown(
    prompts: list[tuple[str, str, str]],
) -> None:
    made = [PromptReport(id_, verdict, (Reason("k", said),), file=said) for id_, said, verdict in prompts]  # type: ignore[arg-type]  # drawn from its values
    found = as_annotations(report(*made))
    grave = [verdict for _, _, verdict in prompts if verdict != "pass"]
    assert len(found) == min(len(grave), LIMIT)
    assert all(line.startswith(("::error ", "::warning ")) and len(line.splitlines()) == 1 for line in found)
    if len(grave) <= LIMIT:
        undecided = grave.count("inconclusive")
        assert [line[2] for line in found] == ["e"] * (len(grave) - undecided) + ["w"] * undecided
    else:
        assert f"{len(grave) - LIMIT + 1} more prompts not shown here" in found[-1]


def test_a_shared_file_is_told_once_and_only_for_prompts_that_suffer() -> None:
    made = [PromptReport("a", "fail", ()), PromptReport("b", "inconclusive", ()), PromptReport("c", "pass", ())]
    causes = (Cause("p/x.md", 3, ("a", "b", "c")), Cause("p/y.md", None, ("c",)), Cause("p/z,:.md", None, ("b",)))
    first, second, *_ = as_annotations(replace(report(*made), causes=causes))
    title = "promptci%3A this change reaches other prompts"
    assert first == f"::error file=p/x.md,line=3,title={title}::this file changed, and with it: a, b"
    assert second.startswith("::warning file=p/z%2C%3A.md,line=1,")


LINES = st.lists(st.text("ab .", max_size=6), max_size=3).map(lambda parts: "".join(f"{part}\n" for part in parts))


@given(LINES, LINES)
def test_words_that_stay_and_go_are_the_old_text_and_those_that_stay_and_come_the_new(before: str, after: str) -> None:
    found = word_changes(patch("p.md", before, after))
    if before == after:
        assert found == []
        return
    assert "".join(s.text for s in found if s.kind != "new") == before
    assert "".join(s.text for s in found if s.kind != "gone") == after
    assert all(a.kind != b.kind for a, b in pairwise(found))


@pytest.mark.parametrize("diff", ["", "no hunk", "--- a\n+++ b\n", "@@", "@@ -1 +1 @@\n"])
def test_a_diff_without_a_change_has_no_words(diff: str) -> None:
    assert [s for s in word_changes(diff) if s.kind != "same"] == []
    assert word_diff(diff).strip() == ""


@settings(max_examples=12)
@given(
    st.text("ab\r\n\t\u00e9", max_size=12),
    st.text("ab\r\n\t\u00e9", max_size=12),
    st.sampled_from(["p.md", 'a b/\u00e9 "q".md', "x\ty.md"]),
)
def test_git_makes_the_new_file_of_the_old_one_by_the_diff(
    tmp_path_factory: pytest.TempPathFactory, before: str, after: str, name: str
) -> None:
    place: Path = tmp_path_factory.mktemp("git")
    (place / name).parent.mkdir(exist_ok=True)
    (place / name).write_bytes(before.encode())
    diff = patch(name, before, after)
    if before != after and before and after:  # git calls an empty side a file that comes or goes
        command = ["git", "apply", "--whitespace=nowarn", "-"]
        subprocess.run(command, cwd=place, input=diff.encode(), check=True, capture_output=True)
        assert (place / name).read_bytes() == after.encode()
    assert (diff == "") == (before == after)


@given(st.lists(st.none() | st.floats(0, 1), max_size=12))
def test_a_sparkline_has_a_mark_a_score_and_the_highest_is_nowhere_lower(scores: list[float | None]) -> None:
    found = sparkline(scores)
    assert len(found) == len(scores)
    assert [mark == " " for mark in found] == [score is None for score in scores]
    pairs = sorted((score, mark) for score, mark in zip(scores, found, strict=True) if score is not None)
    assert [mark for _, mark in pairs] == sorted(mark for _, mark in pairs)


@given(st.lists(st.none() | st.floats(0, 1), max_size=6), st.none() | st.floats(0, 1), st.none() | st.floats(0, 1))
def test_a_search_s_picture_has_a_bar_a_step_all_of_one_length(
    scores: list[float | None], before: float | None, after: float | None
) -> None:
    rows = search_picture([Step(None, s, None, 10 * n) for n, s in enumerate(scores)], (before, after)).splitlines()
    assert len(rows) == len(scores) + (2 if after is not None else 0)
    assert {row.count("\u2588") + row.count("\u2591") for row in rows} <= {24}


@given(TEXTS, TEXTS, st.integers(20, 120))
def test_both_answers_stand_side_by_side_within_the_width(old: str, new: str, width: int) -> None:
    page = case_text(CaseDetail("c", old=old, new=new, old_passes=True, new_passes=False), width=max(width, 43))
    lines = page.splitlines()
    assert lines[0] == "c: passed, now fails"
    assert page.endswith("\n")
    assert all(cells(line) <= max(width, 43) for line in lines[2:] if " | " in line)
