"""What a row may hold: chats, tags, weights, grades, metrics; and the short forms of promptfoo's tables."""

from __future__ import annotations

import json

import pytest

from promptci.core import Json, Message, ToolCall
from promptci.errors import DataError
from promptci.evals.base import case_of
from promptci.evals.chat import messages_of
from promptci.evals.rows import from_columns, parsed, shorthand

ROWS: dict[str, tuple[dict[str, Json], str, Json]] = {
    "flat-columns": ({"q": "a", "n": 3}, "vars", {"q": "a", "n": 3}),
    "vars": ({"vars": {"q": "a"}}, "vars", {"q": "a"}),
    "an-answer": ({"q": "a", "expected": "b"}, "expected", "b"),
    "an-answer-of-any-kind": ({"q": "a", "expected": {"x": [1]}}, "expected", {"x": [1]}),
    "an-empty-answer": ({"q": "a", "expected": ""}, "expected", ""),
    "no-answer": ({"q": "a"}, "expected", None),
    "an-id": ({"id": "x", "q": "a"}, "id", "x"),
    "an-id-as-a-number": ({"id": 7, "q": "a"}, "id", "7"),
    "tags-as-a-text": ({"q": "a", "tags": "smoke, slow,"}, "tags", ("smoke", "slow")),
    "tags-as-a-list": ({"q": "a", "tags": ["smoke"]}, "tags", ("smoke",)),
    "no-tags": ({"q": "a", "tags": ""}, "tags", ()),
    "a-cluster": ({"q": "a", "cluster": 3}, "cluster", "3"),
    "no-cluster": ({"q": "a", "cluster": ""}, "cluster", None),
    "a-weight": ({"q": "a", "weight": "2.5"}, "weight", 2.5),
    "no-weight": ({"q": "a", "weight": None}, "weight", 1.0),
    "a-metric-by-name": ({"q": "a", "assert": "json"}, "asserts", ({"name": "json"},)),
    "metrics": ({"q": "a", "assert": ["json", {"name": "exact"}]}, "asserts", ({"name": "json"}, {"name": "exact"})),
    "a-metric-of-promptfoo": ({"q": "a", "assert": [{"type": "is-json"}]}, "asserts", ({"type": "is-json"},)),
    "no-metrics": ({"q": "a", "assert": []}, "asserts", ()),
    "a-person-s-grade": ({"q": "a", "human": 0.5}, "human", 0.5),
    "a-person-s-verdict": ({"q": "a", "human": True}, "human", True),
    "a-person-s-choice": ({"q": "a", "human": "good"}, "human", "good"),
    "no-grade": ({"q": "a", "human": ""}, "human", None),
    "ideal": ({"input": "a", "ideal": ["b", "c"]}, "expected", ["b", "c"]),
    "ideal-is-a-column-elsewhere": ({"q": "a", "ideal": "b"}, "vars", {"q": "a", "ideal": "b"}),
    "a-chat": ({"messages": [{"role": "user", "content": "Hi"}]}, "messages", (Message("user", "Hi"),)),
    "an-input-that-is-a-chat": ({"input": [{"role": "user", "content": "Hi"}]}, "messages", (Message("user", "Hi"),)),
    "an-input-that-is-a-list": ({"input": ["a", "b"]}, "vars", {"input": ["a", "b"]}),
}


@pytest.mark.parametrize("name", ROWS)
def test_what_a_row_says(name: str) -> None:
    row, field, expected = ROWS[name]
    assert getattr(case_of(row, "e.jsonl:1"), field) == expected


def test_the_same_text_of_two_speakers_is_two_cases() -> None:
    chats: list[Json] = [[{"role": "user", "content": "x", **more}] for more in ({}, {"name": "ada"}, {"name": "bob"})]
    assert len({case_of({"messages": chat}, "e.jsonl:1").id for chat in chats}) == 3


