"""What was handed to a batch server, noted before it is: whoever comes later, another job too, knows what is open."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Literal, get_args

from promptci.core import Json
from promptci.errors import DataError

State = Literal["posting", "posted", "collected", "refused"]
_PREFIX = "batch-"


@dataclass(frozen=True, slots=True)
class Posted:
    """One batch. `digest` is its name by content, `ids` are its lines', `part` its place in the order of posting.

    `posting`: its making was asked for, and nobody knows yet whether the server took it. `posted`: `batches` are the
    server's names for it, several where the server made it twice. `collected`: every line is settled. `refused`: the
    server said no, so nothing of it is paid.
    """

    digest: str
    server: str
    model: str
    ids: tuple[str, ...]
    state: State = "posting"
    file: str = ""
    batches: tuple[str, ...] = ()
    part: int = 0

    @property
    def is_open(self) -> bool:
        """Whether its lines may be paid for and are not settled."""
        return self.state in ("posting", "posted")


class Journal:
    """The batches of one run, a file each in its directory; a note is durable when `note` returns."""

    def __init__(self, place: Path) -> None:
        self._place = place

    def note(self, posted: Posted) -> Posted:
        """Write the note over the one before, and return it."""
        self._place.mkdir(parents=True, exist_ok=True)
        content = json.dumps(asdict(posted), sort_keys=True).encode()
        handle, name = tempfile.mkstemp(dir=self._place, prefix=f".{_PREFIX}")
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(self._place / f"{_PREFIX}{posted.digest}-{posted.part}.json")
        return posted

    def all(self) -> Iterator[Posted]:
        """Yield the run's batches in the order in which they were posted.

        Raises DataError for a damaged note: what it stands for may be paid for, and must not be posted again.
        """
        found = [_read(path) for path in self._place.glob(f"{_PREFIX}*.json")]
        yield from sorted(found, key=lambda posted: (posted.part, posted.digest))

    def moved(self, posted: Posted, state: State, *batches: str) -> Posted:
        """Note a batch's next state, with further names that the server has for it."""
        return self.note(replace(posted, state=state, batches=tuple(dict.fromkeys((*posted.batches, *batches)))))


def _refuse_nonsense(row: Json) -> None:
    """Raise for a note that Posted would take and misread: an unknown state would count as settled."""
    if row["state"] not in get_args(State) or type(row["part"]) is not int:
        raise ValueError(f"there is no state {row['state']!r}, or no part {row['part']!r}")
    for name in ("ids", "batches"):
        if type(row[name]) is not list or not all(type(one) is str for one in row[name]):
            raise ValueError(f"'{name}' is no list of names")


def _read(path: Path) -> Posted:
    try:
        row = json.loads(path.read_bytes())
        _refuse_nonsense(row)
        return Posted(**{**row, "ids": tuple(row["ids"]), "batches": tuple(row["batches"])})
    except (KeyError, TypeError, ValueError, RecursionError, OSError) as problem:
        hint = "look for the batch on the server's list; a new run, without --resume, asks and pays again"
        raise DataError(f"the note of a batch is damaged ({problem})", place=str(path), hint=hint) from None
