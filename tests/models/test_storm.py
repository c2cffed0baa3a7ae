"""Three sends in ten fail, in every way that passes: the scores are those of a calm day, and nothing piles up."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from promptci.models.base import Reply, Request
from promptci.models.cache import Cache
from promptci.models.retry import RetryPolicy

from .conftest import asks, door, spec_at
from .faultserver import FAULTS, Asked, FaultServer, answer_text, chat

PASSING = sorted(set(FAULTS) - {"empty text", "length", "refusal"})  # those are the model's answers, in calm and storm
POLICY = RetryPolicy(timeouts=6, base_s=0.001, cap_s=0.01, retry_after_cap_s=0.002)
WORKERS = 16


def rss_kb() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4


def descriptors() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


@pytest.mark.parametrize(
    ("cases", "seed"),
    [(250, 0), *(pytest.param(10_000, seed, marks=pytest.mark.fault) for seed in range(5))],
)
def test_a_storm_gives_the_scores_of_a_calm_day(tmp_path: Path, cases: int, seed: int) -> None:
    def plan(asked: Asked) -> str | None:
        draw = random.Random(f"{seed} {asked.text} {asked.times}")
        return draw.choice(PASSING) if draw.random() < 0.3 else None

    def questions() -> Iterator[Request]:
        for number in range(cases):
            yield from asks(spec, [f"case {number}"])

    def each(index: int, reply: Reply) -> None:
        answers[index] = reply.text
        if index in (cases // 4, cases - 1):
            marks.append((rss_kb(), descriptors(), threading.active_count()))

    answers: list[str | None] = [None] * cases
    marks: list[tuple[int, int, int]] = []
    with FaultServer(plan) as server:
        spec = spec_at(server.url, deadline_s=0.2)
        with door(cache=Cache(tmp_path / "c"), concurrency=WORKERS, policy=POLICY) as asking:
            asking.ask(questions(), each)
            assert server.calls > cases * 1.2
            assert 0 <= asking.spent.calls - server.calls <= 20, (
                "but for calls whose deadline passed before they arrived"
            )
            assert asking.stopped is None
            assert asking.notes

    calm = [answer_text(Asked("", {"messages": [{"content": f"case {number}"}]}, {}, 0)) for number in range(cases)]
    assert answers == calm
    early, late = marks
    # Server and client share the process, and an answer of 10 MB may be in flight on either side at either mark.
    assert late[0] - early[0] < 50_000, "kB more after three times the work"
    assert late[1] - early[1] <= 2 * WORKERS, "no connection stays behind"
    assert late[2] <= early[2] + 1


def test_the_storm_and_the_calm_speak_of_the_same_answers() -> None:
    asked = Asked("", {"messages": [{"content": "case 1"}]}, {}, 0)
    assert chat(asked)["choices"][0]["message"]["content"] == answer_text(asked)
