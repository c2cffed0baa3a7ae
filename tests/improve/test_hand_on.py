"""What could go wrong between a confirmed winner and its pull request, and with the ledger that keeps it honest."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from promptci.commands.optimize import optimize
from promptci.errors import ForgeError
from promptci.evals import read_cases
from promptci.evals.split import split
from promptci.forge.base import Change, Proposal
from promptci.forge.local import LocalForge
from promptci.gitrepo import Repository
from promptci.gitrepo.commits import Identity
from promptci.improve.obsolete import close_obsolete
from promptci.models.base import Failure, Reply, Request
from promptci.project.project import locate
from promptci.report.searched import Search
from promptci.run.ask import FIRST_FRESH
from tests.commands.test_optimize import BETTER, grading, proposing, right_on
from tests.conftest import CONFIG, START, Repo, reasons_of

SIGNER = Identity("github-actions[bot]", "41898282+github-actions[bot]@users.noreply.github.com")
LEDGER = "promptci/main/say:.promptci/ledger/say.jsonl"


def improving(repo: Repo) -> None:
    repo.model.score, repo.model.propose = grading("with care", 0.95, 0.6), proposing(BETTER)


def search_of(repo: Repo, **options: object) -> Search:
    mode = options.pop("mode", "pr")
    found = optimize(repo.options(**options), mode=mode).prompts[0].search  # type: ignore[arg-type]  # one of the three
    assert found is not None
    return found


def memorised(repo: Repo) -> None:
    """A winner that is good on development cases and no better on test cases."""
    content = (repo.path / "evals" / "say.jsonl").read_bytes()
    hidden = {c.vars["input"] for c in split(read_cases("say.jsonl", content)).test}

    def score(text: str, sample: int) -> str:
        asked = "number " + text.rsplit("number ", 1)[1].split()[0]
        return "yes" if right_on(0.7, text, sample) or ("with care" in text and asked not in hidden) else "no"

    repo.model.score, repo.model.propose = score, proposing(BETTER)


def test_the_second_run_keeps_the_ledger_on_the_branch(repo: Repo) -> None:
    improving(repo)
    search_of(repo)
    first = repo.remote("show", LEDGER)
    search_of(repo)
    assert repo.remote("show", LEDGER) == first


def test_a_rerun_that_found_the_same_pushes_nothing(repo: Repo) -> None:
    improving(repo)
    search_of(repo)
    tip = repo.remote("rev-parse", "promptci/main/say")
    search_of(repo)
    assert repo.remote("rev-parse", "promptci/main/say") == tip


def test_the_same_question_is_not_asked_until_the_answer_is_yes(repo: Repo) -> None:
    memorised(repo)
    assert search_of(repo).outcome == "inconclusive"
    asked = len(repo.model.asked)
    improving(repo)  # by luck, or on a runner without a cache, the same question would now be answered yes
    again = search_of(repo, no_cache=True)
    assert (again.outcome, again.pull_request.operation) == ("inconclusive", "none")
    assert not any(5_000 <= r.sample < 10_000 for r in repo.model.asked[asked:])


def test_another_measure_is_another_question(repo: Repo) -> None:
    memorised(repo)
    search_of(repo)
    repo.write("promptci.yaml", CONFIG.replace("say.jsonl}", "say.jsonl, metric: contains}"))
    repo.commit("Another metric", push=True)
    search_of(repo)
    levels = [json.loads(line)["level"] for line in repo.remote("show", LEDGER).splitlines()]
    assert levels == pytest.approx([0.04, 0.06 / 3.14159265**2])


def test_the_test_is_answered_anew_by_both_prompts(repo: Repo) -> None:
    improving(repo)
    search_of(repo, mode="dry-run")
    content = (repo.path / "evals" / "say.jsonl").read_bytes()
    hidden = {c.vars["input"] for c in split(read_cases("say.jsonl", content)).test}
    asked = [r for r in repo.model.asked if r.role == "scorer" and 5_000 <= r.sample < 10_000]
    met = {r.messages[0].content.rsplit("Input: ", 1)[1] for r in asked}
    assert met <= hidden
    assert len(asked) == 2 * len(met)  # once under each prompt, and no more of them than settle the question
    assert len({r.messages[0].content for r in asked}) == len(asked)


def test_a_local_branch_of_that_name_is_not_moved(repo: Repo) -> None:
    repo.git("switch", "--quiet", "-c", "promptci/main/say")
    repo.write("notes.md", "not pushed\n")
    mine = repo.commit("My own notes")
    repo.git("switch", "--quiet", "main")
    improving(repo)
    assert search_of(repo).pull_request.operation == "created"
    assert repo.git("rev-parse", "promptci/main/say").strip() == mine


def test_a_person_on_the_branch_is_noticed_before_a_call(repo: Repo) -> None:
    repo.git("switch", "--quiet", "-c", "promptci/main/say")
    repo.write("notes.md", "pushed\n")
    repo.commit("My own notes", push=True)
    repo.git("switch", "--quiet", "main")
    improving(repo)
    assert search_of(repo).outcome == "stopped"
    assert repo.model.asked == []


def settings(repo: Repo, pull_request: str) -> None:
    repo.write("promptci.yaml", (repo.path / "promptci.yaml").read_text() + f"pull_request: {pull_request}\n")
    repo.commit("Say how to propose", push=True)


def test_a_proposal_is_addressed_as_the_settings_say(repo: Repo) -> None:
    settings(repo, "{reviewers: [dana, org/team], assignees: [kim], labels: [bot], draft: true}")
    improving(repo)
    search_of(repo)
    (path,) = (repo.path.parent / "origin.pulls").glob("*.md")
    front = yaml.safe_load(path.read_text(encoding="utf-8").split("---\n")[1])
    assert (front["reviewers"], front["assignees"], front["labels"]) == (["dana", "org/team"], ["kim"], ["bot"])
    assert front["draft"] is True


def test_enough_open_pull_requests_stop_the_next_search_before_a_call(repo: Repo) -> None:
    settings(repo, "{max_open: 0}")
    improving(repo)
    found = search_of(repo)
    assert (found.outcome, repo.model.asked) == ("stopped", [])


def test_an_open_pull_request_is_updated_however_many_there_are(repo: Repo) -> None:
    improving(repo)
    assert search_of(repo).pull_request.operation == "created"
    settings(repo, "{max_open: 1}")
    assert search_of(repo).outcome != "stopped"


def test_an_edit_made_while_the_search_runs_is_kept(repo: Repo) -> None:
    improving(repo)
    propose = repo.model.propose

    def meanwhile(text: str, sample: int) -> str:
        repo.write("prompts/say.md", "My edit.\n\nInput: {{ input }}\n")
        return propose(text, sample)

    repo.model.propose = meanwhile
    (prompt,) = optimize(repo.options(), mode="write").prompts
    assert (repo.path / "prompts/say.md").read_text(encoding="utf-8").startswith("My edit.")
    assert "was edited while the search ran" in reasons_of(prompt)[-1]


def test_a_written_prompt_keeps_its_mode(repo: Repo) -> None:
    (repo.path / "prompts/say.md").chmod(0o755)
    improving(repo)
    search_of(repo, mode="write")
    assert (repo.path / "prompts/say.md").stat().st_mode & 0o777 == 0o755


@pytest.mark.parametrize("repeat", [1, 5])
def test_what_is_reserved_is_enough_to_confirm(repeat: int, repo: Repo) -> None:
    repo.write("promptci.yaml", CONFIG.replace("steps: 4", "steps: 90").replace("patience: 3", "patience: 90"))
    repo.model.score = grading("with care", 0.95, 0.6)
    repo.model.propose = proposing(BETTER, *(f"{START} Variant {n}." for n in range(99)))
    parts = split(read_cases("say.jsonl", (repo.path / "evals" / "say.jsonl").read_bytes()))
    least = 6 * len(parts.test) + 2 * len(parts.development)
    found = search_of(repo, repeat=repeat, max_calls=least + 400, mode="dry-run")
    assert found.stop_reason.startswith("budget")
    assert found.outcome == "improved"


def test_what_the_forge_refuses_is_told_and_the_finding_is_not_lost(
    repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: LocalForge, change: Change) -> Proposal:
        raise ForgeError("pull requests are not permitted", hint="switch them on")

    monkeypatch.setattr(LocalForge, "propose", refuse)
    improving(repo)
    (prompt,) = optimize(repo.options(), mode="pr").prompts
    assert prompt.search is not None
    assert (prompt.search.outcome, prompt.search.pull_request.operation) == ("improved", "none")
    assert prompt.verdict == "unmeasured"
    assert "not permitted" in reasons_of(prompt)[-1]


def test_a_text_that_would_become_front_matter_is_refused(repo: Repo) -> None:
    repo.model.score = lambda text, sample: "yes" if right_on(0.6, text, sample) else "no"
    repo.model.propose = proposing("---\nowner: me\n---\nSay the word with care.\n\nInput: {{ input }}")
    (prompt,) = optimize(repo.options(), mode="pr").prompts
    found = prompt.search
    assert found is not None
    assert (found.outcome, found.stop_kind, prompt.verdict) == ("stopped", "refused", "unmeasured")
    assert found.stop_reason.startswith(f"all {sum(found.rejected.values())} proposals were refused: file form (")
    assert "Reword what its file cannot hold" in reasons_of(prompt)[1]


def test_an_accepted_prompt_that_cannot_be_run_again_is_proposed_without_a_baseline(repo: Repo) -> None:
    improving(repo)
    send = repo.model.send

    async def failing(request: Request) -> Reply:
        if request.sample >= FIRST_FRESH and request.messages[0].content.endswith(("0", "1", "2")):
            return Reply(failure=Failure("refused", "not today"), attempts=1)
        return await send(request)

    repo.model.send = failing  # type: ignore[method-assign]  # a server that refuses later
    found = search_of(repo)
    assert (found.outcome, found.pull_request.operation) == ("improved", "created")
    names = repo.git("diff", "--name-only", "main", "origin/promptci/main/say").splitlines()
    assert names == [".promptci/ledger/say.jsonl", "prompts/say.md"]


def test_the_ledger_on_a_fetched_branch_counts_in_a_dry_run(repo: Repo) -> None:
    memorised(repo)
    search_of(repo)
    repo.git("fetch", "--quiet", "origin")
    repo.model.propose = proposing(BETTER.replace("with care", "with care now"))
    search_of(repo, seed=1, mode="dry-run")
    lines = (repo.path / ".promptci/ledger/say.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["query"] for line in lines] == [1, 2]


def test_an_uncommitted_partial_stops_a_proposal(repo: Repo) -> None:
    repo.write("prompts/tone.md", "Be brief.\n")
    repo.write("prompts/say.md", '{% include "prompts/tone.md" %}\n' + START + "\n")
    repo.commit("Include a tone", push=True)
    repo.write("prompts/tone.md", "Be very brief.\n")
    with pytest.raises(Exception, match="uncommitted changes"):
        optimize(repo.options(), mode="pr")
    assert repo.model.asked == []


def test_a_draft_does_not_replace_a_confirmed_pull_request(repo: Repo) -> None:
    repo.write("promptci.yaml", CONFIG + "pull_request: {when: promising}\n")
    repo.commit("Show promising ones", push=True)
    improving(repo)
    search_of(repo)
    confirmed = repo.remote("show", "promptci/main/say:prompts/say.md")
    memorised(repo)
    repo.model.propose = proposing(BETTER.replace("with care", "with care now"))
    search_of(repo, seed=1, no_cache=True)
    assert repo.remote("show", "promptci/main/say:prompts/say.md") == confirmed


def pulls(repo: Repo) -> list[Path]:
    return sorted((repo.path.parent / "origin.pulls").glob("*.md"))


def said_closed(path: Path, by: str = "") -> None:
    """Close a pull request as a person does: by writing it into its file."""
    path.write_text(path.read_text().replace('state: "open"', 'state: "closed"' + by))


def test_what_people_closed_is_refused_before_a_call_is_spent_on_it(repo: Repo) -> None:
    improving(repo)
    assert search_of(repo).pull_request.operation == "created"
    said_closed(pulls(repo)[0])
    asked = len(repo.model.asked)
    again = search_of(repo, no_cache=True)
    assert (again.outcome, again.pull_request.operation) == ("no_change", "none")
    assert again.rejected["declined by people"] > 0
    texts = ["\n".join(m.content for m in r.messages) for r in repo.model.asked[asked:] if r.role == "scorer"]
    assert not any("with care" in text for text in texts)
    assert len(pulls(repo)) == 1


def test_what_we_closed_ourselves_may_be_found_again(repo: Repo) -> None:
    improving(repo)
    search_of(repo)
    assert LocalForge(repo.path.parent / "origin.pulls").close(1, "The base has moved on.").operation == "closed"
    again = search_of(repo)
    assert (again.outcome, again.pull_request.operation) == ("improved", "created")
    assert "declined by people" not in again.rejected


def test_a_request_for_a_prompt_that_people_changed_is_closed_with_the_reason(repo: Repo) -> None:
    improving(repo)
    search_of(repo)
    repo.write("prompts/say.md", "Say the word, please.\n\nInput: {{ input }}\n")
    repo.commit("Please", push=True)
    repo.git("fetch", "--quiet", "origin")
    forge = LocalForge(repo.path.parent / "origin.pulls")
    head = repo.git("rev-parse", "HEAD").strip()
    project = locate(repo.path / "promptci.yaml", repo.path)
    assert close_obsolete(project, forge, "origin", "main", head, spare=["say"]) == []
    (told,) = close_obsolete(project, forge, "origin", "main", head)
    assert told.startswith("Closed #1: prompts/say.md has changed on main since")
    assert close_obsolete(project, forge, "origin", "main", head) == []


def test_a_request_whose_text_is_merged_otherwise_is_closed(repo: Repo) -> None:
    improving(repo)
    search_of(repo)
    repo.write("prompts/say.md", BETTER + "\n")
    head = repo.commit("By hand", push=True)
    project = locate(repo.path / "promptci.yaml", repo.path)
    (told,) = close_obsolete(project, LocalForge(repo.path.parent / "origin.pulls"), "origin", "main", head)
    assert told == "Closed #1: main has this text already."


def test_a_request_that_people_work_on_is_not_closed(repo: Repo) -> None:
    improving(repo)
    search_of(repo)
    repo.git("fetch", "--quiet", "origin")
    repo.git("switch", "--quiet", "promptci/main/say")
    repo.write("notes.md", "mine\n")
    repo.commit("Notes", push=True)
    repo.git("switch", "--quiet", "main")
    repo.write("prompts/say.md", BETTER + "\n")
    head = repo.commit("By hand", push=True)
    project = locate(repo.path / "promptci.yaml", repo.path)
    assert close_obsolete(project, LocalForge(repo.path.parent / "origin.pulls"), "origin", "main", head) == []


def test_a_diff_applies_at_the_repository_s_top(repo: Repo) -> None:
    (repo.path / "sub").mkdir()
    repo.git("mv", "prompts", "evals", "promptci.yaml", "sub/")
    repo.commit("Move it down", push=True)
    improving(repo)
    options = replace(repo.options(), config=repo.path / "sub/promptci.yaml")
    found = optimize(options, mode="dry-run").prompts[0].search
    assert found is not None
    subprocess.run(["git", "-C", str(repo.path), "apply"], input=found.diff.encode(), check=True)
    assert (repo.path / "sub/prompts/say.md").read_text() == BETTER + "\n"


def test_commits_are_the_forge_s_where_they_are_to_be_signed(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    def signing(
        self: LocalForge, parent: str, files: dict[str, bytes], message: str, *, executable: frozenset[str]
    ) -> str:
        bare = Repository.open(repo.path)
        made = bare.commit(parent=parent, files=files, message=message, when=bare.commit_time(parent), by=SIGNER)
        repo.git("push", "--quiet", "origin", f"{made}:refs/heads/made")
        return made

    settings(repo, "{sign: true}")
    monkeypatch.setattr(LocalForge, "signed", signing)
    improving(repo)
    assert search_of(repo).pull_request.operation == "created"
    assert repo.remote("log", "-1", "--format=%ae", "promptci/main/say").strip() == SIGNER.email
    assert search_of(repo).pull_request.operation == "none"


def test_nothing_unsigned_is_pushed_where_commits_are_to_be_signed(repo: Repo) -> None:
    settings(repo, "{sign: true}")
    improving(repo)
    (prompt,) = optimize(repo.options(), mode="pr").prompts
    assert "the forge signs no commits" in reasons_of(prompt)[-1]
    assert "promptci/" not in repo.remote("branch")
