"""Placeholders that a program fills: all of them stay, none comes, whatever way they are written."""

from __future__ import annotations

import pytest

from promptci.search.base import Proposal
from promptci.search.placeholders import SamePlaceholders


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        pytest.param("Use {tools}.", "Choose {tools} well.", None, id="kept"),
        pytest.param("{a} and {b}", "{b}, {a}, {a}", None, id="in-another-order"),
        pytest.param("No placeholder.", "None here, 100 % sure, for $5.", None, id="none"),
        pytest.param('Write {"a": 1}.', 'Answer with {"a": 1}.', None, id="braces-of-its-own"),
        pytest.param("Use {tools}.", "Choose well.", "lost {tools}", id="lost"),
        pytest.param("Use {tools}.", "Use {tools} for {name}.", "invented {name}", id="invented"),
        pytest.param("Use {tools}.", "Use {tool}.", "lost {tools}; invented {tool}", id="renamed"),
        pytest.param("Use ${tools}.", "Use {tools}.", "lost ${tools}; invented {tools}", id="another-way"),
        pytest.param("Hello %(name)s, %s", "Hello %(name)s", "lost %s", id="percent"),
        pytest.param("Say $NAME.", "Say it.", "lost $NAME", id="shell"),
        pytest.param("Plain.", 'Answer as {"a": 1}.', "loose '{'", id="new-braces-break-a-format"),
    ],
)
def test_placeholders_stay(before: str, after: str, said: str | None) -> None:
    assert SamePlaceholders(before)(Proposal("test", after)) == said
