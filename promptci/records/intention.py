"""What a search is about to pay for and to propose, noted in its run's directory before it acts.

A run can be killed at any moment. Whoever starts the same search again finds the note by its content and draws the same
random numbers, so that every answer which was paid for is found in the store, up to the pull request itself.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from promptci.records.files import write_atomically

_PREFIX = "intention-"


@dataclass(frozen=True, slots=True)
class Intention:
    """One prompt's search: `key` is the digest of all that decides it.

    `commit` is what its random numbers are drawn from: HEAD when it was begun. `outcome` says how it ended once that
    was handed on; before that it is empty.
    """

    key: str
    commit: str
    outcome: str = ""

    @property
    def is_wanted(self) -> bool:
        """Whether the same search is to end the same way: it was cut short, or it found what is not merged yet."""
        return self.outcome in ("", "improved")


def note(place: Path, prompt_id: str, intention: Intention) -> None:
    """Write the note into the run's directory `place`; durable when this returns."""
    _write(_path(place, prompt_id), intention)


def noted(place: Path, prompt_id: str) -> Intention | None:
    """Return the note that the run in `place` made for a prompt, None without a readable one."""
    return _read(_path(place, prompt_id))


def made_before(runs: Path, key: str) -> Intention | None:
    """Return the newest note with this key, if its search is to end the same way again."""
    found = next((found for _, found in _all(runs) if found.key == key), None)
    return found if found is not None and found.is_wanted else None


def carried_out(runs: Path, key: str, outcome: str) -> None:
    """Write into every open note with this key how it ended, whichever run made it."""
    for path, found in list(_all(runs)):
        if found.key == key and not found.outcome:
            _write(path, replace(found, outcome=outcome))


def is_finished(place: Path) -> bool:
    """Whether the run in `place` has its report and has carried out all that it noted."""
    notes = [_read(path) for path in place.glob(f"{_PREFIX}*.json")]
    return (place / "report.json").exists() and all(found is not None and found.outcome for found in notes)


def _all(runs: Path) -> Iterator[tuple[Path, Intention]]:
    """Yield all notes, those of the newest run first."""
    for path in sorted(runs.glob(f"*/{_PREFIX}*.json"), reverse=True):
        if (found := _read(path)) is not None:
            yield path, found


def _write(path: Path, intention: Intention) -> None:
    write_atomically(path, json.dumps(asdict(intention), sort_keys=True).encode())


def _path(place: Path, prompt_id: str) -> Path:
    return place / f"{_PREFIX}{prompt_id.replace('/', '~')}.json"


def _read(path: Path) -> Intention | None:
    """A damaged note is none: the search is then made anew."""
    try:
        found = json.loads(path.read_bytes())
        return Intention(str(found["key"]), str(found["commit"]), str(found["outcome"]))
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return None
