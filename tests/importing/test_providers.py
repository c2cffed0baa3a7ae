"""Which of promptfoo's providers can be asked here, and at what address; the registry of openai/evals."""

from __future__ import annotations

import json
from typing import Any

import pytest

from promptci import yamlfile
from promptci.errors import DataError
from promptci.importing.base import Imported
from promptci.importing.oaievals import from_registry
from promptci.importing.providers import embedder_of, scorer_of, unused

KEY = {"api_key_env": "OPENAI_API_KEY"}
CARRIED: dict[str, tuple[Any, dict[str, Any]]] = {
    "a-name": ("openai:gpt-4.1", {"model": "gpt-4.1", **KEY}),
    "a-kind": ("openai:chat:gpt-4.1", {"model": "gpt-4.1", **KEY}),
    "another-kind": ("openai:responses:gpt-4.1", {"model": "gpt-4.1", **KEY}),
    "a-model-with-a-colon": ("openai:ft:gpt-4.1:me", {"model": "ft:gpt-4.1:me", **KEY}),
    "settings": (
        {"id": "openai:m", "config": {"temperature": 0, "max_tokens": 9, "seed": 3, "mood": 1}},
        {"model": "m", **KEY, "temperature": 0, "max_tokens": 9, "seed": 3},
    ),
    "an-address": (
        {"id": "openai:m", "config": {"apiBaseUrl": "http://localhost:1/v1"}},
        {"model": "m", "base_url": "http://localhost:1/v1", **KEY},
    ),
    "another-word-for-it": (
        {"id": "openai:m", "config": {"baseUrl": "http://localhost:1/v1"}},
        {"model": "m", "base_url": "http://localhost:1/v1", **KEY},
    ),
    "by-its-host": (
        {"id": "openai:m", "config": {"apiHost": "proxy.example.com"}},
        {"model": "m", "base_url": "https://proxy.example.com/v1", **KEY},
    ),
    "a-key-of-its-own": ({"id": "openai:m", "config": {"apiKeyEnvar": "K"}}, {"model": "m", "api_key_env": "K"}),
    "a-model-in-the-settings": ({"id": "openai", "config": {"model": "m"}}, {"model": "m", **KEY}),
    "settings-under-the-name": ({"openai:m": {"config": {"temperature": 1}}}, {"model": "m", **KEY, "temperature": 1}),
    "another-server": (
        "groq:llama-3",
        {"model": "llama-3", "base_url": "https://api.groq.com/openai/v1", "api_key_env": "GROQ_API_KEY"},
    ),
    "on-this-machine": (
        "ollama:chat:llama3",
        {"model": "llama3", "base_url": "http://localhost:11434/v1", "api_key_env": "OLLAMA_API_KEY"},
    ),
    "a-path-as-a-model": (
        "openrouter:meta/llama-3",
        {"model": "meta/llama-3", "base_url": "https://openrouter.ai/api/v1", "api_key_env": "OPENROUTER_API_KEY"},
    ),
    "anthropic-as-openai": (
        "anthropic:messages:claude-9",
        {"model": "claude-9", "base_url": "https://api.anthropic.com/v1", "api_key_env": "ANTHROPIC_API_KEY"},
    ),
    "azure-by-its-host": (
        {"id": "azure:chat:gpt", "config": {"apiHost": "me.openai.azure.com"}},
        {"model": "gpt", "base_url": "https://me.openai.azure.com/openai/v1", "api_key_env": "AZURE_API_KEY"},
    ),
    "sent-along": (
        {"id": "openai:m", "config": {"top_p": 0.5, "tools": [{"type": "function"}], "apiKey": "sk-1"}},
        {"model": "m", **KEY, "extra": {"top_p": 0.5, "tools": [{"type": "function"}]}},
    ),
    "a-template": ({"id": "openai:m", "config": {"apiBaseUrl": "{{env.BASE}}"}}, {"model": "m", **KEY}),
    "echo": ("echo", {"model": "echo"}),
}


@pytest.mark.parametrize("name", CARRIED)
def test_a_provider_becomes_the_scorer(name: str) -> None:
    given, expected = CARRIED[name]
    assert scorer_of(given) == expected


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("bedrock:us.amazon.nova-lite-v1:0", "the provider 'bedrock:us.amazon.nova-lite-v1:0'"),
        ("azure:chat:gpt", "the provider 'azure:chat:gpt' names no server of its own"),
        ("file://p.mjs", "the provider 'file://p.mjs'"),
        ("exec:python a.py", "the provider 'exec:python a.py'"),
        ({"id": "http", "config": {}}, "the provider 'http'"),
        ("openai:assistant:asst_1", "the provider 'openai:assistant:asst_1'"),
        ("openai:image:dall-e-3", "the provider 'openai:image:dall-e-3'"),
        ("anthropic:claude-agent-sdk", "the provider 'anthropic:claude-agent-sdk'"),
        ("openai:embedding:text-3", "the provider 'openai:embedding:text-3'"),
        ("openai", "the provider 'openai' names no model"),
        ({}, "the provider ''"),
        (7, "the provider '7'"),
    ],
    ids=str,
)
def test_any_other_is_named(given: Any, said: str) -> None:
    assert scorer_of(given) == said


