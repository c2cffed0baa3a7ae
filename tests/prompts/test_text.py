"""Text prompts: read what a person wrote, write it back with nothing else changed."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from promptci.core import Json
from promptci.errors import DataError
from promptci.prompts import format_of, read_prompt, write_prompt

FRONT = "---\nname: x # the small one\nlabels: [a,   b]\n---\n"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("Say yes.", id="no-newline-at-end"),
        pytest.param("Say yes.\n", id="one-line"),
        pytest.param("\n\n  Say yes.\n\nThen no.\n\n\n", id="blanks-around"),
        pytest.param(FRONT + "Say yes.\n", id="front-matter"),
        pytest.param(FRONT + "\n\nSay yes.\n", id="blank-below-front-matter"),
        pytest.param(FRONT.replace("\n", "\r\n") + "\r\nSay\r\nyes.\r\n", id="crlf"),
        pytest.param("One\r\ntwo\nthree\r\n", id="mixed-line-ends"),
        pytest.param("\ufeff" + FRONT + "Say yes.\n", id="bom-and-front-matter"),
        pytest.param("\ufeffSay yes.\n", id="bom"),
        pytest.param("---\n---\nSay yes.\n", id="empty-front-matter"),
        pytest.param("--- \nid: 1\n---\t\nSay yes.\n", id="blanks-behind-the-fences"),
        pytest.param("Say yes.\n---\nid: 1\n---\n", id="rules-inside-the-body"),
        pytest.param("---\nSay yes, it is only a rule above.\n", id="one-rule"),
        pytest.param("Grüße: „ja“ oder 'nein'? 日本\n", id="any-script"),
    ],
)
@pytest.mark.parametrize("ending", [".md", ".txt", ".j2"])
def test_writing_what_is_there_changes_no_byte(ending: str, text: str) -> None:
    path = f"p{ending}"
    content = text.encode()
    prompt = read_prompt("p", path, content)
    assert write_prompt(path, content, prompt.template) == content


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("Say yes.\n", ("Say yes.", {}, 1), id="plain"),
        pytest.param(
            FRONT + "\nSay yes.\n",
            ("Say yes.", {"name": "x", "labels": ["a", "b"]}, 6),
            id="front-matter",
        ),
        pytest.param("---\n---\nSay yes.", ("Say yes.", {}, 3), id="empty-front-matter"),
        pytest.param("---\r\nid: no\r\n---\r\nOne\r\ntwo\r\n", ("One\ntwo", {"id": "no"}, 4), id="crlf"),
        pytest.param("\ufeff---\nid: 1\n---\nOne", ("One", {"id": 1}, 4), id="bom"),
        pytest.param("---\nid: |\n  x\n  ---\n---\nOne", ("One", {"id": "x\n---\n"}, 6), id="fence-in-a-value"),
        pytest.param("----\nid: 1\n----\nOne", ("----\nid: 1\n----\nOne", {}, 1), id="longer-rules"),
        pytest.param("a\n---\nb", ("a\n---\nb", {}, 1), id="rule-in-body"),
    ],
)
def test_front_matter_is_told_from_the_body(text: str, expected: tuple[str, dict[str, Json], int]) -> None:
    found = read_prompt("p", "p.md", text.encode())
    assert (found.template, found.notes, found.first_line) == expected


@pytest.mark.parametrize(
    ("content", "place", "said"),
    [
        pytest.param(b"", "p.md", "the prompt is empty", id="empty-file"),
        pytest.param(b" \n\t\n", "p.md", "the prompt is empty", id="only-blanks"),
        pytest.param(b"---\nid: 1\n---\n", "p.md", "the prompt is empty", id="only-front-matter"),
        pytest.param(b"---\nid: 1\n---\n\n \n", "p.md", "the prompt is empty", id="front-matter-and-blanks"),
        pytest.param("\ufeff".encode(), "p.md", "the prompt is empty", id="only-a-bom"),
        pytest.param(b"---\nid: 1\nb: *x\n---\nx", "p.md:3", "anchors and aliases", id="front-matter-alias"),
        pytest.param(b"---\na: 1\na: 2\n---\nx", "p.md:3", "duplicate key 'a' (first on line 2)", id="duplicate-key"),
        pytest.param(b"---\na: [1\n---\nx", "p.md:2", "not valid YAML", id="front-matter-syntax"),
        pytest.param(b"one\ntwo \xff\n", "p.md:2", "not UTF-8", id="latin-1"),
        pytest.param(b"\xff\xfeh\x00i\x00", "p.md:1", "not UTF-8", id="utf-16"),
    ],
)
def test_a_bad_file_is_refused_with_its_place(content: bytes, place: str, said: str) -> None:
    with pytest.raises(DataError) as caught:
        read_prompt("p", "p.md", content)
    assert caught.value.place == place
    assert said in caught.value.problem


@pytest.mark.parametrize("path", ["p.exe", "p", "dir.md/p", ".md"], ids=repr)
def test_an_unknown_ending_is_refused_with_the_known_ones(path: str) -> None:
    with pytest.raises(DataError, match="no prompt format") as caught:
        format_of(path)
    assert caught.value.hint is not None
    assert ".md" in caught.value.hint


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("Old.\n", "New.\nLine two.\n", id="plain"),
        pytest.param(FRONT + "\n\nOld.\n\n\n", FRONT + "\n\nNew.\nLine two.\n\n\n", id="front-matter-and-blanks"),
        pytest.param("\ufeffOld.", "\ufeffNew.\nLine two.", id="bom"),
        pytest.param(
            "---\r\nid:  1\r\n---\r\nOld\r\none.\r\n", "---\r\nid:  1\r\n---\r\nNew.\r\nLine two.\r\n", id="crlf"
        ),
    ],
)
def test_only_the_body_changes(before: str, after: str) -> None:
    assert write_prompt("p.md", before.encode(), "New.\nLine two.") == after.encode()


@pytest.mark.parametrize(
    ("before", "template"),
    [
        pytest.param("Old.\n", "---\nmodel: dear\n---\nNew.", id="front-matter-smuggled-in"),
        pytest.param("Old.\n", "--- \r\nmodel: dear\r\n---\r\nNew.", id="the-same-with-crlf"),
        pytest.param("Old.\n", "\ufeffNew.", id="bom-smuggled-in"),
        pytest.param("Old.\n", "", id="nothing"),
        pytest.param(FRONT + "Old.\n", " \n", id="only-blanks"),
        pytest.param("Old.\n", "New \ud800.", id="half-a-character"),
    ],
)
def test_a_template_that_would_be_read_back_otherwise_is_refused(before: str, template: str) -> None:
    with pytest.raises(DataError):
        write_prompt("p.md", before.encode(), template)


def test_a_template_may_begin_like_front_matter_below_front_matter() -> None:
    template = "---\nmodel: dear\n---\nNew."
    written = write_prompt("p.md", (FRONT + "Old.\n").encode(), template)
    assert read_prompt("p", "p.md", written).template == template
    assert written.startswith(FRONT.encode())


BODY = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60)
FRONTS = st.sampled_from(["", "---\n---\n", FRONT, FRONT.replace("\n", "\r\n"), "\ufeff", "\ufeff" + FRONT])
BLANKS = st.text(" \n\t", max_size=4)


@given(front=FRONTS, above=BLANKS, old=BODY, below=BLANKS, new=BODY)
def test_round_trip_keeps_every_other_byte(front: str, above: str, old: str, below: str, new: str) -> None:
    old, new = old.strip(), new.strip()
    assume(old and new and not old.startswith(("---", "\ufeff")) and "\r" not in old + new)
    content = (front + above + old + below).encode()
    before = read_prompt("p", "p.md", content)
    try:
        written = write_prompt("p.md", content, new)
    except DataError:
        assert new.startswith(("---", "\ufeff"))
        return
    after = read_prompt("p", "p.md", written)
    assert after.template == new
    assert after.notes == before.notes
    assert written.startswith((front + above).encode())
    assert written.endswith(below.encode())
    if "\r" not in front or "\n" in above + new + below:  # else nothing is left that tells how the body's lines ended
        assert write_prompt("p.md", written, before.template) == content


MIXED = "---\r\nid: 1\r\n---\r\n%s\r\n"


@pytest.mark.parametrize(
    ("before", "text", "after"),
    [
        pytest.param("a\r\nb\nc", "a\nB\nc", "a\r\nB\nc", id="lines-that-stay-keep-their-ends"),
        pytest.param("a\nb\nc\r\nd", "A\nb\nc\nd", "A\nb\nc\r\nd", id="lines-below-keep-theirs"),
        pytest.param("a\r\nb\nc\nd", "a\nb\nC\nd", "a\r\nb\nC\nd", id="lines-above-keep-theirs"),
        pytest.param("a\r\nb\nc", "a\nb\nc\nd", "a\r\nb\nc\nd", id="a-line-more"),
        pytest.param("a\r\nb\r\nc\nd", "new\nd", "new\r\nd", id="most-lines-there"),
        pytest.param("a\r\nb", "a", "a", id="lines-less"),
        pytest.param("a", "a\nb", "a\r\nb", id="one-line-takes-the-file's"),
        pytest.param("a\nb", "c\nd\ne", "c\nd\ne", id="the-body's-own-below-another-front-matter"),
    ],
)
def test_line_ends_of_a_mixed_file_stay(before: str, text: str, after: str) -> None:
    assert write_prompt("p.md", (MIXED % before).encode(), text) == (MIXED % after).encode()
