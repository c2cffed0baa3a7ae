"""The purpose, with planted answers: a true gain is proposed; a tie, a memoriser and a spent budget are not."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from promptci.commands.check import check
from promptci.commands.optimize import optimize
from promptci.errors import GitError
from promptci.evals import read_cases
from promptci.evals.split import split
from promptci.models.connect import connect
from promptci.search.proposers import PROPOSERS
from tests.conftest import CONFIG, START, Repo, reasons_of, text_of

SCRIPTED = '{scorer: {model: scripted, base_url: "http://127.0.0.1:9/v1"}}'
BETTER = "Say the word with care.\n\nInput: {{ input }}"


def proposing(*texts: str) -> Callable[[str, int], str]:
    return lambda question, sample: f"<INS>{texts[sample % len(texts)]}</INS>"


def right_on(share: float, text: str, sample: int) -> bool:
    """A scripted scorer's coin: the same for the same case, whatever the prompt."""
    number = text.rsplit("number ", 1)[1].split()[0]
    return int(hashlib.sha256(f"{number}/{sample}".encode()).hexdigest(), 16) % 1000 < 1000 * share


def grading(good: str, share: float, otherwise: float) -> Callable[[str, int], str]:
    return lambda text, sample: "yes" if right_on(share if good in text else otherwise, text, sample) else "no"


def tree(repo: Repo) -> dict[str, bytes]:
    """Every file of the user's working tree with its bytes; git's own and our ignored ones left out."""
    named = {str(p.relative_to(repo.path)): p for p in repo.path.rglob("*") if p.is_file()}
    return {name: p.read_bytes() for name, p in named.items() if not name.startswith((".promptci/", ".git/"))}


def test_a_true_gain_becomes_a_branch_and_a_pull_request(repo: Repo) -> None:
    repo.model.score, repo.model.propose = grading("with care", 0.95, 0.6), proposing(BETTER)
    report = optimize(repo.options(), ids=["say"], mode="pr")
    (prompt,) = report.prompts
    found = prompt.search
    assert found is not None
    assert (found.outcome, prompt.verdict, found.pull_request.operation) == ("improved", "pass", "created")
    assert found.p_value is not None
    assert found.level is not None
    assert found.p_value <= found.level == 0.04
    changed = repo.remote("diff", "--name-only", "main", "promptci/main/say").split()
    assert changed == [".promptci/baselines/say.json", ".promptci/ledger/say.jsonl", "prompts/say.md"]
    assert repo.remote("show", "promptci/main/say:prompts/say.md") == BETTER + "\n"
    assert repo.remote("rev-list", "--count", "main..promptci/main/say").strip() == "1"
    assert len(list((repo.path.parent / "origin.pulls").glob("*.md"))) == 1


def test_the_second_run_updates_the_pull_request_in_place(repo: Repo) -> None:
    repo.model.score, repo.model.propose = grading("with care", 0.95, 0.6), proposing(BETTER)
    optimize(repo.options(), mode="pr")
    repo.model.propose = proposing(BETTER, BETTER + " Take your time with care.")
    again = optimize(repo.options(seed=7), mode="pr").prompts[0].search
    assert again is not None
    assert again.pull_request.operation in ("updated", "none")
    assert again.pull_request.number == 1
    assert len(list((repo.path.parent / "origin.pulls").glob("*.md"))) == 1


def test_uncommitted_work_is_untouched_byte_for_byte(repo: Repo) -> None:
    repo.write("notes/todo.txt", "mine\r\n\x00 and not committed")
    repo.write("README.md", "edited, staged\n")
    repo.git("add", "README.md")
    repo.write("README.md", "edited again, not staged\n")
    before, status, head = tree(repo), repo.git("status", "--porcelain"), repo.git("rev-parse", "HEAD", "HEAD^{tree}")
    repo.model.score, repo.model.propose = grading("with care", 0.95, 0.6), proposing(BETTER)
    found = optimize(repo.options(), mode="pr").prompts[0].search
    assert found is not None
    assert found.pull_request.operation == "created"
    assert tree(repo) == before
    assert repo.git("status", "--porcelain") == status
    assert repo.git("rev-parse", "HEAD", "HEAD^{tree}") == head


def test_a_planted_tie_opens_nothing(repo: Repo) -> None:
    repo.model.score = lambda text, sample: "yes" if right_on(0.7, text, sample) else "no"
    repo.model.propose = proposing(BETTER, START + " Now.", START + " Please.")
    report = optimize(repo.options(), mode="pr")
    found = report.prompts[0].search
    assert found is not None
    assert (found.outcome, found.pull_request.operation) == ("no_change", "none")
    assert report.verdict == "pass"
    assert "promptci/" not in repo.remote("branch")


