"""Whatever the options of a metric are: they are refused in words, or every answer gets a share or none."""

from __future__ import annotations

import math

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from promptci.core import Case, Json, Message, ToolCall
from promptci.errors import PromptciError
from promptci.metrics import METRICS
from promptci.metrics.base import Answer
from promptci.metrics.build import build, mistake_in, roles_of
from tests.metrics.test_table import EXAMPLES, reader

ODD: st.SearchStrategy[Json] = st.recursive(
    st.sampled_from(
        [None, True, 0, 1, -1, 2.5, 1e300, math.nan, math.inf, "", "x", "(", "{{ x }}", "{{ gone }}", "$", "["]
    ),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["name", "value", "A"]), inner, max_size=2)
    ),
    max_leaves=4,
)
OPTIONS = [
    "value", "not", "weight", "pass_mark", "label", "choices", "votes", "tolerance", "which", "fields", "path",
    "schema", "at_least", "at_most", "unit", "ignore_case", "rubric", "kind", "metrics", "full", "subset",
]  # fmt: skip
TEXTS = ["", "x", "{}", "[1]", "1", "nan", "yes", "é" * 200, "```json\n{}\n```"]
SLOW = {"python", "javascript", "command", "language"}  # a process for every answer, a model for every set of languages


@pytest.mark.parametrize("name", sorted(set(METRICS) - SLOW))
@settings(deadline=None, max_examples=15, suppress_health_check=list(HealthCheck))
@given(options=st.dictionaries(st.sampled_from(OPTIONS), ODD, max_size=2), expected=st.none() | ODD)
def test_any_options_are_refused_or_give_shares(name: str, options: dict[str, Json], expected: Json) -> None:
    example = EXAMPLES[name]
    written = example["metric"] if isinstance(example["metric"], dict) else {"name": name}
    given_ = {**written, **options}
    case = Case("c", example.get("vars", {"input": "x"}), example.get("expected") if expected is None else expected)
    wrong, roles = mistake_in(given_), roles_of(given_)
    try:
        rule = build([given_], reader(name))
        rule.refuse([case], "e.jsonl")
    except (PromptciError, KeyError):  # a file that the example does not have
        return
    assert wrong is None
    assert set(roles) == set(rule.needs.models)
    for text in TEXTS:
        answer = Answer(text, text, (ToolCall("refund", '{"order": 7}'),), asked=(Message("user", "q"),))
        (grade,) = rule.direct(case, answer)
        assert grade is None or grade.value is None or 0 <= grade.value <= 1
        assert grade is None or grade.value is not None or grade.reason is not None
        assert (grade is None) <= bool(roles), "only a metric with a model may leave a grade open"
