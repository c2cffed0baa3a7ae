"""A hundred templates that try to take the machine, its memory or its secrets: each is refused or ends small.

They come from pull requests and from models. What is bounded is work, not only steps: a filter over a long value
inside a loop costs what it reads.
"""

from __future__ import annotations

import contextlib

import pytest

from promptci.core import Case, Json, Style
from promptci.errors import DataError
from promptci.prompts import read_prompt
from promptci.prompts.conversation import compile_prompt, plain

BIG: dict[str, Json] = {
    "x": "v",
    "xs": [0] * 99_999,
    "big": "a" * 1_000_000,
    "bigger": "b" * 1_000_000,
    "same": "".join(["a"] * 1_000_000),
    "keys": {f"k{n}": n for n in range(50_000)},
    "rows": [{"k": "z" * 900}] * 1_000,
    "pair": ["v", "b" * 1_000_000],
    "deep": [[["y" * 99] * 99] * 99],
}
READERS = (
    "big|upper|length == 1",
    "big|lower|trim",
    "big == bigger",
    "'zz' in big",
    "big|title",
    "big|capitalize|length",
    "rows|tojson|length",
    "deep == rows",
    "rows|join(',', 'k')",
    "big|list|length",
    "big|trim('b')",
    "deep|tojson",
    "big < bigger",
    "rows|sort(attribute='k')|length",
    "big|tojson",
    "rows[big]",
    "big|default('')|upper",
    "x|replace(old='v', new=big)",
    "x|replace(*pair)",
)
ATTACKS: list[tuple[Style, str]] = [
    *(("jinja", f"{{% for x in xs %}}{{% if {r} %}}y{{% endif %}}{{% endfor %}}") for r in READERS),
    *(("jinja", f"{{% for x in xs %}}{{{{ ({r})|string|length if false else '' }}}}{{% endfor %}}") for r in READERS),
    *(("jinja", f"{{% for a in xs %}}{{% for b in xs %}}{{{{ {r} }}}}{{% endfor %}}{{% endfor %}}") for r in READERS),
    *(
        ("jinja", text)
        for text in (
            "{{ x.__class__ }}",
            "{{ ''.__class__.__mro__ }}",
            "{{ x['__class__'] }}",
            "{{ x|attr('__class__') }}",
            "{{ self.__init__ }}",
            "{{ cycler.__init__.__globals__.os }}",
            "{{ lipsum.__globals__ }}",
            "{{ config }}",
            "{{ request.application }}",
            "{{ x.format(1) }}",
            "{{ '%s' % x }}",
            "{{ 'a' * 10**9 }}",
            "{{ 2 ** 99999 }}",
            "{{ range(10**9)|list }}",
            "{{ x|replace('v', big) }}",
            "{{ big|indent }}",
            "{{ x|map('upper') }}",
            "{{ xs|batch(2)|list }}",
            "{{ x|format }}",
            "{{ x|pprint }}",
            "{% import 'os' as o %}",
            "{% extends 'a' %}",
            "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
            "{% set y = big %}",
            "{% filter upper %}{{ big }}{% endfilter %}",
            "{% call x() %}{% endcall %}",
            "{% block b %}{% endblock %}",
            "{% for x in xs recursive %}{{ loop(xs) }}{% endfor %}",
            "{{ x ~ big }}",
            "{{ x[1:2] }}",
            "{{ {'a': 1} }}",
            "{{ -x }}",
            "{{ x() }}",
            "{% with a = 1 %}{% endwith %}",
            "{{ " + "(" * 500 + "x" + ")" * 500 + " }}",
            "{% if x %}" * 200 + "{% endif %}" * 200,
            "{{ x" + "|upper" * 5_000 + " }}",
            "{{ big|tojson(999999999) }}",
            "{{ x|tojson('a') }}",
            "{% raw %}" * 9_999,
            "{{ '" + "a" * 199_000 + "'|upper|upper }}",
            "{% for r in rows %}{{ rows|tojson }}{% endfor %}",
            "{% for a in xs %}{{ loop.__class__ }}{% endfor %}",
            "{% for a in xs %}{{ loop.cycle('a') }}{% endfor %}",
            "{{ loop }}",
            "{{ 1/0 }}",
            "{{ 9" + "9" * 5_000 + " }}",
            "{% autoescape true %}{{ x }}{% endautoescape %}",
            "{{ x is eq(x) }}",
            "{% debug %}",
            "{% do x %}",
        )
    ),
    ("fstring", "{x:999999999}"),
    ("fstring", "{x!r}"),
    ("fstring", "{x.__class__}"),
    ("fstring", "{0}"),
    ("fstring", "{x:{x}}"),
    ("fstring", "{big}{bigger}{big}"),
    ("github", "{% raw %}" * 20_000),
    ("github", "{{big}}{{bigger}}{{big}}"),
    ("handlebars", "{{#each xs}}{{#each ../xs}}y{{/each}}{{/each}}"),
    ("handlebars", "{{#each xs}}{{../big}}{{/each}}"),
    ("handlebars", "{{!--" * 30_000),
    ("handlebars", '{{"' * 60_000),
    ("handlebars", "{{#if x}}" * 200),
    ("handlebars", "{{#each rows}}{{json ../rows}}{{/each}}"),
    *(
        ("jinja", f"{{% for x in xs %}}{body}{{% endfor %}}")
        for body in (
            "{% set s = big|upper %}",
            "{% set s %}{{ big }}{% endset %}",
            "{% set s %}" + "z" * 9_000 + "{% endset %}",
            "{% set s | trim %}{{ big }}{% endset %}",
            "{{ big ~ bigger }}",
            "{% if (big ~ bigger) == big %}y{% endif %}",
            "{{ (big|replace('a', 'bb'))|length }}",
            "{{ big|replace('a', '')|length }}",
            "{{ xs|reverse|length }}",
            "{{ xs|unique|length }}",
            "{{ (big|safe)|length }}",
            "{{ (deep|dump)|length }}",
            "{{ (deep|string)|length }}",
            "{{ x|round(15) }}{{ big }}",
        )
    ),
    ("jinja", "{% set s = big %}" + "{% set s = s ~ s %}" * 40 + "{{ s|length }}"),
    ("jinja", "{% set s = [1] %}" + "{% set s = [s, s] %}" * 60 + "{{ s|length }}{{ s }}"),
    ("jinja", "{% set s %}" + "{% set t %}" * 40 + "{{ big }}" + "{% endset %}" * 41),
    ("jinja", "{{ " + " ~ ".join(["big"] * 5_000) + " }}"),
    ("jinja", "{% set steps = 0 %}{% set weighed = 0 %}{% for x in xs %}{{ big|upper|length }}{% endfor %}"),
    ("handlebars", "{{#each xs}}{{#with ../rows}}{{json this}}{{/with}}{{/each}}"),
    ("handlebars", "{{#each rows}}{{#each ../rows}}{{#each ../../rows}}a{{/each}}{{/each}}{{/each}}"),
    ("handlebars", "{{#each xs}}{{#if ../big}}{{lookup ../rows 0}}{{/if}}{{/each}}"),
    ("handlebars", "{{#each xs}}{{#ifEquals ../big ../bigger}}a{{/ifEquals}}{{/each}}"),
    ("handlebars", "{{#each xs}}{{#ifEquals ../deep ../rows}}a{{/ifEquals}}{{/each}}"),
    ("handlebars", "{{#each xs}}{{#ifEquals ../big ../same}}{{/ifEquals}}{{/each}}"),
    ("handlebars", "{{#each xs}}{{#unlessEquals ../rows ../rows}}{{/unlessEquals}}{{/each}}"),
    ("handlebars", "{{#each xs}}{{lookup ../keys ../rows}}{{/each}}"),
    ("handlebars", "{{#each xs}}{{lookup ../keys ../big}}{{/each}}"),
    ("handlebars", "{{media url=" * 20_000),
    ("handlebars", "{{#system" * 20_000),
    ("handlebars", "{{gen 'a'" * 20_000),
    ("handlebars", "{{constructor}}"),
    ("handlebars", "{{log x}}"),
]


