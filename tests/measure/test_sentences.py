"""The sentences of a verdict, word for word, and the page of docs/decisions.md that says what to do about each."""

from __future__ import annotations

from pathlib import Path

import pytest

from promptci.core import Reason
from promptci.decide.gate import Gate, Kind
from promptci.decide.stale import Stale
from promptci.decide.verdict import Verdict
from promptci.measure.anchor import Due
from promptci.measure.gates.base import Alarm, Confirmed, Screened, settled

PAGE = (Path(__file__).parents[2] / "docs" / "decisions.md").read_text(encoding="utf-8")
SCREENED = Screened(Verdict("max_drop", "fail", (Reason("cases_run", "60 of 60 cases run."),)))
AGAIN = "of 12 cases asked again 3 got worse and 2 better, p = 0.5"


def settled_as(corrected: float | None, unfinished: Reason | None = None, *, both: bool = True) -> str:
    alarm = Alarm("max_drop", (), lambda _: (None, ""), both=both)
    return settled(SCREENED, [Confirmed(alarm, corrected, AGAIN, unfinished)]).reasons[-1]


def gate(values: list[float], kind: Kind | None = None, **settings: float) -> str:
    """The last sentence but the one on what the set could see."""
    found = Gate(len(values), kind, looks=1, **settings)  # type: ignore[arg-type]  # the shares are Gate's own
    found.look(values)
    return next(r.text for r in reversed(found.verdict().told) if not r.kind.startswith("sight"))


@pytest.mark.parametrize(
    ("said", "sentence", "page"),
    [
        pytest.param(
            settled_as(0.5),
            f"It looked worse at first; fresh answers of both prompts do not confirm that: {AGAIN}.",
            "It looked worse at first; fresh answers of both prompts do not confirm that",
            id="a failed confirmation",
        ),
        pytest.param(
            settled_as(0.01),
            f"Confirmed on fresh answers of both prompts: {AGAIN}.",
            "Confirmed on fresh answers of both prompts",
            id="a confirmation",
        ),
        pytest.param(
            settled_as(None, Reason("budget", "the budget is spent.")),
            "It looks worse, but both prompts could not be asked afresh to confirm that: the budget is spent.",
            "It looks worse, but both prompts could not be asked afresh to confirm that",
            id="an unfinished confirmation",
        ),
        pytest.param(
            settled_as(None, Reason("budget", "the budget is spent."), both=False),
            "It looks bad, but the prompt could not be asked afresh to confirm that: the budget is spent.",
            "the prompt could not be asked afresh to confirm that",
            id="an unfinished confirmation of one prompt",
        ),
        pytest.param(
            settled_as(None, Reason("unmeasured", "c1 could not be measured: timeout")),
            "Asked again, that could not be settled: c1 could not be measured: timeout.",
            "Asked again, that could not be settled",
            id="no value again",
        ),
        pytest.param(
            settled_as(0.01, both=False),
            f"Confirmed on fresh answers: {AGAIN}.",
            "Confirmed on fresh answers",
            id="a confirmation of one prompt",
        ),
        pytest.param(
            settled_as(0.5, both=False),
            f"It looked worse at first; fresh answers do not confirm that: {AGAIN}.",
            "It looked worse at first; fresh answers",
            id="a failed confirmation of one prompt",
        ),
        pytest.param(
            Stale(True, 0.001, 20, 5, 1).said("2026-01-02").text,
            "We re-asked 20 of the answers stored on 2026-01-02: 5 passed where most stored ones failed, 1 failed "
            "where most passed. The baseline is stale, so both sides ran afresh.",
            "The baseline is stale, so both sides ran afresh",
            id="a stale baseline",
        ),
        pytest.param(
            f"Compared with {Due('abc1234def', 5, 1).accepted}, both asked afresh",
            "Compared with the version accepted in abc1234, 5 changes ago, both asked afresh",
            "Compared with the version accepted in abc1234, 5 changes ago, both asked afresh",
            id="an anchor",
        ),
        pytest.param(
            gate([-1.0] * 30 + [0.0] * 70, max_drop=0.03),
            "A change that costs the tolerated 3 points or less would look this bad less than 5 times in 100, counting "
            "all our early looks.",
            "A change that costs the tolerated 3 points or less would look this bad",
            id="a tolerance",
        ),
        pytest.param(
            gate([-1.0] * 9 + [1.0] * 4 + [0.0] * 87, max_drop=0.03),
            "Undecided: these cases do not show a drop above the tolerated 3 points, and do not rule out one of 8 "
            "points.",
            "Undecided: these cases do not show a drop",
            id="a tolerance, undecided",
        ),
        pytest.param(
            gate([-0.333] * 100, Kind(graded=True)),
            "A harmless change would look this bad less than 5 times in 100, counting all our early looks.",
            "A harmless change would look this bad less than 5 times in 100",
            id="a graded drop",
        ),
        pytest.param(
            gate([0.0] * 200, Kind(graded=True)),
            "A drop of 5 points or more is ruled out by these cases.",
            "A drop of 5 points or more is ruled out by these cases",
            id="a graded pass",
        ),
    ],
)
def test_a_sentence_and_its_place_in_the_page(said: str, sentence: str, page: str) -> None:
    assert said == sentence
    assert sentence.startswith(page) or page in sentence
    assert page in PAGE, "docs/decisions.md says what it means and what to do"
