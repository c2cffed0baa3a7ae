"""YAML without its surprises: plain values, right lines, and nothing that repeats, runs or explodes."""

from __future__ import annotations

import json

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from promptci import yamlfile
from promptci.core import Json
from promptci.errors import ConfigError, DataError
from promptci.yamlfile import MAX_DEPTH, MAX_LENGTH, Document, scalar


def read(text: str) -> Document:
    return yamlfile.read(text, "f.yaml", error=ConfigError)


@pytest.fixture(params=["c", "pure"])
def loader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """PyYAML with and without libyaml; wheels have it, some distributions do not."""
    if request.param == "pure":
        monkeypatch.delattr(yaml, "CSafeLoader", raising=False)
    elif not hasattr(yaml, "CSafeLoader"):
        pytest.skip("PyYAML is built without libyaml here")
    return str(request.param)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("a: x", "x", id="text"),
        pytest.param("a: two words", "two words", id="words"),
        pytest.param("a: no", "no", id="no-is-a-word"),
        pytest.param("a: off", "off", id="off-is-a-word"),
        pytest.param("a: Yes", "Yes", id="yes-is-a-word"),
        pytest.param("a: y", "y", id="y-is-a-letter"),
        pytest.param("a: 1:30", "1:30", id="a-time-is-not-base-60"),
        pytest.param("a: 2026-11-20", "2026-11-20", id="a-date-is-text"),
        pytest.param("a: 1_000", "1_000", id="underscores-are-text"),
        pytest.param("a: 3.10", 3.1, id="float"),
        pytest.param("a: '3.10'", "3.10", id="quoted-version"),
        pytest.param('a: "true"', "true", id="double-quoted-word"),
        pytest.param("a: true", True, id="true"),
        pytest.param("a: FALSE", False, id="false"),
        pytest.param("a: null", None, id="null"),
        pytest.param("a: ~", None, id="tilde"),
        pytest.param("a:", None, id="nothing"),
        pytest.param("a: ''", "", id="empty-text"),
        pytest.param("a: 12", 12, id="int"),
        pytest.param("a: -7", -7, id="negative"),
        pytest.param("a: 0755", 755, id="leading-zero-is-decimal"),
        pytest.param("a: 0o17", 15, id="octal"),
        pytest.param("a: 0xff", 255, id="hex"),
        pytest.param("a: 1e3", 1000.0, id="exponent"),
        pytest.param("a: .5", 0.5, id="no-leading-digit"),
        pytest.param("a: 1e999", "1e999", id="beyond-float-is-text"),
        pytest.param("a: .inf", ".inf", id="infinity-is-text"),
        pytest.param("a: .nan", ".nan", id="nan-is-text"),
        pytest.param(
            "a: 123456789012345678901234567890", 123456789012345678901234567890, id="long-int-keeps-its-digits"
        ),
        pytest.param("a: " + "9" * 5000, "9" * 5000, id="endless-int-is-text"),
        pytest.param("a: {b: [1, x]}", {"b": [1, "x"]}, id="flow"),
        pytest.param("a:\n- 1\n- b: 2\n", [1, {"b": 2}], id="block"),
        pytest.param("a: |\n  one\n  two\n", "one\ntwo\n", id="literal-block"),
        pytest.param("a: >-\n  one\n  two\n", "one two", id="folded-block"),
        pytest.param('a: "\\u2028\\x07"', "\u2028\x07", id="escapes"),
        pytest.param("\ufeffa: 1", 1, id="bom"),
        pytest.param("a: 1\r\nb: 2\r\n", 1, id="crlf"),
        pytest.param("a: x # why", "x", id="comment"),
        pytest.param("a: <<", "<<", id="merge-sign-as-value"),
        pytest.param("'<<': 1\na: 2", 2, id="merge-sign-as-quoted-key"),
    ],
)
def test_values_are_those_of_yaml_1_2(loader: str, text: str, expected: Json) -> None:
    value = read(text).value["a"]
    assert value == expected
    assert type(value) is type(expected)


@pytest.mark.parametrize("text", ["", "\n\n", "# only a comment\n", "---\n", "~\n"], ids=repr)
def test_an_empty_document_is_none(loader: str, text: str) -> None:
    assert read(text).value is None