def test_a_prompt_that_memorised_train_is_refused(repo: Repo) -> None:
    content = (repo.path / "evals" / "say.jsonl").read_bytes()
    train = {c.vars["input"] for c in split(read_cases("say.jsonl", content)).train}
    knows = "Answer from the list"
    repo.model.score = lambda text, sample: (
        "yes"
        if right_on(0.7, text, sample)
        or (knows in text and "number " + text.rsplit("number ", 1)[1].split()[0] in train)
        else "no"
    )
    repo.model.propose = proposing(knows + ".\n\nInput: {{ input }}")
    report = optimize(repo.options(), mode="pr")
    found = report.prompts[0].search
    assert found is not None
    assert found.outcome != "improved"
    assert found.pull_request.operation == "none"
    assert (found.test, found.p_value) == (None, None)


def test_a_spent_budget_stops_with_its_reason(repo: Repo) -> None:
    repo.model.propose = proposing(*(f"{START} Variant {n}." for n in range(99)))
    repo.model.score = lambda text, sample: "yes" if right_on(0.7, text, sample) else "no"
    report = optimize(repo.options(max_calls=830), mode="dry-run")
    found = report.prompts[0].search
    assert found is not None
    assert found.outcome == "stopped"
    assert "budget" in found.stop_reason
    assert report.calls == len(repo.model.asked) <= 830


def test_a_budget_too_small_to_confirm_asks_nothing(repo: Repo) -> None:
    report = optimize(repo.options(max_calls=100), mode="dry-run")
    assert (report.verdict, report.calls, repo.model.asked) == ("unmeasured", 0, [])


def test_test_answers_of_a_rejected_winner_are_told_nowhere(repo: Repo) -> None:
    content = (repo.path / "evals" / "say.jsonl").read_bytes()
    hidden = {c.vars["input"] for c in split(read_cases("say.jsonl", content)).test}
    repo.model.score = lambda text, sample: (
        "yes"
        if right_on(0.7, text, sample)
        or ("with care" in text and "number " + text.rsplit("number ", 1)[1].split()[0] not in hidden)
        else "no"
    )
    repo.model.propose = proposing(BETTER)
    report = optimize(repo.options(), mode="pr")
    (prompt,) = report.prompts
    assert prompt.search is not None
    assert (prompt.search.outcome, prompt.search.test, prompt.search.p_value) == ("inconclusive", None, None)
    assert (prompt.newly_failing, prompt.newly_passing, prompt.values) == ((), (), {})
    question = json.loads(repo.remote("show", "promptci/main/say:.promptci/ledger/say.jsonl"))
    assert (question["query"], question["verdict"]) == (1, "inconclusive")
    assert not {"wins", "losses", "p_value"} & set(question)
    assert not (repo.path.parent / "origin.pulls").exists()


def test_each_question_to_the_test_cases_costs_level(repo: Repo) -> None:
    content = (repo.path / "evals" / "say.jsonl").read_bytes()
    hidden = {c.vars["input"] for c in split(read_cases("say.jsonl", content)).test}
    repo.model.score = lambda text, sample: (
        "yes"
        if right_on(0.7, text, sample)
        or ("care" in text and "number " + text.rsplit("number ", 1)[1].split()[0] not in hidden)
        else "no"
    )
    levels = []
    for seed, word in ((0, "with care"), (1, "taking care"), (0, "with care")):
        repo.model.propose = proposing(f"Say the word {word}.\n\nInput: {{{{ input }}}}")
        optimize(repo.options(seed=seed), mode="pr")
        lines = repo.remote("show", "promptci/main/say:.promptci/ledger/say.jsonl").splitlines()
        levels = [json.loads(line)["level"] for line in lines]
    assert levels == pytest.approx([0.04, 0.06 / 3.14159265**2])  # the same question again spends nothing


def test_what_decides_was_never_asked_before(repo: Repo) -> None:
    content = (repo.path / "evals" / "say.jsonl").read_bytes()
    hidden = {c.vars["input"] for c in split(read_cases("say.jsonl", content)).test}
    repo.model.score, repo.model.propose = grading("with care", 0.95, 0.6), proposing(BETTER)
    check(repo.options(), base="HEAD~1")  # stores an answer of the old prompt to every case
    before = len(repo.model.asked)
    found = optimize(repo.options(), mode="dry-run").prompts[0].search
    assert found is not None
    assert found.test is not None
    texts = [text_of(r.messages) for r in repo.model.asked[before:] if r.role == "scorer"]
    held = ["with care" in text for text in texts if text.rsplit("Input: ", 1)[1] in hidden]
    assert (held.count(False), held.count(True)) == (found.test["cases"], found.test["cases"])


