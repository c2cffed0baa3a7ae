"""What a report says about answers: what was taken off them, and which of several metrics was not content."""

from __future__ import annotations

import pytest

from promptci.core import Json, Outcome, PartScore, Score
from promptci.measure.remarks import of_unsent, of_walls
from promptci.metrics import sandbox
from promptci.metrics.build import build
from promptci.prompts import read_prompt
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


@pytest.mark.parametrize(
    ("metric", "missing", "said"),
    [
        pytest.param({"name": "python", "code": "1"}, (), "", id="all-walls-stand"),
        pytest.param({"name": "python", "code": "1"}, ("files",), "back from no files:", id="one-does-not"),
        pytest.param(
            {"name": "command", "run": ["sh"], "file": "a"}, ("files", "network"), "no files and no network", id="none"
        ),
        pytest.param("exact", ("files", "network"), "", id="no-code-ran"),
        pytest.param(
            {"name": "group", "metrics": [{"name": "python", "code": "1"}]}, ("network",), "no network", id="inside"
        ),
    ],
)
def test_walls_that_do_not_stand_are_said(
    metric: Json, missing: tuple[str, ...], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sandbox, "_LACKED", dict.fromkeys(missing))
    found = " ".join(map(str, of_walls(build([metric], lambda path: "true"))))
    assert said in found
    assert bool(found) is bool(said)


def test_what_a_prompt_s_file_sets_and_no_request_holds_is_said() -> None:
    text = "---\nconfig: {safetySettings: []}\n---\nx"
    (found,) = of_unsent(read_prompt("p", "p.prompt", text.encode()))
    assert (found.kind, "p.prompt sets safetySettings, which is not sent" in found.text) == ("unsent", True)
    assert of_unsent(read_prompt("p", "p.md", b"x")) == ()