@pytest.mark.parametrize("key", ["1", "true", "no", "null", "1.5", "a b"])
def test_keys_are_always_text(loader: str, key: str) -> None:
    assert read(f"{key}: x").value == {key: "x"}


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        pytest.param("a: 1\nb: 2\na: 3\n", 3, "duplicate key 'a' (first on line 1)", id="duplicate-key"),
        pytest.param("x:\n  a: 1\n\n  'a': 3\n", 4, "duplicate key 'a' (first on line 2)", id="duplicate-quoted"),
        pytest.param("x: {a: 1, a: 2}", 1, "duplicate key 'a'", id="duplicate-in-flow"),
        pytest.param("- a: 1\n- b: 1\n  b: 2\n", 3, "duplicate key 'b' (first on line 2)", id="duplicate-in-list"),
        pytest.param("a: &x 1\nb: 2", 1, "anchors and aliases", id="anchor"),
        pytest.param("a: 1\nb: *x", 2, "anchors and aliases", id="alias"),
        pytest.param("&x a: 1", 1, "anchors and aliases", id="anchored-key"),
        pytest.param("a: 1\n*x : 2", 2, "anchors and aliases", id="alias-as-key"),
        pytest.param("a: 1\n<<: {b: 2}", 2, "a key must be plain text", id="merge-key"),
        pytest.param("a: 1\n? [b]\n: 2", 2, "a key must be plain text", id="list-as-key"),
        pytest.param("a: !!python/object/apply:os.system [id]", 1, "tag", id="python-tag"),
        pytest.param("a: 1\nb: !!str 2", 2, "tag", id="core-tag"),
        pytest.param("a: ! 2", 1, "tag", id="non-specific-tag"),
        pytest.param("!!python/name:os.system a: 1", 1, "tag", id="tagged-key"),
        pytest.param("a: !!binary aGk=", 1, "tag", id="binary"),
        pytest.param("a: !include /etc/passwd", 1, "tag", id="local-tag"),
        pytest.param("a: 1\n---\nb: 2", 2, "second document", id="two-documents"),
        pytest.param("a: 1\nb: x\x07", 2, "U+0007", id="bell"),
        pytest.param("a: 1\nb: x\x00", 2, "U+0000", id="nul"),
        pytest.param("a: 1\nb: \x1b[31m", 2, "U+001B", id="escape"),
        pytest.param("a: 1\r\nb: \x85", 2, "U+0085", id="next-line"),
        pytest.param("a: 1\nb: '\u2028'", 2, "U+2028", id="line-separator"),
        pytest.param("\n\na: \ud800", 3, "U+D800", id="lone-surrogate"),
        pytest.param("a: 1\nb: [1, 2\n", 2, "not valid YAML", id="open-list"),
        pytest.param("a: 1\nb: 'x\n", 2, "not valid YAML", id="open-quote"),
        pytest.param("a: 1\nb:\n\t- c", 3, "not valid YAML", id="tab"),
        pytest.param("a: 1\nb: c: d", 2, "not valid YAML", id="two-colons"),
        pytest.param("a: 1\nb: @x", 2, "not valid YAML", id="reserved-sign"),
        pytest.param("a: 1\n  b: 2", 2, "not valid YAML", id="indentation"),
        pytest.param("%YAML 3.0\n---\na: 1", 1, "not valid YAML", id="future-version"),
        pytest.param("[" * 3000, 1, "nested deeper", id="flow-nesting"),
        pytest.param("a:\n" + "- " * 3000, 2, "nested deeper", id="block-nesting"),
        pytest.param("{a: " * 3000, 1, "nested deeper", id="mapping-nesting"),
    ],
)
def test_what_surprises_is_refused_with_its_line(loader: str, text: str, line: int, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read(text)
    assert caught.value.place == f"f.yaml:{line}"
    assert said in caught.value.problem


def test_a_bomb_is_refused_before_it_is_walked(loader: str) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 10)]
    with pytest.raises(ConfigError, match="anchors and aliases"):
        read("\n".join(lines))


def test_a_huge_file_is_refused_before_it_is_parsed() -> None:
    with pytest.raises(DataError, match="larger than 5,000,000 characters") as caught:
        yamlfile.read("a" * (MAX_LENGTH + 1), "big.yaml", error=DataError)
    assert caught.value.place == "big.yaml"
    assert caught.value.hint is not None


