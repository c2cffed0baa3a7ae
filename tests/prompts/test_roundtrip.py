"""Every format: rewriting changes the rewritten characters and nothing else, and the same text changes no byte."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from promptci.errors import DataError
from promptci.prompts import read_prompt, write_prompt

# What people and models write: any script, emoji, right to left, tabs, quotes, braces, backslashes, marks of YAML.
CHARS = st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("\n\n\n \t:#-'\"\\|>&*!%@`{}[],?\u202e\ufe0f")
TEXTS = st.text(CHARS, min_size=1, max_size=80).map(str.strip).filter(bool)
# In a dotprompt or prompty braces are tags; there, words alone.
WORDS = st.text(st.sampled_from("ab ü🦉\u202e,.()$\n-"), min_size=1, max_size=60).map(str.strip).filter(bool)


@dataclass(frozen=True)
class Format:
    """A file around a text: what stands above and below it, and how the old text is written there."""

    path: str
    head: str
    tail: str
    made: Callable[[str], str] = lambda text: text
    texts: st.SearchStrategy[str] = TEXTS


def indented(text: str, by: int) -> str:
    return "\n".join(" " * by + line if line else "" for line in text.split("\n"))


def block(style: str, by: int = 6) -> Callable[[str], str]:
    return lambda text: f"{style}  # kept\n{indented(text, by)}\n"


def always(text: str) -> Callable[[str], str]:
    return lambda _: text


def quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


GITHUB = "# comment\nname: Ä\nmodel: m/one\nmessages:\n  - role: system\n    content: "
BELOW = "\n  # a comment below\n  - {role: user, content: '{{q}}'}\ntestData:\n  - {q: x}   # spaced\n"
YAML = "a:\n  x: &x 1\n  b: "
TOML = "# prompt = \"no\"\ntitle = \"Say yes.\"\n[prompts]\nother = '''Say yes.'''\nrouter   =  "
KEPT = "  # kept\n[more]\nx = 1_000\n"
USER = '\n{{role "user"}}\n{{q}}\n'
PYTHON = "# -*- coding: utf-8 -*-\nOTHER = 'Say yes.'\n\n\nclass A:\n    PROMPT = "
SCRIPT = "// c\nexport const other = 'Say yes.';\nexport const prompt = "
SKILL = "---\nname: say\ndescription:  Says yes.   # kept\n---\n\n"
FORMATS: dict[str, Format] = {
    "md": Format("p.md", "", "\n"),
    "md-front-matter": Format("p.md", "---\nname: x # small\ntags: [a,   b]\n---\n\n", "\n\n"),
    "txt": Format("p.txt", "---\n---\n", ""),
    "j2": Format("p.j2", "\n\n", "\n"),
    "text-chat": Format(
        "p.txt", '[{"role": "system", "content": ', '},\n {"role":"user","content":"{{ q }}"}]\n', quoted
    ),
    "guidance": Format("p.md", "{{#system~}}\n", "\n{{~/system}}\n{{#user}}{{q}}{{/user}}\n", texts=WORDS),
    "skill": Format("say/SKILL.md", SKILL, "\n"),
    "agents": Format("AGENTS.md", "", "\n\n"),
    "github-literal": Format("p.prompt.yml", GITHUB, BELOW, block("|")),
    "github-literal-strip": Format("p.prompt.yml", GITHUB, BELOW, block("|-")),
    "github-literal-keep": Format("p.prompt.yml", GITHUB, BELOW, block("|+")),
    "github-folded": Format("p.prompt.yml", GITHUB, BELOW, block(">-")),
    "github-plain": Format("p.prompt.yaml", GITHUB, BELOW, always("Say yes.\n")),
    "github-single": Format("p.prompt.yml", GITHUB, BELOW, always("'it''s'   # kept\n")),
    "github-double": Format("p.prompt.yml", GITHUB, BELOW, lambda text: quoted(text) + "\n"),
    "github-anchor": Format("p.prompt.yml", GITHUB, BELOW, always("&first 'Say yes.'\n")),
    "dotprompt-tags": Format("p.prompt", '# (c)\n\n---\nmodel: x # kept\n---\n{{role "system"}}\n', USER, texts=WORDS),
    "dotprompt-blocks": Format(
        "p.prompt", "---\n---\n{{#role 'system'}}\n", "\n{{/role}}\n{{#role 'user'}}{{ q }}{{/role}}", texts=WORDS
    ),
    "dotprompt-history": Format(
        "p.prompt", "{{role 'system'}}", "\n{{history}}\n{{#if q}}a{{else}}b{{/if}}\n", texts=WORDS
    ),
    "prompty-1": Format(
        "p.prompty", "---\nmodel:\n  api: chat   # kept\n---\n\nsystem:\n", "\n\nuser:\n{{q}}", texts=WORDS
    ),
    "prompty-2": Format(
        "p.prompty", "---\ntemplate: {format: mustache}\n---\nsystem:\n\n", "\n\n\nuser:\n{{q}}\n\n", texts=WORDS
    ),
    "prompt-flow": Format(
        "chat.jinja2", "system:\n\n", "\n{% for i in h %}\nuser:\n{{i}}\n{% endfor %}\nuser:\n{{q}}\n", texts=WORDS
    ),
    "kernel": Format("k.yaml", "# c\ntemplate: ", "\ntemplate_format: semantic-kernel   # kept\n", block("|")),
    "few-shot": Format(
        "f.json",
        '{"_type": "few_shot", "suffix": "In: {q}", "examples": [{"i":  1}], "example_prompt": {"template": "{i}"},'
        ' "prefix": ',
        "}",
        quoted,
    ),
    "gemini": Format(
        "g.json",
        '{"systemInstruction": {"parts": [{"text": ',
        ' }]}, "contents": [{"parts": [{"text": "x"}]}]}',
        quoted,
    ),
    "json-chat": Format("c.json", '[ {"role": "system", "content": ', ' },\n{"role":"user","content":"x"}]', quoted),
    "json-key": Format(
        "c.json::a.prompt", '{\n\t"z": [1, {"prompt": "o"}],\n  "a": {"prompt" :', ' , "b": 1.50}}\n', quoted
    ),
    "yaml-chat": Format(
        "p.yaml", "# c\n- role: system\n  content: ", "\n\n# d\n- {role: user, content: '{{q}}'}\n", block(">-")
    ),
    "yaml-key-literal": Format("c.yml::a.b", YAML, "\n\n  y: *x\n", block("|+", 5)),
    "yaml-key-folded": Format("c.yml::a.b", YAML, "\n\n  y: *x\n", block(">", 4)),
    "yaml-key-plain": Format("c.yml::a.b", YAML, "\n  y: *x\n", always("Say yes.  # kept")),
    "toml-basic": Format("app.toml::prompts.router", TOML, KEPT, quoted),
    "toml-literal": Format("app.toml::prompts.router", TOML, KEPT, always("'Say yes.'")),
    "toml-multi-basic": Format("app.toml::prompts.router", TOML, KEPT, always('"""\nSay yes.\n"""')),
    "toml-multi-literal": Format("app.toml::prompts.router", TOML, KEPT, always("'''\nSay\n  \"yes\".'''")),
    "python": Format("app.py::A.PROMPT", PYTHON, "  # kept\n    x = 1\n", always("'Say yes.'")),
    "python-lines": Format("app.py::A.PROMPT", PYTHON, "\n", always('"""\\\n    Say yes.\n    """')),
    "python-joined": Format("app.py::A.PROMPT", PYTHON, "\n", always("(\n        'Say '\n        'yes.'\n    )")),
    "typescript": Format("p.ts::prompt", SCRIPT, ";  // kept\n", always("'Say yes.'")),
    "typescript-template": Format("p.ts::prompt", SCRIPT, ";\n", always("`Say\nyes.`")),
}


def both_ways(form: Format, old: str, new: str, *, newline: str = "\n", bom: str = "") -> bool:
    """Read, write the same, write another, and back; whether the new text could be written at all."""
    head, tail = (bom + form.head).replace("\n", newline), form.tail.replace("\n", newline)
    content = (head + form.made(old).replace("\n", newline) + tail).encode()
    try:
        before = read_prompt("p", form.path, content)
    except DataError:
        assume(False)  # a generated old text may be a mistake of its own; the tests of refusals look at those
    assert write_prompt(form.path, content, before.template) == content
    if "::" in form.path:  # there, braces say which placeholders the text has
        new = new.replace("{", "(").replace("${", "(")
    try:
        written = write_prompt(form.path, content, new)
    except DataError:
        return False
    after = read_prompt("p", form.path, written)
    assert after.template == new
    assert [p.whole for n, p in enumerate(after.parts) if n != after.rewrite] == [
        p.whole for n, p in enumerate(before.parts) if n != before.rewrite
    ]
    assert (after.parameters, after.notes, after.style) == (before.parameters, before.notes, before.style)
    assert written.startswith(head.encode())
    assert written.endswith(tail.encode())
    return True


def generated(name: str, examples: int) -> None:
    """Try so many generated files of one format; few of their texts may be refused."""
    form, outcomes = FORMATS[name], []

    @settings(deadline=None, max_examples=examples, database=None, suppress_health_check=list(HealthCheck))
    @given(old=form.texts, new=form.texts, newline=st.sampled_from(["\n", "\r\n"]), bom=st.sampled_from(["", "\ufeff"]))
    def tried(old: str, new: str, newline: str, bom: str) -> None:
        outcomes.append(both_ways(form, old, new, newline=newline, bom=bom))

    tried()
    assert sum(outcomes) >= 0.8 * len(outcomes)


@pytest.mark.parametrize("name", FORMATS)
def test_generated_files(name: str) -> None:
    generated(name, 8)


@pytest.mark.fault
@pytest.mark.parametrize("name", FORMATS)
def test_three_hundred_generated_files(name: str) -> None:
    generated(name, 300)


HAND: dict[str, str] = {
    "one-word": "yes", "emoji": "Say 👩‍👩‍👧‍👦 and 🇫🇷.", "right-to-left": "قل نعم أو لا",
    "turned-round": "a\u202eb\u202c c",
    "combining": "e\u0301 and é", "astral": "𝕊𝕒𝕪 𠜎", "tabs": "a\tb\n\tc", "inner-blank-lines": "a\n\n\nb",
    "indented": "a\n    b\n  c", "trailing-blanks": "a  \nb", "a-list": "- a\n- b\n  - c", "numbers": "1. a\n2. b",
    "heading": "# Title\n\ntext", "rule": "a\n---\nb", "dots": "a\n...\nb", "colon": "key: value", "comment": "a # b",
    "quotes": "it's \"so\" `here`", "three-quotes": "a \"\"\" b ''' c", "backslashes": "C:\\new\\table \\u0041",
    "percent": "100 % and %s", "dollar": "$5 and $x", "null-word": "null", "true-word": "true", "a-number": "007",
    "a-date": "2026-11-26", "alias": "*not & an !anchor", "block-marks": "| > - ? @ `", "html": "<b>&amp;</b>",
    "line-separator": "a\u2028b\u0085c", "zero-width": "a\u200bb\ufeffc", "long-line": "word " * 2_000 + "end",
    "many-lines": "line\n" * 500 + "end", "no-break": "a\u00a0b", "json": "[1, \"two\", null]",
}  # fmt: skip


def test_thirty_are_made_by_hand() -> None:
    assert len(HAND) >= 30


@pytest.mark.parametrize("name", FORMATS)
def test_files_made_by_hand(name: str) -> None:
    form = FORMATS[name]
    for number, (title, text) in enumerate(HAND.items()):
        newline, bom = ("\n", "\r\n")[number % 2], ("", "\ufeff")[number // 2 % 2]
        assert both_ways(form, "Say yes.", text, newline=newline, bom=bom), title


def test_a_text_that_would_get_placeholders_is_refused() -> None:
    content = b'[prompts]\nrouter = "Say yes."\n'
    with pytest.raises(DataError, match="read back as something else"):
        write_prompt("app.toml::prompts.router", content, "Say {word}.")
    assert write_prompt("app.toml::prompts.router", content, "Say {1: 2}.").endswith(b'"Say {1: 2}."\n')


@pytest.mark.parametrize(
    "new",
    ["{{#if q}}a{{/if}}", "{{> other}}", "{{role 'user'}}x", "{{history}}"],
    ids=["if", "partial", "role", "history"],
)
def test_a_search_may_not_write_logic_into_dotprompt(new: str) -> None:
    with pytest.raises(DataError, match="read back as something else"):
        write_prompt("p.prompt", b"{{role 'system'}}Say yes.{{role 'user'}}{{q}}", new)


HUGE = 'A long line with words. \n\n- and more: "quoted" # not a comment\n' * 3_000


@pytest.mark.parametrize("path", ["p.md", "p.prompt.yml", "p.json", "p.yaml::a", "p.toml::a", "p.py::A"])
def test_a_huge_text_is_written_and_read_back(path: str) -> None:
    files = {
        "p.md": "x", "p.prompt.yml": "messages:\n- role: system\n  content: |\n    x\n- {role: user, content: y}\n",
        "p.json": '[{"role": "system", "content": "x"}]', "p.yaml::a": "a: x\n", "p.toml::a": "a = 'x'\n",
        "p.py::A": "A = 'x'\n",
    }  # fmt: skip
    written = write_prompt(path, files[path].encode(), HUGE.strip())
    assert read_prompt("p", path, written).template == HUGE.strip()
