from __future__ import annotations

import json
import re
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings

from promptci.core import Reason
from promptci.errors import ConfigError
from promptci.report.base import OFFLINE_NOTE
from promptci.report.markdown import as_markdown
from promptci.report.proposal import BODY_LIMIT, marker, pull_request
from tests.report import gfm
from tests.report.nasties import NASTIES
from tests.report.samples import COMMIT, REPORTS, failed, found, improved, passed, report, unconfirmed
from tests.report.soiled import HOSTILE, soiled

LINK = frozenset({"https://github.com/acme/support/pull/12"})


def pages(text: str) -> tuple[str, str, str]:
    """The summary, and title and body of the pull request, of a report full of `text`."""
    dirty = soiled(text)
    return as_markdown(dirty), *pull_request(dirty, dirty.prompts[1], content_hash="0" * 64, branch=f"b/{text}")


@cache
def clean() -> tuple[list[str], list[str]]:
    summary, _, body = pages("x")
    return gfm.skeleton(summary), gfm.skeleton(body)


def check(text: str) -> None:
    """The pages of a report full of `text` have the structure of clean ones, and act on nobody."""
    summary, title, body = pages(text)
    if text.strip():  # what is empty is left out, with the lines around it
        assert (gfm.skeleton(summary), gfm.skeleton(body)) == clean()
    assert gfm.acts(summary) == []
    assert gfm.acts(body) == []
    assert gfm.live(title) == []
    assert "\n" not in title
    assert len(title) <= 200
    assert len(body) <= BODY_LIMIT


@pytest.mark.parametrize("text", NASTIES, ids=range(len(NASTIES)))
def test_each_nasty_text_stays_text_on_the_page(text: str) -> None:
    check(text)


@settings(deadline=None, max_examples=60)
@given(HOSTILE)
def test_any_mixture_stays_text_on_the_page(text: str) -> None:
    check(text)


@pytest.mark.parametrize("name", REPORTS)
def test_our_own_pages_act_on_nobody(name: str) -> None:
    assert gfm.acts(as_markdown(REPORTS[name]), LINK) == []


def test_the_diff_is_in_the_page_as_it_is() -> None:
    body = pull_request(REPORTS["improved"], improved, content_hash="1")[1]
    assert found.diff in gfm.fences(body)


def test_the_verdict_line_leads_with_the_lower_end() -> None:
    title, body = pull_request(REPORTS["improved"], improved, content_hash="1")
    assert title == "Improve triage by at least 6.1 points"
    assert body.startswith("**At least 6.1 points better** for `triage`")


def test_a_gain_that_may_be_none_is_not_called_at_least_that() -> None:
    unclear = replace(improved, ci=(-0.004, 0.2))
    title, body = pull_request(report(unclear), unclear, content_hash="1")
    assert title == "Improve triage"
    assert body.startswith("**Confirmed better** for `triage`")
    assert "by how much on new cases these few do not say" in body.splitlines()[0]
    assert "-0.4 to +20.0" in body


def test_an_unconfirmed_gain_says_so_first_with_what_would_decide_it() -> None:
    title, body = pull_request(REPORTS["searches"], unconfirmed, content_hash="1")
    assert title.startswith("unconfirmed: triage")
    assert "p = 0.227" in title
    assert body.startswith("**Unconfirmed: -4.3 to +16.7 points**")
    assert "About 210 held-out cases would decide it." in body


def test_the_offline_model_is_told_exactly_when_it_answered() -> None:
    for offline in (True, False):
        made = report(improved, command="optimize", offline=offline)
        assert (OFFLINE_NOTE in pull_request(made, improved, content_hash="1")[1]) is offline
        assert (OFFLINE_NOTE in as_markdown(made)) is offline


def test_how_to_reproduce_is_shell_and_safe() -> None:
    hostile = replace(improved, id="a'; rm -rf ~; '", search=replace(found, strategy="$(id)"))
    body = pull_request(report(hostile), hostile, content_hash="1", branch="-x; id")[1]
    shell = gfm.fences(body)[-1].splitlines()
    assert shell == [
        "git fetch origin '-x; id'",
        "git switch --detach FETCH_HEAD",
        f"""promptci check 'a'"'"'; rm -rf ~; '"'"'' --base {COMMIT}""",
        f"git switch --detach {COMMIT}",
        """promptci optimize 'a'"'"'; rm -rf ~; '"'"'' --strategy '$(id)' --seed 7""",
    ]


def test_a_prompt_without_a_search_has_no_pull_request() -> None:
    with pytest.raises(ValueError, match="needs a search"):
        pull_request(report(passed), passed, content_hash="1")


