"""Many cases, kept in a file: the same cases in the same order, refused for the same mistakes."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest

from promptci.core import Case, case_digest
from promptci.errors import DataError
from promptci.evals import read_cases
from promptci.evals.kept import KeptCases, taken
from promptci.measure.pair import shuffled

ROWS: list[object] = [
    {"id": "b", "input": "é one", "expected": ["yes", "no"], "tags": ["t", "u"], "cluster": "k"},
    {"id": "a", "vars": {"x": {"y": [1, None, 2.5]}}, "expected": None, "assert": ["exact"]},
    {"input": "no id", "human": 0.5},
    {"id": "chat", "messages": [{"role": "user", "content": "Hello?"}], "expected": "Hello!", "cluster": "k"},
    *({"id": f"c{n}", "input": f"{n} \u2028 of them", "expected": str(n)} for n in range(20)),
]


def text_of(rows: Sequence[object]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """More than three cases are many."""
    monkeypatch.setattr("promptci.shelf.MANY", 3)


def read(rows: Sequence[object], name: str = "many") -> Sequence[Case]:
    return read_cases(f"{name}.jsonl", text_of(rows).encode())


@pytest.fixture
def both(monkeypatch: pytest.MonkeyPatch) -> tuple[tuple[Case, ...], KeptCases]:
    plain = read(ROWS, "plain")
    monkeypatch.setattr("promptci.shelf.MANY", 3)
    kept = read(ROWS, "kept")
    assert isinstance(plain, tuple)
    assert isinstance(kept, KeptCases)
    return plain, kept


def test_kept_cases_are_the_cases(both: tuple[tuple[Case, ...], KeptCases]) -> None:
    plain, kept = both
    assert list(kept) == list(plain)
    assert kept == plain
    assert [kept[n] for n in (3, -1, 0)] == [plain[n] for n in (3, -1, 0)]
    assert tuple(kept[2:9:3]) == plain[2:9:3]
    assert tuple(kept[::2][1::2]) == plain[::2][1::2]
    assert case_digest(kept) == case_digest(plain)
    assert kept != plain[:-1]
    assert kept != (*plain[:-1], plain[0])
    assert kept == kept[:]


def test_taken_in_another_order(both: tuple[tuple[Case, ...], KeptCases]) -> None:
    plain, kept = both
    assert tuple(taken(kept, [5, 0, 5])) == taken(plain, [5, 0, 5]) == (plain[5], plain[0], plain[5])
    assert tuple(taken(taken(kept, [5, 2, 1]), [2, 0])) == (plain[1], plain[5])


@pytest.mark.parametrize("seed", range(5))
def test_the_running_order_is_the_same(both: tuple[tuple[Case, ...], KeptCases], seed: int) -> None:
    plain, kept = both
    assert tuple(shuffled(kept, seed)) == shuffled(plain, seed)


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize("at", [1, 3, 4, 5, 9])
@pytest.mark.parametrize("first", [0, 2, 3])
def test_an_id_that_is_used_twice_is_named_with_its_first_line(at: int, first: int) -> None:
    rows = [{"id": f"c{n}", "input": str(n)} for n in range(10)]
    rows[max(at, first + 1)]["id"] = rows[first]["id"]
    with pytest.raises(DataError, match=rf"'c{first}' is used twice \(first at many.jsonl:{first + 1}\)") as found:
        read(rows)
    assert found.value.place == f"many.jsonl:{max(at, first + 1) + 1}"


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize("at", [1, 5])
def test_a_bad_row_is_named_wherever_it_stands(at: int) -> None:
    rows: list[object] = [{"id": f"c{n}", "input": str(n)} for n in range(8)]
    for bad, said in (([], "must be an object"), ({"id": "w", "input": "", "weight": 2}, "different weights")):
        rows[at] = bad
        with pytest.raises(DataError, match=said) as found:
            read(rows)
        assert found.value.place == f"many.jsonl:{at + 1}"


@pytest.mark.usefixtures("few")
def test_the_same_bytes_are_read_once_and_others_anew() -> None:
    assert read(ROWS) is read(ROWS)
    assert read(ROWS[:-1]) is not read(ROWS)
    assert read(ROWS, "other") == read(ROWS)
