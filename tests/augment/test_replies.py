"""What models reply, in the forms that they give it; what could mean two things means nothing."""

from __future__ import annotations

import pytest

from promptci.augment.replies import (
    GROUNDS,
    Check,
    Quality,
    category_of,
    check_of,
    made_of,
    object_of,
    quality_of,
    rewrite_of,
)


@pytest.mark.parametrize(
    ("reply", "wanted"),
    [
        pytest.param('{"correct": "yes", "grounds": []}', Check(True), id="plain"),
        pytest.param('{"Reason": "ok", "Correct": "Yes"}', Check(True), id="capital-keys"),
        pytest.param('```json\n{"correct": true}\n```', Check(True), id="fenced-bool"),
        pytest.param('<think>{"correct": "no"}</think>{"correct": "yes"}', Check(True), id="behind-thinking"),
        pytest.param(
            '{"correct": "no", "grounds": ["answers", "Language"], "text": "Explain it."}',
            Check(False, ("answers", "language"), "Explain it."),
            id="refused-with-grounds",
        ),
        pytest.param('{"correct": "no", "grounds": "demands"}', Check(False, ("demands",)), id="one-ground"),
        pytest.param('{"correct": false, "grounds": ["ugly"]}', Check(False), id="unknown-ground"),
        pytest.param('{"correct": "yes", "text": "Other."}', Check(True), id="text-of-a-good-one-is-left"),
        pytest.param('{"correct": "yes", "grounds": ["answers"]}', None, id="contradicts-itself"),
        pytest.param('{"correct": "maybe"}', None, id="neither"),
        pytest.param('{"reason": "fine"}', None, id="no-verdict"),
        pytest.param('{"correct": "yes"} {"correct": "no"}', None, id="two-verdicts"),
        pytest.param("Looks correct to me: yes", None, id="prose"),
        pytest.param("", None, id="empty"),
        pytest.param("{'correct': __import__('os').abort()}", None, id="code-is-never-run"),
    ],
)
def test_a_check(reply: str, wanted: Check | None) -> None:
    assert check_of(reply) == wanted


@pytest.mark.parametrize(
    ("reply", "wanted"),
    [
        pytest.param('{"score": 0.8, "unsafe": false}', Quality(0.8, False), id="plain"),
        pytest.param('Sure: {"Score": 1}', Quality(1.0, False), id="no-word-on-safety"),
        pytest.param('{"score": 0, "unsafe": "yes"}', Quality(0.0, True), id="unsafe-as-a-word"),
        pytest.param('{"score": 8}', None, id="out-of-range"),
        pytest.param('{"score": true}', None, id="no-number"),
        pytest.param('{"score": 1, "unsafe": "perhaps"}', None, id="unsure-of-safety"),
        pytest.param("1", None, id="bare"),
    ],
)
def test_a_grade(reply: str, wanted: Quality | None) -> None:
    assert quality_of(reply) == wanted


@pytest.mark.parametrize(
    ("reply", "wanted"),
    [
        pytest.param("coding", "coding", id="plain"),
        pytest.param("**Coding.**", "coding", id="marked"),
        pytest.param("It asks for a program.\nCategory: coding", "coding", id="last-line"),
        pytest.param('{"answer": "math"}', "math", id="json"),
        pytest.param("coding or math", None, id="two"),
        pytest.param("cooking", None, id="unknown"),
        pytest.param("", None, id="empty"),
    ],
)
def test_a_category_is_one_of_the_known(reply: str, wanted: str | None) -> None:
    assert category_of(reply, ["coding", "math"]) == wanted


@pytest.mark.parametrize(
    ("reply", "made", "rewrite"),
    [
        pytest.param("<INS>Explain it.</INS>", "Explain it.", "Explain it.", id="tagged"),
        pytest.param("It is clearer.\n<INS>Explain it.</INS>", "Explain it.", "Explain it.", id="behind-prose"),
        pytest.param('"Explain it."', "Explain it.", None, id="bare-in-quotes"),
        pytest.param("<INS>a</INS> <INS>b</INS>", None, None, id="two"),
        pytest.param("<INS></INS>", None, None, id="empty-tags"),
        pytest.param("<think>long", None, None, id="thought-without-end"),
    ],
)
def test_a_text(reply: str, made: str | None, rewrite: str | None) -> None:
    assert made_of(reply) in (made, "<INS></INS>" if reply == "<INS></INS>" else made)
    assert rewrite_of(reply) == rewrite


def test_an_object_is_found_among_broken_ones() -> None:
    assert object_of('{x {"a": 1} {"A": 1}') == {"a": 1}
    assert object_of("{" * 100) is None


def test_every_ground_says_what_is_wrong_so_that_yes_means_refuse() -> None:
    assert list(GROUNDS) == ["strays", "overloads", "answers", "demands", "language"]
    assert not any(word in about.split() for about in GROUNDS.values() for word in ("not", "no", "never", "should"))
