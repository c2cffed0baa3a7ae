from __future__ import annotations

import io
import re
import sys
from collections.abc import Callable

import pytest

from promptci.report.progress import ROWS, Progress
from promptci.report.tally import Tally, pace, used


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
        "Scoring triage: 10 of 120 (8 %), 10 s; 1.0/s, about 1 min 50 s left\n"
        "Scoring triage: 20 of 120 (16 %), 20 s; 1.0/s, about 1 min 40 s left\n"
        "Scoring triage: 30 of 120 (25 %), 30 s; 1.0/s, about 1 min 30 s left\n"
    )


@pytest.mark.parametrize("maker", [io.StringIO, Terminal], ids=["log", "bar"])
def test_what_is_used_and_found_is_said_beside_how_far_it_is(maker: Callable[[], io.StringIO]) -> None:
    stream, clock = maker(), Clock()
    progress = made(stream, clock, COLUMNS="200")
    progress.watch(lambda: Tally(240, 2000, 0.314, 2.0, 0.8412))
    walk(progress, clock, 120 if maker is Terminal else 10)
    assert "240 of 2,000 calls, 0.3140 of 2.00 USD, best 84.1 %" in re.sub(r"\s+", " ", stream.getvalue())


@pytest.mark.parametrize(
    ("tally", "said"),
    [
        (Tally(), ""),
        (Tally(1), "1 call"),
        (Tally(1, 9), "1 of 9 calls"),
        (Tally(3, None, 0.00001), "3 calls, <0.0001 USD"),
        (Tally(best=0.0), "best 0.0 %"),
    ],
    ids=["nothing yet", "one", "capped", "no cap", "best is none"],
)
def test_what_is_not_known_is_not_said(tally: Tally, said: str) -> None:
    assert used(tally) == said


@pytest.mark.parametrize(
    ("done", "total", "seconds", "said"),
    [
        (0, 9, 60, ""),
        (5, 9, 1, ""),
        (9, 9, 9, "1.0/s"),
        (60, None, 30, "2.0/s"),
        (10, 70, 5, "2.0/s, about 30.0 s left"),
    ],
    ids=["not begun", "too early", "done", "no total", "going on"],
)
def test_time_left_comes_from_the_rate_so_far(done: int, total: int | None, seconds: float, said: str) -> None:
    assert pace(done, total, seconds) == said


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
    assert stream.getvalue() == "Scoring triage: 10, 10 s; 1.0/s\n" * 2


@pytest.mark.parametrize("variable", [{"CI": "true"}, {"CI": "1"}, {"TERM": "dumb"}])
def test_a_terminal_in_ci_gets_lines(variable: dict[str, str]) -> None:
    stream, clock = Terminal(), Clock()
    walk(made(stream, clock, **variable), clock, 10)
    assert stream.getvalue() == "Scoring triage: 10 of 120 (8 %), 10 s; 1.0/s, about 1 min 50 s left\n"


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


def test_what_is_done_of_several_stays_as_a_row_until_all_is_done() -> None:
    stream, clock = Terminal(), Clock()
    progress = made(stream, clock)
    with progress.table("Checking prompts", ROWS + 3) as row:
        for n in range(ROWS + 3):
            walk(progress, clock, 120)
            row(f"prompt-{n}", "looks worse")
    drawn = stream.getvalue()
    last = drawn.rpartition(f"prompt-{ROWS + 2}")[0].rpartition("Checking prompts")[2]
    assert [f"looks worse  prompt-{n}" in drawn for n in (0, ROWS + 2)] == [True, True]
    assert "looks worse  prompt-0 " not in last  # only the last ones are kept
    assert drawn.endswith("\x1b[2K\x1b[?25h\r")  # every line is erased, the cursor shown again


def test_a_log_says_how_many_of_several_are_done() -> None:
    stream, clock = io.StringIO(), Clock()
    with made(stream, clock).table("Checking prompts", 40) as row:
        for n in range(40):
            clock.now += 1
            row(f"prompt-{n}", "passes")
    assert [line.split(" of ")[0] for line in stream.getvalue().splitlines()] == [
        f"Checking prompts: {n}" for n in (10, 20, 30, 40)
    ]


def test_a_quiet_table_says_nothing() -> None:
    stream = Terminal()
    with Progress(quiet=True, stream=stream).table("x", 3) as row:
        row("a", "passes")
    assert stream.getvalue() == ""


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
