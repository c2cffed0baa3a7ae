"""YAML without its surprises: every mistake has a line, and nothing in the file can run, repeat itself or blow up.

PyYAML's own loaders keep the last of two equal keys, read `no` as false and `1:30` as 90, and expand aliases without
bound. This reader takes PyYAML's events and builds plain values with the core rules of YAML 1.2 (section 10.3).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from promptci.core import Json
from promptci.errors import PromptciError

if TYPE_CHECKING:
    import yaml

MAX_LENGTH = 5_000_000  # characters
MAX_DEPTH = 50
MAX_VALUES = 100_000  # of a document whose aliases repeat some
MAX_NUMBER = 100  # characters of an unquoted number; a longer one is text

Path = tuple[str | int, ...]

# All but YAML's printable characters, and those that version 1.1 reads as line breaks and version 1.2 does not. It
# names what it finds: to name what it does not find takes ten times as long to compile.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]")
_INT = re.compile(r"[-+]?[0-9]+")
_HEX = re.compile(r"0x[0-9a-fA-F]+|0o[0-7]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_WORDS: Mapping[str, Json] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}


@dataclass(frozen=True, slots=True)
class Scalar:
    """Where a scalar stands in the text, from `start` up to `end`, and its style: `|`, `>`, a quote or ""."""

    start: int
    end: int
    style: str


@dataclass(frozen=True, slots=True)
class Document:
    """`value` is plain JSON data; `lines` maps the path of each key and item to its line, counted from 1.

    `scalars` says, where that was asked for, where each value stands that is no list or mapping; none by an alias.
    """

    value: Json
    lines: Mapping[Path, int]
    scalars: Mapping[Path, Scalar] = field(default_factory=dict)

    def line(self, path: Path) -> int:
        """Return the line of `path`, or of its nearest ancestor that has one."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


def read(
    text: str,
    place: str,
    *,
    error: type[PromptciError],
    first_line: int = 1,
    aliases: bool = False,
    spans: bool = False,
) -> Document:
    """Read one YAML document. Raises `error` with `place:line` for anything malformed or refused.

    `first_line` is the line of the file that `text` starts on. Keys are always text. Refused: duplicate keys, anchors
    and aliases (with `aliases` they are read, within a bound on what they expand to), tags, keys that are lists or
    mappings, control characters, nesting deeper than 50, more than five million characters, several documents.
    """
    import yaml

    if len(text) > MAX_LENGTH:
        raise error(f"larger than {MAX_LENGTH:,} characters", place=place, hint="keep large sets in JSONL files")
    odd = _UNPRINTABLE.search(text)
    if odd is not None:
        line = first_line + text.count("\n", 0, odd.start())
        hint = "in a double-quoted text it can be written as an escape"
        raise error(f"the character U+{ord(odd[0]):04X} is not allowed", place=f"{place}:{line}", hint=hint)
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    lines: dict[Path, int] = {}
    builder = _Builder(place, error, first_line, lines, _Anchors() if aliases else None, spans)
    try:
        events = (e for e in yaml.parse(text, Loader=loader) if not isinstance(e, yaml.StreamStartEvent))
        return Document(builder.document(events), lines, builder.scalars)
    except yaml.YAMLError as problem:
        mark = getattr(problem, "problem_mark", None)
        line = first_line + min(mark.line if mark else 0, text.rstrip("\n").count("\n"))
        said = getattr(problem, "problem", None) or str(problem).splitlines()[0]
        raise error(f"not valid YAML: {said}", place=f"{place}:{line}", hint=_mend(said)) from None


_MENDS = (
    ("tab", "indent with blanks, two for each level"),
    ("alphabetic or numeric", "a text that begins with * or & needs quotes"),
    ("cannot start any token", "a text that begins with @, %, ` or a tab needs quotes"),
    ("end of stream", "a quote is not closed"),
    ("',' or", "a [ or { is not closed; a text that begins with one needs quotes"),
    ("expected ':'", "write `key: value`, with a blank behind the colon"),
    ("mapping values", "a text with a colon in it needs quotes"),
)


def _mend(said: str) -> str:
    """Return what most often mends what the parser said."""
    return next((mend for words, mend in _MENDS if words in said), "indent it like the lines around it")


