"""Where a Python program keeps a prompt: a constant, a key of one, what a function returns, a list of messages.

LangChain's words for messages and templates are known, since many programs keep their prompts in them.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeGuard

from promptci.errors import DataError
from promptci.prompts.scope import bound, nodes

_FUNCTIONS = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Said:
    """One message: who speaks (`history`: where a chat is put), its text's expression, and whether it has fields."""

    role: str | None
    value: ast.expr | None
    template: bool = False


def find(body: Sequence[ast.stmt], names: Sequence[str], place: str, selector: str) -> ast.expr:
    """Return the expression that the names lead to. Raises DataError with place:line where there is none, or two."""
    first, *rest = names
    for node in body:
        if rest and isinstance(node, ast.ClassDef | _FUNCTIONS) and node.name == first:
            _refuse_twice(body, node, first, place)
            return find(node.body, rest, place, selector)
    returned = [node for node in body if not rest and isinstance(node, _FUNCTIONS) and node.name == first]
    if returned:
        _refuse_twice(body, returned[0], first, place)
        return _returned(returned[0], place, selector)
    given = [(node, value) for node in body for name, value in _given(node) if name == first]
    if given:
        _refuse_twice(body, given[0][0], first, place)
        return _inside(given[0][1], rest, place, selector)
    there = ", ".join(texts(body)) or "none"
    raise DataError(f"there is no '{selector}'", place=place, hint=f"texts there: {there}")


def _refuse_twice(body: Sequence[ast.stmt], node: ast.stmt, name: str, place: str) -> None:
    """Raise DataError where `name` is bound by another statement than `node`, too: that value may be the one in use."""
    at = sorted(bound(body, name, after=node.lineno))
    if len(at) > 1:
        hint = "give the text that is to be measured a name of its own"
        raise DataError(f"'{name}' is set more than once", place=f"{place}:{at[1]}", hint=hint)


def _given(node: ast.stmt) -> Iterator[tuple[str, ast.expr]]:
    """Each name that a statement gives a value, or adds to, with that value."""
    if isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign) and node.value is not None:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        yield from ((target.id, node.value) for target in targets if isinstance(target, ast.Name))


def _inside(value: ast.expr, names: Sequence[str], place: str, selector: str) -> ast.expr:
    """Follow keys of a dictionary and numbers of a list: `PROMPTS.router`, `MESSAGES.0.content`."""
    for name in names:
        if isinstance(value, ast.List | ast.Tuple) and name.isdecimal() and int(name) < len(value.elts):
            value = value.elts[int(name)]
            continue
        if not isinstance(value, ast.Dict):
            raise DataError(f"there is no '{selector}'", place=f"{place}:{value.lineno}")
        found = [
            v for k, v in zip(value.keys, value.values, strict=True) if isinstance(k, ast.Constant) and k.value == name
        ]
        if not found:
            raise DataError(f"there is no '{selector}'", place=f"{place}:{value.lineno}")
        value = found[-1]
    return value


def _returned(function: _FUNCTIONS, place: str, selector: str) -> ast.expr:
    """What a function returns, where that is one expression: a text, or a name that it sets once."""
    found = [node.value for node in nodes(function.body) if isinstance(node, ast.Return) and node.value is not None]
    if len(found) != 1:
        there = ", ".join(texts(function.body, f"{selector}.")) or "none"
        problem = f"'{selector}' returns {len(found)} values" if found else f"'{selector}' returns nothing"
        raise DataError(problem, place=f"{place}:{function.lineno}", hint=f"name a text; there are: {there}")
    value = found[0]
    return find(function.body, [value.id], place, f"{selector}.{value.id}") if isinstance(value, ast.Name) else value


_SPEAKERS: Mapping[str, str] = {
    "SystemMessage": "system", "HumanMessage": "user", "AIMessage": "assistant",
    "SystemMessagePromptTemplate": "system", "HumanMessagePromptTemplate": "user",
    "AIMessagePromptTemplate": "assistant",
}  # fmt: skip
_LISTS = ("from_messages", "ChatPromptTemplate")
_TEMPLATES = ("from_template", "PromptTemplate")


def called(value: ast.expr) -> str:
    """The name of the function that is called, without its module; "" for no call of a name."""
    function = value.func if isinstance(value, ast.Call) else value
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def spoken(value: ast.expr) -> list[Said] | None:
    """Return the messages of a list of them, None for anything that is none."""
    template = False
    if isinstance(value, ast.Call) and called(value) in _LISTS:
        template = True
        value = next((k.value for k in value.keywords if k.arg == "messages"), value.args[0] if value.args else value)
    if not isinstance(value, ast.List | ast.Tuple) or not value.elts:
        return None
    found = [_message(one, template) for one in value.elts]
    return [one for one in found if one is not None] if all(found) else None


def _message(value: ast.expr, template: bool) -> Said | None:
    if isinstance(value, ast.Dict):
        given = {k.value: v for k, v in zip(value.keys, value.values, strict=True) if isinstance(k, ast.Constant)}
        speaker = given.get("role")
        if not isinstance(speaker, ast.Constant) or set(given) != {"role", "content"} or len(given) != len(value.keys):
            return None
        return Said(str(speaker.value), given["content"], template)
    if isinstance(value, ast.Tuple | ast.List) and len(value.elts) == 2 and isinstance(value.elts[0], ast.Constant):
        role = str(value.elts[0].value)
        return Said("history", None) if role == "placeholder" else Said(role, value.elts[1], template)
    if not isinstance(value, ast.Call):
        return None
    if called(value) == "MessagesPlaceholder":
        return Said("history", None)
    if called(value) in _SPEAKERS:
        return _with_argument(_SPEAKERS[called(value)], value, "content")
    owner = value.func.value if isinstance(value.func, ast.Attribute) else None
    if called(value) == "from_template" and owner is not None and called(owner) in _SPEAKERS:
        return _with_argument(_SPEAKERS[called(owner)], value, "template", template=True)
    return None


def _with_argument(role: str, call: ast.Call, name: str, *, template: bool = False) -> Said | None:
    found = next((k.value for k in call.keywords if k.arg == name), call.args[0] if call.args else None)
    return None if found is None else Said(role, found, template)


def unwrapped(value: ast.expr) -> tuple[ast.expr, bool]:
    """Return the text of a template (LangChain's, or `"...".format(name=...)`), and whether it is one; others stay."""
    if not isinstance(value, ast.Call):
        return value, False
    by_name = not value.args and bool(value.keywords)
    if by_name and isinstance(value.func, ast.Attribute) and value.func.attr == "format":
        return value.func.value, True
    if called(value) not in _TEMPLATES:
        return value, False
    named = {k.arg: k.value for k in value.keywords}
    other = named.get("template_format")
    if other is not None and not (isinstance(other, ast.Constant) and other.value == "f-string"):
        return value, False
    found = named.get("template", value.args[0] if value.args else None)
    return (value, False) if found is None else (found, True)


def texts(body: Sequence[ast.stmt], above: str = "") -> Iterator[str]:
    """The names of the texts and chats of a program, those inside classes and functions with these in front."""
    for node in body:
        if isinstance(node, ast.ClassDef | _FUNCTIONS):
            yield from texts(node.body, f"{above}{node.name}.")
        else:
            yield from (above + name for name, value in _given(node) if is_text(unwrapped(value)[0]) or spoken(value))


def is_text(value: ast.expr) -> TypeGuard[ast.Constant | ast.JoinedStr]:
    """Whether an expression is a text written out."""
    return isinstance(value, ast.JoinedStr) or (isinstance(value, ast.Constant) and isinstance(value.value, str))