BAD: dict[str, tuple[Json, str]] = {
    "a-text": ("a", "must be an object"),
    "a-list": ([1], "must be an object"),
    "nothing-in-it": ({}, "the case has no input"),
    "an-answer-alone": ({"expected": "a"}, "the case has no input"),
    "vars-and-more": ({"vars": {"q": "a"}, "topic": "b"}, "unknown key 'topic' beside 'vars'"),
    "vars-that-are-none": ({"vars": [1]}, "'vars' must be an object"),
    "an-id-that-is-true": ({"id": True, "q": "a"}, "'id' must be"),
    "a-long-id": ({"id": "x" * 201, "q": "a"}, "'id' must be"),
    "tags-as-numbers": ({"q": "a", "tags": [1]}, "'tags' must be"),
    "tags-as-a-mapping": ({"q": "a", "tags": {}}, "'tags' must be"),
    "a-cluster-that-is-true": ({"q": "a", "cluster": True}, "'cluster' must be"),
    "a-weight-of-zero": ({"q": "a", "weight": 0}, "'weight' must be"),
    "a-weight-in-words": ({"q": "a", "weight": "heavy"}, "'weight' must be"),
    "an-endless-weight": ({"q": "a", "weight": "inf"}, "'weight' must be"),
    "a-metric-without-a-name": ({"q": "a", "assert": [{"value": 1}]}, "'assert' must be"),
    "a-metric-as-a-number": ({"q": "a", "assert": 3}, "'assert' must be"),
    "a-grade-above-one": ({"q": "a", "human": 1.5}, "'human' must be"),
    "a-grade-as-a-list": ({"q": "a", "human": [1]}, "'human' must be"),
    "an-empty-chat": ({"messages": []}, "'messages' must be a list"),
    "a-chat-that-is-a-text": ({"messages": "Hi"}, "'messages' must be a list"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_a_row_cannot_say_is_refused_at_its_place(name: str) -> None:
    row, said = BAD[name]
    with pytest.raises(DataError) as caught:
        case_of(row, "e.jsonl:7")
    assert said in caught.value.problem
    assert caught.value.place == "e.jsonl:7"


CALL = {"id": "1", "function": {"name": "find", "arguments": '{"b": 1, "a": 2}'}}
CHATS: dict[str, tuple[Json, tuple[Message, ...]]] = {
    "roles": (
        [{"role": r, "content": r} for r in ("system", "user", "assistant")],
        (Message("system", "system"), Message("user", "user"), Message("assistant", "assistant")),
    ),
    "other-names-of-roles": (
        [{"role": r, "content": "x"} for r in ("developer", "human", "ai", "model")],
        (Message("system", "x"), Message("user", "x"), Message("assistant", "x"), Message("assistant", "x")),
    ),
    "texts-in-parts": (
        [{"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}],
        (Message("user", "ab"),),
    ),
    "a-call": (
        [{"role": "assistant", "content": None, "tool_calls": [CALL]}],
        (Message("assistant", "", (ToolCall("find", '{"a":2,"b":1}', "1"),)),),
    ),
    "a-call-with-arguments-in-place": (
        [{"role": "assistant", "tool_calls": [{"function": {"name": "find", "arguments": {"a": 2}}}]}],
        (Message("assistant", "", (ToolCall("find", '{"a":2}'),)),),
    ),
    "a-result": (
        [{"role": "tool", "content": "7", "tool_call_id": "1"}],
        (Message("tool", "7", (), "1"),),
    ),
    "a-name": ([{"role": "user", "name": "ada", "content": "x"}], (Message("user", "x", name="ada"),)),
    "an-empty-name": ([{"role": "user", "name": "", "content": "x"}], (Message("user", "x"),)),
}


@pytest.mark.parametrize("name", CHATS)
def test_a_chat_is_read_as_the_api_takes_it(name: str) -> None:
    given, expected = CHATS[name]
    assert messages_of(given, "e.jsonl:1") == expected


@pytest.mark.parametrize(
    ("message", "said"),
    [
        pytest.param("Hi", "message 1 must have", id="a-text"),
        pytest.param({"content": "x"}, "the role None", id="no-role"),
        pytest.param({"role": "boss", "content": "x"}, "the role 'boss'", id="another-role"),
        pytest.param({"role": "user"}, "has no content", id="no-content"),
        pytest.param({"role": "user", "content": ""}, "has no content", id="an-empty-one"),
        pytest.param({"role": "user", "content": "x", "mood": 1}, "unknown key 'mood'", id="another-key"),
        pytest.param({"role": "user", "content": "x", "name": 3}, "the 'name' of message 1", id="a-name-as-a-number"),
        pytest.param({"role": "user", "content": 3}, "cannot be sent", id="a-number"),
        pytest.param({"role": "assistant", "tool_calls": [{}]}, "no function with its name", id="a-call-of-nothing"),
        pytest.param(
            {"role": "assistant", "tool_calls": [{"function": {"name": "f", "arguments": "{"}}]},
            "are not JSON",
            id="arguments-that-are-none",
        ),
    ],
)
def test_a_message_that_is_none_is_refused(message: Json, said: str) -> None:
    with pytest.raises(DataError) as caught:
        messages_of([message], "e.jsonl:1")
    assert said in caught.value.problem


SHORT: dict[str, tuple[str, dict[str, Json]]] = {
    "an-answer": ("Paris", {"type": "equals", "value": "Paris"}),
    "blanks-around": ("  Paris ", {"type": "equals", "value": "Paris"}),
    "a-colon": ("Answer: Paris", {"type": "equals", "value": "Answer: Paris"}),
    "contains": ("contains: a", {"type": "contains", "value": "a"}),
    "contains-without-a-blank": ("contains:a", {"type": "contains", "value": "a"}),
    "several": ("contains-any: a, b", {"type": "contains-any", "value": "a, b"}),
    "not": ("not-contains: a", {"type": "not-contains", "value": "a"}),
    "a-threshold": ("similar(0.8): a", {"type": "similar", "value": "a", "threshold": 0.8}),
    "alone": ("is-json", {"type": "is-json"}),
    "not-alone": ("not-is-json", {"type": "not-is-json"}),
    "code": ("fn: output == 1", {"type": "javascript", "value": "output == 1"}),
    "code-by-another-name": ("eval: true", {"type": "javascript", "value": "true"}),
    "python": ("python: True", {"type": "python", "value": "True"}),
    "a-grade": ("grade: kind", {"type": "llm-rubric", "value": "kind"}),
    "a-file": ("file://a.js", {"type": "javascript", "value": "file://a.js"}),
    "a-python-file": ("file://a.py:f", {"type": "python", "value": "file://a.py:f"}),
    "an-address": ("https://a.b", {"type": "equals", "value": "https://a.b"}),
    "several-lines": ("llm-rubric: a\nb", {"type": "llm-rubric", "value": "a\nb"}),
    "levenshtein": ("levenshtein(2): a", {"type": "levenshtein", "value": "a", "threshold": 2.0}),
}


@pytest.mark.parametrize("name", SHORT)
def test_a_cell_in_short_is_an_assertion(name: str) -> None:
    said, expected = SHORT[name]
    assert shorthand(said) == expected


COLUMNS: dict[str, tuple[dict[str, str], dict[str, Json]]] = {
    "values-alone": ({"q": "a", "n": ""}, {"vars": {"q": "a", "n": ""}}),
    "an-answer": ({"q": "a", "__expected": "b"}, {"vars": {"q": "a"}, "assert": [{"type": "equals", "value": "b"}]}),
    "no-answer": ({"q": "a", "__expected": ""}, {"vars": {"q": "a"}}),
    "in-their-order": (
        {"__expected2": "is-json", "__expected1": "contains: a"},
        {"vars": {}, "assert": [{"type": "contains", "value": "a"}, {"type": "is-json"}]},
    ),
    "a-threshold-of-one": (
        {"__expected": "similar: a", "__threshold": "0.7"},
        {"vars": {}, "assert": [{"type": "similar", "value": "a", "threshold": 0.7}]},
    ),
    "a-threshold-by-number": (
        {"__expected1": "similar: a", "__config:__expected1:threshold": "0.7"},
        {"vars": {}, "assert": [{"type": "similar", "value": "a", "threshold": 0.7}]},
    ),
    "a-threshold-of-all": (
        {"__expected1": "is-json", "__expected2": "contains: a", "__threshold": "1"},
        {"vars": {}, "assert": [{"type": "is-json"}, {"type": "contains", "value": "a"}]},
    ),
    "a-share-of-several": (
        {"__expected1": "is-json", "__expected2": "contains: a", "__threshold": "0.5", "__metric": "form"},
        {
            "vars": {},
            "assert": [
                {
                    "type": "assert-set",
                    "threshold": 0.5,
                    "assert": [{"type": "is-json"}, {"type": "contains", "value": "a"}],
                    "metric": "form",
                }
            ],
        },
    ),
    "a-label": (
        {"__expected": "is-json", "__metric": "form"},
        {"vars": {}, "assert": [{"type": "is-json", "metric": "form"}]},
    ),
    "tags": (
        {"__metadata:tier": "smoke", "__metadata:tags[]": "a, b\\,c"},
        {"vars": {}, "tags": ["tier:smoke", "a", "b,c"]},
    ),
    "a-description": ({"__description": "first", "q": "a"}, {"vars": {"q": "a"}}),
}


@pytest.mark.parametrize("name", COLUMNS)
def test_promptfoo_s_columns_in_words_of_ours(name: str) -> None:
    row, expected = COLUMNS[name]
    assert from_columns(row, "e.csv:2") == expected


@pytest.mark.parametrize(
    ("row", "said"),
    [
        pytest.param({"__expcted": "a"}, "unknown column '__expcted'", id="misspelt"),
        pytest.param({"__config:__expected1:weight": "2"}, "unknown column '__config:__expected1:weight'", id="option"),
        pytest.param({"q": "a", "__threshold": "0.5"}, "'__threshold' has no effect", id="a-threshold-of-nothing"),
        pytest.param(
            {"__expected": "a", "__config:__expected2:threshold": "0.5"},
            "'__config:__expected2:threshold' has no effect",
            id="a-threshold-of-no-such-assertion",
        ),
        pytest.param({"__threshold": "nan"}, "'nan' is no number", id="a-threshold-that-is-none"),
        pytest.param({"__suffix": "!"}, "__prefix and __suffix change the prompt", id="suffix"),
        pytest.param({"__threshold": "much"}, "'much' is no number", id="a-threshold-in-words"),
        pytest.param(
            {"__expected1": "a", "__expected2": "b", "__threshold": "7"}, "a share from 0 to 1", id="no-share"
        ),
        pytest.param(
            {"__expected1": "a", "__expected2": "b", "__threshold": "0"}, "every answer would pass", id="zero"
        ),
        pytest.param({"__prefix": "Say: "}, "__prefix and __suffix change the prompt", id="prefix"),
        pytest.param({"__providerOutput": "a"}, "stored answers", id="a-stored-answer"),
    ],
)
def test_a_column_that_cannot_be_honoured_is_refused(row: dict[str, str], said: str) -> None:
    with pytest.raises(DataError) as caught:
        from_columns(row, "e.csv:2")
    assert said in caught.value.problem
    assert caught.value.place == "e.csv:2"


@pytest.mark.parametrize("value", [{"a": 1}, [1, "b"], [], {}], ids=str)
def test_a_cell_of_json_is_its_value(value: Json) -> None:
    assert parsed(json.dumps(value), "e.csv:2") == value


@pytest.mark.parametrize("cell", ["a", "7", "true", '"a"', "{a}", "[a", ""], ids=repr)
def test_any_other_cell_is_its_text(cell: str) -> None:
    assert parsed(cell, "e.csv:2") == cell
