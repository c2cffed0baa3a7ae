"""Trouble of the user's machine is one message with an exit code of its own; what was paid for is kept."""

from __future__ import annotations

import errno
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic_core import SchemaError, SchemaSerializer, core_schema

from promptci.cli.trouble import as_error, hides_interrupt
from tests.cli.test_cli import offline, run
from tests.conftest import Repo

__all__ = ["offline"]
CHECK = ("check", "--all", "--base", "HEAD")


@pytest.mark.parametrize(
    ("problem", "said"),
    [
        pytest.param(OSError(errno.ENOSPC, "No space left on device", "/a/b"), "make room", id="full"),
        pytest.param(OSError(errno.EROFS, "Read-only file system", "/a/b"), "can be written", id="read-only"),
        pytest.param(OSError(errno.EMFILE, "Too many open files"), "ulimit", id="files"),
        pytest.param(sqlite3.OperationalError("database or disk is full"), "make room", id="store-full"),
        pytest.param(sqlite3.OperationalError("attempt to write a readonly database"), "copy", id="store-read-only"),
        pytest.param(MemoryError(), "smaller", id="memory"),
    ],
)
def test_trouble_of_the_machine_has_a_mend_and_could_not_measure(problem: Exception, said: str) -> None:
    told = as_error(problem)
    assert told is not None
    assert told.exit_code == 3
    assert said in str(told.hint)


@pytest.mark.parametrize(
    "problem",
    [ValueError("x"), OSError("no number"), sqlite3.OperationalError("no such table: a"), OSError(errno.EINVAL, "x")],
    ids=["value", "no-errno", "our-sql", "our-call"],
)
def test_a_bug_is_not_taken_for_trouble(problem: Exception) -> None:
    assert as_error(problem) is None


def test_settings_that_are_a_pipe_are_not_waited_for(offline: Repo) -> None:
    os.mkfifo(offline.path / "pipe.yaml")
    assert "not a regular file" in run("check", "-c", "pipe.yaml", cwd=offline.path, code=2).stderr


def test_a_path_that_is_too_long_is_one_message(offline: Repo) -> None:
    assert "promptci: " in run("check", "-c", "a" * 5000, cwd=offline.path, code=3).stderr


@pytest.mark.parametrize(
    ("output", "said"),
    [
        pytest.param("folder.md/", "a directory", id="directory"),
        pytest.param("promptci.yaml/x.md", "cannot be written", id="below-a-file"),
        pytest.param("/proc/x.md", "cannot be written", id="where-nobody-may", marks=pytest.mark.skipif(
            os.geteuid() == 0, reason="root may write everywhere")),
    ],
)  # fmt: skip
def test_a_report_nobody_could_write_is_refused_before_a_call(output: str, said: str, offline: Repo) -> None:
    (offline.path / "folder.md").mkdir()
    assert said in run(*CHECK, "-o", output, cwd=offline.path, code=2).stderr
    assert not (offline.path / ".promptci").exists()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
def test_a_full_disk_under_the_output_is_told_and_the_answers_are_kept(offline: Repo) -> None:
    command = [sys.executable, "-m", "promptci", *CHECK]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(command, cwd=offline.path, stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 3
    assert "make room" in done.stderr
    assert "Traceback" not in done.stderr
    assert json.loads(run(*CHECK, "--json", cwd=offline.path, code=0).stdout)["cache_hits"] == 240


@pytest.mark.parametrize("closed", [pytest.param("| true", id="pipe"), pytest.param(">&-", id="descriptor")])
def test_the_verdict_stands_whoever_stopped_reading(closed: str, offline: Repo) -> None:
    offline.write("prompts/say.md", "Answer with the word: wrong\n\nInput: {{ input }}\n")
    script = f"set -o pipefail; {sys.executable} -m promptci check --max-calls 0 --json {closed}"
    done = subprocess.run(["bash", "-c", script], cwd=offline.path, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 3, done.stderr
    assert "Traceback" not in done.stderr


def test_help_into_a_closed_pipe_is_one_message(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "promptci", "--help"]
    done = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, text=True)
    os.close(writer)
    assert done.returncode == 3
    assert done.stderr == "promptci: the output was closed before all of it was written\n"


@pytest.mark.fault
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_at_any_moment_ends_without_a_traceback(number: signal.Signals, code: int, offline: Repo) -> None:
    """From the first line of `main` on: before, the interpreter itself answers."""
    draw = random.Random(7)
    program = "import os; from promptci.__main__ import main; os.write(1, b'.'); main()"
    for number_of in range(40):
        command = [sys.executable, "-c", program, *CHECK, "-q"]
        process = subprocess.Popen(command, cwd=offline.path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert process.stdout is not None
        process.stdout.read(1)
        try:
            process.wait(draw.uniform(0.0, 0.1) if number_of % 2 else draw.uniform(0.1, 0.6))
        except subprocess.TimeoutExpired:
            process.send_signal(number)
        said = process.communicate(timeout=60)[1]
        assert "Traceback" not in said, said
        assert process.returncode in (0, code, -number), (
            said
        )  # -number: before the first line of ours, or after the last


class Interrupting:
    """A value at which ^C arrives while a serializer names it."""

    def __repr__(self) -> str:
        raise KeyboardInterrupt


def test_an_interrupt_that_pydantic_made_an_error_of_is_an_interrupt() -> None:
    with pytest.raises(SchemaError) as caught:
        SchemaSerializer(core_schema.literal_schema([Interrupting()]))
    assert hides_interrupt(caught.value)
    with pytest.raises(SchemaError) as caught:
        SchemaSerializer(core_schema.literal_schema([]))
    assert not hides_interrupt(caught.value)
