"""Baselines: written to diff by the line, read back whole, refused when damaged."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptci.core import Json
from promptci.errors import DataError
from promptci.records.baseline import Baseline, Measure, dump, load, path_of

MEASURE = Measure("p" * 64, "c" * 64, "exact/1", None, "small", "small-2026", "{}")
BASELINE = Baseline(MEASURE, {"t2": (0.0, 1.0, 0.0), "t1": (1.0,), "t3": (None,)}, "2026-11-20T10:00:00Z", 6, 0.01)


def test_a_baseline_is_read_back_as_it_was_written() -> None:
    assert load(dump(BASELINE), "b.json") == BASELINE
    judged = replace(BASELINE, measure=replace(MEASURE, judge="j"), samples={})
    assert load(dump(judged), "b.json") == judged


def test_equal_baselines_are_equal_bytes_with_one_case_a_line() -> None:
    shuffled = replace(BASELINE, samples=dict(sorted(BASELINE.samples.items())))
    assert dump(shuffled) == dump(BASELINE)
    changed = replace(BASELINE, samples={**BASELINE.samples, "t2": (1.0,)})
    lines, other = dump(BASELINE).splitlines(), dump(changed).splitlines()
    assert len(lines) == len(other)
    assert [b.strip() for a, b in zip(lines, other, strict=True) if a != b] == [b'"score": 1.0,', b'"t2": [1.0],']
    assert dump(BASELINE).endswith(b"}\n")


def test_the_score_leaves_out_what_could_not_be_judged() -> None:
    assert BASELINE.score == pytest.approx(2 / 3)
    assert replace(BASELINE, samples={"a": (None, None)}).score is None


def test_measures_differ_in_everything_but_the_prompt() -> None:
    assert MEASURE.differs(MEASURE) == []
    assert MEASURE.differs(replace(MEASURE, prompt="other")) == []
    assert MEASURE.differs(replace(MEASURE, repeats=9)) == ["repeats"]
    for name in (f.name for f in fields(Measure) if f.name not in ("prompt", "repeats")):
        other: dict[str, Any] = {name: "other"}
        assert MEASURE.differs(replace(MEASURE, **other)) == [name]


def test_the_place_is_the_contracts() -> None:
    assert path_of("triage") == ".promptci/baselines/triage.json"


def damaged(**changes: Json) -> bytes:
    return json.dumps({**json.loads(dump(BASELINE)), **changes}).encode()


def without(name: str) -> bytes:
    found = json.loads(dump(BASELINE))
    del found[name]
    return json.dumps(found).encode()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param(b"", "Expecting value", id="empty"),
        pytest.param(b"[]", "not an object", id="list"),
        pytest.param(b"null", "not an object", id="null"),
        pytest.param(b"\xff\xfe", "utf-8", id="binary"),
        pytest.param(dump(BASELINE)[:-40], "", id="cut"),
        pytest.param(b"[" * 100_000, "", id="nesting"),
        pytest.param(b'{"schema": "promptci.baseline/1", "schema": "x"}', "'schema' is given twice", id="name-twice"),
        pytest.param(b"{}", "'schema' is missing", id="no-schema"),
        pytest.param(damaged(schema="promptci.baseline/3"), "the file is 'promptci.baseline/3'", id="newer"),
        pytest.param(without("measure"), "'measure' is missing", id="no-measure"),
        pytest.param(damaged(measure="x"), "'measure' must be an object", id="measure-text"),
        pytest.param(damaged(measure={}), "'prompt' is missing", id="measure-empty"),
        pytest.param(dump(BASELINE).replace(b'"small"', b"1"), "'model' must be a text", id="model-number"),
        pytest.param(without("values"), "'values' is missing", id="no-values"),
        pytest.param(damaged(values=[1]), "'values' must be an object", id="values-list"),
        pytest.param(damaged(values={"t1": "1"}), "'t1' must be a number", id="value-text"),
        pytest.param(damaged(values={"t1": True}), "'t1' must be a number", id="value-bool"),
        pytest.param(damaged(values={"t1": 1.5}), "'t1' must be a number from 0 to 1", id="value-too-large"),
        pytest.param(damaged(values={"t1": -0.5}), "'t1' must be a number", id="value-negative"),
        pytest.param(dump(BASELINE).replace(b'"t1": [1.0]', b'"t1": [NaN]'), "NaN is not a number", id="value-nan"),
        pytest.param(damaged(date=None), "'date' must be a text", id="no-date"),
        pytest.param(damaged(date="yesterday"), "'date' must be a time such as", id="date-in-words"),
        pytest.param(damaged(date="2026-01-01T00:00:00"), "'date' lacks its time zone", id="date-without-a-zone"),
        pytest.param(damaged(calls=1.5), "'calls' must be a whole number", id="half-a-call"),
        pytest.param(damaged(calls=-1), "'calls' must be a whole number", id="negative-calls"),
        pytest.param(dump(BASELINE).replace(b'"cost_usd": 0.01', b'"cost_usd": 1e999'), "'cost_usd'", id="infinite"),
        pytest.param(damaged(cost_usd=10**400), "", id="beyond-float"),
    ],
)  # fmt: skip
def test_a_damaged_baseline_is_refused(content: bytes, said: str) -> None:
    with pytest.raises(DataError) as caught:
        load(content, "b.json")
    assert str(caught.value.place).startswith("b.json")
    assert caught.value.problem.startswith("not a baseline: ")
    assert said in caught.value.problem
    assert "--accept" in str(caught.value.hint)


def test_a_merge_conflict_is_refused_with_its_line() -> None:
    lines = dump(BASELINE).splitlines(keepends=True)
    content = b"".join([*lines[:4], b"<<<<<<< HEAD\n", lines[4], b"=======\n", lines[4], b">>>>>>> x\n", *lines[5:]])
    with pytest.raises(DataError) as caught:
        load(content, "b.json")
    assert caught.value.place == "b.json:5"


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@given(
    samples=st.dictionaries(TEXT, st.lists(st.none() | st.floats(0, 1), min_size=1, max_size=6).map(tuple), max_size=8),
    answered=TEXT,
    cost=st.floats(0, 1e6),
)
def test_round_trip(samples: dict[str, tuple[float | None, ...]], answered: str, cost: float) -> None:
    baseline = Baseline(replace(MEASURE, answered=answered), samples, "2026-11-20T10:00:00Z", 3, cost)
    assert load(dump(baseline), "b.json") == baseline


@given(st.binary(max_size=40), st.integers(0, len(dump(BASELINE)) - 1), st.integers(1, 255))
def test_any_bytes_are_read_or_refused(noise: bytes, at: int, flip: int) -> None:
    content = bytearray(dump(BASELINE))
    content[at] ^= flip
    for candidate in (noise, bytes(content)):
        try:
            found = load(candidate, "b.json")
        except DataError:
            continue
        assert all(v is None or 0 <= v <= 1 for v in found.values.values())


def test_a_baseline_of_the_earlier_format_has_one_answer_a_case() -> None:
    earlier = dump(BASELINE).replace(b"promptci.baseline/2", b"promptci.baseline/1")
    earlier = earlier.replace(b"[0.0, 1.0, 0.0]", b"0.25").replace(b"[1.0]", b"1.0").replace(b"[null]", b"null")
    assert load(earlier, "b.json").samples == {"t1": (1.0,), "t2": (0.25,), "t3": (None,)}


def test_a_case_s_value_is_the_mean_of_its_measured_answers() -> None:
    assert replace(BASELINE, samples={"a": (1.0, None, 0.0), "b": (None,)}).values == {"a": 0.5, "b": None}
