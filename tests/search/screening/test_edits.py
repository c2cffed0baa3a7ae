from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptci.search.screening.edits import Edit, apply, between, deletions, factors, rivals
from promptci.search.screening.pieces import cut

TEXT = """You route tickets. Be brief, e.g. one word.

- billing: charges, prices
- bug: errors. Crashes.

Answer with the team only.

Ticket: {{ ticket }}
Label:"""


def test_sentences_lines_and_list_items_are_pieces() -> None:
    bodies = [p.body for p in cut(TEXT).pieces]
    assert bodies == [
        "You route tickets.",
        "Be brief, e.g. one word.",
        "- billing: charges, prices",
        "- bug: errors.",
        "Crashes.",
        "Answer with the team only.",
        "Ticket: {{ ticket }}",
        "Label:",
    ]


@given(st.text(alphabet="ab. \n-!?{}1\t`é。", max_size=80))
def test_cut_pieces_are_the_text_to_the_letter(text: str) -> None:
    assert cut(text).text == text


@given(st.lists(st.sampled_from("abcdefg"), min_size=1, max_size=6))
def test_no_edit_changes_nothing(words: list[str]) -> None:
    text = " ".join(f"{w.upper()} does it." for w in words)
    assert apply(cut(text), []) == text


@pytest.mark.parametrize(
    ("edits", "expected"),
    [
        pytest.param([Edit(0, "insert", "Think.")], "A one. Think. B two.\nC three.", id="insert"),
        pytest.param([Edit(1, "insert", "Think.")], "A one. B two. Think.\nC three.", id="insert-at-line-end"),
        pytest.param([Edit(2, "insert", "Think.")], "A one. B two.\nC three. Think.", id="insert-at-end"),
        pytest.param([Edit(-1, "insert", "Think.")], "Think. A one. B two.\nC three.", id="insert-first"),
        pytest.param([Edit(1, "replace", "New.")], "A one. New.\nC three.", id="replace"),
        pytest.param([Edit(1, "delete")], "A one.\nC three.", id="delete"),
        pytest.param([Edit(0, "delete")], "B two.\nC three.", id="delete-first"),
        pytest.param([Edit(2, "delete")], "A one. B two.\n", id="delete-last"),
        pytest.param([Edit(0, "insert", "X."), Edit(0, "insert", "Y.")], "A one. X. Y. B two.\nC three.", id="two"),
        pytest.param([Edit(1, "delete"), Edit(1, "insert", "X.")], "A one. X.\nC three.", id="delete-and-insert"),
        pytest.param([Edit(1, "insert", "- x")], "A one. B two.\n- x\nC three.", id="item-on-its-own-line"),
    ],
)
def test_edits_are_applied_at_their_places(edits: list[Edit], expected: str) -> None:
    assert apply(cut("A one. B two.\nC three."), edits) == expected


def test_a_sentence_goes_above_the_question_by_default() -> None:
    base = cut(TEXT)
    assert base.pieces[base.home].body == "Answer with the team only."
    assert "only. Or none.\n\nTicket: {{ ticket }}" in apply(base, [Edit(base.home, "insert", "Or none.")])
    assert apply(cut("{{ x }}"), [Edit(-1, "insert", "Say yes.")]) == "Say yes.\n\n{{ x }}"
    assert apply(cut(""), [Edit(-1, "insert", "Say yes.")]) == "Say yes."


@pytest.mark.parametrize("change", ["replace", "delete"])
@pytest.mark.parametrize(
    ("text", "keep"),
    [
        pytest.param("Do it: {{ x }}. Then stop.", (), id="placeholder"),
        pytest.param('{% include "a.md" %} Do it.', (), id="include"),
        pytest.param("{# keep #}Do it. Never that.{# end #} Stop.", (), id="marked region"),
        pytest.param("Keep this sentence. Stop.", ("Keep this sentence.",), id="keep setting"),
    ],
)
def test_what_is_fixed_is_never_changed(change: str, text: str, keep: tuple[str, ...]) -> None:
    base = cut(text, keep)
    fixed = [i for i, p in enumerate(base.pieces) if p.fixed]
    assert fixed
    assert apply(base, [Edit(i, change, "X." if change == "replace" else "") for i in fixed]) == text  # type: ignore[arg-type]  # parametrized
    assert not set(fixed) & {e.place for e in deletions(base)}


def test_every_free_sentence_can_be_deleted_but_not_the_only_one() -> None:
    assert [e.place for e in deletions(cut(TEXT))] == [0, 1, 2, 3, 4, 5, 7]
    assert deletions(cut("Do it.\n\n{{ x }}")) == []


@pytest.mark.parametrize(
    "new",
    [
        TEXT.replace("Be brief, e.g. one word.", "Be short."),
        TEXT.replace("- bug: errors. Crashes.", "- bug: errors.\n- other: the rest"),
        TEXT.replace("Answer with the team only.", "Answer with the team only. Nothing else."),
        TEXT.replace("You route tickets. ", "You sort tickets. Be fair. "),
    ],
    ids=["replace", "delete and insert", "insert", "two"],
)
def test_a_whole_text_is_taken_apart_into_edits_that_make_it_again(new: str) -> None:
    base = cut(TEXT)
    edits = between(base, new, "opro")
    assert edits
    assert re.sub(r"\s+", " ", apply(base, edits)) == re.sub(r"\s+", " ", new)


def test_a_text_that_changes_the_question_is_not_taken_apart() -> None:
    assert between(cut(TEXT), TEXT.replace("Ticket: {{ ticket }}", "T: {{ ticket }}"), "opro") is None


def test_alternatives_share_a_group() -> None:
    edits = [
        Edit(0, "replace", "A."),
        Edit(0, "delete"),
        Edit(1, "insert", "Answer with the label only."),
        Edit(5, "insert", "Answer only with the label."),
        Edit(1, "insert", "Think of refunds."),
        Edit(0, "insert", "Refunds are billing."),
    ]
    assert factors(edits) == [[0, 1], [2, 3], [4], [5]]
    assert not rivals(edits[0], edits[5])


def test_the_same_change_has_the_same_id_whoever_suggests_it() -> None:
    assert Edit(0, "insert", "A  b.", "reflect").id == Edit(0, "insert", "A b.", "opro").id
    assert Edit(0, "insert", "A b.").id != Edit(1, "insert", "A b.").id
