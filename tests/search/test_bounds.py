"""Hard caps, counted by the server; and a search that is killed anywhere ends as if it had not been."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from promptci.models.base import ModelSpec
from promptci.models.budget import Budget, Limits
from promptci.models.door import Door
from promptci.models.offline.server import running
from promptci.search.proposers import PROPOSERS

from . import victim


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with running() as address:
        yield address


def served(url: str) -> int:
    """How many questions the server has been asked."""
    with urllib.request.urlopen(f"{url.removesuffix('/v1')}/stats", timeout=10) as reply:
        paths: dict[str, int] = json.load(reply)["paths"]
    return sum(n for path, n in paths.items() if path in ("/v1/chat/completions", "/v1/completions"))


def bounded(url: str, runs: int, seed: int) -> None:
    rng = random.Random(seed)
    for _ in range(runs):
        cap = rng.choice((0, 1, 2, 7, rng.randrange(60), rng.randrange(200)))
        strategy, before = rng.choice(sorted(PROPOSERS)), served(url)
        with Door(budget=Budget(Limits(max_calls=cap)), concurrency=rng.choice((1, 4, 16))) as door:
            spec, told = ModelSpec("offline", base_url=url, seed=1), rng.choice((None, cap))
            found = victim.run(door, spec, strategy, n=10, seed=rng.randrange(99), max_calls=told)
        assert served(url) - before == found.calls <= cap
        assert found.stop_reason.startswith("budget") or found.calls < cap or found.steps


def test_no_run_exceeds_its_cap(url: str) -> None:
    bounded(url, 15, seed=1)


@pytest.mark.fault
def test_a_thousand_runs_never_exceed_their_caps(url: str) -> None:
    bounded(url, 1000, seed=2)


def start(folder: Path, url: str, name: str, strategy: str, *flags: str) -> subprocess.Popen[str]:
    command = [sys.executable, victim.__file__, str(folder), url, name, strategy, *flags]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def killed(tmp_path: Path, url: str, kills: int, seed: int, strategy: str = "mix") -> None:
    """Kill at random times until the number is reached; each run is resumed until it ends by itself."""
    rng = random.Random(seed)
    begun = time.monotonic()
    whole = start(tmp_path, url, "whole", strategy).communicate()[0]
    took_s = time.monotonic() - begun
    journal = (tmp_path / "whole.jsonl").read_bytes()
    done, number = 0, 0
    while done < kills:
        number += 1
        name = f"run{number}"
        folder = tmp_path / name
        folder.mkdir()
        flags: tuple[str, ...] = ()
        while True:
            process = start(folder, url, name, strategy, *flags)
            try:
                out, err = process.communicate(timeout=rng.uniform(0.2, 1.1) * took_s if done < kills else None)
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()
                done += 1
                flags = ("--resume",)
                continue
            assert process.returncode == 0, err
            break
        assert out == whole
        assert (folder / f"{name}.jsonl").read_bytes() == journal


@pytest.mark.parametrize("strategy", ["mix", "edits"])
def test_a_killed_search_resumes_to_the_same_end(tmp_path: Path, url: str, strategy: str) -> None:
    killed(tmp_path, url, 1, seed=3, strategy=strategy)


@pytest.mark.fault
@pytest.mark.parametrize("strategy", ["mix", "edits"])
def test_two_hundred_kills_and_the_same_end_each_time(tmp_path: Path, url: str, strategy: str) -> None:
    killed(tmp_path, url, 200, seed=4, strategy=strategy)
