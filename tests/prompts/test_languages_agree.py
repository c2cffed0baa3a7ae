"""One tree, three template languages: each gives what the tree says, and Jinja2's own program says the same."""

from __future__ import annotations

from dataclasses import dataclass

import jinja2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promptci.core import Case, Json, Message, Part, Prompt, Style
from promptci.errors import DataError
from promptci.prompts import read_prompt, write_prompt
from promptci.prompts.conversation import compile_prompt, plain
from promptci.prompts.partials import Partials, included
from promptci.prompts.render import compile_template, input_of

VALUES: dict[str, Json] = {"name": "Ada <b>", "empty": "", "words": ["é", "{{ name }}", "c"], "nil": [], "n": 3}


@dataclass(frozen=True)
class Piece:
    """The same piece of a template in each language, and what it becomes for `VALUES`."""

    jinja: str
    handlebars: str
    said: str


def joined(pieces: list[Piece]) -> Piece:
    return Piece(*("".join(getattr(p, part) for p in pieces) for part in ("jinja", "handlebars", "said")))


def branch(pair: tuple[str, Piece, Piece]) -> Piece:
    name, yes, no = pair
    return Piece(
        f"{{% if {name} %}}{yes.jinja}{{% else %}}{no.jinja}{{% endif %}}",
        f"{{{{#if {name}}}}}{yes.handlebars}{{{{else}}}}{no.handlebars}{{{{/if}}}}",
        yes.said if VALUES[name] else no.said,
    )


def loop(pair: tuple[str, str]) -> Piece:
    name, text = pair
    return Piece(
        f"{{% for w in {name} %}}{text}{{{{ w }}}}{{% endfor %}}",
        f"{{{{#each {name}}}}}{text}{{{{this}}}}{{{{/each}}}}",
        "".join(f"{text}{word}" for word in VALUES[name]),
    )


TEXTS = st.text("ab é.:'\"<&\t-1", max_size=6)
LEAVES = st.one_of(
    TEXTS.map(lambda text: Piece(text, text, text)),
    st.sampled_from(["name", "empty", "n"]).map(lambda n: Piece(f"{{{{ {n} }}}}", f"{{{{{n}}}}}", str(VALUES[n]))),
    st.tuples(st.sampled_from(["words", "nil"]), TEXTS).map(loop),
)
TREES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, min_size=1, max_size=3).map(joined)
        | st.tuples(st.sampled_from(["name", "empty", "nil", "words"]), inner, inner).map(branch)
    ),
    max_leaves=6,
)


@settings(deadline=None, max_examples=40)
@given(TREES)
def test_a_template_becomes_what_its_tree_says_in_either_language(tree: Piece) -> None:
    case = Case("c", VALUES)
    for style, text in (("jinja", tree.jinja), ("handlebars", tree.handlebars)):
        compiled = plain(f"T:{text}", style=style)  # type: ignore[arg-type]  # both are styles
        assert compiled.messages(case)[0].content == f"T:{tree.said}"
    own = jinja2.Environment(autoescape=False, keep_trailing_newline=True)
    assert own.from_string(tree.jinja).render(VALUES) == tree.said


@settings(deadline=None, max_examples=80)
@given(st.lists(st.sampled_from(["a", " é", "{{", "}}", "{name}", "{n:>5}", "\n"]), max_size=8))
def test_a_format_text_becomes_what_python_s_format_makes_of_it(pieces: list[str]) -> None:
    text = "T: {name} " + "".join(pieces)
    assert plain(text, style="fstring").messages(Case("c", VALUES))[0].content == text.format(**VALUES)


@pytest.mark.parametrize(
    ("style", "text", "needed"),
    [
        ("jinja", "{{ a }} {% if b %}{{ c }}{% endif %}{% for d in e %}{{ d }}{{ f }}{% endfor %}", "abcef"),
        ("handlebars", "{{a}} {{#if b}}{{c}}{{/if}}{{#each e}}{{this}}{{../f}}{{/each}}", "a"),
        ("fstring", "{a} {b:>3} {{c}}", "ab"),
        ("github", "{{a}} {{ b }} {c}", "ab"),
        ("none", "{{ a }} {b}", ""),
    ],
    ids=["jinja", "handlebars", "format", "github", "none"],
)
def test_the_names_that_a_case_must_have(style: Style, text: str, needed: str) -> None:
    compiled = plain(text, style=style)
    assert set(needed) <= set(compiled.variables) | set(compiled.optional)
    assert set(compiled.variables) <= set("abcef")
    assert compiled.lacking(Case("c", {})) == sorted(compiled.variables)
    assert compiled.lacking(Case("c", dict.fromkeys("abcef", "x"))) == []


@pytest.mark.parametrize("style", ["jinja", "handlebars", "fstring", "github"])
def test_a_value_is_put_in_as_it_is_whatever_it_looks_like(style: Style) -> None:
    text = "Say {x}." if style == "fstring" else "Say {{x}}."
    for value in ("{{ x }}", "{% raw %}", "{x}", "{{#if x}}", "<&>\"'", "\\n", "\u2028", "$x", "%(x)s"):
        assert plain(text, style=style).messages(Case("c", {"x": value}))[0].content == f"Say {value}."


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, "null"),
        (True, "true"),
        (1.5, "1.5"),
        (0, "0"),
        ("", ""),
        ([1, "é"], '[1, "é"]'),
        ({"a": None}, '{"a": null}'),
    ],
    ids=str,
)
def test_a_value_that_is_no_text_stands_as_json(value: Json, said: str) -> None:
    assert compile_template("{{ x }}").render({"x": value}) == said
    assert input_of({"x": value}) == input_of({"input": value, "y": 1}) == said


