"""Prompts in programs: the literal alone changes, and the program means the same but for it."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promptci.core import Case
from promptci.errors import DataError
from promptci.prompts import read_prompt, write_prompt
from promptci.prompts.conversation import compile_prompt

PYTHON = '''\
# -*- coding: utf-8 -*-
"""Prompts. ROUTER = "no"."""
from textwrap import dedent

ROUTER = "Route: ä {{ ticket }}"  # kept
JOINED = (
    "One "
    'two.'
)
TYPED: str = r\'\'\'Raw \\d+.\'\'\'
BLOCK = dedent("""\\
    Be brief.

    Q: {question}
    """)
PROMPTS = {"a": "first", "b": 'second'}


class Agent:
    SYSTEM = """Help "them"."""


def build(name: str) -> str:
    text = f"Hi {name}, {{literal}}."
    return text
'''
TYPESCRIPT = """\
// const ROUTER = "no"
export const ROUTER: string = `Route: ä ${ticket} \\`x\\`` as const; // kept
const single = 'it\\'s'
export const PROMPTS = { router: "Say \\"yes\\".", 'other': 'no' } satisfies Record<string, string>;
"""


@pytest.mark.parametrize(
    ("selector", "text", "style", "variables"),
    [
        pytest.param("ROUTER", "Route: ä {{ ticket }}", "jinja", {"ticket"}, id="constant"),
        pytest.param("JOINED", "One two.", "jinja", set(), id="joined"),
        pytest.param("TYPED", "Raw \\d+.", "jinja", set(), id="raw"),
        pytest.param("BLOCK", "Be brief.\n\nQ: {question}", "fstring", {"question"}, id="dedent"),
        pytest.param("PROMPTS.b", "second", "jinja", set(), id="key"),
        pytest.param("Agent.SYSTEM", 'Help "them".', "jinja", set(), id="class"),
        pytest.param("build.text", "Hi {name}, {{literal}}.", "fstring", {"name"}, id="f-string"),
    ],
)
def test_a_python_text_is_found_and_rewritten(selector: str, text: str, style: str, variables: set[str]) -> None:
    path, content = f"app/prompts.py::{selector}", PYTHON.encode()
    prompt = read_prompt("p", path, content)
    assert (prompt.template, prompt.style, set(compile_prompt(prompt).variables)) == (text, style, variables)
    assert write_prompt(path, content, prompt.template) == content
    written = write_prompt(path, content, text + " More.").decode()
    ast.parse(written)
    assert read_prompt("p", path, written.encode()).template == text + " More."
    changed = [(a, b) for a, b in zip(PYTHON.splitlines(), written.splitlines(), strict=False) if a != b]
    assert selector == "JOINED" or len(changed) == 1


def test_the_margin_that_dedent_takes_off_is_put_back() -> None:
    path, content = "app/prompts.py::BLOCK", PYTHON.encode()
    written = write_prompt(path, content, "Be kind.\n\n- {question}\n  - so").decode()
    assert '    Be kind.\n\n    - {question}\n      - so\n    """)' in written


TEXTS = st.text(
    st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("\n\t\"'\\`$"), min_size=1, max_size=60
).filter(lambda text: "promptci:" not in text)  # that marks a region, and is refused


@pytest.mark.parametrize("selector", ["ROUTER", "JOINED", "TYPED", "PROMPTS.b", "Agent.SYSTEM"])
@settings(deadline=None, max_examples=60)
@given(new=TEXTS.map(str.strip).filter(bool))
def test_any_text_fits_into_a_python_literal(selector: str, new: str) -> None:
    new = new.replace("{", "(") + (" {{ ticket }}" if selector == "ROUTER" else "")
    path, content = f"app/prompts.py::{selector}", PYTHON.replace("\n", "\r\n" if len(new) % 2 else "\n").encode()
    written = write_prompt(path, content, new)
    assert read_prompt("p", path, written).template == new
    assert written.startswith(content[:60])
    assert written.endswith(content[-60:])


@pytest.mark.parametrize("selector", ["ROUTER", "single", "PROMPTS.router", "PROMPTS.other"])
@settings(deadline=None, max_examples=60)
@given(new=TEXTS.map(str.strip).filter(bool))
def test_any_text_fits_into_a_typescript_literal(selector: str, new: str) -> None:
    new = new.replace("{", "(").replace("}", ")") + (" {ticket}" if selector == "ROUTER" else "")
    path, content = f"src/prompts.ts::{selector}", TYPESCRIPT.encode()
    before = read_prompt("p", path, content)
    assert write_prompt(path, content, before.template) == content
    written = write_prompt(path, content, new)
    assert read_prompt("p", path, written).template == new
    assert written.startswith(content[:40])
    assert written.endswith(content[-30:])


