"""Prompt files of other tools, as their owners have them: what is sent, what is graded, and what is refused."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from promptci.commands.check import check
from promptci.core import Json
from promptci.errors import ConfigError, PromptciError
from promptci.report.base import PromptReport
from tests.conftest import Repo

SERVER = 'version: 1\nmodels: {scorer: {model: m-1, base_url: "http://127.0.0.1:9/v1"}}\n'
CHAT = "messages: [{role: system, content: 'Be {{tone}}.'}, {role: user, content: '{{q}}'}]\n"
TWO = "testData: [{tone: kind, q: '[yes]', expected: 'yes'}, {tone: kind, q: '[no]', expected: 'yes'}]\n"


def answer(text: str, sample: int) -> str:
    return str((re.findall(r"\[([^\]\n]*)\]", text) or ["none"])[-1])


def run(repo: Repo, files: dict[str, str], entry: str) -> list[PromptReport]:
    repo.model.score = answer
    for name, text in files.items():
        repo.write(name, text)
    repo.write("promptci.yaml", f"{SERVER}prompts:\n  - {entry}\n")
    return list(check(repo.options(), everything=True).prompts)


def test_a_prompt_file_with_rows_needs_no_other_eval_set(repo: Repo) -> None:
    (found,) = run(repo, {"x.prompt.yml": CHAT + TWO}, "{file: x.prompt.yml}")
    assert (found.id, found.cases, found.score) == ("x", 2, 0.5)


def test_a_pattern_of_prompt_files_takes_each_ones_rows(repo: Repo) -> None:
    files = {"p/a.prompt.yml": CHAT + TWO, "p/c.prompt.yml": CHAT + TWO.replace("[no]", "Well, [yes]")}
    found = run(repo, files, "{file: p/*.prompt.yml}")
    assert [(p.id, p.score) for p in found] == [("a", 0.5), ("c", 1.0)]


def test_rows_elsewhere_win_over_those_of_the_file(repo: Repo) -> None:
    rows = json.dumps({"tone": "dry", "q": "[yes]", "expected": "yes"}) + "\n"
    (found,) = run(repo, {"x.prompt.yml": CHAT + TWO, "e.jsonl": rows}, "{file: x.prompt.yml, cases: e.jsonl}")
    assert (found.cases, found.score) == (1, 1.0)


def test_a_text_still_needs_its_eval_set(repo: Repo) -> None:
    with pytest.raises(ConfigError, match=r"'prompts\.cases' is missing"):
        run(repo, {"x.md": "{{ q }}"}, "{file: x.md}")


SAMPLING: dict[str, tuple[str, str, dict[str, Json]]] = {
    "dotprompt": ("x.prompt", "---\nconfig: {topK: 40, topP: 0.9}\n---\n{{q}}\n", {"top_k": 40, "top_p": 0.9}),
    "github models": (
        "x.prompt.yml",
        "modelParameters: {frequencyPenalty: 0.5}\nmessages: [{role: user, content: '{{q}}'}]\n",
        {"frequency_penalty": 0.5},
    ),
    "prompty": (
        "x.prompty",
        "---\nmodel: {id: m-1, options: {topK: 3}}\n---\nuser:\n{{q}}\n",
        {"top_k": 3},
    ),
    "front matter": (
        "x.md",
        "---\nreasoning_effort: low\nmin_p: 0.1\n---\n{{ q }}\n",
        {"reasoning_effort": "low", "min_p": 0.1},
    ),
    "chat": (
        "x.json",
        '{"presence_penalty": -1, "messages": [{"role": "user", "content": "{{ q }}"}]}',
        {"presence_penalty": -1},
    ),
}


@pytest.mark.parametrize("name", SAMPLING)
def test_what_a_file_says_of_sampling_is_sent(repo: Repo, name: str) -> None:
    path, text, wanted = SAMPLING[name]
    run(repo, {path: text, "e.jsonl": '{"q": "[yes]", "expected": "yes"}\n'}, f"{{file: {path}, cases: e.jsonl}}")
    assert [dict(request.spec.parameters) for request in repo.model.asked] == [wanted]


READ: dict[str, tuple[str, str, list[tuple[str, str]]]] = {
    "guidance": (
        "x.md",
        "{{#system~}}\nBe terse.\n{{~/system}}\n{{#user~}}\n{{q}}\n{{~/user}}\n{{#assistant~}}\n"
        "{{gen 'names' temperature=0}}\n{{~/assistant}}\n",
        [("system", "Be terse."), ("user", "[yes]")],
    ),
    "a template around JSON": (
        "x.json",
        '[\n  {%- set s -%}Grade it{%- endset -%}\n  {"role": "system", "content": {{ s | dump }}},\n'
        '  {"role": "user", "content": "{{ q }}"}\n]\n',
        [("system", "Grade it"), ("user", "[yes]")],
    ),
    "a format text": (
        "x.md",
        'Reply with {{"name": "..."}}.\n\nQ: {q}\n',
        [("user", 'Reply with {"name": "..."}.\n\nQ: [yes]')],
    ),
    "Handlebars in a text": ("x.md", "{{#if q}}Q: {{q}}{{/if}}\n", [("user", "Q: [yes]")]),
    "a chat in a text": ("x.txt", '[{"role": "user", "content": "{{ q }}"}]\n', [("user", "[yes]")]),
}


@pytest.mark.parametrize("name", READ)
def test_a_file_is_read_by_what_it_holds(repo: Repo, name: str) -> None:
    path, text, sent = READ[name]
    rows = '{"q": "[yes]", "expected": "yes"}\n'
    (found,) = run(repo, {path: text, "e.jsonl": rows}, f"{{file: {path}, cases: e.jsonl}}")
    assert found.score == 1.0
    assert [[(m.role, m.content) for m in r.messages] for r in repo.model.asked] == [sent]


PICTURE = "data:image/png;base64,AAAA"
WITH_PICTURES: dict[str, tuple[str, str]] = {
    "dotprompt": ("x.prompt", '{{role "system"}}\nHelp.\n{{role "user"}}\n{{media url=image}}\n{{q}}\n'),
    "dotprompt, below": ("x.prompt", '{{role "system"}}\nHelp.\n{{role "user"}}\n{{q}}\n{{media url=image}}\n'),
    "a chat": (
        "x.json",
        '[{"role": "system", "content": "Help."}, {"role": "user", "content": [{"type": "text", "text": "{{ q }}"}, '
        '{"type": "image_url", "image_url": {"url": "{{ image }}"}}]}]',
    ),
    "a chat in YAML": (
        "x.yaml",
        "- {role: system, content: Help.}\n- role: user\n  content:\n  - {type: text, text: '{{ q }}'}\n"
        "  - {type: image_url, image_url: {url: '{{ image }}'}}\n",
    ),
    "a template around JSON": (
        "x.json",
        '[{"role": "system", "content": "Help."}, {"role": "user", "content": [{"type": "text", "text": "{{ q }}"}'
        '{% if image %}, {"type": "image_url", "image_url": {"url": "{{ image }}"}}{% endif %}]}]',
    ),
}


@pytest.mark.parametrize("name", WITH_PICTURES)
def test_pictures_are_sent_behind_their_message_s_text(repo: Repo, name: str) -> None:
    path, text = WITH_PICTURES[name]
    both = [{"q": "[yes]", "image": PICTURE, "expected": "yes"}, {"q": "[no]", "image": "", "expected": "yes"}]
    rows = "".join(json.dumps(row) + "\n" for row in both)
    (found,) = run(repo, {path: text, "e.jsonl": rows}, f"{{file: {path}, cases: e.jsonl}}")
    assert found.score == 0.5
    asked = sorted((r.messages for r in repo.model.asked), key=lambda messages: messages[1].content)
    assert [[(m.role, m.content, m.pictures) for m in messages] for messages in asked] == [
        [("system", "Help.", ()), ("user", "[no]", ())],
        [("system", "Help.", ()), ("user", "[yes]", (PICTURE,))],
    ]


LACKING: dict[str, tuple[str, str, str, str]] = {
    "no picture": (
        "x.prompt",
        "{{role 'user'}}\nLook.\n{{media url=q}}\n",
        "'[a]' is no picture's address",
        "data:image",
    ),
    "a partial that is not there": ("x.prompt", "{{q}} {{> sign}}\n", "uses the partial 'sign'", "_sign.prompt"),
    "another schema": ("x.prompt.yml", "name: r\nprompt: '{{q}}'\n", "'prompt' is no key of this format", "messages:"),
    "guidance that speaks twice": (
        "x.md",
        "{{#user}}{{q}}{{/user}}" + "{{#assistant}}{{gen 'a'}}{{/assistant}}" * 2,
        "more than once",
        "a prompt of its own",
    ),
    "a template around JSON": (
        "x.json",
        '[{% set s = 1 %}{"role": "user", "content": {{ q }}}]',
        "it is no JSON chat",
        "{{ name | tojson }}",
    ),
    "a format text of other names": ("x.md", 'Like {{"a": 1}}: {r}\n', "looks like a Python format text", "fstring"),
    "shown JSON": (
        "x.prompt.yml",
        "messages: [{role: user, content: '{a: {{km}}} {{q}}'}]\n",
        "has no 'km'",
        "{% raw %}",
    ),
}


@pytest.mark.parametrize("name", LACKING)
def test_what_is_not_read_is_named_before_a_call(repo: Repo, name: str) -> None:
    path, text, problem, hint = LACKING[name]
    with pytest.raises(PromptciError, match=re.escape(problem)) as caught:
        run(repo, {path: text, "e.jsonl": '{"q": "[a]", "expected": "a"}\n'}, f"{{file: {path}, cases: e.jsonl}}")
    assert hint in (caught.value.hint or "")
    assert path in (caught.value.place or "") + (caught.value.hint or "") + str(caught.value)
    assert repo.model.asked == []


SHAPED: dict[str, tuple[str, float]] = {
    "a schema": (
        'responseFormat: json_schema\njsonSchema: \'{"name": "d", "schema": {"type": "object", "required": ["a"]}}\'\n',
        1 / 3,
    ),
    "any JSON": ("responseFormat: json_object\n", 2 / 3),
}


@pytest.mark.parametrize("name", SHAPED)
def test_rows_that_expect_no_answer_are_held_to_the_shape_that_was_asked_for(repo: Repo, name: str) -> None:
    more, score = SHAPED[name]
    rows = "testData: [{q: '[{\"a\": 1}]'}, {q: '[{}]'}, {q: '[none]'}]\n"
    text = f"{more}messages: [{{role: user, content: 'Describe {{{{q}}}}'}}]\n{rows}"
    (found,) = run(repo, {"x.prompt.yml": text}, "{file: x.prompt.yml}")
    assert found.score == pytest.approx(score)


@pytest.mark.parametrize(
    ("more", "entry"),
    [
        ("", "{file: x.prompt.yml}"),
        ("responseFormat: text\n", "{file: x.prompt.yml}"),
        ("responseFormat: json_object\n", "{file: x.prompt.yml, metric: exact}"),
    ],
    ids=["no shape", "text", "a metric that is set"],
)
def test_without_a_shape_an_answer_is_wanted(repo: Repo, more: str, entry: str) -> None:
    text = f"{more}messages: [{{role: user, content: 'Describe {{{{q}}}}'}}]\ntestData: [{{q: '[a]'}}]\n"
    with pytest.raises(PromptciError, match="no case has an expected answer"):
        run(repo, {"x.prompt.yml": text}, entry)
    assert repo.model.asked == []


def graded(repo: Repo, said: str, evaluators: Any) -> float | None:
    repo.model.judge = lambda text: said
    text = "messages: [{role: user, content: 'Sum - {{q}}'}]\ntestData: [{q: '[Sum - fox]', expected: fox}]\n"
    (found,) = run(repo, {"x.prompt.yml": text + f"evaluators: {json.dumps(evaluators)}"}, "{file: x.prompt.yml}")
    return found.score


@pytest.mark.parametrize(
    ("evaluators", "said", "score"),
    [
        ([{"name": "s", "string": {"startsWith": "Sum -"}}], "", 1.0),
        ([{"name": "e", "string": {"endsWith": "dog"}}], "", 0.0),
        ([{"name": "row", "string": {"contains": "{{expected}}"}}], "", 1.0),
        ([{"name": "a", "string": {"contains": "fox"}}, {"name": "b", "string": {"contains": "owl"}}], "", 0.0),
        ([{"name": "g", "uses": "github/coherence"}], "5", 1.0),
        ([{"name": "g", "uses": "github/similarity"}], "1", 0.0),
    ],
    ids=["starts with", "ends with", "of the row", "both must hold", "a grader is content", "a grader is not"],
)
def test_the_evaluators_of_the_file_grade(repo: Repo, evaluators: Any, said: str, score: float) -> None:
    assert graded(repo, said, evaluators) == score
