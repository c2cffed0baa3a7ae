"""The contract of the tables of formats: whatever a file holds, it is read, or refused with its place; nothing else."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from promptci.core import Case, Json
from promptci.errors import DataError
from promptci.evals import EVAL_FORMATS, read_cases
from promptci.prompts import PROMPT_FORMATS, format_of, read_prompt, split_selector, write_prompt
from promptci.prompts.conversation import compile_prompt
from promptci.prompts.jsontree import read as read_json
from promptci.prompts.tree import chosen, find

ODD: dict[str, str] = {
    "nothing": "",
    "blanks": " \n\t\n",
    "a-byte-order-mark": "\ufeff",
    "a-word": "yes",
    "a-number": "7",
    "null": "null",
    "rules": "---\n---\n---\n",
    "front-matter-alone": "---\nname: x\n---\n",
    "front-matter-that-is-none": "---\n: : :\n---\ntext\n",
    "front-matter-never-closed": "---\nname: x\n",
    "an-unknown-key": "---\nfrobnicate: 1\n---\ntext\n",
    "a-list": "[1, 2]",
    "a-list-of-lists": "- - - 1\n",
    "a-mapping": '{"a": 1}',
    "a-chat-of-nothing": '[{"role": "user"}]',
    "a-chat-of-another": '[{"role": "boss", "content": "x"}]',
    "messages-of-nothing": "messages: []\n",
    "messages-of-text": "messages: hello\n",
    "messages-of-numbers": "messages: [1, 2]\n",
    "half-a-string": '{"a": "x',
    "half-a-list": "[",
    "braces": "{{{{{{{{{{",
    "half-a-tag": "{% if",
    "half-a-block": "{{#if a}}",
    "closing-tags": "}} %} {{/if}} {% endif %}",
    "an-empty-tag": "{{}}{%%}",
    "a-format-text": "{a!x:>{b}}",
    "percent": "%(a)s %d %",
    "anchors": "a: &a [*a]\n",
    "a-tag-of-yaml": "a: !!python/object:os.system x\n",
    "a-document-more": "a: 1\n---\nb: 2\n",
    "tabs": "\ta:\t1\n",
    "carriage-returns": "a\rb\rc",
    "a-null-character": "a\x00b",
    "control-characters": "a\x01\x1b[31mb",
    "hidden-characters": "\u202e\u200b\u2028\u0085",
    "half-a-pair-escaped": '"\\ud83d"',
    "toml": 'a = \'x\'\n[b]\nc = """y"""\n',
    "toml-twice": "a = 1\na = 2\n",
    "a-program": "PROMPT = 'x'\n",
    "a-program-that-is-none": "def f(:\n",
    "typescript": "export const a = `x ${b}`;\n",
    "a-skill": "---\nname: p\ndescription: d\n---\nDo.\n",
    "roles": "system:\nuser:\nassistant:\n",
    "roles-in-tags": "{{role 'system'}}{{role 'boss'}}",
    "a-conflict": "<<<<<<< HEAD\na\n=======\nb\n>>>>>>> x\n",
    "deep": "[" * 3_000,
    "deep-yaml": "a: " + "[" * 500 + "]" * 500,
    "a-long-line": "x" * 100_000,
    "many-lines": "- a\n" * 5_000,
}
VALUES: dict[str, Json] = {"a": "x", "b": "y", "q": "z", "input": "i"}
ENDINGS = [name if not name.startswith(".") else f"p{name}" for name in PROMPT_FORMATS]


@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
@pytest.mark.parametrize("path", ENDINGS)
def test_a_prompt_file_is_read_or_refused_with_its_place(path: str, text: str) -> None:
    for name in (path, f"{path}::PROMPT"):
        found = outcome(partial(used, name, text))
        assert found == "" or found.startswith(path)


def used(name: str, text: str) -> None:
    prompt = read_prompt("p", name, text.encode())
    conversation = compile_prompt(prompt)
    conversation.messages(Case("c", {**VALUES, **dict.fromkeys(conversation.variables, "v")}))
    assert prompt.template
    assert write_prompt(name, text.encode(), prompt.template) == text.encode()


def outcome(act: Callable[[], None]) -> str:
    """The place of what was refused, nothing where all went well."""
    try:
        act()
    except DataError as problem:
        return problem.place or "no place"
    return ""


@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
@pytest.mark.parametrize("path", [f"e{ending}" for ending in EVAL_FORMATS])
def test_an_eval_set_is_read_or_refused_with_its_place(path: str, text: str) -> None:
    def tried() -> None:
        cases = read_cases(path, text.encode())
        assert len({case.id for case in cases}) == len(cases) > 0
        assert all(case.vars or case.messages for case in cases)

    found = outcome(tried)
    assert found == "" or found.startswith(path)


@pytest.mark.parametrize("content", [b"\xff\xfe", b"a\n\xe4\n", b"\x80", "ü".encode("latin-1")], ids=repr)
@pytest.mark.parametrize("path", ENDINGS)
def test_bytes_that_are_no_text_are_refused_with_their_line(path: str, content: bytes) -> None:
    with pytest.raises(DataError, match="not UTF-8 text") as caught:
        read_prompt("p", path, content)
    assert caught.value.place == f"{path}:{content[: content.find(bytes([max(content)]))].count(10) + 1}"


@pytest.mark.parametrize(
    ("path", "file", "selector"),
    [
        ("p.md", "p.md", None),
        ("app.toml::a.b", "app.toml", "a.b"),
        ("a/b.py::X", "a/b.py", "X"),
        ("p.json::a::b", "p.json", "a::b"),
        ("p.json::", "p.json", ""),
    ],
)
def test_a_selector_stands_behind_two_colons(path: str, file: str, selector: str | None) -> None:
    assert split_selector(path) == (file, selector)


@pytest.mark.parametrize(
    ("path", "like"),
    [
        ("p.prompt.yml", "q.prompt.yaml"),
        ("deep/p.x.prompt.yml", "p.prompt.yml"),
        ("p.v2.md", "p.md"),
        ("p.prompt", "q.prompt"),
        ("SKILL.md", "a/SKILL.md"),
        ("AGENTS.md", "x/AGENTS.md"),
        ("p.yaml", "p.yml"),
    ],
)
def test_the_longest_known_ending_counts(path: str, like: str) -> None:
    assert format_of(path) is format_of(like)


@pytest.mark.parametrize("path", ["p", "p.docx", "p.md.bak", ".md5", "prompt"])
def test_an_unknown_ending_is_refused_with_the_known_ones(path: str) -> None:
    with pytest.raises(DataError, match="no prompt format for the ending") as caught:
        format_of(path)
    assert ".prompt.yml" in (caught.value.hint or "")


TREE = read_json(
    '{"a": {"b": "x", "c.d": "y"}, "a.b": "z", "l": [{"t": "first"}, "second"], "n": 1, "e": " "}', "c.json"
)


@pytest.mark.parametrize(
    ("selector", "path", "text"),
    [
        ("a.b", ("a.b",), "z"),
        ("a.c.d", ("a", "c.d"), "y"),
        ("l.0.t", ("l", 0, "t"), "first"),
        ("l.1", ("l", 1), "second"),
    ],
)
def test_a_dotted_name_finds_its_text(selector: str, path: tuple[str | int, ...], text: str) -> None:
    assert find(TREE, selector) == path
    assert chosen(TREE, selector) == (path, text)


@pytest.mark.parametrize(
    ("selector", "said", "hint"),
    [
        ("nope", "there is no 'nope'", "there are: a, a.b, l, n, e"),
        ("a.nope", "there is no 'nope'", "there are: b, c.d"),
        ("l.2", "there is no '2'", "the numbers 0 to 1"),
        ("l.x", "there is no 'x'", "the numbers 0 to 1"),
        ("n.x", "there is no 'x'", "no names"),
        ("n", "'n' is no text", "name the key"),
        ("a", "'a' is no text", "name the key"),
        ("e", "'e' is no text", "name the key"),
    ],
)
def test_a_name_that_finds_none_is_refused_with_those_that_are(selector: str, said: str, hint: str) -> None:
    with pytest.raises(DataError) as caught:
        chosen(TREE, selector)
    assert said in caught.value.problem
    assert hint in (caught.value.hint or "")


REWRITES: dict[str, tuple[str, str | int, int]] = {
    "system": ("p.json", "system", 0),
    "user": ("p.json", "user", 1),
    "assistant": ("p.json", "assistant", 2),
    "a-number": ("p.json", 2, 1),
    "a-number-as-text": ("p.json", "3", 2),
    "plain-text-as-user": ("p.md", "user", 0),
    "plain-text-as-system": ("p.md", "system", 0),
}
CHAT = b'[{"role": "system", "content": "s"}, {"role": "user", "content": "u"}, {"role": "assistant", "content": "a"}]'


@pytest.mark.parametrize("name", REWRITES)
def test_what_a_search_may_rewrite_is_chosen_by_role_or_number(name: str) -> None:
    path, rewrite, index = REWRITES[name]
    content = CHAT if path.endswith("json") else b"Text.\n"
    assert read_prompt("p", path, content, rewrite=rewrite).rewrite == index
    assert read_prompt("p", path, write_prompt(path, content, "New.", rewrite=rewrite)).parts[index].text == "New."


@pytest.mark.parametrize(
    ("rewrite", "said"),
    [
        (0, "there is no message 0"),
        (4, "there is no message 4"),
        ("tool", "there is no message of the role 'tool'"),
        ("region", "no region of the prompt is marked"),
    ],
)
def test_what_is_not_there_cannot_be_chosen(rewrite: str | int, said: str) -> None:
    with pytest.raises(DataError, match=said):
        read_prompt("p", "p.json", CHAT, rewrite=rewrite)