FUNCTIONS = """\
export const byName = (q: string) => `Q: ${q}`;
export function build({ q }: { q: string }): string {
  const inner = () => { return 1; };
  return `Q: ${q}`;
}
const block = dedent`
  Q: ${q}
`;
class A { method(q: string) { return "Q: {q}"; } }
function two(q) { if (q) { return `a`; } return `b`; }
const other = sql`Q: ${q}`;
"""


@pytest.mark.parametrize("selector", ["byName", "build", "block", "method"])
def test_a_typescript_text_is_found_in_what_a_function_returns_and_below_dedent(selector: str) -> None:
    path, content = f"src/prompts.ts::{selector}", FUNCTIONS.encode()
    prompt = read_prompt("p", path, content)
    assert (prompt.template, prompt.style) == ("Q: {q}", "fstring")
    assert write_prompt(path, content, "Q: {q}") == content
    written = write_prompt(path, content, "Ask.\n\n- {q}\n  - so")
    assert read_prompt("p", path, written).template == "Ask.\n\n- {q}\n  - so"
    assert (selector == "block") == (b"`\n  Ask.\n\n  - ${q}\n    - so\n`" in written)


@pytest.mark.parametrize("selector", ["two", "other"])
def test_a_typescript_text_that_a_program_puts_together_is_refused(selector: str) -> None:
    with pytest.raises(DataError, match="put together by the program"):
        read_prompt("p", f"src/prompts.ts::{selector}", FUNCTIONS.encode())


def test_a_template_literals_names_are_variables() -> None:
    prompt = read_prompt("p", "src/prompts.ts::ROUTER", TYPESCRIPT.encode())
    assert (prompt.template, prompt.style, prompt.first_line) == ("Route: ä {ticket} `x`", "fstring", 2)
    assert compile_prompt(prompt).messages(Case("c", {"ticket": "T"}))[0].content == "Route: ä T `x`"


@pytest.mark.parametrize(
    ("path", "text", "said"),
    [
        pytest.param("a.py::GONE", PYTHON, "there is no 'GONE'", id="gone"),
        pytest.param("a.py", PYTHON, "a program holds many texts", id="no-name"),
        pytest.param("a.py::X", "X = load()\n", "put together by the program", id="call"),
        pytest.param("a.py::X", "X = 'a' + b\n", "put together by the program", id="sum"),
        pytest.param("a.py::X", "X = f'{a.b}'\n", "an f-string may hold names only", id="expression"),
        pytest.param("a.py::X", "X = (\n", "not valid Python", id="syntax"),
        pytest.param("a.py::X", "X = '  '\n", "'X' is empty", id="empty"),
        pytest.param("a.ts::GONE", TYPESCRIPT, "there is no 'GONE'", id="ts-gone"),
        pytest.param("a.ts::X", "const X = `${a.b}`", "is no name", id="ts-expression"),
        pytest.param(
            "a.ts::X",
            "const X = () => { const o = { m() { return 'b' } } }",
            "put together by the program",
            id="ts-return-of-another",
        ),
        pytest.param("a.ts::X", "const X = load()", "put together by the program", id="ts-call"),
    ],
)
def test_what_is_no_literal_is_refused(path: str, text: str, said: str) -> None:
    with pytest.raises(DataError) as caught:
        read_prompt("p", path, text.encode())
    assert said in caught.value.problem


@pytest.mark.parametrize(
    ("written", "text"),
    [
        pytest.param(r"'\u00e9'", "é", id="four-digits"),
        pytest.param(r"'\x41'", "A", id="two-digits"),
        pytest.param(r"'\u{1F600}'", "😀", id="braces"),
        pytest.param(r"'\ud83d\ude00'", "😀", id="a-pair"),
        pytest.param(r"'a\ud83d'", "a\ufffd", id="half-a-pair"),
        pytest.param(r"'a\u{ffffff}'", r"a\u{ffffff}", id="beyond-all-characters"),
    ],
)
def test_escapes_of_typescript_are_characters(written: str, text: str) -> None:
    content = f"export const a = {written};\n".encode()
    assert read_prompt("p", "p.ts::a", content).template == text


def test_a_deeply_nested_program_is_searched_to_its_end() -> None:
    text = "const x = " + "-" * 4_000 + "1;\nexport const a = 'Say yes.';\n"
    assert read_prompt("p", "p.ts::a", text.encode()).template == "Say yes."
