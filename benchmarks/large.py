"""Large repositories and stores: what a plan and a check cost, whether memory stays flat, how long a look-up takes.

    python benchmarks/large.py prompts --prompts 5000
    python benchmarks/large.py cases --cases 40000
    python benchmarks/large.py held --cases 1000000    # what grows with the cases, and nothing asked: in a minute
    python benchmarks/large.py store --answers 1000000

Wall times on a busy machine say little: CPU seconds of the process and of its children (git) stand beside them.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing, contextmanager
from multiprocessing import get_context
from pathlib import Path

from promptci.core import Message
from promptci.models import keys
from promptci.models.base import ModelSpec, Reply, Request, Usage
from promptci.models.budget import Cost
from promptci.models.cache import Book, Cache
from promptci.models.entry import Entry

SPEC = ModelSpec("m", base_url="http://127.0.0.1:9/v1", max_tokens=16)


@contextmanager
def timed(what: str) -> Iterator[None]:
    begun, cpu = time.perf_counter(), sum(os.times()[:4])
    yield
    print(f"{what}: {time.perf_counter() - begun:.2f} s, {sum(os.times()[:4]) - cpu:.2f} s of CPU")


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def git(place: Path, *args: str) -> None:
    name = ("-c", "user.name=Dana", "-c", "user.email=dana@example.com")
    subprocess.run(["git", "-C", str(place), *name, *args], check=True, capture_output=True)


def repository(place: Path, prompts: int) -> None:
    """A repository with one eval set of 20 cases a prompt, all committed."""
    git(place, "init", "-q", "-b", "main")
    for n in range(prompts):
        folder = place / "prompts" / f"{n % 50:02}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"p{n:05}.md").write_text(f"Say the word {n}.\n\nInput: {{{{ input }}}}\n")
        evals = place / "evals" / f"{n % 50:02}"
        evals.mkdir(parents=True, exist_ok=True)
        rows = ({"id": f"c{i}", "input": f"number {n} {i}", "expected": "yes"} for i in range(20))
        (evals / f"p{n:05}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    listed = "".join(
        f"  - {{file: prompts/{n % 50:02}/p{n:05}.md, cases: evals/{n % 50:02}/p{n:05}.jsonl}}\n"
        for n in range(prompts)
    )
    (place / "promptci.yaml").write_text(f"version: 1\nmodels: {{scorer: {{model: offline}}}}\nprompts:\n{listed}")
    git(place, "add", "--all")
    git(place, "commit", "-q", "-m", "Begin")


def prompts(args: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        with timed(f"making {args.prompts} prompts"):
            repository(place, args.prompts)
        (place / "prompts" / "07" / "p00007.md").write_text("Say another word.\n\nInput: {{ input }}\n")
        from promptci.project.changes import plan
        from promptci.project.project import locate

        for _ in range(2):
            with timed("settings"):
                project = locate(place / "promptci.yaml", place)
            with timed("plan of what changed"):
                found = plan(project, "HEAD")
            print(f"  {len(found)} of {len(project.config.prompts)} prompts changed; peak memory {peak_mb():.0f} MB")
        command = [sys.executable, "-m", "promptci", "check", "-q", "--base", "HEAD"]
        for _ in range(2):
            with timed("check of one changed prompt, a process of its own"):
                subprocess.run(command, cwd=place, check=False, capture_output=True)


class Yes:
    """A model that always says yes."""

    async def send(self, request: Request) -> Reply:
        del request
        return Reply(texts=("yes",), usage=Usage(5, 1), model="m", attempts=1)

    async def close(self) -> None:
        """Hold nothing."""


def cases(args: argparse.Namespace) -> None:
    """Check one new prompt on many cases, twice: the second time all is cached."""
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        git(place, "init", "-q", "-b", "main")
        git(place, "commit", "-q", "--allow-empty", "-m", "Begin")
        rows = ({"id": f"c{n}", "input": f"number {n}", "expected": "yes"} for n in range(args.cases))
        (place / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        (place / "a.md").write_text("Say it.\n\nInput: {{ input }}\n")
        scorer = "{model: m, base_url: 'http://127.0.0.1:9/v1'}"
        head = f"version: 1\nmodels: {{scorer: {scorer}}}\nbudget: {{max_calls: 10000000}}\n"
        (place / "promptci.yaml").write_text(head + "prompts: [{file: a.md, cases: a.jsonl}]\n")
        git(place, "add", "--all")
        git(place, "commit", "-q", "-m", "Add a prompt")
        for _ in range(2):  # each in a process of its own: memory that the first had would count for the second
            with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as alone:
                print(f"{args.cases:,} cases: {alone.submit(checked, place / 'promptci.yaml').result()}")


def checked(config: Path) -> str:
    """Check what the last commit changed; say what that took."""
    from promptci.commands.check import check
    from promptci.run.options import Options

    begun = time.perf_counter()
    report = check(Options(config=config, connect=lambda _: Yes(), quiet=True), base="HEAD~1")
    took, cpu = time.perf_counter() - begun, sum(os.times()[:4])
    counted = f"{report.verdict}, {report.calls:,} calls, {report.cache_hits:,} cached"
    return f"{took:.2f} s, {cpu:.2f} s of CPU, start included; {counted}; peak {peak_mb():.0f} MB"


def held(args: argparse.Namespace) -> None:
    """Hold what a check holds of its cases: their places, values, keys, and the sorted ids of its record."""
    from promptci.core import Outcome, Score
    from promptci.evals import read_cases
    from promptci.measure.details import values_of
    from promptci.report.base import PromptReport
    from promptci.report.json import _values_of
    from promptci.run.values import Values, mean
    from promptci.shelf import Keys

    rows = ({"id": f"c{n}", "input": f"number {n}", "expected": "yes"} for n in range(args.cases))
    with tempfile.TemporaryFile() as file:
        file.writelines(json.dumps(row).encode() + b"\n" for row in rows)
        file.seek(0)
        cases = read_cases("a.jsonl", file.read())
    print(f"{args.cases:,} cases read: peak {peak_mb():.0f} MB")
    keys, values = Keys(16), Values()
    for n, case in enumerate(cases):
        keys.add(n.to_bytes(16))
        values.take([Outcome(Score(case.id, 1.0), 0, "yes", stored=True, model="m")])
    known = values_of(cases, values)
    print(f"graded, mean {mean(known)}: peak {peak_mb():.0f} MB")
    written = sum(map(len, _values_of(PromptReport("p", "pass", (), values=known))))
    print(f"{written:,} characters of values written: peak {peak_mb():.0f} MB")


def store(args: argparse.Namespace) -> None:
    """A cache of many answers: its size, and how long one look-up takes, found and not found."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "answers.sqlite"
        with timed(f"storing {args.answers:,} answers"):
            fill(path, args.answers)
        print(f"size {path.stat().st_size / 1e6:.0f} MB, {path.stat().st_size / args.answers:.0f} bytes an answer")
        rng = random.Random(0)
        with closing(Cache(path)) as cache:
            for what, first in (("found", 0), ("not found", args.answers)):
                asked = [keys.canonical(request(first + rng.randrange(args.answers))) for _ in range(20_000)]
                begun, cpu = time.perf_counter(), time.process_time()
                hits = sum(cache.get(text) is not None for text in asked)
                took, used = time.perf_counter() - begun, time.process_time() - cpu
                each, busy = took / len(asked) * 1e3, used / len(asked) * 1e3
                print(f"{what}: {each:.3f} ms a look-up, {busy:.3f} ms of CPU ({hits} hits); {peak_mb():.0f} MB")


