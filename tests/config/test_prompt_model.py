"""What one prompt changes of the scorer's model, its template's style and the part that a search may rewrite."""

from __future__ import annotations

import pytest

from promptci.commands.check import check
from promptci.config import parse
from promptci.models.base import ModelSpec, Price
from tests.conftest import CONFIG, START, Repo

SCORER = ModelSpec(model="m", base_url="http://h/v1", temperature=0.0, max_tokens=256, seed=3, price=Price(1, 2))


def spec(more: str) -> ModelSpec:
    text = f"prompts: [{{file: a.md, cases: e, model: {more}}}]"
    return parse(text).prompts[0].model.over(SCORER)


def test_nothing_said_is_the_scorer() -> None:
    assert spec("{}") == SCORER


@pytest.mark.parametrize(
    ("more", "name", "value"),
    [
        ("{temperature: 0.2}", "temperature", 0.2),
        ("{temperature: null}", "temperature", None),
        ("{max_tokens: 9}", "max_tokens", 9),
        ("{seed: 4}", "seed", 4),
        ("{model: m}", "price", Price(1, 2)),
        ("{model: other}", "price", None),
        ("{model: other, price: {input: 3, output: 4}}", "price", Price(3, 4)),
    ],
)
def test_what_is_said_stands_over_the_scorer_s(more: str, name: str, value: object) -> None:
    assert getattr(spec(more), name) == value


def test_a_prompt_is_asked_with_its_own_parameters(repo: Repo) -> None:
    repo.write("promptci.yaml", CONFIG.replace("say.jsonl}", "say.jsonl, model: {temperature: 0.25, max_tokens: 7}}"))
    check(repo.options(), base="HEAD", everything=True)
    assert {(r.spec.temperature, r.spec.max_tokens) for r in repo.model.asked} >= {(0.25, 7)}


def test_a_prompt_is_read_in_its_own_style(repo: Repo) -> None:
    repo.write("prompts/say.md", START.replace("{{ input }}", "{input}") + "\n")
    repo.write("promptci.yaml", CONFIG.replace("say.jsonl}", "say.jsonl, template: fstring}"))
    check(repo.options(), base="HEAD", everything=True)
    assert any("number 7" in m.content for r in repo.model.asked for m in r.messages)
