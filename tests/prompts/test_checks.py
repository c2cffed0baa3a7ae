"""Prompt and cases together: placeholders of another language, missing values, prompts that ask every case the same."""

from __future__ import annotations

import pytest

from promptci.conflicts import refuse_conflict
from promptci.core import Case, Json, Message, Part, Prompt, Style
from promptci.errors import DataError
from promptci.prompts import read_prompt
from promptci.prompts.checks import refuse_unfillable
from promptci.prompts.conversation import compile_prompt, plain

CASES = [Case("a", {"question": "x", "context": "c", "price": 3})]


@pytest.mark.parametrize(
    ("text", "style", "said", "mend"),
    [
        pytest.param(
            "Q: {question}", "jinja", "'{question}' looks like", "{{ question }}, or set `template: fstring`", id="f"
        ),
        pytest.param("{context} {{ question }}", "jinja", "'{context}'", "{{ context }}", id="half-converted"),
        pytest.param("{price:.2f}", "jinja", "'{price}'", "{{ price }}", id="format"),
        pytest.param("Q: ${question}", "jinja", "'${question}'", "{{ question }}", id="dollar-braces"),
        pytest.param("Q: $question", "jinja", "'$question'", "{{ question }}", id="dollar"),
        pytest.param("Q: %(question)s", "jinja", "'%(question)s'", "{{ question }}", id="percent"),
        pytest.param("Q: %s", "jinja", "'%s'", "{{ name }}", id="nameless"),
        pytest.param("Q: <question>", "jinja", "'<question>'", "{{ question }}", id="angle"),
        pytest.param("Q: [[question]]", "jinja", "'[[question]]'", "{{ question }}", id="square"),
        pytest.param("Q: { question }", "jinja", "'{ question }'", "{{ question }}", id="spaced"),
        pytest.param("Q: #{question}", "jinja", "'#{question}'", "{{ question }}", id="ruby"),
        pytest.param("Q: %{question}", "jinja", "'%{question}'", "{{ question }}", id="ruby-format"),
        pytest.param("Q: <%= question %>", "jinja", "'<%= question %>'", "{{ question }}", id="erb"),
        pytest.param("Q: {{ question }} {context}", "github", "'{context}'", "{{context}}", id="in-github"),
        pytest.param("Q: {{question}} {context}", "fstring", "'{{question}}'", "{question}", id="in-fstring"),
        pytest.param("Q: {{ question }}", "none", "'{{question}}'", "template: jinja", id="in-none"),
        pytest.param("Q: {{question}} ${context}", "handlebars", "'${context}'", "{{context}}", id="in-handlebars"),
    ],
)
def test_a_placeholder_of_another_language_is_refused(text: str, style: Style, said: str, mend: str) -> None:
    with pytest.raises(DataError, match="looks like a placeholder") as caught:
        refuse_unfillable(plain("\n" + text, "p.md", style), CASES, "e.jsonl")
    assert said in caught.value.problem
    assert mend in (caught.value.hint or "")
    assert caught.value.place == "p.md:2"


@pytest.mark.parametrize(
    ("text", "style"),
    [
        pytest.param('Reply {"question": 1}. {{ question }}', "jinja", id="json"),
        pytest.param("{% raw %}{question}{% endraw %} {{ question }}", "jinja", id="raw"),
        pytest.param("<question>{{ question }}</question>", "jinja", id="fence"),
        pytest.param("Read <question>. {{ question }}", "jinja", id="speaks-of-the-fence"),
        pytest.param("{{question}}", "jinja", id="no-blanks"),
        pytest.param("{{ question }} {other} $5 ${X} 50%s", "jinja", id="no-columns"),
        pytest.param("{question} {{literal}}", "fstring", id="format"),
        pytest.param("{{ question | upper }}", "jinja", id="filter"),
        pytest.param("{# { question } #} {{ question }} {% if question %}x{% endif %}", "jinja", id="inside-tags"),
        pytest.param("Answer briefly.", "jinja", id="system"),
    ],
)
def test_what_people_write_is_not(text: str, style: Style) -> None:
    refuse_unfillable(plain(text, "p.md", style), CASES, "e.jsonl")


def test_a_missing_value_names_the_columns_and_the_way_to_write_braces() -> None:
    with pytest.raises(DataError, match=r"case 'a' has no 'name', which p\.md uses") as caught:
        refuse_unfillable(plain("{ name: {{name}} }", "p.md", "github"), CASES, "e.jsonl")
    assert caught.value.hint is not None
    assert "context, price, question; braces that are meant for the model go between {% raw %}" in caught.value.hint


