"""What a command would cost is told before anything is sent, and what it then costs lies within."""

from __future__ import annotations

from typing import Any

import pytest

from promptci.commands import forecast
from promptci.commands.check import check
from promptci.commands.explain import explained
from promptci.commands.optimize import optimize
from promptci.config.models import PriceSettings
from promptci.errors import UsageError
from promptci.search.lean import ASKS
from tests.conftest import CONFIG, START, Repo


def numbers(lines: list[str], name: str) -> list[float]:
    (line,) = (line for line in lines if line.startswith(name))
    return [float(word.replace(",", "")) for word in line.removeprefix(name).split()]


def test_a_check_costs_what_was_told(repo: Repo) -> None:
    repo.write("prompts/say.md", START.replace("Say", "Tell") + "\n")
    low, likely, most = numbers(forecast.of_check(repo.options(), ids=[], base="HEAD", everything=False), "calls")
    assert repo.model.asked == []
    assert (low, likely, most) == (48, 480, 960)
    assert low <= check(repo.options(), base="HEAD").calls <= most


def test_where_nothing_changed_that_is_told(repo: Repo) -> None:
    (line,) = forecast.of_check(repo.options(), ids=[], base="HEAD", everything=False)
    assert line.startswith(f"No prompt changed since {repo.git('rev-parse', 'HEAD')[:12]}: nothing would be asked.")


@pytest.mark.parametrize("cap", [500, 100_000])
def test_no_forecast_is_above_the_cap(cap: int, repo: Repo) -> None:
    repo.write("promptci.yaml", CONFIG.replace("scripted,", "scripted, price: {input: 1, output: 2},"))
    lines = forecast.of_optimize(repo.options(max_calls=cap), ids=[])
    calls, usd = numbers(lines, "calls"), numbers(lines, "USD")
    assert calls == sorted(calls)
    assert 0 < calls[-1] <= cap
    assert 0 < usd[0] <= usd[-1]
    assert repo.model.asked == []


def test_a_search_by_likelihoods_is_told_with_their_calls(repo: Repo) -> None:
    alone = numbers(forecast.of_optimize(repo.options(), ids=[]), "calls")
    repo.write("promptci.yaml", CONFIG.replace("search: {", "search: {score: likelihood, "))
    both = numbers(forecast.of_optimize(repo.options(), ids=[]), "calls")
    assert both[0] > 1.5 * alone[0]
    assert all(more > less for more, less in zip(both, alone, strict=True))


def test_an_upgrade_is_told_with_the_new_model_s_price(repo: Repo) -> None:
    prices = {"new": PriceSettings(input=10, output=10)}
    lines = forecast.of_upgrade(repo.options(), to=["new"], ids=[], prices=prices)
    assert numbers(lines, "calls")[1] == 480
    assert numbers(lines, "USD")[1] > 0
    most = int(numbers(lines, "calls")[2])
    rewriting = int(lines[-1].removeprefix("Of these up to ").split()[0].replace(",", ""))
    assert 0 < rewriting <= most - 480
    assert repo.model.asked == []


def test_an_upgrade_without_calls_to_spare_rewrites_nothing(repo: Repo) -> None:
    lines = forecast.of_upgrade(repo.options(max_calls=480), to=["new"], ids=[], prices={})
    assert lines[-1].startswith("Of these up to 0 calls rewrite")


def test_what_is_accepted_costs_what_was_told(repo: Repo) -> None:
    assert numbers(forecast.of_alone(repo.options(), ids=["say"]), "calls") == [1200, 1200, 1200]
    assert repo.model.asked == []
    assert check(repo.options(), accept=True, base="HEAD").calls == 1200


def test_an_explanation_costs_no_more_than_was_told(repo: Repo) -> None:
    repo.write("prompts/say.md", "Say the word. Be kind. Do not shout. {{ input }}\n")
    _, _, most = numbers(forecast.of_explain(repo.options(), ids=["say"], calls=300), "calls")
    assert most == 300
    assert repo.model.asked == []
    assert 0 < explained(repo.options(), ids=["say"], calls=300).calls <= most


def test_a_screening_is_told_to_spend_what_it_may(repo: Repo) -> None:
    low, likely, most = numbers(forecast.of_optimize(repo.options(max_calls=500), ids=[], strategy="edits"), "calls")
    assert repo.model.asked == []
    assert (likely, most) == (450, 500)
    assert 0 < low < likely


def test_a_search_for_less_costs_what_was_told(repo: Repo) -> None:
    sentences = "Say the word. Be kind to everybody. Nobody knows the eagle. Hold the ivory dear."
    repo.write("prompts/say.md", f"{sentences}\n\nInput: {{{{ input }}}}\n")
    repo.write("promptci.yaml", CONFIG.replace("search: {strategy: mix,", "search: {goal: length,"))
    repo.commit("Search for less", push=True)
    options = repo.options(max_calls=1000)
    low, likely, most = numbers(forecast.of_optimize(options, ids=[]), "calls")
    assert repo.model.asked == []
    cost = optimize(options).calls
    assert low < likely <= cost * 1.25
    assert 0.75 * cost < likely < most <= 1000
    assert sum(request.role == "optimizer" for request in repo.model.asked) <= ASKS * 2


def test_what_would_ask_nothing_is_told_with_the_reason(repo: Repo) -> None:
    lines = forecast.of_optimize(repo.options(max_calls=100), ids=[])
    assert numbers(lines, "calls") == [0, 0, 0]
    assert lines[-1].startswith("say: The budget leaves 100 calls;")
    assert optimize(repo.options(max_calls=100)).calls == 0


@pytest.mark.parametrize(
    ("said", "asked"),
    [
        ("no program, so it has one file", {"files": ["prompts/say.md"]}),
        ("changes one file at a time", {"files": ["a", "b"]}),
        ("cannot search for length", {"strategy": "opro"}),
        ("unknown strategy", {"strategy": "oppro"}),
    ],
    ids=["no-program", "two-files", "another-strategy", "unknown"],
)
def test_what_a_search_refuses_has_no_forecast(said: str, asked: dict[str, Any], repo: Repo) -> None:
    repo.write("promptci.yaml", CONFIG.replace("search: {strategy: mix,", "search: {goal: length,"))
    for told in (forecast.of_optimize, forecast.likely_usd):
        with pytest.raises(UsageError, match=said):
            told(repo.options(), ids=[], **asked)
