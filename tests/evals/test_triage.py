"""The example's eval set: clean, varied, and a fair test of the prompts that the demo commits."""

from __future__ import annotations

import asyncio
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from promptci.core import Case
from promptci.evals import read_cases
from promptci.evals.split import split
from promptci.metrics.exact import Exact
from promptci.models.base import ModelSpec, Request
from promptci.models.offline.client import OfflineClient
from promptci.prompts import read_prompt
from promptci.prompts.conversation import compile_prompt

HERE = Path(__file__).resolve().parents[2] / "examples" / "triage"
LABELS = {"billing", "technical", "account", "shipping", "other"}


@cache
def cases() -> tuple[Case, ...]:
    return tuple(read_cases("evals/triage.jsonl", (HERE / "evals" / "triage.jsonl").read_bytes()))


def words(case: Case) -> frozenset[str]:
    return frozenset(str(case.vars["ticket"]).lower().split())


def test_the_set_is_clean() -> None:
    assert [c.id for c in cases()] == [f"t{n:03}" for n in range(1, len(cases()) + 1)]
    assert {c.expected for c in cases()} == LABELS
    assert {tag for c in cases() for tag in c.tags} == {"smoke", "angry", "multi"}
    assert all(set(c.vars) == {"ticket"} for c in cases())


def test_no_label_rules_and_every_one_is_smoke_tested() -> None:
    counts = Counter(c.expected for c in cases())
    assert max(counts.values()) / len(cases()) < 0.25
    assert sorted(c.expected for c in cases() if "smoke" in c.tags) == sorted(LABELS)


def test_tickets_differ_in_words_and_length() -> None:
    found = cases()
    for n, one in enumerate(found):
        for other in found[n + 1 :]:
            both = words(one) & words(other)
            assert len(both) < 0.6 * len(words(one) | words(other)), (one.id, other.id)
    lengths = sorted(len(str(c.vars["ticket"])) for c in found)
    assert lengths[0] < 30
    assert lengths[-1] > 200
    assert len({words(c) for c in found}) == len(found)


def test_no_label_stands_alone_for_its_tickets() -> None:
    # A rule as simple as "the label's name occurs in the text" must not solve the set.
    named = sum(str(c.expected) in str(c.vars["ticket"]).lower() for c in cases())
    assert named / len(cases()) < 0.1


def test_every_part_of_the_split_is_large_enough() -> None:
    parts = split(cases())
    assert min(len(parts.train), len(parts.validation)) >= 60
    assert len(parts.test) >= 120


def test_the_starter_prompt_is_the_first_of_the_story() -> None:
    assert (HERE / "prompts" / "triage.md").read_bytes() == (HERE / "story" / "1-good.md").read_bytes()


@pytest.mark.parametrize(
    ("version", "least", "most"),
    [("1-good", 0.78, 0.88), ("2-worse", 0.40, 0.62), ("3-better", 0.92, 1.0)],
)
def test_the_story_is_one_of_scores(version: str, least: float, most: float) -> None:
    path = f"story/{version}.md"
    template = compile_prompt(read_prompt("triage", path, (HERE / path).read_bytes()))
    client, metric, spec = OfflineClient(), Exact(), ModelSpec(model="offline")

    async def values() -> list[float]:
        found = []
        for case in cases():
            reply = await client.send(Request(spec, "scorer", template.messages(case)))
            found.append(metric(case, reply.text or "") or 0.0)
        return found

    score = sum(asyncio.run(values())) / len(cases())
    assert least <= score <= most
