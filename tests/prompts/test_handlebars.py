"""Handlebars as dotprompt and prompty use it: each tag, what it shows for a value, and what it needs of a case.

The expected texts are those of handlebarsjs.com/guide, but that nothing is escaped.
"""

from __future__ import annotations

import pytest

from promptci.core import Json
from promptci.errors import DataError
from promptci.prompts.handlebars import compile_handlebars

VALUES: dict[str, Json] = {
    "name": "Ada",
    "empty": "",
    "zero": 0,
    "one": 1,
    "half": 0.5,
    "yes": True,
    "no": False,
    "none": None,
    "items": ["a", "b", "c"],
    "nothing": [],
    "order": {"id": 7, "lines": [{"sku": "x"}, {"sku": "y"}], "deep": {"er": "d"}},
    "blank": {},
    "people": [{"name": "Bo", "age": 3}, {"name": "Cy", "age": 4}],
    "html": "<b>&'\"</b>",
    "braces": "{{name}}",
    "key": "id",
}
SHOWN: dict[str, tuple[str, str]] = {
    "text-alone": ("Hello.", "Hello."),
    "nothing": ("", ""),
    "a-value": ("Hi {{name}}!", "Hi Ada!"),
    "blanks-inside": ("{{ name }}{{  name}}", "AdaAda"),
    "three-braces": ("{{{html}}}", "<b>&'\"</b>"),
    "nothing-is-escaped": ("{{html}}", "<b>&'\"</b>"),
    "an-ampersand": ("{{&html}}", "<b>&'\"</b>"),
    "a-value-is-not-filled-again": ("{{braces}}", "{{name}}"),
    "a-number": ("{{one}} {{half}} {{zero}}", "1 0.5 0"),
    "true-and-false": ("{{yes}} {{no}}", "true false"),
    "null-shows-nothing": ("<{{none}}>", "<>"),
    "a-list-is-json": ("{{items}}", '["a", "b", "c"]'),
    "a-mapping-is-json": ("{{order.deep}}", '{"er": "d"}'),
    "a-path": ("{{order.id}} {{order.deep.er}}", "7 d"),
    "a-path-with-slashes": ("{{order/deep/er}}", "d"),
    "a-path-into-a-list": ("{{items.1}} {{order.lines.0.sku}}", "b x"),
    "a-length": ("{{items.length}} {{name.length}}", "3 3"),
    "what-is-not-there-below": ("<{{order.nope}}{{order.nope.more}}>", "<>"),
    "out-of-a-list": ("<{{items.9}}>", "<>"),
    "this": ("{{this.name}}{{./name}}", "AdaAda"),
    "a-comment": ("a{{! not {{this}} }}b", "ab"),
    "a-long-comment": ("a{{!-- {{name}} }} --}}b", "ab"),
    "literal-braces": ("\\{{name}}", "{{name}}"),
    "single-braces": ("{name} } {", "{name} } {"),
    "json": ("{{json items}} {{json name}}", '["a", "b", "c"] "Ada"'),
    "lookup": ("{{lookup order key}}", "7"),
    "lookup-of-nothing": ("<{{lookup order name}}>", "<>"),
    "if": ("{{#if yes}}a{{/if}}{{#if no}}b{{/if}}", "a"),
    "if-else": ("{{#if no}}a{{else}}b{{/if}}", "b"),
    "if-else-if": ("{{#if no}}a{{else if one}}b{{else}}c{{/if}}", "b"),
    "if-else-if-else": ("{{#if no}}a{{else if zero}}b{{else}}c{{/if}}", "c"),
    "if-of-zero": ("{{#if zero}}a{{else}}b{{/if}}", "b"),
    "if-of-an-empty-text": ("{{#if empty}}a{{else}}b{{/if}}", "b"),
    "if-of-an-empty-list": ("{{#if nothing}}a{{else}}b{{/if}}", "b"),
    "if-of-an-empty-mapping": ("{{#if blank}}a{{else}}b{{/if}}", "a"),
    "if-of-null": ("{{#if none}}a{{else}}b{{/if}}", "b"),
    "if-of-a-literal": ("{{#if true}}a{{/if}}{{#if 0}}b{{/if}}", "a"),
    "if-of-what-is-not-there": ("{{#if order.nope}}a{{else}}b{{/if}}", "b"),
    "unless": ("{{#unless no}}a{{/unless}}{{#unless yes}}b{{else}}c{{/unless}}", "ac"),
    "if-equals": ("{{#ifEquals key 'id'}}a{{else}}b{{/ifEquals}}", "a"),
    "if-equals-minds-types": ("{{#ifEquals one '1'}}a{{else}}b{{/ifEquals}}", "b"),
    "if-equals-minds-true": ("{{#ifEquals one yes}}a{{else}}b{{/ifEquals}}", "b"),
    "unless-equals": ("{{#unlessEquals one 2}}a{{/unlessEquals}}", "a"),
    "each": ("{{#each items}}{{this}},{{/each}}", "a,b,c,"),
    "each-by-index": ("{{#each items}}{{@index}}{{this}}{{/each}}", "0a1b2c"),
    "each-first-and-last": ("{{#each items}}{{#if @first}}[{{/if}}{{this}}{{#if @last}}]{{/if}}{{/each}}", "[abc]"),
    "each-of-a-mapping": ("{{#each order.deep}}{{@key}}={{this}}{{/each}}", "er=d"),
    "each-of-mappings": ("{{#each people}}{{name}}{{age}} {{/each}}", "Bo3 Cy4 "),
    "each-sees-what-is-above": ("{{#each people}}{{../name}}/{{name}} {{/each}}", "Ada/Bo Ada/Cy "),
    "each-in-each": ("{{#each people}}{{#each ../items}}{{this}}{{/each}};{{/each}}", "abc;abc;"),
    "each-of-nothing": ("{{#each nothing}}a{{else}}none{{/each}}", "none"),
    "each-of-a-text": ("{{#each name}}a{{else}}none{{/each}}", "none"),
    "the-root": ("{{#each people}}{{@root.key}}{{/each}}", "idid"),
    "with": ("{{#with order}}{{id}}{{/with}}", "7"),
    "with-of-nothing": ("{{#with none}}a{{else}}b{{/with}}", "b"),
    "with-sees-what-is-above": ("{{#with order}}{{../name}}{{/with}}", "Ada"),
    "a-section-of-a-list": ("{{#items}}{{.}}{{/items}}", "abc"),
    "a-section-of-a-mapping": ("{{#order}}{{id}}{{/order}}", "7"),
    "a-section-of-true": ("{{#yes}}{{name}}{{/yes}}", "Ada"),
    "a-section-of-false": ("{{#no}}a{{/no}}", ""),
    "an-inverted-section": ("{{^no}}a{{/no}}{{^yes}}b{{/yes}}{{^nothing}}c{{/nothing}}", "ac"),
    "a-block-alone-takes-its-line": ("a\n{{#if yes}}\nb\n{{/if}}\nc\n", "a\nb\nc\n"),
    "a-block-amid-a-line-does-not": ("a {{#if yes}}\nb{{/if}} c", "a \nb c"),
    "blanks-off": ("a  {{~name~}}  b", "aAdab"),
    "blanks-off-on-one-side": ("a  {{~name}}  b", "aAda  b"),
    "blanks-off-of-a-block": ("a\n{{~#if yes~}}\n b \n{{~/if~}}\nc", "abc"),
    "a-comment-alone-takes-its-line": ("a\n{{! c }}\nb", "a\nb"),
    "a-partial": ("{{> tone}}", "Be calm, Ada."),
    "a-partial-twice": ("{{> tone}} {{> tone}}", "Be calm, Ada. Be calm, Ada."),
    "a-partial-with-a-value": ("{{> greet name='Bo'}}", "Hi Bo"),
    "a-partial-with-a-context": ("{{> greet order}}", "Hi "),
    "a-partial-in-a-loop": ("{{#each people}}{{> greet}};{{/each}}", "Hi Bo;Hi Cy;"),
    "a-partial-in-a-partial": ("{{> outer}}", "[Be calm, Ada.]"),
}
PARTIALS = {"tone": "Be calm, {{@root.name}}.", "greet": "Hi {{name}}", "outer": "[{{> tone}}]"}


