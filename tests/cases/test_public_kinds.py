"""Files of the kinds that people have, run as they are: one prompt, its rows, and the score that is right."""

from __future__ import annotations

import json
import re

import pytest

from promptci.commands.check import check
from promptci.importing.oaievals import from_registry
from promptci.report.base import PromptReport
from tests.conftest import Repo

SCORER = 'models: {scorer: {model: scripted, base_url: "http://127.0.0.1:9/v1"}}\n'
RECIPE = """\
---
model: googleai/gemini-2.0-flash
config: {temperature: 0.4, safetySettings: [{category: x}]}
input:
  schema:
    food: string, what to cook
    ingredients?(array): string
    customer?(object): {name: string, vip?: boolean}
  default: {theme: italian}
output:
  schema:
    title: string, its name
    steps?(array): {text: string}
---
{{role "system"}}
You are famous for {{theme}} recipes.
{{#if customer.vip}}Be very nice to {{customer.name}}.{{else}}Be nice.{{/if}}
{{role "user"}}
Cook {{food}} of {{#each ingredients}}{{@index}}: {{this}}{{#unless @last}}, {{/unless}}{{/each}}
"""
TOOLS = """\
---
name: weather
model: {id: gpt-4o, apiType: chat, options: {temperature: 0, additionalProperties: {}}}
tools:
  - {name: get_weather, kind: function, parameters: [{name: city, kind: string}]}
template: {format: {kind: jinja2}, parser: {kind: prompty}}
---
system:
You use tools.

user:
{{question}}
"""
MINE = [
    ("SystemMessagePromptTemplate", "Use {context}."),
    ("HumanMessagePromptTemplate", "{question}"),
]
HUB = json.dumps({
    "lc": 1, "type": "constructor", "id": ["langchain", "prompts", "chat", "ChatPromptTemplate"],
    "kwargs": {"messages": [
        {"lc": 1, "id": ["langchain", name], "kwargs": {"prompt": {"kwargs": {"template": text}}}}
        for name, text in MINE
    ]},
})  # fmt: skip
BUILD = """\
from langchain_core.prompts import ChatPromptTemplate

PROMPT = ChatPromptTemplate.from_messages([
    ("system", "Use {context}."),
    ("human", "{question}"),
])
"""
QUESTIONS = (
    '{"context": "c", "question": "a [x]", "expected": "x"}\n{"context": "c", "question": "b [y]", "expected": "z"}\n'
)
KINDS: dict[str, tuple[str, str, str, str, float]] = {
    "dotprompt with a schema and blocks": (
        "recipe.prompt",
        RECIPE,
        "e.jsonl",
        '{"food": "[{\\"title\\": \\"a\\"}]", "ingredients": ["a", "b"], "customer": {"name": "Al", "vip": true}}\n'
        '{"food": "[none]"}\n',
        0.5,
    ),
    "prompty with functions": ("t.prompty", TOOLS, "e.jsonl", '{"question": "[x]", "expected": "x"}\n', 1.0),
    "langchain's chat as data": ("p.json", HUB, "e.jsonl", QUESTIONS, 0.5),
    "langchain's chat in a program": ("p.py::PROMPT", BUILD, "e.jsonl", QUESTIONS, 0.5),
    "a function of a program": (
        "p.py::ask",
        'def ask(context, question):\n    return f"""Use {context}: {question}"""\n',
        "e.jsonl",
        QUESTIONS,
        0.5,
    ),
    "anthropic's body": (
        "p.json",
        '{"max_tokens": 9, "system": "Use {{context}}.", "messages": [{"role": "user", "content": "{{question}}"}]}',
        "e.jsonl",
        QUESTIONS,
        0.5,
    ),
    "texts by their role, rows as documents": (
        "p.yaml",
        "name: n\nversion: 2\nsystem: Be brief.\nuser: |\n  Route {{ ticket }}\n",
        "e.yaml",
        "---\nticket: '[a]'\nexpected: a\n---\nticket: '[b]'\nexpected: c\n",
        0.5,
    ),
    "a format text, a table of Excel's": (
        "p.md",
        "Route {ticket} in {lang}, without any {{}}.\n",
        "e.csv",
        "\ufeffsep=;\r\nticket;lang;expected;;\r\n[a];de;a;;\r\n[b];en;c;;\r\n",
        0.5,
    ),
    "rows for fine-tuning": (
        "p.md",
        "Be brief.\n",
        "e.jsonl",
        '{"messages": [{"role": "user", "content": "[a]"}, {"role": "assistant", "content": "a"}]}\n',
        1.0,
    ),
}


def checked(repo: Repo, prompt: str, cases: str, more: str = "") -> PromptReport:
    repo.model.score = lambda text, sample: str((re.findall(r"\[([^\]\n]*)\]", text) or ["none"])[-1])
    entry = f"prompts: [{{id: p, file: {json.dumps(prompt)}, cases: {cases}{more}}}]\n"
    repo.write("promptci.yaml", f"version: 1\n{SCORER}{entry}")
    (found,) = check(repo.options(), everything=True).prompts
    return found


@pytest.mark.parametrize("name", KINDS)
def test_it_runs_as_it_is_and_scores_what_it_should(repo: Repo, name: str) -> None:
    prompt, text, cases, rows, expected = KINDS[name]
    repo.write(prompt.partition("::")[0], text)
    repo.write(cases, rows)
    assert checked(repo, prompt, cases).score == expected


def test_what_a_prompt_is_told_for_another_runtime_is_in_the_report(repo: Repo) -> None:
    repo.write("recipe.prompt", RECIPE)
    repo.write("e.jsonl", KINDS["dotprompt with a schema and blocks"][3])
    said = [str(reason) for reason in checked(repo, "recipe.prompt", "e.jsonl").reasons]
    assert any("recipe.prompt sets safetySettings, which is not sent" in text for text in said)
    (first, *_) = [m.messages[0].content for m in repo.model.asked if "Al" in m.messages[0].content]
    assert first == "You are famous for italian recipes.\nBe very nice to Al."


SPEC = """\
mine:
  prompt: "Q: {input} A: {completion} by {criteria}"
  choice_strings: [good, poor]
  choice_scores: {good: 1.0, poor: 0.0}
  input_outputs: {input: completion}
"""
ENTRY = """\
toy: {id: toy.v0}
toy.v0:
  class: evals.elsuite.modelgraded.classify:ModelBasedClassify
  args: {samples_jsonl: toy/s.jsonl, eval_type: cot_classify, modelgraded_spec: mine}
"""


def test_a_graded_eval_of_the_registry_is_graded_by_its_own_choices(repo: Repo) -> None:
    row = '{"input": [{"role": "system", "content": "S"}, {"role": "user", "content": "[%s]"}], "criteria": "tone"}\n'
    files = {"r/evals/toy.yaml": ENTRY, "r/data/toy/s.jsonl": row % "a" + row % "b", "r/modelgraded/mine.yaml": SPEC}
    found = from_registry("r/evals/toy.yaml", lambda path: files[path].encode() if path in files else None)
    for path, text in found.files.items():
        repo.write(path, text)
    repo.model.judge = lambda text: "good" if ">\na\n<" in text else "poor"
    metric = ", metric: {name: judge, prompt: judges/mine.md, choices: {good: 1.0, poor: 0.0}}"
    assert found.files["promptci.yaml"].count("judges/mine.md") == 1
    assert checked(repo, "prompts/toy.md", "evals/toy.jsonl", metric).score == 0.5
