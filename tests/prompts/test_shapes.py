"""Mappings that hold a prompt: bodies of requests, texts by their role, LangChain's templates; written back, too."""

from __future__ import annotations

import json
from typing import Any

import pytest

from promptci.core import Case, Json, Message
from promptci.errors import DataError
from promptci.prompts import read_prompt, write_prompt
from promptci.prompts.checks import styled
from promptci.prompts.conversation import compile_prompt


def lc(name: str, **kwargs: Json) -> dict[str, Json]:
    return {"lc": 1, "type": "constructor", "id": ["langchain", "prompts", name], "kwargs": kwargs}


def lc_message(name: str, template: str, **more: Json) -> dict[str, Json]:
    return lc(name, prompt=lc("PromptTemplate", template=template, input_variables=[], **more))


CHAT = lc(
    "ChatPromptTemplate",
    input_variables=["q"],
    messages=[
        lc_message("SystemMessagePromptTemplate", "Be brief.", template_format="f-string"),
        lc_message("HumanMessagePromptTemplate", "Q: {q}"),
    ],
)
USER = [{"role": "user", "content": "Q: {q}"}]
BODIES: dict[str, dict[str, Any]] = {
    "anthropic": {"model": "m", "max_tokens": 9, "system": "Be brief.", "messages": USER},
    "anthropic, a block": {"system": [{"type": "text", "text": "Be brief."}], "messages": USER},
    "responses": {
        "instructions": "Be brief.",
        "input": [{"role": "user", "content": [{"type": "input_text", "text": "Q: {q}"}]}],
        "max_output_tokens": 9,
    },
    "responses, a text": {"instructions": "Be brief.", "input": "Q: {q}"},
    "by role": {"name": "n", "version": 1, "system": "Be brief.", "user": "Q: {q}", "temperature": 0},
    "by role, longer names": {"user_prompt": "Q: {q}", "system_prompt": "Be brief."},
    "a prompt beside its system": {"system": "Be brief.", "prompt": "Q: {q}"},
    "langchain's chat": CHAT,
    "langfuse's export": {
        "name": "n",
        "type": "chat",
        "version": 3,
        "labels": ["production"],
        "config": {"model": "m", "temperature": 0},
        "prompt": [{"role": "system", "content": "Be brief."}, *USER],
    },
}
ASKED = (Message("system", "Be brief."), Message("user", "Q: ahoy"))
CASE = Case("a", {"q": "ahoy"})


@pytest.mark.parametrize("name", BODIES)
@pytest.mark.parametrize("ending", ["json", "yaml"])
def test_a_mapping_is_sent_as_its_messages(name: str, ending: str) -> None:
    content = json.dumps(BODIES[name], indent=1).encode()  # which is YAML, too
    prompt = styled(read_prompt("p", f"p.{ending}", content), [CASE])
    assert compile_prompt(prompt).messages(CASE) == ASKED


@pytest.mark.parametrize("name", BODIES)
def test_rewriting_changes_the_text_alone(name: str) -> None:
    content = json.dumps(BODIES[name], indent="\t").replace("\n", "\r\n").encode()
    assert write_prompt("p.json", content, "Be brief.") == content
    assert write_prompt("p.json", content, "Be long.") == content.replace(b"Be brief.", b"Be long.")
    assert write_prompt("p.json", content, "{q}?", rewrite="user") == content.replace(b"Q: {q}", b"{q}?")


ALONE: dict[str, tuple[dict[str, Any], str, str]] = {
    "a template": ({"template": "Say {q}", "description": "d"}, "Say {q}", "fstring"),
    "langchain's file": ({"_type": "prompt", "input_variables": ["q"], "template": "Say {q}"}, "Say {q}", "fstring"),
    "langchain's file in jinja": (
        {"_type": "prompt", "template": "Say {{ q }}", "template_format": "jinja2"},
        "Say {{ q }}",
        "jinja",
    ),
    "langchain's template": (
        lc("PromptTemplate", template="Say {q}", template_format="f-string"),
        "Say {q}",
        "fstring",
    ),
}


@pytest.mark.parametrize("name", ALONE)
def test_one_text_is_the_prompt(name: str) -> None:
    given, text, style = ALONE[name]
    prompt = styled(read_prompt("p", "p.json", json.dumps(given).encode()), [CASE])
    assert ([(p.role, p.text) for p in prompt.parts], prompt.style) == ([(None, text)], style)


def test_what_an_export_sends_along_is_sent() -> None:
    prompt = read_prompt("p", "p.json", json.dumps(BODIES["langfuse's export"]).encode())
    assert dict(prompt.parameters) == {"model": "m", "temperature": 0}


@pytest.mark.parametrize(
    ("ending", "text"),
    [("jinja2", "Q: {{ q }}"), ("jinja", "Q: {{ q }}"), ("hbs", "Q: {{q}}"), ("mustache", "Q: {{{q}}}")],
)
def test_an_ending_says_the_language(ending: str, text: str) -> None:
    prompt = styled(read_prompt("p", f"p.{ending}", text.encode()), [CASE])
    assert compile_prompt(prompt).messages(CASE)[0].content == "Q: ahoy"
    assert write_prompt(f"p.{ending}", text.encode(), "Say " + text) == b"Say " + text.encode()


def test_partial_variables_fill_what_a_case_lacks_and_a_placeholder_is_the_chats() -> None:
    given = {"_type": "prompt", "template": "{tone} {q}", "partial_variables": {"tone": "calm"}}
    prompt = read_prompt("p", "p.json", json.dumps(given).encode())
    assert compile_prompt(prompt).messages(CASE)[0].content == "calm ahoy"
    kwargs = CHAT["kwargs"]
    found = lc("ChatPromptTemplate", messages=[lc("MessagesPlaceholder", variable_name="h"), *kwargs["messages"]])
    roles = [part.role for part in read_prompt("p", "p.json", json.dumps(found).encode()).parts]
    assert roles == ["history", "system", "user"]


MISTAKES: dict[str, tuple[Any, str, str]] = {
    "an unknown key": ({"system": "a", "user": "b", "mood": 1}, "unknown key 'mood'", ""),
    "an empty text": ({"system": " ", "user": "b"}, "has no content", ""),
    "two of a role": ({"user": "a", "user_prompt": "b"}, "there are no 'messages'", ""),
    "texts by name": (
        {"prompts": {"a": "Do it", "b": {"user": "x"}}},
        "no 'messages'",
        "p.json::prompts.a, p.json::prompts.b",
    ),
    "few shots": ({"_type": "few_shot", "prefix": "Do it", "suffix": "x"}, "must stand in the file itself", ""),
    "another format": ({"_type": "prompt", "template": "x", "template_format": "nix"}, "no 'messages'", ""),
    "a class of its own": (lc("ChatPromptTemplate", messages=[lc("Other")]), "no 'messages'", ""),
    "two formats": (
        lc(
            "ChatPromptTemplate",
            messages=[
                lc_message("SystemMessagePromptTemplate", "a", template_format="jinja2"),
                lc_message("HumanMessagePromptTemplate", "b"),
            ],
        ),
        "no 'messages'",
        "",
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_what_holds_no_prompt_is_refused_and_its_texts_are_named(name: str) -> None:
    given, said, hint = MISTAKES[name]
    with pytest.raises(DataError, match=said) as caught:
        read_prompt("p", "p.json", json.dumps(given).encode())
    assert (caught.value.hint or "").endswith(hint)
