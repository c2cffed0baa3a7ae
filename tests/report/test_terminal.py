from __future__ import annotations

import re
import unicodedata
from dataclasses import replace

import pytest
from hypothesis import given, settings

from promptci.report.base import OFFLINE_NOTE, Report, Step
from promptci.report.terminal import as_text
from tests.report.samples import REPORTS, failed, found, improved, report
from tests.report.soiled import HOSTILE, soiled
from tests.test_untrusted import commands_in

ANSI = re.compile(r"\x1b\[[0-9;]*m")


@pytest.mark.parametrize("name", REPORTS)
def test_without_color_it_is_plain_ascii(name: str) -> None:
    assert as_text(REPORTS[name], color=False).isascii()
    assert "\x1b" not in as_text(REPORTS[name], color=False)


@pytest.mark.parametrize("name", REPORTS)
def test_color_changes_nothing_but_color(name: str) -> None:
    assert ANSI.sub("", as_text(REPORTS[name], color=True)) == as_text(REPORTS[name], color=False)


@pytest.mark.parametrize("name", REPORTS)
def test_each_block_begins_with_its_verdict(name: str) -> None:
    blocks = as_text(REPORTS[name], color=False).split("\n\n")
    words = ("PASS  ", "FAIL  ", "INCONCLUSIVE  ", "UNMEASURED  ", "IMPROVED  ", "NO CHANGE  ", "STOPPED  ")
    assert blocks[0].startswith(words)


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
