"""The verdict of `promptci gate` on what promptfoo, inspect_ai and pytest themselves write: false reds, drops found.

`python benchmarks/other_tools.py [--promptfoo PATH] [--inspect PATH]`; a tool that is not there is left out. A planted
server answers: one case in ten passes by a coin, two in ten never; a harmful prompt also breaks a fifth of the rest.
Each seed is a suite of its own, run before, after a harmless and after a harmful change. All of a tool's suites are run
in one process, as its start takes longer than a suite; promptfoo's rows are then put into one file a suite.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock, Thread

from promptci.commands.gate import gate

CASES, DROP = 120, 0.2
KINDS = ("base", "harmless", "harmful")
Runner = Callable[[str, list[str], Path, str], Mapping[str, Path]]


class Planted(ThreadingHTTPServer):
    """Says yes, the right answer, or no. A prompt is `SEED KIND`, a question its number."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.lock, self.rng, self.asked = Lock(), random.Random(1), 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"

    def said(self, prompt: str, number: str) -> str:
        seed, _, kind = prompt.partition(" ")
        world = random.Random(f"{seed} {number}")
        chance = world.choice((0, 0, 1, 1, 1, 1, 1, 1, 1, 0.5)) * (kind != "harmful" or world.random() >= DROP)
        with self.lock:
            self.asked += 1
            return "yes" if self.rng.random() < chance else "no"


