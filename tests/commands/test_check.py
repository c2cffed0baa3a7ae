"""The gate through real git, with a scripted model."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from promptci.commands.check import check
from promptci.errors import DataError, GitError
from promptci.run.ask import FIRST_FRESH
from tests.conftest import CONFIG, START, Repo, cases, reasons_of


def number(text: str) -> int:
    return int(text.rsplit("number ", 1)[1].split()[0])


def test_an_unchanged_prompt_asks_nothing_and_passes(repo: Repo) -> None:
    repo.write("README.md", "another word\n")
    repo.commit("Change the README", push=True)
    report = check(repo.options())
    assert (report.verdict, report.prompts, report.calls) == ("pass", (), 0)
    assert repo.model.asked == []


def test_a_new_prompt_is_scored_without_a_comparison(repo: Repo) -> None:
    report = check(repo.options())
    (prompt,) = report.prompts
    assert (prompt.verdict, prompt.changed, prompt.score, prompt.baseline_score) == ("pass", "new", 1.0, None)
    assert report.calls == len(repo.model.asked) == 240


def test_a_harmless_edit_passes_before_all_cases_are_run(repo: Repo) -> None:
    repo.write("prompts/say.md", START.replace("Say", "Tell me") + "\n")
    (prompt,) = check(repo.options()).prompts
    assert (prompt.verdict, prompt.changed, prompt.why) == ("pass", "prompt", ("prompt text",))
    assert prompt.cases < prompt.planned_cases == 240


def test_a_worse_prompt_fails_with_the_cases_that_newly_fail(repo: Repo) -> None:
    repo.model.score = lambda text, sample: "no" if "word" not in text and number(text) % 3 == 0 else "yes"
    repo.write("prompts/say.md", "Say it.\n\nInput: {{ input }}\n")
    report = check(repo.options())
    (prompt,) = report.prompts
    assert (report.verdict, prompt.verdict) == ("fail", "fail")
    assert prompt.newly_failing
    assert all(int(i[1:]) % 3 == 0 for i in prompt.newly_failing)
    assert prompt.newly_passing == ()
    assert prompt.cases < 240
    assert prompt.delta is not None
    assert prompt.ci is not None
    assert prompt.ci[0] < prompt.delta < prompt.ci[1] < 0


def test_failures_that_the_base_had_already_never_block(repo: Repo) -> None:
    repo.model.score = lambda text, sample: "no" if number(text) % 2 else "yes"
    repo.write("prompts/say.md", START.replace("Say", "Tell me") + "\n")
    (prompt,) = check(repo.options()).prompts
    assert (prompt.verdict, prompt.newly_failing) == ("pass", ())
    assert prompt.score == prompt.baseline_score


def test_losses_that_the_old_prompt_does_not_repeat_do_not_block(repo: Repo) -> None:
    # The old prompt was lucky on its stored answers: asked again, it fails the same cases as the new one.
    repo.model.score = lambda text, sample: "yes" if number(text) % 3 or ("word" in text and sample == 0) else "no"
    check(repo.options())
    repo.write("prompts/say.md", "Say it.\n\nInput: {{ input }}\n")
    (prompt,) = check(repo.options()).prompts
    assert prompt.verdict != "fail"
    assert any("again" in reason for reason in reasons_of(prompt))


@pytest.mark.parametrize("calls", [30, 60, 90])
def test_a_rerun_that_the_budget_does_not_allow_never_turns_the_gate_red(calls: int, repo: Repo) -> None:
    repo.model.score = lambda text, sample: "yes" if number(text) % 3 or ("word" in text and sample == 0) else "no"
    check(repo.options())
    repo.write("prompts/say.md", "Say it.\n\nInput: {{ input }}\n")
    (prompt,) = check(repo.options(max_calls=calls)).prompts
    assert prompt.verdict in ("unmeasured", "inconclusive")
    assert (prompt.verdict == "unmeasured") == any("budget" in reason for reason in reasons_of(prompt))


def test_a_replay_cannot_rerun_and_says_so(repo: Repo) -> None:
    repo.model.score = lambda text, sample: "no" if "word" not in text and number(text) % 3 == 0 else "yes"
    check(repo.options())
    repo.write("prompts/say.md", "Say it.\n\nInput: {{ input }}\n")
    first = check(repo.options())
    again = check(repo.options(replay=True))
    assert (first.verdict, again.verdict) == ("fail", "unmeasured")
    assert "replay" in " ".join(reasons_of(again.prompts[0]))


def test_reruns_repeat_as_the_first_answers_did(repo: Repo) -> None:
    repo.model.score = lambda text, sample: "no" if "word" not in text and number(text) % 3 == 0 else "yes"
    check(repo.options(repeat=3))
    repo.model.asked.clear()
    repo.write("prompts/say.md", "Say it.\n\nInput: {{ input }}\n")
    assert check(repo.options(repeat=3)).verdict == "fail"
    again = [r for r in repo.model.asked if "word" in r.messages[0].content]
    assert again
    assert len({r.sample for r in again}) == 3
    assert min(r.sample for r in again) >= FIRST_FRESH


def test_red_rests_on_answers_of_both_prompts_that_nobody_chose(repo: Repo) -> None:
    repo.model.score = lambda text, sample: "no" if "word" not in text and number(text) % 3 == 0 else "yes"
    repo.write("prompts/say.md", "Say it.\n\nInput: {{ input }}\n")
    report = check(repo.options())
    again = [r for r in repo.model.asked if r.sample >= FIRST_FRESH]
    assert report.verdict == "fail"
    assert len(again) == 2 * len(report.prompts[0].newly_failing)
    assert any("Confirmed on fresh answers of both prompts" in reason for reason in reasons_of(report.prompts[0]))


def test_a_drop_that_only_the_first_answers_show_turns_nothing_red(repo: Repo) -> None:
    repo.model.score = lambda text, sample: (
        "no" if sample == 0 and "word" not in text and number(text) % 3 == 0 else "yes"
    )
    repo.write("prompts/say.md", "Say it.\n\nInput: {{ input }}\n")
    (prompt,) = check(repo.options()).prompts
    assert prompt.verdict == "inconclusive"
    assert any("fresh answers of both prompts do not confirm that" in reason for reason in reasons_of(prompt))


def test_a_server_that_never_answers_is_unmeasured_never_worse(repo: Repo) -> None:
    repo.write("prompts/say.md", "Say it.\n\nInput: {{ input }}\n")
    options = repo.options(max_calls=0)
    report = check(options)
    (prompt,) = report.prompts
    assert (report.verdict, prompt.score, report.calls) == ("unmeasured", None, 0)
    assert repo.model.asked == []


def test_a_budget_that_ends_half_way_is_unmeasured_and_exact(repo: Repo) -> None:
    repo.write("prompts/say.md", "Say it.\n\nInput: {{ input }}\n")
    report = check(repo.options(max_calls=37))
    assert report.verdict == "unmeasured"
    assert report.calls == len(repo.model.asked) <= 37
    assert "budget" in " ".join(reasons_of(report.prompts[0]))


def test_a_second_run_pays_for_nothing_twice(repo: Repo) -> None:
    first = check(repo.options())
    again = check(repo.options())
    assert (first.calls, again.calls, again.cache_hits) == (240, 0, 240)
    fresh = [replace(d, cached=True) for d in first.prompts[0].cases_detail]
    assert again.prompts == (replace(first.prompts[0], cases_detail=tuple(fresh)),)


def test_a_changed_eval_set_is_a_changed_measure(repo: Repo) -> None:
    repo.write("evals/say.jsonl", cases(240, lambda n: "no" if n < 3 else "yes"))
    (prompt,) = check(repo.options()).prompts
    assert (prompt.changed, prompt.verdict) == ("measure", "pass")
    assert prompt.why == ("eval set (3 edited)",)


@pytest.mark.parametrize(
    ("name", "text", "place", "said"),
    [
        pytest.param("evals/say.jsonl", "", "evals/say.jsonl", "empty", id="an-empty-eval-set"),
        pytest.param("evals/say.jsonl", cases(3) + cases(1), "evals/say.jsonl", "c0000", id="an-id-used-twice"),
        pytest.param(
            "evals/say.jsonl", '{"text": "x", "expected": "y"}\n', "evals/say.jsonl", "'input'", id="no-variable"
        ),
        pytest.param("evals/say.jsonl", '{"input": 1}\n{oops\n', "evals/say.jsonl:2", "JSON", id="a-bad-row"),
        pytest.param("prompts/say.md", "{{ input", "prompts/say.md:1", "syntax", id="bad-syntax"),
        pytest.param("prompts/say.md", " \n", "prompts/say.md", "empty", id="an-empty-prompt"),
    ],
)
def test_bad_data_is_one_clear_message(repo: Repo, name: str, text: str, place: str, said: str) -> None:
    repo.write(name, text)
    with pytest.raises(DataError) as problem:
        check(repo.options())
    assert problem.value.place is not None
    assert problem.value.place.startswith(place)
    assert said in str(problem.value)
    assert not (repo.path / ".promptci").exists()


def test_a_missing_file_names_who_wants_it(repo: Repo) -> None:
    repo.write("promptci.yaml", CONFIG.replace("say.md", "gone.md"))
    with pytest.raises(DataError, match=r"prompts/gone\.md: no such file"):
        check(repo.options())


def test_outside_a_repository(repo: Repo, tmp_path: Path) -> None:
    (tmp_path / "alone").mkdir()
    (tmp_path / "alone" / "promptci.yaml").write_text(CONFIG, encoding="utf-8")
    options = repo.options()
    with pytest.raises(GitError, match="not a git repository"):
        check(replace(options, config=tmp_path / "alone" / "promptci.yaml"))
