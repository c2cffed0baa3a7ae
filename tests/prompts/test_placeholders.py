"""A text of names alone is filled as Jinja2 would fill it, and without Jinja2."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from promptci.core import Json
from promptci.errors import DataError
from promptci.prompts.placeholders import pieces_of
from promptci.prompts.render import Template, by_jinja, compile_template
from promptci.prompts.values import MAX_OUTPUT

WORDS = (
    "a", "b1", "input", "_a", "é", "١", "true", "None", "self", "loop", "super", "caller", "not", "if", "is", "in",
    "context", "raw", "a.b", "a|upper", "'", '"', "\\", "-", "+", "\ud800", "\x00", "\u2028", "\x0b", "\x85",
)  # fmt: skip
SIGNS = (
    "{{",
    "}}",
    "{",
    "}",
    "{%",
    "%}",
    "{#",
    "#}",
    "##",
    " ",
    "\t",
    "\n",
    "\r\n",
    "\r",
    "{{ a }}",
    "{{b1}}",
    "{{\ta }}",
)
TEXTS = st.lists(st.sampled_from(WORDS + SIGNS) | st.builds("{{{{ {} }}}}".format, st.sampled_from(WORDS))).map("".join)
VALUES: st.SearchStrategy[Json] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.just("{{ a }}"),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=2), inner, max_size=2),
    max_leaves=4,
)
CASES = st.dictionaries(st.sampled_from(("a", "b1", "input", "context", "if", "true", "other")), VALUES)


def told(template: Template, values: Mapping[str, Json]) -> str:
    try:
        return template.render(values)
    except DataError as problem:
        return f"refused: {problem}"


@given(TEXTS, CASES)
@example("{{{ a }}}", {"a": "x"})
@example("{{ a }}}", {"a": "x"})
@example("{{ a }}\r\n", {"a": "x"})
def test_what_is_read_without_jinja_is_what_jinja_gives(text: str, values: dict[str, Json]) -> None:
    if pieces_of(text) is None:
        return
    ours, theirs = compile_template(text), by_jinja(text)
    assert (ours.variables, ours.optional) == (theirs.variables, theirs.optional)
    assert told(ours, values) == told(theirs, values)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Plain text.\n\n",
        "{{ a }}",
        "{{a}}{{ b1 }}\n{{\ta }}",
        "JSON: {'a': {'b': 1}} and }} alone, # {{ a }}",
        "{{ a }}}",
    ],
)
def test_a_text_of_names_is_read_without_jinja(text: str) -> None:
    assert pieces_of(text) is not None


@pytest.mark.parametrize(
    "text",
    ["{{ a | upper }}", "{{ a.b }}", "{% if a %}{% endif %}", "{# a #}", "{{- a }}", "{{ 'a' }}", "{{ true }}",
     "{{ self }}", "{{ loop }}", "{{ not }}", "{{{ a }}}", "{{ é }}", "{{ a", "{{ a }}\r\n",
     "{% raw %}{{ a }}{% endraw %}"],
)  # fmt: skip
def test_any_other_syntax_is_left_to_jinja(text: str) -> None:
    assert pieces_of(text) is None


@pytest.mark.parametrize("value", [{1, 2}, float, 10**5000], ids=["set", "class", "thousands-of-digits"])
def test_a_value_that_is_no_json_is_refused_in_the_same_words(value: Json) -> None:
    ours = told(compile_template("{{ a }}"), {"a": value})
    assert ours.startswith("refused: ")
    assert ours == told(by_jinja("{{ a }}"), {"a": value})


def test_an_output_beyond_the_bound_is_refused() -> None:
    template = compile_template("{{ a }}{{ a }}")
    assert len(template.render({"a": "x" * (MAX_OUTPUT // 2)})) == MAX_OUTPUT
    with pytest.raises(DataError, match="longer than 2,000,000 characters"):
        template.render({"a": "x" * (MAX_OUTPUT // 2 + 1)})


def test_filling_names_imports_no_jinja() -> None:
    code = "import sys; from promptci.prompts.render import compile_template as c; print(c('{{ a }}').render({'a': 1}))"
    done = subprocess.run(
        [sys.executable, "-c", f"{code}; print('jinja2' in sys.modules)"], capture_output=True, text=True, check=True
    )
    assert done.stdout == "1\nFalse\n"