def test_nesting_up_to_the_limit_is_read(loader: str) -> None:
    value = read("[" * MAX_DEPTH + "]" * MAX_DEPTH).value
    for _ in range(MAX_DEPTH - 1):
        (value,) = value
    assert value == []


def test_lines_of_keys_items_and_of_what_has_none(loader: str) -> None:
    document = read(
        "version: 1\n\nprompts:\n  - id: a\n    gate:\n      max_drop: 2\n  - id: b # two\n    tags: [x,\n      y]\n"
    )
    lines = {
        ("version",): 1, ("prompts",): 3, ("prompts", 0): 4, ("prompts", 0, "gate"): 5,
        ("prompts", 0, "gate", "max_drop"): 6, ("prompts", 1): 7, ("prompts", 1, "tags"): 8,
        ("prompts", 1, "tags", 1): 9,
    }  # fmt: skip
    assert {path: document.line(path) for path in lines} == lines
    assert document.line(("prompts", 1, "gate", "max_drop")) == 7
    assert document.line(("nowhere",)) == 1
    assert document.line(()) == 1


def test_front_matter_counts_from_where_it_stands() -> None:
    document = yamlfile.read("model: x\nseed: 1\n", "p.md", error=DataError, first_line=2)
    assert document.line(("seed",)) == 3
    with pytest.raises(DataError) as caught:
        yamlfile.read("model: x\nseed: *a\n", "p.md", error=DataError, first_line=2)
    assert caught.value.place == "p.md:3"


PLAIN = st.text(st.characters(exclude_categories=["Cc", "Cn", "Cs", "Zl", "Zp"]), max_size=12)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | PLAIN,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(PLAIN, inner, max_size=4),
    max_leaves=12,
)


def both(text: str) -> list[Document | None]:
    """What the C loader and the pure one make of `text`; None where it was refused."""
    found: list[Document | None] = []
    with pytest.MonkeyPatch.context() as patch:
        for _ in range(2):
            try:
                found.append(read(text))
            except ConfigError:
                found.append(None)
            patch.delattr(yaml, "CSafeLoader", raising=False)
    return found


@given(VALUES)
def test_json_text_is_read_as_json_by_both_loaders(value: Json) -> None:
    text = json.dumps(value, indent=1, ensure_ascii=False)
    for document in both(text):
        assert document is not None
        assert json.dumps(document.value) == json.dumps(value)


@given(st.text(st.sampled_from("ab: -\n,[]{}'\"#&*!|>?%@01.~"), max_size=25))
def test_both_loaders_agree_on_any_text_or_one_refuses(text: str) -> None:
    c, pure = both(text)
    if c is not None and pure is not None:
        assert c == pure


@given(st.text(max_size=15))
def test_a_scalar_never_raises_and_is_json(text: str) -> None:
    json.dumps(scalar(text), allow_nan=False)


MERGES: dict[str, tuple[str, Json]] = {
    "one": ("- &a {x: 1, y: 2}\n- {<<: *a, y: 3}\n", {"x": 1, "y": 3}),
    "what-stands-there-wins-in-any-order": ("- &a {x: 1}\n- {x: 2, <<: *a}\n", {"x": 2}),
    "the-first-of-several-wins": ("- &a {x: 1}\n- {<<: [*a, {x: 2, y: 3}]}\n", {"x": 1, "y": 3}),
    "in-place": ("- 0\n- {<<: {x: 1}}\n", {"x": 1}),
    "in-quotes-it-is-a-key": ("- 0\n- {'<<': 1}\n", {"<<": 1}),
}


@pytest.mark.parametrize("name", MERGES)
def test_a_mapping_takes_over_another(name: str) -> None:
    text, expected = MERGES[name]
    found = yamlfile.read(text, "a.yaml", error=DataError, aliases=True)
    assert found.value[1] == expected
    assert all(found.line((1, key)) > 1 for key in expected)


@pytest.mark.parametrize("text", ["{<<: 1}", "{<<: [1]}", "{<<: a}"])
def test_only_mappings_are_taken_over(text: str) -> None:
    with pytest.raises(DataError, match="'<<' must be followed by a mapping"):
        yamlfile.read(text, "a.yaml", error=DataError, aliases=True)
    with pytest.raises(DataError, match="a key must be plain text"):
        yamlfile.read(text, "a.yaml", error=DataError)
