"""Where a text is cut, what may be changed of it, and where an added sentence goes."""

from __future__ import annotations

import pytest

from promptci.search.screening.pieces import cut


@pytest.mark.parametrize(
    ("text", "bodies"),
    [
        pytest.param("", [], id="nothing"),
        pytest.param(" \n\n", [], id="blanks-alone"),
        pytest.param("One. Two! Three?", ["One.", "Two!", "Three?"], id="stops"),
        pytest.param("Be brief, e.g. one word. 3.5 is fine.", ["Be brief, e.g. one word.", "3.5 is fine."], id="dots"),
        pytest.param('He said "go." Then left.', ['He said "go."', "Then left."], id="a-stop-in-quotes"),
        pytest.param("一。二！三", ["一。", "二！", "三"], id="han"),
        pytest.param("- One. Two.\n1. Three.", ["- One.", "Two.", "1. Three."], id="items"),
        pytest.param("# Title\nText", ["# Title", "Text"], id="heading"),
        pytest.param("A\n```\nx. Y\n\nz\n```\nB", ["A", "```\nx. Y\n\nz\n```", "B"], id="a-fence-is-one"),
        pytest.param("A\n```\nx. Y", ["A", "```", "x.", "Y"], id="an-open-fence-is-none"),
    ],
)
def test_a_text_is_cut(text: str, bodies: list[str]) -> None:
    found = cut(text)
    assert [piece.body for piece in found.pieces] == bodies
    assert found.text == text


@pytest.mark.parametrize(
    ("text", "keep", "free", "home"),
    [
        pytest.param("", (), (), -1, id="nothing"),
        pytest.param("A. B.", (), (0, 1), 1, id="all-free"),
        pytest.param("A. B.\n{{ x }}", (), (0, 1), 1, id="above-the-question"),
        pytest.param("{{ x }}\nA. B.", (), (1, 2), 2, id="below-it-where-nothing-is-above"),
        pytest.param("A.\n{{ x }}\nB.", (), (0, 2), 0, id="above-it-where-both-are"),
        pytest.param("{{ x }}", (), (), -1, id="a-question-alone"),
        pytest.param("A. B. C.", ("B.",), (0, 2), 0, id="a-passage-that-is-kept"),
        pytest.param("A. B. C.", ("A. B.",), (2,), 2, id="a-passage-over-two"),
        pytest.param("A. B.", ("",), (0, 1), 1, id="an-empty-passage-keeps-nothing"),
        pytest.param("A.\n---\nB.", (), (0, 2), 2, id="a-rule-says-nothing"),
        pytest.param("A.\n{# keep #}\nB. C.\n{# end #}\nD.", (), (0, 5), 0, id="a-kept-region"),
        pytest.param("A.\n{% if x %}\nB.\n{% endif %}", (), (0, 2), 0, id="the-lines-of-a-block"),
    ],
)
def test_what_may_be_changed_and_where_a_sentence_goes(
    text: str, keep: tuple[str, ...], free: tuple[int, ...], home: int
) -> None:
    found = cut(text, keep)
    assert (found.free, found.home) == (free, home)


@pytest.mark.parametrize(
    ("body", "item"),
    [("- a", True), ("* a", True), ("1) a", True), ("(12) a", True), ("## a", True), ("-a", False), ("1.5 a", False)],
)
def test_what_opens_a_line_of_a_list(body: str, item: bool) -> None:
    assert [piece.is_item for piece in cut(body).pieces] == [item]
