"""What each rule says of answers as models write them: one line an answer, right ("+") or wrong ("-").

The lines are what people who wrote the expected answer would say. Where a rule is stricter on purpose, its docstring
says why.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from promptci.core import Case, Json
from promptci.metrics.build import build


@dataclass(frozen=True)
class Table:
    """Answers under one metric and one expected answer."""

    metric: Json
    expected: Json
    right: list[str]
    wrong: list[str]
    vars: dict[str, Json] = field(default_factory=lambda: {"input": "x"})


TABLES: dict[str, Table] = {
    "exact": Table(
        "exact",
        "billing",
        ["billing", " billing", "billing\n", "\tbilling \n\n"],
        ["Billing", "billing.", "the billing", "", "bill", "billing team", '"billing"', "**billing**"],
    ),
    "exact-one-of": Table(
        "exact",
        ["yes", "y", "ok"],
        ["yes", "y", "ok", " ok "],
        ["Yes", "no", "", "yes or no", "y.", "okay"],
    ),
    "exact-without-case-and-signs": Table(
        {"name": "exact", "ignore_case": True, "ignore_punctuation": True},
        "New York",
        ["new york", "NEW YORK.", "New York!", "'New York'", "New-York", "new  york"],
        ["York", "New Yorker", "", "NewYork City"],
    ),
    "exact-without-articles": Table(
        {"name": "exact", "ignore_case": True, "ignore_articles": True},
        "cat",
        ["cat", "a cat", "the cat", "The Cat", "an cat"],
        ["cats", "that cat", "the", ""],
    ),
    "exact-number": Table("exact", 7, ["7", " 7"], ["7.0", "seven", "77", ""]),
    "exact-true": Table("exact", True, ["true"], ["yes", "1", "True"]),
    "contains": Table(
        "contains",
        "valid",
        ["valid", "It is valid.", "Valid!", "VALID", "(valid)", "valid/invalid", "**valid**"],
        ["invalid", "validity", "", "val id", "not allowed"],
    ),
    "contains-anywhere": Table(
        {"name": "contains", "words": False},
        "valid",
        ["valid", "invalid", "VALIDITY", "xvalidx"],
        ["val id", "", "vald"],
    ),
    "contains-with-case": Table(
        {"name": "contains", "ignore_case": False},
        "OK",
        ["OK", "That is OK."],
        ["ok", "Ok", "OKAY", ""],
    ),
    "contains-a-sign": Table(
        "contains",
        "C++",
        ["C++", "Use C++ here.", "c++"],
        ["C", "C#", "C+", "D"],
    ),
    "contains-of-the-row": Table(
        {"name": "contains", "value": "{{ city }}"},
        None,
        ["Rome", "In rome, of course"],
        ["Paris", "", "Romeo"],
        {"city": "Rome"},
    ),
    "contains-all": Table(
        {"name": "contains_all", "value": ["refund", "tomorrow"]},
        None,
        ["Your refund comes tomorrow.", "Tomorrow: refund!"],
        ["Your refund comes.", "tomorrow", "", "refunds tomorrow"],
    ),
    "starts-with": Table(
        {"name": "starts_with", "value": "Dear"},
        None,
        ["Dear Ada", "dear all", "  Dear", "Dear, "],
        ["My dear", "", "De", "Dearest Ada"],
    ),
    "ends-with": Table(
        {"name": "ends_with", "value": "regards"},
        None,
        ["Kind regards", "regards", "Best Regards\n", "- regards"],
        ["regards, Ada", "", "regard"],
    ),
    "regex": Table(
        {"name": "regex", "value": r"ORD-\d{4}"},
        None,
        ["ORD-1234", "It is ORD-1234.", "ORD-12345"],
        ["ORD-123", "ord-1234", "", "ORD 1234"],
    ),
    "regex-full": Table(
        {"name": "regex", "value": r"\d+", "full": True, "ignore_case": True},
        None,
        ["1", " 42\n"],
        ["1 2", "a1", ""],
    ),
    "number": Table(
        "number",
        1234.5,
        ["1234.5", "1,234.5", "$1,234.50", "So it is 1234.5.", "12 and then 1234.5", "= 1234.5", "1.2345e3", "€1234.5"],
        ["-1234.5", "1234", "12345", "1234.51", "none", "", "1,234", "1234.5 or 1235"],
    ),
    "number-whole": Table(
        "number",
        1000,
        ["1000", "1,000", "1'000", "1_000", "1000.00", "1e3", "$1,000"],
        ["100", "10000", "-1000", "1,000,000", "ten", "1000-1", "1 000"],
    ),
    "number-fraction": Table(
        "number", 0.75, ["0.75", ".75", "3/4", "6/8", "75 %", "75%"], ["3", "4", "0.7", "7.5", "1/4"]
    ),
    "number-negative": Table("number", -5, ["-5", "−5", "It is -5.", "-$5", "-5.0"], ["5", "+5", "-50", "−55"]),
    "number-percent": Table(
        "number",
        "50 %",
        ["50 %", "50%", "50", "0.5", "50 percent"],
        ["5", "0.05", "500 %", "50.1"],
    ),
    "number-within": Table(
        {"name": "number", "tolerance": 0.5},
        10,
        ["10", "10.5", "9.5", "10.25"],
        ["10.51", "9.49", "-10", "1"],
    ),
    "number-within-a-share": Table(
        {"name": "number", "relative": 0.01},
        200,
        ["200", "202", "198", "201.5"],
        ["203", "197", "2"],
    ),
    "number-first": Table(
        {"name": "number", "which": "first"}, 3, ["3", "3 of 4", "3, then 7"], ["4 of 3", "7, 3", ""]
    ),
    "number-any": Table({"name": "number", "which": "any"}, 3, ["1 2 3", "3", "3 of 4"], ["1 2 4", "33", "13"]),
    "number-only": Table({"name": "number", "which": "only"}, 3, ["3", "It is 3."], ["3 of 4", "3 or 5", "4"]),
    "number-with-a-comma": Table(
        {"name": "number", "decimal": ","},
        1234.5,
        ["1234,5", "1.234,50", "1.234,5 €"],
        ["1,234.5", "1234.5", "12345"],
    ),
    "number-with-a-comma-as-text": Table(
        {"name": "number", "decimal": ","},
        "1.234,5",
        ["1234,5", "1.234,50"],
        ["1234.5", "12345"],
    ),
    "number-in-words-around": Table(
        "number", 42, ["42.", "(42)", "**42**", "x=42", "42km", "№42"], ["421", "4 2", "1.42.3"]
    ),
    "choice": Table(
        {"name": "choice", "choices": ["good", "very good", "bad"]},
        "good",
        [
            "good",
            "Good.",
            "It is good.",
            "**good**",
            "Answer: good",
            "bad at first.\nAnswer: good",
            "It was bad.\ngood",
        ],
        ["very good", "bad", "not good", "goodness", "good or bad", "", "none", "never good", "isn't good"],
    ),
    "choice-with-a-dash": Table(
        {"name": "choice", "choices": ["spam", "not-spam"]},
        "not-spam",
        ["not-spam", "It is not-spam.", "NOT-SPAM"],
        ["spam", "not spam", ""],
    ),
    "boolean-true": Table(
        "boolean",
        True,
        ["yes", "Yes.", "true", "TRUE", "y", "1", "correct", "Yes, it is.", "Answer: yes", "It is true"],
        ["no", "false", "", "maybe", "not true", "yes and no", "I do not know", "n", "0", "incorrect"],
    ),
    "boolean-false": Table(
        "boolean",
        "no",
        ["no", "No.", "false", "n", "0", "incorrect", "No, never."],
        ["yes", "true", "", "know", "none", "correct"],
    ),
    "set": Table(
        "set",
        ["red", "green", "blue"],
        [
            "red, green, blue",
            "blue; green; red",
            "- Red\n- Green\n- Blue",
            '["green", "red", "blue"]',
            "red, green and blue",
            "1. blue\n2. red\n3. green",
            "red, red, green, blue",
        ],
        ["red, green", "red, green, blue, black", "", "red green blue", "reds, greens, blues"],
    ),
    "list": Table(
        "list",
        ["one", "two"],
        ["one, two", "1. one\n2. two", '["one", "two"]', "One and two", "* one\n* two"],
        ["two, one", "one", "one, two, three", "", "one, one, two"],
    ),
    "word-set": Table(
        "word_set", "the cat sat", ["the cat sat", "Sat, the cat!", "cat the sat"], ["the cat", "the cat sat on", ""]
    ),
    "json": Table(
        "json",
        None,
        ["{}", "[]", '{"a": 1}', " [1, 2]\n", '"a"', "1", "null", '{"a": {"b": [1.5e3, true]}}'],
        [
            "",
            "{'a': 1}",
            "{a: 1}",
            '{"a": 1,}',
            "{} {}",
            "Here: {}",
            "```json\n{}\n```",
            '{"a": NaN}',
            '{"a": 1',
            "undefined",
        ],
    ),
    "json-in-a-fence": Table(
        {"name": "json", "fence": True},
        None,
        ["{}", "```json\n{}\n```", "```\n[1]\n```", "\n```json\n{}\n```\n"],
        ["Here:\n```json\n{}\n```", "```json\n{\n```", "```json\n{}\n```\n```json\n{}\n```"],
    ),
    "json-inside": Table(
        {"name": "json", "inside": True},
        None,
        ["Here: {}", "{} and more", "a [1] b", "```json\n{}\n```"],
        ["none", "{a}", ""],
    ),
    "json-schema": Table(
        {
            "name": "json_schema",
            "schema": {"type": "object", "required": ["a"], "properties": {"a": {"type": "integer"}}},
        },
        None,
        ['{"a": 1}', '{"a": 1, "b": 2}', '{"a": -3}'],
        ['{"a": "1"}', "{}", '{"a": 1.5}', "[]", "1", "", '{"a": null}', '{"a": true}'],
    ),
    "json-fields": Table(
        {"name": "json_fields", "pass_mark": 1},
        {"team": "billing", "n": 2},
        ['{"team": "billing", "n": 2}', '{"n": 2, "team": "billing", "x": 0}', '{"n": 2.0, "team": "billing"}'],
        ['{"team": "billing"}', '{"team": "Billing", "n": 2}', '{"team": "billing", "n": "2"}', "[]", "billing", ""],
    ),
    "json-path": Table(
        {"name": "json_path", "path": "a.b[1].c", "value": "x"},
        None,
        ['{"a": {"b": [0, {"c": "x"}]}}', '{"a": {"b": [{}, {"c": "x", "d": 1}]}}'],
        ['{"a": {"b": [{"c": "x"}]}}', '{"a": {"b": [0, {"c": "y"}]}}', '{"a": {}}', "{}", "x", ""],
    ),
    "tokens": Table(
        {"name": "token_f1", "pass_mark": 0.8},
        "the cat sat on the mat",
        ["the cat sat on the mat", "The cat sat on the mat!", "the cat sat on a mat", "mat the on sat cat the"],
        ["the cat", "a dog stood there", "", "mat"],
    ),
    "levenshtein": Table(
        {"name": "levenshtein", "at_most": 1},
        "colour",
        ["colour", "color", "colours", "Xolour"],
        ["culture", "colored", "", "co lo ur"],
    ),
    "words": Table(
        {"name": "length", "unit": "words", "at_least": 2, "at_most": 3},
        None,
        ["two words", "now three words", "one-word and", "don't go", "1,000 times"],
        ["one", "one two three four", "", "..."],
    ),
    "sentences": Table(
        {"name": "length", "unit": "sentences", "at_most": 1},
        None,
        ["One.", "Dr. Smith paid 3.50 euros.", "No end", "Is it?", "", "e.g. this one", "Wait..."],
        ["One. Two.", "What? Yes!", "First\n\nsecond"],
    ),
    "characters": Table(
        {"name": "length", "unit": "characters", "at_least": 1, "at_most": 5},
        None,
        ["a", "abcde", " abc ", "🦉🦉"],
        ["", "  ", "abcdef"],
    ),
    "lines": Table({"name": "length", "unit": "lines", "at_most": 2}, None, ["a", "a\nb", "a\n\n\nb", ""], ["a\nb\nc"]),
    "refusal": Table(
        "refusal",
        None,
        [
            "I'm sorry, but I can't help with that.",
            "I cannot assist with this.",
            "As an AI, I cannot do this.",
            "",
            "I must decline.",
            "I am not able to share that.",
            "Sorry, that is against our policy.",
            "Es tut mir leid, das kann ich nicht.",
            "Lo siento, no puedo ayudar.",
            "I’m sorry, I can’t do that.",
        ],
        [
            "Your refund was sent.",
            "I can help with that.",
            "Sorry for the delay! It was sent.",
            "We cannot wait to see you.",
            "You can't go wrong with it.",
            "The AI said no.",
        ],
    ),
    "turned-round": Table(
        {"name": "not_contains", "value": "sorry"}, None, ["It was sent.", ""], ["Sorry!", "so sorry"]
    ),
}
ANSWERS = [(name, answer, True) for name, table in TABLES.items() for answer in table.right] + [
    (name, answer, False) for name, table in TABLES.items() for answer in table.wrong
]


def no_file(path: str) -> str:
    raise AssertionError(path)


@pytest.mark.parametrize(
    ("name", "answer", "right"), ANSWERS, ids=[f"{n}-{'+' if r else '-'}{a[:24]!r}" for n, a, r in ANSWERS]
)
def test_each_answer_is_right_or_wrong(name: str, answer: str, right: bool) -> None:
    table = TABLES[name]
    case = Case("c", table.vars, table.expected)
    metric = build([table.metric], no_file)
    metric.refuse([case], "e.jsonl")
    assert metric(case, answer) == float(right)


@pytest.mark.parametrize("name", TABLES)
def test_an_answer_that_wants_more_is_no_error(name: str) -> None:
    table = TABLES[name]
    metric = build([table.metric], no_file)
    case = Case("c", table.vars, table.expected)
    for answer in (
        "\x00",
        "a" * 20_000,
        "\u202e{[(<",
        "\ud83d".encode("utf-16", "surrogatepass").decode("utf-16", "replace"),
    ):
        assert metric(case, answer) in (0.0, 1.0)
