"""What is found of models: keys, prices, and how long each is there; a server is asked only where that is wanted."""

from __future__ import annotations

from datetime import date

import pytest

from promptci.config import parse
from promptci.errors import MeasureError
from promptci.findings import models
from promptci.findings.base import Finding
from promptci.models.base import ModelSpec
from promptci.models.retirement import NoListError, Offer, Retirement

TODAY = date(2026, 11, 26)
SETTINGS = """\
version: 1
models:
  scorer: {{model: {model}, base_url: "{url}", api_key_env: MY_KEY{more}}}
  optimizer: {{model: {model}, base_url: "{url}", api_key_env: MY_KEY{more}}}
{budget}prompts: [{{file: p.md, cases: p.jsonl}}]
"""


def looked_at(
    model: str = "m", url: str = "https://models.example/v1", *, more: str = "", budget: str = "", online: bool = False
) -> list[Finding]:
    text = SETTINGS.format(model=model, url=url, more=more, budget=budget)
    return list(models.of_models(parse(text, "promptci.yaml"), "promptci.yaml", TODAY, online=online))


def kinds(found: list[Finding]) -> list[str]:
    return [one.id for one in found]


@pytest.fixture(autouse=True)
def no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MY_KEY", raising=False)


@pytest.fixture
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_KEY", "sk-something-secret")


def test_the_offline_model_has_no_findings() -> None:
    text = "version: 1\nmodels: {scorer: {model: offline}}\nprompts: [{file: p.md, cases: p.jsonl}]\n"
    assert list(models.of_models(parse(text, "x"), "x", TODAY, online=True)) == []


def test_a_key_that_is_not_set_is_told_once_however_many_roles_use_it() -> None:
    (found,) = looked_at()
    assert (found.id, found.level, found.place) == ("key-missing", "error", "MY_KEY")
    assert "in CI, as a secret" in found.mend


def test_a_server_on_this_machine_needs_no_key() -> None:
    assert looked_at(url="http://127.0.0.1:9/v1") == []


@pytest.mark.usefixtures("key")
def test_a_key_that_is_set_is_no_finding_and_is_not_shown() -> None:
    assert looked_at() == []


@pytest.mark.usefixtures("key")
@pytest.mark.parametrize(
    ("more", "budget", "expected"),
    [
        pytest.param("", "budget: {max_usd: 2}\n", ["price-missing"], id="a cap without a price"),
        pytest.param(", price: {input: 1, output: 2}", "budget: {max_usd: 2}\n", [], id="a cap with a price"),
        pytest.param("", "budget: {max_calls: 9}\n", [], id="no cap in dollars"),
    ],
)
def test_a_cap_in_dollars_needs_a_price(more: str, budget: str, expected: list[str]) -> None:
    assert kinds(looked_at(more=more, budget=budget)) == expected


@pytest.mark.usefixtures("key")
@pytest.mark.parametrize(
    ("day", "expected"),
    [
        pytest.param(date(2026, 11, 25), "was retired on 2026-11-25 (its own list", id="yesterday"),
        pytest.param(date(2026, 12, 6), "retires in 10 days, on 2026-12-06", id="soon"),
        pytest.param(TODAY, "retires today, 2026-11-26", id="today"),
        pytest.param(date(2027, 9, 1), None, id="far off"),
    ],
)
def test_what_a_server_lists_of_its_models_is_told(
    day: date, expected: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[ModelSpec] = []

    def listed(spec: ModelSpec, today: date) -> Offer:
        asked.append(spec)
        return Offer(("m",), (Retirement("m", day, "its own list", today),))

    monkeypatch.setattr(models, "offered", listed)
    assert looked_at() == []
    assert asked == []  # nobody asked for it
    found = looked_at(online=True)
    assert [expected in one.problem for one in found if expected] == ([True] if expected else [])
    assert len(asked) == 1


@pytest.mark.usefixtures("key")
def test_a_server_that_does_not_answer_is_a_finding_and_the_table_still_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(spec: ModelSpec, today: date) -> Offer:
        raise MeasureError("the server's list of models cannot be read", place=str(today), hint=spec.model)

    monkeypatch.setattr(models, "offered", silent)
    assert kinds(looked_at("gpt-4o", online=True)) == ["server-silent", "model-retires"]


@pytest.mark.usefixtures("key")
def test_a_name_from_outside_is_shown_on_one_line() -> None:
    (found,) = looked_at('"a\\nb"', budget="budget: {max_usd: 1}\n")
    assert "\n" not in found.problem


@pytest.mark.usefixtures("key")
@pytest.mark.parametrize(
    ("model", "command"),
    [
        pytest.param("gpt-4o", "promptci upgrade --to gpt-6-luna", id="soon"),
        pytest.param("gpt-4", "promptci upgrade --to gpt-5.6-sol", id="gone"),
        pytest.param("openai/gpt-4o", "promptci upgrade --to openai/gpt-6-luna", id="behind a router"),
        pytest.param('"ft:gpt-4o:us/eu::1"', "promptci upgrade --to gpt-6-luna", id="fine-tuned"),
        pytest.param("gpt-5-nano", "promptci upgrade --to MODEL", id="nobody names one"),
    ],
)
def test_a_model_that_goes_is_told_with_the_command_that_moves_to_its_successor(model: str, command: str) -> None:
    (found,) = looked_at(model)
    assert f"`{command}`" in found.mend


@pytest.mark.usefixtures("key")
@pytest.mark.parametrize(
    ("names", "said"),
    [
        pytest.param(("modelx", "o"), ["did you mean 'modelx'?"], id="misspelt"),
        pytest.param(("zzz\x1b",), [""], id="nothing like it"),
        pytest.param(("model",), [], id="listed"),
        pytest.param((), [], id="no list"),
    ],
)
def test_a_model_that_its_server_does_not_list_is_told(
    names: tuple[str, ...], said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(models, "offered", lambda *_: Offer(names))
    found = looked_at("model", online=True)
    assert kinds(found) == ["model-unlisted"] * len(said)
    assert all(one.mend.startswith(words) for one, words in zip(found, said, strict=True))


@pytest.mark.usefixtures("key")
def test_a_server_without_a_list_of_models_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(spec: ModelSpec, today: date) -> Offer:
        raise NoListError("the server has no list of models: status 404", place=f"{spec.model} {today}")

    monkeypatch.setattr(models, "offered", none)
    (found,) = looked_at(online=True)
    assert (found.id, found.level) == ("list-missing", "note")
