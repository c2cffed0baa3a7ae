"""What is typed reaches the story as it was meant, and what a story returns becomes output and an exit code."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import pytest

from promptci.cli import entry
from promptci.cli.group import cli
from promptci.core import VerdictName
from promptci.errors import PromptciError, UsageError
from promptci.report.base import GateReport, PromptReport, Report
from promptci.report.searched import PullRequest, Search

PASSED = Report("check", (PromptReport("say", "pass", ()),))


def verdict(name: VerdictName, **more: Any) -> Report:
    return replace(PASSED, prompts=(PromptReport("say", name, (), **more),))


class Story:
    """Stands in for a story: keeps what it was given, and returns what it is told to."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer
        self.given: tuple[Any, ...] = ()
        self.named: dict[str, Any] = {}

    def __call__(self, *given: Any, **named: Any) -> Any:
        self.given, self.named = given, named
        return self.answer


def typed(line: str) -> int:
    """The exit code of a command line; what a user can mend is raised."""
    assert entry.COMMANDS
    try:
        return int(cli.main(line.split(), prog_name="promptci", standalone_mode=False) or 0)
    except SystemExit as end:
        return int(end.code or 0)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, Any], Story]:
    """Put a story in the place of `module.function` of the commands."""

    def put(place: str, answer: Any) -> Story:
        module, name = place.rsplit(".", 1)
        story = Story(answer)
        monkeypatch.setattr(importlib.import_module(f"promptci.commands.{module}"), name, story)
        return story

    return put


Put = Callable[[str, Any], Story]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        pytest.param("optimize", {"ids": (), "strategy": None, "mode": "dry-run"}, id="nothing said"),
        pytest.param(
            "optimize a b --strategy mix", {"ids": ("a", "b"), "strategy": "mix", "mode": "dry-run"}, id="ids"
        ),
        pytest.param("optimize --pr", {"ids": (), "strategy": None, "mode": "pr"}, id="pr"),
        pytest.param("optimize --write", {"ids": (), "strategy": None, "mode": "write"}, id="write"),
        pytest.param("optimize --dry-run", {"ids": (), "strategy": None, "mode": "dry-run"}, id="dry run"),
    ],
)
def test_a_search_is_told_what_to_do_with_what_it_finds(line: str, expected: dict[str, Any], told: Put) -> None:
    story = told("optimize.optimize", PASSED)
    assert typed(line) == 0
    assert {name: story.named[name] for name in expected} == expected


@pytest.mark.parametrize(
    ("line", "to", "mode"),
    [
        pytest.param("upgrade --to new", ["new"], "print", id="one"),
        pytest.param("upgrade --to a,b --pr", ["a", "b"], "pr", id="several"),
        pytest.param("upgrade --candidates a,b, --write", ["a", "b"], "write", id="candidates"),
    ],
)
def test_an_upgrade_is_told_where_to(line: str, to: list[str], mode: str, told: Put) -> None:
    story = told("upgrade.upgrade", PASSED)
    assert typed(line) == 0
    assert (story.named["to"], story.named["mode"], story.named["prices"]) == (to, mode, {})


def test_a_price_is_read_with_its_model_whatever_that_is_called(told: Put) -> None:
    story = told("upgrade.upgrade", PASSED)
    typed("upgrade --to a=b,c --price a=b=0.4/1.6 --price c=1/2")
    assert {name: (price.input, price.output) for name, price in story.named["prices"].items()} == {
        "a=b": (0.4, 1.6),
        "c": (1.0, 2.0),
    }


@pytest.mark.parametrize(
    ("line", "said"),
    [
        pytest.param("optimize --pr --write", "exclude each other", id="two endings"),
        pytest.param("upgrade", "name one model with --to", id="no model"),
        pytest.param("upgrade --to a --candidates b", "name one model with --to", id="both"),
        pytest.param("upgrade --to a --pr --write", "exclude each other", id="two endings of an upgrade"),
        pytest.param("upgrade --to a --price a=cheap", "is no price", id="a price that is none"),
        pytest.param("upgrade --to a --price a=1", "is no price", id="half a price"),
        pytest.param("check --self --all", "--self compares a prompt with itself alone", id="self and more"),
        pytest.param("check --case c1 --base HEAD", "compare with nothing", id="a case and a base"),
        pytest.param("check -o x.docx", "x.docx", id="an ending that nobody writes"),
    ],
)
def test_what_contradicts_itself_is_refused_before_the_story(line: str, said: str, told: Put) -> None:
    stories = [told(place, PASSED) for place in ("optimize.optimize", "upgrade.upgrade", "check.checked")]
    with pytest.raises(UsageError, match=said):
        typed(line)
    assert all(story.given == () and story.named == {} for story in stories)


