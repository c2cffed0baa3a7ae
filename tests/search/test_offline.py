"""Every proposer on the offline model over HTTP: from an empty prompt to an instruction as good as a person's."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import pytest

from promptci.assets import templates
from promptci.core import Case, Message, Outcome
from promptci.metrics.exact import Exact
from promptci.models.base import ModelSpec, Request
from promptci.models.budget import Budget, Limits
from promptci.models.door import Door
from promptci.models.offline.server import running
from promptci.prompts.conversation import plain
from promptci.prompts.render import compile_template
from promptci.scoring import Grading, Task, answer
from promptci.search.base import Found
from promptci.search.guards import standard
from promptci.search.loop import search
from promptci.search.metaprompts import MetaPrompts
from promptci.search.proposers import PROPOSERS, proposer
from promptci.search.stopping import Patience, Perfect, Steps

WORDS = [
    "amber",
    "basket",
    "candle",
    "dragon",
    "engine",
    "forest",
    "garden",
    "hammer",
    "island",
    "jacket",
    "kitten",
    "ladder",
    "marble",
    "needle",
    "orange",
    "pencil",
    "quiver",
    "rabbit",
    "saddle",
    "timber",
    "uncle",
    "velvet",
    "walnut",
    "yellow",
    "zipper",
    "anchor",
    "bridge",
    "copper",
    "desert",
    "elbow",
    "feather",
    "guitar",
    "helmet",
    "insect",
    "jungle",
    "kettle",
    "lemon",
    "magnet",
    "nephew",
    "oyster",
]


def pair(i: int) -> str:
    return f"{13 * i % 90} {29 * i % 70}"


Make = Callable[[int], tuple[str, str]]
TASKS: dict[str, tuple[Make, tuple[str, ...]]] = {
    "first letter": (
        lambda i: (WORDS[i % 40] if i < 40 else WORDS[i % 40] + "s", WORDS[i % 40][0]),
        ("Write the first letter of the word.", "Output the first letter of the input word."),
    ),
    "second letter": (
        lambda i: (WORDS[i % 40] if i < 40 else WORDS[i % 40] + "s", WORDS[i % 40][1]),
        ("Write the second letter of the word.", "Output the second letter of the input word."),
    ),
    "sum": (
        lambda i: (pair(i), str(sum(map(int, pair(i).split())))),
        ("Add the two numbers.", "Write the sum of the two numbers."),
    ),
}


@pytest.fixture(scope="module")
def spec() -> Iterator[ModelSpec]:
    with running() as url:
        yield ModelSpec("offline", base_url=url, seed=1)


def test_mix_and_ape_find_the_instruction(spec: ModelSpec) -> None:
    for strategy in ("mix", "ape"):
        check(spec, strategy, "first letter")


@pytest.mark.parametrize("strategy", ["pas", "bpo"])
def test_what_refines_a_text_that_says_something_is_heard(spec: ModelSpec, strategy: str) -> None:
    make, _ = TASKS["sum"]
    cases = [Case(f"s{i}", {"input": make(i)[0]}, make(i)[1]) for i in range(40)]
    found = searched(spec, strategy, cases[:20], cases[20:], start="Look at the numbers.")
    assert strategy in {c.candidate.origin for c in found.candidates}
    assert found.winner is not None
    assert sum(r.unread for r in found.refused) < len(found.candidates)


@pytest.mark.fault
@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("strategy", PROPOSERS)
def test_every_proposer_finds_the_instruction(spec: ModelSpec, strategy: str, task: str) -> None:
    check(spec, strategy, task)


def check(spec: ModelSpec, strategy: str, task: str) -> None:
    make, human = TASKS[task]
    every = [Case(f"{task}{i}", {"input": make(i)[0]}, make(i)[1]) for i in range(80)]
    development, test = every[0::2], every[1::2]
    found = searched(spec, strategy, development, test)
    assert found.calls <= 600
    assert found.winner is not None, found.stop_reason
    with Door(budget=Budget(Limits()), concurrency=16) as door:
        best = max(score(door, spec, text, test) for text in human)
        mine = score(door, spec, found.winner.candidate.text, test)
    assert mine >= best - 0.05, found.winner.candidate.text


def searched(
    spec: ModelSpec, strategy: str, development: Sequence[Case], test: Sequence[Case], start: str = ""
) -> Found:
    with Door(budget=Budget(Limits(max_calls=600)), concurrency=16) as door:

        def write(
            messages: tuple[Message, ...], *, n: int, temperature: float, sample: int = 0, max_tokens: int = 1024
        ) -> list[str | None]:
            ask = [Request(spec, "optimizer", messages, sample * n + k, temperature, max_tokens) for k in range(n)]
            return [reply.text for reply in door.ask_all(ask)]

        return search(
            start,
            development[:20],
            development[20:],
            evaluate=lambda pairs: answered(door, spec, pairs),
            proposer=proposer(strategy, write, MetaPrompts((templates(),)), {}),
            stops=(Perfect(), Steps(10), Patience(4)),
            calls=lambda: door.spent.calls,
            max_calls=600,
            guards=standard(start, [*development, *test], lambda text: compile_template(text).variables),
        )


def answered(door: Door, spec: ModelSpec, pairs: Sequence[tuple[str, Case]]) -> list[Outcome]:
    return answer(door, [Task(plain(t), c, spec) for t, c in pairs], Grading(Exact(), spec))


def score(door: Door, spec: ModelSpec, text: str, cases: Sequence[Case]) -> float:
    return sum(o.score.value or 0.0 for o in answered(door, spec, [(text, c) for c in cases])) / len(cases)
