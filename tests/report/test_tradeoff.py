"""What models are worth against what they cost, in a table and as a picture; unknown is never zero."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree

import pytest

from promptci.report.base import Choice, Report, Standing
from promptci.report.html import as_html
from promptci.report.markdown import as_markdown
from promptci.report.terminal import as_text
from promptci.report.tradeoff import HEAD, choice_row, tradeoff

NOW = Choice("old-model", "now", 0.85, 0.002, 1.2, 40.0)
CHEAP = Choice("cheap-model", "same", 0.84, 0.0004, 0.8, 38.0, taken=True)
BAD = Choice("bad-model", "worse", 0.6, 0.0001, 0.5, 20.0)
UNPRICED = Choice("unpriced", "cannot_tell", 0.8)


def test_a_row_says_what_is_known() -> None:
    assert choice_row(CHEAP) == ("cheap-model", "same, taken", "84.0 %", "0.4", "0.8", "38")
    assert choice_row(UNPRICED) == ("unpriced", "cannot tell", "80.0 %", "-", "-", "-")
    assert choice_row(NOW)[1] == "in force"
    assert choice_row(replace(BAD, taken=True))[1] == "worse until rewritten, taken"
    assert len(HEAD) == len(choice_row(NOW))


@pytest.mark.parametrize("known", [(), (NOW,), (NOW, UNPRICED)], ids=["nothing", "one", "one price"])
def test_fewer_than_two_prices_are_no_picture(known: tuple[Choice, ...]) -> None:
    assert tradeoff(known) is None


@pytest.mark.parametrize(
    ("standing", "shape"),
    [("now", "rect"), ("better", "circle"), ("same", "circle"), ("cannot_tell", "circle"), ("worse", "path")],
)
def test_a_standing_is_told_by_a_shape(standing: Standing, shape: str) -> None:
    found = str(tradeoff([Choice("a", standing, 0.5, 0.1), Choice("b", standing, 0.6, 0.2)]))
    ElementTree.fromstring(found)
    assert found.count(f"<{shape} ") == 2


def test_dearer_is_to_the_right_and_better_above() -> None:
    root = ElementTree.fromstring(str(tradeoff([NOW, CHEAP, BAD])))
    marks = {t.text: (float(t.attrib["x"]), float(t.attrib["y"])) for t in root if t.get("class") == "label"}
    assert marks["bad-model"][0] < marks["cheap-model (taken)"][0] < marks["old-model"][0]
    assert marks["bad-model"][1] > marks["cheap-model (taken)"][1] > marks["old-model"][1]


def test_names_that_would_hide_each_other_move_apart() -> None:
    near = [Choice(name, "same", 0.8, 0.002 + at / 100_000) for at, name in enumerate(("one", "two", "three"))]
    root = ElementTree.fromstring(str(tradeoff([*near, CHEAP])))
    places = {(t.attrib["x"], t.attrib["y"]) for t in root if t.get("class") == "label"}
    lines = sorted(float(y) for _, y in places)
    assert len(places) == 4
    assert lines[-1] - lines[0] > 20


def test_every_output_for_people_has_the_table() -> None:
    report = Report("upgrade", (), choices=(NOW, CHEAP, BAD))
    for text in (as_html(report), as_markdown(report), as_text(report, color=False)):
        assert all(choice.model in text for choice in report.choices)
    assert "<svg" in as_html(report)
    assert "<svg" not in as_html(Report("check", ()))


def test_a_name_from_outside_is_no_markup() -> None:
    evil = Choice('<script>alert(1)</script>"', "same", 0.5, 0.1)
    assert "<script>alert" not in as_html(Report("upgrade", (), choices=(evil, NOW)))


def test_the_table_of_models_is_one_in_markdown() -> None:
    page = as_markdown(Report("upgrade", (), choices=(NOW, CHEAP)))
    rows = [line for line in page.splitlines() if line.startswith("|")]
    assert rows[0] == "| " + " | ".join(HEAD) + " |"
    assert rows[2:] == [
        "| `old-model` | in force | 85.0 % | 2 | 1.2 | 40 |",
        "| `cheap-model` | same, taken | 84.0 % | 0.4 | 0.8 | 38 |",
    ]
