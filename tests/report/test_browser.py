"""The HTML report in a real browser: what it shows, what it lets people do, and that texts in it do nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from promptci.report.base import PromptReport
from promptci.report.html import as_html
from tests.report.browser import CHROMIUM, shown, started
from tests.report.nasties import NASTIES
from tests.report.samples import REPORTS, detail, failed, report
from tests.report.soiled import soiled

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine: apt-get install chromium")
LOOKS: dict[str, dict[str, Any]] = {
    "desktop": {"viewport": {"width": 1100, "height": 900}},
    "phone": {"viewport": {"width": 390, "height": 844}},
    "dark": {"viewport": {"width": 1100, "height": 900}, "color_scheme": "dark"},
}
WHAT_RUNS = (
    "<img src=x onerror=\"document.title='owned'\">", "<script>document.title='owned'</script>",
    "</style><script>document.title='owned'</script>", "</script><script>document.title='owned'</script>",
    "\"><svg onload=\"document.title='owned'\">", "' onmouseover='document.title=1", "<iframe src='http://127.0.0.1:9/'>",
    "<link rel=stylesheet href=http://127.0.0.1:9/x.css>", "<meta http-equiv=refresh content='0;url=http://127.0.0.1:9/'>",
    "<base href='http://127.0.0.1:9/'>", "</title><script>document.title='owned'</script>", "</pre></details></main>",
    "javascript:document.title='owned'", "{{ 7 * 7 }}", "<object data=http://127.0.0.1:9/>", "</textarea><b>",
)  # fmt: skip


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with started() as browser:
        yield browser


def many(count: int) -> PromptReport:
    """A prompt with so many cases, one in seven newly failing."""
    details = tuple(
        detail(f"c{n:04}", "billing", "billing", "other" if n % 7 == 0 else "billing") for n in range(count)
    )
    return replace(failed, cases_detail=details, newly_failing=tuple(d.id for d in details if not d.new_passes))


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("name", ["fail", "improved", "several"])
def test_axe_finds_nothing(chromium: Any, name: str, look: str, tmp_path: Path) -> None:
    from axe_playwright_python.sync_playwright import Axe

    with shown(chromium, as_html(REPORTS[name]), tmp_path, **LOOKS[look]) as (page, _):
        page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true })")
        found = Axe().run(page).response["violations"]
    assert [(v["id"], [n["html"][:120] for n in v["nodes"]]) for v in found] == []


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("name", REPORTS)
def test_the_page_is_no_wider_than_the_screen_and_asks_for_nothing(
    chromium: Any, name: str, look: str, tmp_path: Path
) -> None:
    with shown(chromium, as_html(REPORTS[name]), tmp_path, **LOOKS[look]) as (page, seen):
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert (seen.requests, seen.said) == ([], [])


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_hostile_texts_run_nothing_and_request_nothing(chromium: Any, script: bool, tmp_path: Path) -> None:
    """Each text stands wherever text from outside can stand; every one of them stays a text."""
    for text in ["\n".join(WHAT_RUNS), *WHAT_RUNS, *("\n".join(NASTIES[n::23])[:4000] for n in range(23))]:
        page_text = as_html(soiled(text))
        with shown(chromium, page_text, tmp_path, java_script_enabled=script) as (page, seen):
            assert page.title() == "promptci optimize: FAIL"
            assert (seen.requests, seen.said) == ([], []), text
            if script:
                ours = "document.querySelectorAll('script, style, meta, iframe, img, object, link, base').length"
                assert page.evaluate(ours) == 6, text  # a style, a script, four of meta


def test_a_text_of_a_case_is_shown_as_it_is(chromium: Any, tmp_path: Path) -> None:
    case = detail("<i>x</i>", "a", "a", "<b>&amp;</b>")
    with shown(chromium, as_html(report(replace(failed, cases_detail=(case,)))), tmp_path) as (page, _):
        assert page.inner_text("details.case dd >> nth=3") == "<b>&amp;</b>"
        assert page.inner_text("details.case strong") == "<i>x</i>"


def test_cases_are_searched_filtered_and_sorted_with_the_keyboard(chromium: Any, tmp_path: Path) -> None:
    with shown(chromium, as_html(report(many(70))), tmp_path) as (page, _):
        page.focus("[name=words]")
        page.keyboard.type("c0014 billing")
        assert page.inner_text(".told") == "1 of 70 shown"
        page.fill("[name=words]", "")
        page.select_option("[name=kind]", "worse")
        assert page.inner_text(".told") == "10 of 70 shown"
        page.select_option("[name=kind]", "")
        page.select_option("[name=order]", "id")
        assert page.inner_text("details.case >> nth=1 >> strong") == "c0001"
        page.focus("details.case >> nth=1 >> summary")
        page.keyboard.press("Enter")
        assert page.evaluate("document.querySelectorAll('details.case')[1].open")


def test_without_a_script_everything_is_there_to_read(chromium: Any, tmp_path: Path) -> None:
    with shown(chromium, as_html(REPORTS["fail"]), tmp_path, java_script_enabled=False) as (page, _):
        assert not page.is_visible(".controls")
        assert page.is_visible("svg.chart >> nth=0")
        page.click("details.case >> nth=6 >> summary")
        assert page.is_visible("details.case >> nth=6 >> dl")


def test_on_paper_there_are_no_controls_and_the_changed_cases_are_open(chromium: Any, tmp_path: Path) -> None:
    with shown(chromium, as_html(REPORTS["improved"]), tmp_path) as (page, _):
        page.emulate_media(media="print")
        assert not page.is_visible(".controls")
        assert page.is_visible("details.case[open] dl >> nth=0")
        assert page.is_visible("details.fold td >> nth=0")


def test_two_thousand_cases_are_all_there(chromium: Any, tmp_path: Path) -> None:
    with shown(chromium, as_html(report(many(2000))), tmp_path, **LOOKS["desktop"]) as (page, seen):
        assert page.locator("details.case").count() == 2000
        page.fill("[name=words]", "c1999")
        assert page.inner_text(".told") == "1 of 2000 shown"
    assert seen.said == []
