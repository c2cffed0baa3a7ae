"""Numbers that are typed: a cap is one that can be exceeded, and what asks for an estimate alone sends nothing."""

from __future__ import annotations

import click
import pytest

from promptci.cli.options import Amount
from promptci.errors import UsageError
from tests.cli.test_stories import PASSED, Put, told, typed

__all__ = ["told"]

USD = Amount(0, min_open=True)


@pytest.mark.parametrize(("given", "number"), [("0.5", 0.5), ("1e-3", 0.001), ("7", 7.0), (2, 2.0)], ids=str)
def test_an_amount_is_read_as_a_number(given: str | float, number: float) -> None:
    assert USD.convert(given, None, None) == number


@pytest.mark.parametrize("given", ["nan", "NaN", "inf", "Infinity", "1e999", "-inf", "0", "-1", "two", ""])
def test_an_amount_that_holds_nothing_is_refused(given: str) -> None:
    with pytest.raises(click.BadParameter):
        USD.convert(given, None, None)


@pytest.mark.parametrize(
    "line",
    [
        "check --max-usd nan",
        "check --max-minutes nan",
        "optimize --max-usd inf",
        "optimize --ask-above nan",
        "merge a --max-usd nan",
        "gateway --max-usd nan",
        "augment build a b.jsonl --max-usd nan",
        "rewrite run a --max-minutes nan",
        "power --noise nan",
        "gate a.xml --base b.xml --max-drop nan",
        "gate a.xml --base b.xml --detect nan",
    ],
)
def test_every_command_refuses_a_number_that_is_none(line: str) -> None:
    with pytest.raises(click.BadParameter, match="is not a finite number"):
        typed(line)


def test_a_cap_in_the_environment_is_held_to_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROMPTCI_MAX_USD", "nan")
    with pytest.raises(click.BadParameter, match="is not a finite number"):
        typed("check")


ASKING = ("check.checked", "itself.check_itself", "looking.look", "shard.shard")


@pytest.mark.parametrize("more", ["--case c1", "--tag smoke", "--failed=last", "--shard 1/2"])
def test_a_check_that_is_to_be_estimated_alone_asks_nobody(more: str, told: Put) -> None:
    stories = [told(place, PASSED) for place in ASKING]
    with pytest.raises(UsageError, match=r"--dry-run|--shard"):
        typed(f"check --dry-run {more}")
    assert [story.given for story in stories] == [()] * len(ASKING)


@pytest.mark.parametrize(
    ("line", "forecast", "given"),
    [("check --dry-run", "of_check", {"everything": False}),
     ("check a --all --dry-run", "of_check", {"everything": True}),
     ("check --accept --dry-run", "of_alone", {}), ("check a --self --dry-run", "of_alone", {"ids": ("a",)}),
     ("explain a --calls 300 --dry-run", "of_explain", {"ids": ("a",), "calls": 300})],
    ids=["changed", "all", "accept", "self", "explain"],
)  # fmt: skip
def test_an_estimate_is_all_that_is_printed(
    line: str, forecast: str, given: dict[str, object], told: Put, capsys: pytest.CaptureFixture[str]
) -> None:
    stories = [told(place, PASSED) for place in (*ASKING, "explain.explained")]
    story = told(f"forecast.{forecast}", ["40 calls", "1\x1b minute"])
    assert typed(line) == 0
    assert story.named.items() >= given.items()
    assert capsys.readouterr().out == "40 calls\n1\\u{1b} minute\n"
    assert not any(other.named for other in stories)