@pytest.mark.parametrize("name", SHOWN)
def test_each_tag_shows_what_handlebars_shows(name: str) -> None:
    text, expected = SHOWN[name]
    assert compile_handlebars(text, partials=PARTIALS).render(VALUES) == expected


NEEDED: dict[str, tuple[str, set[str], set[str]]] = {
    "a-value": ("{{a}} {{b.c}}", {"a", "b"}, set()),
    "a-test-is-no-need": ("{{#if a}}{{b}}{{/if}}", {"b"}, {"a"}),
    "what-is-tested-first": ("{{#if a}}{{a}}{{/if}}", set(), {"a"}),
    "unless": ("{{#unless a}}b{{/unless}}", set(), {"a"}),
    "a-section": ("{{#a}}x{{/a}}{{^b}}y{{/b}}", set(), {"a", "b"}),
    "an-argument": ("{{json a}}", {"a"}, set()),
    "a-literal-is-none": ("{{#if true}}x{{/if}}{{json 'a'}}{{#ifEquals a 'b'}}{{/ifEquals}}", {"a"}, set()),
    "what-a-partial-needs": ("{{> p}}", {"q"}, set()),
    "what-a-partial-is-given": ("{{> p q=r}}", {"r"}, set()),
    "text-alone": ("Hello.", set(), set()),
}


