"""From prompts as people typed them to pairs: read, screen, cluster, judge, sort, pair; each loss with its reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from promptci.augment.base import STAGES, Dropped, Pair, Stage, Typed
from promptci.augment.choosing import by_words, distinct, good, sorted_out
from promptci.augment.diversity import repeating
from promptci.augment.extras import package
from promptci.augment.pairing import Ask, complements, rewrites
from promptci.augment.questions import Questions
from promptci.augment.screen import Screen
from promptci.augment.vectors import unit
from promptci.core import Message, Reason
from promptci.errors import MeasureError
from promptci.models.base import ModelSpec, Request

_BATCH = 64  # texts in a request for vectors


@dataclass
class Tally:
    """How many prompts came to each stage, and why the others left; each loss is passed on to `note` as it happens."""

    note: Callable[[Dropped], None]
    entered: Counter[Stage] = field(default_factory=Counter)
    lost: dict[Stage, Counter[str]] = field(default_factory=lambda: {stage: Counter() for stage in STAGES})

    def drop(self, dropped: Dropped) -> None:
        """Count a loss and pass it on."""
        self.lost[dropped.stage][dropped.reason.kind] += 1
        self.note(dropped)

    def enter(self, stage: Stage, prompts: Sequence[object]) -> None:
        """Note how many come to a stage."""
        self.entered[stage] = len(prompts)


@dataclass(frozen=True)
class Built:
    """The pairs in the prompts' order, the counts, and what was masked."""

    pairs: tuple[Pair, ...]
    tally: Tally
    hidden: Counter[str]


def build(
    rows: Iterable[Typed | Dropped],
    ask: Ask,
    questions: Questions,
    note: Callable[[Dropped], None],
    embedder: ModelSpec | None = None,
) -> Built:
    """Go the whole way. The same rows, file and answers give the same pairs, however often it was interrupted.

    Raises MeasureError when the model `embedder` gives no vectors, ConfigError without the packages of the extra.
    """
    spec, tally = questions.spec, Tally(note)
    prompts, hidden = screened(rows, questions, tally)
    tally.enter("near", prompts)
    embed = by_words if embedder is None else _vectors_of(ask, embedder)
    prompts = distinct(spec, prompts, tally.drop, embed)
    tally.entered["cluster"] = tally.entered["near"] - tally.lost["near"].total()
    tally.enter("judge", prompts)
    prompts = good(ask, questions, prompts, tally.drop)
    tally.enter("category", prompts)
    chosen = sorted_out(ask, questions, prompts, tally.drop)
    tally.enter("pair", chosen)
    ended = (complements if spec.kind == "augment" else rewrites)(ask, questions, chosen)
    pairs = []
    for one in ended:
        if isinstance(one, Pair):
            pairs.append(one)
        else:
            tally.drop(one)
    return Built(tuple(_different(spec.limits.diversity, pairs, tally)), tally, hidden)


def screened(rows: Iterable[Typed | Dropped], questions: Questions, tally: Tally) -> tuple[list[Typed], Counter[str]]:
    """What is left after reading and screening; for rewrites, what has two different answers."""
    spec, screen = questions.spec, Screen(questions.spec)
    prompts = []
    for one in screen(rows):
        tally.entered["read"] += 1
        if isinstance(one, Typed) and spec.kind == "rewrite" and not (one.good and one.bad and one.good != one.bad):
            one = Dropped(one.id, "screen", Reason("no_answers", "it has no good and bad answer that differ"))
        if isinstance(one, Dropped):
            tally.drop(one)
        else:
            prompts.append(one)
    tally.entered["screen"] = tally.entered["read"] - tally.lost["read"].total()
    return prompts, screen.hidden


def _different(most: float, pairs: list[Pair], tally: Tally) -> list[Pair]:
    """Without pairs whose prompt and text together say much the same as those of one before."""
    same = repeating([f"{pair.typed.text} {pair.made}" for pair in pairs], most)
    for later, earlier in sorted(same.items()):
        said = f"self-BLEU above {most:g} with {pairs[earlier].typed.id}"
        tally.drop(Dropped(pairs[later].typed.id, "pair", Reason("alike", said)))
    return [pair for n, pair in enumerate(pairs) if n not in same]


def _vectors_of(ask: Ask, embedder: ModelSpec) -> Callable[[Sequence[Typed]], Any]:
    def vectors(prompts: Sequence[Typed]) -> Any:
        np = package("numpy")
        parts = [prompts[low : low + _BATCH] for low in range(0, len(prompts), _BATCH)]
        requests = [
            Request(embedder, "embedder", tuple(Message("user", p.whole) for p in part), kind="embedding")
            for part in parts
        ]
        found: list[tuple[float, ...]] = []
        for reply in ask(requests):
            if reply.failure is not None:
                raise MeasureError(f"the embedding model gave no vectors: {reply.failure.detail}")
            found += reply.vectors
        return unit(np.array(found, dtype=np.float32)).astype(np.float16)

    return vectors
