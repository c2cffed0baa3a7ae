"""Reads labelled blocks of a text: worked examples, scored instructions, failures, numbered prompts."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

Kind = Literal["in", "out", "got", "text", "score", "parent", "other"]

_REPLY = r"(?: (?:answer|output|reply|response|label))?"
_KINDS: tuple[tuple[Kind, str], ...] = (
    ("got", rf"(?:got|given|actual|predicted|prediction|model'?s?|wrong|your|its|bad){_REPLY}"),
    ("out", rf"(?:expected|correct|true|right|gold|target|ground[- ]truth|wanted|good){_REPLY}"),
    ("out", r"output|out|answer|a|label|completion|gt"),
    ("in", r"input|in|question|q|problem|ticket|message|review|sentence|case|example input|x"),
    ("score", r"score|accuracy|rating|value|points"),
    (
        "parent",
        r"(?:(?:basic|best|base|different|current|parent|new|second|third|first) )?"
        r"(?:prompt|instruction|parent|variant|candidate)s?",
    ),
    ("text", r"text|(?:old|present|starting|original) (?:prompt|instruction)"),
)
_LABELS = tuple((kind, re.compile(pattern, re.IGNORECASE)) for kind, pattern in _KINDS)
_LINE = re.compile(
    r"^[ \t]*(?:[-*>•#]+[ \t]*|\d{1,3}[.)][ \t]+)?(?:\*\*|\[)?([A-Za-z][A-Za-z' -]{0,30}?)(?:[ \t]*#?(\d+|[A-D]))?"
    r"(?:\*\*|\])?[ \t]*(?:\((\d+(?:\.\d+)?)\))?[ \t]*[:=](?!//)(?:\*\*)?[ \t]*(.*)$"
)
# Lines that only fence a value: code fences, quotes, guards with a random word, bare tags.
_FENCE = re.compile(r"^[ \t]*(?:`{3,}\w*|\"{3,}|'{3,}|-{3,}|={3,}|<<<.*|.*>>>|</?[A-Za-z][\w-]*>)[ \t]*$")


@dataclass(frozen=True, slots=True)
class Block:
    """A labelled value. `number` is what stood behind the label (`Prompt 2`), `score` a number in parentheses there."""

    kind: Kind
    label: str
    value: str
    number: str = ""


@dataclass(frozen=True, slots=True)
class Pair:
    """A worked example: the input, its expected answer and, where a failure is shown, the answer that was given."""

    given: str
    expected: str
    got: str | None = None


def _kind(label: str) -> Kind:
    return next((kind for kind, pattern in _LABELS if pattern.fullmatch(label)), "other")


def blocks(text: str) -> list[Block]:
    """Return the labelled values of `text` in order; a value runs to the next known label or an empty line after it."""
    found: list[Block] = []
    open_block = False
    for line in text.splitlines():
        match = _LINE.match(line)
        kind = _kind(match[1].strip()) if match else "other"
        if match and kind != "other":
            found.append(Block(kind, match[1].strip().lower(), match[4].strip(), match[2] or ""))
            open_block = True
        elif _FENCE.match(line):
            continue
        elif not line.strip():
            # An input may have several paragraphs; everything else ends with its first.
            open_block = open_block and (found[-1].kind == "in" or not found[-1].value)
        elif open_block:
            last = found[-1]
            found[-1] = replace(last, value=f"{last.value}\n{line.strip()}" if last.value else line.strip())
    return found


@lru_cache(maxsize=256)
def pairs(text: str) -> tuple[Pair, ...]:
    """Return the worked examples of `text`: an input value followed by an expected answer, perhaps by a given one."""
    found: list[Pair] = []
    given, got, label = "", None, ""
    for block in blocks(text):
        if block.kind == "in" and given and block.label != label and block.value:
            given = f"{given}\n{block.label}: {block.value}"  # one line of a longer input that looks like a label
        elif block.kind == "in":
            given, got, label = block.value.strip(), None, block.label
        elif block.kind == "got" and found and not given:
            found[-1] = replace(found[-1], got=block.value)
        elif block.kind == "got":
            got = block.value
        elif block.kind == "out" and given and block.value:
            found.append(Pair(given.strip(), block.value, got))
            given, got, label = "", None, ""
    return tuple(found)
