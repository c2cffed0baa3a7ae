"""Rows out of traces, and an eval set looked over."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from promptci.commands.cases import add, check
from promptci.commands.labelling import label
from promptci.errors import UsageError
from promptci.evals import read_cases
from promptci.evals.split import split
from promptci.records import ledger
from tests.conftest import Repo, cases


def chats(path: Path, *texts: str) -> Path:
    rows = ({"messages": [{"role": "system", "content": "s"}, {"role": "user", "content": t}]} for t in texts)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def review(repo: Repo) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (repo.path / "evals" / "say.review.jsonl").read_text().splitlines()]


def test_new_inputs_become_rows_without_an_answer(repo: Repo, tmp_path: Path) -> None:
    logged = chats(tmp_path / "t.jsonl", "Where is my parcel? ann@example.org", "number 7", "May I return shoes?")
    told = "\n".join(add(repo.options(), logged).lines)
    rows = review(repo)
    assert [row["vars"] for row in rows] == [
        {"input": "Where is my parcel? [email]"},
        {"input": "May I return shoes?"},
    ]
    assert not any("expected" in row for row in rows)
    assert "2 new rows" in told
    assert "1 there already word for word" in told
    assert "masked by rule: 1 email" in told


def test_the_same_file_again_adds_nothing(repo: Repo, tmp_path: Path) -> None:
    logged = chats(tmp_path / "t.jsonl", "Where is my parcel?", "May I return these shoes?")
    add(repo.options(), logged)
    before = review(repo)
    assert add(repo.options(), logged).lines[0].startswith("0 new rows")
    assert review(repo) == before


def test_copies_are_left_out_and_inputs_that_are_alike_share_a_cluster(repo: Repo, tmp_path: Path) -> None:
    long = "please tell me when my parcel from the shop in town will come to my house"
    logged = chats(
        tmp_path / "t.jsonl", long, long.upper() + "!", long + " today", long + " or else I am gone for weeks"
    )
    add(repo.options(), logged)
    rows = review(repo)
    assert len(rows) == 2
    assert rows[0]["cluster"] == rows[1]["cluster"]


def asked(repo: Repo) -> None:
    """Let the ledger know the held-out cases of `say`."""
    members = ledger.members_of(split(read_cases("a.jsonl", cases(240).encode())).test)
    question = ledger.Question("p", ledger.set_hash_of(members), members, 0.5, 1, 0.025, "fail", "2026-01-01")
    repo.write(ledger.path_of("say"), ledger.append(b"", question).decode())


def test_no_row_becomes_a_held_out_case_of_a_set_that_a_ledger_knows(repo: Repo, tmp_path: Path) -> None:
    asked(repo)
    subjects = ["parcels", "shoes", "refunds", "invoices", "gloves", "taxes", "dogs", "trains", "keys", "songs"]
    add(repo.options(), chats(tmp_path / "t.jsonl", *(f"{s} for {t}" for s in subjects for t in subjects)))
    rows = (repo.path / "evals" / "say.review.jsonl").read_bytes()
    added = read_cases("r.jsonl", rows)
    assert len(added) >= 50
    assert split(added).test == ()


def test_an_input_like_a_held_out_case_is_left_out(repo: Repo, tmp_path: Path) -> None:
    text = "what does the parcel that I ordered last week cost"
    repo.write("evals/say.jsonl", cases(240) + json.dumps({"id": "x", "input": text, "expected": "yes"}) + "\n")
    asked(repo)
    held = {c.id for c in split(read_cases("a.jsonl", (repo.path / "evals/say.jsonl").read_bytes())).test}
    told = "\n".join(add(repo.options(), chats(tmp_path / "t.jsonl", text + " for my two old aunts")).lines)
    assert f"{int('x' in held)} like a held-out case left out" in told


def test_a_table_of_tickets_names_its_columns(repo: Repo, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("id,note\n1,Where is it?\n2,\n")
    with pytest.raises(UsageError, match="no column") as refused:
        add(repo.options(), tmp_path / "t.csv")
    assert "id, note" in str(refused.value)
    add(repo.options(), tmp_path / "t.csv", column="note")
    assert [row["vars"] for row in review(repo)] == [{"input": "Where is it?"}]


@pytest.mark.parametrize(
    ("header", "chosen"),
    [
        pytest.param("Ticket ID,Ticket Subject,Ticket Description", "third", id="words-of-a-name"),
        pytest.param("Description,Short description,Id", "first", id="the-whole-name-first"),
        pytest.param("INPUT,Body,Id", "first", id="capitals"),
    ],
)
def test_the_column_of_a_ticket_is_found_by_its_name(header: str, chosen: str, repo: Repo, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(f"{header}\nfirst,second,third\n")
    add(repo.options(), tmp_path / "t.csv")
    assert [row["vars"] for row in review(repo)] == [{"input": chosen}]


def test_columns_fill_a_prompt_s_variables_however_they_are_written(repo: Repo, tmp_path: Path) -> None:
    repo.write("prompts/say.md", "About {{ order_id }}: {{ body }}\n")
    repo.write("evals/say.jsonl", json.dumps({"vars": {"order_id": "1", "body": "x"}, "expected": "y"}) + "\n")
    (tmp_path / "t.csv").write_text("Order ID;Body;Agent\n17;Where is it?;Ann\n18\n")
    told = "\n".join(add(repo.options(), tmp_path / "t.csv").lines)
    assert [row["vars"] for row in review(repo)] == [
        {"order_id": "17", "body": "Where is it?"}, {"order_id": "18", "body": ""}]  # fmt: skip
    assert "2 inputs read" in told


def test_rows_without_a_text_are_counted_apart(repo: Repo, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("id,body\n1,Where is it?\n2,\n3,  \n")
    told = "\n".join(add(repo.options(), tmp_path / "t.csv").lines)
    assert "2 entries without an input of a model left out" in told
    assert "0 there already word for word" in told


def test_labels_that_contradict_are_found(repo: Repo) -> None:
    text = "please tell me when my parcel from the shop in town will come"
    twins = [{"id": "a", "input": text, "expected": "yes"}, {"id": "b", "input": text + " home", "expected": "no"}]
    assert "contradicting-cases" not in {f.id for f in check(repo.options())}
    repo.write("evals/say.jsonl", cases(240) + "".join(json.dumps(row) + "\n" for row in twins))
    (found,) = [f for f in check(repo.options()) if f.id == "contradicting-cases"]
    assert "a and b" in found.problem


def test_answers_to_grade_are_drawn_blindly(repo: Repo) -> None:
    rows: list[dict[str, Any]] = [
        {"id": f"g{n}", "input": f"n {n}", "output": f"said {n}", "expected": "yes"} for n in range(30)
    ]
    rows[3]["human"] = True
    repo.write("evals/say.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    lines = label(repo.options(), 5)
    assert lines == label(repo.options(), 5)
    assert lines[-2].startswith("5 of 29 answers without a grade")
    assert label(repo.options(), 8)[: len(lines) - 2] == lines[:-2]
