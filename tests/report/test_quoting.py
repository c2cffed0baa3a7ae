"""Whatever a text says, quoted it is only text."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promptci.report.quoting import code, codes, cut, fence, link, plain, prose
from promptci.untrusted import one_line, shown
from tests.report import gfm
from tests.report.nasties import NASTIES

HOSTILE = st.lists(
    st.one_of(st.sampled_from(NASTIES), st.text(alphabet="@#:/.`*_[]()<>&|~!\\$-+=0a1g \nhtwps\u200b", max_size=20)),
    min_size=1,
    max_size=6,
).map("".join)


def read_back(page: str) -> str:
    return "".join(gfm.texts(page)).replace("\u200b", "")


def check_prose(text: str) -> None:
    for before in ("", "- ", "| a |\n|---|\n| "):
        page = before + prose(text)
        assert gfm.acts(page) == []
        assert gfm.skeleton(page) == gfm.skeleton(before + "x")
    assert read_back(prose(text)) == (one_line(text, limit=500).strip() or "(empty)")


def check_code(text: str) -> None:
    line = one_line(text, limit=80).replace("|", "\\u{7c}") or "(empty)"
    for before in ("", "- a ", "| a |\n|---|\n| "):
        page = f"{before}{code(text)}, {code(text)}"
        assert gfm.acts(page) == []
        assert gfm.skeleton(page) == gfm.skeleton(before + "`x`, `x`")
        spans = [c.content for t in gfm.tokens(page) for c in t.children or () if c.type == "code_inline"]
        assert spans == [line, line]


def check_fence(text: str) -> None:
    page = f"a\n\n{fence(text, 'diff')}\n\n# b\n"
    assert gfm.fences(page) == [shown(text).rstrip("\n") + "\n"]
    assert gfm.skeleton(page) == gfm.skeleton("a\n\n```\nx\n```\n\n# b\n")


@pytest.mark.parametrize("text", NASTIES, ids=range(len(NASTIES)))
def test_each_nasty_text_stays_text(text: str) -> None:
    check_prose(text)
    check_code(text)
    check_fence(text)


@settings(deadline=None, max_examples=150)
@given(HOSTILE)
def test_any_mixture_stays_text(text: str) -> None:
    check_prose(text)
    check_code(text)
    check_fence(text)


@pytest.mark.parametrize(
    "text",
    [
        "120 of 200 cases run: 14 newly failing, 3 newly passing.",
        "A drop of 5 points (2.5 %) is ruled out; must_pass holds.",
        "patience: 4 steps without a better prompt",
        "p = 0.0012, -3.5 to +4.0",
    ],
)
def test_ordinary_sentences_are_not_disfigured(text: str) -> None:
    assert prose(text) == text
    assert plain(text) == text


def test_the_checker_sees_what_github_would_act_on() -> None:
    live = "@a #1 GH-2 http://x.example www.x.example b81d5e0 :tada: ![p](q) [l](m) <b>x</b>"
    assert len({problem.split(":")[0] for problem in gfm.acts(live)}) == 8


def test_ids_beyond_the_limit_are_counted() -> None:
    assert codes(["a", "b", "c"], 2) == "`a`, `b` and 1 more"
    assert codes(["a", "b"], 2) == "`a`, `b`"


@pytest.mark.parametrize("limit", [0, 10, 100, 1000])
@pytest.mark.parametrize(
    "text", ["x" * 5000, "line\n" * 2000, "`" * 5000, "`\n" * 3000, "`" * 900 + "\n" + "a\n" * 900]
)
def test_a_fence_is_cut_to_its_limit_and_says_so(text: str, limit: int) -> None:
    block = fence(text, limit=limit)
    assert len(block) <= max(limit, 8) + 60
    assert "\n\nCut here: " in block
    assert len(gfm.fences(block)) == 1
    assert gfm.fences(block)[0].strip() == "" or text.startswith(gfm.fences(block)[0].rstrip("\n"))


def test_a_fence_within_its_limit_is_whole() -> None:
    assert fence("a\nb\n", limit=100) == "```\na\nb\n```"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://github.com/a/b/pull/1", "[#​1](https://github.com/a/b/pull/1)"),
        ("http://localhost:8080/pr/1", "[#​1](http://localhost:8080/pr/1)"),
        (None, "#​1"),
        ("javascript:alert(1)", "#​1 `javascript:alert(1)`"),
        ("https://x.example/) [y](https://z.example", "#​1 `https://x.example/) [y](https://z.example`"),
        ("https://a@b.example/", "#​1 `https://a@b.example/`"),
    ],
)
def test_only_a_plain_address_becomes_a_link(url: str | None, expected: str) -> None:
    assert link("#1", url) == expected


PAGE = "head\n\n| a |\n|---|\n| b |\n\n<details>\n\n````diff\n" + "+```\n- x\n" * 200 + "````\n\n</details>\n\nend\n"


@pytest.mark.parametrize("limit", range(90, len(PAGE), 37))
def test_a_cut_page_keeps_its_head_and_closes_what_is_open(limit: int) -> None:
    page = cut(PAGE, limit)
    assert len(page) <= limit
    assert page.startswith("head\n")
    assert "Cut here" in "".join(gfm.texts(page))
    assert page.count("<details>") == page.count("</details>")


def test_a_page_within_its_limit_is_whole() -> None:
    assert cut(PAGE, len(PAGE)) == PAGE
