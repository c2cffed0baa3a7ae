from __future__ import annotations

from dataclasses import replace

import pytest

from promptci.report.base import CaseDetail
from promptci.report.charts import flip_picture
from promptci.report.history import Point, as_history
from promptci.report.layout import cells
from promptci.report.picture import sparkline
from promptci.report.show import case_text
from tests.report.nasties import NASTIES
from tests.report.samples import failed
from tests.test_untrusted import commands_in


def test_a_history_has_a_line_a_commit_and_marks_a_change_of_the_model() -> None:
    points = [
        Point("a" * 40, "2026-11-01T10:00:00Z", 0.5, (0.4, 0.6), "small-1"),
        Point("b" * 40, "2026-11-02T10:00:00Z", None, None, "small-1", "unmeasured"),
        Point("c" * 40, "2026-11-03T10:00:00Z", 0.9, (0.8, 0.95), "small-2", "pass"),
    ]
    title, _, _, first, _, last = as_history("triage", points).splitlines()
    assert title == "triage  ▁ █  50.0 % to 90.0 %"
    assert first.split()[:3] == ["aaaaaaa", "2026-11-01", "50.0"]
    assert last.split()[-3:] == ["pass", "small-2", "(changed)"]


def test_no_history_says_how_to_begin_one() -> None:
    assert "promptci check --accept" in as_history("triage", [])


@pytest.mark.parametrize(
    ("scores", "line"),
    [((), ""), ((0.5,), "▄"), ((0.2, 0.2), "▄▄"), ((0.0, 1.0), "▁█"), ((None, 0.1, 0.2), " ▁█")],
    ids=["none", "one", "level", "whole range", "unknown"],
)
def test_a_sparkline_has_a_character_a_score(scores: tuple[float | None, ...], line: str) -> None:
    assert sparkline(scores) == line


def case(case_id: str) -> CaseDetail:
    return next(d for d in failed.cases_detail if d.id == case_id)


def test_a_case_is_shown_with_both_answers_side_by_side() -> None:
    text = case_text(case("t003"), width=60)
    assert text.startswith("t003: passed, now fails\n\ninput:\n  I wrote to you")
    assert "\nold (1)                      | new (0)\n" in text
    assert "\nbilling                      | The ticket is about billing," in text
    assert max(map(cells, text.split("old (1)")[1].splitlines())) <= 60


@pytest.mark.parametrize(("passes", "said"), [(True, "passes"), (False, "fails"), (None, "unmeasured")])
def test_a_case_with_nothing_to_compare_with_has_no_sides(passes: bool | None, said: str) -> None:
    one = CaseDetail("c", new="yes", new_passes=passes)
    assert case_text(one).splitlines()[0] == f"c: {said}"
    assert f">{said}: 1<" in flip_picture([one])
    both = replace(one, old="no", old_passes=passes)
    assert case_text(both).splitlines()[0].startswith(f"c: {said} on")


def test_an_answer_that_is_not_there_is_said_with_why() -> None:
    text = case_text(case("t044"), width=60)
    assert "unmeasured:\n  timeout" in text
    assert "| (no answer)" in text


def test_a_long_answer_is_cut() -> None:
    text = case_text(CaseDetail("c", new="line\n" * 500, new_passes=False), width=60)
    assert len(text.splitlines()) < 60
    assert text.rstrip().endswith("| [cut]")


@pytest.mark.parametrize("text", NASTIES[::3], ids=repr)
def test_shown_answers_command_nothing(text: str) -> None:
    dirty = CaseDetail("c", text, expected=text, old=text, new=f"{'x' * 20}{text}", new_passes=False)
    page = case_text(dirty, width=43)
    assert commands_in(page) == []
    assert "\x1b" not in page