class _Builder:
    """Builds plain values from parser events, refusing what could surprise."""

    def __init__(
        self,
        place: str,
        error: type[PromptciError],
        first_line: int,
        lines: dict[Path, int],
        anchors: _Anchors | None = None,
        spans: bool = False,
    ) -> None:
        self.place, self.error, self.first_line, self.lines = place, error, first_line, lines
        self.anchors = anchors
        self.spans = spans
        self.scalars: dict[Path, Scalar] = {}
        self.count = 0  # of values, those that aliases repeat included

    def refuse(self, event: yaml.Event, problem: str, hint: str | None = None) -> PromptciError:
        return self.error(problem, place=f"{self.place}:{self.number(event)}", hint=hint)

    def number(self, event: yaml.Event) -> int:
        mark = event.start_mark
        return self.first_line + (int(mark.line) if mark is not None else 0)

    def document(self, events: Iterator[Any]) -> Json:
        import yaml

        start = next(events)
        if isinstance(start, yaml.StreamEndEvent):
            return None
        value = self.value(next(events), events, ())
        next(events)  # the end of the document
        after = next(events)
        if not isinstance(after, yaml.StreamEndEvent):
            raise self.refuse(after, "a second document starts here", "keep one document per file")
        return value

    def value(self, event: Any, events: Iterator[Any], path: Path) -> Json:
        import yaml

        self.lines.setdefault(path, self.number(event))
        if self.anchors is not None and isinstance(event, yaml.AliasEvent):
            return self.repeated(event, self.anchors)
        self.refuse_marks(event)
        before = self.count
        value = self.plain_value(event, events, path)
        self.count += 1
        if self.anchors is not None and event.anchor is not None:
            self.anchors.known[event.anchor] = value, self.count - before
        return value

    def repeated(self, event: Any, anchors: _Anchors) -> Json:
        if event.anchor not in anchors.known:
            raise self.refuse(event, f"the alias *{event.anchor} stands before its anchor, or inside it")
        value, size = anchors.known[event.anchor]
        self.count += size
        if self.count > MAX_VALUES:
            raise self.refuse(event, f"the aliases repeat more than {MAX_VALUES:,} values")
        return value

    def plain_value(self, event: Any, events: Iterator[Any], path: Path) -> Json:
        import yaml

        if len(path) > MAX_DEPTH:
            raise self.refuse(event, f"nested deeper than {MAX_DEPTH} levels")
        if isinstance(event, yaml.ScalarEvent):
            start, end = event.start_mark, event.end_mark
            if self.spans and start is not None and end is not None:
                self.scalars[path] = Scalar(start.index, end.index, event.style or "")
            return event.value if event.style else scalar(event.value)  # plain is None or "", by loader
        if isinstance(event, yaml.SequenceStartEvent):
            return self.sequence(events, path)
        return self.mapping(events, path)

    def refuse_marks(self, event: Any) -> None:
        """Refuse what makes a value depend on another place of the file, or on a class of the program."""
        import yaml

        if isinstance(event, yaml.AliasEvent) or (event.anchor is not None and self.anchors is None):
            raise self.refuse(
                event,
                "anchors and aliases are not allowed",
                "write the value out; a text that begins with * or & needs quotes",
            )
        if event.tag is not None:
            raise self.refuse(event, f"the tag {event.tag} is not allowed", "put a text in quotes instead")

    def sequence(self, events: Iterator[Any], path: Path) -> list[Json]:
        import yaml

        items: list[Json] = []
        while not isinstance(event := next(events), yaml.SequenceEndEvent):
            items.append(self.value(event, events, (*path, len(items))))
        return items

    def mapping(self, events: Iterator[Any], path: Path) -> dict[str, Json]:
        import yaml

        found: dict[str, Json] = {}
        merged: dict[str, Json] = {}
        while not isinstance(event := next(events), yaml.MappingEndEvent):
            self.refuse_marks(event)
            if self.anchors is not None and isinstance(event, yaml.ScalarEvent) and _is_merge(event):
                merged = {**self.merge(event, events, path), **merged}
                continue
            if not isinstance(event, yaml.ScalarEvent) or _is_merge(event):
                raise self.refuse(
                    event, "a key must be plain text", "a text that begins with {, such as {{ x }}, needs quotes"
                )
            if event.value in found:
                first = self.lines[(*path, event.value)]
                raise self.refuse(event, f"duplicate key '{event.value}' (first on line {first})", "remove one of them")
            self.lines[(*path, event.value)] = self.number(event)
            found[event.value] = self.value(next(events), events, (*path, event.value))
        return {**merged, **found}

    def merge(self, event: Any, events: Iterator[Any], path: Path) -> dict[str, Json]:
        """What `<<` takes over (yaml.org/type/merge): mappings, of which the first that has a key says its value."""
        value = self.value(next(events), events, (*path, "<<"))
        listed = value if isinstance(value, list) else [value]
        if not all(isinstance(one, dict) for one in listed):
            raise self.refuse(event, "'<<' must be followed by a mapping, or a list of mappings")
        found = {key: inner for one in reversed(listed) for key, inner in one.items()}
        for key in found:
            self.lines.setdefault((*path, key), self.number(event))
        return found


class _Anchors:
    """The anchored values so far, each with the number of values in it."""

    def __init__(self) -> None:
        self.known: dict[str, tuple[Json, int]] = {}


def _is_merge(event: Any) -> bool:
    return bool(event.value == "<<" and not event.style)


def scalar(text: str) -> Json:
    """Return what an unquoted YAML 1.2 scalar means: null, bool, int, float, or the text itself."""
    if text in _WORDS:
        return _WORDS[text]
    if len(text) > MAX_NUMBER:
        return text
    if _INT.fullmatch(text):
        return int(text)
    if _HEX.fullmatch(text):
        return int(text, 0)
    number = float(text) if _FLOAT.fullmatch(text) else math.nan
    return number if math.isfinite(number) else text
