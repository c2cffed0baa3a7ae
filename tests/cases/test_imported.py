"""Set-ups of promptfoo as their owners have them, carried over and run: the score, and what is left to be done."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fnmatch import fnmatch

import pytest

from promptci.commands.check import check
from promptci.core import Message
from promptci.errors import DataError
from promptci.importing.base import Imported
from promptci.importing.promptfoo import from_promptfoo
from promptci.run.options import Options
from tests.conftest import Repo

SCRIPTED = 'models: {scorer: {model: scripted, base_url: "http://127.0.0.1:9/v1"}}\n'
PICTURE = "data:image/png;base64,AAAA"


def carried(files: Mapping[str, str]) -> Imported:
    def read(path: str) -> bytes | None:
        return files[path].encode() if path in files else None

    return from_promptfoo("c.yaml", read, lambda pattern: sorted(p for p in files if fnmatch(p, pattern)))


def score(repo: Repo, files: Mapping[str, str], found: Imported) -> float | None:
    repo.model.score = lambda text, sample: str((re.findall(r"\[([^\]\n]*)\]", text) or ["none"])[-1])
    repo.model.judge = lambda text: '{"score": 1}'
    for name, text in {**files, **found.files}.items():
        repo.write(name, text)
    settings = found.files["promptci.yaml"]
    options = repo.options()
    if "model: echo" in settings:
        options = Options(config=options.config, quiet=True)  # it answers in process
    else:
        repo.write("promptci.yaml", re.sub(r"^models:\n( .*\n)*", SCRIPTED, settings, flags=re.MULTILINE))
    (prompt,) = check(options, everything=True).prompts
    return prompt.score


AGENT = {
    "c.yaml": "providers: [{id: agent-sdk, config: {max_turns: 5}}]\nprompts: [file://prompts/task.txt]\n"
    "defaultTest: {assert: [{type: javascript, value: 'file://a.js', metric: Coverage}]}\ntests: file://cases/*.yaml\n",
    "prompts/task.txt": "Do {{task}}.\n",
    "a.js": "module.exports = (output, context) => ({pass: output === context.vars.want, score: 1, reason: 'r'});\n",
    "cases/one.yaml": "- description: first\n  vars: {task: '[a]', want: a}\n",
    "cases/two.yaml": "- vars: {task: '[b]', want: c}\n",
}
MIXED = {
    "c.yaml": "prompts: ['{{prompt}}']\nproviders: [file://p.mjs]\ntests:\n"
    "  - vars: {prompt: 'Bill 7? [120]'}\n    assert:\n"
    "      - {type: javascript, value: file://called.cjs, config: {tool: '120'}}\n"
    "      - {type: contains, value: '120'}\n"
    "  - vars: {prompt: 'A love letter. [no]'}\n    assert:\n"
    "      - {type: llm-rubric, value: The assistant declines.}\n      - {type: not-icontains, value: dearest}\n",
    "called.cjs": "module.exports = (output, { config }) => output.includes(config.tool);\n",
}
ARABIC = {
    "c.yaml": "providers: [echo]\nprompts: ['{{q}}']\ntests:\n"
    "  - {vars: {q: 'مرحبا بالعالم'}, assert: [{type: contains, value: مرحبا}, {type: contains, value: العالم}]}\n"
    "  - {vars: {q: 'مرحبا'}, assert: [{type: contains, value: مرحبا}, {type: contains, value: العالم}]}\n",
}
CLEAN_HALF = {
    "c.yaml": 'prompts:\n  - |\n    Answer with JSON: "kind": {"question", "praise"}, "ok": {true, false}\n'
    "    text: {{comment}}\nproviders: ['openai:m']\ntests:\n  - vars: {comment: '[{\"kind\": \"praise\"}]'}\n"
    "    assert: [{type: is-json}, {type: contains, value: praise}]\n",
}
VERSIONS = {
    "c.yaml": "providers: [openai:m]\nprompts: [file://p/*.txt]\ntests: file://t.jsonl\npassRateThreshold: 0.5\n"
    "defaultTest: {assert: [{type: is-json}, {type: not-contains, value: OVERRIDE}]}\n",
    "p/v1.txt": "Read {{doc}}\n",
    "t.jsonl": '{"doc": "[{}]"}\n{"doc": "[none]"}\n',
}
NAMED_EXPECTED = {
    "c.yaml": "prompts: ['{{q}}']\nproviders: [openai:m]\ntests:\n"
    "  - {vars: {q: 'Two [a, b]', expected: a}, assert: [{type: contains, value: '{{expected}}'}]}\n"
    "  - {vars: {q: 'One [b]', expected: a}, assert: [{type: contains, value: '{{ expected }}'}]}\n",
}
MADE = {
    "c.yaml": "prompts: ['{{q}}']\nproviders: [{id: 'openai:m', transform: output.trim()}]\n"
    "defaultTest: {options: {transform: JSON.parse(output)}}\ntests:\n"
    '  - {vars: {q: \'[{"label": "bug"}]\'},\n'
    "     assert: [{type: javascript, value: output.label === 'bug'}, {type: is-json}]}\n"
    '  - {vars: {q: \'[{"label": "bug", "n": 1}]\'}, assert: [{type: equals, value: bug, transform: output.label}]}\n'
    '  - {vars: {q: \'[{"label": "x"}]\'}, assert: [{type: equals, value: bug, transform: output.label}]}\n'
    "  - {vars: {q: '[bug]'}, assert: [{type: contains, value: bug}]}\n",
}
PARTLY = {
    "c.yaml": "prompts: ['{{q}}']\nproviders: [file://p.yaml]\ntests:\n  - {vars: {q: '[a]'}}\n"
    "  - {vars: {q: '[a]'}, assert: [{type: contains, value: a}]}\n"
    "  - {vars: {q: '[a]'}, assert: [{type: contains-xml}]}\n"
    "  - {vars: {q: '[<a>1</a>]'}, assert: [{type: is-xml}, {type: is-sql}]}\n",
    "p.yaml": "- id: openai:m\n  config: {temperature: 0}\n",
}
GRADED = {
    "c.yaml": "prompts: ['{{q}}']\nproviders: [openai:m]\n"
    "defaultTest: {options: {rubricPrompt: 'Is {{output}} good by {{rubric}}? Say JSON.'}}\n"
    "tests: [{vars: {q: '[a]'}, assert: [{type: g-eval, value: [short, kind]}]}]\n",
}
RUNS: dict[str, tuple[dict[str, str], float, list[str]]] = {
    "an agent with checks in JavaScript": (AGENT, 0.5, ["the provider 'agent-sdk'"]),
    "checks of several kinds": (MIXED, 1.0, ["the provider 'file://p.mjs'"]),
    "an echo in Arabic": (ARABIC, 0.5, []),
    "sets in braces": (CLEAN_HALF, 1.0, []),
    "a variable that is called expected": (NAMED_EXPECTED, 0.5, []),
    "files by a pattern, rows as they are": (VERSIONS, 0.5, []),
    "transforms of all kinds": (MADE, 0.5, []),
    "tests that nothing grades, one question twice": (
        PARTLY,
        2 / 3,
        ["the test has no assertion", "the assertion 'is-sql'"],
    ),
    "a judge in words of its own": (GRADED, 1.0, []),
}


@pytest.mark.parametrize("name", RUNS)
def test_it_runs_and_scores_what_it_should(repo: Repo, name: str) -> None:
    files, expected, left = RUNS[name]
    found = carried(files)
    assert [one.what for one in found.left] == left
    assert score(repo, files, found) == pytest.approx(expected)


LISTED: dict[str, tuple[str, list[tuple[str, str]]]] = {
    "an HTTP provider and no assertion": (
        "prompts: ['{{ prompt }}']\nproviders:\n  - id: http\n"
        "    config: {body: {image: '{{ image | default(null) }}'}}\n"
        "tests:\n  - {name: one, vars: {prompt: When?}}\n  - {name: two, vars: {prompt: And?, image: x}}\n",
        [
            ("c.yaml:3", "the provider 'http'"),
            ("c.yaml:6", "the test has no assertion"),
            ("c.yaml:7", "the test has no assertion"),
        ],
    ),
    "attacks that a section generates": (
        "providers: [{id: openai, config: {baseUrl: 'http://localhost:1234/v1'}}]\n"
        "prompts: [{id: agent, content: 'User: {{prompt}}'}]\nredteam: {plugins: [{id: pii}]}\n",
        [
            ("c.yaml:3", "'redteam'"),
            ("c.yaml:1", "the provider 'openai' names no model"),
            ("c.yaml:1", "there are no test cases"),
        ],
    ),
    "assertions that nothing here makes": (
        "prompts: ['{{q}}']\nproviders: ['openai:m']\ntests:\n  - vars: {q: a}\n    assert:\n"
        "      - {type: trajectory:tool-used, value: x}\n      - type: moderation\n      - {type: equals, value: b}\n",
        [("c.yaml:6", "the assertion 'trajectory:tool-used'"), ("c.yaml:7", "the assertion 'moderation'")],
    ),
}


@pytest.mark.parametrize("name", LISTED)
def test_what_is_missing_is_listed_with_its_line(name: str) -> None:
    text, expected = LISTED[name]
    assert [(one.place, one.what) for one in carried({"c.yaml": text}).left] == expected
    assert all(one.instead for one in carried({"c.yaml": text}).left)


def test_a_committed_conflict_is_called_one() -> None:
    with pytest.raises(DataError, match="merge conflict"):
        carried({"c.yaml": f"<<<<<<< HEAD\nprompts: [a]\n=======\n{CLEAN_HALF['c.yaml']}>>>>>>> develop\n"})


FEATURES = """\
# a comment line

