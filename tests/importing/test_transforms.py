"""promptfoo's transforms: of a provider, of all tests, of one test and of one assertion, each before the next."""

from __future__ import annotations

import pytest

from promptci.core import Json
from tests.importing.test_promptfoo_rows import carried, contains, rows, settings

IS = "assert: [{type: contains, value: a}]"


def made(code: str, *metrics: dict[str, Json]) -> dict[str, Json]:
    return {"name": "transformed", "code": code, "metrics": list(metrics)}


OF_A_TEST: dict[str, tuple[str, list[dict[str, Json]]]] = {
    "of one test": (f"tests: [{{vars: {{q: x}}, options: {{transform: o.t}}, {IS}}}]", [made("o.t", contains("a"))]),
    "of all tests": (
        f"defaultTest: {{options: {{transform: o.d}}}}\ntests: [{{vars: {{q: x}}, {IS}}}]",
        [made("o.d", contains("a"))],
    ),
    "a test's own instead": (
        f"defaultTest: {{options: {{transform: o.d}}}}\ntests: [{{vars: {{q: x}}, options: {{transform: o.t}}, {IS}}}]",
        [made("o.t", contains("a"))],
    ),
    "an older name": (
        f"tests: [{{vars: {{q: x}}, options: {{postprocess: o.t}}, {IS}}}]",
        [made("o.t", contains("a"))],
    ),
    "of an assertion": (
        "tests: [{vars: {q: x}, assert: [{type: contains, value: a, transform: o.a, metric: m, weight: 2}]}]",
        [{**made("o.a", contains("a")), "weight": 2, "label": "m"}],
    ),
    "of both": (
        "tests: [{vars: {q: x}, options: {transform: o.t}, assert: [{type: contains, value: a, transform: o.a}]}]",
        [made("o.t", made("o.a", contains("a")))],
    ),
    "blanks around": (f"tests: [{{vars: {{q: x}}, options: {{transform: output.trim()}}, {IS}}}]", [contains("a")]),
    "what was not said": (
        "tests: [{vars: {q: x}, options: {transform: o.t}, assert: [{type: latency, threshold: 5000}]}]",
        [{"name": "latency", "at_most_s": 5.0}],
    ),
    "a file beside the configuration": (
        f"tests: [{{vars: {{q: x}}, options: {{transform: file://t.js:last}}, {IS}}}]",
        [{"name": "transformed", "file": "conf/t.js", "function": "last", "metrics": [contains("a")]}],
    ),
    "a file of an assertion": (
        "tests: [{vars: {q: x}, assert: [{type: contains, value: a, transform: file://t.py}]}]",
        [{"name": "transformed", "file": "conf/t.py", "metrics": [contains("a")]}],
    ),
}


@pytest.mark.parametrize("name", OF_A_TEST)
def test_a_transform_goes_around_what_it_is_for(name: str) -> None:
    tests, expected = OF_A_TEST[name]
    found = carried(tests)
    assert rows(found)[0]["assert"] == expected
    assert found.left == ()


def test_the_metrics_of_all_tests_are_of_what_is_made_too() -> None:
    found = carried(f"defaultTest: {{options: {{transform: o.d}}, {IS}}}\ntests: [{{vars: {{q: x}}}}]")
    assert settings(found)["prompts"][0]["metrics"] == [made("o.d", contains("a"))]
    found = carried(
        f"defaultTest: {{{IS}}}\ntests: [{{vars: {{q: x}}, options: {{transform: o.t}}}}, {{vars: {{q: y}}}}]"
    )
    assert "metrics" not in settings(found)["prompts"][0]
    assert [row["assert"] for row in rows(found)] == [[made("o.t", contains("a"))], [contains("a")]]


def test_a_table_s_assertions_are_of_what_is_made() -> None:
    table = {"t.csv": "q,__expected\nx,b\n"}
    found = carried("defaultTest: {options: {transform: o.d}}\ntests: t.csv", table)
    assert rows(found)[0]["assert"] == [made("o.d", {"type": "equals", "value": "b"})]


def test_a_provider_s_transform_comes_first() -> None:
    tests = f"tests: [{{vars: {{q: x}}, options: {{transform: o.t}}, {IS}}}]"
    found = carried(f"targets: [{{id: 'openai:gpt-4.1', transform: o.p}}]\n{tests}")
    assert rows(found)[0]["assert"] == [made("o.p", made("o.t", contains("a")))]
    assert found.left == ()
