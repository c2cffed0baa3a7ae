"""JSON, YAML and TOML files as trees: the values that other readers find, and where each text stands."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from promptci.core import Json
from promptci.errors import DataError
from promptci.prompts import jsontree, tomltree, yamltree
from promptci.prompts.tree import Path, Tree

TEXTS = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from('"\\\n\t/{}[],:'), max_size=12)
NUMBERS = st.integers(-(10**18), 10**18) | st.floats(allow_nan=False, allow_infinity=False)
VALUES: st.SearchStrategy[Json] = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=12,
)


def texts(value: Json, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Every text in a value, by its path."""
    if isinstance(value, str):
        yield path, value
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from texts(inner, (*path, key))


def with_text(value: Any, path: Path, new: str) -> Json:
    """A copy of a value with another text at a path."""
    if not path:
        return new
    copied: Any = dict(value) if isinstance(value, dict) else list(value)
    copied[path[0]] = with_text(value[path[0]], path[1:], new)
    return copied


def rewritten(tree: Tree, text: str, path: Path, new: str) -> list[str]:
    """The file in each way to write another text at a path."""
    slot = tree.slot(path, "", "")
    return [] if slot is None else [text[: e.start] + e.source + text[e.end :] for e in slot(new)]


@settings(deadline=None, max_examples=80)
@given(VALUES, st.sampled_from([None, 1, 4]), st.booleans())
def test_a_json_file_is_what_python_reads(value: Json, indent: int | None, ascii_only: bool) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    assert jsontree.read(text, "f.json").value == value
    assert jsontree.read(f"\ufeff{text}\n", "f.json").value == value


@settings(deadline=None, max_examples=80)
@given(VALUES, TEXTS)
def test_each_text_of_a_json_file_can_be_written_anew_and_nothing_else_changes(value: Json, new: str) -> None:
    text = json.dumps(value, indent=2)
    tree = jsontree.read(text, "f.json")
    for path, _ in texts(value):
        (found,) = rewritten(tree, text, path, new)
        assert json.loads(found) == with_text(value, path, new)


PIECES = st.lists(st.sampled_from([*'[]{},:" \n', '"a"', '"b"', "1", "-", "0", ".5", "e9", "true", "null", "nan"]))


@settings(deadline=None, max_examples=300)
@given(PIECES.map("".join))
def test_what_python_does_not_read_as_json_is_refused(text: str) -> None:
    try:
        wanted = json.loads(text, object_pairs_hook=lambda pairs: pairs)
    except ValueError:
        with pytest.raises(DataError, match="JSON"):
            jsontree.read(text, "f.json")
        return
    if repeats(wanted):
        with pytest.raises(DataError, match="duplicate key"):
            jsontree.read(text, "f.json")
        return
    found = jsontree.read(text, "f.json").value
    assert json.loads(json.dumps(found), object_pairs_hook=lambda pairs: pairs) == wanted


def repeats(pairs: Any) -> bool:
    """Whether a key stands twice in a mapping, each of which is a list of pairs."""
    if not isinstance(pairs, list):
        return False
    names = [one[0] for one in pairs if isinstance(one, tuple)]
    inner = [one[1] if isinstance(one, tuple) else one for one in pairs]
    return len(set(names)) < len(names) or any(map(repeats, inner))


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ('{"a": 1,\n "a": 2}', 2, "duplicate key 'a'"),
        ('{"a": 1,\n\n }', 3, "a key in double quotes is expected"),
        ('{"a"\n 1}', 2, "':' is expected"),
        ("[1\n 2]", 2, "',' or ']' is expected"),
        ("[1]\n\n[2]", 3, "something follows the value"),
        ("{'a': 1}", 1, "a key in double quotes is expected"),
        ('["a\nb"]', 1, "not valid JSON"),
        ("[\n01]", 2, "not valid JSON"),
        ('["\\ud83d"]', 1, "half of a character"),
        ("", 1, "a value is expected"),
        ("[" * 52 + "]" * 52, 1, "nested deeper than 50 levels"),
        ("NaN", 1, "a value is expected"),
    ],
    ids=["twice", "comma", "colon", "between", "behind", "single", "break", "zero", "half", "empty", "deep", "nan"],
)
def test_a_mistake_of_a_json_file_has_its_line(text: str, line: int, said: str) -> None:
    with pytest.raises(DataError) as caught:
        jsontree.read(text, "f.json")
    assert said in caught.value.problem
    assert caught.value.place == f"f.json:{line}"


