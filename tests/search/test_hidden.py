"""What a proposed text may not smuggle in: characters that nobody sees, words spelt otherwise, cases that are chats."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promptci.core import Case, Message
from promptci.errors import ConfigError
from promptci.search.base import Candidate, Proposal, Scored, Trajectory
from promptci.search.demos import quotable, quoted
from promptci.search.guards import Forbids, NoHiddenCharacters, admit, normalised
from promptci.search.layout import WHERE, Layout, Position, is_blank, question_start
from promptci.search.leaks import NoQuotedCase, words
from promptci.search.metaprompts import MetaPrompts, answer_of, answer_text, example, placed, placeholders
from promptci.search.reading import parrots, spoken, tagged_texts, unwrapped
from promptci.search.screening.edits import apply, between, deletions, factors
from promptci.search.screening.pieces import cut
from promptci.search.suggestions import edits_of
from promptci.untrusted import is_hidden, shown

# --- characters ------------------------------------------------------------------------------------------------------

SMUGGLED = {
    "soft-hyphen": "\u00ad",
    "grapheme-joiner": "\u034f",
    "hangul-filler": "\u3164",
    "half-filler": "\uffa0",
    "braille-blank": "\u2800",
    "mongolian-vowel": "\u180e",
    "variation-selector": "\ufe01",
    "a-byte-as-a-selector": "\U000e0148",
    "tag-letter": "\U000e0041",
    "annotation": "\ufff9",
    "musical-begin": "\U0001d173",
    "deseret-format": "\U00013430",
    "line-separator": "\u2028",
    "invisible-plus": "\u2064",
}


@pytest.mark.parametrize("name", SMUGGLED)
def test_a_character_that_nobody_sees_is_refused_unless_it_was_there(name: str) -> None:
    char = SMUGGLED[name]
    assert NoHiddenCharacters("Sort.")(Proposal("t", f"Sort{char} it.")) == f"contains U+{ord(char):04X}"
    assert NoHiddenCharacters(f"Sort{char}.")(Proposal("t", f"Sort{char} it.")) is None


@pytest.mark.parametrize(
    "text", ["👩\u200d💻", "❤\ufe0f", "می\u200cخواهم", "क्\u200dष", "naïve – “so”…", "½ ﬁ ①"], ids=ascii
)
def test_what_scripts_and_pictures_need_is_let_through(text: str) -> None:
    assert NoHiddenCharacters("Sort.")(Proposal("t", text)) is None


@settings(max_examples=200)
@given(st.characters())
def test_every_refused_character_is_shown_as_an_escape_and_joiners_alone_differ(char: str) -> None:
    refused = NoHiddenCharacters("")(Proposal("t", char)) is not None
    assert refused == (is_hidden(char) and char not in "\n\t\u200c\u200d")
    if refused:
        assert shown(f"é{char}") in (f"é\\u{{{ord(char):x}}}", "é\n")
    assert not refused or unicodedata.category(char) in ("Cc", "Cf", "Cs", "Cn", "Lo", "Mn", "So", "Zl", "Zp")


@pytest.mark.parametrize("text", ["Visit the cafe\u0301.", "Visit the café.", "VISIT THE CAFÉ"], ids=ascii)
@pytest.mark.parametrize("word", ["café", "cafe\u0301"], ids=ascii)
def test_a_forbidden_word_is_found_in_either_spelling(text: str, word: str) -> None:
    assert Forbids((word,), "Sort.")(Proposal("t", text)) == f"holds {word!r}"
    assert Forbids((word,), "The cafe\u0301 it is.")(Proposal("t", text)) is None
    assert Forbids((word,), "Sort.")(Proposal("t", "Visit the cafés, cafe and caféteria.")) is None


# --- cases that are chats --------------------------------------------------------------------------------------------

SYSTEM = Message("system", "You are the polite helper of a large shop for garden tools and seeds.")
CHATS = [
    Case(
        "a", {}, "refund", messages=(SYSTEM, Message("user", "My rake broke after two days, order R-5512, what now?"))
    ),
    Case(
        "b", {}, "wait", messages=(SYSTEM, Message("user", "When will the seeds that I ordered in March arrive here?"))
    ),
    Case("c", {"q": "x"}, None, asserts=({"name": "contains", "value": "plant them in late October at noon"},)),
]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("If the seeds that I ordered in March arrive here, say wait.", "quotes case b"),
        ("Orders such as R-5512 are refunded.", "holds 'r-5512' of case a"),
        ("Say: plant them in late October at noon.", "quotes case c"),
        ("You are the polite helper of a large shop for garden tools and seeds. Answer wait or refund.", None),
        ("Answer refund when something broke, and wait when it is late.", None),
    ],
    ids=["a-turn", "a-number", "what-a-row-asserts", "what-all-chats-begin-with", "labels"],
)
def test_what_a_chat_says_is_not_to_be_quoted(text: str, said: str | None) -> None:
    assert NoQuotedCase.of("Answer.", CHATS)(Proposal("t", text)) == said


def test_a_chat_is_shown_to_the_optimizer_and_never_quoted_as_a_demonstration() -> None:
    assert example(CHATS[0]).input.endswith("user: My rake broke after two days, order R-5512, what now?")
    both = Case("d", {"input": "more"}, "yes", messages=(Message("user", "Hi"), Message("assistant", "")))
    assert (example(both).input, example(both).output) == ("more\nuser: Hi", "yes")
    assert not quotable(CHATS[0])
    assert quotable(Case("e", {"input": "x"}, "yes"))


@pytest.mark.parametrize(
    ("expected", "said"),
    [
        (None, ""),
        ("", ""),
        ([], ""),
        (["a", "b"], "a"),
        ([["a"]], "a"),
        ({"x": "é"}, '{"x": "é"}'),
        (True, "True"),
        (3, "3"),
    ],
    ids=str,
)
def test_the_answer_that_is_shown(expected: object, said: str) -> None:
    assert answer_text(expected) == said


@given(st.text(max_size=60))
def test_words_are_the_same_in_either_spelling_and_constructs_have_none(text: str) -> None:
    assert words(unicodedata.normalize("NFD", text)) == words(unicodedata.normalize("NFC", text))
    assert words("{{ " + text.replace("}", "") + " }}") == ()


# --- replies of any form ---------------------------------------------------------------------------------------------

BITS = st.sampled_from([
    "<INS>", "</INS>", "<think>", "</think>", "```", "```json", "\n", '"', "**", "{", "}", "[", "]", "Sort it.", "- ",
    '"instruction":', "{{ ticket }}", "ADD after 2:", "DELETE 1", "REPLACE 3:", "1. ", "Sure:", "&lt;INS&gt;", "é", " ",
    "not valid", "{% if x %}",
])  # fmt: skip
REPLIES = st.lists(BITS, max_size=14).map("".join)
BASE = "Route the ticket. Be brief.\n- one\n- two\n\nTicket: {{ ticket }}\nTeam:"


@settings(deadline=None, max_examples=150)
@given(REPLIES)
def test_no_reply_breaks_the_reading_of_a_text(reply: str) -> None:
    text, reason = answer_of(reply, placeholders(BASE))
    assert (text is None) == bool(reason)
    assert text is None or text.strip()
    assert placed(reply, "t", Layout(), [Candidate(BASE, "start", 0)]).raw == reply
    assert "<think>" not in spoken(reply)
    assert unwrapped(unwrapped(reply)).strip() == unwrapped(unwrapped(reply))
    assert all(bare.strip() == bare != "" for bare in tagged_texts(reply))


@settings(deadline=None, max_examples=150)
@given(REPLIES)
def test_no_reply_breaks_the_reading_of_edits_and_none_touches_the_question(reply: str) -> None:
    base = cut(BASE)
    edits = edits_of(reply, base, "t", ())
    assert len({edit.id for edit in edits}) == len(edits)
    for edit in edits:
        assert -1 <= edit.place < len(base.pieces)
        assert edit.change == "insert" or not base.pieces[edit.place].fixed
        assert "{{" not in edit.text
        assert "{%" not in edit.text
        assert "Ticket: {{ ticket }}\n" in apply(base, [edit])


SENTENCES = st.lists(
    st.sampled_from(["Sort it.", "Be brief.", "Think twice.", "Say why.", "No jokes!"]),
    min_size=1,
    max_size=5,
    unique=True,
)


@settings(deadline=None, max_examples=120)
@given(SENTENCES, SENTENCES)
def test_the_edits_between_two_texts_turn_one_into_the_other(old: list[str], new: list[str]) -> None:
    base = cut(" ".join(old))
    edits = between(base, " ".join(new), "t")
    assert edits is not None
    assert apply(base, edits).split() == " ".join(new).split()
    assert (edits == []) == (old == new)


@settings(deadline=None, max_examples=60)
@given(SENTENCES)
def test_a_deletion_takes_one_sentence_and_leaves_the_others(sentences: list[str]) -> None:
    base = cut(" ".join(sentences) + "\n\n{{ q }}")
    gone = deletions(base)
    assert len(gone) == (len(sentences) if len(sentences) > 1 else 0)
    for number, edit in enumerate(gone):
        rest = [s for n, s in enumerate(sentences) if n != number]
        assert apply(base, [edit]).split() == [*" ".join(rest).split(), "{{", "q", "}}"]
    assert [len(group) for group in factors(gone)] == [1] * len(gone)


@pytest.mark.parametrize("position", WHERE)
@settings(max_examples=40)
@given(text=st.text("ab .\n:é", min_size=1, max_size=20).filter(str.strip))
def test_an_instruction_is_read_back_from_its_place(position: Position, text: str) -> None:
    layout = Layout.of("Sort it.\n\nTicket: {{ ticket }}\nLabel:", position)
    whole = layout.place(text)
    assert layout.instruction(whole) == text
    assert position == "whole" or "{{ ticket }}" in whole
    assert is_blank(layout.place(""))


@given(st.lists(st.sampled_from(["Sort.", "{{ q }}", "\n", "Q: ", "{% if x %}"]), max_size=6).map("".join))
def test_the_question_begins_with_a_line_of_its_own(text: str) -> None:
    at = question_start(text)
    assert at == len(text) or at == 0 or text[at - 1] == "\n"
    assert "{{ q }}" not in text[:at]


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.sampled_from([None, "Sort it.", "sort  it.", "*Sort* it.", "Be kind.", "Sort it"]), max_size=6),
    st.integers(0, 4),
)
def test_every_proposal_is_admitted_once_or_refused_with_its_reason(texts: list[str | None], places: int) -> None:
    done = Trajectory((), (), (), 0, (Scored(Candidate("Be kind.", "start", 0)),))
    proposals = [Proposal("t", text, raw="raw", reason="" if text else "unreadable") for text in texts]
    admitted, refused = admit(proposals, (), done, places)
    assert len(admitted) + len(refused) == len(texts)
    assert len(admitted) <= places
    keys = [normalised(c.text) for c in admitted]
    assert len(set(keys)) == len(keys)
    assert "Be kind." not in keys
    assert {r.reason for r in refused} <= {"duplicate", "no budget", "unreadable"}
    assert [r.text for r in refused if r.unread] == ["raw"] * texts.count(None)


def test_demonstrations_leave_the_text_around_them_alone() -> None:
    case = Case("d", {"input": "2 + 2"}, "4")
    assert quoted("Add.\n\nQ: {{ q }}", [case]) == "Add.\n\nInput: 2 + 2\nOutput: 4\n\nQ: {{ q }}"
    assert quoted("Add.", [case]) == "Add.\n\nInput: 2 + 2\nOutput: 4"
    assert quoted("{{ q }}", [case]) == "Input: 2 + 2\nOutput: 4\n\n{{ q }}"
    assert quoted("Add.  ", []) == "Add.  "


def test_a_line_of_the_question_is_a_parrots_and_a_short_one_nobodys() -> None:
    question = ["Write one sentence that makes the answers better.", "Be brief."]
    assert parrots("so:\nwrite ONE sentence, that makes the answers better", question)
    assert not parrots("Be brief.", question)


@pytest.mark.parametrize("name", ["../secret", "/etc/passwd", "gone"], ids=["above", "absolute", "gone"])
def test_a_meta_prompt_comes_from_its_folders_alone(name: str) -> None:
    with pytest.raises(ConfigError, match="cannot use the meta-prompt"):
        MetaPrompts(()).ask(name)