# --- the chat of a case ----------------------------------------------------------------------------------------------

CHAT = (Message("user", "one"), Message("assistant", "two"), Message("user", "three"))
PARTS: dict[str, tuple[Part, ...]] = {
    "system-only": (Part("system", "S"),),
    "system-and-user": (Part("system", "S"), Part("user", "U")),
    "with-history": (Part("system", "S"), Part("history", ""), Part("user", "U")),
    "by-name": (Part("system", "S"), Part("user", "{{ messages }}"), Part("user", "U")),
    "a-text": (Part(None, "T"),),
}


@pytest.mark.parametrize("name", PARTS)
@pytest.mark.parametrize("length", [1, 3])
def test_a_chat_is_put_in_once_whole_and_in_its_order(name: str, length: int) -> None:
    sent = compile_prompt(Prompt("p", "p", PARTS[name])).messages(Case("c", {}, messages=CHAT[:length]))
    texts = [message.content for message in sent]
    at = texts.index("one")
    assert sent[at : at + length] == CHAT[:length]
    assert texts[:1] == (["T"] if name == "a-text" else ["S"])
    assert len(sent) == length + sum(bool(p.text) and "{{" not in p.text for p in PARTS[name])


# --- partials --------------------------------------------------------------------------------------------------------

FILES = {"a.md": "A{% include 'b.md' %}\n", "b.md": "B {{ x }}", "c.md": "{% include 'c.md' %}", "é.md": "E"}


@settings(deadline=None, max_examples=60)
@given(st.lists(st.sampled_from(["a.md", "b.md", "é.md", None]), max_size=6))
def test_includes_are_their_files_texts_in_place(names: list[str | None]) -> None:
    expanded = {"a.md": "AB {{ x }}", "b.md": "B {{ x }}", "é.md": "E", None: "-"}
    text = "".join("-" if name is None else f"{{% include '{name}' %}}" for name in names)
    found = included(text, FILES.get, "p.md")
    assert found.expand(text) == "".join(expanded[name] for name in names)
    assert set(found.texts) == {n for n in names if n} | ({"b.md"} if "a.md" in names else set())


@pytest.mark.parametrize("name", ["../a.md", "/a.md", "gone.md", "c.md", "a/../../b.md"])
def test_an_include_that_cannot_be_is_refused(name: str) -> None:
    with pytest.raises(DataError, match="include"):
        included(f"{{% include '{name}' %}}", FILES.get, "p.md")
    with pytest.raises(DataError, match="did not include before"):
        Partials({}).expand(f"{{% include '{name}' %}}")


# --- regions ---------------------------------------------------------------------------------------------------------

MARKS = [("# {}", ""), ("// {}", ""), ("<!-- {} -->", ""), ("{{# {} #}}", ""), ("-- {}", "  ")]


@pytest.mark.parametrize("newline", ["\n", "\r\n"], ids=["lf", "crlf"])
@pytest.mark.parametrize(("mark", "indent"), MARKS, ids=[mark for mark, _ in MARKS])
def test_only_the_marked_lines_change_and_the_marks_are_not_sent(mark: str, indent: str, newline: str) -> None:
    begin, end = (indent + mark.format(word) for word in ("promptci:rewrite", "promptci:end"))
    text = newline.join(["Above.", begin, "Be brief.", end, "Below. {{ q }}", ""]).encode()
    prompt = read_prompt("p", "p.md", text)
    assert prompt.template == "Be brief."
    (sent,) = compile_prompt(prompt).messages(Case("c", {"q": "Q"}))
    assert sent.content.split() == ["Above.", "Be", "brief.", "Below.", "Q"]
    written = write_prompt("p.md", text, "Be kind.\nAnd short.")
    assert written == text.replace(b"Be brief.", b"Be kind." + newline.encode() + b"And short.")


def test_a_new_text_may_not_bring_marks_of_its_own() -> None:
    text = b"<!-- promptci:rewrite -->\nBe brief.\n<!-- promptci:end -->\n{{ q }}\n"
    for new in ("a\n<!-- promptci:end -->\nb", "<!-- promptci:rewrite -->\nb", "a\n# promptci:end"):
        with pytest.raises(DataError) as caught:
            write_prompt("p.md", text, new)
        assert "read back as something else" in caught.value.problem


@pytest.mark.parametrize("bad", ["{{ x.y.z }}", "{{ x[9] }}", "{% for a in x %}{{ a.b }}{% endfor %}"], ids=str)
def test_a_value_that_lacks_what_the_prompt_takes_is_a_mistake_with_its_place(bad: str) -> None:
    with pytest.raises(DataError) as caught:
        plain(bad, "p.md").messages(Case("c", {"x": {"a": [1]}}))
    assert caught.value.place == "p.md"
