from __future__ import annotations

import re
import unicodedata
from dataclasses import replace

import pytest
from hypothesis import given, settings

from promptci.core import Reason
from promptci.report import wording
from promptci.report.base import OFFLINE_NOTE, BaseUsed, CaseDetail, PromptReport, Report
from promptci.report.layout import cells, cut
from promptci.report.searched import Step
from promptci.report.terminal import as_text
from tests.report.samples import REPORTS, detail, failed, found, improved, report
from tests.report.soiled import HOSTILE, soiled
from tests.test_untrusted import commands_in

TABLE_OR_DIFF = re.compile(r"\S  +\S|^[-+@]|^ [^ ]")
ANSI = re.compile(r"\x1b\[[0-9;]*m")


@pytest.mark.parametrize("name", REPORTS)
def test_without_color_it_is_plain_ascii(name: str) -> None:
    assert as_text(REPORTS[name], color=False).isascii()
    assert "\x1b" not in as_text(REPORTS[name], color=False)


@pytest.mark.parametrize("name", REPORTS)
def test_color_changes_nothing_but_color(name: str) -> None:
    assert ANSI.sub("", as_text(REPORTS[name], color=True)) == as_text(REPORTS[name], color=False)


@pytest.mark.parametrize("name", REPORTS)
def test_each_prompt_has_its_verdict_in_front_of_its_name(name: str) -> None:
    text = as_text(REPORTS[name], color=False)
    for prompt in REPORTS[name].prompts:
        word = wording.word(REPORTS[name].command, prompt)
        assert re.search(rf"^{word} +{re.escape(prompt.id)}\b", text, re.MULTILINE)


@pytest.mark.parametrize("name", REPORTS)
@pytest.mark.parametrize("width", [40, 80, 132])
def test_no_line_is_wider_than_the_terminal_where_words_can_be_parted(name: str, width: int) -> None:
    text = as_text(REPORTS[name], color=False, verbose=True, width=width)
    prose = [line for line in text.splitlines() if not TABLE_OR_DIFF.search(line)]
    assert [line for line in prose if cells(line) > width and " " in line.strip()] == []


def test_on_red_the_newly_failing_cases_are_shown_with_both_answers() -> None:
    text = as_text(REPORTS["fail"], color=False)
    for row in ("  t003", "input      I wrote", "expected   billing", "old        billing", "new        The ticket"):
        assert row in text
    assert "and 9 more: `promptci show 20261120-101500-a1b2c3 triage`" in text


def test_on_green_they_are_shown_when_asked_for() -> None:
    assert "expected   account" not in as_text(REPORTS["pass"], color=False)
    assert "expected   account" in as_text(REPORTS["pass"], color=False, verbose=True)


def test_ten_cases_at_most_are_shown() -> None:
    ids = tuple(f"c{n}" for n in range(30))
    many = replace(failed, newly_failing=ids, cases_detail=tuple(detail(i, "a", "a", "b") for i in ids))
    text = as_text(report(many), color=False, verbose=True)
    assert text.count("expected   ") == 10
    assert "and 20 more" in text


def test_a_new_prompt_that_fails_its_cases_shows_them_with_the_warning() -> None:
    new = PromptReport(
        id="new", verdict="pass", reasons=(), cases=2, planned_cases=2, score=0.0, passed_of=(0, 2),
        warnings=(Reason("all_fail", "No case passed."),),
        cases_detail=(CaseDetail("a", "q", expected="x", new="y", new_value=0.0, new_passes=False),),
    )  # fmt: skip
    text = as_text(report(new), color=False)
    assert "warning: No case passed." in text
    assert "0.0 %   0 of 2 cases passed" in text
    assert "new        y" in text


def test_twelve_prompts_fit_on_one_screen_and_their_common_cause_is_named_once() -> None:
    text = as_text(REPORTS["dozen"], color=False, width=80)
    assert len(text.splitlines()) <= 32
    assert text.count("_rules.md") == 1
    assert text.index("PASS  tone/reply-0") < text.index("FAIL  triage-0")
    passing = replace(REPORTS["dozen"], prompts=REPORTS["dozen"].prompts[:6] * 2)
    assert len(as_text(passing, color=False, width=80).splitlines()) <= 24


def test_another_base_than_the_runs_is_said_at_its_prompt() -> None:
    assert as_text(REPORTS["fail"], color=False).count("ompared with") == 1
    other = replace(failed, base=BaseUsed("0123456789", "as `--base` says"))
    assert "  compared with `0123456`, as `--base` says" in as_text(report(other), color=False)


@pytest.mark.parametrize(
    ("text", "width", "expected"),
    [("short", 20, "short"), ("x" * 30, 20, "x" * 17 + "..."), ("\u8a9e" * 20, 20, "\u8a9e" * 8 + "..."),
     ("a\nb\tc", 20, "a b c")],
    ids=["fits", "too long", "wide", "one line"],
)  # fmt: skip
def test_text_is_cut_to_columns_not_to_characters(text: str, width: int, expected: str) -> None:
    assert cut(text, width) == expected
    assert cells(cut(text, width)) <= width


def test_the_offline_model_is_told_exactly_when_it_answered() -> None:
    assert OFFLINE_NOTE in as_text(report(failed, offline=True), color=False)
    assert OFFLINE_NOTE not in as_text(report(failed), color=False)


def test_many_failing_cases_are_counted_and_verbose_names_them_all() -> None:
    many = replace(failed, newly_failing=tuple(f"c{n}" for n in range(1500)))
    short, long = (as_text(report(many), color=False, verbose=v) for v in (False, True))
    assert "newly failing (1,500): c0, c1, c2, c3, c4, c5, c6, c7, c8, c9 and 1,490 more\n" in short
    assert "c1499" in long
    assert "c1499" not in short


def test_a_long_search_shows_its_first_and_last_steps() -> None:
    steps = tuple(Step(0.5, 0.5, 0.5, 1000 + n) for n in range(1, 41))
    long = report(replace(improved, search=replace(found, steps=steps)), command="optimize")
    short = as_text(long, color=False)
    assert re.search(r"^  1 .* 1,001\n  \.\.\. .*\n  30 ", short, re.MULTILINE)
    assert short.count(" 50.0 %  ") < as_text(long, color=False, verbose=True).count(" 50.0 %  ")
    assert re.search(r"^  40 .* 1,040$", short, re.MULTILINE)


@settings(deadline=None, max_examples=100)
@given(HOSTILE)
def test_hostile_text_controls_neither_terminal_nor_log(text: str) -> None:
    dirty: Report = soiled(text)
    page = as_text(dirty, color=False, verbose=True)
    assert all(c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Zl", "Zp") for c in page)
    assert commands_in(page) == []
