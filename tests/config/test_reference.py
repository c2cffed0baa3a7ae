"""The reference says every key, row field and metric; every example in it is one that works."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from promptci.config import json_schema, parse
from promptci.config.reference import reference
from promptci.config.schema import keys
from promptci.config.words import ROWS, WORDS
from promptci.evals.base import _RESERVED, case_of
from promptci.metrics import METRICS

PAGE = Path(__file__).parents[2] / "docs" / "configuration.md"
# What a key cannot be without.
BESIDE: dict[str, dict[str, Any]] = {
    "prompts.run": {"prompts.files": ["a.md"]},
    "search.options": {"search.strategy": "opro"},
    "prompts.files": {"prompts.run": ["a"]},
    "prompts.combine": {"prompts.metrics": ["exact", "contains"]},
    "price.input": {"output": 1.0},
    "price.output": {"input": 1.0},
}


def test_the_page_is_what_the_settings_say() -> None:
    """`GOLDEN=update pytest tests/config/test_reference.py`, or `make reference`, brings it up to date."""
    if os.environ.get("GOLDEN") == "update":
        PAGE.write_text(reference(), encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == reference()


def test_every_key_is_said_and_nothing_else() -> None:
    assert set(WORDS) == set(keys(json_schema()))


@pytest.mark.parametrize("name", WORDS)
def test_every_example_is_read(name: str) -> None:
    document: dict[str, Any] = {"prompts": [{"file": "a.md", "cases": "a.jsonl"}]}
    if name in ("prompts.run", "prompts.files"):  # a program's first file stands in the place of a prompt's
        document = {"prompts": [{"cases": "a.jsonl"}]}
    for key, value in {**BESIDE.get(name, {}), name: yaml.safe_load(WORDS[name].example)}.items():
        *parents, last = key.split(".")
        place = document
        for parent in parents:
            place = place["prompts"][0] if parent == "prompts" else place.setdefault(parent, {})
        place[last] = value
        place |= BESIDE.get(".".join(key.split(".")[-2:]), {}) if last in ("input", "output") else {}
    config = parse(json.dumps(document))
    plain = parse(json.dumps({"prompts": [{"file": "a.md", "cases": "a.jsonl"}]}))
    assert config != plain or name in SAME, "an example should show another value than the default"


SAME = {
    "version", "models", "models.scorer", "prompts", "prompts.metric", "prompts.gate.detect", "search", "search.race",
    "search.steps", "search.per_step", "search.patience", "report", "search.strategy", "pull_request.labels",
}  # fmt: skip


def test_every_column_of_a_row_is_said_and_read() -> None:
    assert set(ROWS) == _RESERVED
    for name, said in ROWS.items():
        row = {"vars": {"a": 1}, name: json.loads(said.example)}
        case_of(row, "x")


def test_every_metric_is_said() -> None:
    page = reference()
    assert all(f"\n| `{name}` |" in page for name in METRICS)


def test_editors_show_what_a_key_means() -> None:
    gate = json_schema()["$defs"]["GateSettings"]["properties"]
    assert "tolerated" in gate["max_drop"]["description"]
