"""How commands begin and end: outputs that can be written, what of a report fails, and trouble with its place."""

from __future__ import annotations

import errno
import json
import sqlite3
from pathlib import Path
from types import SimpleNamespace

import click
import pytest

from promptci.cli.ending import color, fails, width
from promptci.cli.options import option, refuse_outputs
from promptci.cli.trouble import _HINTS, as_error
from promptci.core import VerdictName
from promptci.errors import UsageError
from promptci.report.base import GateReport, PromptReport, Report
from tests.cli.test_stories import Put, told, typed

__all__ = ["told"]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "a-file").write_text("x", encoding="utf-8")
    (tmp_path / "a-dir.md").mkdir()
    return tmp_path


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["r.md", "r.json", "a-dir.md"], "a directory, not a file"),
        (["a-file/r.md"], "cannot be written"),
        (["r"], "'' is no report format"),
        (["r.md", "r.docx"], "'.docx' is no report format"),
    ],
    ids=["directory", "below-a-file", "no-ending", "unknown-ending"],
)
def test_an_output_that_cannot_be_written_is_refused_with_its_place(names: list[str], said: str, place: Path) -> None:
    with pytest.raises(UsageError) as caught:
        refuse_outputs([place / name for name in names])
    assert caught.value.problem == said
    assert str(caught.value.place) == str(place / names[-1])
    assert caught.value.hint


@pytest.mark.parametrize("names", [[], ["r.md"], ["r.MD", "r.xml"], ["new/dir/r.html"], ["a-file.csv"]], ids=str)
def test_an_output_that_can_be_written_is_not_written_yet(names: list[str], place: Path) -> None:
    refuse_outputs([place / name for name in names])
    assert sorted(path.name for path in place.iterdir()) == ["a-dir.md", "a-file"]


def prompt(verdict: VerdictName, *gates: tuple[str, VerdictName]) -> PromptReport:
    return PromptReport("say", verdict, (), gates=tuple(GateReport(name, of, ()) for name, of in gates))


@pytest.mark.parametrize(
    ("prompts", "regression", "threshold"),
    [
        ([prompt("fail", ("max_drop", "fail"))], True, False),
        ([prompt("fail", ("max_drop", "fail"), ("min_score", "pass"))], True, False),
        ([prompt("fail", ("max_drop", "pass"), ("min_score", "fail"))], True, True),
        ([prompt("fail", ("max_drop", "fail")), prompt("fail", ("min_score", "fail"))], True, True),
        ([prompt("fail", ("min_score", "inconclusive"))], True, False),
    ],
    ids=["drop", "drop-above-the-score", "score", "one-of-each", "score-in-doubt"],
)  # fmt: skip
def test_what_of_a_failing_report_fails(prompts: list[PromptReport], regression: bool, threshold: bool) -> None:
    report = Report("check", tuple(prompts))
    assert [fails(report, on) for on in ("regression", "threshold", "never")] == [regression, threshold, False]


@pytest.mark.parametrize(
    ("verdicts", "code"),
    [
        (("pass", "pass"), 0),
        (("pass", "fail"), 1),
        (("pass", "unmeasured"), 3),
        (("fail", "unmeasured"), 1),
        (("inconclusive", "pass"), 0),
    ],
    ids=["pass", "fail", "unmeasured", "fail-beats-unmeasured", "inconclusive"],
)
def test_the_worst_of_several_prompts_is_the_exit_code_and_all_are_written(
    verdicts: tuple[VerdictName, ...], code: int, told: Put, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told("optimize.optimize", Report("optimize", tuple(PromptReport(f"p{n}", v, ()) for n, v in enumerate(verdicts))))
    assert typed(f"optimize --json -o {place / 'r.json'} -o {place / 'r.md'}") == code
    printed = json.loads(capsys.readouterr().out)
    assert [one["verdict"] for one in printed["prompts"]] == list(verdicts)
    assert json.loads((place / "r.json").read_text(encoding="utf-8")) == printed
    assert (place / "r.md").read_text(encoding="utf-8").startswith("## promptci optimize: ")


@pytest.mark.parametrize(
    ("terminal", "no_color", "expected"),
    [(True, "", (True, 72)), (True, "1", (False, 72)), (False, "", (False, None)), (None, "", (False, None))],
    ids=["terminal", "no-colour", "pipe", "closed"],
)
def test_colours_and_broken_lines_are_for_terminals(
    terminal: bool | None, no_color: str, expected: tuple[bool, int | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", no_color)
    monkeypatch.setenv("COLUMNS", "72")
    out = None if terminal is None else SimpleNamespace(isatty=lambda: terminal)
    with monkeypatch.context() as patched:
        patched.setattr("sys.stdout", out)
        found = (color(), width())
    assert found == expected


@pytest.mark.parametrize(
    ("names", "variable"),
    [(("-o", "--output"), "PROMPTCI_OUTPUT"), (("--max-usd",), "PROMPTCI_MAX_USD"), (("--a/--no-a",), "PROMPTCI_A")],
    ids=["short", "hyphen", "both-ways"],
)
def test_an_option_is_read_from_the_variable_of_its_name(names: tuple[str, ...], variable: str) -> None:
    command = click.command()(option(*names)(lambda **_given: None))
    assert [one.envvar for one in command.params] == [variable]
    other = click.command()(option(*names, envvar="MINE")(lambda **_given: None))
    assert [one.envvar for one in other.params] == ["MINE"]


@pytest.mark.parametrize("number", _HINTS, ids=lambda number: errno.errorcode[number])
def test_trouble_has_the_place_that_it_is_about_and_a_mend(number: int) -> None:
    told = as_error(OSError(number, "No Such Luck", "/a/b"))
    assert told is not None
    assert (told.place, told.problem, told.hint, told.exit_code) == ("/a/b", "no Such Luck", _HINTS[number], 3)
    bare = as_error(OSError(number, None, b"/a"))
    assert bare is not None
    assert bare.place is None
    assert bare.problem


@pytest.mark.parametrize(
    ("said", "mend"),
    [
        ("database is locked", "another promptci works here"),
        ("unable to open database file", "the right to write there"),
        ("disk I/O error", "the disk does not answer"),
    ],
)
def test_trouble_of_the_store_has_a_mend(said: str, mend: str) -> None:
    told = as_error(sqlite3.OperationalError(said))
    assert told is not None
    assert told.problem == f"the stored answers cannot be used: {said}"
    assert mend in str(told.hint)
