"""Files as people have them, run or imported and run: the right requests are sent, and the score is the right one.

The model answers with the last word in [brackets] of what it is asked.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest

from promptci.commands.check import check
from promptci.errors import PromptciError
from promptci.importing.oaievals import from_registry
from promptci.importing.promptfoo import from_promptfoo
from tests.conftest import Repo

SETTINGS = """\
version: 1
models: {scorer: {model: scripted, base_url: "http://127.0.0.1:9/v1"}}
prompts:
  - {id: p, file: "%s", cases: "%s"}
"""
HEAD = "model: scripted\n"
ROWS = '{"q": "Is it? [yes]", "name": "Ada", "expected": "yes"}\n{"q": "No? [no]", "name": "Bo", "expected": "yes"}\n'


def answer(text: str, sample: int) -> str:
    return str((re.findall(r"\[([^\]\n]*)\]", text) or ["none"])[-1])


def scored(repo: Repo, files: Mapping[str, str]) -> float | None:
    repo.model.score = answer
    for name, text in files.items():
        repo.write(name, text)
    (prompt,) = check(repo.options()).prompts
    return prompt.score


def sent(repo: Repo) -> list[list[tuple[str, str]]]:
    return sorted([(m.role, m.content) for m in request.messages] for request in repo.model.asked)


def answered_by_us(settings: str) -> str:
    """Name the scripted model where the import leaves it to the user."""
    return re.sub(r"^models:\n( .*\n)*", SETTINGS.splitlines()[1] + "\n", settings, flags=re.MULTILINE)


GITHUB = {
    "two-evaluators-must-hold": ("evaluators:\n- {string: {contains: lima}}\n- {string: {startsWith: LI}}\n", 0.5),
    "fixed-texts-that-fail": ("evaluators: [{name: never, string: {contains: zzz}}]\n", 0.0),
    "a-value-of-the-row": ("evaluators: [{string: {equals: '{{expected}}'}}]\n", 0.5),
    "expected-answers": ("", 0.5),
    "json-schema": ('responseFormat: json_schema\njsonSchema: \'{"name": "d", "schema": {}}\'\n', 0.5),
}


@pytest.mark.parametrize("name", GITHUB)
def test_a_github_prompt_runs_as_it_is(repo: Repo, name: str) -> None:
    more, score = GITHUB[name]
    messages = "messages: [{role: system, content: Help.}, {role: user, content: 'Capital: {{input}}'}]\n"
    rows = "testData: [{input: '[Lima]', expected: Lima}, {input: '[Oslo]', expected: Rome}]\n"
    path = "prompts/x.prompt.yml"
    files = {path: HEAD + messages + rows + more, "promptci.yaml": SETTINGS % (path, path)}
    assert scored(repo, files) == score
    assert sent(repo)[0] == [("system", "Help."), ("user", "Capital: [Lima]")]
    assert all(("response_format" in r.spec.parameters) == (name == "json-schema") for r in repo.model.asked)


TEXTS = {
    "dotprompt": ("p.prompt", "---\nmodel: scripted\n---\n{{role 'system'}}\nHi {{name}}.\n{{role 'user'}}\n{{q}}\n"),
    "prompty": ("p.prompty", "---\nmodel: {id: scripted}\n---\nsystem:\nHi {{name}}.\n\nuser:\n{{q}}\n"),
    "chat-json": (
        "p.json",
        '[{"role": "system", "content": "Hi {{ name }}."}, {"role": "user", "content": "{{ q }}"}]',
    ),
    "chat-yaml": ("p.yaml", "- {role: system, content: 'Hi {{ name }}.'}\n- {role: user, content: '{{ q }}'}\n"),
    "front-matter": ("p.md", "---\nsystem: Hi {{ name }}.\n---\n{{ q }}\n"),
}


@pytest.mark.parametrize("name", TEXTS)
def test_a_chat_in_any_format_sends_the_same(repo: Repo, name: str) -> None:
    path, text = TEXTS[name]
    assert scored(repo, {path: text, "e.jsonl": ROWS, "promptci.yaml": SETTINGS % (path, "e.jsonl")}) == 0.5
    assert sent(repo) == [
        [("system", "Hi Ada."), ("user", "Is it? [yes]")],
        [("system", "Hi Bo."), ("user", "No? [no]")],
    ]


PROMPTFOO = {
    "two-contains": ("- {type: icontains, value: YES}\n      - {type: contains, value: e}", 0.5),
    "negatives": ("- {type: not-icontains, value: dear}\n      - {type: not-contains, value: 'no'}", 0.5),
    "equality": ("- {type: equals, value: '{{wanted}}'}", 1.0),
    "arabic": ("- {type: contains, value: 'نعم'}", 0.0),
}


@pytest.mark.parametrize("name", PROMPTFOO)
def test_a_promptfoo_configuration_is_imported_and_runs(repo: Repo, name: str) -> None:
    asserts, score = PROMPTFOO[name]
    tests = "".join(
        f"  - vars: {{q: '[{word}]', wanted: '{word}'}}\n    assert:\n      {asserts}\n" for word in ("yes", "no")
    )
    config = (
        "prompts: ['Say {{q}}']\nproviders: [{id: 'openai:scripted', config: {apiBaseUrl: 'http://127.0.0.1:9/v1'}}]\n"
    )
    found = from_promptfoo("c.yaml", lambda path: (config + "tests:\n" + tests).encode(), lambda pattern: [])
    assert found.left == ()
    assert scored(repo, found.files) == score


def test_a_csv_of_promptfoo_runs_as_it_is(repo: Repo) -> None:
    rows = "q,__expected1,__expected2\nIs it? [yes],contains: yes,not-contains: no\nIs it? [no],equals: yes,\n"
    assert scored(repo, {"p.md": "{{ q }}", "e.csv": rows, "promptci.yaml": SETTINGS % ("p.md", "e.csv")}) == 0.5


CELLS = {
    "javascript": "fn:output.includes('ahoy')",
    "javascript-by-its-name": "javascript: output === 'ahoy'",
    "python": "python: output == 'ahoy'",
}


@pytest.mark.parametrize("name", CELLS)
def test_code_in_a_cell_runs(repo: Repo, name: str) -> None:
    rows = f"q,__expected\n[ahoy],{CELLS[name]}\n[hello],{CELLS[name]}\n"
    assert scored(repo, {"p.md": "{{ q }}", "e.csv": rows, "promptci.yaml": SETTINGS % ("p.md", "e.csv")}) == 0.5


def test_what_a_cell_cannot_mean_is_refused_before_a_call(repo: Repo) -> None:
    rows = "q,__expected\na,webhook: https://example.com\n"
    with pytest.raises(PromptciError, match="the assertion 'webhook' has no metric here"):
        scored(repo, {"p.md": "{{ q }}", "e.csv": rows, "promptci.yaml": SETTINGS % ("p.md", "e.csv")})
    assert repo.model.asked == []


def test_chats_of_openai_evals_run_as_they_are_and_by_their_registry(repo: Repo) -> None:
    system = '{"role": "system", "content": "Yes or no."}'
    row = '{"input": [' + system + ', {"role": "user", "content": "%s"}], "ideal": ["yes"]}\n'
    rows = row % "Ice? [yes]" + row % "Fire? [no]"
    files = {"p.md": "Answer.\n\n{{ input }}", "e.jsonl": rows, "promptci.yaml": SETTINGS % ("p.md", "e.jsonl")}
    assert scored(repo, files) == 0.5
    assert sent(repo)[0] == [("system", "Answer."), ("system", "Yes or no."), ("user", "Fire? [no]")]
    entry = "toy.s1:\n  class: evals.elsuite.basic.match:Match\n  args: {samples_jsonl: e.jsonl}\n"
    known = {"r/toy.yaml": entry, "r/e.jsonl": rows}
    found = from_registry("r/toy.yaml", lambda path: known[path].encode() if path in known else None)
    assert scored(repo, {**found.files, "promptci.yaml": answered_by_us(found.files["promptci.yaml"])}) == 0.5


PROGRAMS = {
    "python": ("app/prompts.py", "ROUTER", '# c\nROUTER = "Route: {q}"  # kept\n'),
    "toml": ("app.toml", "prompts.router", "[prompts]\nrouter = 'Route: {q}'\n"),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_text_in_a_program_is_measured(repo: Repo, name: str) -> None:
    path, selector, text = PROGRAMS[name]
    named = f"{path}::{selector}"
    assert scored(repo, {path: text, "e.jsonl": ROWS, "promptci.yaml": SETTINGS % (named, "e.jsonl")}) == 0.5
    assert sent(repo) == [[("user", "Route: Is it? [yes]")], [("user", "Route: No? [no]")]]


def test_an_imported_check_in_javascript_runs_from_its_file(repo: Repo) -> None:
    config = (
        "prompts: ['Say {{q}}']\nproviders: [{id: 'openai:scripted', config: {apiBaseUrl: 'http://127.0.0.1:9/v1'}}]\n"
        "defaultTest: {assert: [{type: javascript, value: 'file://checks/a.js', config: {wanted: 'yes'}}]}\n"
        "tests: [{vars: {q: '[yes]'}}, {vars: {q: '[no]'}, assert: [{type: python, value: \"output == 'no'\"}]}]\n"
    )
    script = "module.exports = (output, context) => ({pass: output === context.config.wanted});"
    files = {"conf/c.yaml": config, "conf/checks/a.js": script}
    found = from_promptfoo("conf/c.yaml", lambda path: files[path].encode() if path in files else None, lambda _: [])
    assert found.left == ()
    assert scored(repo, {**found.files, "conf/checks/a.js": script}) == 0.5
