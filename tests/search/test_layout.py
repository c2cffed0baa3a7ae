from __future__ import annotations

import pytest

from promptci.errors import ConfigError
from promptci.search.layout import Layout, Position, is_blank

START = "Sort the ticket.\n\nTicket: {{ ticket }}\nLabel:"


@pytest.mark.parametrize(
    ("position", "expected"),
    [
        ("whole", "NEW"),
        ("before_question", "NEW\n\nTicket: {{ ticket }}\nLabel:"),
        ("question_begin", "Ticket: NEW\n{{ ticket }}\nLabel:"),
        ("question_end", "Ticket: {{ ticket }}\nNEW\nLabel:"),
        ("answer_begin", "Ticket: {{ ticket }}\nLabel: NEW"),
    ],
)
def test_the_instruction_goes_where_it_is_asked_to_go_and_is_read_back(position: Position, expected: str) -> None:
    layout = Layout.of(START, position)
    assert layout.place("NEW") == expected
    assert layout.instruction(expected) == "NEW"


def test_labels_make_a_question_and_answer_form() -> None:
    layout = Layout.of("{{ input }}", "question_end", labels=True)
    assert layout.place("Think.") == "Q: {{ input }}\nThink.\n\nA:"


def test_an_answer_that_has_begun_is_replaced() -> None:
    layout = Layout.of("Q: {{ q }}\nA: Let's think step by step.", "answer_begin")
    assert layout.place("Let's count.") == "Q: {{ q }}\nA: Let's count."


def test_an_answer_without_a_label_gets_one() -> None:
    assert Layout.of("{{ q }}", "answer_begin").place("Let's see.") == "{{ q }}\n\nA: Let's see."


def test_the_old_prompts_instruction_is_read_in_a_frame_that_it_does_not_fit() -> None:
    assert Layout.of(START, "question_end").instruction(START) == "Sort the ticket."


def test_an_empty_instruction_leaves_the_question_alone() -> None:
    layout = Layout.of(START, "before_question")
    assert layout.place("") == "Ticket: {{ ticket }}\nLabel:"


def test_a_prompt_without_placeholders_is_all_instruction() -> None:
    assert Layout.of("Sort the ticket.", "before_question") == Layout()
    with pytest.raises(ConfigError, match="needs a prompt with a placeholder"):
        Layout.of("Sort the ticket.", "answer_begin")


@pytest.mark.parametrize("text", ["", " \n", "{{ input }}", "Input: {{ input }}\nOutput:", "Q: {{ q }}\n\nA:"])
def test_nothing_but_labels_is_blank(text: str) -> None:
    assert is_blank(text)


@pytest.mark.parametrize("text", ["Sort.", "Sort: {{ x }} now", "Answer the question: {{ q }}", "{{ x }} in French"])
def test_a_word_of_instruction_is_not_blank(text: str) -> None:
    assert not is_blank(text)
