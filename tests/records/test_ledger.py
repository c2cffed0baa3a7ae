"""The ledger: every question counts, whoever asked it, and a damaged line is never skipped."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptci.core import Case, Json
from promptci.errors import DataError
from promptci.records.ledger import (
    Question,
    append,
    load,
    members_of,
    next_query,
    path_of,
    pinned_share,
    set_hash_of,
)  # fmt: skip


def cases(numbers: range) -> list[Case]:
    return [Case(f"t{n}", {"ticket": f"text {n}"}, "billing") for n in numbers]


def asked(members: tuple[str, ...], query: int, pair: str = "p") -> Question:
    date = "2026-11-20T10:00:00Z"
    return Question(pair, set_hash_of(members), members, 0.5, query, 0.05, "refused", date)


ALL = members_of(cases(range(100)))
QUESTION = asked(ALL, 1)


def test_questions_are_read_back_in_order() -> None:
    questions = [asked(ALL, n, f"pair {n}") for n in range(1, 4)]
    content = b""
    for question in questions:
        content = append(content, question)
    assert load(content, "l.jsonl") == questions
    assert content.count(b"\n") == 3


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(append(b"", QUESTION).rstrip(b"\n"), id="no-newline-at-end"),
        pytest.param(append(b"", QUESTION).replace(b"\n", b"\r\n"), id="crlf"),
        pytest.param(b"\n\n" + append(b"", QUESTION) + b" \n", id="blank-lines"),
    ],
)
def test_what_editors_and_git_do_to_line_ends_loses_no_question(content: bytes) -> None:
    assert load(append(content, asked(ALL, 2)), "l.jsonl") == [QUESTION, asked(ALL, 2)]


def test_an_empty_ledger_has_no_questions() -> None:
    assert load(b"", "l.jsonl") == []
    assert next_query([], ALL, "p") == 1
    assert pinned_share([]) is None


def test_the_place_is_the_contracts() -> None:
    assert path_of("triage") == ".promptci/ledger/triage.jsonl"


def test_members_name_the_input_but_not_the_id_nor_the_answer_nor_the_order() -> None:
    one = cases(range(10))
    assert members_of(one[::-1]) == members_of(one)
    assert members_of([replace(c, expected="other", tags=("t",)) for c in one]) == members_of(one)
    assert len(set(members_of(one)) & set(members_of([replace(c, vars={"ticket": "new"}) for c in one]))) == 0
    assert members_of([replace(c, id=f"{c.id}x", cluster="one") for c in one]) == members_of(one)
    assert members_of([replace(c, vars={**c.vars, "n": c.id}) for c in one], {"ticket"}) == members_of(one)
    assert set_hash_of(members_of(one)) != set_hash_of(members_of(one[1:]))


def test_each_question_counts() -> None:
    questions: list[Question] = []
    for number in range(1, 53):
        query = next_query(questions, ALL, f"pair {number}")
        assert query == number
        questions.append(asked(ALL, query, f"pair {number}"))


def test_the_same_question_to_the_same_set_keeps_its_number() -> None:
    questions = [asked(ALL, 1, "a"), asked(ALL, 2, "b")]
    assert next_query(questions, ALL, "a") == 1
    assert next_query(questions, ALL, "b") == 2
    assert next_query(questions, ALL, "c") == 3
    grown = members_of(cases(range(101)))
    assert next_query(questions, grown, "a") == 3


@pytest.mark.parametrize(
    ("today", "query"),
    [
        pytest.param(range(100), 4, id="the-same-set"),
        pytest.param(range(90), 4, id="some-removed"),
        pytest.param(range(150), 4, id="a-third-is-new"),
        pytest.param(range(199), 4, id="one-less-than-half-is-new"),
        pytest.param(range(200), 4, id="half-is-new"),
        pytest.param(range(50, 150), 4, id="half-replaced"),
        pytest.param(range(51, 151), 1, id="one-more-than-half-replaced"),
        pytest.param(range(100, 200), 1, id="all-replaced"),
    ],
)
def test_a_set_that_keeps_half_of_its_cases_keeps_its_ledger(today: range, query: int) -> None:
    questions = [asked(ALL, n, f"pair {n}") for n in (1, 2, 3)]
    assert next_query(questions, members_of(cases(today)), "new") == query


def test_the_count_follows_a_set_that_changes_little_by_little() -> None:
    questions: list[Question] = []
    for week in range(20):
        members = members_of(cases(range(week * 10, week * 10 + 100)))
        questions.append(asked(members, next_query(questions, members, f"pair {week}"), f"pair {week}"))
    assert [q.query for q in questions] == list(range(1, 21))


def test_questions_of_the_format_before_count_for_every_set() -> None:
    old = [replace(q, schema=1) for q in (asked(("0123456789",), 1, "a"), asked(("0123456789",), 2, "b"))]
    kept = load(append(append(b"", old[0]), old[1]), "l.jsonl")
    assert next_query(kept, ALL, "c") == 3


def test_the_share_is_the_one_of_the_first_question() -> None:
    assert pinned_share([replace(QUESTION, share=0.4), QUESTION]) == 0.4


LINE = json.loads(append(b"", QUESTION))


def line(**changes: Json) -> bytes:
    return json.dumps({**LINE, **changes}).encode()


@pytest.mark.parametrize(
    ("damaged", "said"),
    [
        pytest.param(b"x", "Expecting value", id="not-json"),
        pytest.param(append(b"", QUESTION)[:-20], "", id="torn-line"),
        pytest.param(b"<<<<<<< HEAD", "Expecting value", id="merge-conflict"),
        pytest.param(b"[]", "not an object", id="list"),
        pytest.param(b"5", "not an object", id="number"),
        pytest.param(b"{}", "'schema' is missing", id="empty-object"),
        pytest.param(b"[" * 100_000, "", id="nesting"),
        pytest.param(b"\xff\xfe", "", id="binary"),
        pytest.param(line(schema=3), "the line is of format 3", id="newer-format"),
        pytest.param(line(query="3"), "'query' must be a whole number", id="query-text"),
        pytest.param(line(query=0), "'query' must be a whole number from 1", id="query-zero"),
        pytest.param(line(query=True), "'query' must be a whole number", id="query-bool"),
        pytest.param(line(level="0.05"), "'level' must be a number", id="level-text"),
        pytest.param(line(level=1.5), "'level' must be a number from 0 to 1", id="level-too-large"),
        pytest.param(line(share=-1), "'share' must be a number", id="share-negative"),
        pytest.param(line(members="abc"), "'members' must be a list", id="members-text"),
        pytest.param(line(members=[1]), "'members' must be a list", id="members-numbers"),
        pytest.param(line(verdict=None), "'verdict' must be a text", id="no-verdict"),
        pytest.param(json.dumps({k: v for k, v in LINE.items() if k != "members"}).encode(), "'members' is missing",
                     id="no-members"),
    ],
)  # fmt: skip
def test_a_damaged_line_is_refused_with_its_number(damaged: bytes, said: str) -> None:
    good = append(b"", QUESTION)
    with pytest.raises(DataError) as caught:
        load(good + b"\n" + damaged + b"\n" + good, "l.jsonl")
    assert caught.value.place == "l.jsonl:3"
    assert said in caught.value.problem
    assert "git" in str(caught.value.hint)


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
QUESTIONS = st.builds(
    Question,
    pair=TEXT,
    set_hash=TEXT,
    members=st.lists(TEXT, max_size=5).map(tuple),
    share=st.floats(0, 1),
    query=st.integers(1, 1000),
    level=st.floats(0, 1),
    verdict=TEXT,
    date=TEXT,
)


@given(st.lists(QUESTIONS, max_size=4))
def test_round_trip(questions: list[Question]) -> None:
    content = b""
    for question in questions:
        content = append(content, question)
    assert load(content, "l.jsonl") == questions
