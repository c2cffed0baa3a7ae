"""Reads what an optimizer model replies, whatever form it gave it: thinking, fences, tags, JSON, quotes, numbers.

Tolerant of form, never of content: every text goes through the guards afterwards.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from promptci.core import Json

TAG = "INS"
_THOUGHT = re.compile(r"<(think|thinking|reasoning|scratchpad)>.*?</\1>", re.DOTALL | re.IGNORECASE)
_THOUGHT_END = re.compile(r"^.*</(?:think|thinking|reasoning|scratchpad)>", re.DOTALL | re.IGNORECASE)
_OPEN_THOUGHT = re.compile(r"<(?:think|thinking|reasoning|scratchpad)>.*\Z", re.DOTALL | re.IGNORECASE)
_FENCED = re.compile(r"^[ \t]*(```+|~~~+)[^\n`]*\n(.*?)\n?[ \t]*\1[ \t]*$", re.DOTALL | re.MULTILINE)
_LEAD = re.compile(
    r"\A(?:(?:sure|certainly|of course|okay|ok|here(?:'s|’s| is| are)|the (?:new|improved|revised|edited|updated))\b"
    r"[^\n]*:"
    r"|(?:\*\*|#+ ?)?(?:new |improved |revised |edited |updated )?(?:instructions?|prompt|sentence|rule|answer|output)"
    r"(?:\*\*)?[ \t]*:(?:\*\*)?)[ \t]*\n*",
    re.IGNORECASE,
)
_QUOTES = (('"', '"'), ("“", "”"), ("„", "“"), ("«", "»"), ("'", "'"), ("‘", "’"), ("`", "`"), ("**", "**"))
_KEYS = ("instruction", "prompt", "text", "sentence", "edit", "new_instruction", "improved_instruction", "rule")


def spoken(reply: str) -> str:
    """The reply without what the model thought aloud; a thought that never ends leaves nothing."""
    text = _THOUGHT.sub("", reply)
    text = _THOUGHT_END.sub("", text)
    return _OPEN_THOUGHT.sub("", text).strip()


def tagged_texts(text: str, tag: str = TAG) -> list[str]:
    """The texts in a pair of tags, in any case and with blanks; an end tag may be missing at the very end.

    Escaped tags count where there are no others.
    """
    begin, end = re.compile(rf"<\s*{tag}\s*>", re.IGNORECASE), re.compile(rf"<\s*/\s*{tag}\s*>", re.IGNORECASE)
    if not begin.search(text) and begin.search(html.unescape(text)):
        text = html.unescape(text)
    found = []
    starts = [m.end() for m in begin.finditer(text)]
    for number, at in enumerate(starts):
        following = starts[number + 1] if number + 1 < len(starts) else len(text)
        close = end.search(text, at)
        if close and close.start() <= following:
            found.append(text[at : close.start()])
        elif not close and number + 1 == len(starts):
            found.append(text[at:])
    return [bare for body in found if (bare := unwrapped(body))]


def unwrapped(text: str) -> str:
    """The text without one fence, one pair of quotes or bold markers, or an announcement around it."""
    text = text.strip()
    fence = _FENCED.fullmatch(text)
    text = fence.group(2).strip() if fence else text
    lead = _LEAD.match(text)
    text = text[lead.end() :].strip() if lead and lead.end() < len(text) else text
    for first, last in _QUOTES:
        inner = text[len(first) : len(text) - len(last)]
        whole = len(text) > len(first) + len(last) and text.startswith(first) and text.endswith(last)
        if whole and first not in inner and last not in inner:
            return inner.strip()
    return text


def fenced(text: str) -> list[str]:
    """The contents of code fences."""
    return [m.group(2).strip() for m in _FENCED.finditer(text) if m.group(2).strip()]


def json_texts(text: str) -> list[str]:
    """Texts under a telling key, from every JSON value that stands in the text; a list of texts counts, too."""
    found: list[str] = []
    for value in _json_values(text):
        found += _texts(value)
    return found


def _json_values(text: str) -> Iterator[Json]:
    decoder, at = json.JSONDecoder(), 0
    tries = 0
    while (at := _next_bracket(text, at)) >= 0 and tries < 50:
        tries += 1
        try:
            value, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            at += 1
            continue
        yield value


def _next_bracket(text: str, at: int) -> int:
    places = [i for i in (text.find("{", at), text.find("[", at)) if i >= 0]
    return min(places, default=-1)


def _texts(value: Json) -> list[str]:
    if isinstance(value, dict):
        mine = [v for k, v in value.items() if str(k).casefold() in _KEYS and isinstance(v, str)]
        return mine or [t for v in value.values() if isinstance(v, (list, dict)) for t in _texts(v)]
    if isinstance(value, list):
        return [v for v in value if isinstance(v, str)] or [t for v in value if isinstance(v, dict) for t in _texts(v)]
    return []


def parrots(text: str, question: Sequence[str]) -> bool:
    """Whether a text repeats the question instead of answering it: a line of 6 words and more of the asking itself.

    `question` are the lines of the meta-prompt around the data.
    """
    own = _asking(tuple(question))
    return any(_plain(line) in own for line in text.splitlines())


@lru_cache(maxsize=8)  # a reply of many thousand lines is held against one question
def _asking(question: tuple[str, ...]) -> frozenset[str]:
    return frozenset(_plain(line) for line in question if len(line.split()) >= 6)


def _plain(line: str) -> str:
    return " ".join(re.findall(r"\w+", line.casefold()))
