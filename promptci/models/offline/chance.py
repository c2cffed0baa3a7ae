"""Seeded chance: every draw is a hash of what it may depend on, so equal questions get equal answers everywhere."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from typing import TypeVar

T = TypeVar("T")
_SPAN = float(1 << 53)


def unit(*parts: object) -> float:
    """Return a number in [0, 1) that depends on `parts` alone, on every machine and in every process."""
    key = "\x1f".join([str(part) for part in parts]).encode("utf-8", "surrogatepass")
    return (int.from_bytes(blake2b(key, digest_size=8).digest(), "big") >> 11) / _SPAN


def pick(options: Sequence[T], *parts: object) -> T:
    """Return one of `options` (not empty), chosen by the hash of `parts`."""
    return options[int(unit(*parts) * len(options))]


class Draws:
    """A stream of draws from one key: the n-th draw depends on the key and n only."""

    def __init__(self, *key: object) -> None:
        self._key = "\x1f".join([str(part) for part in key])
        self._count = 0

    def unit(self) -> float:
        """Return the next number in [0, 1)."""
        self._count += 1
        return unit(self._key, self._count)

    def chance(self, probability: float) -> bool:
        """Return True with `probability` in [0, 1]."""
        return self.unit() < probability

    def pick(self, options: Sequence[T]) -> T:
        """Return one of `options` (not empty), each as likely as the others."""
        return options[int(self.unit() * len(options))]

    def weighted(self, options: Sequence[tuple[T, float]]) -> T:
        """Return a value of `options` (value, weight >= 0, not all 0) with chance in proportion to its weight."""
        left = self.unit() * sum(weight for _, weight in options)
        for value, weight in options:
            left -= weight
            if left < 0:
                return value
        return options[-1][0]

    def shuffled(self, items: Sequence[T]) -> list[T]:
        """Return `items` in random order (Fisher-Yates)."""
        out = list(items)
        for i in range(len(out) - 1, 0, -1):
            j = int(self.unit() * (i + 1))
            out[i], out[j] = out[j], out[i]
        return out
