"""The whole way of the data: every prompt ends as a pair or with a reason, and the counts add up."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import pairwise

import pytest

from promptci.augment.base import STAGES, Dropped, Typed
from promptci.augment.building import Built, build
from promptci.augment.card import Source, card, chats, dataset_info, loss, told
from promptci.augment.diversity import bleu, repeating
from promptci.core import Reason
from promptci.errors import MeasureError
from promptci.models.base import ModelSpec, Reply, Request
from tests.augment.conftest import FAILED, FIT, Planted, questions

WORDS = (
    "river",
    "clock",
    "bridge",
    "candle",
    "forest",
    "window",
    "garden",
    "letter",
    "mirror",
    "planet",
    "saddle",
    "temple",
)
OPENINGS = (
    "Explain how a {} works",
    "Write a poem of a lonely {}",
    "Is a {} worth its price",
    "Translate what this {} says",
)


def log(count: int = 40) -> list[Typed | Dropped]:
    return [Typed(f"p{n}", f"{OPENINGS[n % 4].format(WORDS[n % 12])}, {WORDS[(n * 5 + n // 12) % 12]} number {n}?")
            for n in range(count)]  # fmt: skip


def built(planted: Planted, rows: Sequence[Typed | Dropped], text: str = "version: 1\n") -> tuple[Built, list[Dropped]]:
    losses: list[Dropped] = []
    return build(rows, planted, questions(text), losses.append), losses


def test_every_prompt_ends_once_and_every_loss_has_a_reason(planted: Planted) -> None:
    planted.quality = lambda prompt: '{"score": 0.1}' if "number 3?" in prompt else '{"score": 1}'
    planted.category = lambda prompt: (
        "cooking" if "number 5?" in prompt else "math" if "price" in prompt else "question"
    )
    planted.made = lambda prompt, sample: (
        "<INS>ok</INS>" if "number 7?" in prompt else f"<INS>{FIT} {prompt[:20]}</INS>"
    )
    rows: list[Typed | Dropped] = [*log(), Typed("short", "hi"), Dropped("9", "read", Reason("no_json", "broken"))]
    rows += [Typed("again", f" {OPENINGS[0].format(WORDS[0])}, {WORDS[0]} number 0?")]
    found, losses = built(planted, rows)
    ended = [p.typed.id for p in found.pairs] + [d.id for d in losses]
    assert sorted(ended) == sorted(row.id for row in rows)
    by_id = {d.id: d.reason.kind for d in losses}
    expected = {"p3": "low_quality", "p5": "no_category", "p7": "little", "short": "short", "again": "duplicate"}
    assert {name: by_id.get(name) for name in expected} == expected
    assert by_id["9"] == "no_json"
    assert all(d.reason.text for d in losses)


def test_each_stage_is_entered_by_what_the_one_before_left(planted: Planted) -> None:
    planted.quality = lambda prompt: None if "number 3?" in prompt else '{"score": 1, "unsafe": false}'
    found, _ = built(planted, [*log(), Typed("short", "hi")])
    tally = found.tally
    for stage, following in pairwise(STAGES):
        assert tally.entered[following] == tally.entered[stage] - tally.lost[stage].total(), stage
    assert len(found.pairs) == tally.entered["pair"] - tally.lost["pair"].total()
    assert tally.lost["judge"] == {"server": 1}


def test_rewrites_need_two_answers_that_differ(planted: Planted) -> None:
    rows = [Typed("a", "Describe the old town of my city", good="Long.", bad="No."), Typed("b", "Why is the sky blue?"),
            Typed("c", "Why is grass green?", good="x", bad="x")]  # fmt: skip
    planted.made = lambda prompt, sample: "Clearer.\n<INS>Describe the old town of my city vividly.</INS>"
    losses: list[Dropped] = []
    found = build(rows, planted, questions(kind="rewrite"), losses.append)
    assert [p.typed.id for p in found.pairs] == ["a"]
    assert [(d.id, d.reason.kind) for d in losses] == [("b", "no_answers"), ("c", "no_answers")]


def test_of_a_cluster_a_few_are_kept_and_an_embedding_model_may_compare(planted: Planted) -> None:
    def ask(requests: Sequence[Request], /) -> list[Reply]:
        if requests and requests[0].kind == "embedding":
            return [Reply(vectors=tuple((1.0, 0.0) for _ in r.messages), attempts=1) for r in requests]
        return planted(requests)

    losses: list[Dropped] = []
    one, vectors = questions("version: 1\nlimits: {per_cluster: 2, diversity: 1}\n"), ModelSpec("vectors")
    assert len(build(log(10), ask, one, losses.append, vectors).pairs) == 2
    assert [d.reason.kind for d in losses] == ["cluster_full"] * 8
    with pytest.raises(MeasureError, match="no vectors"):
        build(log(3), lambda asked: [Reply(failure=FAILED)] * len(asked), one, losses.append, vectors)


def test_nothing_read_gives_nothing_and_asks_nobody(planted: Planted) -> None:
    found, losses = built(planted, [])
    assert (found.pairs, losses, planted.asked) == ((), [], [])


@pytest.mark.parametrize(
    ("own", "other", "low", "high"),
    [
        pytest.param("the cat sat on the mat", "the cat sat on the mat", 1.0, 1.0, id="equal"),
        pytest.param("the cat sat on the mat", "the cat sat on a mat", 0.6, 0.95, id="alike"),
        pytest.param("the cat sat", "dogs run far", 0.0, 0.0, id="different"),
        pytest.param("the cat", "the cat sat on the mat by the door", 0.0, 0.1, id="short"),
        pytest.param("", "", 1.0, 1.0, id="empty"),
    ],
)
def test_bleu(own: str, other: str, low: float, high: float) -> None:
    assert low <= bleu(own.split(), other.split()) <= high


def test_a_text_that_repeats_a_kept_one_is_found_in_twenty_planted_cases() -> None:
    plain = [f"{OPENINGS[n // 5].format(WORDS[n % 12])} in the {WORDS[(n * 7 + 3) % 12]} {n}" for n in range(20)]
    assert repeating(plain, 0.9) == {}
    assert repeating([*plain, *(f"{text}" for text in plain)], 0.9) == {20 + n: n for n in range(20)}


def source(finished: bool = True) -> Source:
    return Source("0" * 64, {"augment/check.j2": "a"}, ["planted"], 7, 0.5, finished)


def test_pairs_are_written_as_chats_that_trainers_read(planted: Planted) -> None:
    planted.category = lambda prompt: "math"
    found, _ = built(planted, log(1))
    (row,) = map(json.loads, chats(found.pairs, questions().spec).splitlines())
    assert [m["role"] for m in row["messages"]] == ["system", "user", "assistant"]
    assert row["messages"][1]["content"] == log(1)[0].text  # type: ignore[union-attr]  # a prompt
    assert row["messages"][2]["content"] == FIT
    info = json.loads(dataset_info("mine", "pairs.jsonl"))
    assert info["mine"]["columns"]["messages"] == "messages"
    assert info["mine"]["tags"]["assistant_tag"] == "assistant"


def test_the_card_counts_what_happened_and_says_it(planted: Planted) -> None:
    found, losses = built(planted, [*log(8), Typed("short", "hi"), Typed("m", "Write a letter to ann@example.com")])
    held = card(found, questions().spec, source())
    assert held["pairs"] == len(found.pairs) == sum(held["categories"].values())
    assert held["stages"][1] == {"stage": "screen", "entered": 10, "dropped": {"short": 1}}
    assert (held["masked"], held["calls"], held["finished"]) == ({"email": 1}, 7, True)
    lines = told(held)
    assert lines[0] == f"{len(found.pairs)} pairs for augment/support.yaml"
    assert any("dropped: 1 short" in line for line in lines)
    assert json.loads(loss(losses[0])) == {"id": "short", "stage": "screen", "why": "short",
                                           "said": "shorter than 8 characters"}  # fmt: skip
