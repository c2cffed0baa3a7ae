"""What a run asked, expected and got, by prompt and by case."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from promptci.commands.show import show
from promptci.core import ToolCall
from promptci.errors import UsageError
from promptci.options import did_you_mean
from promptci.records.traces import FILE
from promptci.report.base import CaseDetail, PromptReport, Report
from promptci.report.json import as_record, keep
from promptci.run.options import Options
from tests.conftest import Repo

DETAILS = tuple(
    CaseDetail(f"c{n}", f"number {n}", "", "yes", "yes", f"no {n}\nreally", 1.0, 0.0, True, False) for n in range(30)
)
PROMPT = PromptReport("say", "fail", (), newly_failing=tuple(d.id for d in DETAILS), cases_detail=DETAILS)


@pytest.fixture
def options(repo: Repo) -> Options:
    place: Path = repo.path / ".promptci" / "runs" / "20260101-000000-aaaaaa"
    place.mkdir(parents=True)
    (place / "report.json").write_text(as_record(Report("check", (PROMPT,), run=place.name)))
    return repo.options()


def test_a_prompt_shows_its_telling_cases_and_says_how_to_see_more(options: Options) -> None:
    told = show(options, "last", "say", None, width=80)
    assert "number 0" in told
    assert "10 more" in told


def test_a_case_is_shown_in_full(options: Options) -> None:
    told = show(options, "2026", "say", "c29")
    assert "input:\n  number 29\n" in told
    assert [line.split(" | ")[1] for line in told.splitlines() if " | " in line and "yes" in line] == ["no 29"]
    assert "| really" in told


@pytest.mark.parametrize(
    ("names", "said", "hint"),
    [
        (("2025", None, None), "no run '2025'", "promptci runs"),
        (("last", "sya", None), "no prompt 'sya'", "did you mean 'say'"),
        (("last", "say", "c290"), "no case 'c290'", "did you mean 'c29'"),
    ],
    ids=["run", "prompt", "case"],
)
def test_a_wrong_name_gets_the_nearest(
    names: tuple[str, str | None, str | None], said: str, hint: str, options: Options
) -> None:
    with pytest.raises(UsageError, match=said) as caught:
        show(options, *names)
    assert hint in str(caught.value.hint)


def test_a_beginning_of_several_runs_is_refused(options: Options, repo: Repo) -> None:
    (repo.path / ".promptci/runs/20260102-000000-bbbbbb").mkdir()
    with pytest.raises(UsageError, match="'2026' begins the names of 2 runs"):
        show(options, "2026", None, None)


def test_the_tools_that_were_called_are_read_again_and_folded(repo: Repo) -> None:
    place = repo.path / ".promptci" / "runs" / "20260101-000000-bbbbbb"
    old = (ToolCall("find", '{"order":7}', result="sent\non Monday"), ToolCall("reply", "{}"))
    new = (*[ToolCall("look", '{"all":true}', result="nothing " * 30)] * 3, ToolCall("reply", "{}"))
    case = CaseDetail("c1", "where?", "", "find", "a", "b", 1.0, 0.0, True, False, old_trace=old, new_trace=new)
    keep(Report("check", (replace(PROMPT, newly_failing=("c1",), cases_detail=(case,)),), run=place.name), place)
    told = show(repo.options(), "last", "say", "c1", width=63).split("calls (2)")[1].splitlines()
    left = [line.split(" | ")[0].rstrip() for line in told[2:5]]
    assert left == ['1 find {"order":7}', "  -> sent on Monday", "2 reply"]
    assert [line.split(" | ")[1] for line in told[2:5]] == [
        '1 look {"all":true} (x3)', "  -> nothing nothing nothin...", "4 reply",
    ]  # fmt: skip
    assert max(map(len, told)) <= 63
    assert "new calls  look" in show(repo.options(), "last", "say", None)


def test_calls_that_are_no_longer_there_are_said_to_be_gone(repo: Repo) -> None:
    place = repo.path / ".promptci" / "runs" / "20260101-000000-bbbbbb"
    case = CaseDetail("c1", old="a", new="b", old_trace=(ToolCall("find", "{}"),))
    keep(Report("check", (replace(PROMPT, cases_detail=(case,)),), run=place.name), place)
    (place / FILE).unlink()
    assert "1 (not kept)" in show(repo.options(), "last", "say", "c1")


def test_of_very_many_names_the_nearest_and_the_first_are_told() -> None:
    told = did_you_mean("c0999x", (f"c{n:04}" for n in range(1000)))
    assert told.startswith("did you mean 'c0999'? known: c0000, c0001, ")
    assert told.endswith("c0019 and 980 more")
