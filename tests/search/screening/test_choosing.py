"""What is seen of a text, and what was said of it, each by its precision."""

from __future__ import annotations

import pytest

from promptci.core import Outcome, Score
from promptci.search.base import Candidate, Scored
from promptci.search.choosing import weighed
from promptci.search.screening.fit import Estimate

IDS = [f"c{n}" for n in range(10)]


def scored(text: str, passes: int) -> Scored:
    return Scored(Candidate(text, "test", 1), {i: Outcome(Score(i, float(n < passes))) for n, i in enumerate(IDS)})


@pytest.mark.parametrize(
    ("changed", "passes", "value"),
    [
        pytest.param(0.5, 5, 0.1 * 5 / 6, id="nothing moved though half of the cases should: luck, not precision"),
        pytest.param(0.0, 10, 0.1 * 5 / 6 + 0.5 / 6, id="what moved says how little ten cases tell"),
    ],
)
def test_ten_cases_weigh_as_much_as_they_can_tell(changed: float, passes: int, value: float) -> None:
    found = weighed(Estimate(0.1, 0.1), changed, scored("lead", 5), scored("text", passes), IDS)
    assert found.value == pytest.approx(value)
