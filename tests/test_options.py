"""One rule for the options of every table: names, types and ranges from the annotations of what they build."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

import pytest

from promptci.core import Json
from promptci.options import File, Range, files, mistake, names


@dataclass(frozen=True)
class Thing:
    """What the tests build."""

    file: File
    flag: bool = False
    count: Annotated[int, Range(1)] | None = None
    share: Annotated[float, Range(0, 1)] = 0.5
    above: Annotated[float, Range(0, above=True)] = 1.0
    kind: Literal["a", "b", 3] = "a"
    texts: tuple[str, ...] = ()
    more: Sequence[str] = ()
    table: Mapping[str, Json] | None = None
    anything: Json = None
    version: str = "thing/1"


GOOD: list[dict[str, Json]] = [
    {"flag": True}, {"count": 1}, {"count": None}, {"share": 0}, {"share": 1.0}, {"above": 1e-9}, {"kind": 3},
    {"texts": ["x"]}, {"more": []}, {"table": {}}, {"anything": [1, {}]}, {},
]  # fmt: skip
BAD: list[tuple[dict[str, Json], str]] = [
    ({"flag": 1}, "must be true or false, not 1"),
    ({"flag": None}, "must be true or false"),
    ({"count": 0}, "must be at least 1, not 0"),
    ({"count": 1.0}, "must be a whole number or null"),
    ({"count": True}, "must be a whole number or null"),
    ({"share": 1.5}, "must be at least 0 and at most 1"),
    ({"share": float("nan")}, "must be at least 0 and at most 1"),
    ({"share": "0.5"}, "must be a number"),
    ({"above": 0}, "must be above 0"),
    ({"kind": "c"}, "must be a or b or 3"),
    ({"kind": 3.0}, "must be a or b or 3"),
    ({"texts": "x"}, "must be a list of texts"),
    ({"texts": [1]}, "must be a list of texts"),
    ({"more": "x"}, "must be a list of texts"),
    ({"table": []}, "must be a mapping or null"),
    ({"file": "../x"}, "not a path inside the repository"),
    ({"file": 7}, "must be a path"),
    ({"vlag": True}, "unknown option 'vlag' of thing 'x'"),
    ({"version": "2"}, "unknown option 'version'"),
]


@pytest.mark.parametrize("given", GOOD, ids=str)
def test_what_fits_is_no_mistake(given: dict[str, Json]) -> None:
    assert mistake("thing 'x'", Thing, {"file": "a.txt", **given}, hidden=("version",)) is None


@pytest.mark.parametrize(("given", "said"), BAD, ids=[str(g) for g, _ in BAD])
def test_what_does_not_fit_is_said_in_words(given: dict[str, Json], said: str) -> None:
    found = mistake("thing 'x'", Thing, {"file": "a.txt", **given}, hidden=("version",))
    assert found is not None
    assert said in found.problem
    assert found.option == next(iter(given))


def test_what_is_left_out_and_has_no_default_is_named() -> None:
    found = mistake("thing 'x'", Thing, {}, hidden=("version",))
    assert found is not None
    assert found.problem == "thing 'x' needs the option 'file'"


def test_files_are_those_that_the_annotations_name() -> None:
    assert files(Thing, {"file": "a/./b.txt", "texts": ["c"], "anything": "d.txt"}) == {"file": "a/b.txt"}
    assert "version" not in names(Thing, ("version",))