def test_what_of_a_provider_is_not_carried_is_named() -> None:
    config = {"temperature": 0, "mood": 1, "apiKey": "sk-1", "apiBaseUrl": "{{env.BASE}}"}
    assert [what for what, _ in unused({"id": "openai:m", "label": "M", "prompts": ["a"], "config": config})] == [
        "'prompts' of a provider",
        "the setting 'mood' of a provider",
        "the setting 'apiKey' of a provider",
        "the setting 'apiBaseUrl' of a provider, a template",
    ]
    assert not any("sk-1" in what + instead for what, instead in unused({"id": "openai:m", "config": config}))


def test_a_model_of_embeddings_is_no_scorer() -> None:
    assert embedder_of("openai:embedding:e-1") == {"model": "e-1", **KEY}
    assert embedder_of("openai:gpt-4.1") == "the embeddings of 'openai:gpt-4.1'"


def rows(*systems: str | None) -> str:
    found = []
    for number, system in enumerate(systems):
        head = [] if system is None else [{"role": "system", "content": system}]
        found.append({"input": [*head, {"role": "user", "content": f"q{number}"}], "ideal": "a"})
    return "".join(json.dumps(row) + "\n" for row in found)


def entry(kind: str, args: str = "{samples_jsonl: toy/s.jsonl}") -> str:
    return f"toy:\n  id: toy.v0\ntoy.v0:\n  class: evals.elsuite.{kind}\n  args: {args}\n"


def graded(spec: str, more: str = "") -> str:
    args = f"{{samples_jsonl: toy/s.jsonl, eval_type: cot_classify, modelgraded_spec: {spec}{more}}}"
    return entry("modelgraded.classify:ModelBasedClassify", args)


REGISTRY: dict[str, tuple[str, str, list[str]]] = {
    "match": (entry("basic.match:Match"), rows("S", "S"), []),
    "includes": (entry("basic.includes:Includes"), rows("S", "S"), []),
    "a-class-that-is-not-known": (
        entry("translate:Translate"),
        rows("S"),
        ["the class 'evals.elsuite.translate:Translate' of 'toy.v0'"],
    ),
    "json": (entry("basic.json_match:JsonMatch"), rows("S"), []),
    "half-a-rule": (entry("basic.fuzzy_match:FuzzyMatch"), rows("S"), ["half of the rule FuzzyMatch of 'toy.v0'"]),
    "a-grader-that-is-not-there": (graded("own"), rows("S"), ["the grader 'own'"]),
    "an-argument": (
        entry("basic.match:Match", "{samples_jsonl: toy/s.jsonl, max_tokens: 5}"),
        rows("S"),
        ["the argument 'max_tokens' of 'toy.v0'"],
    ),
    "rows-that-are-not-there": (
        entry("basic.match:Match", "{samples_jsonl: no.jsonl}"),
        "",
        ["the rows of 'toy.v0', 'no.jsonl'"],
    ),
    "rows-that-cannot-be-read": (entry("basic.match:Match"), "{", ["not valid JSON"]),
    "instructions-that-differ": (entry("basic.match:Match"), rows("S", "T"), ["the instructions of 'toy.v0'"]),
    "no-instructions": (entry("basic.match:Match"), rows(None), ["the instructions of 'toy.v0'"]),
    "no-class": ("toy:\n  metrics: [accuracy]\n", "", ["'toy'"]),
}


@pytest.mark.parametrize("name", REGISTRY)
def test_an_entry_is_carried_or_listed(name: str) -> None:
    text, samples, left = REGISTRY[name]
    files = {"r/evals/toy.yaml": text, "r/data/toy/s.jsonl": samples}
    found = from_registry("r/evals/toy.yaml", lambda path: files[path].encode() if path in files else None)
    assert [one.what.partition(":")[0] if "JSON" in one.what else one.what for one in found.left] == left
    assert bool(found.files) == (not left or name in ("an-argument", "half-a-rule"))


def carried(text: str, samples: str, more: dict[str, str] | None = None) -> Imported:
    files = {"r/evals/toy.yaml": text, "r/data/toy/s.jsonl": samples, **(more or {})}
    return from_registry("r/evals/toy.yaml", lambda path: files[path].encode() if path in files else None)


