"""Texts as numbers: each word by its hash, in order, all texts in one row of memory."""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from zlib import crc32

from promptci.augment.extras import package

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.uint32]
    Places = NDArray[np.int64]

# Han, kana, Thai, Lao, Khmer, Burmese: written without blanks between words, so two letters stand for a word.
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]+")
_WORD = re.compile(r"\w+")


def words(text: str) -> list[str]:
    """The words of a text, in order, in lower case; of a script without blanks, every two letters in a row."""
    low = text.casefold()
    if low.isascii() or not _UNSPACED.search(low):
        return _WORD.findall(low)
    found: list[str] = _WORD.findall(_UNSPACED.sub(" ", low))
    for run in _UNSPACED.findall(low):
        found += [run[i : i + 2] for i in range(max(1, len(run) - 1))]
    return found


def count(text: str) -> int:
    """How many words a text has; of a script without blanks, half as many as letters."""
    runs = _UNSPACED.findall(text)
    return len(_WORD.findall(_UNSPACED.sub(" ", text))) + -(-sum(map(len, runs)) // 2)


@dataclass(frozen=True, slots=True)
class Rows:
    """Every text's words as 32-bit hashes: text i has `ids[ends[i]:ends[i + 1]]`."""

    ids: Numbers
    ends: Places

    def __len__(self) -> int:
        return len(self.ends) - 1

    def of(self, i: int) -> frozenset[int]:
        """The different words of text i."""
        return frozenset(self.ids[self.ends[i] : self.ends[i + 1]].tolist())


def rows(texts: Iterable[str]) -> Rows:
    """Read texts one at a time; four bytes a word are kept."""
    np = package("numpy")
    known: dict[str, int] = {}
    ids, ends = array("I"), array("q", [0])
    for text in texts:
        for word in words(text):
            code = known.get(word)
            if code is None:
                code = crc32(word.encode("utf-8", "surrogatepass"))
                if len(known) < 1_000_000:
                    known[word] = code
            ids.append(code)
        ends.append(len(ids))
    return Rows(
        np.frombuffer(ids, dtype=np.uint32) if ids else np.zeros(0, np.uint32), np.frombuffer(ends, dtype=np.int64)
    )
