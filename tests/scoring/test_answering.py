"""From replies to outcomes: what is graded, by which metrics, and what asks models."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from promptci.core import Case, Json, Outcome
from promptci.extraction import Extraction
from promptci.metrics.build import build
from promptci.models.base import Failure, ModelSpec, Reply, Request
from promptci.models.budget import Budget, Limits
from promptci.models.cache import Cache
from promptci.models.door import Door
from promptci.prompts.conversation import plain
from promptci.scoring import Grading, Task, answer
from promptci.scoring.certifying import certified, to_label, told
from tests.models.conftest import Scripted

SPEC, JUDGE = ModelSpec("scorer-model"), ModelSpec("judge-model")
PROMPT = plain("Answer: {{ input }}")


def no_file(path: str) -> str:
    raise AssertionError(path)


def scored(
    cases: Sequence[Case],
    metrics: Sequence[Json],
    says: Callable[[Request], str | Failure],
    *,
    combine: str = "all",
    cache: Cache | None = None,
    run: str | None = None,
    **grading: object,
) -> tuple[list[Outcome], list[Request]]:
    def reply(request: Request) -> Reply:
        said = says(request)
        return Reply(failure=said) if isinstance(said, Failure) else Reply((said,), model=request.spec.model)

    client = Scripted(reply)
    metric = build(metrics, no_file, combine=combine, cases=cases)  # type: ignore[arg-type]  # one of its words
    metric.refuse(cases, "evals/a.jsonl")
    with Door(budget=Budget(Limits()), connect=client, cache=cache, run_id=run) as door:
        whole = Grading(metric, JUDGE, **grading)  # type: ignore[arg-type]  # fields of it
        return answer(door, [Task(PROMPT, case, SPEC) for case in cases], whole), client.asked


def case(expected: Json = "paid", **more: Json) -> Case:
    return Case("c", {"input": "x"}, expected, **more)


@pytest.mark.parametrize(
    ("reply", "options", "value", "output", "stripped"),
    [
        pytest.param("paid", {}, 1.0, "paid", (), id="plain"),
        pytest.param("<think>open?</think>\n\npaid", {}, 1.0, "paid", ("thinking",), id="thinking"),
        pytest.param("<Thinking>a</Thinking>paid", {}, 1.0, "paid", ("thinking",), id="another-tag"),
        pytest.param("so it is</think>\npaid", {}, 1.0, "paid", ("thinking",), id="an-opening-tag-that-is-lost"),
        pytest.param("<think>paid", {}, None, None, ("thinking",), id="thinking-without-an-end"),
        pytest.param("<think>a</think>paid", {"strip_thinking": False}, 0.0, "<think>a</think>paid", (), id="kept"),
        pytest.param("Use <think> for thoughts", {}, 0.0, "Use <think> for thoughts", (), id="a-tag-further-on"),
        pytest.param(
            "Since x.\nAnswer: paid", {"after": "Answer:"}, 1.0, "paid", ("all before 'Answer:'",), id="after"
        ),
        pytest.param(
            "Answer: a\nAnswer: paid", {"after": "Answer:"}, 1.0, "paid", ("all before 'Answer:'",), id="last"
        ),
        pytest.param("paid", {"after": "Answer:"}, 0.0, "paid", (), id="no-marker-is-wrong"),
        pytest.param(
            "x=[paid].", {"pattern": r"\[(\w+)\]"}, 1.0, "paid", ("all but '\\\\[(\\\\w+)\\\\]'",), id="pattern"
        ),
        pytest.param("paid\nThank you!", {"first_line": True}, 1.0, "paid", ("all but the first line",), id="line"),
    ],
)
def test_what_of_a_reply_is_graded(
    reply: str, options: dict[str, Json], value: float | None, output: str | None, stripped: tuple[str, ...]
) -> None:
    ((outcome,), _) = scored([case()], ["exact"], lambda _: reply, extraction=Extraction(**options))
    assert (outcome.score.value, outcome.output, outcome.stripped) == (value, output, stripped)
    assert (outcome.score.reason is None) == (value is not None)


def test_a_pattern_that_never_ends_leaves_a_case_unmeasured() -> None:
    ((outcome,), _) = scored([case()], ["exact"], lambda _: "a" * 60 + "!", extraction=Extraction(pattern=r"(a|aa)+$"))
    assert outcome.score.value is None
    assert "took over 2 s" in str(outcome.score.reason)


@pytest.mark.parametrize(
    ("expected", "reply", "value"),
    [
        pytest.param("", Failure("empty", "nothing"), 1.0, id="an-empty-reply-is-the-answer"),
        pytest.param(["", "none"], Failure("empty", "nothing"), 1.0, id="one-of-several"),
        pytest.param(" ", Failure("empty", "nothing"), 1.0, id="blanks-are-an-empty-answer"),
        pytest.param("", "   ", 1.0, id="blanks"),
        pytest.param("", "paid", 0.0, id="something"),
        pytest.param("paid", Failure("empty", "nothing"), None, id="nothing-where-something-was-expected"),
        pytest.param("", Failure("timeout", "late"), None, id="no-reply"),
    ],
)
def test_an_expected_answer_may_be_empty(expected: Json, reply: str | Failure, value: float | None) -> None:
    ((outcome,), _) = scored([case(expected)], ["exact"], lambda _: reply)
    assert outcome.score.value == value


RUBRIC: Json = {"name": "judge", "rubric": "is polite", "label": "polite"}


def graded(answer_text: str, grade: str) -> Callable[[Request], str]:
    return lambda request: answer_text if request.role == "scorer" else grade


@pytest.mark.parametrize(
    ("combine", "text", "grade", "value", "parts", "calls"),
    [
        pytest.param("all", "paid", '{"score": 0.5}', 0.5, [1.0, 0.5], 2, id="the-lowest"),
        pytest.param("all", "open", '{"score": 1}', 0.0, [0.0, None], 1, id="a-failure-spares-the-judge"),
        pytest.param("mean", "open", '{"score": 1}', 0.5, [0.0, 1.0], 2, id="the-mean"),
        pytest.param("mean", "open", "who knows", None, [0.0, None], 2, id="no-mean-without-all"),
        pytest.param("all", "paid", "who knows", None, [1.0, None], 2, id="not-green-without-all"),
    ],
)
def test_several_metrics_make_one_value(
    combine: str, text: str, grade: str, value: float | None, parts: list[float | None], calls: int
) -> None:
    ((outcome,), asked) = scored([case()], ["exact", RUBRIC], graded(text, grade), combine=combine)
    assert outcome.score.value == value
    assert [part.value for part in outcome.parts] == parts
    assert [part.name for part in outcome.parts] == ["exact", "polite"]
    assert len(asked) == calls


def test_weights_count_in_a_mean_and_a_weight_of_nothing_decides_nothing() -> None:
    heavy: Json = {"name": "contains", "value": "paid", "weight": 3}
    ((outcome,), _) = scored([case()], [heavy, {"name": "length", "at_most": 0}], lambda _: "paid", combine="mean")
    assert outcome.score.value == 0.75
    shown: Json = {"name": "length", "at_most": 0, "weight": 0}
    ((outcome,), _) = scored([case()], ["exact", shown], lambda _: "paid")
    assert (outcome.score.value, [p.value for p in outcome.parts]) == (1.0, [1.0, 0.0])


def test_rows_bring_metrics_of_their_own_and_all_of_them_must_hold() -> None:
    rows = [
        Case("a", {"input": "x", "name": "Ann"}, "paid", asserts=({"name": "contains", "value": "{{ name }}"},)),
        Case("b", {"input": "y"}, "paid"),
    ]
    outcomes, _ = scored(rows, ["contains"], lambda _: "It is paid.")
    assert [o.score.value for o in outcomes] == [0.0, 1.0]
    assert [p.name for p in outcomes[0].parts] == ["contains", "contains '{{ name }}'"]
    outcomes, _ = scored(rows, ["contains"], lambda _: "It is paid, Ann.")
    assert [o.score.value for o in outcomes] == [1.0, 1.0]


def test_a_reply_that_nobody_could_read_is_asked_for_again_in_the_next_run(tmp_path: Path) -> None:
    says = iter(["who knows", '{"score": 1}'])

    def reply(request: Request) -> str:
        return "paid" if request.role == "scorer" else next(says)

    values = []
    for run in ("one", "two"):
        ((outcome,), asked) = scored([case()], [RUBRIC], reply, cache=Cache(tmp_path / "answers.sqlite"), run=run)
        values.append((outcome.score.value, [r.role for r in asked]))
    assert values == [(None, ["scorer", "judge"]), (1.0, ["judge"])]


def labelled(n: int, *, wrong: int) -> list[Case]:
    """Rows that people graded, half of them passes; on `wrong` of each half the judge below says the contrary."""
    halves = [(human, i) for human in (True, False) for i in range(n // 2)]
    rows = [(human, human if i >= wrong else not human, i) for human, i in halves]
    return [
        Case(
            f"{human}{i}", {"input": f"{i}", "output": f"{'kind' if judge else 'rude'} {human}{i}"}, "paid", human=human
        )
        for human, judge, i in rows
    ]


def by_word(request: Request) -> str:
    text = request.messages[-1].content
    if request.role == "scorer":
        return "kind"
    return json.dumps({"pass": "kind" in text})


@pytest.mark.parametrize(("wrong", "value"), [(2, 1.0), (8, None)], ids=["above", "below"])
def test_below_its_floor_a_judge_decides_nothing(wrong: int, value: float | None) -> None:
    rows = labelled(40, wrong=wrong)
    metric = {**RUBRIC, "pass_mark": 0.5}
    outcomes, asked = scored(rows[:3], [metric], by_word, labelled=tuple(rows), floor=0.8)
    assert {o.score.value for o in outcomes} == {value}
    if value is None:
        assert {request.role for request in asked} == {"judge"}
        assert {o.score.reason.kind for o in outcomes if o.score.reason} == {"judge_floor"}
        assert "sensitivity is 60 %" in str(outcomes[0].score.reason)


def test_a_certificate_counts_and_is_bound_to_judge_and_rubric() -> None:
    rows = labelled(40, wrong=2)
    client = Scripted(lambda request: Reply((by_word(request),)))
    with Door(budget=Budget(Limits()), connect=client) as door:
        one, other = (
            certified(door, Grading(build([{**RUBRIC, "rubric": r}], no_file), JUDGE, labelled=tuple(rows)))[
                0
            ].certificate
            for r in ("is polite", "is polite!")
        )
    assert (one.both_pass, one.both_fail, one.judge_alone_passes, one.people_alone_pass) == (18, 18, 2, 2)
    assert one.judge != other.judge


def test_the_cases_to_label_are_a_blind_sample_that_goes_on() -> None:
    rows = [Case(f"c{i}", {"input": f"{i}"}) for i in range(50)]
    first = to_label(rows, 10)
    assert to_label(list(reversed(rows)), 10) == first
    done = [Case(c.id, c.vars, human=True) if c in first else c for c in rows]
    assert to_label(rows, 20)[10:] == to_label(done, 10)


def test_an_answer_s_time_is_its_own_and_one_from_the_cache_has_none(tmp_path: Path) -> None:
    metric: Json = {"name": "latency", "at_most_s": 3600}
    found = [
        scored([case()], [metric], lambda _: "paid", cache=Cache(tmp_path / "answers.sqlite"), run=run)[0][0].score
        for run in ("one", "two")
    ]
    assert [score.value for score in found] == [1.0, None]
    assert "came from the cache" in str(found[1].reason)


@pytest.mark.parametrize(
    ("metrics", "rows", "said"),
    [
        pytest.param(["exact"], [], (), id="no-judge"),
        pytest.param([RUBRIC], [], ("The judge was never compared with people.",), id="no-labels"),
        pytest.param(
            [{**RUBRIC, "pass_mark": 0.5}],
            labelled(40, wrong=2),
            ("Compared with people on 40 answers", "Corrected for the judge's errors, the score is 50 %"),
            id="labels",
        ),
    ],
)
def test_people_are_told_how_far_a_judge_can_be_trusted(
    metrics: list[Json], rows: list[Case], said: tuple[str, ...]
) -> None:
    client = Scripted(lambda request: Reply((by_word(request),)))
    with Door(budget=Budget(Limits()), connect=client) as door:
        found = told(door, Grading(build(metrics, no_file), JUDGE, labelled=tuple(rows)), 0.5, 200)
    assert len(found) == len(said)
    assert all(text.startswith(start) for text, start in zip(found, said, strict=True))
