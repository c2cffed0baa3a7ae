"""A file is old or new, never half: killed at any moment, or with a full disk."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from promptci.errors import DataError
from promptci.records.files import own_directory, write_atomically

ROOT = Path(__file__).resolve().parents[2]
SIZE = 300_000
# Writes for ever, each time another letter; a byte on standard output says that a write begins.
WRITER = f"""
import sys
from pathlib import Path
from promptci.records.files import write_atomically
turn = 0
while True:
    turn += 1
    sys.stdout.buffer.write(b'.')
    sys.stdout.buffer.flush()
    write_atomically(Path(sys.argv[1]), bytes([65 + turn % 26]) * {SIZE})
"""
# Kills itself at the n-th thing that Python does with the operating system while it writes.
ONCE = f"""
import os, signal, sys
from pathlib import Path
from promptci.records.files import write_atomically
left = int(sys.argv[2])
def count(event, args):
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(count)
write_atomically(Path(sys.argv[1]), b'Z' * {SIZE})
"""


def start(script: str, *args: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-S", "-c", script, *args]
    return subprocess.Popen(command, stdout=subprocess.PIPE, env={"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"]})


def test_what_is_written_is_what_is_read(tmp_path: Path) -> None:
    path = tmp_path / "new" / "deep" / "file.json"
    for content in (b"", b"one", b"\x00\xff" * 1000):
        write_atomically(path, content)
        assert path.read_bytes() == content
    assert [p.name for p in path.parent.iterdir()] == ["file.json"]
    assert path.stat().st_mode & 0o777 == 0o644


def test_a_link_is_replaced_and_what_it_points_at_is_left_alone(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_text("mine")
    link = tmp_path / "report.json"
    link.symlink_to(outside)
    write_atomically(link, b"new")
    assert outside.read_text() == "mine"
    assert not link.is_symlink()
    assert link.read_bytes() == b"new"


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    write_atomically(path, b"old")

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_atomically(path, b"new")
    assert [p.name for p in tmp_path.iterdir()] == ["file"]
    assert path.read_bytes() == b"old"


def test_a_directory_in_its_place_is_an_error_and_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "file").mkdir()
    with pytest.raises(OSError):
        write_atomically(tmp_path / "file", b"new")
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_killed_at_random_the_file_is_always_whole(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_atomically(path, b"@" * SIZE)
    rng = random.Random(20)
    seen = set()
    for _ in range(20):
        with start(WRITER, str(path)) as writer:
            assert writer.stdout is not None
            writer.stdout.read(rng.randint(1, 12))  # this many writes have begun
            writer.send_signal(signal.SIGKILL)
        content = path.read_bytes()
        assert len(content) == SIZE
        assert len(set(content)) == 1
        seen.add(content[:1])
    assert len(seen) > 1  # the kills did not all come before the first write


def test_killed_at_each_step_the_file_is_the_old_or_the_new(tmp_path: Path) -> None:
    path = tmp_path / "file"
    ends = []
    for step in range(1, 30):
        write_atomically(path, b"@" * SIZE)
        with start(ONCE, str(path), str(step)) as writer:
            killed = writer.wait() == -signal.SIGKILL
        content = path.read_bytes()
        assert content in (b"@" * SIZE, b"Z" * SIZE)
        ends.append((killed, content[:1]))
        if not killed:
            break
    assert ends[0] == (True, b"@")
    assert ends[-1] == (False, b"Z")
    assert len(ends) > 3


def test_an_own_directory_is_ignored_by_git_and_made_once(tmp_path: Path) -> None:
    place = own_directory(tmp_path / "a" / "cache")
    assert (place / ".gitignore").read_text().endswith("*\n")
    (place / ".gitignore").write_text("kept by a person\n")
    assert own_directory(place) == place
    assert (place / ".gitignore").read_text() == "kept by a person\n"


@pytest.mark.parametrize("linked", [".promptci", ".promptci/cache"])
def test_nothing_is_written_through_a_linked_directory(linked: str, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    link = tmp_path / "project" / linked
    link.parent.mkdir(parents=True)
    link.symlink_to(outside)
    place = tmp_path / "project/.promptci/cache"
    with pytest.raises(DataError, match="symbolic link"):
        own_directory(place)
    with pytest.raises(DataError, match="symbolic link"):
        write_atomically(place / "x.json", b"x")
    assert list(outside.iterdir()) == []


@pytest.mark.parametrize("there", [True, False], ids=["there", "dangling"])
def test_an_own_directory_with_a_link_in_it_is_refused(there: bool, tmp_path: Path) -> None:
    outside = tmp_path / "victim.sqlite"
    if there:
        outside.write_text("mine")
    place = own_directory(tmp_path / ".promptci" / "cache")
    (place / "answers.sqlite").symlink_to(outside)
    with pytest.raises(DataError, match="symbolic link") as problem:
        own_directory(place)
    assert str(problem.value.place).endswith("answers.sqlite")


def test_directories_above_the_project_may_be_links(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "home").symlink_to(tmp_path / "real")
    place = own_directory(tmp_path / "home" / ".promptci" / "runs")
    write_atomically(place / "x.json", b"x")
    assert (tmp_path / "real/.promptci/runs/x.json").read_bytes() == b"x"