def test_toml_that_is_nested_too_deeply_is_refused() -> None:
    with pytest.raises(DataError, match="nested too deeply") as caught:
        tomltree.read("a = " + "[" * 5000 + "]" * 5000, "f.toml")
    assert caught.value.place == "f.toml"


PLAIN = st.text(st.characters(categories=["L", "N", "P", "Zs"], exclude_characters="\x85\ufeff"), max_size=12)
YAML_VALUES: st.SearchStrategy[Json] = st.recursive(
    st.none() | st.booleans() | st.integers(-999, 999) | PLAIN,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(PLAIN.filter(bool), inner, max_size=3),
    max_leaves=10,
)


@settings(deadline=None, max_examples=60)
@given(YAML_VALUES, st.sampled_from([None, "'", '"', "|"]), st.booleans())
def test_each_text_of_a_yaml_file_can_be_written_anew_in_each_style(value: Json, style: str | None, flow: bool) -> None:
    text = yaml.safe_dump(value, default_style=style, default_flow_style=flow, allow_unicode=True, width=60)
    assume("!!" not in text)  # what a quoted style makes of numbers, and tags are refused
    tree = yamltree.read(text, "f.yaml")
    for path, old in texts(tree.value):
        ways = rewritten(tree, text, path, "Say: 'yes' # \"no\"")
        wanted = with_text(tree.value, path, "Say: 'yes' # \"no\"")
        assert not ways or any(reads_as(way, wanted) for way in ways), old


def reads_as(text: str, value: Json) -> bool:
    try:
        return bool(yamltree.read(text, "f.yaml").value == value)
    except DataError:
        return False


TOML = """\
# title = "Say yes."
title = "Say yes."  # kept
other = 'Say yes.'

[[agents]]
name = "a"
prompt = \"\"\"
Say "yes".\"\"\"

[[agents]]
name = "b"
prompt = '''Say
'yes'.'''
list = ["Say yes.", 'Say yes.', {deep = "Say yes."}]
dotted.key = "Say yes."
"quoted key" = "Say yes."
"""


@pytest.mark.parametrize("new", ["No.", 'Say "no" \\ twice.', "It's\n'''no'''", "\ttab\x7f", 'ends in "'], ids=repr)
def test_each_text_of_a_toml_file_is_found_though_others_are_alike(new: str) -> None:
    value, tree = tomllib.loads(TOML), tomltree.read(TOML, "f.toml")
    assert tree.value == value
    for path, _ in texts(value):
        ways = rewritten(tree, TOML, path, new)
        assert any(reads_as_toml(way, with_text(value, path, new)) for way in ways), path
        assert all(way.startswith('# title = "Say yes."\n') for way in ways)


def reads_as_toml(text: str, value: Json) -> bool:
    try:
        return bool(tomllib.loads(text) == value)
    except tomllib.TOMLDecodeError:
        return False


@pytest.mark.parametrize(
    ("path", "line"),
    [(("title",), 2), (("other",), 3), (("agents", 0, "prompt"), 7), (("agents", 1, "prompt"), 12), (("gone",), 1)],
    ids=str,
)
def test_a_text_of_a_toml_file_has_its_line(path: Path, line: int) -> None:
    assert tomltree.read(TOML, "f.toml").line(path) == line


def test_a_mistake_of_a_toml_file_has_its_line() -> None:
    with pytest.raises(DataError) as caught:
        tomltree.read("a = 1\n\nb = \n", "f.toml")
    assert caught.value.place == "f.toml:3"
    with pytest.raises(DataError) as twice:
        tomltree.read("a = 1\na = 2\n", "f.toml")
    assert twice.value.problem.startswith("not valid TOML")
