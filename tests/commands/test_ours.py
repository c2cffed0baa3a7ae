"""A search's own pull request passes without a person where its records go on from the base's; no forged one does."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable

import pytest

from promptci.commands.ci import ci
from promptci.commands.optimize import optimize
from promptci.report.base import Report
from tests.commands.test_ci import event
from tests.commands.test_optimize import BETTER, grading, proposing
from tests.conftest import Repo, reasons_of
from tests.improve.test_hand_on import memorised

BRANCH = "promptci/main/say"
BASELINE, LEDGER = ".promptci/baselines/say.json", ".promptci/ledger/say.jsonl"


@pytest.fixture
def opened(repo: Repo) -> Repo:
    """The branch of a search's pull request, checked out."""
    repo.model.score, repo.model.propose = grading("with care", 0.95, 0.6), proposing(BETTER)
    optimize(repo.options(), mode="pr")
    repo.git("fetch", "--quiet", "origin", BRANCH)
    repo.git("switch", "--quiet", "--create", BRANCH, "FETCH_HEAD")
    return repo


def checked(repo: Repo, monkeypatch: pytest.MonkeyPatch, *, head: str = "o/r", branch: str = BRANCH) -> Report:
    tip, base = (repo.git("rev-parse", rev).strip() for rev in ("HEAD", "main"))
    payload = {
        "repository": {"default_branch": "main", "full_name": "o/r"},
        "pull_request": {
            "number": 1,
            "base": {"sha": base, "ref": "main"},
            "head": {"sha": tip, "ref": branch, "repo": {"full_name": head}},
        },
    }
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    environ = {**event(repo, "pull_request", payload, monkeypatch), "OPENAI_API_KEY": "k"}
    return ci(repo.options(), environ, lambda _: None)


def as_bot(repo: Repo) -> None:
    """Put what was changed into the bot's own commit: names prove nothing."""
    repo.git("add", "--all")
    author = repo.git("log", "-1", "--format=%an <%ae>").strip()
    command = ["git", "-C", str(repo.path), "-c", "user.name=promptci", "-c", f"user.email={author[:-1].split('<')[1]}"]
    subprocess.run([*command, "commit", "--quiet", "--amend", "--no-edit"], check=True)


def test_what_a_search_proposed_needs_no_person(opened: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    report = checked(opened, monkeypatch)
    assert report.verdict == "pass"
    said = " ".join(reasons_of(report.prompts[0]))
    assert "its baseline and ledger go on from the base's. We re-asked 20 of the answers" in said


def lowered(repo: Repo) -> None:
    path = repo.path / BASELINE
    path.write_text(path.read_text().replace("1.0, 1.0, 1.0, 1.0, 1.0", "0.0, 0.0, 0.0, 0.0, 0.0"))


def resealed(repo: Repo) -> None:
    """Seal what is there, as if it had been so from the start."""
    from promptci.records.chain import link_of

    found = json.loads((repo.path / BASELINE).read_text())
    found["seal"] = link_of({k: v for k, v in found.items() if k != "seal"})
    (repo.path / BASELINE).write_text(json.dumps(found, indent=1))


def lowered_with_care(repo: Repo) -> None:
    lowered(repo)
    resealed(repo)


def of_another_prompt(repo: Repo) -> None:
    """Answers that hold when they are asked again, said to be another prompt's."""
    found = json.loads((repo.path / BASELINE).read_text())
    found["measure"]["prompt"] = "0" * len(found["measure"]["prompt"])
    (repo.path / BASELINE).write_text(json.dumps(found, indent=1))
    resealed(repo)


def unsealed(repo: Repo) -> None:
    found = json.loads((repo.path / BASELINE).read_text())
    for name in ("seal", "previous", "commit"):
        del found[name]
    (repo.path / BASELINE).write_text(json.dumps(found, indent=1))


def elsewhere(repo: Repo) -> None:
    repo.write("templates/summary/report.md.j2", "# PASS")


def nothing(repo: Repo) -> None:
    """The files are as the search left them."""


FORGED: dict[str, tuple[Callable[[Repo], None], dict[str, str]]] = {
    "lowered": (lowered, {}),
    "lowered-and-sealed-again": (lowered_with_care, {}),
    "of-another-prompt": (of_another_prompt, {}),
    "no-seal": (unsealed, {}),
    "ledger-emptied": (lambda repo: repo.write(LEDGER, ""), {}),
    "no-ledger": (lambda repo: (repo.path / LEDGER).unlink(), {}),
    "another-file-too": (elsewhere, {}),
    "from-a-fork": (nothing, {"head": "evil/r"}),
    "from-another-branch": (nothing, {"branch": "promptci/main/other"}),
}


@pytest.mark.parametrize(("change", "where"), FORGED.values(), ids=FORGED)
def test_anything_else_needs_one(
    change: Callable[[Repo], None], where: dict[str, str], opened: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    change(opened)
    as_bot(opened)
    assert checked(opened, monkeypatch, **where).verdict == "inconclusive"


def test_a_person_s_commit_on_it_needs_one(opened: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    opened.git("commit", "--quiet", "--allow-empty", "--message", "Look")
    assert checked(opened, monkeypatch).verdict == "inconclusive"


def test_a_cut_ledger_gives_no_level_back_and_is_named(repo: Repo) -> None:
    memorised(repo)
    optimize(repo.options(), mode="write")
    assert (repo.path / LEDGER).read_text().count("\n") == 1
    repo.commit("Note the question", push=True)
    (repo.path / LEDGER).write_text("")
    repo.commit("Forget it", push=True)
    (prompt,) = optimize(repo.options(), mode="dry-run").prompts
    assert any("was cut: 1 line is gone" in said for said in reasons_of(prompt))
