"""Set-ups of other tools: what runs as it is stays, what is carried means the same, what is not is listed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from fnmatch import fnmatch
from typing import Any

import pytest

from promptci import yamlfile
from promptci.config.reading import parse
from promptci.errors import ConfigError, DataError
from promptci.evals import read_cases
from promptci.importing.base import Imported
from promptci.importing.oaievals import from_registry
from promptci.importing.prompt_yml import from_prompt_files
from promptci.importing.promptfoo import from_promptfoo

CONFIG = "promptfooconfig.yaml"


def carried(config: str, **files: str) -> Imported:
    known = {CONFIG: config, **{name.replace("__", "/").replace("_DOT_", "."): text for name, text in files.items()}}
    return with_files(known)


def with_files(known: Mapping[str, str]) -> Imported:
    def read(path: str) -> bytes | None:
        return known[path].encode() if path in known else None

    return from_promptfoo(CONFIG, read, lambda pattern: sorted(p for p in known if fnmatch(p, pattern)))


def settings(found: Imported) -> Any:
    parse(found.files["promptci.yaml"].replace("YOUR-MODEL", "m"))  # what is written is what we read
    return yamlfile.read(found.files["promptci.yaml"], "promptci.yaml", error=ConfigError).value


def rows(found: Imported) -> list[dict[str, Any]]:
    path = settings(found)["prompts"][0]["cases"]
    read_cases(path, found.files[path].encode())
    return [json.loads(line) for line in found.files[path].splitlines()]


def test_two_assertions_of_a_row_are_both_carried() -> None:
    found = carried("""\
