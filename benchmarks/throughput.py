"""What the door costs beside a bare `openai.AsyncOpenAI` loop: whole processes on the same job, in the same run.

    python benchmarks/throughput.py            # the four figures, about a minute
    python benchmarks/throughput.py latency    # one of: latency, overhead, cached, memory

Machines differ and drift: quote the ratios. Processor time and memory are the whole process's, start-up included.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Measured:
    """One process: seconds of wall and processor time, peak memory, and what the server saw."""

    wall_s: float
    cpu_s: float
    peak_mb: float
    window_s: float
    requests: int
    said: str


def run(who: str, url: str, cases: int, concurrency: int, cache: Path | None = None) -> Measured:
    """Start `workers.py` once, wait for it, and take its resources from the system."""
    _http(f"{url}/reset", b"")
    arguments = [who, url, str(cases), str(concurrency), *([str(cache)] if cache else [])]
    begun = os.times().elapsed
    with subprocess.Popen(
        [sys.executable, HERE / "workers.py", *arguments], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        said = process.stdout.read()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    wall_s = os.times().elapsed - begun
    if process.returncode:
        sys.exit(f"{who} failed: {said}")
    seen = _http(f"{url}/stats")
    return Measured(
        wall_s, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, seen["window_s"], seen["requests"], said.strip()
    )


def middle(times: int, who: str, measure: Callable[[str], Measured]) -> Measured:
    """The run of `who` with the median wall time."""
    return sorted((measure(who) for _ in range(times)), key=lambda measured: measured.wall_s)[times // 2]


def latency(times: int) -> None:
    """2,000 cases at a server that takes 200 ms, 64 at a time."""
    cases, at_once, each_s = 2000, 64, 0.2
    ideal_s, rounds_s = cases * each_s / at_once, math.ceil(cases / at_once) * each_s
    print(f"\n### {cases} cases, 200 ms, {at_once} at a time (ideal {ideal_s:.2f} s, whole rounds {rounds_s:.2f} s)\n")
    print("| | wall s | wall / ideal | first request to last answer / whole rounds | CPU s |\n|---|---|---|---|---|")
    with served(each_s * 1000) as url, tempfile.TemporaryDirectory() as folder:
        for who in ("door", "bare"):
            got = middle(times, who, lambda who: run(who, url, cases, at_once, _fresh(Path(folder) / "c")))
            whole, window = got.wall_s / ideal_s, got.window_s / rounds_s
            print(f"| {who} | {got.wall_s:.2f} | {whole:.3f} | {window:.3f} | {got.cpu_s:.2f} |")


def overhead(times: int) -> None:
    """The slope of processor time between few and many cases at a server that answers at once."""
    few, many, at_once = 200, 2000, 32
    print(f"\n### No latency, {at_once} at a time: processor time per call (slope between {few} and {many} cases)\n")
    print("| | ms per call | of the bare loop |\n|---|---|---|")
    slopes: dict[str, list[float]] = {"bare": [], "door": [], "door without a cache": []}
    with served(0) as url, tempfile.TemporaryDirectory() as folder:
        for _ in range(times):
            for who, found in slopes.items():
                cache = Path(folder) / "c" if who == "door" else None
                used = [
                    run(who.split()[0], url, cases, at_once, cache and _fresh(cache)).cpu_s for cases in (few, many)
                ]
                found.append((used[1] - used[0]) / (many - few) * 1000)
    for who, found in slopes.items():
        ratio = statistics.median(a / b for a, b in zip(found, slopes["bare"], strict=True))
        print(f"| {who} | {statistics.median(found):.2f} | {ratio:.2f} |")


def cached(times: int) -> None:
    """2,000 cases whose answers are all stored."""
    cases, at_once = 2000, 32
    print(f"\n### {cases} cases, all cached\n")
    print("| | wall s | CPU s | peak MB | openai imported | calls |\n|---|---|---|---|---|---|")
    with served(0) as url, tempfile.TemporaryDirectory() as folder:
        run("door", url, cases, at_once, Path(folder) / "c")
        got = middle(times, "door", lambda who: run(who, url, cases, at_once, Path(folder) / "c"))
    imported = json.loads(got.said)["openai"]
    print(f"| door | {got.wall_s:.2f} | {got.cpu_s:.2f} | {got.peak_mb:.0f} | {imported} | {got.requests} |")


def memory(times: int) -> None:  # noqa: ARG001 - peak memory does not vary from run to run
    """20,000 cases: peak memory, and time per case beside 2,000 cases."""
    at_once = 32
    print("\n### 20,000 cases, no latency\n\n| | cases | wall s | ms per case | peak MB |\n|---|---|---|---|---|")
    with served(0) as url, tempfile.TemporaryDirectory() as folder:
        for who in ("door", "bare"):
            for cases in (2000, 20_000):
                got = run(who, url, cases, at_once, _fresh(Path(folder) / "c"))
                print(f"| {who} | {cases} | {got.wall_s:.1f} | {got.wall_s / cases * 1000:.2f} | {got.peak_mb:.0f} |")


@contextmanager
def served(latency_ms: float) -> Iterator[str]:
    """The fake server in a process of its own."""
    command = [sys.executable, str(HERE / "fakeserver.py"), "--latency-ms", str(latency_ms)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def _fresh(path: Path) -> Path:
    for old in path.parent.glob(f"{path.name}*"):
        old.unlink()
    return path


def _http(url: str, data: bytes | None = None) -> Any:
    with urllib.request.urlopen(url, data, timeout=10) as answer:  # noqa: S310 - our own server on the loopback
        return json.load(answer)


FIGURES: dict[str, Callable[[int], None]] = {
    "latency": latency,
    "overhead": overhead,
    "cached": cached,
    "memory": memory,
}

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("figures", nargs="*", choices=[*FIGURES, []], default=[])
    parser.add_argument("--times", type=int, default=3, help="runs of which the median is told")
    options = parser.parse_args()
    for name in options.figures or FIGURES:
        FIGURES[name](options.times)
