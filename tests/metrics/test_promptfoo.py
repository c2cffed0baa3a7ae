"""promptfoo's assertions become metrics, or say why not."""

from __future__ import annotations

from typing import Any

import pytest

from promptci.core import Case
from promptci.metrics.build import build, mistake_in
from promptci.metrics.promptfoo import NotCarried, metric_of


def no_file(path: str) -> str:
    return '{"type": "object"}'


@pytest.mark.parametrize(
    ("assertion", "output", "passes"),
    [
        pytest.param({"type": "equals", "value": "a"}, "a", True, id="equals"),
        pytest.param({"type": "equals", "value": {"a": 1}}, '{"a": 1.0}', True, id="equals-an-object"),
        pytest.param({"type": "not-equals", "value": "a"}, "a", False, id="not-equals"),
        pytest.param({"type": "contains", "value": "ell"}, "hello", True, id="inside-a-word"),
        pytest.param({"type": "contains", "value": "Ell"}, "hello", False, id="contains-minds-case"),
        pytest.param({"type": "icontains", "value": "ELL"}, "hello", True, id="icontains"),
        pytest.param({"type": "not-icontains", "value": "ELL"}, "hello", False, id="not-icontains"),
        pytest.param({"type": "contains-any", "value": ["x", "lo"]}, "hello", True, id="any"),
        pytest.param({"type": "contains-all", "value": "he, lo"}, "hello", True, id="all-of-a-text"),
        pytest.param({"type": "icontains-all", "value": ["HE", "x"]}, "hello", False, id="not-all"),
        pytest.param({"type": "starts-with", "value": "he"}, "hello", True, id="starts"),
        pytest.param({"type": "ends-with", "value": "lo"}, "hello", True, id="ends"),
        pytest.param({"type": "not-ends-with", "value": "lo"}, "hello", False, id="does-not-end"),
        pytest.param({"type": "regex", "value": "l{2}"}, "hello", True, id="regex"),
        pytest.param({"type": "is-json"}, "[1]", True, id="json"),
        pytest.param({"type": "contains-json"}, "so: [1]", True, id="json-inside"),
        pytest.param({"type": "is-json", "value": {"type": "object"}}, "[1]", False, id="schema"),
        pytest.param({"type": "is-json", "value": "file://s.json"}, "{}", True, id="schema-file"),
        pytest.param({"type": "word-count", "value": {"max": 2}}, "a b c", False, id="words"),
        pytest.param({"type": "levenshtein", "value": "abc"}, "abcdefg", True, id="levenshtein"),
        pytest.param({"type": "is-refusal"}, "I'm sorry, I can't help with that.", True, id="refusal"),
        pytest.param({"type": "icontains", "value": "{{city}}"}, "in rome", True, id="a-column"),
        pytest.param({"type": "gleu", "value": "the cat sat"}, "The cat sat.", True, id="gleu"),
        pytest.param({"type": "not-gleu", "value": "the cat sat"}, "a dog", True, id="not-gleu"),
        pytest.param({"type": "is-xml"}, "<a><b/></a>", True, id="xml"),
        pytest.param({"type": "is-xml", "value": "a.b, a.c"}, "<a><b/></a>", False, id="xml-elements"),
        pytest.param(
            {"type": "contains-xml", "value": {"requiredElements": ["a"]}}, "so: <a>1</a>.", True, id="inside"
        ),
        pytest.param({"type": "is-html"}, "<p>x</p>", True, id="html"),
        pytest.param({"type": "not-contains-html"}, "a < b and b > c", True, id="no-html"),
        pytest.param({"type": "is-valid-openai-tools-call"}, "I call it.", False, id="no-call"),
    ],
)
def test_an_assertion_is_a_metric(assertion: dict[str, Any], output: str, passes: bool) -> None:
    given = metric_of(assertion)
    assert not isinstance(given, NotCarried)
    metric = build([given], no_file)
    case = Case("c", {"input": "x", "city": "Rome"})
    metric.refuse([case], "tests.yaml")
    assert metric(case, output) == float(passes)


@pytest.mark.parametrize(
    "assertion",
    [
        {"type": "llm-rubric", "value": "is polite", "threshold": 0.7},
        {"type": "factuality", "value": "On Monday."},
        {"type": "similar", "value": "x", "threshold": 0.8, "weight": 2, "metric": "alike"},
        {"type": "answer-relevance", "threshold": 0.9},
        {"type": "latency", "threshold": 5000},
        {"type": "cost", "threshold": 0.001},
        {"type": "rouge-n", "value": "a b"},
        {"type": "bleu", "value": "a b"},
        {"type": "g-eval", "value": ["is short", "is kind"]},
        {"type": "llm-rubric", "value": {"criteria": "is short"}},
        {"type": "model-graded-factuality", "value": "On Monday."},
        {"type": "similar:cosine", "value": "x"},
        {"type": "finish-reason", "value": "stop"},
        {"type": "equals", "value": "a", "transform": "JSON.parse(output).a", "weight": 3},
    ],
    ids=lambda a: str(a["type"]),
)
def test_what_asks_or_measures_is_written_so_that_it_loads(assertion: dict[str, Any]) -> None:
    given = metric_of(assertion)
    assert not isinstance(given, NotCarried)
    assert mistake_in(given) is None
    assert build([given], no_file).parts[0].weight == assertion.get("weight", 1)


@pytest.mark.parametrize(
    ("assertion", "said"),
    [
        pytest.param({"type": "ruby", "value": "x"}, "`command`", id="ruby"),
        pytest.param({"type": "is-sql"}, "no SQL is parsed", id="sql"),
        pytest.param({"type": "context-recall", "value": "x"}, "what was retrieved", id="retrieval"),
        pytest.param({"type": "is-xml", "value": {"requiredElements": [1]}}, "no list of names", id="elements"),
        pytest.param({"type": "finish-reason"}, "names no reason", id="no-reason"),
        pytest.param({"type": "g-eval", "value": []}, "no text", id="no-criteria"),
        pytest.param({"type": "trajectory:tool-used"}, "trace", id="trace"),
        pytest.param({"type": "equals", "value": "a", "rubricPrompt": "x"}, "'rubricPrompt'", id="a-key"),
        pytest.param({"type": "contains", "value": "{{ a | lower }}"}, "template logic", id="filter"),
        pytest.param({"type": "regex", "value": "(?<a>x"}, "none in Python", id="a-pattern-of-javascript"),
        pytest.param({"type": "is-json", "value": "s.json"}, "write it as a mapping", id="a-schema-of-a-text"),
        pytest.param({"type": "is-json", "value": "[1]"}, "no mapping", id="a-schema-of-a-list"),
        pytest.param({"type": "latency"}, "no threshold", id="no-threshold"),
        pytest.param({"type": "contains"}, "no value", id="no-value"),
        pytest.param({"type": "not-contains", "value": ["a", "b"]}, "take a list", id="a-list-for-one"),
        pytest.param({"type": "word-count", "value": "many"}, "no number", id="no-number"),
        pytest.param({}, "no such metric", id="no-type"),
    ],
)
def test_what_has_no_counterpart_is_said(assertion: dict[str, Any], said: str) -> None:
    found = metric_of(assertion)
    assert isinstance(found, NotCarried)
    assert said in found.why
