"""Every format: rewriting changes the rewritten characters and nothing else, and the same text changes no byte."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from promptci.errors import DataError
from promptci.prompts import read_prompt, write_prompt

# What people and models write: any script, emoji, right to left, tabs, quotes, braces, backslashes, marks of YAML.
CHARS = st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("\n\n\n \t:#-'\"\\|>&*!%@`{}[],?\u202e\ufe0f")
TEXTS = st.text(CHARS, min_size=1, max_size=80).map(str.strip).filter(bool)
WORDS = st.text(st.sampled_from("ab c\n'\"-:#"), min_size=1, max_size=30).map(str.strip).filter(bool)


def indented(text: str, by: int) -> str:
    return "\n".join(" " * by + line if line else "" for line in text.split("\n"))


def yaml_block(style: str) -> Callable[[str], str]:
    return lambda text: f"{style}  # kept\n{indented(text, 6)}\n"


MAKERS: dict[str, tuple[str, Callable[[str], str]]] = {
    "prompt-yml-literal": (".prompt.yml", yaml_block("|")),
    "prompt-yml-literal-strip": (".prompt.yml", yaml_block("|-")),
    "prompt-yml-literal-keep": (".prompt.yml", yaml_block("|+")),
    "prompt-yml-folded": (".prompt.yml", yaml_block(">-")),
    "prompt-yml-plain": (".prompt.yaml", lambda text: "Say yes.\n"),
    "prompt-yml-single": (".prompt.yml", lambda text: "'it''s'   # kept\n"),
    "prompt-yml-double": (".prompt.yml", lambda text: json.dumps(text) + "\n"),
    "prompt-yml-anchor": (".prompt.yml", lambda text: "&first 'Say yes.'\n"),
}
HEAD = "# comment\nname: Ä\nmodel: m/one\nmessages:\n  - role: system\n    content: "
TAIL = "\n  # a comment below\n  - {role: user, content: '{{q}}'}\ntestData:\n  - {q: x}   # spaced\n"


@pytest.mark.parametrize("newline", ["\n", "\r\n"], ids=["lf", "crlf"])
@pytest.mark.parametrize("bom", ["", "\ufeff"], ids=["plain", "bom"])
@pytest.mark.parametrize("maker", MAKERS)
@settings(deadline=None, max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(old=WORDS, new=TEXTS)
def test_github_prompts(maker: str, bom: str, newline: str, old: str, new: str) -> None:
    ending, made = MAKERS[maker]
    head, tail = (bom + HEAD).replace("\n", newline), TAIL.replace("\n", newline)
    both_ways("p" + ending, head, made(old).replace("\n", newline), tail, new)


@pytest.mark.parametrize("path", ["c.json::a.prompt", "c.json"])
@settings(deadline=None, max_examples=150)
@given(old=TEXTS, new=TEXTS, escaped=st.booleans())
def test_json(path: str, old: str, new: str, escaped: bool) -> None:
    said = json.dumps(old, ensure_ascii=escaped)
    if "::" in path:
        both_ways(path, '{\n\t"z": [1, {"prompt": "other"}],\r\n  "a": {"prompt" :', said, '  , "b": 1.50}}\n', new)
    else:
        both_ways(path, '[ {"role": "system", "content": ', said, ' },\n{"role":"user","content":"x"}]', new)


TOMLS: dict[str, Callable[[str], str]] = {
    "basic": lambda text: json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f"),
    "literal": lambda text: "'Say yes.'",
    "multi-basic": lambda text: '"""\nSay yes.\n"""',
    "multi-literal": lambda text: "'''\nSay\n  \"yes\".'''",
}


@pytest.mark.parametrize("kind", TOMLS)
@settings(deadline=None, max_examples=75)
@given(old=TEXTS, new=TEXTS)
def test_toml(kind: str, old: str, new: str) -> None:
    head = "# prompt = \"no\"\ntitle = \"Say yes.\"\n[prompts]\nother = '''Say yes.'''\nrouter   =  "
    both_ways("app.toml::prompts.router", head, TOMLS[kind](old), "  # kept\n[more]\nx = 1_000\n", new)


FRONTS = ["", "---\n---\n", "---\nname: x # small\ntags: [a,   b]\n---\n\n", "\ufeff---\r\nname: x\r\n---\r\n"]


@pytest.mark.parametrize("ending", [".md", ".txt", ".j2"])
@settings(deadline=None, max_examples=100)
@given(front=st.sampled_from(FRONTS), old=TEXTS, new=TEXTS, below=st.text(" \n\t", max_size=3))
def test_plain_text(ending: str, front: str, old: str, new: str, below: str) -> None:
    both_ways("p" + ending, front, old, below, new)


def test_a_text_that_would_get_placeholders_is_refused() -> None:
    content = b'[prompts]\nrouter = "Say yes."\n'
    with pytest.raises(DataError, match="read back as something else"):
        write_prompt("app.toml::prompts.router", content, "Say {word}.")
    assert write_prompt("app.toml::prompts.router", content, "Say {1: 2}.").endswith(b'"Say {1: 2}."\n')


def both_ways(path: str, head: str, old: str, tail: str, new: str) -> None:
    """Read, write the same, write another, and back."""
    content = (head + old + tail).encode()
    try:
        before = read_prompt("p", path, content)
    except DataError:
        assume(False)  # a generated old text may be a mistake of its own; the tests of refusals look at those
    assert write_prompt(path, content, before.template) == content
    if "::" in path:  # there, braces say which placeholders the text has
        new = new.replace("{", "(")
    written = write_prompt(path, content, new)
    after = read_prompt("p", path, written)
    assert after.template == new
    assert [p.whole for n, p in enumerate(after.parts) if n != after.rewrite] == [
        p.whole for n, p in enumerate(before.parts) if n != before.rewrite
    ]
    assert (after.parameters, after.notes) == (before.parameters, before.notes)
    assert written.startswith(head.encode())
    assert written.endswith(tail.encode())


USER = '\n{{role "user"}}\n{{q}}\n'
MARKED = {
    "dotprompt-tags": ("p.prompt", '# (c)\n\n---\nmodel: x # kept\n---\n{{role "system"}}\n', USER),
    "dotprompt-blocks": ("p.prompt", "---\n---\n{{#role 'system'}}\n", "\n{{/role}}\n{{#role 'user'}}{{ q }}{{/role}}"),
    "dotprompt-history": ("p.prompt", "{{role 'system'}}", "\n{{history}}\n{{#if q}}a{{else}}b{{/if}}\n"),
    "prompty-1": ("p.prompty", "---\nmodel:\n  api: chat   # kept\n---\n\nsystem:\n", "\n\nuser:\n{{q}}"),
    "prompty-2": ("p.prompty", "---\ntemplate: {format: mustache}\n---\nsystem:\n\n", "\n\n\nuser:\n{{q}}\n\n"),
    "chat-yaml": ("p.yaml", "# c\n- role: system\n  content: >-\n    ", "\n\n# d\n- {role: user, content: '{{q}}'}\n"),
    "yaml-key": ("c.yml::a.b", "a:\n  x: &x 1\n  b: |+\n     ", "\n\n  y: *x\n"),
}
WORDS_ONLY = st.text(st.sampled_from("ab ü🦉\u202e,.()$\n-"), min_size=1, max_size=60).map(str.strip).filter(bool)


@pytest.mark.parametrize("newline", ["\n", "\r\n"], ids=["lf", "crlf"])
@pytest.mark.parametrize("bom", ["", "\ufeff"], ids=["plain", "bom"])
@pytest.mark.parametrize("name", MARKED)
@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(new=WORDS_ONLY)
def test_marked_messages(name: str, bom: str, newline: str, new: str) -> None:
    path, head, tail = MARKED[name]
    both_ways(path, (bom + head).replace("\n", newline), "Say yes.", tail.replace("\n", newline), new)


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
