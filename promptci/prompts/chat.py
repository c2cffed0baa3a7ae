"""Chats as data: a list of messages in a YAML, JSON or TOML file, or a request body around one; or one key of the file.

`config/app.toml::prompts.router` chooses a text; `chats.json::triage` may choose a list of messages as well.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Literal

from promptci.core import Json, Message, Part, PartRole, Style, ToolCall
from promptci.errors import DataError
from promptci.pictures import HINT, picture_of
from promptci.prompts import jsontree, yamltree
from promptci.prompts.base import PromptFile, Slot
from promptci.prompts.bodies import OF_THE_CALL, parameters_of
from promptci.prompts.descriptions import describes, kept_short
from promptci.prompts.foreign import fields
from promptci.prompts.parameters import UNSENT_NOTE, sorted_out
from promptci.prompts.shapes import shape_of, texts_in
from promptci.prompts.tree import Path, Tree, TreeReader, chosen, find

ROLES: Mapping[str, PartRole] = {
    "system": "system", "developer": "system", "user": "user", "human": "user", "assistant": "assistant",
    "ai": "assistant", "model": "assistant", "tool": "tool",
}  # fmt: skip
_KEYS = frozenset(("role", "content", "name", "tool_calls", "tool_call_id"))
_TYPES = (("type", "message"), ("type", "chatmessage"))  # OpenAI's responses, Langfuse: nothing but what it is


@dataclass(frozen=True, slots=True)
class Chat:
    """A file that `tree` reads, as a whole or at a selector."""

    tree: TreeReader

    def read(self, text: str, place: str, selector: str | None) -> PromptFile:
        """Read a chat, or the text that the selector names. Raises DataError with place:line."""
        if self.tree is jsontree.read and selector is None and (found := _around_json(text, place)) is not None:
            return found
        tree = self._tree(text, place)
        if selector is not None:
            path = find(tree, selector)
            value = value_at(tree, path)
            if not isinstance(value, list | dict):
                return _one(tree, *chosen(tree, selector))
            return conversation(tree, value, path)
        if isinstance(tree.value, str) and tree.value.strip():
            return _one(tree, (), tree.value)
        return conversation(tree, tree.value, ())

    def _tree(self, text: str, place: str) -> Tree:
        try:
            return self.tree(text, place)
        except DataError as problem:
            if self.tree is not yamltree.read or "{%" not in text:
                raise
            hint = "write the messages as JSON, with the same tags; turns that a row brings go into its `messages`"
            said = "the file only becomes YAML when it is filled, and only JSON is read so"
            raise DataError(said, place=problem.place, hint=hint) from None


def _around_json(text: str, place: str) -> PromptFile | None:
    """A template that only becomes JSON when it is filled: its tags stand between the values, not inside texts."""
    if "{%" not in text and "{{" not in text:
        return None
    try:
        jsontree.read(text, place)
    except DataError:
        begin = int(text.startswith("\ufeff"))
        return PromptFile((Part("chat", text[begin:].strip()),), (None,))
    return None


def filled(text: str, place: str) -> tuple[Message, ...]:
    """Return the messages of a filled JSON template. Raises DataError when it became no chat."""
    try:
        tree = jsontree.read(text, "filled")
        found = conversation(tree, tree.value, (), blank=True)
    except DataError as problem:
        said = f"filled for a case it is no JSON chat: {problem.problem}"
        hint = "a value is put in as JSON by {{ name | tojson }}; inside a text in quotes it needs no filter"
        raise DataError(said, place=place, hint=problem.hint or hint) from None
    if found.parameters:
        raise DataError(f"'{next(iter(found.parameters))}' cannot be set by a template", place=place)
    return tuple(
        Message(_speaker(p, place), p.whole, p.tool_calls, p.tool_call_id, p.pictures, p.name) for p in found.parts
    )


def _speaker(part: Part, place: str) -> Literal["system", "user", "assistant", "tool"]:
    match part.role:
        case "system" | "user" | "assistant" | "tool":
            return part.role
        case _:
            raise DataError("a message has no 'role'", place=place)


def conversation(tree: Tree, value: Json, at: Path, *, blank: bool = False) -> PromptFile:
    """Read a list of messages, or a mapping that holds a prompt and what is sent along (a request body)."""
    if isinstance(value, list):
        parts, slots = messages(tree, value, at, blank=blank)
        return PromptFile(parts, slots, rewritable(parts))
    shape = shape_of(value) if isinstance(value, dict) else None
    if shape is None:
        raise _no_chat(tree, value, at)
    if shape.problem is not None:
        raise DataError(shape.problem, place=tree.where(*at))
    nested, read = parameters_of(value)
    unsent = sorted(OF_THE_CALL & set(value) - set(shape.read))
    also = (*shape.read, *read, *unsent)
    parameters, notes = sorted_out(value, lambda key: tree.where(*at, key), also=also)
    parameters, notes = {**parameters, **nested}, {**notes, **({UNSENT_NOTE: unsent} if unsent else {})}
    if shape.settings is not None:
        place = (*at, *shape.settings)
        more_parameters, more_notes = sorted_out(value_at(tree, place), lambda key: tree.where(*place, key))
        parameters, notes = {**parameters, **more_parameters}, {**notes, **more_notes}
    said = [_said(tree, role, (*at, *path)) for role, path in shape.texts]
    parts, slots = tuple(part for part, _ in said), tuple(slot for _, slot in said)
    if any(shape.around):
        first = parts[0]
        above, below = shape.around[0] + first.before, first.after + shape.around[1]
        parts = (replace(first, before=above, after=below), *parts[1:])
    if shape.listed is not None:
        more = messages(tree, value[shape.listed], (*at, shape.listed), blank=blank)
        parts, slots = (*parts, *more[0]), (*slots, *more[1])
    found = PromptFile(parts, slots, rewritable(parts), parameters, notes, defaults=shape.defaults)
    return replace(found, style=shape.style) if shape.style is not None else found


def _no_chat(tree: Tree, value: Json, at: Path) -> DataError:
    hint = "write a list of messages with 'role' and 'content', or name a key: file::key"
    if named := [".".join(map(str, (*at, name))) for name in islice(texts_in(value), _SHOWN)]:
        hint = f"name the text that is the prompt: {', '.join(f'{tree.place}::{name}' for name in named)}"
    keys = f"; its keys are: {', '.join(value)}" if isinstance(value, dict) and value else ""
    return DataError(f"there are no 'messages'{keys}", place=tree.where(*at), hint=hint)


_SHOWN = 5  # texts that a hint names


def _said(tree: Tree, role: PartRole | None, path: Path) -> tuple[Part, Slot | None]:
    """The text at a path as a part. Raises DataError for one that is empty."""
    if role == "history":
        return Part("history", "", tree.line(path)), None
    text = value_at(tree, path)
    if not isinstance(text, str) or not text.strip():
        raise DataError("a message has no content", place=tree.where(*path), hint="write its text there")
    part = tree.part(role, path, text)
    return part, None if role == "turns" else tree.slot_of(part, path)


def messages(
    tree: Tree, value: Json, at: Path, *, blank: bool = False
) -> tuple[tuple[Part, ...], tuple[Slot | None, ...]]:
    """Return the parts of a list of messages, each with its slot; `blank` allows for empty ones.

    Raises DataError with place:line.
    """
    if not isinstance(value, list) or not value:
        raise DataError("'messages' must be a list of messages with 'role' and 'content'", place=tree.where(*at))
    found = [_message(tree, one, (*at, n), blank) for n, one in enumerate(value)]
    return tuple(part for part, _ in found), tuple(slot for _, slot in found)


def rewritable(parts: Sequence[Part]) -> int:
    """Return the first system message that can hold an instruction, else the first user message, else the first."""
    for role in ("system", None, "user"):
        for index, part in enumerate(parts):
            if part.role == role:
                return index
    return 0


def _message(tree: Tree, value: Json, at: Path, blank: bool) -> tuple[Part, Slot | None]:
    if not isinstance(value, dict):
        raise DataError("a message must have 'role' and 'content'", place=tree.where(*at))
    if value.get("type") == "placeholder" and set(value) == {"type", "name"}:  # Langfuse: a row's chat goes here
        return Part("history", "", tree.line(at)), None
    for key in value:
        if key not in _KEYS and (key, value[key]) not in _TYPES:
            raise DataError(f"unknown key '{key}' of a message", place=tree.where(*at, key), hint="role, content")
    role = ROLES.get(str(value.get("role")))
    if role is None:
        said = f"a message has the role {value['role']!r}" if "role" in value else "a message has no 'role'"
        raise DataError(said, place=tree.where(*at, "role"), hint="roles are: system, user, assistant, tool")
    path, content, pictures = _content(tree, value.get("content"), (*at, "content"))
    empty = replace(_empty(tree, role, value, at), pictures=pictures)
    if not content.strip():
        if empty.tool_calls or pictures:
            return empty, None
        if blank and isinstance(value.get("content"), str):
            return replace(empty, text=content), None
        raise DataError("a message has no content", place=tree.where(*at), hint="write its text as 'content'")
    read = tree.part(role, path, content)
    part = replace(empty, text=read.text, first_line=read.first_line, before=read.before, after=read.after)
    return part, tree.slot_of(part, path)


def _empty(tree: Tree, role: PartRole, value: Mapping[str, Json], at: Path) -> Part:
    """What a message is but for its content."""
    listed = value.get("tool_calls") or []
    if not isinstance(listed, list):
        raise DataError("'tool_calls' must be a list", place=tree.where(*at, "tool_calls"))
    calls = tuple(_call(tree, c, (*at, "tool_calls", n)) for n, c in enumerate(listed))
    link, name = value.get("tool_call_id"), value.get("name")
    if name is not None and not isinstance(name, str):
        raise DataError("the 'name' of a message must be a text", place=tree.where(*at, "name"))
    linked = None if link is None else str(link)
    return Part(role, "", tree.line(at), tool_calls=calls, tool_call_id=linked, name=name or None)


def _content(tree: Tree, value: Json, at: Path) -> tuple[Path, str, tuple[str, ...]]:
    """A text, or a list of one text and of pictures; where the text stands, the text, and the pictures."""
    if value is None or isinstance(value, str):
        return at, value or "", ()
    found: list[tuple[Path, str]] = []
    pictures: list[str] = []
    for number, part in enumerate(value if isinstance(value, list) else [value]):
        picture = picture_of(part)
        if picture is not None:
            pictures.append(picture)
        elif isinstance(part, dict) and isinstance(part.get("text"), str) and not found:
            found.append(((*at, number, "text"), part["text"]))
        else:
            problem = "the content of a message must be one text, and pictures beside it"
            raise DataError(problem, place=tree.where(*at, number), hint=HINT)
    path, text = found[0] if found else (at, "")
    return path, text, tuple(pictures)


def _call(tree: Tree, value: Json, at: Path) -> ToolCall:
    function = value.get("function") if isinstance(value, dict) else None
    if not isinstance(function, dict) or not isinstance(function.get("name"), str):
        raise DataError("a tool call must have a function with its name", place=tree.where(*at))
    given = function.get("arguments", "{}")
    try:
        arguments = json.loads(given) if isinstance(given, str) else given
    except (ValueError, RecursionError):
        raise DataError("the arguments of a tool call are not JSON", place=tree.where(*at)) from None
    canonical = json.dumps(arguments, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return ToolCall(function["name"], canonical, str(value.get("id", "")))


def _one(tree: Tree, path: Path, text: str) -> PromptFile:
    part = tree.part(None, path, text)
    slot = tree.slot_of(part, path)
    if describes(tree, path):
        return PromptFile((part,), (kept_short(slot, text),), style="none")
    return PromptFile((part,), (slot,), style=style_of(text))


def style_of(text: str) -> Style:
    """Return how a text in a program's file writes placeholders: Python's format when it has fields, else Jinja2."""
    return "fstring" if "{%" not in text and fields(text) else "jinja"


def value_at(tree: Tree, path: Path) -> Json:
    """Return the value at a path that exists."""
    value = tree.value
    for key in path:
        value = value[key]
    return value


def _toml(text: str, place: str) -> Tree:
    from promptci.prompts import tomltree  # brings tomllib, for prompts in TOML only

    return tomltree.read(text, place)


JSON, YAML, TOML = Chat(jsontree.read), Chat(yamltree.read), Chat(_toml)
