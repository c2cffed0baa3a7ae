"""The cases of a large record, left as text until one is asked for: a million of them as plain data take gigabytes."""

from __future__ import annotations

import json
from array import array
from collections.abc import Sequence
from typing import overload

from promptci.core import Json

_KEY = ',"cases_detail":['  # as records are written; no text holds it, since a quote inside of one has a backslash


class Rows(Sequence[Json]):
    """A list of JSON of which only the text is kept, and where each entry stands in it."""

    def __init__(self, text: str, places: array[int]) -> None:
        self._text, self._places = text, places

    def __len__(self) -> int:
        return len(self._places) // 2

    @overload
    def __getitem__(self, index: int) -> Json: ...
    @overload
    def __getitem__(self, index: slice) -> list[Json]: ...
    def __getitem__(self, index: int | slice) -> Json:
        """Return one entry, or several."""
        if isinstance(index, slice):
            return [self[at] for at in range(*index.indices(len(self)))]
        at = range(len(self))[index]
        return json.loads(self._text[self._places[2 * at] : self._places[2 * at + 1]])


def cut(text: str, decoder: json.JSONDecoder) -> tuple[str, list[Rows]]:
    """Return the record with the number of its `Rows` in the place of each list of cases, and these.

    Every entry is decoded once and let go. Raises ValueError for one that is no JSON.
    """
    found: list[Rows] = []
    parts, at = [], 0
    while (begin := text.find(_KEY, at)) >= 0:
        first = begin + len(_KEY)
        places, end = _places(text, first, decoder)
        parts += [text[at : first - 1], str(len(found))]
        found.append(Rows(text, places))
        at = end
    return "".join([*parts, text[at:]]), found


def _places(text: str, at: int, decoder: json.JSONDecoder) -> tuple[array[int], int]:
    """Return begin and end of each entry of the list that begins before `at`, and where the list ends."""
    places = array("Q")
    while text[at : at + 1] != "]" or places:
        _, end = decoder.raw_decode(text, at)
        places.extend((at, end))
        if text[end : end + 1] != ",":
            at = end
            break
        at = end + 1
    if text[at : at + 1] != "]":
        raise ValueError(f"a list of cases does not end at character {at:,}")
    return places, at + 1
