"""What promptfoo's tests may say beside values and assertions: lists, files, scenarios, templates, thresholds."""

from __future__ import annotations

import json
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest

from promptci import yamlfile
from promptci.commands import carrying
from promptci.config.reading import parse
from promptci.core import Json
from promptci.errors import ConfigError
from promptci.evals import read_cases
from promptci.importing.base import Imported
from promptci.importing.promptfoo import from_promptfoo

CONFIG = "conf/promptfooconfig.yaml"
HEAD = "prompts: ['{{q}}']\nproviders: ['openai:gpt-4.1']\n"
HOLDS: dict[str, Json] = {"name": "contains", "words": False, "ignore_case": False}


def carried(tests: str, files: dict[str, str] | None = None) -> Imported:
    known = {CONFIG: HEAD + tests, **{f"conf/{name}": text for name, text in (files or {}).items()}}

    def read(path: str) -> bytes | None:
        return known[path].encode() if path in known else None

    return from_promptfoo(CONFIG, read, lambda pattern: sorted(p for p in known if fnmatch(p, pattern)))


def settings(found: Imported) -> Any:
    parse(found.files["promptci.yaml"])
    return yamlfile.read(found.files["promptci.yaml"], "promptci.yaml", error=ConfigError).value


def rows(found: Imported) -> list[dict[str, Any]]:
    path = settings(found)["prompts"][0]["cases"]
    text = found.files[path]
    read_cases(path, text.encode())
    return [json.loads(line) for line in text.split("\n") if line]


def contains(value: str) -> dict[str, Json]:
    return {**HOLDS, "value": value}


IS = "assert: [{type: contains, value: a}]"


def with_values(values: str, more: str = "") -> str:
    return f"{{vars: {{{values}}}, {more}{IS}}}"


