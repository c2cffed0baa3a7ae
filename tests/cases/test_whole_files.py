"""Whole files of GitHub Models, dotprompt, prompty, prompt flow, Semantic Kernel, with the score that is right."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

import pytest

from promptci.commands.check import check
from promptci.core import Json
from promptci.report.base import PromptReport
from tests.conftest import Repo

SERVER = 'models: {scorer: {model: m-1, base_url: "http://127.0.0.1:9/v1"}}\n'


def run(repo: Repo, path: str, text: str, rows: Sequence[Json]) -> PromptReport:
    repo.model.score = lambda text, sample: str((re.findall(r"\[([^\]\n]*)\]", text) or ["none"])[-1])
    repo.write(path, text)
    repo.write("e.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    cases = ", cases: e.jsonl" if rows else ""
    repo.write("promptci.yaml", f"version: 1\n{SERVER}prompts: [{{id: p, file: {path}{cases}}}]\n")
    (found,) = check(repo.options(), everything=True).prompts
    return found


NINE = ("persona", "domain", "level", "style", "goal", "name", "topic", "form", "question")
ONE = {name: name for name in NINE[:-1]}
GITHUB: dict[str, tuple[str, list[Json], str, float]] = {
    "nine variables": (
        "model: m/one\nmodelParameters: {temperature: 0.7, maxTokens: 300}\nmessages:\n"
        "  - {role: system, content: 'You are {{persona}}, {{domain}}, {{level}}, {{style}}, {{goal}}.'}\n"
        "  - {role: user, content: 'I am {{name}}. On {{topic}} as {{form}}: {{question}}'}\n",
        [{**ONE, "question": "[a]", "expected": "a"}, {**ONE, "question": "[b]", "expected": "a"}],
        "",
        0.5,
    ),
    "two messages": (
        "messages:\n  - {role: system, content: Be brief}\n  - {role: user, content: 'Compare {{a}} with {{b}}'}\n",
        [{"a": "x", "b": "[y]", "expected": "y"}],
        "",
        1.0,
    ),
    "fixed texts": (
        "messages: [{role: user, content: '{{input}}'}]\ntestData: [{input: '[Lima]', expected: Lima}]\n"
        "evaluators: [{name: never, string: {contains: zzz}}, {name: start, string: {startsWith: li}}]\n",
        [],
        "",
        0.0,
    ),
    "an object": (
        "responseFormat: json_object\nmessages: [{role: user, content: 'Sum up {{topic}} as JSON.'}]\n"
        "testData: [{topic: '[{}]'}, {topic: '[bees]'}]\nevaluators: [{name: brace, string: {contains: '{'}}]\n",
        [],
        "",
        0.5,
    ),
    "a schema in a text": (
        "responseFormat: json_schema\njsonSchema: |-\n"
        '  {"name": "d", "strict": true, "schema": {"type": "object", "required": ["n"]}}\n'
        "messages: [{role: user, content: 'Describe {{animal}}.'}]\n"
        "testData: [{animal: '[{\"n\": \"owl\"}]'}, {animal: '[{}]'}]\n",
        [],
        "",
        0.5,
    ),
    "an evaluator with a variable": (
        "messages: [{role: user, content: 'Answer: {{input}}'}]\n"
        "testData: [{input: '[hi there]', string: hi, expected: x}, {input: '[bye]', string: hi, expected: x}]\n"
        "evaluators: [{name: s, string: {contains: '{{string}}'}}, {name: sim, uses: github/similarity}]\n",
        [],
        "5",
        0.5,
    ),
    "built-in graders": (
        "messages: [{role: user, content: '{{input}}'}]\ntestData: [{input: 'Rain? [Water]', expected: Water.}]\n"
        "evaluators: [{name: a, uses: github/similarity}, {name: b, uses: github/coherence}]\n",
        [],
        "4",
        1.0,
    ),
    "a poor grade": (
        "messages: [{role: user, content: '{{input}}'}]\ntestData: [{input: 'Rain? [Water]', expected: Water.}]\n"
        "evaluators: [{name: a, uses: github/relevance}]\n",
        [],
        "2",
        0.0,
    ),
}


@pytest.mark.parametrize("name", GITHUB)
def test_a_file_of_github_models_scores_what_it_should(repo: Repo, name: str) -> None:
    text, rows, judge, expected = GITHUB[name]
    repo.model.judge = lambda asked: judge
    assert run(repo, "x.prompt.yml", text, rows).score == expected


HISTORY = [{"inputs": {"q": "1?"}, "outputs": {"a": "[z]"}}]
LOOP = "{% for i in past %}\nuser:\n{{i.inputs.q}}\nassistant:\n{{i.outputs.a}}\n{% endfor %}\nuser:\n{{q}}\n"
TWO: list[Json] = [{"q": "[a]", "expected": "a"}, {"q": "[b]", "expected": "a"}]
OTHERS: dict[str, tuple[str, str, list[Json]]] = {
    "blocks of roles": (
        "x.prompt",
        "---\nmodel: g\nconfig: {temperature: 0.7}\n---\n"
        '{{#role "system"}}\nBe polite.\n{{/role}}\n{{#role "user"}}\nI ask { {{ q }} }.\n{{/role}}\n',
        TWO,
    ),
    "a picture, a list and a history": (
        "x.prompt",
        '# a licence\n\n---\nmodel: g\n---\n{{role "system"}}\nHelp.\n{{#each xs}}\n- {{this}}\n{{/each}}\n'
        '{{history}}\n{{role "user"}}\n{{media url=image}}\n{{q}}\n',
        [{**one, "xs": ["a"], "image": "https://example.com/a.png"} for one in TWO],
    ),
    "an environment and a default": (
        "x.prompty",
        "---\nname: b\nmodel:\n  id: m-4\n  connection: {endpoint: '${env:URL:https://a.io}', apiKey: '${env:K}'}\n"
        "  options: {temperature: 0.7, maxOutputTokens: 9}\ninputs: [{name: tone, kind: string, default: kind}]\n---\n"
        "system:\nYou are {{tone}}.\n\n# Customer\nBe brief.\n\nuser:\n{{q}}\n",
        TWO,
    ),
    "an older file with an example": (
        "x.prompty",
        "---\nname: p\nmodel:\n  api: chat\n  configuration: {type: azure, azure_deployment: d}\n"
        "  parameters: {max_tokens: 3000}\nsample: {q: Invite friends.}\n---\n\n"
        "system:\nSpeak old` style, like “thou”.\n\n"
        "example:\nuser: Decline.\nassistant: I cannot.\n\nuser:\n{{q}}",
        TWO,
    ),
    "a history in a loop": (
        "x.prompty",
        f"---\nname: c\n---\nsystem:\nBe brief.\n{LOOP}",
        [{**one, "past": HISTORY} for one in TWO],
    ),
    "prompt flow": ("flow/chat.jinja2", f"system:\nBe brief.\n{LOOP}", [{**one, "past": []} for one in TWO]),
    "semantic kernel": ("Joke/skprompt.txt", "Tell a joke on {{$q}}.\n", TWO),
    "semantic kernel's yaml": (
        "joke.yaml",
        "name: Joke\ntemplate: Tell {{$n}} jokes on {{$q}}.\ntemplate_format: semantic-kernel\n"
        "input_variables: [{name: q, is_required: true}, {name: n, default: 2}]\n"
        "execution_settings: {default: {temperature: 0.5}}\n",
        TWO,
    ),
    "an editor's prompt": ("x.prompt.md", "---\nmode: agent\ntools: [codebase]\n---\nReview {{ q }}.\n", TWO),
    "few shots": (
        "f.yaml",
        "_type: few_shot\ninput_variables: [q]\nprefix: Say it.\nexample_prompt: {_type: prompt, template: 'In: {i}'}\n"
        "examples: [{i: hot}]\nsuffix: 'In: {q}'\n",
        TWO,
    ),
}


@pytest.mark.parametrize("name", OTHERS)
def test_a_file_of_other_tools_scores_what_it_should(repo: Repo, name: str) -> None:
    path, text, rows = OTHERS[name]
    assert run(repo, path, text, rows).score == 0.5


def test_the_shape_of_prompty_s_outputs_is_asked_for_and_graded(repo: Repo) -> None:
    text = "---\nname: s\noutputs: [{name: t, kind: integer, required: true}]\n---\nsystem:\nExtract.\n\nuser:\n{{q}}\n"
    assert run(repo, "x.prompty", text, [{"q": '[{"t": 1}]'}, {"q": '[{"t": "x"}]'}]).score == 0.5
    formats = [request.spec.parameters["response_format"]["type"] for request in repo.model.asked]
    assert formats == ["json_schema"] * 2