def test_a_dry_run_writes_nothing_but_the_ledger(repo: Repo) -> None:
    repo.model.score, repo.model.propose = grading("with care", 0.95, 0.6), proposing(BETTER)
    found = optimize(repo.options(), mode="dry-run").prompts[0].search
    assert found is not None
    assert "+Say the word with care." in found.diff
    assert repo.git("status", "--porcelain", "--untracked-files=all").split() == ["??", ".promptci/ledger/say.jsonl"]


def test_write_puts_the_better_prompt_into_the_working_tree(repo: Repo) -> None:
    repo.model.score, repo.model.propose = grading("with care", 0.95, 0.6), proposing(BETTER)
    optimize(repo.options(), mode="write")
    assert (repo.path / "prompts/say.md").read_text(encoding="utf-8") == BETTER + "\n"


def _dirty(repo: Repo) -> None:
    repo.write("prompts/say.md", "Say another word.\n\nInput: {{ input }}\n")


def _detached(repo: Repo) -> None:
    repo.git("switch", "--quiet", "--detach")


def _no_remote(repo: Repo) -> None:
    repo.git("remote", "remove", "origin")


def _unpushed(repo: Repo) -> None:
    repo.write("README.md", "more\n")
    repo.commit("Not pushed")


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        pytest.param(_dirty, "uncommitted changes", id="dirty"),
        pytest.param(_detached, "detached", id="detached"),
        pytest.param(_no_remote, "no remote", id="no-remote"),
        pytest.param(_unpushed, "git push origin main", id="unpushed"),
    ],
)
def test_what_cannot_be_proposed_is_said_before_a_call_is_spent(
    repo: Repo, spoil: Callable[[Repo], None], said: str
) -> None:
    spoil(repo)
    with pytest.raises(GitError, match=said):
        optimize(repo.options(), mode="pr")
    assert repo.model.asked == []
    assert not (repo.path / ".promptci").exists()


def test_a_person_s_commit_on_our_branch_is_left_alone(repo: Repo) -> None:
    repo.git("switch", "--quiet", "-c", "promptci/main/say")
    repo.write("prompts/say.md", "My own words.\n\nInput: {{ input }}\n")
    mine = repo.commit("My idea", push=True)
    repo.git("switch", "--quiet", "main")
    repo.model.score, repo.model.propose = grading("with care", 0.95, 0.6), proposing(BETTER)
    (prompt,) = optimize(repo.options(), mode="pr").prompts
    assert "dana@example.com" in reasons_of(prompt)[-1]
    assert repo.remote("rev-parse", "promptci/main/say").strip() == mine


def test_few_cases_report_and_never_propose(repo: Repo) -> None:
    rows = (repo.path / "evals/say.jsonl").read_text(encoding="utf-8").splitlines()[:50]
    repo.write("evals/say.jsonl", "\n".join(rows) + "\n")
    repo.commit("Keep 50 cases", push=True)
    repo.model.score, repo.model.propose = grading("with care", 0.95, 0.4), proposing(BETTER)
    found = optimize(repo.options(), mode="pr").prompts[0].search
    assert found is not None
    assert (found.outcome, found.pull_request.operation, found.test) == ("inconclusive", "none", None)
    assert "promptci/" not in repo.remote("branch")


@pytest.mark.parametrize("strategy", sorted(PROPOSERS))
def test_every_strategy_runs_through_the_story_within_its_budget(strategy: str, repo: Repo) -> None:
    repo.write("promptci.yaml", CONFIG.replace(SCRIPTED, "{scorer: {model: offline}}"))
    report = optimize(replace(repo.options(max_calls=3000), connect=connect), strategy=strategy)
    found = report.prompts[0].search
    assert found is not None
    assert found.strategy == strategy
    assert found.steps
    assert report.calls <= 3000
    journal = repo.path / ".promptci" / "runs" / report.run / "search-say.jsonl"
    assert json.loads(journal.read_text().splitlines()[-1])["stop_reason"] == found.stop_reason


def test_an_interrupted_run_goes_on_to_the_same_end(repo: Repo) -> None:
    repo.model.score, repo.model.propose = grading("with care", 0.95, 0.6), proposing(BETTER)
    whole = optimize(repo.options(), mode="dry-run")
    runs = repo.path / ".promptci" / "runs"
    (repo.path / ".promptci/ledger/say.jsonl").unlink()
    (runs / whole.run / "report.json").unlink()
    journal = runs / whole.run / "search-say.jsonl"
    journal.write_bytes(journal.read_bytes()[: len(journal.read_bytes()) // 2])
    sent = len(repo.model.asked)
    again = optimize(repo.options(resume=whole.run), mode="dry-run")
    assert len(repo.model.asked) == sent
    assert replace(again, wall_s=0) == replace(whole, wall_s=0)
