"""XML and HTML answers: what is well formed, what is wanted of it, and what no answer can do to the reader."""

from __future__ import annotations

import pytest

from promptci.core import Case
from promptci.metrics.markup import Html, Xml

CASE = Case("c", {"input": "x"})
BOMB = (
    '<!DOCTYPE a [<!ENTITY x "ha"><!ENTITY y "&x;&x;&x;&x;">]><a>&y;</a>',
    "<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a>x</a>",
)


@pytest.mark.parametrize(
    ("text", "elements", "inside", "value"),
    [
        pytest.param("<a>1</a>", (), False, 1.0, id="an-element"),
        pytest.param("  <a/>\n", (), False, 1.0, id="blanks-around"),
        pytest.param("<a>1</a><b/>", (), False, 0.0, id="two-roots"),
        pytest.param("<a>1</a><b/>", ("a", "b"), True, 1.0, id="two-roots-inside"),
        pytest.param("<a><b>é</b></a>", ("a.b",), False, 1.0, id="a-path"),
        pytest.param("<a><c><b/></c></a>", ("a.b",), False, 0.0, id="another-path"),
        pytest.param("text", (), False, 0.0, id="no-xml"),
        pytest.param("", (), False, 0.0, id="nothing"),
        pytest.param("So:\n```xml\n<é><b>1</b></é>\n```\nand <c", ("é.b",), True, 1.0, id="in-a-fence"),
        pytest.param("1 < 2, <b>bold, and <i>it</i>", ("i",), True, 1.0, id="behind-what-is-never-closed"),
        pytest.param("if a <b and c> d", (), True, 0.0, id="no-element"),
        pytest.param("<a>" * 5000, (), True, 0.0, id="many-that-are-never-closed"),
        pytest.param(BOMB[0], (), False, 0.0, id="entities"),
        pytest.param(BOMB[1], (), False, 1.0, id="a-type-elsewhere-is-not-read"),
        pytest.param("<a>\ud800</a>", (), False, 1.0, id="half-a-surrogate-pair"),
        pytest.param("<a>\x00</a>", (), False, 0.0, id="a-null"),
    ],
)
def test_xml(text: str, elements: tuple[str, ...], inside: bool, value: float) -> None:
    assert Xml(elements, inside)(CASE, text) == value


@pytest.mark.parametrize(
    ("text", "whole", "inside"),
    [
        pytest.param("<p>Hi</p>", 1.0, 1.0, id="an-element"),
        pytest.param("Hi <br> there", 0.0, 1.0, id="a-tag-in-text"),
        pytest.param("<my-card>x</my-card>", 1.0, 1.0, id="an-element-of-its-own"),
        pytest.param("<order><item>1</item></order>", 0.0, 1.0, id="elements-of-no-html"),
        pytest.param("<p>Hi</p> bye", 0.0, 1.0, id="text-outside"),
        pytest.param("<img src='a'><p>x", 1.0, 1.0, id="what-html-leaves-open"),
        pytest.param("<?xml version='1.0'?><p>x</p>", 0.0, 1.0, id="a-declaration-of-xml"),
        pytest.param("a < b > c", 0.0, 0.0, id="signs"),
        pytest.param("<your name>", 0.0, 0.0, id="a-blank-to-fill"),
        pytest.param("<!DOCTYPE html>\n<html><body>x</body></html>\n", 1.0, 1.0, id="a-page"),
        pytest.param("", 0.0, 0.0, id="nothing"),
    ],
)
def test_html(text: str, whole: float, inside: float) -> None:
    assert (Html()(CASE, text), Html(inside=True)(CASE, text)) == (whole, inside)