prompts: ['{{question}}']
providers: [file://p.mjs]
defaultTest:
  options: {transform: output.trim()}
tests:
  - metadata: {tier: smoke}
    vars: {question: Which two frameworks?}
    assert:
      - {type: icontains, value: Alpha}
      - {type: icontains, value: Beta}
""")
    assert found.files["prompts/prompt.md"] == "{{question}}\n"
    holds = {"name": "contains", "words": False, "ignore_case": True}
    assert rows(found) == [
        {
            "vars": {"question": "Which two frameworks?"},
            "tags": ["tier:smoke"],
            "assert": [{**holds, "value": "Alpha"}, {**holds, "value": "Beta"}],
        }
    ]
    assert [str(left) for left in found.left] == [
        f"{CONFIG}:2: the provider 'file://p.mjs': a program, or one that asks the service, is measured whole: "
        "prompts: [{run: [...], files: [...]}]"
    ]


def test_files_that_run_as_they_are_are_named_and_not_copied() -> None:
    found = with_files(
        {
            CONFIG: """\
providers:
  - {id: 'openai:chat:gpt-4.1-mini', config: {temperature: 0}}
  - {id: 'openai:gpt-4.1'}
prompts:
  - {label: v2, raw: file://prompts/v2.txt}
  - {label: v1, raw: file://prompts/v1.txt}
tests: evals/t.jsonl
defaultTest:
  assert:
    - type: is-json
    - {type: not-contains, value: OVERRIDE}
    - {type: latency, threshold: 8000}
passRateThreshold: 0.85
""",
            "prompts/v1.txt": "One {{ q }}",
            "prompts/v2.txt": "Two {{ q }}",
            "evals/t.jsonl": '{"q": "a"}\n',
        }
    )
    assert set(found.files) == {"promptci.yaml"}
    written = settings(found)
    assert [(p["id"], p["file"], p["cases"]) for p in written["prompts"]] == [
        ("v2", "prompts/v2.txt", "evals/t.jsonl"),
        ("v1", "prompts/v1.txt", "evals/t.jsonl"),
    ]
    assert [m["name"] for m in written["prompts"][0]["metrics"]] == ["json", "contains", "latency"]
    assert written["prompts"][0]["metrics"][2] == {"name": "latency", "at_most_s": 8.0}
    assert written["models"]["scorer"]["model"] == "gpt-4.1-mini"
    assert written["prompts"][0]["gate"] == {"min_score": 0.85}
    assert [left.place for left in found.left] == [f"{CONFIG}:3"]


def test_what_has_no_counterpart_is_listed_with_its_line() -> None:
    found = carried("""\
providers: [exec]
prompts: [file://make.py, 'Say {{q}}']
redteam: {plugins: [pii]}
tests:
  - vars: {q: a}
    assert:
      - {type: webhook, value: "https://x"}
      - {type: contains, value: a}
    provider: other
  - vars: {q: b}
  - cases/*.yaml
""")
    said = {left.place: left.what for left in found.left}
    assert said == {
        f"{CONFIG}:1": "the provider 'exec'",
        f"{CONFIG}:2": "the prompt 'file://make.py' is made by a program",
        f"{CONFIG}:3": "'redteam'",
        f"{CONFIG}:7": "the assertion 'webhook'",
        f"{CONFIG}:9": "'provider'",
        f"{CONFIG}:10": "the test has no assertion",
        f"{CONFIG}:11": "the tests 'cases/*.yaml'",
    }
    assert len(rows(found)) == 1


def test_tests_in_files_are_read() -> None:
    found = with_files(
        {
            CONFIG: "prompts: ['{{a}} {{b}}']\ntests: [one.yaml, two.csv]\ndefaultTest: {vars: {b: 2}}\n",
            "one.yaml": "- description: first\n  vars: {a: 1}\n  assert: [{type: equals, value: '1 2'}]\n",
            "two.csv": "a,__expected\n3,icontains: three\n",
        }
    )
    assert [row["vars"] for row in rows(found)] == [{"a": 1, "b": 2}, {"b": 2, "a": "3"}]
    assert found.left == ()


def test_a_configuration_with_a_conflict_is_refused() -> None:
    with pytest.raises(DataError, match="merge conflict"):
        carried("<<<<<<< HEAD\nprompts: [a]\n=======\nprompts: [b]\n>>>>>>> develop\n")


def test_prompt_files_with_their_own_rows_run_as_they_are() -> None:
    files = {
        "a.prompt.yml": "model: openai/gpt-4o\nmessages: [{role: user, content: '{{q}}'}]\ntestData: [{q: x}]\n",
        "b.prompt.yml": "messages: [{role: user, content: '{{q}}'}]\n",
        "c.prompt.yml": "prompt: hi\n",
    }
    found = from_prompt_files(sorted(files), lambda path: files[path].encode())
    assert settings(found)["prompts"] == [{"id": "a", "file": "a.prompt.yml", "cases": "a.prompt.yml"}]
    assert set(found.files) == {"promptci.yaml"}
    assert [left.place for left in found.left] == ["a.prompt.yml", "b.prompt.yml", "c.prompt.yml:1"]


REGISTRY = """\
toy:
  id: toy.s1
  metrics: [accuracy]
toy.s1:
  class: evals.elsuite.basic.match:Match
  args: {samples_jsonl: toy/samples.jsonl}
graded.s1:
  class: evals.elsuite.modelgraded.classify:ModelBasedClassify
  args: {samples_jsonl: toy/samples.jsonl}
"""


def test_a_registry_moves_the_shared_instruction_into_a_prompt() -> None:
    chat = (
        '{"input": [{"role": "system", "content": "Yes or no."}, {"role": "user", "content": "%s"}], "ideal": "yes"}\n'
    )
    files = {"r/evals/toy.yaml": REGISTRY, "r/data/toy/samples.jsonl": chat % "Is ice cold?" + chat % "Is it?"}
    found = from_registry("r/evals/toy.yaml", lambda path: files[path].encode() if path in files else None)
    assert found.files["prompts/toy.md"] == "Yes or no.\n"
    assert settings(found)["prompts"][0]["metric"] == {
        "name": "starts_with",
        "ignore_case": False,
        "words": False,
    }
    assert [r["messages"] for r in rows(found)][1] == [{"role": "user", "content": "Is it?"}]
    assert [left.place for left in found.left] == ["r/evals/toy.yaml:7"]
    del files["r/data/toy/samples.jsonl"]
    found = from_registry("r/evals/toy.yaml", lambda path: files[path].encode() if path in files else None)
    assert found.files == {}
    assert "'toy/samples.jsonl'" in str(found.left[0])
