"""How far a long part is: bars on a terminal, a line now and then in a log, nothing when quiet.

All of it goes to standard error; standard output is for reports.
"""

from __future__ import annotations

import os
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Protocol, TextIO

from promptci.report.tally import Tally, pace, used
from promptci.untrusted import one_line

if TYPE_CHECKING:
    from rich import progress as rich

Step = Callable[[int], None]
"""Takes how much is done so far, counted from the part's start; cheap, callable from any thread."""

Row = Callable[[str, str], None]
"""Takes what is done, and a word for how it looks."""

LINE_EVERY_S = 10.0
DRAW_EVERY_S = 0.1
ROWS = 12  # of a table that are seen at once: the last ones


class Display(Protocol):
    """Where progress is shown."""

    def part(self, title: str, total: int | None) -> AbstractContextManager[Step]:
        """Show one part while the context lasts. Parts may be nested. `total` None: nobody knows how much it is."""
        ...

    def table(self, title: str, total: int) -> AbstractContextManager[Row]:
        """Show a row for each of `total` things that is done, beside the open parts, while the context lasts."""
        ...


class Progress:
    """Shows how far long parts are: `with progress.part("Scoring triage", total=120) as step: step(done)`.

    Bars need a terminal that is not a CI log. `stream` None means standard error as it is when a part begins.
    """

    def __init__(
        self,
        *,
        quiet: bool = False,
        stream: TextIO | None = None,
        environ: Mapping[str, str] = os.environ,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._stream, self._environ, self._clock = stream, environ, clock
        self._display: Display | None = Silent() if quiet else None
        self._tally: Callable[[], Tally] = Tally

    def watch(self, tally: Callable[[], Tally]) -> None:
        """Say from now on, beside how far a part is, what `tally` gives; it is asked often, so it must be cheap."""
        self._tally = tally

    def _used(self) -> str:
        return used(self._tally())

    def part(self, title: str, total: int | None = None) -> AbstractContextManager[Step]:
        """Show one part; `title` may hold untrusted text, `total` is what `step` counts up to."""
        if self._display is None:
            self._display = self._choose()
        return self._display.part(one_line(title, limit=60), total)

    def table(self, title: str, total: int) -> AbstractContextManager[Row]:
        """Show several things one after another, each with how it looks; names may hold untrusted text."""
        if self._display is None:
            self._display = self._choose()
        return self._display.table(one_line(title, limit=60), total)

    def _choose(self) -> Display:
        stream = self._stream or sys.stderr
        if stream is None:  # a process may be started without a standard error
            return Silent()
        in_ci = self._environ.get("CI", "").lower() not in ("", "0", "false")
        if stream.isatty() and not in_ci and self._environ.get("TERM") != "dumb":
            return Bars(stream, self._clock, self._used)
        return Lines(stream, self._clock, self._used)


class Silent:
    """Shows nothing."""

    @contextmanager
    def part(self, title: str, total: int | None) -> Iterator[Step]:
        """Take the counts and drop them."""
        del title, total
        yield lambda _: None

    @contextmanager
    def table(self, title: str, total: int) -> Iterator[Row]:
        """Take the rows and drop them."""
        del title, total
        yield lambda _name, _word: None


class Lines:
    """Writes a line at most every ten seconds over all parts together, and none for what is faster."""

    def __init__(self, stream: TextIO, clock: Callable[[], float], used: Callable[[], str]) -> None:
        self._stream, self._clock, self._used = stream, clock, used
        self._next = clock() + LINE_EVERY_S

    @contextmanager
    def part(self, title: str, total: int | None) -> Iterator[Step]:
        """Write how far the part is."""
        start = self._clock()

        def step(done: int) -> None:
            now = self._clock()
            if now < self._next:
                return
            self._next = now + LINE_EVERY_S
            of = f" of {total:,} ({100 * done // total} %)" if total else ""
            parts = [f"{title}: {done:,}{of}, {now - start:.0f} s", pace(done, total, now - start), self._used()]
            self._stream.write("; ".join(part for part in parts if part) + "\n")
            self._stream.flush()

        yield step

    @contextmanager
    def table(self, title: str, total: int) -> Iterator[Row]:
        """Write how many are done, as for any part."""
        with self.part(title, total) as step:
            done = 0

            def row(_name: str, _word: str) -> None:
                nonlocal done
                done += 1
                step(done)

            yield row


class Bars:
    """Draws one bar per open part; they vanish when the last part ends."""

    def __init__(self, stream: TextIO, clock: Callable[[], float], used: Callable[[], str]) -> None:
        self._stream, self._clock, self._used = stream, clock, used
        self._live: rich.Progress | None = None
        self._open = 0

    @contextmanager
    def part(self, title: str, total: int | None) -> Iterator[Step]:
        """Draw a bar for the part."""
        live = self._live = self._live or self._started()
        task = live.add_task(title, total=total, told="")
        self._open += 1
        drawn = start = self._clock()

        def step(done: int) -> None:
            nonlocal drawn
            now = self._clock()
            if now - drawn >= DRAW_EVERY_S or done == total:
                drawn = now
                told = "; ".join(part for part in (pace(done, total, now - start), self._used()) if part)
                live.update(task, completed=done, refresh=done == total, told=told)

        try:
            yield step
        finally:
            live.remove_task(task)
            self._open -= 1
            if not self._open:
                live.stop()
                self._live = None

    @contextmanager
    def table(self, title: str, total: int) -> Iterator[Row]:
        """Keep a full bar for each thing that is done, the last `ROWS` of them, above those that go on."""
        with self.part(title, total) as step:
            live, done = self._live, 0
            kept: deque[rich.TaskID] = deque()

            def row(name: str, word: str) -> None:
                nonlocal done
                done += 1
                if live is not None:
                    kept.append(live.add_task(f"{word}  {one_line(name, limit=40)}", total=1, completed=1, told=""))
                    if len(kept) > ROWS:
                        live.remove_task(kept.popleft())
                step(done)

            try:
                yield row
            finally:
                for task in kept:
                    if live is not None:
                        live.remove_task(task)

    def _started(self) -> rich.Progress:
        from rich import progress as rich
        from rich.console import Console

        live = rich.Progress(
            rich.TextColumn("{task.description}", markup=False),
            rich.BarColumn(bar_width=30),
            rich.MofNCompleteColumn(),
            rich.TimeElapsedColumn(),
            rich.TextColumn("{task.fields[told]}", markup=False),
            console=Console(file=self._stream),
            refresh_per_second=5,
            transient=True,
            redirect_stdout=False,  # else a report on standard output would land on standard error
            redirect_stderr=False,
        )
        live.start()
        return live
