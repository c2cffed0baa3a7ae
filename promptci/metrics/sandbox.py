"""Run the repository's own grading code apart: no environment, no network, no files but its own, bounded.

One helper process answers for each piece of code; every answer is graded in a fresh child of it, which gives up its
rights first (`confine.py`). Where the system has no Landlock or seccomp, `missing` says what does not hold.
"""

from __future__ import annotations

import atexit
import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from promptci.core import Json
from promptci.options import File

SECONDS = 5.0
MEMORY_MB = 512
_MOST = 8  # helper processes at once: the oldest is ended first
_CONFINE = Path(__file__).with_name("confine.py")


@dataclass(frozen=True, slots=True)
class Ran:
    """What their code said (a JSON value), or what went wrong. `missing` names the walls that this system lacks.

    `raised` says that a function of theirs ran and raised an error.
    """

    value: Json = None
    problem: str | None = None
    missing: tuple[str, ...] = ()
    raised: bool = False


class Helper:
    """One helper process for one file of code, in a folder of its own. Close it."""

    def __init__(self, file: File) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="promptci-metric-")
        self.path = Path(self._folder.name) / PurePosixPath(file.path).name
        self.path.write_text(file.text, "utf-8")
        self.path.chmod(0o500)
        self._process = subprocess.Popen(
            [sys.executable, "-I", str(_CONFINE), self._folder.name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"LANG": "C.UTF-8", "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1"},
            cwd=self._folder.name,
            start_new_session=True,
            text=True,
            encoding="utf-8",
        )

    def ask(self, order: Mapping[str, Any]) -> dict[str, Any]:
        """Send one order and return what came of it. Raises OSError when the helper is gone."""
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            raise OSError("no pipe")
        stdin.write(json.dumps(order) + "\n")
        stdin.flush()
        line = stdout.readline()
        if not line:
            raise OSError("the helper process ended")
        found: dict[str, Any] = json.loads(line)
        return found

    def close(self) -> None:
        """End the process and remove its folder; safe to call twice."""
        self._process.kill()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                try:
                    stream.close()
                except OSError:
                    continue  # the process has ended already: nothing is left to be flushed
        self._process.wait()
        self._folder.cleanup()


_HELPERS: dict[File, Helper] = {}
_LACKED: dict[str, None] = {}


def lacked() -> tuple[str, ...]:
    """Return the walls that this system turned out to lack since the program began: files, network."""
    return tuple(_LACKED)


def run(
    file: File,
    output: Json,
    case: Mapping[str, Json],
    *,
    function: str = "",
    argv: tuple[str, ...] = (),
    seconds: float = SECONDS,
    memory_mb: int = MEMORY_MB,
) -> Ran:
    """Grade one output by a function of a Python file, or by a program (`argv`, to which the file's path is added)."""
    order = {"output": output, "case": dict(case), "function": function, "seconds": seconds, "memory_mb": memory_mb}
    try:
        helper = _helper(file)
        whole = [*argv, str(helper.path)] if argv else []
        found = helper.ask({**order, "file": str(helper.path), "argv": whole})
    except (OSError, ValueError) as problem:
        _end(file)
        return Ran(problem=f"the grading process failed: {problem}")
    missing = _missing(found["first"])
    _LACKED.update(dict.fromkeys(missing))
    if found["why"]:
        return Ran(problem=found["why"], missing=missing)
    try:
        said = json.loads(found["said"])
    except ValueError:
        return Ran(problem="it said no JSON" if found["said"].strip() else "it said nothing", missing=missing)
    if not argv and isinstance(said, dict):
        return Ran(said.get("value"), said.get("problem"), missing, raised="problem" in said)
    return Ran(said, None, missing)


def _missing(first: str) -> tuple[str, ...]:
    try:
        files, network = json.loads(first)["held"]
    except (ValueError, KeyError, TypeError):
        return ("files", "network")
    return tuple(name for name, held in (("files", files), ("network", network)) if held is not True)


def _helper(file: File) -> Helper:
    if file not in _HELPERS:
        while len(_HELPERS) >= _MOST:
            _end(next(iter(_HELPERS)))
        _HELPERS[file] = Helper(file)
    return _HELPERS[file]


def _end(file: File) -> None:
    helper = _HELPERS.pop(file, None)
    if helper is not None:
        helper.close()


@atexit.register
def close_all() -> None:
    """End all helper processes."""
    for file in list(_HELPERS):
        _end(file)
