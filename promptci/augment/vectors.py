"""Prompts as vectors of length 1: hashed words and pairs of words, the rarer the heavier."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from promptci.augment.extras import package
from promptci.augment.words import Rows

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vectors = NDArray[np.float16]

DIM = 128
_CHUNK = 50_000  # texts
_BUCKETS = 1 << 20  # in which the texts that hold a word are counted


def hashed(rows: Rows, dim: int = DIM) -> Vectors:
    """One row a text, signs by the hash, too (Weinberger et al. 2009); without words it is the first unit vector."""
    np = package("numpy")
    weight = _weights(np, rows)
    found: Vectors = np.zeros((len(rows), dim), dtype=np.float16)
    for low in range(0, len(rows), _CHUNK):
        high = min(low + _CHUNK, len(rows))
        ids, text = _features(np, rows, low, high)
        mixed = ids * np.uint64(0x9E3779B97F4A7C15)
        sign = np.where(mixed >> np.uint64(63), 1.0, -1.0)
        place = text * dim + ((mixed >> np.uint64(20)) % np.uint64(dim)).astype(np.int64)
        flat = np.bincount(place, sign * weight[(ids % np.uint64(_BUCKETS)).astype(np.int64)], (high - low) * dim)
        found[low:high] = unit(flat.reshape(high - low, dim))
    return found


def unit(given: Any) -> Any:
    """Rows of length 1; a row of zeros becomes the first unit vector."""
    np = package("numpy")
    length = np.linalg.norm(given, axis=1)
    given[length == 0, 0] = 1.0
    length[length == 0] = 1.0
    return given / length[:, None]


def _features(np: Any, rows: Rows, low: int, high: int) -> tuple[Any, Any]:
    """Hashes of words and of pairs of neighbours in the texts from `low` up to `high`, with each one's text."""
    ids = rows.ids[rows.ends[low] : rows.ends[high]].astype(np.uint64)
    text = np.repeat(np.arange(high - low), np.diff(rows.ends[low : high + 1]))
    beside = text[1:] == text[:-1]
    pairs = (ids[:-1] * np.uint64(31) + ids[1:])[beside]
    return np.concatenate([ids, pairs]), np.concatenate([text, text[1:][beside]])


def _weights(np: Any, rows: Rows) -> Any:
    """log(1 + texts / texts that hold it), by bucket; a word twice in a text counts twice, which does little."""
    counts = np.zeros(_BUCKETS)
    for low in range(0, len(rows), _CHUNK):
        ids, _ = _features(np, rows, low, min(low + _CHUNK, len(rows)))
        counts += np.bincount((ids % np.uint64(_BUCKETS)).astype(np.int64), minlength=_BUCKETS)
    return np.log1p(len(rows) / np.maximum(counts, 1.0))