def test_there_are_a_hundred() -> None:
    assert len(set(ATTACKS)) >= 100


@pytest.mark.parametrize(
    "text",
    [
        "{{#system}}" * 15_000,
        "{{#system}}a{{/system}}" * 8_000 + "{{gen",
        "{{gen " * 30_000,
        "{{#user~}}" + "{{" * 60_000,
        "[" + "{%a%}" * 30_000,
        '[{"role": ' * 10_000,
        '[{"role": "user", "content": "' + "\\\\" * 60_000 + '{{ q }}"}',
        "[{% if q %}" * 2_000,
    ],
    ids=["open-blocks", "blocks", "gens", "braces", "tags", "roles", "backslashes", "ifs"],
)
@pytest.mark.parametrize("path", ["p.md", "p.json"])
def test_a_file_that_pretends_to_be_a_chat_is_read_or_refused_soon(path: str, text: str) -> None:
    with contextlib.suppress(DataError):
        compile_prompt(read_prompt("p", path, text.encode())).messages(Case("c", {"q": "x"}))


@pytest.mark.parametrize(("style", "text"), ATTACKS, ids=[f"{n}-{s}-{t[:30]}" for n, (s, t) in enumerate(ATTACKS)])
def test_an_attack_is_refused_or_ends_small(style: Style, text: str) -> None:
    try:
        conversation = plain(text, style=style)
        missing = dict.fromkeys(conversation.variables - set(BIG), "v")
        said = conversation.messages(Case("c", {**BIG, **missing}))[0].content
    except DataError:
        return
    assert len(said) <= 2_000_000
    assert "<class" not in said
    assert "0x" not in said


def test_ordinary_templates_stay_far_below_the_bound() -> None:
    text = "{% for row in rows %}{% if row.k|length > 3 %}{{ row.k|upper|trim }}{% endif %}{% endfor %}"
    assert len(plain(text).messages(Case("c", {"rows": BIG["rows"]}))[0].content) == 900_000
