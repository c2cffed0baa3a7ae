"""The pages of `promptci view`, made from values: what they say, that they are well-formed, and that texts stay so."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser

import pytest

from promptci.report.base import CaseDetail, PromptReport, Report
from promptci.report.history import Point
from promptci.report.searched import PullRequest, Search
from promptci.view import pages, parts

PASSED = PromptReport("triage", "pass", (), score=0.85)
RUN = Report("check", (PASSED,), run="r1", commit="abcdef0123", calls=1234, cost_usd=0.5)
CASE = CaseDetail("c1", "Where is it?", expected="shipping", old="shipping", new="billing",
                  old_passes=True, new_passes=False, tags=("smoke",))  # fmt: skip
EVIL = '<script>alert(1)</script>\x1b[31m\u202e"'
OPEN_ONLY = {"meta", "input", "!doctype", "line", "rect", "circle", "path"}


class Reader(HTMLParser):
    """Keeps the tags that are open and every text; fails on a tag that is closed and was not open."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.texts: list[str] = []
        self.links: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value for name, value in attrs if name == "href" and value]
        if tag not in OPEN_ONLY:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in OPEN_ONLY:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    @property
    def said(self) -> str:
        return " ".join(self.texts)


def read(page: str) -> Reader:
    found = Reader(page)
    assert found.open == []
    assert found.tags.count("h1") == 1
    assert "script" not in found.tags
    return found


def test_without_a_run_the_first_page_says_how_to_make_one() -> None:
    assert "promptci check" in read(pages.runs([])).said


def test_runs_are_listed_with_what_they_spent_and_one_that_goes_on_is_told() -> None:
    page = read(pages.runs([("r2", None), ("r1", RUN)]))
    assert "2 runs, 1,234 calls, 0.5000 USD in all." in page.said
    assert "running, or interrupted" in page.said
    assert {"/run/r1", "/prompt/triage"} <= set(page.links)
    assert "PASS" in page.said
    assert "select" not in page.tags  # one run alone compares with nothing


def test_the_newest_run_is_compared_with_the_one_before_it_unless_others_are_chosen() -> None:
    text = pages.runs([("r3", RUN), ("r2", RUN), ("r1", RUN)])
    read(text)
    before, after = text.split('name="a">')[1], text.split('name="b">')[1]
    assert before.startswith("<option>r3</option><option selected>r2</option>")
    assert after.startswith("<option selected>r3</option><option>r2</option>")


def test_a_run_of_several_prompts_names_itself_once() -> None:
    page = read(pages.runs([("r1", replace(RUN, prompts=(PASSED, replace(PASSED, id="mood", verdict="fail"))))]))
    assert page.links.count("/run/r1") == 1
    assert page.said.count("1,234") == 2  # in all, and in the run's first row


def test_prompts_are_listed_with_what_the_newest_run_says() -> None:
    page = read(pages.prompts([("triage", "prompts/triage.md", PASSED), ("new", "prompts/new.md", None)]))
    assert "not run yet" in page.said
    assert "85.0 %" in page.said


POINTS = (
    Point("aaaaaaaaa", "2026-11-01T00:00:00Z", 0.8, (0.7, 0.9), "m-1"),
    Point("bbbbbbbbb", "2026-11-02T00:00:00Z", 0.5, None, "m-2", "fail"),
)


def test_a_prompt_s_page_has_its_history_newest_first_with_changes_of_the_model() -> None:
    text = pages.prompt("triage", POINTS, [], None)
    page = read(text)
    assert text.index(">bbbbbbb<") < text.index(">aaaaaaa<")
    assert page.said.count("(changed)") == 1
    assert "svg" in page.tags
    assert "70.0 % to 90.0 %" in page.said


def test_a_prompt_without_a_history_says_how_to_begin_one() -> None:
    page = read(pages.prompt("triage", (), [], None))
    assert "promptci check --accept" in page.said
    assert "svg" not in page.tags


@pytest.mark.parametrize(
    ("test", "pull", "said"),
    [
        pytest.param(None, PullRequest(), ["not asked", "none"], id="nothing asked"),
        pytest.param({"wins": 9, "losses": 2, "cases": 100}, PullRequest("created", 7),
                     ["9 better, 2 worse of 100", "created 7"], id="a request"),
    ],
)  # fmt: skip
def test_searches_are_listed_with_what_became_of_them(
    test: dict[str, int] | None, pull: PullRequest, said: list[str]
) -> None:
    found = replace(PASSED, search=Search("improved", "patience", "opro", test=test, pull_request=pull))
    page = read(pages.prompt("triage", (), [("r1", RUN, found)], None))
    assert all(words in page.said for words in [*said, "IMPROVED", "opro", "1,234"])


def test_cases_of_the_last_run_lead_to_their_pages_and_to_grading() -> None:
    page = read(pages.prompt("triage", (), [], ("r1", replace(PASSED, cases_detail=(CASE,)))))
    assert {"/case/r1/triage/c1", "/label/r1/triage", "/run/r1"} <= set(page.links)
    assert "passed, now fails" in page.said


def test_a_case_s_page_has_all_that_there_is_to_say() -> None:
    page = read(pages.case("r1", "triage", CASE))
    assert all(words in page.said for words in ("Where is it?", "shipping", "billing", "expected", "old", "new"))


def test_answers_are_graded_one_by_one_and_none_is_chosen_beforehand() -> None:
    text = pages.labels("r1", "triage", [CASE, replace(CASE, id="c2", new=None)], "token")
    page = read(text)
    assert page.tags.count("fieldset") == 1  # what was not answered is not graded
    assert text.count('type="radio"') == 3
    assert "checked" not in text
    assert 'name="token" value="token"' in text


def test_a_run_without_answers_says_so() -> None:
    assert "kept no answers" in read(pages.labels("r1", "triage", [], "token")).said


def test_what_would_be_written_is_shown_and_goes_along() -> None:
    text = pages.confirm("triage", "-a\n+b", "token", [("seen", "x"), ("grade:c1", "pass")])
    assert read(text).tags.count("button") == 1
    assert 'name="grade:c1" value="pass"' in text


def test_texts_from_outside_are_no_markup_anywhere() -> None:
    case = replace(CASE, id=EVIL, input=EVIL, expected=EVIL, old=EVIL, new=EVIL, tags=(EVIL,))
    search = Search("improved", EVIL, EVIL, pull_request=PullRequest("created", 7))
    prompt = replace(PASSED, id=EVIL, cases_detail=(case,), search=search)
    report = replace(RUN, command=EVIL, prompts=(prompt,), commit=EVIL)
    points = [Point(EVIL, EVIL, 0.5, model=EVIL), Point(EVIL, EVIL, 0.6, model="m")]
    for text in (
        pages.runs([(EVIL, report), ("b", None)]),
        pages.prompts([(EVIL, EVIL, prompt)]),
        pages.prompt(EVIL, points, [(EVIL, report, prompt)], (EVIL, prompt)),
        pages.case(EVIL, EVIL, case),
        pages.labels(EVIL, EVIL, [case], "token"),
        pages.confirm(EVIL, EVIL, "token", [(EVIL, EVIL)]),
    ):
        read(text)
        assert "\x1b" not in text
        assert "\u202e" not in text


def test_a_link_quotes_each_part_of_its_path() -> None:
    assert parts.link("x", "case", "a/b", "c d?") == '<a href="/case/a%2Fb/c%20d%3F">x</a>'


def test_a_badge_is_read_as_the_report_has_it() -> None:
    assert parts.badge("no_change") == '<span class="badge no-change">NO CHANGE</span>'
