from __future__ import annotations

import json
from pathlib import Path

import pytest

from promptci.assets import templates
from promptci.core import Case
from promptci.errors import DataError
from promptci.search.base import Found, Trajectory
from promptci.search.journal import Journal, read
from promptci.search.loop import search
from promptci.search.metaprompts import MetaPrompts
from promptci.search.proposers import proposer
from promptci.search.stopping import Steps

from .worlds import World, cases, chance

HEADER = {"strategy": "mix", "seed": 0}


class KilledError(Exception):
    pass


def skilled(text: str, case: Case) -> bool:
    return chance(case.id) < (0.8 if "1." in text else 0.5)


def run(path: Path, *, resume: bool = False, die_after: int | None = None, seed: int = 0) -> Found:
    world, asked = World(skilled), MetaPrompts((templates(),))
    with Journal(path, {**HEADER, "seed": seed}, resume=resume) as journal:

        def on_step(done: Trajectory) -> None:
            if die_after is not None and len(done.steps) > die_after:
                raise KilledError
            journal.step(done)

        found = search(
            "Answer.",
            cases(20, "t"),
            cases(20, "v"),
            evaluate=world.evaluate,
            proposer=proposer("mix", world.write, asked, {}),
            stops=[Steps(4)],
            calls=lambda: world.calls,
            seed=seed,
            on_step=on_step,
        )
        journal.end(found, asked.used)
    return found


def test_it_tells_the_whole_story(tmp_path: Path) -> None:
    path = tmp_path / "runs" / "a.jsonl"
    found = run(path)
    events = read(path)
    assert events[0] == {"event": "begin", "journal": 1, **HEADER}
    assert [e["number"] for e in events if e["event"] == "step"] == [1, 2, 3, 4]
    told = [e["id"] for e in events if e["event"] == "candidate"]
    assert told == [found.incumbent.candidate.id, *(s.candidate.id for s in found.candidates)]
    assert sum(e["event"] == "refused" for e in events) == len(found.refused)
    assert events[-1]["event"] == "end"
    assert found.winner is not None
    assert events[-1]["winner"] == found.winner.candidate.id
    assert set(events[-1]["templates"]) == {"opro/chat.j2", "reflect/edit.j2", "variation/paraphrase.j2"}


@pytest.mark.parametrize("die_after", [0, 1, 3])
def test_a_killed_run_resumes_to_the_same_bytes(tmp_path: Path, die_after: int) -> None:
    whole, broken = tmp_path / "whole.jsonl", tmp_path / "broken.jsonl"
    expected = run(whole)
    with pytest.raises(KilledError):
        run(broken, die_after=die_after)
    assert len(read(broken)) < len(read(whole))
    assert run(broken, resume=True) == expected
    assert broken.read_bytes() == whole.read_bytes()


def test_every_torn_tail_is_tolerated(tmp_path: Path) -> None:
    whole = tmp_path / "whole.jsonl"
    run(whole)
    content = whole.read_bytes()
    torn = tmp_path / "torn.jsonl"
    for cut in range(0, len(content), len(content) // 11):
        torn.write_bytes(content[:cut])
        assert len(read(torn)) == content[:cut].count(b"\n")
        run(torn, resume=True)
        assert torn.read_bytes() == content


def test_another_run_is_not_mixed_in(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    run(path)
    before = path.read_bytes()
    with pytest.raises(DataError, match="does not repeat"):
        run(path, resume=True, seed=1)
    assert path.read_bytes() == before


def test_a_new_run_does_not_write_over_an_old_one(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    run(path)
    with pytest.raises(DataError, match="exists already"):
        run(path)


def test_a_damaged_line_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"event": "begin"}\n{"eve\xff\n')
    with pytest.raises(DataError, match=r"a\.jsonl:2"):
        read(path)


def test_no_text_of_a_model_can_break_a_line(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    with Journal(path, {}) as journal:
        journal.write("note", {"text": "a\nb\u2028c\x85d \ud800"})
    assert len(path.read_bytes().splitlines()) == 2
    assert json.loads(path.read_bytes().splitlines()[1])["text"] == "a\nb\u2028c\x85d \ud800"


def test_validation_and_test_cases_texts_are_not_in_the_journal(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    run(path)
    assert b"matter v" not in path.read_bytes()
