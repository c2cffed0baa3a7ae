from __future__ import annotations

import random
from collections.abc import Sequence

import pytest

from promptci.search.screening.explain import explain

TEXT = "Be one. Be two. Be three. Be four. Be five. Be six.\n\nTicket: {{ ticket }}"
CASES = [f"c{i}" for i in range(100)]


class Planted:
    """Each sentence adds its worth to the chance of a case; counts what it was asked."""

    def __init__(self, worth: dict[str, float], seed: int) -> None:
        self.worth, self.rng, self.asked = worth, random.Random(seed), 0
        self.ease = {c: random.Random(f"{seed}:{c}").gauss(0, 0.15) for c in CASES}

    def __call__(self, pairs: Sequence[tuple[str, str]]) -> list[float | None]:
        self.asked += len(pairs)
        return [float(self.rng.random() < 0.6 + self.ease[c] + self._of(text)) for text, c in pairs]

    def _of(self, text: str) -> float:
        return sum(w for word, w in self.worth.items() if f"Be {word}." in text)


def test_what_matters_is_found_and_the_budget_kept() -> None:
    world = Planted({"two": 0.15, "five": -0.15}, 1)
    found = explain(TEXT, CASES, world, calls=1000, seed=1)
    assert world.asked == found.answers == 1000
    assert [s.matters for s in found.sentences] == [0, 1, 0, 0, -1, 0]
    two = found.sentences[1]
    assert two.worth.interval[0] < 0.15 < two.worth.interval[1]
    assert two.needed > 0.95
    assert [s.text for s in found.idle] == ["Be one.", "Be three.", "Be four.", "Be six."]
    assert all(s.tokens == 2 for s in found.sentences)


def test_worthless_sentences_are_seldom_called_worth_something() -> None:
    marks = [s.matters for k in range(20) for s in explain(TEXT, CASES, Planted({}, k), calls=600, seed=k).sentences]
    assert len(marks) == 120
    assert sum(m != 0 for m in marks) <= 12  # 6 expected at most


def test_a_case_that_could_not_be_measured_takes_no_part() -> None:
    found = explain(TEXT, CASES, lambda pairs: [None] * len(pairs), calls=200, seed=1)
    assert found.answers == 0
    assert found.score is None
    assert all(s.matters == 0 for s in found.sentences)


@pytest.mark.parametrize("text", ["Do it.", "{{ x }}", ""], ids=["one sentence", "no sentence", "nothing"])
def test_nothing_to_leave_out_costs_nothing(text: str) -> None:
    world = Planted({}, 1)
    assert explain(text, CASES, world, calls=500, seed=1).sentences == ()
    assert world.asked == 0
