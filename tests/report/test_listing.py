from __future__ import annotations

from dataclasses import replace

import pytest

from promptci.errors import UsageError
from promptci.report.base import CaseDetail
from promptci.report.layout import cells
from promptci.report.listing import Point, RunRow, as_history, as_runs, run_row
from promptci.report.picture import sparkline
from promptci.report.show import as_shown
from tests.report.nasties import NASTIES
from tests.report.samples import REPORTS, failed, report
from tests.test_untrusted import commands_in


def test_runs_are_a_table_with_score_verdict_cost_commit_and_base() -> None:
    text = as_runs(
        [run_row(REPORTS["fail"]), RunRow("20261121-1", "optimize", "interrupted"), run_row(REPORTS["dozen"])]
    )
    head, first, second, third = text.splitlines()
    assert head.split() == ["run", "command", "verdict", "score", "cost", "calls", "commit", "base", "prompts"]
    assert first.split() == ["20261120-101500-a1b2c3", "check", "fail", "71.4", "%", "0.0139", "USD", "240", "3f2a9c4",
                             "b81d5e0", "triage"]  # fmt: skip
    assert "interrupted" in second
    assert "and 9 more" in third


def test_no_run_is_said_and_a_narrow_terminal_is_kept_to() -> None:
    assert as_runs([]) == "no run yet\n"
    assert max(map(cells, as_runs([run_row(REPORTS["dozen"])], width=60).splitlines())) <= 60


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


def test_a_run_without_a_name_is_shown_whole() -> None:
    assert as_shown(REPORTS["fail"], color=False).startswith("Compared with")


def test_a_prompt_is_shown_as_its_cases_those_that_changed_first() -> None:
    lines = as_shown(REPORTS["fail"], "triage", color=False, width=120).splitlines()
    assert lines[0] == "triage: 7 cases kept"
    assert lines[2].split()[:5] == ["t003", "passed,", "now", "fails", "billing"]
    assert "timeout" in lines[-1]


def test_a_case_is_shown_with_both_answers_side_by_side() -> None:
    text = as_shown(REPORTS["fail"], "triage", "t003", color=False, width=60)
    assert "input:\n  I wrote to you" in text
    assert "\nold (1)                      | new (0)\n" in text
    assert "\nbilling                      | The ticket is about billing," in text
    assert max(map(cells, text.split("old (1)")[1].splitlines())) <= 60


def test_a_run_of_one_prompt_needs_no_name() -> None:
    assert as_shown(REPORTS["fail"], None, "t003", color=False).startswith("t003: passed, now fails")


@pytest.mark.parametrize(
    ("prompt", "case", "said"),
    [
        ("none", None, "no prompt 'none'"),
        ("triage", "none", "no case 'none' of triage"),
        (None, "t003", "no prompt ''"),
    ],
    ids=["prompt", "case", "which prompt"],
)
def test_what_the_run_has_not_is_refused_with_what_it_has(prompt: str | None, case: str | None, said: str) -> None:
    with pytest.raises(UsageError, match=said) as caught:
        as_shown(REPORTS["several"], prompt, case, color=False)
    assert caught.value.hint


@pytest.mark.parametrize("text", NASTIES[::3], ids=repr)
def test_shown_answers_command_nothing(text: str) -> None:
    case = CaseDetail("c", text, expected=text, old=text, new=f"{'x' * 20}{text}", new_passes=False)
    made = report(replace(failed, cases_detail=(case,)))
    pages = [as_shown(made, "triage", *which, color=False, width=43) for which in ((), ("c",))]
    assert [commands_in(page) for page in pages] == [[], []]
    assert "\x1b" not in "".join(pages)