def request(n: int) -> Request:
    return Request(SPEC, "scorer", (Message("user", f"Say the word.\n\nInput: number {n}"),))


def fill(path: Path, answers: int) -> None:
    from promptci.models.cache import _INSERT, _row
    from promptci.models.entry import to_bytes

    with closing(Cache(path)) as cache:
        reply = to_bytes(Reply(texts=("yes",), usage=Usage(20, 1), model="m-1", attempts=1), Cost(1, 21, 0.0))
        cache.put(keys.canonical(request(0)), Entry(Reply(texts=("yes",)), "r", Cost(1)), Book())
        for start in range(0, answers, 50_000):
            with cache._store.transaction() as connection:
                rows = (
                    _row(keys.canonical(request(n)), reply, b"r", int(time.time()))
                    for n in range(start, min(answers, start + 50_000))
                )
                connection.executemany(_INSERT, rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["prompts", "cases", "held", "store"])
    parser.add_argument("--prompts", type=int, default=5000)
    parser.add_argument("--cases", type=int, default=40_000)
    parser.add_argument("--answers", type=int, default=1_000_000)
    args = parser.parse_args()
    stories: dict[str, Callable[[argparse.Namespace], None]] = {
        "prompts": prompts, "cases": cases, "held": held, "store": store,
    }  # fmt: skip
    stories[args.what](args)


if __name__ == "__main__":
    main()
