from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promptci.report.patch import patch
from promptci.report.worddiff import Segment, word_changes, word_diff

TEXT = st.text(alphabet="ab .\n-+@{}é", max_size=60)


@settings(deadline=None, max_examples=200)
@given(TEXT, TEXT)
def test_both_texts_are_in_the_segments(before: str, after: str) -> None:
    """All lines are within the context of such short texts, so nothing is left out."""
    found = word_changes(patch("p", before, after))
    for text, other in ((before, "new"), (after, "gone")):
        assert before == after or "".join(s.text for s in found if s.kind != other).strip("\n") == text.strip("\n")


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("Say yes or no.\n", "Say yes or maybe.\n", "Say yes or [-no-]{+maybe+}."),
        ("a b\n", "b\n", "[-a -]b"),
        ("a\n", "a\nb c\n", "a\n{+b c+}"),
    ],
    ids=["a word", "taken away", "a line added"],
)
def test_changes_are_marked_as_git_marks_them(before: str, after: str, said: str) -> None:
    assert word_diff(patch("p", before, after)) == said


def test_a_text_without_a_hunk_changes_nothing() -> None:
    assert word_changes("") == []
    assert word_changes("--- a\n+++ b\n") == []


def test_a_huge_block_is_compared_as_a_whole() -> None:
    lines = "".join(f"word {n}\n" for n in range(3000))
    found = word_changes("@@ -1 +1 @@\n" + "".join(f"-{line}\n+{line}x\n" for line in lines.splitlines()))
    assert [s.kind for s in found] == ["gone", "new"]


def test_two_hunks_are_kept_apart() -> None:
    before = "".join(f"{n}\n" for n in range(40))
    after = before.replace("3\n", "x\n", 1).replace("39\n", "y\n")
    assert any("..." in s.text for s in word_changes(patch("p", before, after)))


def test_long_lines_are_broken_between_words() -> None:
    said = word_diff(patch("p", "a\n", "word " * 60 + "\n"), width=40)
    assert max(map(len, said.splitlines())) <= 40


def test_a_segment_names_its_kind() -> None:
    assert word_changes("@@ -1 +1 @@\n-a\n+b\n")[0] == Segment("gone", "a")
