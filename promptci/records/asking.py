"""Under which name a check draws the numbers of its fresh answers, noted before it asks.

Whoever starts the very check again that was killed draws the same numbers, so what it paid for is found in the store.
Once a run has its report that name is used up: an answer that somebody has seen confirms nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from promptci.records.files import write_atomically

_NOTE = "asking.json"
_LOOKED_AT = 200  # of the newest runs; what was killed longer ago is asked anew


def asking(place: Path, key: str) -> str:
    """Return the name for the run in `place`, whose check has the digest `key`, and note it; durable when this returns.

    It is the run's own, or that of an unfinished run of the same check. A run that goes on keeps the one it had.
    """
    own = _read(place)
    if own is not None and own[0] == key:
        return own[1]
    name = _unfinished(place.parent, key) or place.name
    write_atomically(place / _NOTE, json.dumps({"key": key, "name": name}).encode())
    return name


def _unfinished(runs: Path, key: str) -> str | None:
    """Return the name that the newest unfinished run of this check had, unless another run ended under it."""
    same = [(run, name) for run, known, name in _notes(runs) if known == key]
    used = {name for run, name in same if (run / "report.json").exists()}
    return next((name for _, name in same if name not in used), None)


def _notes(runs: Path) -> Iterator[tuple[Path, str, str]]:
    for path in sorted(runs.glob(f"*/{_NOTE}"), reverse=True)[:_LOOKED_AT]:
        if (found := _read(path.parent)) is not None:
            yield path.parent, *found


def _read(run: Path) -> tuple[str, str] | None:
    """A damaged note is none: the check is then asked anew."""
    try:
        found = json.loads((run / _NOTE).read_bytes())
        return str(found["key"]), str(found["name"])
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return None