@pytest.mark.parametrize(
    ("values", "name", "mend"),
    [
        ({"inputs": {"q": "x"}}, "q", "'q' stands inside 'inputs': write {{ inputs.q }}"),
        ({"Ticket Text": "x"}, "ticket_text", "rename the column 'Ticket Text' to 'ticket_text'"),
        ({"q": "x"}, "env", "a prompt reads no environment: put the value into a column"),
    ],
    ids=["inside a column", "blanks in its name", "the environment"],
)
def test_a_value_under_another_name_is_pointed_at(values: dict[str, Json], name: str, mend: str) -> None:
    with pytest.raises(DataError, match=f"has no '{name}'") as caught:
        refuse_unfillable(plain(f"Q: {{{{ {name} }}}}"), [Case("a", values)], "e.jsonl")
    assert (caught.value.hint or "").endswith(mend)


def test_a_format_text_is_not_told_to_write_jinja() -> None:
    with pytest.raises(DataError, match="has no 'q'") as caught:
        refuse_unfillable(plain("Q: {q}", "p.md", "fstring"), [Case("a", {"inputs": {"q": "x"}})], "e.jsonl")
    assert (caught.value.hint or "").endswith("'q' stands inside 'inputs': make it a column")


def test_asking_every_case_the_same_is_refused() -> None:
    prompt = Prompt("p", "p.yml", (Part("system", "Be brief."), Part("user", "Go.", 7)))
    two = [*CASES, Case("b", {"question": "y"})]
    with pytest.raises(DataError, match="every case would be asked the same") as caught:
        refuse_unfillable(compile_prompt(prompt), two, "e.jsonl")
    assert caught.value.place == "p.yml:7"
    chats = [Case(i, {}, messages=(Message("user", i),)) for i in "ab"]
    refuse_unfillable(compile_prompt(prompt), chats, "e.jsonl")


@pytest.mark.parametrize(
    ("text", "said", "mend"),
    [
        pytest.param("{% set ns.tone = 'calm' %}", "set takes one name", "allowed", id="set-of-a-part"),
        pytest.param("{% set _tone = 'calm' %}", "set takes one name", "allowed", id="set-of-a-hidden-name"),
        pytest.param("{% set a, b = c %}", "set takes one name", "allowed", id="set-of-two"),
        pytest.param("{{ user-name }}", "'user-name' is read as user minus name", "placeholders", id="hyphen"),
        pytest.param("{{ q | stringify }}", "'stringify' is not known; write tojson", "allowed", id="stringify"),
        pytest.param("{{ q | escape }}", "'escape' is not known; leave it out", "allowed", id="escape"),
        pytest.param("{{ q.strip() }}", "a call is not allowed", "{{ name }}", id="call"),
        pytest.param("{{ a + b }}", "adding with + is not allowed", "joined with ~", id="add"),
        pytest.param("{% macro m() %}{% endmacro %}", "macro is not allowed", "include", id="macro"),
        pytest.param("{{#each items}}{{this}}{{/each}}", "is Handlebars", "{% for item in items %}", id="handlebars"),
        pytest.param("{{~ name }}", "is Handlebars", "{{- name -}}", id="trimmed"),
        pytest.param("{{name~}}", "is Handlebars", "{{- name -}}", id="trimmed-behind"),
        pytest.param("{{> footer}}", "is Handlebars", "{% include", id="partial"),
        pytest.param('{{"a": 1}} {question}', "Python format text ('{question}')", "{{ question }}", id="format"),
        pytest.param("Use {#main .note}.", "bad template syntax", "{% raw %}", id="comment"),
    ],
)
def test_refusals_speak_of_the_language(text: str, said: str, mend: str) -> None:
    with pytest.raises(DataError) as caught:
        plain(text)
    assert said in caught.value.problem
    assert mend in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        pytest.param("a\n<<<<<<< HEAD\nb\n=======\nc\n>>>>>>> develop\n", 2, id="whole"),
        pytest.param("a\r\n<<<<<<< HEAD\r\nb\r\n=======\r\nc\r\n>>>>>>> develop\r\n", 2, id="crlf"),
        pytest.param("<<<<<<< HEAD\nb\n||||||| base\nx\n=======\nc\n>>>>>>> develop\n", 1, id="diff3"),
        pytest.param("b\n=======\nc\n>>>>>>> develop\n", 2, id="half-resolved"),
        pytest.param("<<<<<<<\nb\n=======\n", 1, id="no-end"),
    ],
)
def test_a_committed_merge_conflict_is_named(text: str, line: int) -> None:
    with pytest.raises(DataError, match="merge conflict") as caught:
        read_prompt("p", "p.md", text.encode())
    assert caught.value.place == f"p.md:{line}"


@pytest.mark.parametrize("text", ["Title\n=======\ntext", ">>>>>>> quoted mail", "<<<<<<< x", "a <<<<<<< b\n>>>>>>> c"])
def test_what_only_looks_like_one_is_text(text: str) -> None:
    refuse_conflict(text, "p.md", DataError)
