"""Much in little memory: records in a file without a name, and ids that are found by their number.

A set of a million cases held as objects takes 2 GB. Here a record takes 8 bytes of memory, and its place on the disk;
an id takes 12 to 28, a key of 16 bytes as much again.
"""

from __future__ import annotations

import pickle
import tempfile
import weakref
from array import array
from collections.abc import Callable, Iterator
from typing import Any, Generic, TypeVar

MANY = 10_000  # what is less stays in dicts and tuples, which are faster
_HEAD = 4  # bytes in front of each record: its length
_BLOCK, _PIECE = 1 << 18, 1 << 10  # bytes read at once where records are read in their order, and where they are not

Name = TypeVar("Name", str, bytes)


class Shelf:
    """Records by their number, in the order in which they were put; written by `pickle`, read by this process alone.

    The file has no name and is gone with the object. A record that is read twice in a row is the same object: whoever
    gets it must not change it. Raises OSError where the disk is full.
    """

    def __init__(self) -> None:
        self._file: Any = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115  # open as long as the object lives
        weakref.finalize(self, self._file.close)
        self._places = array("Q")
        self._waiting, self._written = bytearray(), 0
        self._block, self._block_at = b"", 0
        self._last: tuple[int, Any] = (-1, None)

    def __len__(self) -> int:
        return len(self._places)

    def __getitem__(self, number: int) -> Any:
        """Return the record of a number from 0 on. Raises IndexError for one that was not put."""
        if number != self._last[0]:
            self._last = number, pickle.loads(self._record(self._places[number]))  # noqa: S301  # written here
        return self._last[1]

    def between(self, start: int, stop: int) -> Iterator[Any]:
        """Yield the records from one number up to another, those not put yet left out; quicker than one by one."""
        places, data, first = self._places, b"", 0
        for number in range(start, min(stop, len(places))):
            at = places[number] - first
            end = at + _HEAD + int.from_bytes(data[at : at + _HEAD], "little") if 0 <= at <= len(data) - _HEAD else -1
            if not 0 <= end <= len(data):
                first, at = places[number], 0
                data = self._read(first)
                end = _HEAD + int.from_bytes(data[:_HEAD], "little")
            yield pickle.loads(data[at + _HEAD : end])  # noqa: S301  # as above

    def put(self, record: object) -> int:
        """Add a record; return its number."""
        self._places.append(self._write(record))
        return len(self._places) - 1

    def replace(self, number: int, record: object) -> None:
        """Put another record in the place of one; the file keeps both."""
        self._places[number] = self._write(record)
        self._last = -1, None

    def _write(self, record: object) -> int:
        data = pickle.dumps(record, pickle.HIGHEST_PROTOCOL)
        place = self._written + len(self._waiting)
        self._waiting += len(data).to_bytes(_HEAD, "little") + data
        if len(self._waiting) > _BLOCK:
            self._flush()
        return place

    def _flush(self) -> None:
        self._file.seek(self._written)
        left = memoryview(bytes(self._waiting))
        while left:
            left = left[self._file.write(left) :]
        self._written += len(self._waiting)
        self._waiting.clear()

    def _read(self, place: int) -> bytes:
        """A block of the file that has the whole record at `place`."""
        if self._waiting:
            self._flush()
        self._file.seek(place)
        data: bytes = self._file.read(_BLOCK)
        size = _HEAD + int.from_bytes(data[:_HEAD], "little")
        return data if size <= len(data) else data + self._file.read(size - len(data))

    def _record(self, place: int) -> bytes:
        start = self._found(place, _HEAD)
        size = _HEAD + int.from_bytes(self._block[start : start + _HEAD], "little")
        start = self._found(place, size)
        return self._block[start + _HEAD : start + size]

    def _found(self, place: int, size: int) -> int:
        """Have `size` bytes of the file from `place` on in the block; return where they begin in it."""
        start = place - self._block_at
        if not 0 <= start <= start + size <= len(self._block):
            if self._waiting:
                self._flush()
            ahead = _BLOCK if 0 <= start <= len(self._block) else _PIECE
            self._file.seek(place)
            self._block, self._block_at, start = self._file.read(max(size, ahead)), place, 0
        return start


class Index(Generic[Name]):
    """Names to numbers, in the order in which they came. `name` gives back the name of a number.

    What is compared are hashes of 64 bits; where two names share one, which `add` sees, both are found all the same. A
    name that was never added is taken for one that was with probability n / 2^64. `hashed` is another hash, for tests.
    """

    def __init__(self, name: Callable[[int], Name], hashed: Callable[[Name], int] = hash) -> None:
        self._name: Callable[[int], Name] = name
        self._hash: Callable[[Name], int] = hashed
        self._hashes, self._slots = array("q"), array("i", [-1]) * 1024
        self._others: dict[Name, int] = {}

    def __len__(self) -> int:
        return len(self._hashes)

    def find(self, name: Name) -> int | None:
        """Return the number of a name, None for one that was not added."""
        if self._others and name in self._others:
            return self._others[name]
        hashes, slots, mask = self._hashes, self._slots, len(self._slots) - 1
        hashed = self._hash(name)
        at = hashed & mask
        while (number := slots[at]) >= 0:  # as `_slot` does, without another call: it is asked for most of all
            if hashes[number] == hashed:
                return number
            at = (at + 1) & mask
        return None

    def add(self, name: Name) -> int:
        """Return the number of a name, the next one for a new name."""
        found = self.find(name)
        if found is not None and self._name(found) == name:
            return found
        number, hashed = len(self._hashes), self._hash(name)
        self._hashes.append(hashed)
        if found is not None:
            self._others[name] = number
            return number
        self._slots[self._slot(hashed)] = number
        if 3 * len(self._hashes) > 2 * len(self._slots):
            self._grow()
        return number

    def _slot(self, hashed: int) -> int:
        """Where the number with this hash is, or would be."""
        hashes, slots, mask = self._hashes, self._slots, len(self._slots) - 1
        at = hashed & mask
        while (number := slots[at]) >= 0 and hashes[number] != hashed:
            at = (at + 1) & mask
        return at

    def _grow(self) -> None:
        self._slots = array("i", [-1]) * (2 * len(self._slots))
        for number, hashed in enumerate(self._hashes):
            at = self._slot(hashed)
            if self._slots[at] < 0:  # else it shares its hash, and is among the others
                self._slots[at] = number


class Keys:
    """A set of keys of `size` bytes each."""

    def __init__(self, size: int) -> None:
        self._size, self._names = size, bytearray()
        self._index: Index[bytes] = Index(self._named)

    def __len__(self) -> int:
        return len(self._index)

    def add(self, key: bytes) -> bool:
        """Add a key; return whether it is new. Raises ValueError for one of another size."""
        if len(key) != self._size:
            raise ValueError(f"a key has {self._size} bytes")
        before = len(self._index)
        if self._index.add(key) < before:
            return False
        self._names += key
        return True

    def _named(self, number: int) -> bytes:
        return bytes(self._names[number * self._size : (number + 1) * self._size])
