"""A build that is killed again and again, and gone on with, ends with the same pairs, and nothing is paid for twice."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock

import pytest

from promptci.models.offline.server import App
from tests.augment.test_building import log
from tests.conftest import Repo
from tests.serving import at_work

ATTEMPTS = 3  # what a judge refuses is written anew, so often by default: the same question, another sample
CONFIG = """\
version: 1
models: {{scorer: {{model: offline-1, base_url: "{url}", api_key_env: NO_KEY}}}}
budget: {{max_calls: 100000}}
prompts:
  - {{id: say, file: prompts/say.md, cases: evals/say.jsonl}}
"""


class Counting(ThreadingHTTPServer):
    """The offline model over HTTP, which keeps what it was asked; `slow` gives a kill something to meet."""

    daemon_threads = True

    def __init__(self, slow_s: float) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.app, self.lock, self.slow_s = App(), Lock(), slow_s
        self.asked: Counter[bytes] = Counter()


class Handler(BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"
    server: Counting

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with self.server.lock:
            self.server.asked[body] += 1
            status, answer = self.server.app.answer("POST", self.path, body)
        time.sleep(self.server.slow_s)
        data = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def serving(slow_s: float) -> Iterator[Counting]:
    with at_work(Counting(slow_s)) as server:
        yield server


def built(repo: Repo, *more: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "promptci", "augment", "build", "support", "log.jsonl", "--trust-tree", "-j", "4"]
    where = {**os.environ, "NO_KEY": "x"}
    return subprocess.Popen(
        [*command, *more], cwd=repo.path, env=where, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def run_of(repo: Repo) -> str:
    return max(path.name for path in (repo.path / ".promptci/runs").iterdir() if path.is_dir())


def prepared(repo: Repo, server: Counting, prompts: int) -> None:
    repo.write("promptci.yaml", CONFIG.format(url=f"http://127.0.0.1:{server.server_address[1]}/v1"))
    repo.write("augment/support.yaml", "version: 1\n")
    rows = [json.dumps({"id": row.id, "prompt": getattr(row, "text", "")}) for row in log(prompts)]
    repo.write("log.jsonl", "\n".join(rows))
    repo.commit("A log", push=True)


@pytest.mark.parametrize(
    ("kills", "prompts"), [pytest.param(2, 8, id="few"), pytest.param(100, 240, id="many", marks=pytest.mark.fault)]
)
def test_a_killed_build_ends_with_the_same_pairs(repo: Repo, tmp_path: Path, kills: int, prompts: int) -> None:
    rng = random.Random(11)
    with serving(0.01) as server:
        prepared(repo, server, prompts)
        whole = built(repo, "--out", str(tmp_path / "whole"), "--no-cache")
        assert whole.wait() == 0
        needed = server.asked.total()
        assert max(server.asked.values()) <= ATTEMPTS
        server.asked.clear()
        killed, more = 0, ["--no-cache"]
        while killed < kills:
            step = built(repo, *more)
            goal = server.asked.total() + rng.randint(1, max(2, needed // kills))
            while step.poll() is None and server.asked.total() < goal:
                time.sleep(0.005)  # for the process, which is another one, to have asked so much
            if step.poll() is not None:
                break  # it came to its end before it could be killed so often
            step.send_signal(signal.SIGKILL)
            step.wait()
            killed += 1
            more = ["--no-cache", "--resume", run_of(repo)] if (repo.path / ".promptci/runs").exists() else more
        last = built(repo, *more)
        assert last.wait() in (0, 2)  # 2: the run is finished
    pairs = repo.path / ".promptci/pairs/augment-support/pairs.jsonl"
    assert pairs.read_bytes() == (tmp_path / "whole/pairs.jsonl").read_bytes()
    assert killed >= min(2, kills)
    again = server.asked.total() - needed
    assert again <= 4 * killed, "more was asked again than was on its way when the process died"
