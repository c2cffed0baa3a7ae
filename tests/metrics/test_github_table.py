"""What gh-models and actions/ai-inference say of the evaluators of a `.prompt.yml`, forty answers for each kind.

`equals` minds case; the others do not (gh-models, cmd/eval: `strings.ToLower` of both). Blanks at an answer's ends
never count here. The letters say which kinds pass: e(quals), c(ontains), s(tartsWith), (e)n(dsWith).
"""

from __future__ import annotations

import pytest

from tests.metrics.test_github import PLUGINS, verdict

KINDS = ("equals", "contains", "startsWith", "endsWith")
TABLE: list[tuple[str, str, str, str]] = [
    # id, the evaluator's text, the answer, which kinds pass (e, c, s, n)
    ("the-same", "Paris", "Paris", "ecsn"),
    ("lower-case", "Paris", "paris", "csn"),
    ("upper-case", "paris", "PARIS", "csn"),
    ("blanks-around", "Paris", "  Paris \n", "ecsn"),
    ("a-line-below", "Paris", "Paris\n\n", "ecsn"),
    ("a-full-stop", "Paris", "Paris.", "cs"),
    ("a-word-before", "Paris", "In Paris", "cn"),
    ("a-sentence", "Paris", "It is Paris, of course.", "c"),
    ("part-of-a-word", "par", "Paris", "cs"),
    ("end-of-a-word", "ris", "Paris", "cn"),
    ("middle-of-a-word", "ari", "Paris", "c"),
    ("another-word", "Rome", "Paris", ""),
    ("nothing-said", "Paris", "", ""),
    ("blanks-said", "Paris", " \n ", ""),
    ("longer-than-the-answer", "Paris, France", "Paris", ""),
    ("two-words", "New York", "new york", "csn"),
    ("two-blanks-between", "New York", "New  York", ""),
    ("a-line-break-between", "New York", "New\nYork", ""),
    ("a-number", "42", "42", "ecsn"),
    ("a-number-in-a-number", "42", "1424", "c"),
    ("a-number-with-a-point", "42", "42.0", "cs"),
    ("a-sign", "-5", "-5", "ecsn"),
    ("a-sign-too-many", "5", "-5", "cn"),
    ("accents", "Zürich", "zürich", "csn"),
    ("accents-left-out", "Zürich", "Zurich", ""),
    ("another-script", "東京", "東京です", "cs"),
    ("right-to-left", "نعم", "نعم", "ecsn"),
    ("an-emoji", "👍", "Done 👍", "cn"),
    ("a-pattern-is-text", "a.c", "abc", ""),
    ("a-pattern-as-text", "a.c", "x a.c", "cn"),
    ("brackets", "[x]", "[X] done", "cs"),
    ("a-backslash", "C:\\n", "c:\\n", "csn"),
    ("quotes", '"yes"', '"Yes"', "csn"),
    ("quotes-left-out", '"yes"', "yes", ""),
    ("markdown", "yes", "**yes**", "c"),
    ("a-tab", "a\tb", "A\tB", "csn"),
    ("json", '{"a": 1}', '{"a": 1}', "ecsn"),
    ("json-otherwise", '{"a": 1}', '{"a":1}', ""),
    ("twice", "no", "no no", "csn"),
    ("of-the-row", "{{city}}", "rome", "csn"),
    ("of-the-row-in-a-text", "in {{city}}", "It is in Rome", "cn"),
    ("the-expected-answer", "{{expected}}", "blue", "ecsn"),
    ("the-expected-answer-missed", "{{expected}}", "red", ""),
]


def test_there_are_forty_answers_for_each_kind() -> None:
    assert len({name for name, _, _, _ in TABLE}) == len(TABLE) >= 40
    assert len(REPLIES) >= 40


@pytest.mark.parametrize(("value", "output", "passing"), [t[1:] for t in TABLE], ids=[t[0] for t in TABLE])
@pytest.mark.parametrize("kind", KINDS)
def test_texts(kind: str, value: str, output: str, passing: str) -> None:
    wanted = {"equals": "e", "contains": "c", "startsWith": "s", "endsWith": "n"}[kind] in passing
    for as_github in (False, True):
        found = verdict(
            {"name": "s", "string": {kind: value}}, output, as_github=as_github, expected="blue", city="Rome"
        )
        assert found.value == float(wanted)


# (reply, ours, theirs): a grade from 1 to 5 is worth 0 to 1. Ours passes from 3 on; theirs took the first of 1 to 5
# that stands anywhere in the reply, in this order, and passed whatever is above zero. None: no grade is stated.
REPLIES: list[tuple[str, float | None, float]] = [
    ("1", 0, 0),
    ("2", 0, 1),
    ("3", 1, 1),
    ("4", 1, 1),
    ("5", 1, 1),
    (" 4\n", 1, 1),
    ("4.", 1, 1),
    ("(4)", 1, 1),
    ("[[5]]", 1, 1),
    ("**2**", 0, 1),
    ("`3`", 1, 1),
    ('"1"', 0, 0),
    ("Score: 4", 1, 1),
    ("score: 1", 0, 0),
    ("Rating: 5", 1, 1),
    ("Answer: 2", 0, 1),
    ('{"score": 4}', 1, 1),
    ('{"score": 1}', 0, 0),
    ("It reads well.\n4", 1, 1),
    ("It does not hold.\n\n1", 0, 0),
    ("<think>maybe 5?</think>1", 0, 0),
    ("10", None, 0),
    ("12", None, 0),
    ("45", None, 1),
    ("0", None, 0),
    ("6", None, 0),
    ("-1", None, 0),
    ("3.5", None, 1),
    ("4/5", None, 1),
    ("4 of 5", None, 1),
    ("1 or 2", None, 0),
    ("between 3 and 4", None, 1),
    ("", None, 0),
    (" ", None, 0),
    ("five", None, 0),
    ("good", None, 0),
    ("I cannot tell.", None, 0),
    ("In 2024 it was 5", None, 1),
    ("n/a", None, 0),
    ("★★★★", None, 0),
]


@pytest.mark.parametrize(("reply", "ours", "theirs"), REPLIES, ids=[f"{n}-{r[0]!r}" for n, r in enumerate(REPLIES)])
@pytest.mark.parametrize("plugin", PLUGINS)
def test_built_in_graders(plugin: str, reply: str, ours: float | None, theirs: float) -> None:
    evaluator = {"name": "g", "uses": f"github/{plugin}"}
    assert verdict(evaluator, "an answer", reply, expected="ref").value == ours
    assert verdict(evaluator, "an answer", reply, as_github=True, expected="ref").value == theirs
