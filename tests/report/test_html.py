"""The HTML page without a browser: what it holds, and that nothing in it is a text's."""

from __future__ import annotations

import re
from html import unescape
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings

from promptci.report import charts
from promptci.report.base import CaseDetail, Share
from promptci.report.html import as_html
from promptci.report.json import as_json
from promptci.report.searched import Step
from tests.report.nasties import NASTIES
from tests.report.samples import REPORTS
from tests.report.soiled import HOSTILE, soiled


class Skeleton(HTMLParser):
    """The tags of a page with the names of their attributes, in order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, ...]] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ("ins", "del"):  # a word diff has as many as words changed
            self.tags.append((tag, *(name for name, _ in attrs)))


def tags(text: str) -> list[tuple[str, ...]]:
    return Skeleton(as_html(soiled(text))).tags


CLEAN = tags("x")


@pytest.mark.parametrize("text", [t for t in NASTIES if t.strip()], ids=repr)
def test_no_text_becomes_markup(text: str) -> None:
    assert tags(text) == CLEAN


@settings(deadline=None, max_examples=25)
@given(HOSTILE.filter(str.strip))
def test_no_mixture_becomes_markup(text: str) -> None:
    assert tags(text) == CLEAN


@pytest.mark.parametrize("name", REPORTS)
def test_the_page_needs_nothing_from_elsewhere(name: str) -> None:
    page = as_html(REPORTS[name])
    assert "default-src 'none'" in unescape(page)
    assert re.findall(r"\s(?:src|href|action|style|on\w+)=\"(?!#)", page) == []
    assert as_html(REPORTS[name]) == page


def test_the_policy_names_the_digests_of_style_and_script() -> None:
    assert len(re.findall(r"&#39;sha256-[A-Za-z0-9+/]{43}=&#39;", as_html(REPORTS["pass"]))) == 2


def test_branches_keep_their_letters() -> None:
    assert "Compared with b81d5e0, where this branch left main." in as_html(REPORTS["fail"])


@pytest.mark.parametrize(
    ("detail", "kind"),
    [
        (CaseDetail("a", old_passes=True, new_passes=False), "worse"),
        (CaseDetail("a", old_passes=False, new_passes=True), "better"),
        (CaseDetail("a", old_passes=False, new_passes=False), "bad"),
        (CaseDetail("a", old_passes=True, new_passes=True), "good"),
        (CaseDetail("a", old_passes=True, new_passes=None), "hole"),
        (CaseDetail("a", new_passes=True), "good"),
        (CaseDetail("a", old_value=0.5, new_passes=True), "hole"),
    ],
    ids=["worse", "better", "bad", "good", "new unmeasured", "one side", "old unmeasured"],
)
def test_each_case_has_one_mark_of_its_kind(detail: CaseDetail, kind: str) -> None:
    assert charts.kind_of(detail) == kind
    assert charts.flip_picture([detail]).count(f'class="mark {kind}"') == 1


@pytest.mark.parametrize(
    "steps",
    [(Step(None, None, None, 0),), (Step(0.5, None, None, 3),), (Step(1.0, 1.0, 1.0, 1), Step(0.0, 0.0, 0.0, 2))],
    ids=["nothing known", "train only", "all the way"],
)
def test_a_search_is_drawn_within_its_picture(steps: tuple[Step, ...]) -> None:
    drawn = charts.search_chart(steps, "budget", (0.2, 0.9), (-0.5, 1.0))
    numbers = re.findall(r' (?:x|x1|x2|cx|y|y1|y2|cy)="(-?[\d.]+)"', drawn)
    assert all(0 <= float(number) <= 680 for number in numbers)
    assert "nan" not in drawn


def test_an_interval_is_drawn_around_its_difference() -> None:
    drawn = charts.interval_chart([Share("all", 9, delta=-0.1, ci=(-0.2, 0.05)), Share("one", 1)], 0.9)
    low, high = (float(n) for n in re.findall(r'x1="([\d.]+)" x2="([\d.]+)"[^>]*class="range"', drawn)[0])
    (point,) = re.findall(r'cx="([\d.]+)"', drawn)
    assert low < float(point) < high
    assert "90 % interval: all: -10.0 points, -20.0 to +5.0" in drawn


def test_the_numbers_on_the_page_are_those_of_the_json() -> None:
    assert '"score": 0.714286' in as_json(REPORTS["fail"])
    assert "71.4 %" in as_html(REPORTS["fail"])