class Handler(BaseHTTPRequestHandler):
    """One chat, whose text is `SEED KIND: question NUMBER`, in one message or two."""

    protocol_version = "HTTP/1.1"
    server: Planted

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        prompt, _, number = " ".join(str(m["content"]) for m in body["messages"]).partition(": question ")
        message = {"role": "assistant", "content": self.server.said(prompt.strip(), number.strip())}
        choice = {"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}
        usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
        whole = {"id": "x", "object": "chat.completion", "created": 0, "model": body["model"], "choices": [choice]}
        data = json.dumps({**whole, "usage": usage}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def serving() -> Iterator[Planted]:
    server = Planted()
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def ran(command: list[str], place: Path, **more: str) -> None:
    """Run a tool; some say by their exit code that tests failed."""
    quiet = {"PROMPTFOO_DISABLE_TELEMETRY": "1", "PROMPTFOO_DISABLE_UPDATE": "1", "OPENAI_API_KEY": "none", **more}
    done = subprocess.run(command, cwd=place, env={**os.environ, **quiet}, capture_output=True, text=True)
    assert done.returncode in (0, 1, 100), done.stdout[-2000:] + done.stderr[-2000:]


def promptfoo(tool: str, suites: list[str], place: Path, url: str) -> Mapping[str, Path]:
    tests = [{"vars": {"n": n}, "assert": [{"type": "equals", "value": "yes"}]} for n in range(CASES)]
    provider = {"id": "openai:chat:planted", "config": {"apiBaseUrl": url, "temperature": 0}}
    prompts = [suite + ": question {{n}}" for suite in suites]
    (place / "promptfooconfig.json").write_text(
        json.dumps({"prompts": prompts, "providers": [provider], "tests": tests})
    )
    command = [tool, "eval", "-c", "promptfooconfig.json", "--no-cache", "--no-table", "--no-progress-bar"]
    ran([*command, "-j", "16", "-o", "results.jsonl"], place, PROMPTFOO_CONFIG_DIR=str(place / "state"))
    found: dict[str, list[str]] = {}
    for line in (place / "results.jsonl").read_text(encoding="utf-8").splitlines():
        found.setdefault(suites[json.loads(line)["promptIdx"]], []).append(line)
    return {suite: written(place / f"{suite}.jsonl", lines) for suite, lines in found.items()}


def written(path: Path, lines: list[str]) -> Path:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


TASKS = """\
from inspect_ai import Task, task
from inspect_ai.dataset import Sample
from inspect_ai.scorer import match
from inspect_ai.solver import generate, system_message

@task
def suite(name):
    dataset = [Sample(input=f": question {{n}}", target="yes") for n in range({cases})]
    return Task(dataset=dataset, solver=[system_message(name), generate()], scorer=match(), name=name.replace(" ", "-"))
"""
ALL = """\
from inspect_ai import eval
from tasks import suite

if __name__ == "__main__":
    eval([suite(name) for name in {suites!r}], model="openai/planted", model_args={{"responses_api": False}},
         display="none", max_tasks=4, log_dir="logs", log_format="eval", log_realtime=False, log_buffer=1000)
"""


def inspect(tool: str, suites: list[str], place: Path, url: str) -> Mapping[str, Path]:
    (place / "tasks.py").write_text(TASKS.format(cases=CASES))
    (place / "all.py").write_text(ALL.format(suites=suites))
    ran([str(Path(tool).parent / "python"), "all.py"], place, OPENAI_BASE_URL=url)
    logs = sorted((place / "logs").glob("*.eval"))
    return {suite: next(log for log in logs if f"_{suite.replace(' ', '-')}_" in log.name) for suite in suites}


TESTS = """\
import json, urllib.request
import pytest

@pytest.mark.parametrize("n", range({cases}))
def test_question(n):
    body = {{"model": "planted", "messages": [{{"role": "user", "content": f"{suite}: question {{n}}"}}]}}
    request = urllib.request.Request({url!r} + "/chat/completions", json.dumps(body).encode())
    said = json.load(urllib.request.urlopen(request))["choices"][0]["message"]["content"]
    assert said == "yes"
"""


EACH = """\
import pathlib, sys
import pytest

for place in sorted(pathlib.Path.cwd().glob("s*")):
    sys.modules.pop("test_suite", None)
    plain = ["-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:promptci", "--tb=line"]
    pytest.main([*plain, "--rootdir", str(place), f"--junitxml={place}/results.xml", str(place / "test_suite.py")])
"""


def of_pytest(tool: str, suites: list[str], place: Path, url: str) -> Mapping[str, Path]:
    for suite in suites:
        (place / suite).mkdir()
        (place / suite / "test_suite.py").write_text(TESTS.format(cases=CASES, suite=suite, url=url))
    (place / "each.py").write_text(EACH)
    ran([tool, "each.py"], place)
    return {suite: place / suite / "results.xml" for suite in suites}


RUNNERS: Mapping[str, Runner] = {"promptfoo": promptfoo, "inspect": inspect, "pytest": of_pytest}


def measured(name: str, tool: str, seeds: Sequence[int], server: Planted) -> str:
    """One line of the table: verdicts on both kinds of change, by a tool's own results."""
    begun, asked = time.monotonic(), server.asked
    with tempfile.TemporaryDirectory() as folder:
        suites = [f"s{seed} {kind}" for seed in seeds for kind in KINDS]
        files = RUNNERS[name](tool, suites, Path(folder), server.url)
        verdicts = {kind: Counter(gate(files[f"s{s} {kind}"], files[f"s{s} base"]).verdict for s in seeds)
                    for kind in KINDS[1:]}  # fmt: skip
    false, found = verdicts["harmless"]["fail"], verdicts["harmful"]["fail"]
    took = f"{server.asked - asked:,} answers in {time.monotonic() - begun:.0f} s"
    return f"| {name} | {false} of {len(seeds)} red | {found} of {len(seeds)} red | {took} |"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--promptfoo", default=shutil.which("promptfoo"), help="its command")
    options.add_argument(
        "--inspect", default=shutil.which("inspect"), help="its command, beside the Python that has it"
    )
    options.add_argument("--seeds", type=int, default=50)
    options.add_argument("--first", type=int, default=0, help="the first seed, to measure in pieces")
    options.add_argument("--only", choices=RUNNERS, help="one of the tools")
    given = options.parse_args()
    tools = {"promptfoo": given.promptfoo, "inspect": given.inspect, "pytest": sys.executable}
    tools = {name: tool for name, tool in tools.items() if given.only in (None, name)}
    seeds = range(given.first, given.first + given.seeds)
    print("| tool | harmless | a fifth broken | |\n|---|---|---|---|")
    with serving() as server:
        for name, tool in tools.items():
            line = measured(name, str(Path(tool).absolute()), seeds, server) if tool else None
            print(line or f"| {name} | not installed | | |", flush=True)


if __name__ == "__main__":
    main()
