"""A record that was edited, moved or cut is named; two branches that went on from one line are no such thing."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from promptci.errors import DataError
from promptci.records import baseline, ledger
from promptci.records.baseline import ForgedError
from promptci.records.ledger import Question, append, load
from tests.records.test_baseline import BASELINE
from tests.records.test_ledger import ALL, QUESTION, asked

SEALED = replace(BASELINE, commit="c" * 40, previous="p" * 32)


def linked(count: int, start: bytes = b"") -> bytes:
    for n in range(1, count + 1):
        start = append(start, replace(asked(ALL, n, f"pair {n}"), commit="c" * 40))
    return start


def test_a_sealed_baseline_is_read_back_with_what_it_goes_on_from() -> None:
    found = baseline.load(baseline.dump(SEALED), "b.json")
    assert (found.commit, found.previous, len(found.seal)) == ("c" * 40, "p" * 32, 32)
    assert baseline.load(baseline.dump(BASELINE), "b.json").seal == ""


EDITS = {
    "value": (b'"t1": [1.0]', b'"t1": [0.0]'),
    "date": (b"2026-11-20", b"2026-11-21"),
    "commit": (b"cccccc", b"dddddd"),
    "previous": (b"pppppp", b"qqqqqq"),
    "calls": (b'"calls": 6', b'"calls": 7'),
    "model": (b'"small"', b'"large"'),
}


@pytest.mark.parametrize(("old", "new"), EDITS.values(), ids=EDITS)
def test_an_edited_baseline_is_named(old: bytes, new: bytes) -> None:
    content = baseline.dump(SEALED)
    assert old in content
    with pytest.raises(ForgedError, match="its seal does not fit"):
        baseline.load(content.replace(old, new, 1), "b.json")


def test_a_baseline_that_was_only_laid_out_anew_is_whole() -> None:
    content = json.dumps(json.loads(baseline.dump(SEALED)), indent=4).encode()
    assert baseline.load(content, "b.json") == SEALED


def test_every_line_names_the_one_before_it() -> None:
    questions = load(linked(3), "l.jsonl")
    assert [q.previous for q in questions] == ["", questions[0].link, questions[1].link]
    assert [q.query for q in questions] == [1, 2, 3]


def lines(content: bytes) -> list[bytes]:
    return content.splitlines(keepends=True)


BROKEN = {
    "edited": (lambda of: [re.sub(b'"level": [0-9.]+', b'"level": 0.9', of[0]), *of[1:]], ":1", "edited after"),
    "last-edited": (lambda of: [*of[:2], of[2].replace(b"refused", b"improved")], ":3", "edited after"),
    "first-cut": (lambda of: of[1:], ":1", "taken out or moved"),
    "middle-cut": (lambda of: [of[0], of[2]], ":2", "taken out or moved"),
    "reordered": (lambda of: [of[0], of[2], of[1]], ":2", "taken out or moved"),
    "upside-down": (lambda of: of[::-1], ":1", "taken out or moved"),
}


@pytest.mark.parametrize(("change", "place", "said"), BROKEN.values(), ids=BROKEN)
def test_a_ledger_that_was_worked_on_is_named_by_its_line(change: object, place: str, said: str) -> None:
    content = b"".join(change(lines(linked(3))))  # type: ignore[operator]  # one of the functions above
    with pytest.raises(DataError, match=said) as caught:
        load(content, "l.jsonl")
    assert str(caught.value.place).endswith(place)


def test_two_branches_may_go_on_from_one_line_in_either_order() -> None:
    start = linked(1)
    ours = lines(append(start, replace(asked(ALL, 2, "ours"), commit="c" * 40)))[-1]
    theirs = lines(append(start, replace(asked(ALL, 2, "theirs"), commit="d" * 40)))[-1]
    for merged in (start + ours + theirs, start + theirs + ours):
        assert len(load(append(merged, replace(asked(ALL, 3), commit="e" * 40)), "l.jsonl")) == 4


def test_a_ledger_from_before_there_were_links_is_gone_on_with() -> None:
    old = append(append(b"", QUESTION), asked(ALL, 2))
    assert load(old, "l.jsonl")[0].link == ""
    grown = linked(2, old)
    assert grown.startswith(old)
    assert len(load(grown, "l.jsonl")) == 4
    with pytest.raises(DataError, match="taken out or moved"):
        load(b"".join(lines(grown)[1:]), "l.jsonl")


def test_lines_written_again_keep_their_links() -> None:
    content, again = linked(3), b""
    for question in load(content, "l.jsonl"):
        again = append(again, question)
    assert again == content


def test_a_question_is_the_same_whatever_stands_before_it() -> None:
    first, second = (load(linked(1, start), "l.jsonl")[-1] for start in (b"", append(b"", QUESTION)))
    assert isinstance(first, Question)
    assert first == second
    assert ledger.next_query([first], ALL, "pair 1") == 1
