"""Killed at any moment and run again: no finished call is paid for twice, and the report is what it would have been."""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from .faultserver import Asked, Fault, FaultServer, refuses

QUESTIONS = 8
WORKERS = 4


class Zygote:
    """The process that starts the runs that are killed."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.models.zygote"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[2],
        )

    def run(self, server: FaultServer, folder: Path, **changes: Any) -> bool:
        """Run once; whether it came to its end. With `kill_after_s` it may not."""
        kill_after_s = changes.pop("kill_after_s", None)
        job = {"url": server.url, "folder": str(folder), "questions": QUESTIONS, "max_calls": None, "die_at": None}
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({**job, **changes}) + "\n")
        self._process.stdin.flush()
        child = int(self._process.stdout.readline())
        if kill_after_s is not None:
            time.sleep(kill_after_s)
            os.kill(child, signal.SIGKILL)
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline()) == 0

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()


@pytest.fixture(scope="module")
def zygote() -> Iterator[Zygote]:
    zygote = Zygote()
    yield zygote
    zygote.close()


def picky(asked: Asked) -> Fault | None:
    """The server takes max_completion_tokens only: a lesson that must survive the kills."""
    return refuses("max_tokens") if "max_tokens" in asked.body else None


def committed(folder: Path) -> set[str]:
    """The questions whose answers are stored."""
    with closing(sqlite3.connect(folder / "c")) as connection:
        if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'answers'").fetchall():
            return set()
        return {json.loads(row[0])[5][0][1] for row in connection.execute("SELECT request FROM answers")}


class Story:
    """One run that is killed again and again, with the server's own count beside it."""

    def __init__(self, zygote: Zygote, server: FaultServer, folder: Path) -> None:
        self.zygote, self.server, self.folder, self.kills = zygote, server, folder, 0
        folder.mkdir()
        server.calls = 0
        server.received.clear()
        server.answered.clear()
        self.finished: Counter[str] = Counter()

    def go(self, **changes: Any) -> bool:
        ended = self.zygote.run(self.server, self.folder, **changes)
        self.kills += not ended
        for text, count in self.finished.items():
            assert self.server.answered[text] == count, "a finished call reached the server again"
        self.finished = Counter({text: self.server.answered[text] for text in committed(self.folder)})
        return ended

    def to_the_end(self) -> bytes:
        while not self.go():
            pass
        assert self.server.calls <= QUESTIONS + 1 + self.kills * WORKERS * 2
        sent = int((self.folder / "sent").read_text())
        assert self.server.calls <= sent <= self.server.calls + self.kills * WORKERS, "calls in flight at a kill count"
        return (self.folder / "report.json").read_bytes()


@pytest.fixture
def folder() -> Iterator[Path]:
    """In memory where there is such a place: a kill leaves the same there, and syncing to a disk takes long."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as name:
        yield Path(name)


@pytest.fixture(scope="module")
def server() -> Iterator[FaultServer]:
    with FaultServer(picky) as server:
        yield server


@pytest.fixture(scope="module")
def unbroken(zygote: Zygote, server: FaultServer, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    report = Story(zygote, server, tmp_path_factory.mktemp("unbroken") / "run").to_the_end()
    read = json.loads(report)
    assert read["spent"]["calls"] == server.calls == QUESTIONS + 1
    assert read["notes"] == [f"m at {server.url} takes max_completion_tokens, not max_tokens"]
    return report


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_kill_at_every_commit(zygote: Zygote, server: FaultServer, unbroken: bytes, folder: Path, when: str) -> None:
    for number in range(1, 100):
        story = Story(zygote, server, folder / f"{number}")
        if story.go(die_at=[number, when]):
            break
        assert story.to_the_end() == unbroken, number
    assert number > 2 * QUESTIONS, "every commit was a point to die at, and the last run met none"


@pytest.mark.parametrize("kills", [16, pytest.param(1000, marks=pytest.mark.fault)])
def test_kills_at_random(zygote: Zygote, server: FaultServer, unbroken: bytes, folder: Path, kills: int) -> None:
    rng = random.Random(7)
    done = 0
    for number in range(kills):
        server.delay_s = rng.choice([0.0, 0.002, 0.01])
        story = Story(zygote, server, folder / f"{number}")
        for _ in range(rng.randint(1, 3)):
            if story.go(kill_after_s=rng.uniform(0, 0.08)):
                break
        assert story.to_the_end() == unbroken
        done += story.kills
    server.delay_s = 0.0
    assert done > kills / 2


def test_no_kill_makes_a_run_exceed_its_cap(zygote: Zygote, server: FaultServer, folder: Path) -> None:
    rng = random.Random(8)
    for number in range(5):
        story = Story(zygote, server, folder / f"{number}")
        for _ in range(4):
            story.go(kill_after_s=rng.uniform(0, 0.06), max_calls=9)
        story.go(max_calls=9)
        assert server.calls <= 9
