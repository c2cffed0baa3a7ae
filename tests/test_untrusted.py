"""Text from models cannot steer a terminal, a CI log or a reader's eye."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptci.untrusted import one_line, shown

REGISTERED = (
    "add-mask", "add-matcher", "add-path", "command", "debug", "echo", "endgroup", "error", "group", "notice",
    "remove-matcher", "save-state", "set-env", "set-output", "stop-commands", "warning",
)  # fmt: skip


def commands_in(log: str) -> list[str]:
    """A strict reading of the runner's two rules, on every line break that a log viewer may know."""
    found = []
    for line in re.split(r"[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]", log):
        for squeezed in (line, "".join(c for c in line if not ignorable(c))):
            stripped = squeezed.lstrip()
            if stripped.startswith("::") and "::" in stripped[2:]:
                found.append(stripped)
            if "##[" in squeezed:
                found.append(squeezed)
    return found


def ignorable(char: str) -> bool:
    return unicodedata.category(char) in ("Cc", "Cf", "Mn") or char in "\u115f\u1160\u3164\uffa0"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("billing", id="label"),
        pytest.param("Dear team,\n\n\tthe price was $5 (50 %).\n", id="several-lines"),
        pytest.param("std::vector, a::b and C:: at the end", id="colons-inside-a-line"),
        pytest.param("## Heading\n# [link](x)\n### [a]", id="markdown-headings"),
        pytest.param("naïve café, übermäßig, 日本語, हिन्दी, עברית, العربية", id="scripts"),
        pytest.param("🎉 ❤\ufe0f ✔\ufe0f", id="emoji-with-selector"),
        pytest.param(r"C:\temp\{x} \u{41}", id="backslashes"),
    ],
)
def test_ordinary_text_is_shown_as_it_is(text: str) -> None:
    assert shown(text) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("::add-mask::e", r"\::add-mask::e", id="add-mask"),
        pytest.param("ok\n::error file=a.py::boo", "ok\n\\::error file=a.py::boo", id="second-line"),
        pytest.param(" \t ::stop-commands::x", " \t \\::stop-commands::x", id="after-blanks"),
        pytest.param("\u3000\u00a0::debug::x", "\u3000\u00a0\\::debug::x", id="after-unicode-blanks"),
        pytest.param("\n\n\n::group::x", "\n\n\n\\::group::x", id="after-empty-lines"),
        pytest.param("##[set-env name=PATH;]/x", r"##\[set-env name=PATH;]/x", id="old-form"),
        pytest.param("see ##[command]x", r"see ##\[command]x", id="old-form-inside-a-line"),
        pytest.param("####[error]x", r"####\[error]x", id="old-form-after-hashes"),
        pytest.param("a\r\n::error::b", "a\n\\::error::b", id="crlf"),
        pytest.param("progress\r::error::b", r"progress\u{d}::error::b", id="carriage-return"),
        pytest.param("\u200b::error::b", r"\u{200b}::error::b", id="zero-width-before"),
        pytest.param("#\u00ad#[error]b", r"#\u{ad}#[error]b", id="soft-hyphen-inside"),
        pytest.param("#\ufe0f#[error]b", r"#\u{fe0f}#[error]b", id="selector-inside"),
        pytest.param("#\u034f#[error]b", r"#\u{34f}#[error]b", id="joiner-inside"),
        pytest.param("\x85::error::b", r"\u{85}::error::b", id="next-line"),
        pytest.param("x\u2028::error::b", r"x\u{2028}::error::b", id="line-separator"),
        pytest.param("\x1b[2J\x1b[31mred", r"\u{1b}[2J\u{1b}[31mred", id="ansi"),
        pytest.param("\x9b31mred", r"\u{9b}31mred", id="c1-csi"),
        pytest.param("\x1b]8;;http://e.test\x07here", r"\u{1b}]8;;http://e.test\u{7}here", id="osc-8-link"),
        pytest.param("a\u202egnp.exe", r"a\u{202e}gnp.exe", id="bidi-override"),
        pytest.param("\u2066x\u2069", r"\u{2066}x\u{2069}", id="bidi-isolate"),
        pytest.param("pass\x08\x08\x08\x08fail", r"pass\u{8}\u{8}\u{8}\u{8}fail", id="backspace"),
        pytest.param("a\x00b\x7f", r"a\u{0}b\u{7f}", id="nul-and-delete"),
        pytest.param("\U000e0041\U000e0042", r"\u{e0041}\u{e0042}", id="tag-characters"),
        pytest.param("🙂\U000e0141", r"🙂\u{e0141}", id="text-hidden-behind-an-emoji"),
        pytest.param("\ud800", r"\u{d800}", id="lone-surrogate"),
        pytest.param("a\u3164b", r"a\u{3164}b", id="hangul-filler"),
    ],
)
def test_what_could_deceive_is_made_visible(text: str, expected: str) -> None:
    assert shown(text) == expected
    assert commands_in(shown(text)) == []


NASTY = st.text(
    alphabet=st.one_of(
        st.characters(),
        st.sampled_from("::##[]\r\n\t \x1b\x85\u2028\u00a0\u3000\u200b\u202e\ufe0f\u034f\U000e0041"),
    ),
    max_size=60,
)
HOSTILE = st.lists(
    st.one_of(NASTY, st.sampled_from([f"::{c}::" for c in REGISTERED] + [f"##[{c}]" for c in REGISTERED])), max_size=8
).map("".join)


@given(HOSTILE)
def test_whatever_a_model_writes_no_control_character_and_no_command_is_left(text: str) -> None:
    safe = shown(text)
    assert all(c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Zl", "Zp") for c in safe)
    assert commands_in(safe) == []


@given(HOSTILE, st.integers(0, 40))
def test_a_cut_is_marked_and_as_safe_as_the_whole(text: str, limit: int) -> None:
    safe = shown(text, limit=limit)
    assert safe.endswith(" [cut]") == (len(text) > limit or text.endswith(" [cut]"))
    assert commands_in(safe) == []


@given(HOSTILE)
def test_one_line_is_one_line(text: str) -> None:
    line = one_line(text)
    assert not set(line) & set("\n\r\t\v\f\x85\u2028\u2029")
    assert commands_in(line) == []
    assert commands_in(f"  {line}") == []


@given(HOSTILE)
def test_shown_text_needs_no_second_pass(text: str) -> None:
    assert shown(shown(text)) == shown(text)


def test_long_blank_runs_take_linear_time() -> None:
    blank = "\n" * 200_000 + " " * 200_000  # a rule that looks back over blank lines would need hours here
    assert shown(blank) == blank
