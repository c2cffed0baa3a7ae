"""Near duplicates: texts that share most of their words, found by MinHash in bands and verified word by word.

MinHash: Broder 1997; bands: Leskovec, Rajaraman & Ullman, Mining of Massive Datasets, section 3.4. With 10 bands of 5 a
pair that shares .85 of its words is met with probability .997, one that shares half with .27. The libraries at hand
take a call for every text; a million texts at once are a few operations on arrays.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from promptci.augment.extras import package
from promptci.augment.words import Rows

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Signatures = NDArray[np.uint32]

SAME = 0.85  # of the words shared: the value of `promptci cases add`
BANDS, ROWS = 10, 5
_NEIGHBOURS = 4  # of one bucket, besides its first, that a text is compared with
_CHUNK = 100_000  # texts
_SLACK = 0.2  # by which a signature's estimate may be too low


def near(rows: Rows, *, same: float = SAME) -> dict[int, int]:
    """For each text that nearly repeats a kept one before it, that one's number. Texts without words repeat nothing."""
    np = package("numpy")
    signatures = _signatures(np, rows)
    pairs = _verified(np, rows, signatures, _candidates(np, rows, signatures), same)
    found: dict[int, int] = {}
    for later, earlier in sorted(pairs):
        if later not in found and earlier not in found:
            found[later] = earlier
    return found


def _signatures(np: Any, rows: Rows) -> Signatures:
    """The least value of each of 50 hash functions over a text's words, one column a text."""
    rng = np.random.default_rng(20_240_711)
    factors = rng.integers(1, 2**63, size=(2, BANDS * ROWS), dtype=np.uint64) | np.uint64(1)
    found: Signatures = np.full((BANDS * ROWS, len(rows)), 2**32 - 1, dtype=np.uint32)
    full = np.flatnonzero(np.diff(rows.ends))
    for at in range(0, len(full), _CHUNK):
        part = full[at : at + _CHUNK]
        low, high = rows.ends[part[0]], rows.ends[part[-1] + 1]
        ids = rows.ids[low:high].astype(np.uint64)
        for k in range(BANDS * ROWS):
            hashed = ((ids * factors[0, k] + factors[1, k]) >> np.uint64(32)).astype(np.uint32)
            found[k, part] = np.minimum.reduceat(hashed, rows.ends[part] - low)
    return found


def _candidates(np: Any, rows: Rows, signatures: Signatures) -> Any:
    """Codes `later << 32 | earlier` of texts that meet in a band, sorted, each once."""
    full = np.diff(rows.ends) > 0
    found = [np.zeros(0, dtype=np.uint64)]
    for band in range(BANDS):
        key = np.zeros(len(rows), dtype=np.uint64)
        for row in signatures[band * ROWS : (band + 1) * ROWS]:
            key = (key ^ row) * np.uint64(0x9E3779B97F4A7C15)
            key ^= key >> np.uint64(29)
        numbers = np.flatnonzero(full).astype(np.uint64)
        order = numbers[np.argsort(key[full], kind="stable")]
        found += _met(np, key[order], order)
    return np.unique(np.concatenate(found))


def _met(np: Any, key: Any, order: Any) -> list[Any]:
    """Each text with the few before it in its bucket, and with the bucket's first."""
    new = np.concatenate([[True], key[1:] != key[:-1]]) if len(key) else np.zeros(0, bool)
    first = order[np.flatnonzero(new)[np.cumsum(new) - 1]] if len(key) else order
    inside = ~new
    found = [(order[inside] << np.uint64(32)) | first[inside]]
    for back in range(1, _NEIGHBOURS + 1):
        met = key[back:] == key[:-back]
        found.append((order[back:][met] << np.uint64(32)) | order[:-back][met])
    return found


def _verified(np: Any, rows: Rows, signatures: Signatures, codes: Any, same: float) -> list[tuple[int, int]]:
    """The pairs whose word sets really share that much; the signature's estimate spares most of the counting."""
    kept: list[tuple[int, int]] = []
    for at in range(0, len(codes), _CHUNK):
        part = codes[at : at + _CHUNK]
        later, earlier = (part >> np.uint64(32)).astype(np.int64), (part & np.uint64(2**32 - 1)).astype(np.int64)
        close = (signatures[:, later] == signatures[:, earlier]).mean(axis=0) >= same - _SLACK
        for i, j in zip(later[close].tolist(), earlier[close].tolist(), strict=True):
            a, b = rows.of(i), rows.of(j)
            shared = len(a & b)
            if shared >= same * (len(a) + len(b) - shared):
                kept.append((i, j))
    return kept