def metrics(found: Imported) -> list[Any]:
    settings = yamlfile.read(found.files["promptci.yaml"], "promptci.yaml", error=DataError).value
    return [one["metric"] for one in settings["prompts"]]


def metric(found: Imported) -> Any:
    return metrics(found)[0]


OWN = """\
own:
  prompt: |-
    Show {{"a": 1}}. Question: {input}
    Answer: {completion}, ideal {ideal}, by {criteria}, {tone}
  choice_strings: AB
  choice_scores: {A: 1.0, B: 0.25}
  input_outputs: {input: completion}
"""
JUDGE = """\
{% raw %}Show {"a": 1}. Question: {% endraw %}{{ input }}
Answer: {{ output }}, ideal {{ expected }}, by {{ criteria }}, calm

{{ form }}
"""


def test_a_grader_of_the_registry_becomes_a_judge_with_its_choices() -> None:
    row = json.dumps({"input": [{"role": "system", "content": "S"}], "ideal": "a", "criteria": "short"}) + "\n"
    found = carried(graded("own", ", modelgraded_spec_args: {tone: calm}"), row, {"r/modelgraded/own.yaml": OWN})
    assert found.left == ()
    assert metric(found) == {"name": "judge", "prompt": "judges/own.md", "choices": {"A": 1.0, "B": 0.25}}
    assert found.files["judges/own.md"] == JUDGE
    assert json.loads(found.files["evals/toy.jsonl"])["vars"] == {"criteria": "short"}
    assert json.loads(found.files["evals/toy.jsonl"])["expected"] == "a"


def test_choices_that_are_numbers_in_yaml_are_choices() -> None:
    spec = "own: {prompt: x, choice_strings: '12', choice_scores: {1: 0, 2: 1}}\n"
    found = carried(graded("own"), rows("S"), {"r/modelgraded/own.yaml": spec})
    assert metric(found) == {"name": "judge", "prompt": "judges/own.md", "choices": {"1": 0, "2": 1}}


def test_one_grader_with_other_arguments_is_another_file() -> None:
    both = "".join(graded("own", f", modelgraded_spec_args: {{tone: {tone}}}").replace("toy", tone) for tone in "ab")
    files = {"r/modelgraded/own.yaml": OWN, "r/data/a/s.jsonl": rows("S"), "r/data/b/s.jsonl": rows("S")}
    found = carried(both, "", files)
    asked = [one["prompt"] for one in metrics(found)]
    assert asked == ["judges/own.md", "judges/own-2.md"]
    assert [found.files[path] for path in asked] == [JUDGE.replace("calm", tone) for tone in "ab"]


@pytest.mark.parametrize(
    "spec",
    [
        "own: {prompt: x, choice_strings: AB}\n",
        "own: {prompt: x, choice_strings: AB, choice_scores: {A: 1, B: 7}}\n",
        "own: {choice_strings: AB, choice_scores: {A: 1, B: 0}}\n",
        "other: {}\n",
    ],
    ids=["no values", "a value above 1", "no text", "another name"],
)
def test_a_grader_that_gives_no_value_is_listed(spec: str) -> None:
    found = carried(graded("own"), rows("S"), {"r/modelgraded/own.yaml": spec})
    assert [one.place for one in found.left] == ["r/modelgraded/own.yaml"]
    assert "promptci.yaml" not in found.files


def test_graders_of_the_package_are_ours_by_name() -> None:
    assert metric(carried(graded("fact"), rows("S"))) == {"name": "factuality"}
    closed = graded("closedqa", ", modelgraded_spec_args: {criteria: 'is it short?'}")
    assert metric(carried(closed, rows("S"))) == {"name": "judge", "rubric": "is it short?"}
    assert metric(carried(graded("closedqa"), rows("S"))) == {"name": "judge", "rubric": "{{ criteria }}"}


def test_what_a_class_compares_by_is_kept() -> None:
    args = "{samples_jsonl: toy/s.jsonl, ignore_case: true}"
    assert metric(carried(entry("basic.includes:Includes", args), rows("S")))["ignore_case"] is True
    text = json.dumps({"input": [{"role": "system", "content": "S"}], "ideal": '{"a": 1.0}'}) + "\n"
    found = carried(entry("basic.json_match:JsonMatch"), text)
    assert json.loads(found.files["evals/toy.jsonl"])["expected"] == {"a": 1.0}
    asked = carried(entry("basic.match:Match"), '{"input": "2+2=", "ideal": "4"}\n')
    assert asked.files["prompts/toy.md"] == "{{ input }}\n"
    assert json.loads(asked.files["evals/toy.jsonl"])["vars"] == {"input": "2+2="}
