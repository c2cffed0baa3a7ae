"""Answers that are compared with the base's: who is asked what, how often, and what a base without an answer means."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest

from promptci.commands.check import check
from promptci.core import Case, Outcome
from promptci.metrics.build import build
from promptci.models.base import Failure, ModelSpec, Reply, Request
from promptci.models.budget import Budget, Limits
from promptci.models.door import Door
from promptci.prompts.conversation import plain
from promptci.scoring import Grading, Opponent, Task, answer
from promptci.scoring.certifying import certified
from tests.conftest import Repo, cases, reasons_of
from tests.models.conftest import Scripted

SCORER, JUDGE = ModelSpec("scorer-model"), ModelSpec("judge-model")
OLD, NEW = plain("Old: {{ input }}"), plain("New: {{ input }}")
CASES = [Case("c1", {"input": "one"}), Case("c2", {"input": "two"})]


def no_file(path: str) -> str:
    raise AssertionError(path)


def better(word: str, text: str) -> str:
    """A judge that likes answers which hold `word`."""
    first, second = (word in part for part in re.split(r"Answer [AB]:", text)[1:])
    return "tie" if first == second else "A" if first else "B"


def compared(
    says: dict[str, str], tasks: Sequence[Task], *, likes: str = "kind", failing: str = ""
) -> tuple[list[Outcome], list[Request]]:
    def reply(request: Request) -> Reply:
        text = request.messages[-1].content
        if request.role == "judge":
            return Reply((better(likes, text),), model="judge-1")
        if failing and text.startswith(failing):
            return Reply(failure=Failure("refused", "it will not"))
        return Reply((says[text.split(":")[0]],), model="scorer-1")

    client = Scripted(reply)
    metric = build([{"name": "pairwise", "length": 0}], no_file, cases=CASES)
    with Door(budget=Budget(Limits()), connect=client) as door:
        return answer(door, tasks, Grading(metric, JUDGE)), client.asked


def tasks(against: Opponent | None) -> list[Task]:
    return [Task(NEW, case, SCORER, against=against) for case in CASES]


@pytest.mark.parametrize(
    ("old", "new", "value", "judged"),
    [
        pytest.param("short", "a kind one", 1.0, 4, id="better"),
        pytest.param("a kind one", "short", 0.0, 4, id="worse"),
        pytest.param("kind as well", "a kind one", 0.5, 4, id="both-are-liked"),
        pytest.param("the same", " the same", 0.5, 0, id="the-same-answer-is-a-tie-and-nobody-is-asked"),
    ],
)
def test_an_answer_is_compared_with_the_base_s_in_both_orders(old: str, new: str, value: float, judged: int) -> None:
    found, asked = compared({"Old": old, "New": new}, tasks(Opponent(OLD, SCORER)))
    assert [o.score.value for o in found] == [value, value]
    assert [o.output for o in found] == [new] * 2
    assert [sum(r.role == role for r in asked) for role in ("scorer", "judge")] == [4, judged]


def test_without_an_opponent_all_are_ties() -> None:
    found, asked = compared({"New": "kind"}, tasks(None))
    assert [o.score.value for o in found] == [0.5, 0.5]
    assert [r.role for r in asked] == ["scorer", "scorer"]


def test_the_base_itself_is_a_tie_and_its_answers_are_sent_for_once() -> None:
    both = [*(Task(OLD, case, SCORER) for case in CASES), *tasks(Opponent(OLD, SCORER))]
    found, asked = compared({"Old": "short", "New": "kind"}, both)
    assert [o.score.value for o in found] == [0.5, 0.5, 1.0, 1.0]
    assert sum(r.role == "scorer" for r in asked) == 4


def test_a_base_that_does_not_answer_leaves_the_case_unmeasured() -> None:
    found, asked = compared({"New": "kind"}, tasks(Opponent(OLD, SCORER)), failing="Old")
    assert [o.score.value for o in found] == [None, None]
    assert [str(o.score.reason) for o in found] == ["the base's answer: refused: it will not"] * 2
    assert [o.score.reason.kind for o in found if o.score.reason] == ["refused", "refused"]
    assert not any(r.role == "judge" for r in asked)


def test_an_answer_s_calls_are_counted_with_its_rival_s() -> None:
    pairwise, exact = (build([name], no_file, cases=CASES) for name in ("pairwise", "exact"))
    assert Grading(pairwise, JUDGE).calls_per_answer(CASES) == 4  # its own, the rival's, and the judge's in both orders
    assert Grading(exact, JUDGE).calls_per_answer(CASES) == 1


def test_a_judge_that_compares_is_not_certified_on_single_answers() -> None:
    labelled = (Case("h", {"input": "x", "output": "y"}, human=True),)
    with Door(budget=Budget(Limits()), connect=Scripted()) as door:
        assert certified(door, Grading(build(["pairwise"], no_file), JUDGE, labelled=labelled)) == ()


def with_pairwise(repo: Repo, new: str) -> None:
    text = (repo.path / "promptci.yaml").read_text().replace("say.jsonl}", "say.jsonl, metric: pairwise}")
    repo.write("promptci.yaml", text)
    repo.write("evals/say.jsonl", cases(60))
    repo.commit("Compare in pairs", push=True)
    repo.git("checkout", "-q", "-b", "change")
    repo.write("prompts/say.md", f"Say the word {new}.\n\nInput: {{{{ input }}}}\n")
    repo.model.score = lambda text, sample: "a kind word" if "rudely" not in text else "a rude word"
    repo.model.judge = lambda text: better("kind", text)


@pytest.mark.parametrize(("new", "verdict", "score"), [("rudely", "fail", 0.0), ("now", "inconclusive", 0.5)])
def test_a_check_compares_with_the_base_s_answers(repo: Repo, new: str, verdict: str, score: float) -> None:
    with_pairwise(repo, new)
    (prompt,) = check(repo.options()).prompts
    assert (prompt.verdict, prompt.score, prompt.baseline_score) == (verdict, score, 0.5)


def test_a_check_without_a_base_says_that_nothing_was_compared(repo: Repo) -> None:
    with_pairwise(repo, "now")
    repo.git("stash", "-q")
    (prompt,) = check(repo.options(), everything=True).prompts
    assert prompt.score == 0.5
    assert any("every case is a tie" in said for said in reasons_of(prompt))
