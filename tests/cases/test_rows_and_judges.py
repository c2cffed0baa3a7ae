"""Columns under other names, rows in other shapes, and judge prompts of other tools: told before a call is sent."""

from __future__ import annotations

import json
import re

import pytest

from promptci.commands.check import check
from promptci.errors import DataError
from promptci.evals.base import case_of
from promptci.report.base import PromptReport
from tests.conftest import CONFIG, Repo, reasons_of


def run(repo: Repo, rows: str, *, metric: str = "", judge: str = "") -> PromptReport:
    repo.write("evals/say.jsonl", rows)
    repo.write("judge.md", judge)
    repo.write("promptci.yaml", CONFIG.replace("say.jsonl}", f"say.jsonl{metric}}}"))
    (found,) = check(repo.options(), everything=True).prompts
    return found


@pytest.mark.parametrize(
    "column", ["Expected", "EXPECTED", "ExpectedOutput", "expected-output", "Label", "ground_truth", "target"]
)
def test_a_misnamed_answer_is_recognised_however_it_is_written(repo: Repo, column: str) -> None:
    with pytest.raises(DataError, match="no case has an expected answer") as caught:
        run(repo, json.dumps({"input": "a", column: "yes"}) + "\n")
    assert f"rename '{column}' to 'expected'" in (caught.value.hint or "")
    assert repo.model.asked == []


def test_rows_without_columns_say_so(repo: Repo) -> None:
    with pytest.raises(DataError) as caught:
        run(repo, '{"messages": [{"role": "user", "content": "hi"}]}\n')
    assert repo.model.asked == []
    assert (caught.value.hint or "") != "the columns are: "


def test_a_row_for_fine_tuning_expects_what_its_assistant_says(repo: Repo) -> None:
    row = '{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "%s"}]}\n'
    repo.model.score = lambda text, sample: "yes"
    assert run(repo, row % "yes").score == 1.0
    assert [m.content for m in repo.model.asked[0].messages][-1] == "hi"
    other = case_of(json.loads(row % "no"), "e.jsonl:1")
    assert (other.expected, len(other.messages)) == ("no", 1)
    assert case_of({**json.loads(row % "no"), "expected": "x"}, "e.jsonl:1").expected == "x"


def test_every_column_of_the_rows_is_named(repo: Repo) -> None:
    with pytest.raises(DataError) as caught:
        run(repo, '{"input": "a"}\n{"input": "b", "image": "c"}\n')
    assert "the columns are: image, input;" in (caught.value.hint or "")


@pytest.mark.parametrize("text", ['[\n  {"input": "a", "expected": "b"}\n]\n', '{\n  "input": "a"\n}\n'])
def test_a_document_laid_out_for_people_is_not_a_file_of_rows(repo: Repo, text: str) -> None:
    with pytest.raises(DataError, match=r"say.jsonl:1: not valid JSON") as caught:
        run(repo, text)
    assert ".json" in (caught.value.hint or "")


ROWS = "".join(json.dumps({"id": f"c{n}", "input": f"number {n}", "expected": "yes"}) + "\n" for n in range(4))
JUDGE = ", metric: {name: judge, prompt: judge.md%s}"


@pytest.mark.parametrize(
    ("text", "written", "meant"),
    [
        ("Task: {input}\nAnswer: {completion}\nY or N?\n", "{input}", "{{ input }}"),
        ("Task: {{ input }}\nAnswer: {completion}\n", "{completion}", "{{ output }}"),
        ("Answer: {{ output }}\nRight would be {ideal}.\n", "{ideal}", "{{ expected }}"),
        ("Answer: {{ output }}\nRight: {expected}\n", "{expected}", "{{ expected }}"),
    ],
    ids=["all", "the answer", "what is right", "our own name"],
)
def test_a_judge_never_grades_what_it_was_not_shown(repo: Repo, text: str, written: str, meant: str) -> None:
    with pytest.raises(DataError, match=re.escape(f"'{written}' looks like a placeholder")) as caught:
        run(repo, ROWS, metric=JUDGE % "", judge=text)
    assert f"write {meant}" in (caught.value.hint or "")
    assert repo.model.asked == []


def test_braces_of_a_shown_form_are_text(repo: Repo) -> None:
    found = run(repo, ROWS, metric=JUDGE % "", judge='Answer: {{ output }}\nReply with {"score": S} or {a}.\n')
    assert found.score == 1.0


LETTERS = {
    "a letter after its reasons": ("It names the word.\n\nY", 1.0),
    "bold": ("**N**", 0.0),
    "with a label": ("Verdict: Y", 1.0),
    "JSON": ('{"choice": "N"}', 0.0),
    "thinking": ("<think>N would be hard</think>Y", 1.0),
}


@pytest.mark.parametrize("name", LETTERS)
def test_declared_choices_are_read_as_judges_write_them(repo: Repo, name: str) -> None:
    said, score = LETTERS[name]
    repo.model.judge = lambda text: said
    found = run(repo, ROWS, metric=JUDGE % ", choices: {Y: 1, N: 0}", judge="Answer: {{ output }}\nY or N?\n")
    assert (found.verdict, found.score) == ("pass", score)


def test_a_letter_without_choices_is_unmeasured_and_the_mend_is_told(repo: Repo) -> None:
    repo.model.judge = lambda text: "Fine.\n\nY"
    found = run(repo, ROWS, metric=JUDGE % "", judge="Answer: {{ output }}\nY or N?\n")
    assert (found.verdict, found.score) == ("unmeasured", None)
    assert any("need `choices`" in reason for reason in reasons_of(found))
