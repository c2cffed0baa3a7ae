"""Chats in Python programs, what functions return, and LangChain's words for both: read, sent, written back."""

from __future__ import annotations

import pytest

from promptci.core import Case, Message
from promptci.errors import DataError
from promptci.prompts import read_prompt, write_prompt
from promptci.prompts.conversation import compile_prompt

ASKED = (Message("system", "Be brief."), Message("user", "Q: ahoy"))
CHATS: dict[str, str] = {
    "dictionaries": """P = [
    {"role": "system", "content": "Be brief."},  # stays
    {"role": "user", "content": "Q: {q}"},
]
""",
    "f-strings": """def f(q):
    return [{'role': 'system', 'content': 'Be brief.'}, {'role': 'user', 'content': f'Q: {q}'}]
""",
    "a name that is returned": "def f(q):\n    m = [('system', 'Be brief.'), ('user', f'Q: {q}')]\n    return m\n",
    "pairs": "P = ChatPromptTemplate.from_messages([('system', 'Be brief.'), ('human', 'Q: {q}')])\n",
    "pairs by name": "P = ChatPromptTemplate(messages=[('system', 'Be brief.'), ('human', 'Q: {q}')])\n",
    "templates of messages": """P = ChatPromptTemplate.from_messages([
    SystemMessage(content="Be brief."),
    HumanMessagePromptTemplate.from_template("Q: {q}"),
])
""",
    "dedent inside": """P = (
    ("system", dedent('''
        Be brief.
    ''')),
    ("user", "Q: {q}"),
)
""",
}


def name_of(program: str) -> str:
    return "f" if program.startswith("def") else "P"


@pytest.mark.parametrize("name", CHATS)
def test_a_chat_is_sent_as_the_program_would(name: str) -> None:
    program = CHATS[name]
    prompt = read_prompt("p", f"a.py::{name_of(program)}", program.encode())
    said = compile_prompt(prompt).messages(Case("a", {"q": "ahoy"}))
    assert tuple(Message(m.role, m.content.strip()) for m in said) == ASKED


@pytest.mark.parametrize("name", CHATS)
def test_rewriting_a_message_changes_its_text_alone(name: str) -> None:
    program = "\ufeff" + CHATS[name].replace("\n", "\r\n")
    path = f"a.py::{name_of(CHATS[name])}"
    assert write_prompt(path, program.encode(), "Be brief.") == program.encode()
    written = write_prompt(path, program.encode(), "Be long.").decode()
    assert written == program.replace("Be brief.", "Be long.")
    user = write_prompt(path, program.encode(), "{q}?", rewrite="user").decode()
    assert user == program.replace("Q: {q}", "{q}?")


def test_where_the_chat_of_a_row_goes_is_read() -> None:
    program = (
        b"P = from_messages([('system', 'S'), MessagesPlaceholder('h'), ('placeholder', '{x}'), ('human', '{q}')])"
    )
    assert [p.role for p in read_prompt("p", "a.py::P", program).parts] == ["system", "history", "history", "user"]


TEXTS: dict[str, tuple[str, str, str]] = {
    "a function": ('def f(q):\n    return f"""Q: {q}"""\n', "f", "fstring"),
    "a method": ("class A:\n    def f(self, q):\n        return f'Q: {q}'\n", "A.f", "fstring"),
    "a coroutine, and one inside it": (
        "async def f(q):\n    def g():\n        return 1\n    t = f'Q: {q}'\n    return t\n",
        "f",
        "fstring",
    ),
    "a template": ("P = PromptTemplate.from_template('Q: {q}')\n", "P", "fstring"),
    "a template by name": ("P = PromptTemplate(input_variables=['q'], template='Q: {q}')\n", "P", "fstring"),
    "format": ("def f(q):\n    return 'Q: {q}'.format(q=q.text)\n", "f", "fstring"),
    "a message": ("P = [{'role': 'user', 'content': 'Q: {q}'}]\n", "P.0.content", "fstring"),
}


@pytest.mark.parametrize("name", TEXTS)
def test_a_text_is_found_where_it_stands(name: str) -> None:
    program, selector, style = TEXTS[name]
    prompt = read_prompt("p", f"a.py::{selector}", program.encode())
    assert (prompt.template, prompt.style) == ("Q: {q}", style)
    written = write_prompt(f"a.py::{selector}", program.encode(), "Say {q}")
    assert written.decode() == program.replace("Q: {q}", "Say {q}")


MISTAKES: dict[str, tuple[str, str, str]] = {
    "two returns": ("def f(q):\n    if q:\n        return 'a'\n    return 'b'\n", "f", "'f' returns 2 values"),
    "none": ("def f(q):\n    t = 'a'\n", "f", "'f' returns nothing"),
    "a call": ("def f(q):\n    return g(q)\n", "f", "'f' is put together by the program"),
    "another format": ("P = PromptTemplate(template='{{q}}', template_format='jinja2')\n", "P", "put together"),
    "a role that nobody has": ("P = [('boss', 'x')]\n", "P", "a message has the role 'boss'"),
    "a message that is more": ("P = [{'role': 'user', 'content': 'x', 'name': 'y'}]\n", "P", "put together"),
    "two ways": ("P = [('system', 'Show {\"a\": 1}'), ('user', '{q}')]\n", "P", "placeholders in two ways"),
    "one of several": ("P = [('system', 'a'), other]\n", "P", "put together"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_what_cannot_be_read_is_said_with_its_line(name: str) -> None:
    program, selector, said = MISTAKES[name]
    with pytest.raises(DataError, match=said) as caught:
        read_prompt("p", f"a.py::{selector}", program.encode())
    assert (caught.value.place or "").startswith("a.py:")


def test_the_texts_of_a_program_are_named() -> None:
    program = b"A = 'x'\nB = [('user', 'x')]\nC = PromptTemplate.from_template('x')\nD = 7\ndef f():\n    t = 'x'\n"
    with pytest.raises(DataError) as caught:
        read_prompt("p", "a.py::NO", program)
    assert caught.value.hint == "texts there: A, B, C, f.t"