@pytest.mark.parametrize(
    "line",
    ["check --repeat 0", "check --max-concurrency 0", "check --max-usd 0", "power --noise 0.6", "cases label 0"],
)
def test_a_number_out_of_its_range_is_refused(line: str) -> None:
    with pytest.raises(click.BadParameter):
        typed(line)


def test_common_options_arrive(told: Put, tmp_path: Path) -> None:
    story = told("optimize.optimize", PASSED)
    out = tmp_path / "x.md"
    typed(f"optimize -j 3 --repeat 2 --seed 7 --max-calls 9 --max-usd 0.5 --max-minutes 2 --no-cache -v -o {out}")
    (options,) = story.given
    assert (options.concurrency, options.repeat, options.seed, options.max_calls) == (3, 2, 7, 9)
    assert (options.max_usd, options.max_minutes, options.no_cache, options.verbose) == (0.5, 2.0, True, True)
    assert options.outputs == (out,)
    assert out.read_text(encoding="utf-8").startswith("## promptci check: PASS")


@pytest.mark.parametrize(
    ("name", "flags", "code"),
    [
        ("pass", "", 0),
        ("fail", "", 1),
        ("unmeasured", "", 3),
        ("inconclusive", "", 0),
        ("inconclusive", "--strict", 1),
        ("fail", "--strict", 1),
    ],
)  # fmt: skip
def test_a_verdict_is_an_exit_code(name: VerdictName, flags: str, code: int, told: Put) -> None:
    told("optimize.optimize", verdict(name))
    assert typed(f"optimize -q {flags}") == code


@pytest.mark.parametrize(
    ("fail_on", "gate", "code"),
    [
        ("regression", "max_drop", 1),
        ("regression", "min_score", 1),
        ("threshold", "max_drop", 0),
        ("threshold", "min_score", 1),
        ("never", "min_score", 0),
    ],
)
def test_what_fails_is_the_user_s_choice(fail_on: str, gate: str, code: int, told: Put) -> None:
    told("ci.ci", verdict("fail", gates=(GateReport(gate, "fail", ()),)))
    assert typed(f"ci -q --fail-on {fail_on}") == code


def test_results_are_compared_with_what_was_typed_and_not_with_a_revision(
    told: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    story = told("gate.gate", PASSED)
    monkeypatch.setenv("PROMPTCI_BASE", "main")
    with pytest.raises(click.MissingParameter, match="base"):
        typed("gate new.xml")
    assert typed("gate new.xml --base old.xml") == 0
    assert story.given[:2] == (Path("new.xml"), Path("old.xml"))


def test_quiet_prints_a_line_a_prompt_with_what_was_found(told: Put, capsys: pytest.CaptureFixture[str]) -> None:
    pull = PullRequest("created", 7, "https://x/7", "b")
    told("optimize.optimize", verdict("pass", search=Search("improved", "patience", "opro", pull_request=pull)))
    typed("optimize -q")
    assert capsys.readouterr().out == "pass  say  improved  https://x/7\n"


def test_lines_of_a_story_are_printed_and_made_safe(told: Put, capsys: pytest.CaptureFixture[str]) -> None:
    told("kept.runs", ["one", "two\x1b[31m"])
    assert typed("runs") == 0
    assert capsys.readouterr().out == "one\ntwo\\u{1b}[31m\n"


@pytest.mark.parametrize(("level", "code"), [("error", 2), ("warning", 0), (None, 0)], ids=str)
def test_findings_in_cases_are_an_exit_code(
    level: str | None, code: int, told: Put, capsys: pytest.CaptureFixture[str]
) -> None:
    from promptci.findings.base import Finding

    told("cases.check", [] if level is None else [Finding("few-cases", level, "e.jsonl", "few", "add some")])  # type: ignore[arg-type]  # the levels are those of findings
    assert typed("cases check") == code
    assert ("few-cases" if level else "nothing found") in capsys.readouterr().out


def test_a_story_s_error_is_the_user_s(told: Put, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_given: Any, **_named: Any) -> None:
        raise PromptciError("no such thing", place="x")

    monkeypatch.setattr("promptci.commands.optimize.optimize", broken)
    with pytest.raises(PromptciError, match="no such thing"):
        typed("optimize")
