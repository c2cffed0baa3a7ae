"""What waits for a person: rows for review, and answers to grade."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from promptci.cli.group import cli
from promptci.commands.cases import add
from promptci.commands.labelling import label
from promptci.errors import DataError
from tests.commands.test_cases import chats, review
from tests.conftest import Repo, cases


@pytest.fixture
def waiting(repo: Repo, tmp_path: Path) -> Repo:
    add(repo.options(), chats(tmp_path / "t.jsonl", "Where is my parcel?", "May I return shoes?", "Is it blue?"))
    return repo


def test_rows_for_review_are_shown(waiting: Repo) -> None:
    lines = label(waiting.options(), 2)
    assert [line for line in lines if "asked" in line] == ["  asked     Where is my parcel?",
                                                           "  asked     May I return shoes?"]  # fmt: skip
    assert lines[-2].startswith("2 of 3 rows without an expected answer")


def test_what_a_person_answers_is_in_its_row_at_once_and_nothing_else_changes(waiting: Repo) -> None:
    given, seen = iter(["shipping", "", None]), []
    before = review(waiting)

    def ask(lines: Sequence[str]) -> str | None:
        seen.append(lines[-1])
        assert len(seen) < 2 or review(waiting)[0]["expected"] == "shipping"
        return next(given)

    told = label(waiting.options(), 20, ask=ask)
    assert [line.split()[-1] for line in seen] == ["parcel?", "shoes?", "blue?"]
    assert review(waiting) == [{**before[0], "expected": "shipping"}, *before[1:]]
    assert told[0].startswith("1 rows have their answer now, 2 wait")


def test_rows_that_people_wrote_on_stay_when_others_are_added(waiting: Repo, tmp_path: Path) -> None:
    file = waiting.path / "evals" / "say.review.jsonl"
    first, *rest = file.read_text().splitlines()
    row: dict[str, Any] = {**json.loads(first), "expected": "shipping", "human": True}
    kept = "\n".join([json.dumps(row), *rest])
    file.write_text(kept)  # an editor left the last newline out
    add(waiting.options(), chats(tmp_path / "u.jsonl", "Who pays for it?"))
    assert file.read_text().startswith(kept + "\n")
    assert [r["vars"]["input"] for r in review(waiting)][-1] == "Who pays for it?"
    assert next(line for line in label(waiting.options(), 9) if "asked" in line) == "  asked     May I return shoes?"


def test_a_chat_is_shown_turn_by_turn(repo: Repo, tmp_path: Path) -> None:
    turns = [{"role": "user", "content": "Where is it?"}, {"role": "assistant", "content": "Which?"},
             {"role": "user", "content": "The parcel."}]  # fmt: skip
    (tmp_path / "t.jsonl").write_text(json.dumps({"messages": turns}))
    repo.write("prompts/say.md", "Say yes or no.\n")
    add(repo.options(), tmp_path / "t.jsonl")
    assert label(repo.options(), 1)[1:4] == [f"  {t['role']:<9} {t['content']}" for t in turns]


def test_answers_to_grade_come_behind_rows_for_review(waiting: Repo) -> None:
    rows = [{"id": f"g{n}", "input": f"n {n}", "output": f"said {n}", "expected": "yes"} for n in range(30)]
    waiting.write("evals/say.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    lines = label(waiting.options(), 5)
    assert lines[-2].startswith("5 of 30 answers without a grade")
    assert sum("asked" in line for line in lines) == 8


def test_nothing_that_waits_is_an_error(repo: Repo) -> None:
    repo.write("evals/say.jsonl", cases(10))
    with pytest.raises(DataError, match=r"none waits in say\.review\.jsonl"):
        label(repo.options(), 5)


def test_the_command_shows_what_waits(waiting: Repo) -> None:
    shown = CliRunner().invoke(cli, ["cases", "label", "--config", str(waiting.path / "promptci.yaml")])
    assert (shown.exit_code, shown.output.count("asked")) == (0, 3)
