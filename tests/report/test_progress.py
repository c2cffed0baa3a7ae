from __future__ import annotations

import io
import sys
from collections.abc import Callable

import pytest

from promptci.report.progress import Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def walk(progress: Progress, clock: Clock, seconds: int, total: int | None = 120) -> None:
    """A part that does one unit a second."""
    with progress.part("Scoring triage", total=total) as step:
        for done in range(1, seconds + 1):
            clock.now += 1
            step(done)


def made(stream: io.StringIO, clock: Clock, **environ: str) -> Progress:
    return Progress(stream=stream, environ={"TERM": "xterm", **environ}, clock=clock)


def test_a_log_gets_a_line_every_ten_seconds() -> None:
    stream, clock = io.StringIO(), Clock()
    walk(made(stream, clock), clock, 35)
    assert stream.getvalue() == (
        "Scoring triage: 10 of 120 (8 %), 10 s\n"
        "Scoring triage: 20 of 120 (16 %), 20 s\n"
        "Scoring triage: 30 of 120 (25 %), 30 s\n"
    )


def test_many_short_parts_share_the_ten_seconds() -> None:
    stream, clock = io.StringIO(), Clock()
    progress = made(stream, clock)
    for _ in range(7):
        walk(progress, clock, 3)
    assert len(stream.getvalue().splitlines()) == 2


def test_what_is_fast_says_nothing_in_a_log() -> None:
    stream, clock = io.StringIO(), Clock()
    walk(made(stream, clock), clock, 9)
    assert stream.getvalue() == ""


def test_an_unknown_total_is_not_invented() -> None:
    stream, clock = io.StringIO(), Clock()
    walk(made(stream, clock), clock, 10, total=None)
    walk(made(stream, clock), clock, 10, total=0)
    assert stream.getvalue() == "Scoring triage: 10, 10 s\n" * 2


@pytest.mark.parametrize("variable", [{"CI": "true"}, {"CI": "1"}, {"TERM": "dumb"}])
def test_a_terminal_in_ci_gets_lines(variable: dict[str, str]) -> None:
    stream, clock = Terminal(), Clock()
    walk(made(stream, clock, **variable), clock, 10)
    assert stream.getvalue() == "Scoring triage: 10 of 120 (8 %), 10 s\n"


def test_a_terminal_gets_a_bar_that_vanishes(capsys: pytest.CaptureFixture[str]) -> None:
    stream, clock = Terminal(), Clock()
    walk(made(stream, clock, CI="false"), clock, 120)
    drawn = stream.getvalue()
    assert "Scoring triage" in drawn
    assert "120/120" in drawn
    assert drawn.endswith("\r\x1b[2K\x1b[?25h\r")  # the line is erased, the cursor shown again
    assert capsys.readouterr() == ("", "")


def test_parts_may_be_nested_and_printing_stays_on_its_stream(capsys: pytest.CaptureFixture[str]) -> None:
    stream, clock = Terminal(), Clock()
    progress = made(stream, clock)
    with progress.part("Searching", total=3) as outer:
        for n in range(3):
            walk(progress, clock, 120)
            sys.stdout.write(f"step {n}\n")
            outer(n + 1)
    assert capsys.readouterr().out == "step 0\nstep 1\nstep 2\n"
    assert "Searching" in stream.getvalue()
    walk(progress, clock, 120)  # and again after the last bar is gone


def test_a_part_that_breaks_leaves_the_terminal_in_order() -> None:
    stream, clock = Terminal(), Clock()
    progress = made(stream, clock)
    with pytest.raises(KeyboardInterrupt), progress.part("x", total=2):
        raise KeyboardInterrupt
    assert "\x1b[?25h" in stream.getvalue()  # the cursor is shown again


@pytest.mark.parametrize("maker", [io.StringIO, Terminal])
def test_quiet_says_nothing(maker: Callable[[], io.StringIO]) -> None:
    stream, clock = maker(), Clock()
    walk(Progress(quiet=True, stream=stream, clock=clock), clock, 60)
    assert stream.getvalue() == ""


def test_a_process_without_standard_error_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", None)
    clock = Clock()
    walk(Progress(environ={}, clock=clock), clock, 60)


@pytest.mark.parametrize("maker", [io.StringIO, Terminal])
def test_a_title_is_untrusted(maker: Callable[[], io.StringIO]) -> None:
    stream, clock = maker(), Clock()
    with made(stream, clock).part("::add-mask::\x07[bold]x", total=1) as step:
        clock.now = 11
        step(1)
    assert "\\::add-mask::\\u{7}[bold]x" in stream.getvalue()
