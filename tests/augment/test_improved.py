"""What a request becomes by two replies, and which scripts a text uses: as it is wherever a reply says nothing."""

from __future__ import annotations

import pytest

from promptci.augment.base import Category, Typed, joined
from promptci.augment.improved import Improved, read_made
from promptci.augment.replies import read_category
from promptci.augment.spec import Spec
from promptci.augment.tongue import scripts
from promptci.core import Reason
from promptci.models.base import Failure, Reply

from .conftest import FIT

TYPED = Typed("t", "Write a poem about the sea", "The sea is blue.")
DOWN = Reply(failure=Failure("budget", "4 calls are used up"))
UNREADABLE = Reason("unreadable", "the reply gives no text, or was cut")
SPEC = Spec("s", "augment", (Category("question", "asks"), Category("code", "has code")))


@pytest.mark.parametrize(
    ("reply", "wanted"),
    [
        pytest.param(Reply(("question",)), "question", id="the-name"),
        pytest.param(Reply(("Category: **Code**.",)), "code", id="in-a-form"),
        pytest.param(Reply(("question or code",)), Reason("no_category", "the reply names no one category"), id="two"),
        pytest.param(Reply(("poem",)), Reason("no_category", "the reply names no one category"), id="another"),
        pytest.param(Reply(("",)), Reason("no_category", "the reply names no one category"), id="nothing"),
        pytest.param(DOWN, Reason("budget", "budget: 4 calls are used up"), id="no-reply"),
    ],
)
def test_the_category_that_a_reply_names(reply: Reply, wanted: str | Reason) -> None:
    assert read_category(SPEC, reply) == wanted


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        pytest.param(Reply(("",)), UNREADABLE, id="empty"),
        pytest.param(Reply((f"<INS>{FIT}</INS>",), cut=True), UNREADABLE, id="cut"),
        pytest.param(Reply((f"<INS>{FIT}</INS><INS>Be brief about it.</INS>",)), UNREADABLE, id="two-texts"),
        pytest.param(Reply((f"<think>{FIT}",)), UNREADABLE, id="thought-that-never-ends"),
        pytest.param(DOWN, Reason("budget", "budget: 4 calls are used up"), id="no-reply"),
    ],
)
def test_a_request_stays_to_the_letter_where_a_reply_gives_no_one_text(reply: Reply, reason: Reason) -> None:
    assert read_made(SPEC, TYPED, "code", reply) == Improved(TYPED.text, None, "code", reason)


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        pytest.param(FIT, None, id="fit"),
        pytest.param("The answer is that the sea is blue and wide.", "answers", id="an-answer"),
        pytest.param("Sagen Sie zuerst, worum es geht, und bleiben Sie sachlich.", "language", id="another-language"),
        pytest.param("<|end|> Name the main point first.", "marker", id="a-mark"),
    ],
)
def test_a_complement_is_put_below_the_request_or_left_out(said: str, kind: str | None) -> None:
    found = read_made(SPEC, TYPED, "question", Reply((f"<INS>{said}</INS>",)))
    assert (found.reason.kind if found.reason else None) == kind
    assert found.made == (None if kind else said)
    assert found.text == (TYPED.text if kind else f"{TYPED.text}\n\n{said}")


def test_a_rewrite_stands_in_the_requests_place() -> None:
    text = "Write a short poem about the blue sea, in four lines."
    found = read_made(Spec("s", "rewrite", SPEC.categories), TYPED, "question", Reply((f"<INS>{text}</INS>",)))
    assert found == Improved(text, text, "question")


@pytest.mark.parametrize(
    ("text", "below", "whole"), [("a", "", "a"), ("a", "b", "a\n\nb"), (" a\n", " b", " a\n\n\n b")]
)
def test_texts_are_joined_to_the_letter(text: str, below: str, whole: str) -> None:
    assert joined(text, below) == whole
    assert Typed("t", text, below).whole == whole


@pytest.mark.parametrize(
    ("text", "used"),
    [
        pytest.param("", "", id="nothing"),
        pytest.param("123 + 4 = ?", "", id="no-letters"),
        pytest.param("hello", "LATIN", id="latin"),
        pytest.param("привет", "CYRILLIC", id="cyrillic"),
        pytest.param("日本語のテキスト", "CJK KATAKANA", id="japanese-with-one-kana-too-few"),
        pytest.param("translate: 今天天气很好", "LATIN CJK", id="two"),
        pytest.param("a long request in plain words about the sign 天", "LATIN", id="one-letter-is-no-script"),
        pytest.param("привет `print('a very long line of code')`", "CYRILLIC", id="code-does-not-count"),
        pytest.param("привет ```\nfor x in range(10): pass\n```", "CYRILLIC", id="a-block-of-code-neither"),
        pytest.param("привет https://example.com/a/very/long/address", "CYRILLIC", id="nor-an-address"),
    ],
)
def test_the_scripts_of_a_text(text: str, used: str) -> None:
    assert scripts(text) == frozenset(used.split())
