"""What a report says about answers: what was taken off them, and which of several metrics was not content."""

from __future__ import annotations

from promptci.core import Outcome, PartScore, Score
from promptci.run.values import Values


def test_what_was_taken_off_and_which_metric_failed_is_said_once() -> None:
    values = Values()
    both = (PartScore("exact", 0.0), PartScore("polite", 1.0))
    values.take([Outcome(Score("a", 0.0), output="x", stripped=("thinking",), parts=both)])
    values.take([Outcome(Score("b", 0.0), output="x", stripped=("thinking",), parts=both)])
    values.take([Outcome(Score("c", 1.0), output="x")])
    assert tuple(map(str, values.remarks)) == (
        "Before grading, thinking was taken off 2 of 3 answers.",
        "Metrics that were not content, of 3 cases: exact in 2.",
    )


def test_one_metric_on_plain_answers_needs_no_remark() -> None:
    values = Values()
    values.take([Outcome(Score("a", 0.0), output="x", parts=(PartScore("exact", 0.0),))])
    assert values.remarks == ()
