"""Another model in promptci.yaml, and every other byte as it was."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptci.config import parse
from promptci.config.models import PriceSettings
from promptci.config.pin import on, pinned
from promptci.errors import ConfigError

PROMPTS = "prompts: [{file: a.md, cases: a.jsonl}]\n"
NEW = PriceSettings(input=1.5, output=3)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("models: {scorer: {model: old}}", "models: {scorer: {model: new-2}}"),
        ("models:\n  scorer:  # a\n    model: 'old'   # b\n", "models:\n  scorer:  # a\n    model: 'new-2'   # b\n"),
        ('models: {scorer: {model: "old"}, judge: {model: old}}', 'models: {scorer: {model: "new-2"}, judge: {model: old}}'),  # noqa: E501 - before and after beside each other
        ("# a\r\nmodels: {scorer: {model: old}}\r\n", "# a\r\nmodels: {scorer: {model: new-2}}\r\n"),
        ("\ufeffmodels: {scorer: {model: old}}", "\ufeffmodels: {scorer: {model: new-2}}"),
        ("# \U0001f600\nmodels: {scorer: {model: old}}  # \U0001f600", "# \U0001f600\nmodels: {scorer: {model: new-2}}  # \U0001f600"),  # noqa: E501 - likewise
        ("models:\n  scorer:\n    model: |-\n      old\n\n    # b\n    seed: 3", 'models:\n  scorer:\n    model: "new-2"\n\n    # b\n    seed: 3'),  # noqa: E501 - likewise
        ("models:\n  scorer:\n    model: >\n      old\n", 'models:\n  scorer:\n    model: "new-2"\n'),
        ("models: {scorer: {model: an\n  old, seed: 3}}", "models: {scorer: {model: new-2, seed: 3}}"),
        (
            "models: {scorer: {price: {input: 0.40, output: 1.60}, model: old}}",
            "models: {scorer: {price: {input: 1.5, output: 3}, model: new-2}}",
        ),
    ],
    ids=["flow", "block", "quoted", "windows", "mark", "wide", "literal", "folded", "two lines", "price"],
)  # fmt: skip
def test_the_model_changes_and_nothing_else(before: str, after: str) -> None:
    assert pinned(f"{before}\n{PROMPTS}", "new-2", NEW) == f"{after}\n{PROMPTS}"


@pytest.mark.parametrize(
    "text",
    [
        PROMPTS,
        "models: {judge: {model: m}}\n" + PROMPTS,
        "models: {scorer: {model: m, price: {input: 1, output: 2}}}\n",
        "models:\n  scorer:\n    model:\n" + PROMPTS,
        "models: {scorer: {model: [m]}}\n" + PROMPTS,
        "models: [m]\n" + PROMPTS,
        "models: {scorer: {model: m\n",
    ],
    ids=["no models", "no scorer", "another price", "no name", "a list", "no mapping", "no yaml"],
)
def test_what_cannot_be_changed_rightly_is_refused(text: str) -> None:
    with pytest.raises(ConfigError):
        pinned(text, "new")


@given(st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=30))
def test_any_name_is_read_back(name: str) -> None:
    text = pinned(f"models: {{scorer: {{model: old, seed: 3}}}}\n{PROMPTS}", name)
    assert text.endswith(f", seed: 3}}}}\n{PROMPTS}")
    if name != "YOUR-MODEL":
        assert parse(text).models.scorer.model == name


@pytest.mark.parametrize("old", ["old", "'old'", '"old"'])
@pytest.mark.parametrize(
    "name",
    [
        "true",
        "null",
        "y",
        "ft:a:b",
        "1e3",
        "# x",
        "a: b",
        "it's",
        "a\u2028b",
        "a\x7f",
        "a\x85",
        " a ",
        "-",
        "a\nb",
        "\\",
    ],
    ids=ascii,
)
def test_a_name_that_yaml_reads_as_something_else_is_quoted(name: str, old: str) -> None:
    assert parse(pinned(f"models: {{scorer: {{model: {old}}}}}\n{PROMPTS}", name)).models.scorer.model == name


def test_another_scorer_has_the_price_that_was_told() -> None:
    before = parse("models: {scorer: {model: old, price: {input: 1, output: 2}}}\n" + PROMPTS)
    assert on(before, "new", None).models.scorer.price is None
    assert on(before, "new", NEW).models.scorer.price == NEW
    assert on(before, "new", NEW).prompts == before.prompts
