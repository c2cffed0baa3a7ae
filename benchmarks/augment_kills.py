"""`promptci augment build` on 10,000 prompts, the offline model over HTTP: whole, then killed at random and resumed.

`PYTHONPATH=. python benchmarks/augment_kills.py [--prompts N] [--kills N]` with the extra `augment`. Told are the
calls, whether the pairs are the same to the byte, how many calls were sent twice (no more than were on their way at a
kill), and what the prompts that are not among the pairs were dropped for.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from augment import prompts

from tests.augment.test_building import log
from tests.augment.test_kills import CONFIG, Counting, serving

AT_ONCE, CAP = 8, 100_000


def prepared(place: Path, server: Counting, count: int) -> None:
    (place / "promptci.yaml").write_text(CONFIG.format(url=f"http://127.0.0.1:{server.server_address[1]}/v1"))
    (place / "augment").mkdir()
    (place / "augment/support.yaml").write_text("version: 1\n")
    made = prompts(count, random.Random(7))  # of no sense, so that most are dropped; every other one has some
    pairs = enumerate(zip(made, log(count), strict=True))
    texts = [getattr(plain, "text", "") if n % 2 else text for n, ((text, _), plain) in pairs]
    rows = [json.dumps({"id": str(n), "prompt": text}) for n, text in enumerate(texts)]
    (place / "log.jsonl").write_text("\n".join(rows) + "\n")
    for step in (["init", "-q"], ["add", "-A"], ["-c", "user.name=b", "-c", "user.email=b@b", "commit", "-qm", "It"]):
        subprocess.run(["git", *step], cwd=place, check=True)


def started(place: Path, *more: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "promptci", "augment", "build", "support", "log.jsonl", "--trust-tree"]
    command += ["-j", str(AT_ONCE), "--max-calls", str(CAP), "--no-cache", *more]
    quiet = subprocess.DEVNULL
    return subprocess.Popen(command, cwd=place, env={**os.environ, "NO_KEY": "x"}, stdout=quiet, stderr=quiet)


def last_run(place: Path) -> list[str]:
    """The option that goes on with the newest run, once there is one."""
    runs = place / ".promptci/runs"
    names = [path.name for path in runs.iterdir() if path.is_dir()] if runs.is_dir() else []
    return ["--resume", max(names)] if names else []


def killed(place: Path, server: Counting, kills: int, needed: int) -> int:
    """Kill the build after random numbers of calls until it was killed so often or came to its end; how often."""
    rng, more = random.Random(3), list[str]()
    for done in range(kills):
        step = started(place, *more)
        goal = server.asked.total() + rng.randint(1, max(2, 2 * needed // max(1, kills)))
        while step.poll() is None and server.asked.total() < goal:
            time.sleep(0.002)
        if step.poll() is not None:
            return done
        step.send_signal(signal.SIGKILL)
        step.wait()
        more = more or last_run(place)
        print(f"killed {done + 1} times, {server.asked.total():,} calls", file=sys.stderr, flush=True)
    assert started(place, *more).wait() == 0
    return kills


def told(whole: Path, count: int) -> None:
    """Print where the prompts of a build ended; each must have ended once, with a reason where it was dropped."""
    pairs = (whole / "pairs.jsonl").read_text().splitlines()
    dropped = [json.loads(line) for line in (whole / "dropped.jsonl").read_text().splitlines()]
    assert all(row["why"] and row["stage"] for row in dropped)
    assert len(pairs) + len(dropped) == count == len({row["id"] for row in dropped}) + len(pairs)
    stages = ", ".join(f"{n:,} {stage}" for stage, n in Counter(row["stage"] for row in dropped).most_common())
    print(f"{count:,} prompts: {len(pairs):,} pairs; dropped, each with its reason: {stages}", flush=True)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--prompts", type=int, default=10_000)
    options.add_argument("--kills", type=int, default=100)
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as folder, serving(0.0) as server:
        place = Path(folder) / "repository"
        place.mkdir()
        prepared(place, server, given.prompts)
        whole, begun = Path(folder) / "whole", time.monotonic()
        assert started(place, "--out", str(whole)).wait() == 0
        needed = server.asked.total()
        print(f"whole: {needed:,} calls of at most {CAP:,}, {time.monotonic() - begun:.0f} s")
        told(whole, given.prompts)
        server.asked.clear()
        kills = killed(place, server, given.kills, needed)
        same = (place / ".promptci/pairs/augment-support/pairs.jsonl").read_bytes() == (
            whole / "pairs.jsonl"
        ).read_bytes()
        again = server.asked.total() - needed
        most = AT_ONCE * kills
        print(
            f"killed {kills} times: pairs the same: {same}; {again:,} calls again, at most {most:,} were on their way"
        )


if __name__ == "__main__":
    main()
