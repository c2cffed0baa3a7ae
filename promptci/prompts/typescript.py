"""A text in a TypeScript or JavaScript program: `src/prompts.ts::ROUTER`, read by tree-sitter (the extra `typescript`).

A template literal's `${name}` are the prompt's variables; an expression that is no name is refused.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from promptci.core import Part
from promptci.errors import DataError
from promptci.prompts.base import Edit, PromptFile, Slot
from promptci.prompts.chat import style_of

if TYPE_CHECKING:
    from tree_sitter import Node

_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0", "\n": ""}
_ESCAPE = re.compile(r"\\(u\{[0-9a-fA-F]+\}|u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|[\s\S])")


class TypeScript:
    """One constant of a module."""

    def read(self, text: str, place: str, selector: str | None) -> PromptFile:
        """Find the constant. Raises DataError with place:line when it is not there or is no literal."""
        source = text.encode()
        root = _parser(place).parse(source).root_node
        if not selector:
            raise DataError("a program holds many texts", place=place, hint=f"name one: {place}::NAME")
        node = _find(root, selector.split("."))
        if node is None:
            raise DataError(
                f"there is no '{selector}'", place=place, hint="name a const, or a key of one: PROMPTS.router"
            )
        node, dedented = _spoken(node)
        where = f"{place}:{node.start_point[0] + 1}"
        if node.type not in ("string", "template_string"):
            raise DataError(
                f"'{selector}' is put together by the program", place=where, hint="only a literal text can be rewritten"
            )
        said, filled = _value(node, source, where)
        inner = said.strip()
        if not inner:
            raise DataError(f"'{selector}' is empty", place=where)
        at = said.index(inner)
        around, margin = (said[:at], said[at + len(inner) :]), _margin(said) if dedented else ""
        inner = inner.replace("\n" + margin, "\n")
        part = Part(None, inner, node.start_point[0] + 1, *(("", "") if dedented else around))
        start, end = len(source[: node.start_byte].decode()), len(source[: node.end_byte].decode())
        style = "fstring" if filled else style_of(said)
        return PromptFile((part,), (_slot((start, end), text[start], around, margin, filled),), style=style)


_AROUND = ("as_expression", "satisfies_expression", "parenthesized_expression")


def _spoken(node: Node) -> tuple[Node, bool]:
    """The literal below what changes no text: types, what a function returns, `dedent` (and whether that stands there).

    `dedent` takes the blanks around the text off, and those that all of its lines but the first begin with.
    """
    dedented = False
    while True:
        inner = node.named_children[0] if node.type in _AROUND else _returned(node)
        if inner is None and node.type == "call_expression" and _text(node.named_children[0]) in ("dedent", "endent"):
            tagged = node.child_by_field_name("arguments")
            inner, dedented = (tagged if tagged is not None and tagged.type == "template_string" else None), True
        if inner is None:
            return node, dedented
        node = inner


def _returned(node: Node) -> Node | None:
    """What a function gives back, where that is one expression; None for what is no such function."""
    if node.type not in ("arrow_function", "function_declaration", "function_expression", "method_definition"):
        return None
    body = node.child_by_field_name("body")
    if body is None or body.type != "statement_block":
        return body
    found, pending = [], [*body.named_children]
    while pending:
        one = pending.pop()
        if one.type == "return_statement":
            found.append(one)
        elif "function" not in one.type and one.type != "method_definition":
            pending.extend(one.named_children)
    return found[0].named_children[0] if len(found) == 1 and found[0].named_children else None


def _margin(said: str) -> str:
    lines = [line for line in said.split("\n")[1:] if line.strip()]
    return min((line[: len(line) - len(line.lstrip())] for line in lines), key=len, default="")


def _parser(place: str) -> Any:
    try:
        import tree_sitter
        import tree_sitter_typescript
    except ImportError:
        hint = "pip install 'promptci-gate[typescript]'"
        raise DataError(
            "reading TypeScript needs tree-sitter, which is not installed", place=place, hint=hint
        ) from None
    grammar = (
        tree_sitter_typescript.language_tsx() if place.endswith("x") else tree_sitter_typescript.language_typescript()
    )
    return tree_sitter.Parser(tree_sitter.Language(grammar))


def _find(node: Node, names: list[str]) -> Node | None:
    """Return the value of a variable, then of keys of an object; or a function of that name."""
    pending = [node]  # a stack of our own: programs nest deeper than functions may call themselves
    while pending:
        one = pending.pop()
        if one.type == "variable_declarator":
            name, value = one.child_by_field_name("name"), one.child_by_field_name("value")
            if name is not None and value is not None and _text(name) == names[0]:
                return _key(value, names[1:])
        if one.type in ("function_declaration", "method_definition") and len(names) == 1:
            name = one.child_by_field_name("name")
            if name is not None and _text(name) == names[0]:
                return one
        pending.extend(reversed(one.named_children))
    return None


def _key(node: Node, names: list[str]) -> Node | None:
    while node.type in _AROUND:
        node = node.named_children[0]
    if not names:
        return node
    for pair in node.named_children if node.type == "object" else ():
        key, value = pair.child_by_field_name("key"), pair.child_by_field_name("value")
        if key is not None and value is not None and _text(key).strip("\"'") == names[0]:
            return _key(value, names[1:])
    return None


def _text(node: Node) -> str:
    return (node.text or b"").decode()


def _value(node: Node, source: bytes, where: str) -> tuple[str, bool]:
    if node.type == "string":
        return _unescaped(_text(node)[1:-1]), False
    fields = [c for c in node.named_children if c.type == "template_substitution"]
    found, at = "", node.start_byte + 1
    for field in fields:
        name = _text(field)[2:-1].strip()
        if not name.isidentifier():
            hint = "give it a name first: const name = ...; then ${name}"
            raise DataError(f"'{_text(field)}' is no name", place=where, hint=hint)
        found += _braced(_unescaped(source[at : field.start_byte].decode())) + f"{{{name}}}"
        at = field.end_byte
    last = _unescaped(source[at : node.end_byte - 1].decode())
    return (found + _braced(last), True) if fields else (last, False)


def _braced(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")


def _unescaped(text: str) -> str:
    def one(found: re.Match[str]) -> str:
        said = found[1]
        if len(said) > 1 and said[0] in "ux":
            number = int(said[1:].strip("{}"), 16)
            return chr(number) if number <= sys.maxunicode else found[0]
        return _ESCAPES.get(said, said)

    # Two escapes of a pair are one character; half of one is none.
    # A line's end in the file is "\n" in a template, whatever it is there; one that is written as escapes stays.
    whole = _ESCAPE.sub(one, text.replace("\r\n", "\n"))
    return whole.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _slot(span: tuple[int, int], quote: str, around: tuple[str, str], margin: str, filled: bool) -> Slot:
    """Ways to write the literal between the blanks that are `around` it, its lines behind the margin."""
    start, end = span

    def ways(new: str) -> Iterator[Edit]:
        whole = around[0] + re.sub(r"\n(?!\n)", "\n" + margin, new) + around[1]
        if quote == "`" or "\n" in whole:
            inner = whole.replace("\\", "\\\\").replace("`", "\\`").replace("${", "\\${").replace("\r", "\\r")
            if filled:
                inner = re.sub(r"\{\{|\}\}|\{(\w+)\}", lambda m: f"${{{m[1]}}}" if m[1] else m[0][0], inner)
            yield Edit(start, end, f"`{inner}`")
        inner = json.dumps(whole, ensure_ascii=False)[1:-1]
        inner = inner if quote == '"' else inner.replace('\\"', '"').replace("'", "\\'")
        yield Edit(start, end, f"{quote}{inner}{quote}" if quote != "`" else json.dumps(whole, ensure_ascii=False))

    return ways


FORMAT = TypeScript()
