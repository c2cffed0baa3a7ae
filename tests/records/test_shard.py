"""A shard's name, its share of a whole, and its record: read back as written, refused when it means something else."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptci.errors import DataError, UsageError
from promptci.records.shard import FILE, MOST, Asked, Shard, read, refuse_strangers, shard_of, write

ASKED = Asked("r1", Shard(2, 8), "1.0", "p" * 64, ("say", "hear"), "main", True, 3, -5, 16, 40, 900, 0.25, 41, 1)
PARTS = st.integers(1, MOST).flatmap(lambda of: st.tuples(st.integers(1, of), st.just(of)))


@given(PARTS)
def test_a_part_is_named_as_it_is_written(part: tuple[int, int]) -> None:
    assert shard_of(f"{part[0]}/{part[1]}") == Shard(*part)
    assert str(Shard(*part)) == f"{part[0]}/{part[1]}"


@pytest.mark.parametrize(
    "text",
    [
        "", "/", "1", "1/", "/1", "0/1", "2/1", "-1/2", "+1/2", "1/2/3", "1.0/2", " 1/2", "1/2\n", "a/b", "1/0",
        f"1/{MOST + 1}", "\u00b2/8", "1_0/20", "0x1/2", "9" * 5000 + "/1", "1/" + "9" * 5000, "000001/2",
    ],
    ids=lambda text: ascii(text[:12]),
)  # fmt: skip
def test_what_names_no_part_is_refused_with_how_to_write_one(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        shard_of(text)
    assert caught.value.problem == f"'{text}' names no shard"
    assert str(caught.value.hint).startswith("write --shard 2/8 for the second of eight")


@given(st.integers(1, 60), st.integers(0, 10**12))
def test_the_parts_of_a_whole_add_up_and_differ_by_one_at_most(of: int, whole: int) -> None:
    shares = [part.share(whole) for part in Shard(1, of).all]
    assert sum(shares) == whole
    assert max(shares) - min(shares) <= 1


def test_every_part_knows_all_of_them_in_order() -> None:
    assert [str(part) for part in Shard(2, 3).all] == ["1/3", "2/3", "3/3"]


@pytest.mark.parametrize(
    "changes",
    [
        {}, {"ids": ()}, {"base": None}, {"everything": False}, {"seed": 0}, {"usd": 0.0, "tokens": 0, "calls": 0},
        {"run": "r\u00e9 \U0001f600"}, {"shard": Shard(1, 1)}, {"shard": Shard(MOST, MOST)}, {"seed": -(2**63)},
    ],
    ids=str,
)  # fmt: skip
def test_a_record_comes_back_as_it_was(changes: dict[str, Any], tmp_path: Path) -> None:
    asked = replace(ASKED, **changes)
    write(tmp_path, asked)
    assert read(tmp_path) == asked


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"schema": "promptci.shard/2"}, "this version reads promptci.shard/1, the file is 'promptci.shard/2'"),
        ({"shard": {"number": 0, "of": 8}}, "'number' must be a whole number from 1"),
        ({"shard": {"number": 9, "of": 8}}, "there is no shard 9/8"),
        ({"shard": {"number": 1, "of": MOST + 1}}, f"there is no shard 1/{MOST + 1}"),
        ({"shard": "2/8"}, "'shard' must be an object"),
        ({"ids": "say"}, "'ids' must be a list of texts"),
        ({"ids": [1]}, "'ids' must be a list of texts"),
        ({"base": 5}, "'base' must be a text"),
        ({"everything": "no"}, "'everything' must be true or false"),
        ({"everything": 0}, "'everything' must be true or false"),
        ({"repeat": 0}, "'repeat' must be a whole number from 1"),
        ({"repeat": True}, "'repeat' must be a whole number from 1"),
        ({"calls": -1}, "'calls' must be a whole number from 0"),
        ({"tokens": 1.5}, "'tokens' must be a whole number from 0"),
        ({"usd": -0.1}, "'usd' must be a number from 0 to inf"),
        ({"usd": "0"}, "'usd' must be a number from 0 to inf"),
        ({"usd": 10**400}, "too large"),
        ({"seed": "0"}, "'seed' must be a whole number"),
        ({"plan": None}, "'plan' must be a text"),
    ],
)
def test_a_damaged_record_is_named_by_its_field(change: dict[str, Any], said: str, tmp_path: Path) -> None:
    write(tmp_path, ASKED)
    row = json.loads((tmp_path / FILE).read_text())
    (tmp_path / FILE).write_text(json.dumps({**row, **change}))
    with pytest.raises(DataError) as caught:
        read(tmp_path)
    assert caught.value.problem.startswith("not a shard's record: ")
    assert said in caught.value.problem
    assert caught.value.place == str(tmp_path / FILE)


@pytest.mark.parametrize("content", [b"", b"[]", b"null", b"{", b"\xff", b"[" * 100_000, b'{"schema": NaN}'])
def test_what_is_no_record_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(content)
    with pytest.raises(DataError, match="not a shard's record"):
        read(tmp_path)


def test_no_record_says_which_directories_are_meant(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no shard's record") as caught:
        read(tmp_path)
    assert "promptci check --shard" in str(caught.value.hint)


def parts(*numbers: int, **changes: Any) -> list[Asked]:
    found = [replace(ASKED, run=f"r{n}", shard=Shard(n, 8)) for n in numbers]
    return [*found[:-1], replace(found[-1], **changes)]


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (parts(1, 2, version="1.1"), "shards 1/8 and 2/8 are of different versions of promptci"),
        (parts(1, 2, plan="q"), "shards 1/8 and 2/8 are of different plans: another commit, base or option"),
        (parts(1, 2, shard=Shard(2, 9)), "shards 1/8 and 2/9 are parts of different wholes"),
        (parts(1, 2, 2), "shard 2 is there twice"),
        (parts(3, 3), "shard 3 is there twice"),
        (parts(1, 2, 3, version="2", plan="q"), "shards 1/8 and 3/8 are of different versions of promptci"),
    ],
)
def test_strangers_are_told_apart_and_named(found: list[Asked], said: str) -> None:
    with pytest.raises(UsageError) as caught:
        refuse_strangers(found)
    assert caught.value.problem == said
    assert caught.value.hint


@given(st.permutations([1, 2, 3, 4]))
def test_parts_of_one_whole_are_no_strangers_in_any_order(order: list[int]) -> None:
    refuse_strangers(parts(*order))
    refuse_strangers(parts(order[0]))
