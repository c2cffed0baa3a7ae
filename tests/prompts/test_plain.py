"""Text files by what they hold: text, a chat as JSON or a template of one, blocks; and whose braces they use."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promptci.core import Case, Json, Message, Prompt
from promptci.errors import DataError
from promptci.prompts import read_prompt, write_prompt
from promptci.prompts.checks import refuse_unfillable, styled
from promptci.prompts.conversation import compile_prompt

Said = list[tuple[str, str]]


def asked(path: str, text: str, case: Case) -> Said:
    prompt = styled(read_prompt("p", path, text.encode()), [case])
    conversation = compile_prompt(prompt)
    refuse_unfillable(conversation, [case], "e.jsonl")
    return [(m.role, m.content) for m in conversation.messages(case)]


def case(**values: Json) -> Case:
    return Case("c", values)


SET = '[{%- set s -%}Grade it{%- endset -%}\n{"role": "system", "content": {{ s | dump }}},'
TURN = '{"role": "{{ m.who }}", "content": "{{ m.said }}"}'
LOOP = f"[{{% for m in turns %}}{TURN}{{% if not loop.last %}},{{% endif %}}{{% endfor %}}]"
USER = '{"role": "user", "content": "{{ q }}"}'
FIXED = '{"role": "user", "content": "a"}'
FRONT = "in front of other text"
GUIDANCE = "{{#system~}}\nBe terse.\n{{~/system}}\n{{#user~}}\n{{q}}\n{{~/user}}\n"
CHATS: dict[str, tuple[str, str, Case, Said]] = {
    "json-with-set": (
        "p.json",
        SET + '{"role": "user", "content": "{{ q }}"}]',
        case(q='say "hi"\n'),
        [("system", "Grade it"), ("user", 'say "hi"\n')],
    ),
    "json-with-loop": (
        "p.json",
        LOOP,
        case(turns=[{"who": "user", "said": "a"}, {"who": "assistant", "said": "b\\"}, {"who": "user", "said": "c"}]),
        [("user", "a"), ("assistant", "b\\"), ("user", "c")],
    ),
    "json-with-a-whole-value": (
        "p.json",
        '[{"role": "user", "content": {{ q | tojson }}}]',
        case(q='"'),
        [("user", '"')],
    ),
    "json-with-a-branch": (
        "p.json",
        '[{% if tone is defined %}{"role": "system", "content": "{{ tone }}"},{% endif %}' + USER + "]",
        case(q="x"),
        [("user", "x")],
    ),
    "json-body": (
        "p.json",
        '{"messages": [{% set a = q %}{"role": "user", "content": "{{ a | upper }}"}]}',
        case(q="x"),
        [("user", "X")],
    ),
    "a-chat-in-a-text-file": (
        "p.txt",
        '\n[\n  {"role": "system", "content": "Be brief."},\n  {"role": "user", "content": "{{ q }}"}\n]\n',
        case(q="why?"),
        [("system", "Be brief."), ("user", "why?")],
    ),
    "a-templated-chat-in-a-text-file": (
        "p.j2",
        '[{% if true %}{"role": "user", "content": "{{ q }}"}{% endif %}]',
        case(q="why?"),
        [("user", "why?")],
    ),
    "guidance": (
        "p.md",
        GUIDANCE + "{{#assistant~}}\n{{gen 'names' temperature=0 max_tokens=20}}\n{{~/assistant}}\n",
        case(q="why?"),
        [("system", "Be terse."), ("user", "why?")],
    ),
    "blocks-with-an-example": (
        "p.txt",
        "{{#system}}Be terse.{{/system}}{{#user}}a{{/user}}{{#assistant}}b{{/assistant}}{{#user}}{{q}}{{/user}}",
        case(q="c"),
        [("system", "Be terse."), ("user", "a"), ("assistant", "b"), ("user", "c")],
    ),
    "handlebars-in-a-text-file": (
        "p.md",
        "Pick:\n{{#each dishes}}\n- {{this}}\n{{/each}}\n",
        case(dishes=["soup", "stew"]),
        [("user", "Pick:\n- soup\n- stew\n")],
    ),
    "three-braces": ("p.txt", "Pick {{{dish}}}.", case(dish="<soup>"), [("user", "Pick <soup>.")]),
    "a-format-text": (
        "p.md",
        'Reply with {{"name": "..."}}.\n\nQ: {q}\n',
        case(q="why?"),
        [("user", 'Reply with {"name": "..."}.\n\nQ: why?')],
    ),
    "a-format-text-with-a-width": ("p.txt", "{{{n:>4}}}|{q}", case(n=7, q="x"), [("user", "{   7}|x")]),
    "a-chat-of-format-texts": (
        "p.json",
        '[{"role": "system", "content": "Be {tone}: {{}}."}, {"role": "user", "content": "{q}"}]',
        case(q="x", tone="calm"),
        [("system", "Be calm: {}."), ("user", "x")],
    ),
    "braces-that-are-no-columns": (
        "p.md",
        'Use {"a": 1} and {b}.',
        case(q="x"),
        [("system", 'Use {"a": 1} and {b}.'), ("user", "x")],
    ),
    "a-list-that-is-no-chat": ("p.md", '[Note] A "role" is: {{ q }}', case(q="x"), [("user", '[Note] A "role" is: x')]),
}


@pytest.mark.parametrize("name", CHATS)
def test_a_file_is_read_by_what_it_holds(name: str) -> None:
    path, text, row, expected = CHATS[name]
    assert asked(path, text, row) == expected


REFUSED: dict[str, tuple[str, str, str]] = {
    "no-json-when-filled": ("p.json", '[{% if q %}{"role": "user" "content": "x"}{% endif %}]', "it is no JSON chat"),
    "a-value-that-is-no-json": ("p.json", '[{"role": "user", "content": {{ q }}}]', "it is no JSON chat"),
    "no-messages-when-filled": ("p.json", '{"a": [{% if q %}1{% endif %}]}', "no 'messages'"),
    "an-unknown-role": ("p.json", '[{% if q %}{"role": "{{ q }}", "content": "a"}{% endif %}]', "the role"),
    "settings-inside": ("p.json", '{"seed": 1{% if q %}, "messages": [' + FIXED + "]{% endif %}}", "'seed' cannot"),
    "a-value-that-is-missing": ("p.json", "[{% if q %}" + USER.replace("q", "nope") + "{% endif %}]", "has no 'nope'"),
    "two-generations": ("p.md", GUIDANCE + "{{#assistant}}{{gen 'a'}}{{/assistant}}" * 2, "more than once"),
    "a-generation-in-the-middle": ("p.md", "{{#assistant}}{{gen 'a'}}{{/assistant}}" + GUIDANCE, FRONT),
    "a-generation-with-text": ("p.md", GUIDANCE + "{{#assistant}}It is {{gen 'a'}}{{/assistant}}", FRONT),
    "an-unknown-option": ("p.md", GUIDANCE + "{{#assistant}}{{gen 'a' beams=3}}{{/assistant}}", "'beams' of 'gen'"),
    "a-bad-option": ("p.md", GUIDANCE + "{{#assistant}}{{gen 'a' temperature=9}}{{/assistant}}", "must be a number"),
    "text-outside": ("p.md", GUIDANCE + "and then", "outside the blocks"),
    "text-before": ("p.md", "first " + GUIDANCE, "outside the blocks"),
    "never-closed": ("p.md", GUIDANCE + "{{#user}}x", "never closed"),
    "a-block-in-a-block": ("p.md", "{{#system}}a{{#user}}b{{/user}}{{/system}}", "does not fit"),
    "mixed-braces": ("p.md", "{% if a %}{{#each b}}{% endif %}", "is Handlebars"),
    "a-format-text-beside-jinja": ("p.md", "{{ a }} {q}", "'{q}' looks like a placeholder"),
    "a-file-that-says-jinja": ("p.j2", "Q: {q}", "'{q}' looks like a placeholder"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_sent_is_refused_before_a_call(name: str) -> None:
    path, text, said = REFUSED[name]
    with pytest.raises(DataError, match=said):
        asked(path, text, case(q="x", a="y", b=["z"]))


def test_a_chat_keeps_its_place_in_a_text_file() -> None:
    text = '[{"role": "system", "content": "Old."},\n {"role": "user", "content": "{{ q }}"}]\n'
    assert write_prompt("p.txt", text.encode(), 'New "one".').decode() == text.replace("Old.", 'New \\"one\\".')
    assert read_prompt("p", "p.md", GUIDANCE.encode()).parts[1].first_line == 5
    written = write_prompt("p.md", GUIDANCE.encode(), "Be long.")
    assert written.decode() == GUIDANCE.replace("Be terse.", "Be long.")


def test_a_template_around_json_is_not_rewritten() -> None:
    with pytest.raises(DataError, match="cannot be written back"):
        write_prompt("p.json", (SET + '{"role": "user", "content": "{{ q }}"}]').encode(), "[]")


def test_a_style_that_is_said_stays() -> None:
    for style in ("jinja", "none"):
        prompt = read_prompt("p", "p.md", b"Q: {{ q }}", style=style)  # type: ignore[arg-type,unused-ignore]  # both are styles
        assert styled(prompt, [case(q="x")]).style == style
    assert styled(read_prompt("p", "p.md", b"Q: {q}"), []).style == "jinja"


CHAT = '[{"role": "system", "content": "%s"}, {"role": "user", "content": "{q}"}]'
FIELDS: dict[str, tuple[str, str, dict[str, Json], str]] = {
    "fields that are all columns": ("p.md", "Q: {q} in {lang}", {"q": "x", "lang": "de"}, "jinja"),
    "a column left that may be the answer": ("p.md", "Reply {a} to {q}", {"q": "x", "a": "y", "b": "z"}, "jinja"),
    "one more column, braces twice": ("p.md", "{q} {{}}", {"q": "x", "b": "z"}, "fstring"),
    "a field that is no column": ("p.md", "{q} {other}", {"q": "x"}, "jinja"),
    "a brace of its own": ("p.md", 'Q: {q} {"a": 1}', {"q": "x"}, "jinja"),
    "half converted": ("p.md", "Q: {q} {{ lang }}", {"q": "x", "lang": "de"}, "jinja"),
    "a template by its ending": ("p.j2", "Q: {q}", {"q": "x"}, "jinja"),
    "a chat": ("p.json", CHAT % "Be brief.", {"q": "x"}, "fstring"),
    "a chat, braces twice in a message without fields": ("p.json", CHAT % "Say {{}}", {"q": "x", "b": "z"}, "fstring"),
    "a chat, a brace of its own": ("p.json", CHAT % "Say {}", {"q": "x"}, "jinja"),
}


@pytest.mark.parametrize("name", FIELDS)
def test_fields_are_filled_where_they_can_only_mean_columns(name: str) -> None:
    path, text, values, style = FIELDS[name]
    assert styled(read_prompt("p", path, text.encode()), [Case("a", values)]).style == style


@settings(max_examples=40)
@given(value=st.text(max_size=40), other=st.text(max_size=20))
def test_no_value_leaves_the_text_that_it_stands_in(value: str, other: str) -> None:
    system, user = '{"role": "system", "content": "{{ q }}"}', '{"role": "user", "content": "{{ a }}\\n{{ q }}"}'
    text = "[{% set a = other %}" + system + "," + user + "]"
    prompt: Prompt = read_prompt("p", "p.json", text.encode())
    found = compile_prompt(prompt).messages(case(q=value, other=other))
    assert found == (Message("system", value), Message("user", f"{other}\n{value}"))
    assert json.loads(json.dumps([m.content for m in found])) == [value, f"{other}\n{value}"]