---
model: scripted
input: {schema: {name: string}}
config: {temperature: 0.7, topK: 40}
---
{{role "system"}}
Help with {{context}}.
{{#each items}}
- {{this}}
{{/each}}
{{role "user"}}
{{media url=imageUrl}}
{{history}}
"""


def test_dotprompt_s_helpers_picture_and_history_are_sent(repo: Repo) -> None:
    repo.model.score = lambda text, sample: "yes"
    row = f'{{"vars": {{"context": "bills", "items": ["a", "b"], "imageUrl": "{PICTURE}"}}, "expected": "yes", '
    repo.write("e.jsonl", row + '"messages": [{"role": "user", "content": "Hello?"}]}\n')
    repo.write("x.prompt", FEATURES)
    repo.write("promptci.yaml", f"version: 1\n{SCRIPTED}prompts: [{{file: x.prompt, cases: e.jsonl}}]\n")
    (prompt,) = check(repo.options(), everything=True).prompts
    assert prompt.score == 1.0
    (request,) = repo.model.asked
    assert request.messages == (
        Message("system", "Help with bills.\n- a\n- b\n"),
        Message("user", "", pictures=(PICTURE,)),
        Message("user", "Hello?"),
    )
    assert dict(request.spec.parameters)["top_k"] == 40


TABLES: dict[str, tuple[str, str, float]] = {
    "checks in cells": (
        "{{ body }}",
        "body,__expected\n[ahoy],fn:output.includes('ahoy')\n[{}],is-json\n[x],is-json\n",
        2 / 3,
    ),
    "several in a row": (
        "{{ topic }}",
        "topic,__expected1,__expected2,__metadata:tags[]\n"
        '[tide],contains: tide,"not-contains: moon","sea,physics\\, hard"\n'
        '[moon],contains: moon,"not-contains: moon",x\n',
        0.5,
    ),
    "a share of several": (
        "{{ q }}",
        "q,__expected1,__expected2,__threshold\n"
        "[a],equals: a,is-json,0.5\n[b],equals: a,is-json,0.5\n[1],equals: 1,is-json,\n",
        2 / 3,
    ),
    "a rubric and a threshold": (
        "{{ reply }}",
        "__description,reply,__expected,__threshold\n"
        'ES ok,"Hola, [ok]",llm-rubric: polite,0.5\nmixed,"25 [x]",contains: ok,\n',
        0.5,
    ),
}


@pytest.mark.parametrize("name", TABLES)
def test_a_table_of_promptfoo_runs_as_it_is(repo: Repo, name: str) -> None:
    prompt, rows, expected = TABLES[name]
    settings = f"version: 1\n{SCRIPTED}prompts: [{{file: p.md, cases: e.csv}}]\n"
    repo.write("p.md", prompt + "\n")
    repo.write("e.csv", rows)
    assert score(repo, {}, Imported({"promptci.yaml": settings}, ())) == pytest.approx(expected)
