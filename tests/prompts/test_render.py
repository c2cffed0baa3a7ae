"""Templates: what a prompt may say, and what is refused or stays harmless."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptci.core import Case, Json, Message
from promptci.errors import DataError
from promptci.prompts.conversation import plain
from promptci.prompts.language import MAX_DEPTH
from promptci.prompts.render import MAX_TEMPLATE, compile_template, input_of
from promptci.prompts.values import MAX_OUTPUT
from promptci.prompts.work import MAX_STEPS

VALUES: dict[str, Json] = {
    "ticket": "Where is my parcel?",
    "items": ["b", "a"],
    "order": {"items": 3, "keys": ["k"], "_id": 7, "name": "Ann"},
    "rows": [{"n": 1, "c": "x"}, {"n": 2, "c": "y"}],
    "big": "A" * 1_000_000,
    "many": list(range(2_000)),
    "quotes": '"' * 1000,
}


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("Answer with one word.", id="words"),
        pytest.param("Use JSON: {'a': {'b': 1}}", id="single-braces"),
        pytest.param("100 % of {x} and }} alone, # and ##", id="stray-signs"),
        pytest.param("Trailing newline\n\n", id="trailing-newlines"),
        pytest.param("<b>&amp; \"quotes\" 'n' ü</b>", id="no-escaping"),
        pytest.param("line one\n\n\tline two", id="blanks"),
    ],
)
def test_text_without_placeholders_is_left_alone(text: str) -> None:
    template = compile_template(text)
    assert template.render({}) == text
    assert template.variables == frozenset()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("T: {{ ticket }}!", "T: Where is my parcel?!", id="placeholder"),
        pytest.param("{{ticket}}", "Where is my parcel?", id="no-blanks"),
        pytest.param("{% raw %}{{ ticket }}{% endraw %}", "{{ ticket }}", id="raw"),
        pytest.param("{{ '{{' }}", "{{", id="braces-as-text"),
        pytest.param("{# note #}x", "x", id="comment"),
        pytest.param("{{ ticket | upper | trim }}", "WHERE IS MY PARCEL?", id="filters"),
        pytest.param("{{ ticket | truncate(10) }}", "Where...", id="truncate"),
        pytest.param("{{ ticket | truncate(10, true, '~') }}", "Where is ~", id="truncate-in-a-word"),
        pytest.param("{{ ticket | truncate(14) }}", "Where is my parcel?", id="truncate-leeway"),
        pytest.param("{{ 'a\\n\\nb' | indent(2) }}", "a\n\n  b", id="indent"),
        pytest.param("{{ '3' | int }} {{ '2.5' | float }}", "3 2.5", id="numbers"),
        pytest.param("{{ 'inf' | int }} {{ 'x' | int(7) }}", "0 7", id="no-number"),
        pytest.param("{{ ticket | wordcount }}", "4", id="words"),
        pytest.param("{{ items | sort | join(', ') }}", "a, b", id="join"),
        pytest.param("{{ rows | join(';', attribute='c') }}", "x;y", id="join-attribute"),
        pytest.param("{{ items | sort(reverse=true) | first }}", "b", id="keyword"),
        pytest.param("{{ order.items }}", "3", id="a-key-named-as-a-method"),
        pytest.param("{{ order['keys'][0] }}", "k", id="item"),
        pytest.param("{{ order['_id'] }}", "7", id="a-key-with-an-underscore"),
        pytest.param("{{ rows[1].c }}", "y", id="path"),
        pytest.param("{{ nope | default('none') }}", "none", id="default"),
        pytest.param("{% if nope is defined %}a{% else %}b{% endif %}", "b", id="defined"),
        pytest.param("{% if order.name in ['Ann', 'Bob'] %}a{% endif %}", "a", id="in-list"),
        pytest.param("{{ 'a' if items | length > 1 else 'b' }}", "a", id="condition"),
        pytest.param(
            "{% for i in items %}{{ loop.index }}{{ i }}{{ '' if loop.last else ',' }}{% endfor %}", "1b,2a", id="for"
        ),
        pytest.param("{% for r in rows %}{% for k in r %}{{ r[k] }}{% endfor %}{% endfor %}", "1x2y", id="two-loops"),
        pytest.param("{% for i in items if i != 'a' %}{{ i }}{% else %}-{% endfor %}", "b", id="filtered-for"),
        pytest.param("{{ order | tojson }}", '{"items": 3, "keys": ["k"], "_id": 7, "name": "Ann"}', id="tojson"),
        pytest.param("{{ '<ü>' | tojson }}", '"<ü>"', id="tojson-does-not-escape"),
        pytest.param("{{ order | dump }}", '{"items": 3, "keys": ["k"], "_id": 7, "name": "Ann"}', id="dump"),
        pytest.param("{{ ticket | safe }}{{ '<' | string }}", "Where is my parcel?<", id="safe-changes-nothing"),
        pytest.param("{{ ' a ' | strip }}{{ items | count }}", "a2", id="names-of-other-languages"),
        pytest.param("{{ 'a-b-c' | replace('-', '+') }}", "a+b+c", id="replace"),
        pytest.param("{{ 2.456 | round(1) }} {{ '7' | round }}", "2.5 7.0", id="round"),
        pytest.param("{{ items | reverse | join }}{{ ['a', 'a'] | unique | join }}", "aba", id="reverse-unique"),
        pytest.param("{{ order.name ~ '/' ~ order.items }}", "Ann/3", id="concat"),
        pytest.param("{% set n = order.name %}{{ n }}{{ n }}", "AnnAnn", id="set"),
        pytest.param("{%- set t -%} Hi {{ order.name }} {%- endset -%}<{{ t }}>", "<Hi Ann>", id="set-block"),
        pytest.param("{% set t | upper %}{{ order.name }}{% endset %}{{ t }}", "ANN", id="set-block-filtered"),
        pytest.param(
            "{% if nope is defined %}{% set t = nope %}{% else %}{% set t = 'n' %}{% endif %}{{ t }}",
            "n",
            id="set-in-if",
        ),
        pytest.param("{{ [1, 'a'] | tojson(1) }}", '[\n 1,\n "a"\n]', id="tojson-indent"),
    ],
)
def test_what_a_prompt_may_say(text: str, expected: str) -> None:
    assert compile_template(text).render(VALUES) == expected


@pytest.mark.parametrize(
    ("text", "variables"),
    [
        pytest.param("{{ a }} {{ b.c }} {{ d['e'] }}", {"a", "b", "d"}, id="names"),
        pytest.param("{% for a in b %}{{ a }}{{ loop.index }}{% endfor %}", {"b"}, id="loop-names-are-not"),
        pytest.param("{{ a }}{% for a in b %}{{ a }}{% endfor %}", {"a", "b"}, id="both-loop-name-and-placeholder"),
        pytest.param("{% if a %}{{ b }}{% endif %}", {"a", "b"}, id="conditions"),
        pytest.param("{% set a = b %}{{ a }}", {"b"}, id="what-is-set-is-not"),
        pytest.param("{{ a }}{% set a = 1 %}{{ a }}", {"a"}, id="used-before-it-is-set"),
        pytest.param("{% set s %}{{ x }}{% endset %}{{ s }}", {"x"}, id="set-block"),
        pytest.param(
            "{% if k %}{% set t = 1 %}{% else %}{% set t = 2 %}{% endif %}{{ t }}", {"k"}, id="set-either-way"
        ),
        pytest.param("{% for a in b %}{% set c = a %}{{ c }}{% endfor %}{{ c }}", {"b", "c"}, id="set-in-a-loop-ends"),
        pytest.param("{{ range }}{{ lipsum }}", {"lipsum", "range"}, id="nothing-is-built-in"),
        pytest.param("{% raw %}{{ a }}{% endraw %}{# {{ b }} #}", set(), id="raw-and-comment"),
    ],
)
def test_variables(text: str, variables: set[str]) -> None:
    assert compile_template(text).variables == variables


@pytest.mark.parametrize(
    ("text", "values", "said"),
    [
        pytest.param("{{ tikcet }}", VALUES, "'tikcet' is undefined", id="missing"),
        pytest.param("{{ order.nope }}", VALUES, "no attribute 'nope'", id="missing-key"),
        pytest.param("{{ order.nope.more }}", VALUES, "no attribute 'nope'", id="missing-path"),
        pytest.param("{{ nope.more }}", VALUES, "'nope' is undefined", id="path-of-missing"),
        pytest.param("{% for x in nope %}{% endfor %}", VALUES, "'nope' is undefined", id="loop-over-missing"),
        pytest.param("{{ x }}", {}, "'x' is undefined", id="no-values"),
    ],
)
def test_a_missing_value_is_an_error_that_says_what_the_case_has(text: str, values: dict[str, Json], said: str) -> None:
    with pytest.raises(DataError) as caught:
        compile_template(text, "p.md").render(values)
    assert caught.value.place == "p.md"
    assert said in caught.value.problem
    assert ("ticket" if values else "no values") in str(caught.value.hint)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        pytest.param("a\n{{ b", 2, id="open-placeholder"),
        pytest.param("a\n\n{% if b %}", 3, id="open-if"),
        pytest.param("a\n{% endfor %}", 2, id="stray-end"),
        pytest.param("{{ }}", 1, id="empty-placeholder"),
        pytest.param("\n{{ a b }}", 2, id="two-words"),
        pytest.param("a\n{% raw %}{{", 2, id="open-raw"),
        pytest.param("a\nb\n{% include 'x' %}", 3, id="forbidden"),
    ],
)
def test_bad_syntax_has_its_line_in_the_file(text: str, line: int) -> None:
    for first_line in (1, 6):
        with pytest.raises(DataError) as caught:
            compile_template(text, "p.md", first_line)
        assert caught.value.place == f"p.md:{line + first_line - 1}"
        assert "{% raw %}" in str(caught.value.hint)


REFUSED = {
    "class": "{{ ''.__class__ }}",
    "mro": "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "config": "{{ config.__class__.__init__.__globals__['os'].popen('id').read() }}",
    "self": "{{ self.__init__.__globals__.__builtins__ }}",
    "self-alone": "{{ self }}",
    "cycler": "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
    "joiner": "{{ joiner.__init__.__globals__ }}",
    "namespace": "{{ namespace.__init__.__globals__ }}",
    "lipsum": "{{ lipsum.__globals__['os'].popen('id').read() }}",
    "lipsum-item": "{{ lipsum['__globals__'] }}",
    "range-call": "{{ range(10) }}",
    "range-bomb": "{% for a in range(99999) %}{% endfor %}",
    "dict-call": "{{ dict(a=1) }}",
    "method": "{{ ticket.upper() }}",
    "format": "{{ '{0.__class__}'.format(ticket) }}",
    "format-map": "{{ '%s' % ticket }}",
    "format-filter": "{{ '%9999999999d' | format(1) }}",
    "attr-filter": "{{ ticket | attr('__class__') }}",
    "attr-joined": "{{ ticket | attr(['__cl', 'ass__'] | join) }}",
    "map-attribute": "{{ items | map(attribute='__class__') | list }}",
    "map-filter": "{{ items | map('upper') | list }}",
    "select": "{{ items | select('odd') | list }}",
    "groupby": "{{ items | groupby('__class__') }}",
    "item-class": "{{ ticket['__class__'] }}",
    "item-getattr": "{{ order['__class__']['__init__'] }}",
    "escape-x": "{{ ticket['\\x5f\\x5fclass\\x5f\\x5f'] }}",
    "joined-item": "{{ ticket[['__', 'class', '__'] | join] }}",
    "sort-attribute": "{{ rows | sort(attribute='__class__') }}",
    "join-attribute": "{{ rows | join(attribute='__class__.__mro__') }}",
    "first-class": "{{ (items | first).__class__ }}",
    "undefined-class": "{{ nope.__class__ }}",
    "undefined-item": "{{ nope['__class__'] }}",
    "loop-class": "{% for i in items %}{{ loop.__class__ }}{% endfor %}",
    "loop-item": "{% for i in items %}{{ loop['__class__'] }}{% endfor %}",
    "loop-method": "{% for i in items %}{{ loop.changed }}{% endfor %}",
    "loop-private": "{% for i in items %}{{ loop['_iterator'] }}{% endfor %}",
    "method-object": "{{ ticket.upper }}",
    "list-method": "{{ items.append }}",
    "set-loop": "{% set loop = 1 %}",
    "set-doubling": "{% set x = big %}" + "{% set x = x ~ x %}" * 30,
    "set-doubling-lists": "{% set x = items %}" + "{% set x = [x, x] %}" * 40 + "{{ x }}",
    "set-block-bomb": "{% set x %}" + "{{ big }}" * 50 + "{% endset %}",
    "set-block-doubling": "{% set x = big %}" + "{% set x %}{{ x }}{{ x }}{% endset %}" * 30,
    "set-block-loop": "{% set x %}{% for i in many %}" + "z" * 90_000 + "{% endfor %}{% endset %}",
    "set-block-filter": "{% set x | upper %}" + "{{ big }}" * 50 + "{% endset %}",
    "set-namespace": "{% set ns.x = 1 %}",
    "with": "{% with a = 1 %}{{ a }}{% endwith %}",
    "macro": "{% macro m() %}{{ caller() }}{% endmacro %}",
    "call": "{% call x() %}{% endcall %}",
    "include": "{% include '/etc/passwd' %}",
    "import": "{% import 'os' as os %}",
    "from": "{% from 'os' import popen %}",
    "extends": "{% extends 'x' %}",
    "block": "{% block x %}{% endblock %}",
    "filter-block": "{% filter upper %}x{% endfilter %}",
    "autoescape": "{% autoescape true %}x{% endautoescape %}",
    "do": "{% do items.append(1) %}",
    "debug": "{% debug %}",
    "trans": "{% trans %}x{% endtrans %}",
    "power": "{{ 9 ** 9 ** 9 }}",
    "repeat": "{{ 'a' * 1000000000 }}",
    "repeat-list": "{{ [0] * 1000000000 }}",
    "add": "{{ big + big }}",
    "concat": "{{ " + " ~ ".join(["big"] * 50) + " }}",
    "round-digits": "{{ 1.5 | round(1000000000) }}",
    "round-method": "{{ 1.5 | round(2, 'floor') }}",
    "replace-nothing": "{{ big | replace('', big) }}",
    "divide": "{{ 1 / 0 }}",
    "shift": "{{ 1 << 99 }}",
    "slice": "{{ ticket[::1] }}",
    "dict-literal": "{{ {'a': 1} }}",
    "center": "{{ 'a' | center(1000000000) }}",
    "indent": "{{ big | indent(1000000) }}",
    "indent-lines": "{{ big | replace('A', '\\n') | indent(32) }}",
    "truncate": "{{ big | truncate(1000000000) }}",
    "truncate-end": "{{ big | truncate(9, true, big) }}",
    "replace": "{{ big | replace('A', big) }}",
    "wordwrap": "{{ big | wordwrap(1) }}",
    "batch": "{{ items | batch(1000000000, 'x') | list }}",
    "slice-filter": "{{ items | slice(1000000000) | list }}",
    "pprint": "{{ order | pprint }}",
    "xmlattr": "{{ order | xmlattr }}",
    "urlize": "{{ ticket | urlize }}",
    "tojson-indent": "{{ many | tojson(1000000000) }}",
    "tojson-keyword": "{{ many | tojson(indent=1000000000) }}",
    "tojson-tower": "{{ quotes | " + " | ".join(["tojson"] * 40) + " }}",
    "tojson-list-tower": "{{ big | list | tojson | list | tojson }}",
    "join-bomb": "{{ many | join(big) }}",
    "join-odd": "{{ items | join(many) }}",
    "output-bomb": "{% for i in many %}{{ big }}{% endfor %}",
    "loop-bomb": "{% for i in many %}{% for j in many %}{% endfor %}{% endfor %}",
    "loop-bomb-filtered": "{% for i in many %}{% for j in many if j < 0 %}{% endfor %}{% endfor %}",
    "three-loops": "{% for i in a %}{% for j in a %}{% for k in a %}{% endfor %}{% endfor %}{% endfor %}",
    "recursive-loop": "{% for i in items recursive %}{{ loop(items) }}{% endfor %}",
    "deep-if": "{% if items %}" * 120 + "{% endif %}" * 120,
    "deep-parentheses": "{{ " + "(" * 3000 + "1" + ")" * 3000 + " }}",
    "deep-not": "{{ " + "not " * 5000 + "items }}",
    "deep-and": "{{ " + "items and " * 5000 + "items }}",
    "deep-filters": "{{ ticket" + " | trim" * 3000 + " }}",
    "deep-path": "{{ order" + ".x" * 3000 + " }}",
    "long-number": "{{ " + "1" * 5000 + " }}",
    "long-template": "x" * (MAX_TEMPLATE + 1),
    "sameas": "{{ ticket is sameas(ticket) }}",
    "callable": "{{ ticket is callable }}",
    "gettext": "{{ _('x') }}",
    "request": "{{ request.application.__globals__ }}",
    "hidden-count": "{{ items | counted }}",
}


def test_the_corpus_is_large_enough() -> None:
    assert len(REFUSED) >= 60


@pytest.mark.parametrize("name", REFUSED)
def test_forbidden_or_explosive_templates_are_refused(name: str) -> None:
    with pytest.raises(DataError):
        compile_template(REFUSED[name], "p.md").render(VALUES)


HARMLESS = {
    "arithmetic-in-a-value": ("{{ ticket }}", "{{ 7*7 }}"),
    "tag-in-a-value": ("{{ ticket }}", "{% for i in range(9) %}x{% endfor %}"),
    "raw-in-a-value": ("{% raw %}{{ x }}{% endraw %} {{ ticket }}", "{% endraw %}{{ 7*7 }}"),
    "twice-through-filters": ("{{ ticket | trim }}", "{{ ticket }}"),
    "in-json": ("{{ ticket | tojson }}", "{{ 7*7 }}"),
    "dollar": ("{{ ticket }}", "${7*7} #{7*7} <%= 7*7 %> *{7*7}"),
    "python-format": ("{{ ticket }}", "{0.__class__} %(x)s %s"),
    "comment-in-a-value": ("{{ ticket }}", "{# gone? #}"),
}


@pytest.mark.parametrize("name", HARMLESS)
def test_values_are_never_rendered_again(name: str) -> None:
    text, value = HARMLESS[name]
    rendered = compile_template(text).render({"ticket": value})
    assert value in rendered
    assert "49" not in rendered.replace(value, "")


@given(st.text(max_size=40))
def test_any_value_arrives_as_it_is(value: str) -> None:
    assert compile_template("<{{ x }}>").render({"x": value}) == f"<{value}>"


@given(st.text(st.sampled_from("{}%#abx| \n.'\"()[]_-"), max_size=25))
def test_any_template_is_compiled_or_refused(text: str) -> None:
    with contextlib.suppress(DataError):  # the point is that nothing else is raised
        template = compile_template(text)
        template.render(dict.fromkeys(template.variables, "v"))


def test_no_address_of_the_process_is_shown() -> None:
    for text in ("{{ order }}", "{% for i in items %}{{ loop }}{% endfor %}", "{{ items | list }}"):
        assert "0x" not in compile_template(text).render(VALUES)


def test_loops_may_take_every_step_that_is_allowed_and_no_more() -> None:
    template = compile_template("{% for i in a %}{% endfor %}done")
    assert template.render({"a": list(range(MAX_STEPS))}) == "done"
    with pytest.raises(DataError, match="steps"):
        template.render({"a": list(range(MAX_STEPS + 1))})
    assert template.render({"a": list(range(MAX_STEPS))}) == "done"  # each rendering counts for itself


def test_the_output_may_be_as_long_as_is_allowed_and_no_longer() -> None:
    template = compile_template("{{ a }}")
    assert len(template.render({"a": "x" * MAX_OUTPUT})) == MAX_OUTPUT
    with pytest.raises(DataError, match="longer than"):
        template.render({"a": "x" * (MAX_OUTPUT + 1)})


def test_nesting_that_people_write_is_read() -> None:
    deep = MAX_DEPTH - 5
    assert compile_template("{{ " + "a and " * deep + "a }}").render({"a": 1}) == "1"
    chain = "{% if a == 0 %}0" + "".join(f"{{% elif a == {n} %}}{n}" for n in range(1, 200)) + "{% endif %}"
    assert compile_template(chain).render({"a": 150}) == "150"


@pytest.mark.parametrize(
    ("text", "values", "expected"),
    [
        pytest.param("Sort: {{ ticket }}", {"ticket": "x"}, (Message("user", "Sort: x"),), id="placeholder"),
        pytest.param("Sort.", {"ticket": "x"}, (Message("system", "Sort."), Message("user", "x")), id="none"),
        pytest.param(
            "Sort {% raw %}{{ x }}{% endraw %}.",
            {"input": "i", "hint": "h"},
            (Message("system", "Sort {{ x }}."), Message("user", "i")),
            id="input-wins",
        ),
        pytest.param(
            "Sort.",
            {"a": 1, "b": "two"},
            (Message("system", "Sort."), Message("user", "a: 1\nb: two")),
            id="several-values",
        ),
    ],
)
def test_messages(text: str, values: dict[str, Json], expected: tuple[Message, ...]) -> None:
    assert plain(text).messages(Case("c", values)) == expected


def test_input_of_no_values_is_empty() -> None:
    assert input_of({}) == ""