X, Y = with_values("q: x"), with_values("q: y")
VALUES: dict[str, tuple[str, dict[str, str], list[dict[str, Json]]]] = {
    "a-list-is-a-case-each": (f"tests: [{{vars: {{q: [x, y]}}, {IS}}}]", {}, [{"q": "x"}, {"q": "y"}]),
    "two-lists-are-every-pair": (
        f"tests: [{{vars: {{q: [x, y], n: [1, 2]}}, {IS}}}]",
        {},
        [{"q": "x", "n": 1}, {"q": "x", "n": 2}, {"q": "y", "n": 1}, {"q": "y", "n": 2}],
    ),
    "a-list-that-is-to-stay": (
        f"tests: [{{vars: {{q: [x, y]}}, options: {{disableVarExpansion: true}}, {IS}}}]",
        {},
        [{"q": ["x", "y"]}],
    ),
    "defaults-below-the-test": (
        f"defaultTest: {{vars: {{q: d, tone: calm}}}}\ntests: [{X}]",
        {},
        [{"q": "x", "tone": "calm"}],
    ),
    "defaults-in-a-file": (
        f"defaultTest: file://d.yaml\ntests: [{X}]",
        {"d.yaml": "vars: {tone: calm}\n"},
        [{"tone": "calm", "q": "x"}],
    ),
    "a-value-in-a-file": (f"tests: [{with_values('q: file://q.txt')}]", {"q.txt": "a\nb\n"}, [{"q": "a\nb\n"}]),
    "a-file-of-another-folder": (
        "tests: file://t/a.yaml",
        {"t/a.yaml": f"- {{vars: {{q: file://../q.txt}}, {IS}}}\n", "q.txt": "above"},
        [{"q": "above"}],
    ),
    "data-in-a-file": (f"tests: [{{vars: {{q: file://q.yaml}}, {IS}}}]", {"q.yaml": "[1, b]\n"}, [{"q": '[1, "b"]'}]),
    "all-values-in-a-file": (f"tests: [{{vars: file://v.yaml, {IS}}}]", {"v.yaml": "q: x\n"}, [{"q": "x"}]),
    "tests-in-json": (
        "tests: file://t.json",
        {"t.json": '[{"description": "d", "vars": {"q": "x"}, "assert": [{"type": "contains", "value": "a"}]}]'},
        [{"q": "x"}],
    ),
    "tests-in-json-lines": (
        "tests: t.jsonl",
        {"t.jsonl": '{"vars": {"q": "x"}, "options": {}}\n'},
        [{"q": "x"}],
    ),
    "json-lines-with-breaks-of-other-kinds-in-texts": (
        "tests: t.jsonl",
        {"t.jsonl": '\n{"vars": {"q": "a \u2028 b"}, "assert": [], "options": {}}\r\n{"vars": {"q": "c\x85d"}}\n'},
        [{"q": "a \u2028 b"}, {"q": "c\x85d"}],
    ),
    "tests-in-several-files": (
        "tests: file://t/*.yaml",
        {"t/a.yaml": f"- {X}\n", "t/b.yaml": f"vars: {{q: y}}\n{IS}\n"},
        [{"q": "x"}, {"q": "y"}],
    ),
    "a-file-beside-its-tests": (
        "tests: file://t/a.yaml",
        {"t/a.yaml": f"- {{vars: {{q: file://q.txt}}, {IS}}}\n", "t/q.txt": "near"},
        [{"q": "near"}],
    ),
    "tests-as-a-mapping": ("tests: {path: file://t.csv}", {"t.csv": "q,__expected,n\nx,a,1\n"}, [{"q": "x", "n": "1"}]),
    "anchors": (f"tests:\n  - &one {X}\n  - <<: *one\n    vars: {{q: y}}\n", {}, [{"q": "x"}, {"q": "y"}]),
    "several-anchors": (
        f"scenarios:\n  - &a {{tests: [{X}]}}\n  - &b {{config: [{{vars: {{n: 1}}}}]}}\n  - <<: [*b, *a]\n",
        {},
        [{"q": "x"}, {"n": 1, "q": "x"}],
    ),
    "the-same-test-twice": (f"tests: [{X}, {X}]", {}, [{"q": "x"}]),
    "scenarios": (
        "scenarios:\n  - config: [{vars: {lang: fr}}, {vars: {lang: de}}]\n"
        f"    tests: [{X}, {Y}]\n",
        {},
        [{"lang": "fr", "q": "x"}, {"lang": "fr", "q": "y"}, {"lang": "de", "q": "x"}, {"lang": "de", "q": "y"}],
    ),
    "a-scenario-s-parts-in-files": (
        "scenarios: [{config: file://c.yaml, tests: file://t.yaml}]",
        {"c.yaml": "- vars: {lang: fr}\n- vars: {lang: de}\n", "t.yaml": f"- {X}\n"},
        [{"lang": "fr", "q": "x"}, {"lang": "de", "q": "x"}],
    ),
    "tests-that-nothing-grades-are-not-measured": (f"tests: [{{vars: {{q: a}}}}, {X}]", {}, [{"q": "x"}]),
    "nothing-grades-any": ("tests: [{vars: {q: a}}, {vars: {q: b}}]", {}, [{"q": "a"}, {"q": "b"}]),
    "scenarios-with-a-file": (
        "scenarios: [{config: [{vars: {lang: fr}}], tests: [file://t.yaml]}]",
        {"t.yaml": f"- {X}\n"},
        [{"lang": "fr", "q": "x"}],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", VALUES)
def test_values_are_those_that_promptfoo_takes(name: str) -> None:
    tests, files, expected = VALUES[name]
    found = carried(tests, files)
    assert [row["vars"] for row in rows(found)] == expected


def one_of(metrics: list[dict[str, Json]], at_least: float) -> dict[str, Json]:
    return {"name": "group", "at_least": at_least, "metrics": metrics}


TWO = "{type: contains, value: a}, {type: contains, value: b}"
BOTH = [contains("a"), contains("b")]
ASSERTS: dict[str, tuple[str, list[dict[str, Json]]]] = {
    "a-set-without-a-threshold": (f"[{{type: assert-set, assert: [{TWO}]}}]", BOTH),
    "a-set-with-one": (f"[{{type: assert-set, threshold: 0.5, assert: [{TWO}]}}]", [one_of(BOTH, 0.5)]),
    "a-set-with-a-weight": (
        f"[{{type: assert-set, weight: 2, metric: m, assert: [{TWO}]}}]",
        [{**one_of(BOTH, 1), "weight": 2, "label": "m"}],
    ),
    "a-set-in-a-set": (
        f"[{{type: assert-set, threshold: 0.5, assert: [{{type: assert-set, threshold: 1, assert: [{TWO}]}}]}}]",
        [one_of([one_of(BOTH, 1)], 0.5)],
    ),
    "a-template": ("[{$ref: '#/assertionTemplates/t'}]", [contains("t")]),
    "a-template-with-a-change": ("[{$ref: '#/assertionTemplates/t', weight: 2}]", [{**contains("t"), "weight": 2}]),
    "a-single-one": ("{type: contains, value: a}", [contains("a")]),
}


@pytest.mark.parametrize("name", ASSERTS)
def test_assertions_mean_the_same(name: str) -> None:
    given, expected = ASSERTS[name]
    templates = "assertionTemplates: {t: {type: contains, value: t}}\n"
    found = carried(f"{templates}tests: [{{vars: {{q: x}}, assert: {given}}}]")
    assert rows(found)[0]["assert"] == expected
    assert found.left == ()


def test_a_threshold_weighs_a_test_s_assertions_with_those_of_all_tests() -> None:
    shared = "defaultTest: {assert: [{type: contains, value: a}]}\n"
    found = carried(
        shared + "tests: [{vars: {q: x}, threshold: 0.5, assert: [{type: contains, value: b}]}, {vars: {q: y}}]"
    )
    assert [row["assert"] for row in rows(found)] == [[one_of(BOTH, 0.5)], [contains("a")]]
    assert "metrics" not in settings(found)["prompts"][0]
    found = carried(shared.replace("assert", "threshold: 0.7, assert") + "tests: [{vars: {q: x}}]")
    assert rows(found)[0]["assert"] == [one_of([contains("a")], 0.7)]
    found = carried(
        shared.replace("assert", "threshold: 0.7, assert") + "tests: t.csv", {"t.csv": "q,__expected\nx,b\n"}
    )
    assert rows(found)[0]["assert"] == [one_of([contains("a"), {"type": "equals", "value": "b"}], 0.7)]
    found = carried(shared + "tests: [{vars: {q: x}}]")
    assert settings(found)["prompts"][0]["metrics"] == [contains("a")]


def test_a_threshold_of_one_test_alone_weighs_what_that_test_brings() -> None:
    test = f"{{vars: {{q: x}}, threshold: 0.5, assert: [{TWO}]}}"
    found = carried(f"scenarios: [{{config: [{{vars: {{n: 1}}}}], tests: [{test}]}}]")
    assert (rows(found)[0]["assert"], found.left) == ([one_of(BOTH, 0.5)], ())
    shared = "defaultTest: {assert: [{type: contains, value: c}]}\ntests: file://t.yaml"
    found = carried(shared, {"t.yaml": f"- {test}\n"})
    assert (rows(found)[0]["assert"], settings(found)["prompts"][0]["metrics"]) == (
        [one_of(BOTH, 0.5)],
        [contains("c")],
    )
    assert [left.what for left in found.left] == ["the threshold 0.5 weighs the test's own alone"]


@pytest.mark.parametrize("path", ["/etc/*.txt", "../../outside.txt", "a/../../../b.txt", "t/**.txt"])
def test_a_path_that_no_file_of_the_repository_has_is_left(tmp_path: Path, path: str) -> None:
    (tmp_path / "conf").mkdir()
    (tmp_path / CONFIG).write_text(f"{HEAD}tests: [{X}, file://{path}]\n")
    found = carrying.carried(tmp_path, CONFIG)
    assert [left.instead for left in found.left] == ["put the file there"]
    assert len(rows(found)) == 1


def test_a_mistake_in_json_lines_has_its_own_line() -> None:
    row = json.dumps({"vars": {"q": "x"}, "assert": [{"type": "contains", "value": "a"}]})
    found = carried("tests: t.jsonl", {"t.jsonl": f'{row}\n\n{row[:-1]}, "mood": 1}}\n'})
    assert [(left.place, left.what) for left in found.left] == [("conf/t.jsonl:3", "'mood'")]


LEFT: dict[str, tuple[str, str]] = {
    "a-threshold-of-zero": (f"tests: [{{vars: {{q: x}}, threshold: 0, {IS}}}]", "the threshold 0"),
    "a-set-of-zero": (
        f"tests: [{{vars: {{q: x}}, assert: [{{type: assert-set, threshold: 0, assert: [{TWO}]}}]}}]",
        "the threshold 0",
    ),
    "a-threshold-of-zero-for-a-table": ("defaultTest: {threshold: 0}\ntests: t.csv", "the threshold 0"),
    "a-scenario-s-own-settings": (
        f"scenarios: [{{config: [{{vars: {{n: 1}}, provider: p}}], tests: [{X}]}}]",
        "'provider'",
    ),
    "a-value-made-by-a-program": (f"tests: [{{vars: {{q: file://q.py}}, {IS}}}]", "'file://q.py': no such file"),
    "a-picture": (f"tests: [{{vars: {{q: file://q.png}}, {IS}}}]", "'file://q.png': no such file"),
    "too-many-combinations": (
        f"tests: [{with_values('a: &l [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11], b: *l, c: *l, d: *l')}, {X}]",
        "14,641 combinations of values",
    ),
    "a-scenario-in-a-file": (f"scenarios: [file://s.yml]\ntests: [{X}]", "the scenario 'file://s.yml'"),
    "tests-made-by-a-program": (f"tests: [file://t.py, {X}]", "the tests 'conf/t.py'"),
    "a-transformation": (f"tests: [{with_values('q: x', 'options: {transform: [o]}, ')}]", "the option 'transform'"),
    "a-filter-of-prompts": (f"tests: [{{vars: {{q: x}}, prompts: [a], {IS}}}]", "'prompts'"),
    "settings-of-a-file": (f"tests: [{{path: t.csv, config: {{}}}}, {X}]", "'config'"),
}  # fmt: skip


@pytest.mark.parametrize("name", LEFT)
def test_what_is_not_carried_is_listed_by_name_and_place(name: str) -> None:
    tests, said = LEFT[name]
    found = carried(tests, {"t.csv": "q,__expected\nx,a\n"} if tests.endswith("t.csv") else None)
    assert said in [left.what for left in found.left]
    assert all(left.place.partition(":")[0] in (CONFIG, "conf/t.csv") for left in found.left)
    assert len(rows(found)) == 1


PROMPTS: dict[str, tuple[str, dict[str, str], dict[str, str]]] = {
    "a-chat-in-place": (
        'prompts: [\'[{"role": "user", "content": "{{q}}"}]\']',
        {},
        {"prompts/prompt.json": '[{"role": "user", "content": "{{q}}"}]\n'},
    ),
    "several-in-one-file": (
        "prompts: file://p.txt",
        {"p.txt": "One {{q}}\n---\nTwo {{q}}\n"},
        {"prompts/p.md": "One {{q}}\n", "prompts/p-2.md": "Two {{q}}\n"},
    ),
    "a-table": (
        "prompts: file://p.csv",
        {"p.csv": 'prompt,label\n"One {{q}}",first\n"Two, {{q}}",\n'},
        {"prompts/first.md": "One {{q}}\n", "prompts/p.md": "Two, {{q}}\n"},
    ),
    "a-table-without-names": (
        "prompts: file://p.csv",
        {"p.csv": "One {{q}}\n\nTwo {{q}}\n"},
        {"prompts/p.md": "One {{q}}\n", "prompts/p-2.md": "Two {{q}}\n"},
    ),
    "json-lines": ("prompts: file://p.jsonl", {"p.jsonl": "Say {{q}}\n"}, {"prompts/p.md": "Say {{q}}\n"}),
    "a-folder": ("prompts: c/", {"c/a.txt": "One {{q}}"}, {}),
    "none-at-all": ("description: d", {}, {"prompts/d.md": "{{prompt}}\n"}),
    "files-with-labels": ("prompts: {p.txt: short}", {"p.txt": "One {{q}}\n"}, {}),
    "json-files": ("prompts: file://c/*.json", {"c/a.json": '[{"role": "user", "content": "{{q}}"}]'}, {}),
    "a-single-text": ("prompts: 'Say {{q}}'", {}, {"prompts/prompt.md": "Say {{q}}\n"}),
}


@pytest.mark.parametrize("name", PROMPTS)
def test_prompts_are_found_however_they_are_named(name: str) -> None:
    prompts, files, written = PROMPTS[name]
    known = {CONFIG: f"{prompts}\ntests: [{X}]\n", **{f"conf/{n}": t for n, t in files.items()}}

    def read(path: str) -> bytes | None:
        return known[path].encode() if path in known else None

    found = from_promptfoo(CONFIG, read, lambda pattern: sorted(p for p in known if fnmatch(p, pattern)))
    assert {p: t for p, t in found.files.items() if p.startswith("prompts/")} == written
    assert found.left == ()
    named = [p["file"] for p in yamlfile.read(found.files["promptci.yaml"], "p", error=ConfigError).value["prompts"]]
    assert named == (list(written) or [f"conf/{next(iter(files))}"])
    assert name != "files-with-labels" or "id: short" in found.files["promptci.yaml"]


def test_tests_that_ask_the_same_are_cases_of_one_cluster() -> None:
    found = rows(carried(f"tests: [{X}, {{vars: {{q: x}}, assert: [{{type: contains, value: b}}]}}, {Y}]"))
    assert found[0]["id"] != found[1]["id"]
    assert found[0]["cluster"] == found[1]["cluster"]
    assert [row["assert"] for row in found[:2]] == [[contains("a")], [contains("b")]]
    assert set(found[2]) == {"vars", "assert"}


JUDGED = "assert: [{type: llm-rubric, value: short}]"
WORDS: dict[str, tuple[str, dict[str, Json]]] = {
    "a text": (
        "'Is {{output}} {{rubric}}?'",
        {"rubric": "short", "template": "Is {{output}} {{rubric}}?"},
    ),
    "messages": (
        "[{role: system, content: Be strict.}, {role: user, content: 'Grade {{output}}'}]",
        {"template": "Grade {{output}}", "system": "Be strict."},
    ),
    "messages as JSON": (
        """'[{"role": "system", "content": "By {{rubric}}."}, {"role": "user", "content": "{{output}}"}]'""",
        {"rubric": "short", "template": "By {{rubric}}.\n\n{{output}}"},
    ),
    "a file": ("file://r.txt", {"rubric": "short", "template": "By {{ rubric }}: {{ output }}\n"}),
}


@pytest.mark.parametrize("name", WORDS)
def test_a_judge_is_asked_in_the_configuration_s_words(name: str) -> None:
    said, expected = WORDS[name]
    files = {"r.txt": "By {{ rubric }}: {{ output }}\n", "t.csv": "q,__expected\nx,llm-rubric:short\n"}
    wanted = [{"name": "judge", "pass_mark": 0.5, **expected}]
    shared = f"defaultTest: {{options: {{rubricPrompt: {said}}}}}\n"
    for tests in (f"tests: [{{vars: {{q: x}}, {JUDGED}}}]", "tests: t.csv"):
        found = carried(shared + tests, files)
        assert (rows(found)[0]["assert"], found.left) == (wanted, ())


def test_words_that_are_no_messages_are_listed() -> None:
    said = '\'[{"role": "user", "content": {{ rubric | dump }}}]\''
    found = carried(f"defaultTest: {{options: {{rubricPrompt: {said}}}}}\ntests: [{{vars: {{q: x}}, {JUDGED}}}]")
    assert [left.what for left in found.left] == ["the option 'rubricPrompt'"]
