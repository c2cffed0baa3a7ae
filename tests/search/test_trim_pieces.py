"""The changes that trimming can take back are the text again, and taken back all together the old text."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promptci.search.trim import _pieces

SENTENCES = st.lists(
    st.sampled_from(["Be brief. ", "Sort it! ", "Why? ", "Use e.g. a label.\n", "- an item\n", "3.5 points. "]),
    max_size=6,
).map("".join)


def words(text: str) -> list[str]:
    return text.split()


@settings(max_examples=60)
@given(SENTENCES, SENTENCES)
def test_nothing_is_lost_either_way(old: str, new: str) -> None:
    found = _pieces(old, new)
    assert words("".join(p.new for p in found)) == words(new)
    assert words("".join(p.old for p in found)) == words(old)
    assert any(p.new != p.old for p in found) == (words(old) != words(new))


@pytest.mark.parametrize(
    ("old", "new", "changes"),
    [
        pytest.param("A. B.", "A. B.", [], id="none"),
        pytest.param("A.", "A. B.", [("B. ", "")], id="added"),
        pytest.param("A. B.", "A.", [("", "B. ")], id="deleted"),
        pytest.param("A. B.", "A. C.", [("C. ", "B. ")], id="replaced"),
        pytest.param("A. B.", "C. A. D. B.", [("C. ", ""), ("D. ", "")], id="two-added"),
        pytest.param("A. B. C. D.", "A. E. D.", [("E. ", "B. C. ")], id="one-for-two"),
        pytest.param("A. B. D.", "A. E. F. D.", [("E. ", "B. "), ("F. ", "")], id="two-for-one"),
        pytest.param("", "A. B.", [("A. ", ""), ("B. ", "")], id="from-nothing"),
        pytest.param("A.\nB.", "A. B.", [], id="other-blanks-are-no-change"),
    ],
)
def test_each_change_stands_by_itself(old: str, new: str, changes: list[tuple[str, str]]) -> None:
    assert [(p.new, p.old) for p in _pieces(old, new) if p.new != p.old] == changes
