"""A prompt as a conversation: which messages one case makes, and where its own chat goes."""

from __future__ import annotations

import pytest

from promptci.core import Case, Json, Message, Part, Prompt, ToolCall
from promptci.errors import DataError
from promptci.prompts import read_prompt
from promptci.prompts.conversation import compile_prompt, plain

SYSTEM, USER = Message("system", "Be brief."), Message("user", "x")
CHAT = (Message("user", "Hi"), Message("assistant", "Hello"), Message("user", "Why?"))


def said(*parts: Part, vars: dict[str, Json] | None = None, chat: tuple[Message, ...] = ()) -> list[tuple[str, str]]:  # noqa: A002  # the case's word for it
    conversation = compile_prompt(Prompt("p", "p.md", parts))
    return [(m.role, m.content) for m in conversation.messages(Case("c", vars or {}, messages=chat))]


@pytest.mark.parametrize(
    ("parts", "values", "expected"),
    [
        pytest.param((Part("system", "Be brief."), Part("user", "{{ q }}")), {"q": "x"},
                     [("system", "Be brief."), ("user", "x")], id="roles"),
        pytest.param((Part("system", "Be brief."), Part(None, "{{ q }}")), {"q": "x"},
                     [("system", "Be brief."), ("user", "x")], id="plain-text-behind-a-system-message"),
        pytest.param((Part("system", "Be brief."),), {"q": "x"},
                     [("system", "Be brief."), ("user", "x")], id="the-input-follows"),
        pytest.param((Part("user", "a"), Part("assistant", "b")), {"q": "x"},
                     [("user", "a"), ("assistant", "b"), ("user", "x")], id="the-input-follows-examples"),
        pytest.param((Part("user", "Sum up {{ a }}", before="<", after=">"),), {"a": {"b": None}},
                     [("user", '<Sum up {"b": null}>')], id="around-the-rewritable-text"),
    ],
)  # fmt: skip
def test_one_case_makes_one_chat(
    parts: tuple[Part, ...], values: dict[str, Json], expected: list[tuple[str, str]]
) -> None:
    assert said(*parts, vars=values) == expected


@pytest.mark.parametrize(
    "text",
    [
        pytest.param('[{"role": "user", "name": "ada", "content": " {{ q }}"}]', id="a-chat"),
        pytest.param('[{"role": "user", "name": "ada", "content": {{ q | tojson }}}]', id="a-template-of-one"),
    ],
)
def test_a_speaker_s_name_is_sent(text: str) -> None:
    conversation = compile_prompt(read_prompt("p", "p.json", text.encode()))
    (message,) = conversation.messages(Case("c", {"q": "x"}))
    assert (message.role, message.content.strip(), message.name) == ("user", "x", "ada")


HISTORY = [("user", "Hi"), ("assistant", "Hello"), ("user", "Why?")]


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        pytest.param((Part(None, "Answer."),), [("system", "Answer."), *HISTORY], id="plain-text"),
        pytest.param((Part(None, "Answer.\n\n{{ input }}"),), [("system", "Answer."), *HISTORY], id="named-in-text"),
        pytest.param((Part("system", "A"), Part("user", "{{ input }}")), [("system", "A"), *HISTORY], id="named-alone"),
        pytest.param((Part("system", "A"), Part("user", "Go.")), [("system", "A"), *HISTORY, ("user", "Go.")],
                     id="before-the-last-user-message"),
        pytest.param((Part("history", ""), Part("system", "A"), Part("user", "Go.")),
                     [*HISTORY, ("system", "A"), ("user", "Go.")], id="history"),
    ],
)  # fmt: skip
def test_a_rows_chat_is_put_in_place(parts: tuple[Part, ...], expected: list[tuple[str, str]]) -> None:
    assert said(*parts, chat=CHAT) == expected


def test_every_change_of_what_is_sent_changes_the_digest() -> None:
    start = Prompt("p", "p.md", (Part("system", "a"), Part("user", "{{ q }}")), parameters={"temperature": 0})
    others = [
        Prompt("p", "p.md", (Part("system", "b"), *start.parts[1:]), parameters=start.parameters),
        Prompt("p", "p.md", (Part("user", "a"), *start.parts[1:]), parameters=start.parameters),
        Prompt("p", "p.md", start.parts, parameters={"temperature": 1}),
        Prompt("p", "p.md", start.parts, parameters=start.parameters, style="github"),
        Prompt("p", "p.md", (Part("assistant", "a", tool_calls=(ToolCall("f", "{}"),)), *start.parts[1:])),
        Prompt("p", "p.md", (Part("system", "a", name="ada"), *start.parts[1:]), parameters=start.parameters),
    ]
    digests = {compile_prompt(p).digest for p in (start, *others)}
    assert len(digests) == len(others) + 1
    same = Prompt("q", "elsewhere.md", start.parts, parameters=start.parameters, notes={"author": "Dana"})
    assert compile_prompt(same).digest == compile_prompt(start).digest


def test_variables_are_needed_and_optional_ones_are_not() -> None:
    text = "{% if hint is defined %}{{ hint }}{% endif %}{{ image | default('none') }} {{ q }}"
    conversation = plain(text)
    assert (sorted(conversation.variables), sorted(conversation.optional)) == (["q"], ["hint", "image"])
    assert conversation.messages(Case("c", {"q": "x"}))[0].content == "none x"
    assert conversation.lacking(Case("c", {})) == ["q"]
    with pytest.raises(DataError, match="'q' is undefined"):
        conversation.messages(Case("c", {}))


def test_another_text_stands_in_the_same_place() -> None:
    conversation = compile_prompt(Prompt("p", "p.md", (Part("system", "a"), Part("user", "{{ q }}"))))
    other = conversation.with_text("b")
    assert (other.text, conversation.text) == ("b", "a")
    assert other.messages(Case("c", {"q": "x"})) == (Message("system", "b"), USER)