@pytest.mark.parametrize("text", ["x" * 200_000, "+line\n" * 40_000, "`" * 100_000, "`\n" * 60_000, "\x00" * 50_000])
def test_a_huge_diff_is_cut_and_the_rest_stays(text: str) -> None:
    big = replace(improved, search=replace(found, diff=text))
    body = pull_request(report(big, command="optimize"), big, content_hash="ab")[1]
    assert len(body) <= BODY_LIMIT
    assert body.startswith("**At least 6.1 points better**")
    assert "| held-out cases | 63.0 % | 78.0 % |" in body
    assert "lines are shown." in body
    assert "How to reproduce it" in body
    assert body.endswith('"hash": "ab"} -->\n')
    assert gfm.acts(body) == []


def test_everything_at_its_largest_still_fits() -> None:
    many = tuple(f"{'`' * 79}{n}" for n in range(3000))
    large = replace(
        improved,
        reasons=(Reason("x", "<" * 5000),) * 50,
        newly_failing=many,
        newly_passing=many,
        flaky=many,
        search=replace(
            found, diff="x\n" * 90_000, rejected={"&" * 4000 + str(n): 1 for n in range(60)}, steps=found.steps * 50
        ),
    )
    full = replace(report(large, command="optimize"), notes=("<" * 9000,) * 40, models=many, unpriced=many)
    body = pull_request(full, large, content_hash="cd")[1]
    assert len(body) <= BODY_LIMIT
    assert "| held-out cases |" in body
    assert body.endswith('"hash": "cd"} -->\n')
    assert gfm.acts(body) == []
    page = as_markdown(replace(full, prompts=(replace(large, id="a"),) * 20))
    assert len(page) <= 250_000
    assert page.startswith("## promptci optimize: PASS")
    assert "\n*Cut here: the page is too long." in page


@pytest.mark.parametrize("name", ["a", "--><b>", "a--b---c", '"}', "\n", "é", "<!--"])
def test_the_marker_can_be_read_back_and_never_ends_early(name: str) -> None:
    hidden = marker(name, "f0")
    found_marker = re.fullmatch(r"<!-- promptci:(.*) -->", hidden)
    assert found_marker is not None
    assert json.loads(found_marker[1]) == {"schema": "promptci.pull_request/1", "id": name, "hash": "f0"}
    assert not {"--", "<", ">"} & {found_marker[1][n : n + size] for n in range(len(hidden)) for size in (1, 2)}


def test_a_repository_replaces_a_template_by_name(tmp_path: Path) -> None:
    place = tmp_path / "summary" / "report.md.j2"
    place.parent.mkdir()
    place.write_text("own page: {{ report.prompts[0].reasons[0] }} {{ report.prompts[0].id | code }}\n")
    hostile = replace(failed, reasons=(Reason("x", "@all <b> [x](y)"),))
    page = as_markdown(report(hostile), directories=[tmp_path])
    assert page.startswith("own page: ")
    assert gfm.acts(page) == []  # even where the template forgot to quote
    assert pull_request(REPORTS["improved"], improved, content_hash="1", directories=[tmp_path])[1].startswith("**At")


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("{% if %}", "report.md.j2:1"),
        ("a\n{{ nothing }}", "'nothing' is undefined"),
        ("{{ report.prompts | nofilter }}", "nofilter"),
        ("{{ report.__class__.__mro__ }}", "unsafe"),
        ("{% include 'summary/missing.j2' %}", "missing.j2"),
        ("{% include '../secret.txt' %}", "secret"),
        ("{{ 1 / 0 }}", "division by zero"),
        ("{{ report.calls + 'x' }}", "unsupported operand"),
    ],
)
def test_a_template_that_cannot_be_used_is_named(template: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("key")
    place = tmp_path / "templates" / "summary" / "report.md.j2"
    place.parent.mkdir(parents=True)
    place.write_text(template)
    with pytest.raises(ConfigError) as caught:
        as_markdown(REPORTS["fail"], directories=[tmp_path / "templates"])
    assert said in str(caught.value)


def test_a_template_that_is_a_way_out_of_its_folder_is_not_taken(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("key")
    folder = tmp_path / "templates" / "summary"
    folder.mkdir(parents=True)
    (folder / "report.md.j2").symlink_to(tmp_path / "secret.txt")
    assert as_markdown(REPORTS["fail"], directories=[tmp_path / "templates"]).startswith("## promptci check: FAIL")


def test_a_template_that_is_not_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "summary").mkdir()
    (tmp_path / "summary" / "report.md.j2").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="cannot use the template"):
        as_markdown(REPORTS["fail"], directories=[tmp_path])
