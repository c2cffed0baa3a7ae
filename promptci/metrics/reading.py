"""What a judge's reply states: read where it can only mean one thing, unmeasured where it could mean two.

Read are: one JSON object with a score (in prose, in a fence, with curly quotes, behind thinking), `{"pass": true}`, one
of the declared choices alone or on the last line, a bare number from 0 to 1, yes or no. Never a part of a word or of a
number: "10" is not the choice "1".
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping

from promptci.core import Json
from promptci.extraction import without_thinking
from promptci.untrusted import one_line

Choices = Mapping[str, float]

MAX_REPLY = 100_000  # characters: what is longer is no grade
_WORDS = {"yes": 1.0, "no": 0.0, "true": 1.0, "false": 0.0, "pass": 1.0, "fail": 0.0, "passed": 1.0, "failed": 0.0}
_CURLY = str.maketrans({"“": '"', "”": '"', "„": '"', "‟": '"', "‘": "'", "’": "'"})
_LABEL = re.compile(
    r"(?:(?:the|my|final|overall)\s+)*(?:answer|score|grade|verdict|choice|rating)[*_`]{0,3}\s*(?:is\s*)?[:=]?[*_`]{0,3}\s+",
    re.I,
)
_SHARE = re.compile(r"[01]?\.\d{1,10}|[01](\.0*)?")
_EDGES = " \t\r\n*_`\"'.!#>"
_BRACKETS = "()[]"
_OBJECTS = 50  # opening braces that are tried in one reply


def read_grade(reply: str, choices: Choices | None = None) -> float | None:
    """Return the value in [0, 1] that a reply states, None when it states none or several that differ."""
    text = without_thinking(reply[:MAX_REPLY])
    if text is None:
        return None
    text = text.translate(_CURLY).strip()
    stated = {value for value in (_of_object(found, choices) for found in objects(text)) if value is not _NOTHING}
    if stated:
        return stated.pop() if len(stated) == 1 else None
    lines = [line for line in text.splitlines() if line.strip(_EDGES)]
    if not lines:
        return None
    whole = _plain(text if len(lines) > 1 else lines[0], choices)
    return _plain(lines[-1], choices) if whole is None and (choices or _LABEL.match(lines[-1].strip(_EDGES))) else whole


def unreadable(reply: str, choices: Choices | None = None) -> str:
    """Say that a reply states no grade, with the reply cut short, and what would have been read."""
    wanted = (
        f"one of {', '.join(choices)}"
        if choices
        else '{"score": S} with S from 0 to 1 (words, letters and other scales need `choices`)'
    )
    shown = one_line(reply)
    return f"the judge's reply states no score: '{shown[:120]}{'...' * (len(shown) > 120)}'; wanted: {wanted}"


_NOTHING = object()


def objects(text: str) -> Iterator[Mapping[str, Json]]:
    """Every JSON object that begins somewhere in the text and is not inside another one."""
    decoder, at = json.JSONDecoder(), -1
    for _ in range(_OBJECTS):
        at = text.find("{", at + 1)
        if at < 0:
            return
        try:
            found, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            continue  # a brace in prose: the next one may begin the object
        at = end - 1
        yield found


def _of_object(found: Mapping[str, Json], choices: Choices | None) -> Json:
    """The value that an object states, None for one out of range, `_NOTHING` where it speaks of something else."""
    lowered = {str(key).strip().lower(): value for key, value in found.items()}
    for key in ("score", "pass", "passed", "choice", "answer", "verdict", "rating"):
        if key in lowered and (key in ("score", "pass", "passed") or choices):
            return _value(lowered[key], choices)
    return _NOTHING


def _value(given: Json, choices: Choices | None) -> float | None:
    if isinstance(given, bool):
        return float(given)
    if choices:
        text = f"{given:g}" if isinstance(given, float) else str(given)
        return _chosen(text, choices)
    if isinstance(given, int | float):
        return float(given) if 0 <= given <= 1 else None
    return _share(given.strip()) if isinstance(given, str) else None


def _plain(line: str, choices: Choices | None) -> float | None:
    """The value of a text that is nothing but a grade, perhaps behind "Score:"."""
    bare = _trimmed(line, _EDGES)
    unlabelled = _trimmed(_LABEL.sub("", bare, count=1), _EDGES) if _LABEL.match(bare) else bare
    if choices:
        return next((v for v in (_chosen(bare, choices), _chosen(unlabelled, choices)) if v is not None), None)
    return _share(unlabelled)


def _share(text: str) -> float | None:
    """The value of a text that is a number from 0 to 1, or one of the words for 0 and 1."""
    if _SHARE.fullmatch(text):
        number = float(text)
        return number if number <= 1 else None
    return _WORDS.get(text.lower())


def _chosen(text: str, choices: Choices) -> float | None:
    wanted = as_read(text)
    return next((v for name, v in choices.items() if as_read(name) == wanted), None)


def as_read(name: str) -> str:
    """Return what of a choice's name is read: without the signs around it, in any case."""
    return _trimmed(name, _EDGES + _BRACKETS).casefold()


def _trimmed(text: str, edges: str) -> str:
    """Take signs off both ends, but the point of .5, which is no 5."""
    found = text.strip(edges)
    before = text[: len(text) - len(text.lstrip(edges))]
    return f".{found}" if before.endswith(".") and found[:1].isdigit() else found
