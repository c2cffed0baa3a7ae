"""Names that a template may do without: filled without them, it renders as long as the required ones are there."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, combinations, product

import pytest

from promptci.core import Json, Style
from promptci.errors import DataError
from promptci.prompts.styles import compile_text
from promptci.prompts.values import to_text

ATOMS = ("a is defined", "a is undefined", "b is defined", "not b is defined", "a is defined and a")
CONDITIONS = [
    *ATOMS,
    *(f"({one}) {word} ({other})" for one, word, other in product(ATOMS, ("and", "or"), ATOMS)),
    *(f"not (({one}) {word} ({other}))" for one, word, other in product(ATOMS, ("and", "or"), ATOMS)),
]
FORMS = {
    "branches": "{{% if {0} %}}{{{{ a }}}}{{% else %}}{{{{ b }}}}{{% endif %}}",
    "a-chain": "{{% if {0} %}}x{{% elif b is defined %}}{{{{ b }}}}{{% else %}}{{{{ a }}}}{{% endif %}}",
    "in-line": "{{{{ a if {0} else b }}}}",
    "set-on-the-way": "{{% if {0} %}}{{% set c = a %}}{{% else %}}{{% set c = 1 %}}{{% endif %}}{{{{ c }}}}",
    "in-a-loop": "{{% for c in [1] if {0} %}}{{{{ a }}}}{{% else %}}{{{{ b }}}}{{% endfor %}}",
}


def subsets(names: frozenset[str]) -> Iterator[tuple[str, ...]]:
    ordered = sorted(names)
    return chain.from_iterable(combinations(ordered, n) for n in range(len(ordered) + 1))


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_the_required_names_are_enough_whatever_optional_ones_there_are(form: str) -> None:
    for condition in CONDITIONS:
        found = compile_text(form.format(condition), "jinja")
        assert found.variables | found.optional <= {"a", "b"}
        for there in subsets(found.optional):
            values: dict[str, Json] = dict.fromkeys((*found.variables, *there), "1")
            assert found.render(values) is not None, condition


@pytest.mark.parametrize(
    ("text", "required", "optional"),
    [
        pytest.param("{{ a }}", "a", "", id="plain"),
        pytest.param("{{ a | default('x') }}", "", "a", id="a-default"),
        pytest.param("{{ a | default(b) }}", "b", "a", id="a-default-that-is-needed"),
        pytest.param("{{ a | upper | default('x') }}", "a", "", id="a-default-that-comes-too-late"),
        pytest.param("{{ a | default('x') }}{{ a }}", "a", "", id="guarded-once-only"),
        pytest.param("{% if a is defined %}{{ a }}{% endif %}", "", "a", id="a-test"),
        pytest.param("{% if a is undefined %}none{% else %}{{ a }}{% endif %}", "", "a", id="the-other-way"),
        pytest.param("{% if a is defined or b %}{{ a }}{% endif %}", "a b", "", id="either-is-no-guard"),
        pytest.param("{% if a is defined and b %}{{ a }}{% endif %}", "b", "a", id="both-are"),
        pytest.param("{% if a is defined %}{% endif %}{{ a }}", "a", "", id="used-behind-its-guard"),
        pytest.param("{{ a if a is defined else b }}", "b", "a", id="in-line"),
        pytest.param("{% for c in a %}{{ c }}{{ loop.index }}{% endfor %}", "a", "", id="a-loop-has-its-own"),
        pytest.param("{% for c in a %}{% endfor %}{{ c }}", "a c", "", id="behind-the-loop-it-has-not"),
        pytest.param("{% for k, v in a %}{{ k }}{{ v }}{% endfor %}", "a", "", id="two-at-once"),
        pytest.param("{% set a = b %}{{ a }}", "b", "", id="set-here"),
        pytest.param("{{ a }}{% set a = 1 %}", "a", "", id="set-too-late"),
        pytest.param("{% set a %}{{ b }}{% endset %}{{ a }}", "b", "", id="a-set-block"),
    ],
)
def test_which_names_a_template_needs(text: str, required: str, optional: str) -> None:
    found = compile_text(text, "jinja")
    assert (found.variables, found.optional) == (frozenset(required.split()), frozenset(optional.split()))


@pytest.mark.parametrize(
    ("style", "text", "values", "wanted"),
    [
        pytest.param("fstring", "{a}-{b:>3}", {"a": 1, "b": "x"}, "1-  x", id="a-width"),
        pytest.param("fstring", "{a:.2f} {a:,}", {"a": 1234.5}, "1234.50 1,234.5", id="numbers"),
        pytest.param("fstring", "{{a}} {a!s}", {"a": "{b}"}, "{a} {b}", id="braces-stay-and-values-are-not-filled"),
        pytest.param("fstring", "{a} {b}", {"a": None, "b": [1, "é"]}, 'null [1, "é"]', id="json"),
        pytest.param("github", "{{a}} {{ b.c }} {d}", {"a": "{{d}}", "b.c": True}, "{{d}} true {d}", id="plain"),
        pytest.param("github", "{% raw %}{{a}}{% endraw %}{{a}}", {"a": "x"}, "{{a}}x", id="raw"),
        pytest.param("none", "{{ a }} {a}", {}, "{{ a }} {a}", id="nothing-is-filled"),
    ],
)
def test_a_style_fills_its_own_placeholders_once(style: Style, text: str, values: dict[str, Json], wanted: str) -> None:
    assert compile_text(text, style).render(values) == wanted


@pytest.mark.parametrize(
    ("text", "values", "said"),
    [
        pytest.param("{a}", {"b": 1}, "'a' is not there", id="a-missing-value"),
        pytest.param("{a:.2f}", {"a": "x"}, "'a': ", id="a-text-as-a-number"),
        pytest.param("{a:.2f}", {"a": None}, "'a': ", id="null-as-a-number"),
        pytest.param("{a:.2f}", {"a": [1]}, "'a': ", id="a-list-as-a-number"),
        pytest.param("{a:d}", {"a": 1.5}, "'a': ", id="a-fraction-as-a-whole-number"),
        pytest.param("{a:.2f}", {"a": 10**400}, "'a': ", id="a-number-too-large"),
        pytest.param("{a:e}", {"a": -(10**400)}, "'a': ", id="a-number-too-far-below"),
    ],
)
def test_a_value_that_does_not_fit_is_a_mistake_of_the_case(text: str, values: dict[str, Json], said: str) -> None:
    with pytest.raises(DataError, match="the prompt cannot be filled") as wrong:
        compile_text(text, "fstring").render(values)
    assert said in str(wrong.value)


@pytest.mark.parametrize(
    ("text", "value"),
    [("{{ a | float | int }}", "1e999"), ("{{ a | round(2) }}", 10**400)],
    ids=["infinity-as-a-whole-number", "a-number-too-large"],
)
def test_a_number_that_a_filter_cannot_take_is_a_mistake_of_the_case(text: str, value: Json) -> None:
    with pytest.raises(DataError, match="the prompt cannot be filled"):
        compile_text(text, "jinja").render({"a": value})


@pytest.mark.parametrize("text", ["{}", "{0}", "{a.b}", "{a[0]}", "{a!r}", "{a:{b}}", "{a:9999}", "{a", "a}"])
def test_a_placeholder_that_reaches_further_is_refused_at_its_place(text: str) -> None:
    with pytest.raises(DataError, match=r"^p\.txt:7: "):
        compile_text(text, "fstring", "p.txt", 7)


@pytest.mark.parametrize(
    ("value", "text"),
    [("x", "x"), ("", ""), (True, "true"), (None, "null"), (1.0, "1.0"), ({"ä": [1]}, '{"ä": [1]}')],
)
def test_a_value_stands_as_text_or_json(value: Json, text: str) -> None:
    assert to_text(value) == text
