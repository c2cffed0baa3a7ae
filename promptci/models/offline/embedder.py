"""Embeds a text by hashing its words and character trigrams into a unit vector."""

from __future__ import annotations

import math
import re
from functools import lru_cache
from zlib import crc32

DIM = 256


@lru_cache(maxsize=512)
def embed(text: str) -> tuple[float, ...]:
    """Return a vector of length 1 with 256 entries; texts that share words or parts of words point the same way.

    The empty text gives the first unit vector. Signs come from the hash too, so that collisions cancel on average.
    """
    low = " ".join(re.findall(r"\w+", text.lower()))
    grams = [f"w:{word}" for word in low.split()] + [low[i : i + 3] for i in range(len(low) - 2)]
    vector = [0.0] * DIM
    for gram in grams:
        code = crc32(gram.encode("utf-8", "surrogatepass"))
        vector[code % DIM] += (2.0 if gram.startswith("w:") else 1.0) * (1 if code & 0x80000000 else -1)
    length = math.sqrt(sum(x * x for x in vector))
    return tuple(x / length for x in vector) if length else (1.0, *[0.0] * (DIM - 1))
