"""Handlebars text to a tree."""

from __future__ import annotations

import re

from promptci.errors import DataError
from promptci.prompts.handlebars.nodes import BLOCKS, HELPERS, MAX_DEPTH, MAX_TAGS, Block, Node, Partial, Value

TAG = re.compile(
    r"(?P<escaped>\\)?(?P<open>\{\{\{|\{\{)(?P<trim>~?)"
    r"(?:(?P<comment>!(?:--.{0,2000}?--|(?:\{\{[^{}]*\}\}|[^{}~]|~(?!\})|\{(?!\{)|\}(?!\})){0,2000}))|\s*(?P<sign>[#/^>&]?)\s*(?P<body>(?:\"[^\"]*\"|'[^']*'|[^{}\"']){0,500}?)\s*)"
    r"(?P<trim_after>~?)(?:\}\}\}|\}\})",
    re.DOTALL,
)
_WORD = re.compile(r"\s*(?:(?P<key>[\w-]+)=)?(?P<value>\"[^\"]*\"|'[^']*'|[^\s=]+)")


_STATE = re.compile(r"(?:\.\./)*@(?!(?:index|key|first|last|root)\b)")  # what a program would hand over
_UNREAD = {
    "(": "a helper inside a tag, '{} ...)', is not read",
    "|": "names for a block's items, 'as {}', are not read",
    "@": "'{}' comes from the program that fills the prompt, and is not read",
}


def partial_names(text: str) -> list[str]:
    """Return the names of the partials that a text uses, in their order."""
    return [m["body"].split()[0].strip("\"'") for m in TAG.finditer(text) if m["sign"] == ">" and m["body"]]


def logic(text: str) -> list[str]:
    """Return the tags of a text that are no plain values, in their order: a search must keep them."""
    return [m[0] for m in TAG.finditer(text) if m["comment"] is None and (m["sign"] or m["body"].startswith("else"))]


def parse(text: str, place: str, first_line: int) -> list[Node]:
    """Return the nodes of a text. Raises DataError with place:line for what is not read."""
    if text.count("{{") > MAX_TAGS:
        raise DataError(f"the prompt has more than {MAX_TAGS:,} placeholders and tags", place=place)
    root = Block("", (), inverted=False)
    stack = [root]
    end = 0

    def refuse(problem: str, at: int, hint: str | None = None) -> DataError:
        return DataError(problem, place=f"{place}:{text.count(chr(10), 0, at) + first_line}", hint=hint)

    for tag in TAG.finditer(text):
        start, stop = _trimmed(text, tag, end)
        _put(stack[-1], text[end : max(end, start)])
        end = stop
        if tag["escaped"]:
            _put(stack[-1], text[tag.start("open") : tag.end()])
        elif tag["comment"] is None:
            problem = _take(tag, stack)
            if problem is not None:
                raise refuse(problem, tag.start(), "read are: values, #if, #unless, #each, #with, json, partials")
    _put(stack[-1], text[end:])
    while stack[-1].chained:
        stack.pop()
    if len(stack) > 1:
        raise refuse(f"{{{{#{stack[-1].name}}}}} is never closed", len(text))
    return root.body


def _trimmed(text: str, tag: re.Match[str], end: int) -> tuple[int, int]:
    """Return where the text before a tag ends and the one behind it starts: a block tag alone takes its whole line."""
    start, stop = tag.start(), tag.end()
    alone = (
        tag["comment"] is not None or tag["sign"] in ("#", "/", "^", ">") or (tag["body"] or "").split(" ")[0] == "else"
    )
    if alone and not tag["escaped"]:
        line = text.rfind("\n", 0, start) + 1
        below = text.find("\n", stop)
        below = len(text) if below < 0 else below + 1
        if (
            line >= end - len(text[line:end])
            and not text[max(line, 0) : start].strip()
            and not text[stop:below].strip()
        ):
            start, stop = max(line, end), below
    if tag["trim"]:
        start = end + len(text[end : tag.start()].rstrip())
    if tag["trim_after"]:
        stop = len(text) - len(text[tag.end() :].lstrip())
    return start, stop


def _put(block: Block, node: Node) -> None:
    if node != "":
        (block.other if block.in_other else block.body).append(node)


def _take(tag: re.Match[str], stack: list[Block]) -> str | None:
    """Put one tag into the tree; return what is wrong with it."""
    sign, words, named = tag["sign"], *_words(tag["body"])
    if not words:
        return "an empty placeholder"
    if (odd := next((word for word in words if word.startswith(("(", "|")) or _STATE.match(word)), None)) is not None:
        return _UNREAD.get(odd[0], "'{}' is not read").format(odd)
    if sign == ">":
        values = dict(named)
        _put(stack[-1], Partial(words[0].strip("\"'"), words[1] if len(words) > 1 else None, values))
        return None
    if sign in ("#", "^"):
        if words[0] not in BLOCKS and len(words) > 1:
            return f"the helper '#{words[0]}' is not read"
        if len(stack) > MAX_DEPTH:
            return f"blocks are nested deeper than {MAX_DEPTH} levels"
        stack.append(Block(words[0], tuple(words[1:]), inverted=sign == "^"))
        _put(stack[-2], stack[-1])
        return None
    if sign == "/":
        while stack[-1].chained:
            stack.pop()
        if len(stack) == 1 or stack[-1].name != words[0]:
            return f"{{{{/{words[0]}}}}} closes nothing"
        stack.pop()
        return None
    if words[0] == "else":
        return _else(words, stack)
    if words[0] == "json" and len(words) == 2 and [key for key, _ in named] == ["indent"]:
        if not re.fullmatch("[0-8]", named[0][1]):
            return "json takes an indent of 0 to 8"
        words, named = [*words, named[0][1]], []
    if named or (len(words) > 1 and words[0] not in HELPERS) or words[0] in BLOCKS:
        return f"the helper '{words[0]}' is not read"
    _put(stack[-1], Value(tuple(words)))
    return None


def _else(words: list[str], stack: list[Block]) -> str | None:
    if len(stack) == 1 or stack[-1].in_other:
        return "{{else}} belongs to no block"
    stack[-1].in_other = True
    if len(words) > 1:
        if words[1] not in BLOCKS or len(stack) > MAX_DEPTH:
            return f"the helper '{words[1]}' is not read"
        stack.append(Block(words[1], tuple(words[2:]), inverted=False, chained=True))
        _put(stack[-2], stack[-1])
    return None


def _words(body: str) -> tuple[list[str], list[tuple[str, str]]]:
    found = list(_WORD.finditer(body))
    return [m["value"] for m in found if m["key"] is None], [(m["key"], m["value"]) for m in found if m["key"]]
