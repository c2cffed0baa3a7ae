"""What a program's constant is when the program runs: read as that, whatever the way in which it is written."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promptci.core import Case
from promptci.errors import DataError
from promptci.prompts import read_prompt, write_prompt
from promptci.prompts.conversation import compile_prompt

HEAD = "import inspect\nimport textwrap\nfrom inspect import cleandoc\nfrom textwrap import dedent\n\n"


def ran(program: bytes | str) -> str:
    """What the name PROMPT is once the program has run."""
    names: dict[str, str] = {}
    exec(compile(program, "program", "exec"), names)  # the oracle: Python itself
    return names["PROMPT"]


LAYOUTS = {
    "one-line": "PROMPT = 'Be brief.'",
    "typed": "PROMPT: str = 'Be brief.'",
    "two-names": "OTHER = PROMPT = 'Be brief.'",
    "escapes": r"PROMPT = 'Be\tbrief.\n\x41\u00e9\N{BULLET} \'so\''",
    "raw": r"PROMPT = r'Be \d+ brief.\n'",
    "triple": 'PROMPT = """Be\n  brief.\n"""',
    "continued": 'PROMPT = """\\\nBe brief.\\\n Always.\n"""',
    "joined": "PROMPT = ('Be '\n    \"brief.\"\n    r' \\d')",
    "strip": "PROMPT = '''\n   Be brief.   \n'''.strip()",
    "dedent": 'PROMPT = dedent("""\n    Be brief.\n\n      - so\n    """)',
    "dedent-of-a-module": 'PROMPT = textwrap.dedent("""\n    Be brief.\n      - so\n    """)',
    "dedent-strip": 'PROMPT = dedent("""\n\tBe brief.\n\t- so\n\t""").strip()',
    "dedent-with-a-flush-line": 'PROMPT = dedent("""Be brief.\n    - so\n""")',
    "dedent-of-stripped": 'PROMPT = dedent("""\n    Be brief.\n      - so\n    """.strip())',
    "cleandoc": 'PROMPT = cleandoc("""Be brief.\n\n        - so\n          - and so\n        """)',
    "cleandoc-of-a-module": 'PROMPT = inspect.cleandoc("""\n    Be brief.\n    - so\n    """)',
}


@pytest.mark.parametrize("newline", ["\n", "\r\n"], ids=["lf", "crlf"])
@pytest.mark.parametrize("name", LAYOUTS)
def test_a_constant_is_read_as_what_it_is_when_the_program_runs(name: str, newline: str) -> None:
    program = (HEAD + LAYOUTS[name] + "\nAFTER = 1\n").replace("\n", newline).encode()
    read = read_prompt("p", "app.py::PROMPT", program)
    assert read.template == ran(program).strip()
    assert write_prompt("app.py::PROMPT", program, read.template) == program


@pytest.mark.parametrize("new", ["Say it.", "Say it.\n\n- once\n  - or twice", "Say \"it\" \\ and 'so'."], ids=str)
@pytest.mark.parametrize("name", LAYOUTS)
def test_a_new_text_is_what_the_rewritten_program_has(name: str, new: str) -> None:
    program = (HEAD + LAYOUTS[name] + "\nAFTER = 1\n").encode()
    written = write_prompt("app.py::PROMPT", program, new)
    assert ran(written).strip() == new
    assert written.startswith(HEAD.encode())
    assert written.endswith(b"\nAFTER = 1\n")


# Characters that end a line for `str.splitlines`, and not for Python.
NO_LINE_ENDS = ["\v", "\f", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029"]


@pytest.mark.parametrize("sign", NO_LINE_ENDS, ids=ascii)
def test_a_sign_that_ends_no_line_of_python_moves_nothing(sign: str) -> None:
    program = f"# a{sign}b\nOTHER = 'ü{sign}'\nPROMPT = 'Be brief.'  # kept\n".encode()
    written = write_prompt("app.py::PROMPT", program, "Be kind.")
    assert written == program.replace(b"Be brief.", b"Be kind.")
    assert read_prompt("p", "app.py::PROMPT", program).first_line == 3


@pytest.mark.parametrize("newline", ["\r", "\r\n", "\n"], ids=ascii)
def test_every_line_end_of_python_ends_a_line(newline: str) -> None:
    program = f"A = 1{newline}B = 'ä'{newline}PROMPT = 'Be brief.'{newline}".encode()
    assert write_prompt("app.py::PROMPT", program, "Be kind.") == program.replace(b"brief", b"kind")


@settings(deadline=None, max_examples=60)
@given(st.lists(st.sampled_from(["ä", "'", "\n", "\u2028", "\f", "😀", "\v", "x"]), max_size=12).map("".join))
def test_whatever_stands_above_the_constant_stays(above: str) -> None:
    comment = "".join(f"#{line}\n" for line in above.split("\n"))
    program = f"{comment}PROMPT = 'Be brief.'\n".encode()
    assert write_prompt("app.py::PROMPT", program, "No.") == f"{comment}PROMPT = 'No.'\n".encode()


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        pytest.param("PROMPT = 'a'\nPROMPT = 'b'\n", 2, "'PROMPT' is set more than once", id="twice"),
        pytest.param("PROMPT = 'a'\n\nPROMPT += 'b'\n", 3, "'PROMPT' is set more than once", id="added-to"),
        pytest.param("PROMPT = X = 'a'\nPROMPT: str = 'b'\n", 2, "'PROMPT' is set more than once", id="typed-later"),
        pytest.param("PROMPT = 'a,b'.strip(',')\n", 1, "put together by the program", id="strip-of-more-than-blanks"),
        pytest.param("PROMPT = 'a'.join('b')\n", 1, "put together by the program", id="join"),
        pytest.param("PROMPT = dedent(text='a')\n", 1, "put together by the program", id="by-keyword"),
        pytest.param("PROMPT = dedent('a', 1)\n", 1, "put together by the program", id="one-too-many"),
        pytest.param(
            "PROMPT = cleandoc('a\\n b'.strip())\n", 1, "put together by the program", id="cleandoc-of-stripped"
        ),
        pytest.param("PROMPT = cleandoc(dedent('a\\n b'))\n", 1, "put together by the program", id="two-margins"),
        pytest.param(
            "def PROMPT():\n    return 'a'\ndef PROMPT():\n    return 'b'\n", 3, "more than once", id="defined-twice"
        ),
        pytest.param("PROMPT = b'a'\n", 1, "put together by the program", id="bytes"),
        pytest.param("PROMPT = 7\n", 1, "put together by the program", id="number"),
        pytest.param("PROMPT = f'{x:{w}}'\n", 1, "an f-string may hold names only", id="a-format-by-a-name"),
        pytest.param("PROMPT = f'{x!r}'\n", 1, "an f-string may hold names only", id="a-conversion"),
        pytest.param("PROMPT = f'{x=}'\n", 1, "an f-string may hold names only", id="a-name-shown"),
        pytest.param("PROMPT = f'{x[0]}'\n", 1, "an f-string may hold names only", id="an-index"),
        pytest.param("PROMPT = {'a': 'b'}\n", 1, "put together by the program", id="dictionary"),
    ],
)
def test_what_the_program_makes_of_a_literal_is_refused_with_its_line(text: str, line: int, said: str) -> None:
    with pytest.raises(DataError) as caught:
        read_prompt("p", "app.py::PROMPT", text.encode())
    assert said in caught.value.problem
    assert caught.value.place == f"app.py:{line}"
    assert caught.value.hint


def test_the_same_name_elsewhere_is_another_constant() -> None:
    text = b"class A:\n    PROMPT = 'a'\n\n\ndef f():\n    PROMPT = 'b'\n    return PROMPT\n\n\nPROMPT = 'c'\n"
    found = [read_prompt("p", f"app.py::{name}PROMPT", text).template for name in ("", "A.", "f.")]
    assert found == ["c", "a", "b"]


def test_a_name_that_is_not_there_is_answered_with_the_texts_that_are() -> None:
    text = b"A: str = 'a'\nB = 1\nC = f'{x}'\n\n\nclass D:\n    E = 'e'\n    F: str\n"
    with pytest.raises(DataError) as caught:
        read_prompt("p", "app.py::G", text)
    assert caught.value.hint == "texts there: A, C, D.E"


@pytest.mark.parametrize(
    ("spec", "value", "shown"),
    [(":>5", "ab", "   ab"), (":05d", 7, "00007"), ("", "{x}", "{x}"), (":.2f", 0.5, "0.50")],
    ids=["right", "zeros", "braces", "places"],
)
def test_a_fields_format_is_that_of_the_f_string(spec: str, value: object, shown: str) -> None:
    content = f"PROMPT = f'Say {{{{}}}} {{x{spec}}}.'\n".encode()
    prompt = compile_prompt(read_prompt("p", "app.py::PROMPT", content))
    sent = prompt.messages(Case("c", {"x": value}))[0].content
    assert sent == f"Say {{}} {shown}."
