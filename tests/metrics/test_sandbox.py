"""The repository's own grading code sees its answer and nothing else, whatever it tries."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from promptci.core import Case
from promptci.errors import DataError
from promptci.metrics import sandbox
from promptci.metrics.base import Answer
from promptci.metrics.build import build
from promptci.metrics.code import Command, PythonFunction
from promptci.options import File

CASE = Case("c1", {"input": "x"}, "paid", tags=("smoke",))


@pytest.fixture(autouse=True)
def _no_helper_is_left() -> Iterator[None]:
    yield
    sandbox.close_all()


def python(text: str, **options: float) -> PythonFunction:
    return PythonFunction(File("checks.py", text), **options)  # type: ignore[arg-type]  # its limits, which are numbers


def said(text: str, **options: float) -> str:
    grade = python(text, **options).grade(CASE, Answer("out"))
    assert grade.value is None
    return str(grade.reason)


HOSTILE = {
    "environment": "import os\ndef grade(o, c):\n    if 'SECRET' in os.environ or 'HOME' in os.environ: return 1\n",
    "parent-s-environment": "import os\n"
    "def grade(o, c): return float(b'SECRET' in open(f'/proc/{os.getppid()}/environ', 'rb').read())",
    "own-environment-file": "def grade(o, c): return float(b'SECRET' in open('/proc/self/environ', 'rb').read())",
    "passwords": "def grade(o, c): return float(bool(open('/etc/passwd').read()))",
    "a-file-of-the-user": "def grade(o, c): return float(bool(open('@SECRET@').read()))",
    "list-a-folder": "import os\ndef grade(o, c): return float(bool(os.listdir('@FOLDER@')))",
    "follow-a-link": "import os\n"
    "def grade(o, c):\n    os.symlink('@SECRET@', 'x')\n    return float(bool(open('x').read()))",
    "write-beside-itself": "def grade(o, c):\n    open('x', 'w').write('a')\n    return 1",
    "write-outside": "def grade(o, c):\n    open('@SECRET@', 'a').write('a')\n    return 1",
    "remove": "import os\ndef grade(o, c):\n    os.remove('@SECRET@')\n    return 1",
    "tcp": "import socket\ndef grade(o, c):\n    socket.create_connection(('127.0.0.1', 1))\n    return 1",
    "udp": "import socket\ndef grade(o, c):\n    socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n    return 1",
    "unix-socket": "import socket\ndef grade(o, c):\n    socket.socket(socket.AF_UNIX)\n    return 1",
    "fork": "import os\ndef grade(o, c):\n    os.fork()\n    return 1",
    "fork-bomb": "import os\ndef grade(o, c):\n    while True: os.fork()",
    "a-program": "import subprocess\ndef grade(o, c):\n    subprocess.run(['true'])\n    return 1",
    "threads": "import threading\ndef grade(o, c):\n    threading.Thread(target=print).start()\n    return 1",
    "kill-its-parent": "import os, signal\ndef grade(o, c):\n    os.kill(os.getppid(), signal.SIGKILL)\n    return 1",
    "sleep": "import time\ndef grade(o, c):\n    time.sleep(600)\n    return 1",
    "endless": "def grade(o, c):\n    while True: pass",
    "memory": "def grade(o, c):\n    return len(' ' * 10**10) > 0",
    "much-output": "def grade(o, c): return {'score': 1, 'reason': 'x' * 10**6}",
    "exit": "import os\ndef grade(o, c): os._exit(0)",
    "crash": "import ctypes\ndef grade(o, c): ctypes.string_at(0)",
    "at-import": "import socket\nsocket.socket()\ndef grade(o, c): return 1",
    "no-mount": "import ctypes\ndef grade(o, c):\n    return float(ctypes.CDLL(None).unshare(0x10000000) == 0) or None",
    "ptrace": "import ctypes, os\n"
    "def grade(o, c):\n    return float(ctypes.CDLL(None).ptrace(16, os.getppid(), 0, 0) == 0) or None",
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_code_fails_or_sees_nothing(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("SECRET")
    monkeypatch.setenv("SECRET", "SECRET")
    text = HOSTILE[name].replace("@SECRET@", str(secret)).replace("@FOLDER@", str(tmp_path))
    metric = python(text, seconds=1.0)
    grade = metric.grade(CASE, Answer("out"))
    assert grade.value is None, grade
    assert secret.read_text() == "SECRET"
    # And what it did touches no later answer.
    assert python("def grade(o, c): return 1").grade(CASE, Answer("out")).value == 1.0


def test_code_sees_the_output_and_the_case() -> None:
    metric = python("def grade(output, case): return output == case['expected'] and case['id'] == 'c1'")
    assert [metric(CASE, "paid"), metric(CASE, "open")] == [1.0, 0.0]


def test_each_answer_is_graded_afresh() -> None:
    metric = python("seen = []\ndef grade(o, c):\n    seen.append(o)\n    return len(seen) == 1")
    assert [metric(CASE, "a"), metric(CASE, "b")] == [1.0, 1.0]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param("def grade(o, c): return 7", "returned 7, not 0 to 1", id="out-of-range"),
        pytest.param("def grade(o, c): return 'yes'", "returned 'yes'", id="a-text"),
        pytest.param("def grade(o, c): return None", "cannot tell", id="none"),
        pytest.param("def grade(o, c): return float('nan')", "not 0 to 1", id="nan"),
        pytest.param("def grade(o, c): return c['vars']['missing']", "KeyError: 'missing'", id="an-exception"),
        pytest.param("def grade(o): return 1", "TypeError", id="one-parameter"),
        pytest.param("def grade(o, c):\n    while True: pass", "took over 0.5 s", id="endless"),
    ],
)
def test_what_cannot_be_a_grade_is_unmeasured_with_its_reason(text: str, reason: str) -> None:
    assert reason in said(text, seconds=0.5)


def test_a_reason_is_kept() -> None:
    grade = python("def grade(o, c): return {'score': 0.25, 'reason': 'two are missing'}").grade(CASE, Answer("x"))
    assert (grade.value, str(grade.reason)) == (0.25, "two are missing")


@pytest.mark.parametrize(
    ("text", "output", "value"),
    [
        pytest.param("read line; echo 0.5", "x", 0.5, id="a-number"),
        pytest.param("""case $(cat) in *paid*) echo '{"score": 1}';; *) echo 0;; esac""", "paid", 1.0, id="an-object"),
        pytest.param("env > /tmp/promptci-env; echo true", "x", 1.0, id="no-file-is-written"),
        pytest.param("cat /etc/passwd || echo false", "x", 0.0, id="no-file-is-read"),
        pytest.param("sleep 600 & echo true", "x", 1.0, id="what-it-leaves-behind-is-ended"),
        pytest.param("exit 3", "x", None, id="silence"),
        pytest.param("echo hello", "x", None, id="no-json"),
    ],
)
def test_a_command_reads_json_and_prints_its_grade(text: str, output: str, value: float | None) -> None:
    metric = Command(File("checks/grade.sh", text), run=("sh",), seconds=2.0)
    assert metric(Case("c", {"input": "x"}), output) == value
    assert not Path("/tmp/promptci-env").exists()


def test_a_file_that_is_no_python_is_refused_at_its_line() -> None:
    with pytest.raises(DataError, match="no Python") as problem:
        python("def grade(o, c):\n    return (").refuse([CASE], "evals/a.jsonl")
    assert problem.value.place == "checks.py:2"
    with pytest.raises(DataError, match="has no function 'check'"):
        PythonFunction(File("checks.py", "def grade(o, c): return 1"), function="check").refuse([CASE], "evals/a.jsonl")


def test_the_function_stands_behind_the_file() -> None:
    metric = build(
        [{"name": "python", "file": "checks/a.py:check"}], lambda path: f"# {path}\ndef check(o, c): return 1"
    )
    assert metric.needs.code
    assert metric.needs.files == ("checks/a.py",)
    assert metric(CASE, "x") == 1.0


def test_what_this_system_lacks_is_said() -> None:
    ran = sandbox.run(File("a.py", "def grade(o, c): return 1"), "x", {}, function="grade")
    assert ran.missing == ()


def test_helpers_end_with_the_program(tmp_path: Path) -> None:
    text = (
        "from promptci.metrics import sandbox\nfrom promptci.options import File\n"
        "sandbox.run(File('a.py', 'def grade(o, c): return 1'), 'x', {}, function='grade')\n"
        "print(next(iter(sandbox._HELPERS.values()))._process.pid)\n"
    )
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True, cwd=tmp_path)
    with pytest.raises(ProcessLookupError):
        os.kill(int(done.stdout), 0)
