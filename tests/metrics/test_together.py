"""Metrics together and apart: how values combine, what is asked and what is spared, and what makes another rule."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Sequence
from typing import Any, Literal, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promptci.core import Case, Json
from promptci.errors import ConfigError
from promptci.metrics import METRICS
from promptci.metrics.base import Answer, Grade, asks, is_graded, needs_of
from promptci.metrics.build import build, mistake_in
from promptci.metrics.choice import Boolean, Choice, chosen, named, truth
from promptci.metrics.combined import NOT_ASKED, Combined, Weighted, combined, differences
from promptci.metrics.edit import Levenshtein
from promptci.metrics.exact import Exact
from promptci.metrics.judge import Judge
from promptci.metrics.length import Length, size
from promptci.metrics.lists import SameList, SameSet, members
from promptci.metrics.overlap import Bleu, Chrf
from promptci.metrics.reading import as_read, read_grade
from promptci.metrics.rouge import Rouge
from promptci.metrics.sari import sari
from promptci.metrics.tokens import TokenF1, WordSet
from tests.metrics.test_table import EXAMPLES, no_file, part_of

CASE = Case("c", {"input": "x"}, "yes")
ANSWER = Answer("x", "x")


@dataclasses.dataclass(frozen=True)
class Known:
    """A metric whose value is known before."""

    value: float | None
    graded: bool = True
    version: str = "known/1"

    def __call__(self, case: Case, output: str) -> float | None:
        return self.value


GRADES = st.lists(
    st.tuples(st.sampled_from([None, 0.0, 0.3, 0.5, 1.0]), st.sampled_from([0.0, 0.5, 1.0, 3.0])), max_size=5
)


@settings(max_examples=150)
@given(GRADES)
def test_the_mean_is_weighted_and_knows_nothing_where_a_part_that_counts_is_unknown(
    parts: list[tuple[float | None, float]],
) -> None:
    rule = Combined(tuple(Weighted(Known(v), "k", weight=w) for v, w in parts), "mean")
    counted = [(v, w) for v, w in parts if w > 0]
    known = [(v, w) for v, w in counted if v is not None]
    total = sum(w for _, w in counted)
    wanted = sum(v * w for v, w in known) / total if counted and len(known) == len(counted) else None
    assert rule(CASE, "x") == (pytest.approx(wanted) if wanted is not None else None)


@settings(max_examples=150)
@given(GRADES)
def test_all_must_hold_and_a_sure_failure_is_one_whatever_is_unknown(parts: list[tuple[float | None, float]]) -> None:
    rule = Combined(tuple(Weighted(Known(v), "k", weight=w) for v, w in parts))
    counted = [v for v, w in parts if w > 0]
    known = [v for v in counted if v is not None]
    wanted = 0.0 if 0.0 in known else None if None in counted or not counted else min(known)
    assert rule(CASE, "x") == wanted
    found = rule.total(CASE, [Grade(v) for v, _ in parts])
    assert (found.value is None) == (wanted is None)


@given(st.floats(0, 1), st.floats(0, 1), st.booleans())
def test_a_mark_makes_right_or_wrong_and_not_turns_it_round(value: float, mark: float, inverted: bool) -> None:
    marked = Weighted(Known(value), "k", inverted, pass_mark=mark).direct(CASE, ANSWER)
    plain = Weighted(Known(value), "k", inverted).direct(CASE, ANSWER)
    assert marked is not None
    assert plain is not None
    if abs(value - mark) > 1e-9:
        assert marked.value == float((value >= mark) != inverted)
    assert plain.value == pytest.approx(1 - value if inverted else value)
    assert Weighted(Known(None), "k", inverted, pass_mark=mark).settled(Grade(None)).value is None


JUDGE: Json = {"name": "judge", "rubric": "good"}


@pytest.mark.parametrize(
    ("metrics", "combine", "output", "spared"),
    [
        ([JUDGE, "exact"], "all", "no", True),
        ([JUDGE, "exact"], "all", "yes", False),
        ([JUDGE, "exact"], "mean", "no", False),
        ([JUDGE, {"name": "exact", "weight": 0}], "all", "no", False),
        ([{**JUDGE, "weight": 0}, "exact"], "all", "no", True),
        ([JUDGE, {"name": "exact", "not": True}], "all", "yes", True),
    ],
    ids=["failed", "held", "a-mean-counts-all", "what-decides-nothing-spares-nothing", "shown-only", "turned-round"],
)
def test_a_judge_is_not_asked_where_its_word_would_change_nothing(
    metrics: Sequence[Json], combine: Literal["all", "mean"], output: str, spared: bool
) -> None:
    rule = build(metrics, no_file, combine=combine)
    assert (rule.direct(CASE, Answer(output, output))[0] == Grade(None, NOT_ASKED)) is spared


def test_a_row_s_own_metric_holds_beside_the_prompt_s() -> None:
    row = Case("r", {"input": "x"}, "yes", asserts=({"name": "length", "at_most": 1, "unit": "words"},))
    rule = build(["exact"], no_file, cases=[row, CASE], combine="mean")
    assert [rule(row, text) for text in ("yes", "yes sir", "no")] == [1.0, 0.0, 0.0]
    assert [rule(CASE, text) for text in ("yes", "no")] == [1.0, 0.0]
    assert [part.name for part in rule.parts_of(row)] == ["exact", "length"]
    assert [part.name for part in rule.parts_of(CASE)] == ["exact"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (["exact"], ["exact"], ()),
        (["exact"], ["contains"], ("metric",)),
        (["exact"], ["exact", "json"], ("metric",)),
        ([{"name": "exact", "not": True}], ["exact"], ("metric",)),
    ],
    ids=["same", "another", "one-more", "turned-round"],
)
def test_what_differs_between_two_revisions(old: list[Json], new: list[Json], said: tuple[str, ...]) -> None:
    assert differences(build(old, no_file), build(new, no_file)) == said


def test_a_metric_alone_is_a_combination_of_one() -> None:
    rule = combined(Exact())
    assert combined(rule) is rule
    assert (rule.version, rule.graded, rule.parts[0].name) == (Exact().version, False, "exact")
    assert not asks(rule)
    assert needs_of(rule).expected


# --- versions --------------------------------------------------------------------------------------------------------

ALTERNATIVES: dict[type, list[object]] = {bool: [True, False], int: [7], float: [0.25], str: ["other"]}
BOUNDS = {(name, bound) for name in ("javascript", "command", "transformed") for bound in ("seconds", "memory_mb")}


def options_of(metric: Any) -> Iterator[tuple[str, object]]:
    """Each option of a metric with another value than it has."""
    hints = get_type_hints(type(metric))
    for one in dataclasses.fields(metric):
        now, hint = getattr(metric, one.name), hints[one.name]
        words = [w for part in (hint, *get_args(hint)) if get_origin(part) is Literal for w in get_args(part)]
        others = words or ALTERNATIVES.get(type(now), [])
        yield from ((one.name, other) for other in others if other != now and one.name != "version")


@pytest.mark.parametrize("name", METRICS)
def test_another_value_of_an_option_is_another_rule(name: str) -> None:
    metric: Any = part_of(name).metric
    for option, other in options_of(metric):
        try:
            changed = dataclasses.replace(metric, **{option: other})
        except ValueError:
            continue  # options that do not go together
        assert (name, option) in BOUNDS or changed.version != metric.version, f"{option}={other!r}"


@pytest.mark.parametrize("options", [{"not": True}, {"weight": 2}, {"pass_mark": 0.5}], ids=str)
@pytest.mark.parametrize("name", ["exact", "token_f1", "judge"])
def test_what_all_metrics_share_is_part_of_the_rule_too(name: str, options: dict[str, Json]) -> None:
    plain, other = (build([{"name": name, **more}], no_file) for more in ({}, options))
    assert plain.version != other.version
    assert is_graded(plain) == (name != "exact")
    assert build([{"name": name, "label": "L"}], no_file).version == plain.version


@pytest.mark.parametrize("name", sorted(EXAMPLES))
@pytest.mark.parametrize(
    "wrong", [{"weight": -1}, {"weight": "x"}, {"pass_mark": 2}, {"label": 3}, {"not": "no"}], ids=str
)
def test_what_all_metrics_share_is_checked(name: str, wrong: dict[str, Json]) -> None:
    given_ = EXAMPLES[name]["metric"]
    found = mistake_in({**(given_ if isinstance(given_, dict) else {"name": given_}), **wrong})
    assert found is not None
    assert found.option == next(iter(wrong))


# --- choices ---------------------------------------------------------------------------------------------------------

LABELS = ("billing", "bug", "very good", "good", "C++", "n/a")


@settings(max_examples=100)
@given(
    st.sampled_from(LABELS), st.sampled_from(["{}", "{}.", "**{}**", "The label is {}.", "Answer: {}", "I think:\n{}"])
)
def test_the_one_label_that_an_answer_names_is_chosen(label: str, frame: str) -> None:
    text = frame.format(label)
    assert chosen(text, LABELS) == label
    assert chosen(text.upper(), LABELS) == label
    assert Choice(LABELS, value=label)(CASE, text) == 1.0
    assert sum(Choice(LABELS, value=other)(CASE, text) or 0.0 for other in LABELS) == 1.0


@settings(max_examples=60)
@given(st.sampled_from(LABELS), st.sampled_from(LABELS))
def test_an_answer_that_names_two_labels_has_chosen_none(one: str, other: str) -> None:
    found = chosen(f"{one} or {other}", LABELS)
    assert found == (one if one == other else None)
    assert chosen(f"not {one}, but {other}", LABELS) == (other if one != other else one)
    assert named(f"not {one}", LABELS) == []


@pytest.mark.parametrize(
    ("word", "means"),
    [("TRUE", True), (" yes ", True), (1, True), (0, False), ("n", False), (2, None), ("", None), (None, None)],
    ids=repr,
)
def test_what_a_value_means_as_yes_or_no(word: Json, means: bool | None) -> None:
    assert truth(word) is means
    if means is not None:
        assert Boolean()(Case("c", {}, word), "Yes." if means else "No.") == 1.0
        assert Boolean()(Case("c", {}, word), "No." if means else "Yes.") == 0.0


# --- texts -----------------------------------------------------------------------------------------------------------

WORDS = st.lists(st.sampled_from(["apple", "pear", "plum", "fig", "kiwi", "date"]), min_size=1, max_size=6, unique=True)


@settings(max_examples=60)
@given(WORDS, st.sampled_from([", ", "; ", "\n", "\n- ", "\n1. ", " and "]))
def test_a_list_is_the_same_however_it_is_written(words: list[str], mark: str) -> None:
    text = mark.join(["", *words]) if mark.startswith("\n") else mark.join(words)
    assert members(text) == members(json.dumps(words)) == words
    case = Case("c", {}, words)
    assert SameList()(case, text) == SameSet()(case, text) == 1.0
    assert SameSet()(case, mark.join(reversed(words))) == 1.0
    assert SameSet(partial=True)(case, words[0]) == pytest.approx(2 / (len(words) + 1))


@settings(max_examples=60)
@given(WORDS, WORDS)
def test_overlaps_are_shares_symmetric_and_one_for_the_same_words(one: list[str], other: list[str]) -> None:
    left, right = " ".join(one), " ".join(other)
    for rule in (TokenF1(), Rouge("1"), Rouge("L"), Levenshtein()):
        there, back = rule(Case("c", {}, left), right), rule(Case("c", {}, right), left)
        assert there == pytest.approx(back)
        assert 0 <= (there or 0.0) <= 1
        assert rule(Case("c", {}, left), left) == 1.0
    assert WordSet()(Case("c", {}, left), right) == float(set(one) == set(other))
    assert Rouge("1", measure="recall")(Case("c", {}, left), right) == len({*one} & {*other}) / len(one)
    assert Rouge("1", measure="precision")(Case("c", {}, left), right) == len({*one} & {*other}) / len(other)


@settings(max_examples=30, deadline=None)
@given(WORDS, WORDS)
def test_a_quoted_answer_scores_highest_and_none_scores_above_one(one: list[str], other: list[str]) -> None:
    left, right = " ".join(one), " ".join(other)
    for rule in (Bleu(), Chrf()):
        assert 0 <= (rule(Case("c", {}, left), right) or 0.0) <= 1
        assert rule(Case("c", {}, left), left) == pytest.approx(1.0)
        assert (rule(Case("c", {}, [left, right]), right) or 0.0) >= (rule(Case("c", {}, left), right) or 0.0) - 1e-9
    assert 0 <= sari(one, other, [one, other]) <= 1
    assert sari(one, other, [other]) == pytest.approx(1.0)


@settings(max_examples=60)
@given(WORDS, WORDS)
def test_two_texts_below_each_other_are_as_long_as_both(one: list[str], other: list[str]) -> None:
    left, right = " ".join(one) + ".", " ".join(other) + "."
    for unit in ("words", "lines", "sentences"):
        assert size(f"{left}\n\n{right}", unit) == size(left, unit) + size(right, unit)
    assert size(left, "words") == len(one)
    assert Length("words", len(one), len(one))(CASE, left) == 1.0
    assert Length("words", at_most=len(one) - 1)(CASE, left) == 0.0
    assert Length("words", at_least=len(one) + 1)(CASE, left) == 0.0


# --- a judge's replies -----------------------------------------------------------------------------------------------


@settings(max_examples=100)
@given(
    st.integers(0, 100),
    st.sampled_from(["{}", "Score: {}", '{{"score": {}}}', '```json\n{{"score": {}}}\n```', "**{}**"]),
)
def test_a_score_is_read_from_every_form(percent: int, frame: str) -> None:
    assert read_grade(frame.format(percent / 100)) == percent / 100


@settings(max_examples=100)
@given(
    st.sampled_from(["A", "B", "10", "1", "4.5", "[[A]]", "Very good"]),
    st.sampled_from(["{}", "({})", "**{}**", "Answer: {}", "Because.\n{}"]),
)
def test_a_choice_is_read_and_no_part_of_another(name: str, frame: str) -> None:
    choices = {"A": 1.0, "B": 0.0, "10": 0.9, "1": 0.1, "4.5": 0.45, "very good": 0.8}
    assert read_grade(frame.format(name), choices) == choices[name.strip("[]") if name != "Very good" else "very good"]


@pytest.mark.parametrize(
    "choices", [{"A": 1, "a": 0}, {"[[A]]": 1, "A": 0}, {"yes": 1, "Yes.": 0}, {"1": 0, "(1)": 1}], ids=str
)
def test_choices_that_would_be_read_as_one_are_refused(choices: dict[str, float]) -> None:
    assert len({as_read(name) for name in choices}) == 1
    with pytest.raises(ValueError, match="would be read as one"):
        Judge(choices=choices)
    with pytest.raises(ConfigError, match="would be read as one"):
        build([{"name": "judge", "choices": choices}], no_file)
    assert Judge(choices=choices, contained=True).given_choices == choices, "the first that occurs counts there"
