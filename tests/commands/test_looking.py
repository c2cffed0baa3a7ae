"""A few cases, run and shown; nothing is gated, and nothing is said as if it were."""

from __future__ import annotations

import json

import pytest

from promptci.commands.check import check
from promptci.commands.looking import lines, look
from promptci.errors import UsageError
from tests.conftest import Repo, cases


def test_only_the_named_cases_are_asked_and_shown(repo: Repo) -> None:
    report = look(repo.options(), cases=["c0007", "c0003"])
    assert len(repo.model.asked) == 2
    assert report.verdict == "inconclusive"
    (prompt,) = report.prompts
    assert [d.id for d in prompt.cases_detail] == ["c0003", "c0007"]
    told = "\n".join(lines(report, 80))
    assert "Ran 2 cases of 240, as chosen; nothing is gated." in told
    assert "number 7" in told


def test_a_tag_names_its_cases(repo: Repo) -> None:
    more = json.dumps({"id": "t", "input": "tagged", "expected": "no", "tags": ["smoke"]}) + "\n"
    repo.write("evals/say.jsonl", cases(20) + more)
    (prompt,) = look(repo.options(), tags=["smoke"]).prompts
    (detail,) = prompt.cases_detail
    assert (detail.id, detail.new, detail.new_passes) == ("t", "yes", False)


def test_what_failed_is_run_again(repo: Repo) -> None:
    repo.model.score = lambda text, _: "no" if "number 7\n" in text + "\n" else "yes"
    run = check(repo.options(), base="HEAD", everything=True).run
    for name in ("last", run):
        (prompt,) = look(repo.options(), failed=name).prompts
        assert [d.id for d in prompt.cases_detail] == ["c0007"]


def test_cases_that_could_not_be_measured_are_no_result(repo: Repo) -> None:
    assert look(repo.options(max_calls=0), cases=["c0001"]).verdict == "unmeasured"


@pytest.mark.parametrize("chosen", [{"cases": ["c9"]}, {"tags": ["smoke"]}], ids=["case", "tag"])
def test_a_name_that_no_case_has_is_refused_before_a_call(chosen: dict[str, list[str]], repo: Repo) -> None:
    with pytest.raises(UsageError, match="in the prompts' eval sets"):
        look(repo.options(), cases=chosen.get("cases", ()), tags=chosen.get("tags", ()))
    assert repo.model.asked == []
