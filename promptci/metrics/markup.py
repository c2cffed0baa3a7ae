"""XML and HTML answers: well formed, with the elements that are wanted."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html.parser import HTMLParser
from xml.parsers import expat

from promptci.core import Case
from promptci.metrics.base import Answer, Grade, wrong
from promptci.metrics.form import version_of

_TRIES = 100  # places of an answer where XML may begin
_OPENING = re.compile(r"<[^\W\d][^\s<>/]{0,200}")


class _DoneError(Exception):
    """The first element of the text is complete."""


class _DeclaredError(Exception):
    """The text declares a type of document of its own, whose entities could grow without end."""


class _Reading:
    """One reading of a text: which of the wanted paths of elements it holds, and where its first element ends."""

    def __init__(self, wanted: Sequence[tuple[str, ...]], *, first: bool) -> None:
        self.found: set[tuple[str, ...]] = set()
        self.end = 0
        self._wanted, self._first, self._stack = frozenset(wanted), first, list[str]()
        self._parser = expat.ParserCreate()
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._close
        self._parser.StartDoctypeDeclHandler = self._declared

    def read(self, text: str) -> None:
        """Read the text. Raises expat.ExpatError for what is no XML, and the two above."""
        self._parser.Parse(text.encode("utf-8", errors="replace"), True)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        del attributes
        self._stack.append(name)
        if (path := tuple(self._stack)) in self._wanted:
            self.found.add(path)

    def _close(self, name: str) -> None:
        del name
        self._stack.pop()
        if self._first and not self._stack:
            self.end = self._parser.CurrentByteIndex
            raise _DoneError

    def _declared(self, name: str, system: str | None, public: str | None, own: int) -> None:
        del name, system, public
        if own:
            raise _DeclaredError


def _whole(text: str, wanted: Sequence[tuple[str, ...]]) -> set[tuple[str, ...]] | str:
    """The wanted paths that a document holds, or why it is none."""
    reading = _Reading(wanted, first=False)
    try:
        reading.read(text.strip())
    except _DeclaredError:
        return "it declares a type of document of its own"
    except expat.ExpatError as problem:
        return f"the answer is no XML: {problem}"
    return reading.found


def _inside(text: str, wanted: Sequence[tuple[str, ...]]) -> set[tuple[str, ...]] | str:
    """The wanted paths that the elements standing in a text hold together, or why there are none."""
    found: set[tuple[str, ...]] = set()
    at, complete = 0, False
    for _ in range(_TRIES):
        opening = _OPENING.search(text, at)
        if opening is None:
            break
        reading = _Reading(wanted, first=True)
        try:
            reading.read(text[opening.start() :])
        except _DoneError:
            complete, found = True, found | reading.found
            at = opening.start() + _characters(text[opening.start() :], reading.end)
        except (expat.ExpatError, _DeclaredError):
            at = opening.end()  # no element: the next bracket may begin one
    return found if complete else "no XML stands in the answer"


def _characters(text: str, size: int) -> int:
    """How many characters the first bytes of a text are, and one more."""
    return len(text.encode("utf-8", errors="replace")[:size].decode("utf-8", errors="ignore")) + 1


@dataclass(frozen=True)
class Xml:
    """The output is well-formed XML; with `inside` an element may stand in any text. `elements` must be there.

    An element is named by its path from the root on: `order.item`. A document that declares entities is refused.
    """

    elements: tuple[str, ...] = ()
    inside: bool = False

    @property
    def version(self) -> str:
        """The rule and its options."""
        return version_of(self, "xml/1")

    def grade(self, case: Case, answer: Answer) -> Grade:
        """1 when it is, 0 with what is not."""
        del case
        wanted = [tuple(path.split(".")) for path in self.elements]
        found = (_inside if self.inside else _whole)(answer.text, wanted)
        if isinstance(found, str):
            return wrong(found)
        missing = [".".join(path) for path in wanted if path not in found]
        return wrong(f"it has no {', '.join(missing)}") if missing else Grade(1.0)

    def __call__(self, case: Case, output: str) -> float | None:
        """Return the value of a text."""
        return self.grade(case, Answer(output)).value


# What tells HTML from text with a bracket in it: a tag of its own; inside a text any that is opened and closed.
_KNOWN = re.compile(
    r"</?(?:html|head|body|title|div|span|p|a|img|h[1-6]|ul|ol|li|table|thead|tbody|tr|td|th|form|input|button|script|"
    r"style|link|meta|br|hr|strong|em|b|i|code|pre|section|article|header|footer|nav|main)\b"
    r"[^<>]{0,2000}>|<!doctype html",
    re.IGNORECASE,
)
_OPEN, _CLOSE = (re.compile(rf"<{sign}([A-Za-z][A-Za-z0-9-]{{0,50}})\b[^<>]{{0,2000}}>") for sign in ("", "/"))


@dataclass(frozen=True)
class Html:
    """The output is HTML: its tags, with all text inside them; with `inside` a tag may stand in any text."""

    inside: bool = False

    @property
    def version(self) -> str:
        """The rule and its options."""
        return version_of(self, "html/1")

    def __call__(self, case: Case, output: str) -> float | None:
        """1.0 when it is, 0.0 when not."""
        del case
        text = output.strip()
        if self.inside:
            return float(_holds(text))
        page = _KNOWN.search(text) is not None or any("-" in name for name in _paired(text))
        return float(text.startswith("<") and not text.startswith("<?") and page and not _outside(text))


def _holds(text: str) -> bool:
    return _KNOWN.search(text) is not None or bool(_paired(text))


def _paired(text: str) -> set[str]:
    """The names of tags that are opened and closed."""
    return {*_OPEN.findall(text)} & {*_CLOSE.findall(text)}


_VOID = frozenset((
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr",
))  # fmt: skip


class _Outside(HTMLParser):
    """Whether text stands outside of all tags."""

    def __init__(self) -> None:
        super().__init__()
        self.depth, self.found = 0, False

    def handle_starttag(self, tag: str, attrs: Iterable[tuple[str, str | None]]) -> None:
        del attrs
        self.depth += tag not in _VOID

    def handle_endtag(self, tag: str) -> None:
        self.depth -= tag not in _VOID and self.depth > 0

    def handle_startendtag(self, tag: str, attrs: Iterable[tuple[str, str | None]]) -> None:
        """An element that is closed at once."""

    def handle_data(self, data: str) -> None:
        self.found = self.found or (self.depth == 0 and bool(data.strip()))


def _outside(text: str) -> bool:
    parser = _Outside()
    parser.feed(text)
    parser.close()
    return parser.found
