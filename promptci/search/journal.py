"""The run's journal: one JSON line per event, appended and flushed, so that a killed search is read and resumed.

Answers are not kept here: the door's cache has each of them before it is used. A resumed search therefore runs again
from its start, gets every finished answer from the cache, and must write the very lines that are in the journal; after
the last of them it goes on. A line that differs means that something else is being run, which is refused.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from promptci.core import Json
from promptci.errors import DataError
from promptci.search.base import Found, Refused, Scored, Trajectory
from promptci.search.screening.worth import Screen

VERSION = 1


class Journal:
    """Appends events to a file. Not for two processes at a time.

    `header` says what is being run (strategy, options, seed, digests of prompt, cases and templates): values that JSON
    can hold. With `resume` the lines of an earlier, interrupted run are expected first; without, the file must be new.
    """

    def __init__(self, path: Path, header: Mapping[str, Json], *, resume: bool = False) -> None:
        if path.exists() and not resume:
            raise DataError("the journal exists already", place=str(path), hint="name the run otherwise, or resume it")
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._expected = _whole_lines(path) if path.exists() else []
        self._written = 0
        self._answers: dict[str, int] = {}
        self._refused = 0
        self._screens = 0
        self._file: BinaryIO = path.open("r+b" if path.exists() else "w+b")
        self._file.truncate(sum(map(len, self._expected)))  # a torn last line goes
        self._file.seek(0, os.SEEK_END)
        try:
            self.write("begin", {"journal": VERSION, **header})
        except DataError:
            self._file.close()
            raise

    def step(self, done: Trajectory) -> None:
        """Write what is new since the last call: candidates with their values, refusals, the round. For `on_step`."""
        self._told(done.scored, done.refused, done.screens)
        if done.steps:
            self.write("step", asdict(done.steps[-1]))

    def end(self, found: Found, templates: Mapping[str, str] | None = None) -> None:
        """Write how the search ended, with what came after the last round (finals and trimming).

        `templates` are the digests of the meta-prompts that were read (`MetaPrompts.used`).
        """
        self._told((found.incumbent, *found.candidates), found.refused, found.screens)
        winner = found.winner.candidate.id if found.winner else None
        label = asdict(found.overfit) if found.overfit else None
        if label:
            label["stale"] = sorted(label["stale"])
        ending = {
            "stop_reason": found.stop_reason,
            "stop_kind": found.reason.kind,
            "winner": winner,
            "overfit": label,
            "calls": found.calls,
            "ledger": asdict(found.ledger),
        }
        self.write("end", {**ending, "templates": dict(sorted((templates or {}).items()))})

    def _told(self, known: Sequence[Scored], refused: Sequence[Refused], screens: Sequence[Screen]) -> None:
        """New candidates with their values, values that were added since (`more`), screenings and refusals."""
        for screen in screens[self._screens :]:
            self.write("screen", asdict(screen))
        self._screens = len(screens)
        for scored in known:
            old = self._answers.get(scored.candidate.id)
            values = {i: o.score.value for i, o in scored.outcomes.items()}
            if old is None:
                content = {"id": scored.candidate.id, **asdict(scored.candidate), "values": values}
                self.write("candidate", content)
            elif len(values) > old:
                self.write("more", {"id": scored.candidate.id, "values": dict(list(values.items())[old:])})
            self._answers[scored.candidate.id] = len(values)
        for one in refused[self._refused :]:
            self.write("refused", asdict(one))
        self._refused = len(refused)

    def write(self, event: str, content: Mapping[str, Json]) -> None:
        """Append one event, durable when this returns; in a resumed run, check it against the line that is there.

        Raises DataError when the line differs: this is not the run that was interrupted.
        """
        line = _line({"event": event, **content})
        if self._written < len(self._expected):
            if self._expected[self._written] != line:
                raise DataError(
                    f"the run does not repeat what it did before ({event})",
                    place=f"{self._path}:{self._written + 1}",
                    hint="the prompt, the cases or the settings have changed since; start a new run without --resume",
                )
        else:
            self._file.write(line)
            self._file.flush()
            os.fsync(self._file.fileno())
        self._written += 1

    def close(self) -> None:
        """Close the file; safe to call twice."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def read(path: Path) -> list[Json]:
    """The events of a journal in order, the torn tail of a killed run left out. DataError for a damaged line."""
    events: list[Json] = []
    for number, line in enumerate(_whole_lines(path), 1):
        try:
            events.append(json.loads(line))
        except ValueError as problem:
            raise DataError(f"damaged journal: {problem}", place=f"{path}:{number}") from None
    return events


def _whole_lines(path: Path) -> list[bytes]:
    return [line for line in path.read_bytes().splitlines(keepends=True) if line.endswith(b"\n")]


def _line(event: Mapping[str, Json]) -> bytes:
    """ASCII JSON: no character of a model's text can end a line early or fail to encode."""
    return json.dumps(event, sort_keys=True, separators=(",", ":")).encode("ascii") + b"\n"
