"""Who grades for promptfoo, values that name values, and files that a configuration of it keeps beside it."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from fnmatch import fnmatch
from typing import Any

import pytest

from promptci import yamlfile
from promptci.config.reading import parse
from promptci.errors import ConfigError, DataError
from promptci.importing import texts
from promptci.importing.base import Imported
from promptci.importing.promptfoo import from_promptfoo

HEAD = "prompts: ['{{q}}']\nproviders: ['openai:m']\n"
SCORER = {"model": "m", "api_key_env": "OPENAI_API_KEY"}
JUDGE = {"model": "j", "api_key_env": "OPENAI_API_KEY"}
TEST = "tests: [{vars: {q: a}, assert: [%s]}]\n"
RUBRIC = "{type: llm-rubric, value: kind%s}"


def carried(files: Mapping[str, str | bytes]) -> Imported:
    def read(path: str) -> bytes | None:
        found = files.get(path)
        return found.encode() if isinstance(found, str) else found

    return from_promptfoo("c.yaml", read, lambda pattern: sorted(p for p in files if fnmatch(p, pattern)))


def models(found: Imported) -> Any:
    text = found.files["promptci.yaml"]
    parse(text.replace("YOUR-MODEL", "m"))  # what is written is what we read
    return yamlfile.read(text, "promptci.yaml", error=ConfigError).value["models"]


def values(found: Imported, path: str = "evals/cases.jsonl") -> list[Any]:
    return [json.loads(line)["vars"] for line in found.files[path].splitlines()]


GRADERS: dict[str, tuple[str, dict[str, Any], list[str]]] = {
    "of all tests": (
        "defaultTest: {options: {provider: 'openai:j'}}\n" + TEST % (RUBRIC % ""),
        {"scorer": SCORER, "judge": JUDGE},
        [],
    ),
    "of one assertion": (TEST % (RUBRIC % ", provider: 'openai:j'"), {"scorer": SCORER, "judge": JUDGE}, []),
    "two that differ": (
        TEST % ", ".join(RUBRIC % f", provider: 'openai:{name}'" for name in "jk"),
        {"scorer": SCORER, "judge": JUDGE},
        ["the further judge 'k'"],
    ),
    "one out of reach": (
        TEST % (RUBRIC % ", provider: 'bedrock:k'"),
        {"scorer": SCORER},
        ["the provider 'bedrock:k' as a judge"],
    ),
    "one for texts and one for embeddings": (
        "defaultTest: {options: {provider: {text: 'openai:j', embedding: 'openai:embedding:e'}}}\n"
        + TEST % "{type: similar, value: b}",
        {"scorer": SCORER, "judge": JUDGE, "embedder": {**JUDGE, "model": "e"}},
        [],
    ),
    "embeddings that nobody named": (
        TEST % "{type: similar, value: b}",
        {"scorer": SCORER, "embedder": {**JUDGE, "model": "text-embedding-3-large"}},
        [],
    ),
}


@pytest.mark.parametrize("name", GRADERS)
def test_a_grader_becomes_the_judge(name: str) -> None:
    text, expected, left = GRADERS[name]
    found = carried({"c.yaml": HEAD + text})
    assert models(found) == expected
    assert [one.what for one in found.left] == left


def test_a_judge_without_a_scorer_leaves_a_placeholder_to_be_filled() -> None:
    text = "prompts: ['{{q}}']\n" + TEST % (RUBRIC % ", provider: 'openai:j'")
    assert models(carried({"c.yaml": text})) == {"scorer": {**SCORER, "model": "YOUR-MODEL"}, "judge": JUDGE}


def test_values_are_put_into_values_that_name_them() -> None:
    text = HEAD + "tests: [{vars: {q: 'Ask {{ who }} at {{nowhere}}', who: '{{title}} B', title: Dr}}]\n"
    assert values(carried({"c.yaml": text})) == [
        {"q": "Ask Dr B at {{nowhere}}", "who": "Dr B", "title": "Dr"},
    ]


def test_values_that_name_each_other_come_to_an_end() -> None:
    text = HEAD + "tests: [{vars: {q: '{{b}}{{b}}', b: '{{q}}{{q}}'}}]\n"
    (found,) = values(carried({"c.yaml": text}))
    assert sum(map(len, found.values())) < 2_000_000


PICTURE = base64.b64encode(b"\x89PNG").decode()


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [("{{q}} {{image}}", f"data:image/png;base64,{PICTURE}"), ("{{q}} data:image/png;base64,{{image}}", PICTURE)],
    ids=["its address", "its base64 alone"],
)
def test_a_picture_in_a_file_becomes_a_value(prompt: str, expected: str) -> None:
    text = f"prompts: ['{prompt}']\nproviders: [openai:m]\ntests: [{{vars: {{q: a, image: file://p.PNG}}}}]\n"
    assert values(carried({"c.yaml": text, "p.PNG": b"\x89PNG"}))[0]["image"] == expected


def test_settings_in_files_are_read_and_those_that_are_not_there_are_left() -> None:
    config = (
        "prompts: ['{{q}}']\nproviders:\n  - {'openai:m': {config: {tools: file://t.json, stop: file://no.json}}}\n"
    )
    found = carried({"c.yaml": config + TEST % "{type: equals, value: a}", "t.json": '[{"type": "function"}]'})
    assert models(found) == {"scorer": {**SCORER, "extra": {"tools": [{"type": "function"}]}}}
    assert [(one.place, one.what) for one in found.left] == [("c.yaml:3", "'file://no.json': no such file")]


ELSEWHERE = ["langfuse://a:1", "exec:./make.sh", "file://make.py:f", "file://no.txt", "file://empty.csv"]


@pytest.mark.parametrize("said", ELSEWHERE)
def test_a_prompt_that_is_not_here_is_listed_and_never_a_text(said: str) -> None:
    files = {"c.yaml": f"prompts: ['{said}', 'Say {{{{q}}}}']\ntests: [{{vars: {{q: a}}}}]\n", "empty.csv": "prompt\n"}
    found = carried(files)
    assert [one.place for one in found.left if f"'{said}'" in one.what] == ["c.yaml:1"]
    assert [path for path in found.files if path.startswith("prompts/")] == ["prompts/prompt.md"]


ODD: dict[str, tuple[str, bytes, str]] = {
    "not there": ("no.csv", b"", "no such file"),
    "no text": ("p.csv", b"prompt\n\xff {{q}}\n", "not UTF-8 text"),
    "no text, of several": ("p.txt", b"\xff {{q}}\n---\nSay {{q}}\n", "not UTF-8 text"),
    "no table": ("p.csv", b"prompt\n" + b"x" * 300, "not valid CSV"),
}


@pytest.mark.parametrize("name", ODD)
def test_a_file_of_several_prompts_that_cannot_be_read_is_listed_with_its_reason(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, content, why = ODD[name]
    monkeypatch.setattr(texts, "MAX_CELL", 200)
    config = f"prompts: ['file://{path}', 'Say {{{{q}}}}']\nproviders: ['openai:m']\n"
    found = carried({"c.yaml": config + TEST % "{type: equals, value: a}", **({path: content} if content else {})})
    assert [why in one.what for one in found.left] == [True]
    assert [path for path in found.files if path.startswith("prompts/")] == ["prompts/prompt.md"]


BESIDE: dict[str, tuple[str, dict[str, str], list[Any]]] = {
    "several files of values": (
        "tests: [{vars: 'file://v/*.yaml'}]\n",
        {"v/1.yaml": "q: a\n", "v/2.yaml": "r: b\n"},
        [{"q": "a", "r": "b"}],
    ),
    "a value in several files": (
        "tests: [{vars: {q: 'file://d/*.txt'}}]\n",
        {"d/1.txt": "one", "d/2.txt": "two"},
        [{"q": "one"}, {"q": "two"}],
    ),
}


@pytest.mark.parametrize("name", BESIDE)
def test_patterns_name_every_file(name: str) -> None:
    text, files, expected = BESIDE[name]
    assert values(carried({"c.yaml": HEAD + text, **files})) == expected


def rows(found: Imported) -> list[Any]:
    return [json.loads(line) for line in found.files["evals/cases.jsonl"].splitlines()]


def test_what_an_assertion_compares_with_may_stand_in_a_file() -> None:
    asserts = "{type: equals, value: file://e.txt}, {type: contains-any, value: file://l.json}, {type: contains, value: file://n}"
    found = carried({"c.yaml": HEAD + TEST % asserts, "e.txt": "x\n", "l.json": '["x", "y"]'})
    assert [one["value"] for one in rows(found)[0]["assert"]] == ["x", ["x", "y"]]
    assert [one.what for one in found.left] == ["'file://n': no such file"]


def test_an_assertion_whose_file_is_not_there_is_listed_and_not_one_of_an_empty_text() -> None:
    found = carried({"c.yaml": HEAD + TEST % "{type: equals, value: file://e.txt}, {type: equals, value: b}"})
    assert [one["value"] for one in rows(found)[0]["assert"]] == ["b"]
    assert [one.what for one in found.left] == ["'file://e.txt': no such file"]


@pytest.mark.parametrize("said", ["https://docs.google.com/spreadsheets/d/a", "huggingface://datasets/a/b?split=test"])
def test_tests_that_are_not_here_are_listed_under_their_address(said: str) -> None:
    found = carried({"c.yaml": HEAD + f"tests: ['{said}', {{vars: {{q: a}}, assert: [{{type: is-json}}]}}]\n"})
    assert [one.what for one in found.left] == [f"the tests '{said}' are kept elsewhere"]


def test_a_test_without_vars_is_listed() -> None:
    found = carried(
        {"c.yaml": HEAD + "tests: [{assert: [{type: is-json}]}, {vars: {q: a}, assert: [{type: is-json}]}]\n"}
    )
    assert ([one.what for one in found.left], len(rows(found))) == (["the test has no vars"], 1)


def test_providers_may_stand_in_a_file() -> None:
    text = "prompts: ['{{q}}']\nproviders: file://p.yaml\n" + TEST % "{type: is-json}"
    found = carried({"c.yaml": text, "p.yaml": "- openai:m\n"})
    assert models(found) == {"scorer": SCORER}


def test_providers_in_a_file_that_is_not_there_are_listed_once() -> None:
    text = "prompts: ['{{q}}']\nproviders: file://p.yaml\n" + TEST % "{type: is-json}"
    assert [one.what for one in carried({"c.yaml": text}).left] == ["'file://p.yaml': no such file"]


def test_a_configuration_that_is_no_text_is_refused_with_its_line() -> None:
    with pytest.raises(DataError, match="not UTF-8 text") as caught:
        carried({"c.yaml": b"# a\n# \xff\n"})
    assert caught.value.place == "c.yaml:2"