@pytest.mark.parametrize("name", NEEDED)
def test_what_it_needs_of_a_case(name: str) -> None:
    text, variables, optional = NEEDED[name]
    found = compile_handlebars(text, partials={"p": "{{q}}"})
    assert (set(found.variables), set(found.optional)) == (variables, optional)


REFUSED: dict[str, tuple[str, str, int]] = {
    "never-closed": ("a\n{{#if a}}b", "{{#if}} is never closed", 2),
    "closes-nothing": ("a\nb{{/if}}", "{{/if}} closes nothing", 2),
    "closes-another": ("{{#if a}}{{/each}}", "{{/each}} closes nothing", 1),
    "else-alone": ("{{else}}", "{{else}} belongs to no block", 1),
    "two-elses": ("{{#if a}}b{{else}}c{{else}}d{{/if}}", "{{else}} belongs to no block", 1),
    "an-unknown-helper": ("{{shout a}}", "the helper 'shout' is not read", 1),
    "an-unknown-block": ("\n{{#repeat 3}}a{{/repeat}}", "the helper '#repeat' is not read", 2),
    "an-unknown-else": ("{{#if a}}b{{else repeat 3}}c{{/if}}", "the helper 'repeat' is not read", 1),
    "options-of-a-value": ("{{name size=3}}", "the helper 'name' is not read", 1),
    "a-block-as-a-value": ("{{each}}", "the helper 'each' is not read", 1),
    "an-empty-tag": ("{{}}", "an empty placeholder", 1),
    "too-deep": ("{{#if a}}" * 60 + "{{/if}}" * 60, "nested deeper than 50 levels", 1),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_read_is_refused_with_its_line(name: str) -> None:
    text, said, line = REFUSED[name]
    with pytest.raises(DataError) as caught:
        compile_handlebars(text, "p.prompt", 11)
    assert said in caught.value.problem
    assert caught.value.place == f"p.prompt:{line + 10}"


@pytest.mark.parametrize(
    ("text", "partials", "said"),
    [
        pytest.param("{{a}}", {}, "'a' is not there", id="a-missing-value"),
        pytest.param(
            "{{#each name}}{{nope}}{{/each}}{{b}}", {}, "'b' is not there", id="a-missing-value-behind-a-loop"
        ),
        pytest.param("{{> p}}", {"p": "{{> p}}"}, "round in circles", id="a-partial-of-itself"),
        pytest.param("{{> p}}", {"p": "{{> q}}", "q": "{{> p}}"}, "round in circles", id="two-of-each-other"),
    ],
)
def test_what_cannot_be_filled_is_said(text: str, partials: dict[str, str], said: str) -> None:
    with pytest.raises(DataError, match=said):
        compile_handlebars(text, partials=partials).render({"name": "x"})


def test_a_partial_that_is_not_there_is_said_before() -> None:
    with pytest.raises(DataError, match="the partial 'nope' is not there") as caught:
        compile_handlebars("{{> nope}}")
    assert caught.value.hint == "put it into a file _nope.prompt beside this one"


def test_a_partial_that_copies_a_large_context_again_and_again_is_ended() -> None:
    text = "{{#each xs}}{{> p ../keys}}{{/each}}"
    values: dict[str, Json] = {"xs": [0] * 50_000, "keys": {f"k{n}": n for n in range(50_000)}}
    with pytest.raises(DataError, match="reads more than"):
        compile_handlebars(text, partials={"p": "{{k1}}"}).render(values)
    assert compile_handlebars(text, partials={"p": "{{k1}}"}).render({**values, "xs": [0, 0]}) == "11"


@pytest.mark.parametrize(
    "text",
    [
        "{{#each xs}}{{#ifEquals ../long ../same}}{{/ifEquals}}{{/each}}",
        "{{#each xs}}{{#unlessEquals ../rows ../rows}}{{/unlessEquals}}{{/each}}",
        "{{#each xs}}{{lookup ../keys ../long}}{{/each}}",
        "{{#each xs}}{{lookup ../keys ../rows}}{{/each}}",
    ],
    ids=["texts", "lists", "a-long-key", "a-list-as-a-key"],
)
def test_what_is_read_again_and_again_without_being_shown_is_ended(text: str) -> None:
    long = "x" * 100_000
    values: dict[str, Json] = {"xs": [0] * 200, "long": long, "same": f"{long}", "keys": {}, "rows": ["y" * 50] * 2_000}
    with pytest.raises(DataError, match="reads more than"):
        compile_handlebars(text).render(values)
    assert compile_handlebars(text).render({**values, "xs": [0]}) == ""
