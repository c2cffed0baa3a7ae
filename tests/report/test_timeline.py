"""The picture of a prompt's history: every mark has its meaning in its shape, and no text from outside is markup."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from promptci.core import VerdictName
from promptci.report.history import Point
from promptci.report.timeline import MOST, timeline


def point(day: int, score: float | None = 0.8, verdict: VerdictName | None = "pass", model: str = "m-1") -> Point:
    return Point(f"{day:07x}", f"2026-11-{day:02}T00:00:00Z", score, (0.7, 0.9), model, verdict)


def drawn(*points: Point) -> str:
    found = str(timeline(points))
    ElementTree.fromstring(found)
    return found


@pytest.mark.parametrize(
    "points", [(), (point(1),), (point(1), point(2, None))], ids=["nothing", "one point", "one score"]
)
def test_fewer_than_two_scores_are_no_picture(points: tuple[Point, ...]) -> None:
    assert timeline(points) is None


@pytest.mark.parametrize(
    ("verdict", "shape"),
    [
        pytest.param("fail", r'<path[^>]*class="mark worse"', id="red"),
        pytest.param("pass", r'<circle[^>]*class="dot validation"', id="green"),
        pytest.param("inconclusive", r'<circle[^>]*class="held"', id="undecided"),
        pytest.param("unmeasured", r'<circle[^>]*class="held"', id="unmeasured"),
        pytest.param(None, r'<rect[^>]*class="point"', id="accepted"),
    ],
)
def test_a_verdict_is_told_by_a_shape(verdict: VerdictName | None, shape: str) -> None:
    found = drawn(point(1, verdict=verdict), point(2, verdict=verdict))
    assert len(re.findall(shape, found)) == 2


def test_it_is_told_in_words_for_those_who_listen() -> None:
    found = drawn(point(1), point(2, 0.5, "fail"), point(3, 0.9, model="m-2"))
    assert "Scores from 2026-11-01 to 2026-11-03: 80.0 % to 90.0 %; 1 red gate, 1 model change." in found
    assert "0000002: 50.0 %, fail" in found


def test_a_change_of_the_model_is_a_line_with_its_name() -> None:
    found = drawn(point(1), point(2), point(3, model="m-2"), point(4, model="m-2"))
    assert found.count('class="stop"') == 1
    assert [found.count(f">{name}<") for name in ("m-1", "m-2")] == [1, 1]


def test_lines_of_the_grid_are_at_whole_tens() -> None:
    assert re.findall(r">(\d+) %<", drawn(point(1, 0.41), point(2, 0.9))) == ["60", "70", "80", "90", "100"]
    low = Point("a", "2026-11-01", 0.31, (0.25, 0.4)), Point("b", "2026-11-02", 0.5)
    assert re.findall(r">(\d+) %<", drawn(*low)) == ["20", "40", "60", "80", "100"]


def test_only_the_newest_points_are_drawn() -> None:
    found = drawn(*(Point(f"{n:07x}", "2026-11-01", 0.5, verdict="pass") for n in range(MOST + 40)))
    assert found.count("<circle") == MOST


def test_texts_from_outside_are_shown() -> None:
    evil = '</title><script>alert(1)</script>"'
    found = drawn(Point(evil, evil, 0.5, model=evil), Point("b", "2026-11-02", 0.6, model="n"))
    assert "<script" not in found
