"""Similarity of meaning: the angle between two embeddings, asked of `models.embedder`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from promptci.core import Case, Json, Message, Role
from promptci.metrics.base import Answer, Grade, Needs, Question, unknown
from promptci.metrics.expected import NO_ANSWER_EXPECTED, accepted
from promptci.metrics.form import version_of
from promptci.models.base import Reply


@dataclass(frozen=True)
class Similarity:
    """The cosine between the embeddings of output and expected answer, best over several; below 0 it is 0."""

    value: Json = None

    graded: ClassVar[bool] = True
    roles: ClassVar[tuple[Role, ...]] = ("embedder",)

    @property
    def version(self) -> str:
        """The rule and its options."""
        return version_of(self, "similarity/1")

    @property
    def needs(self) -> Needs:
        """The embedding model, and an expected answer unless the metric has its own."""
        return Needs(self.roles, expected=self.value is None)

    def questions(self, case: Case, answer: Answer) -> tuple[Question, ...]:
        """Return one embedding for the output, and one for each expected answer."""
        wanted = accepted(self.value, case)
        if not wanted or not answer.text.strip():
            return ()
        return tuple(Question("embedder", (Message("user", t),), kind="embedding") for t in (answer.text, *wanted))

    def read(self, case: Case, answer: Answer, replies: Sequence[Reply]) -> Grade:
        """Return the best cosine; an empty answer is like no other."""
        if not replies:
            return (
                Grade(0.0)
                if accepted(self.value, case) and not answer.text.strip()
                else Grade(None, NO_ANSWER_EXPECTED)
            )
        vectors = []
        for reply in replies:
            if reply.failure is not None or not reply.vectors:
                none = unknown("no_vector", "the server sent no embedding")
                return none if reply.failure is None else Grade(None, reply.failure.reason)
            vectors.append(reply.vectors[0])
        if any(len(v) != len(vectors[0]) for v in vectors):
            return unknown("no_vector", "the server sent embeddings of different lengths")
        cosines = [cosine(vectors[0], other) for other in vectors[1:]]
        if not all(map(math.isfinite, cosines)):
            return unknown("no_vector", "the server sent embeddings that are no numbers")
        return Grade(max(0.0, *(min(1.0, found) for found in cosines)))

    def __call__(self, case: Case, output: str) -> float | None:
        """Judge nothing: the value comes from a model."""
        del case, output
        return None


def cosine(one: Sequence[float], other: Sequence[float]) -> float:
    """Return the cosine of the angle between two vectors of the same length; 0 when one of them is null."""
    sizes = math.hypot(*one) * math.hypot(*other)
    return math.fsum(a * b for a, b in zip(one, other, strict=True)) / sizes if sizes else 0.0
