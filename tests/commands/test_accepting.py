"""A red pull request that somebody with write access takes as it is, and everybody else whose word does not count."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from promptci.commands.accepting import LABEL, accepted_by
from promptci.commands.requesting import pull_request
from promptci.forge.base import Access, Approval
from promptci.forge.none import NoForge
from promptci.gitrepo.base import Base
from promptci.project.project import locate
from promptci.report.base import Report
from tests.commands.test_ci import WORSE, loses_a_third
from tests.conftest import Repo, reasons_of


@dataclass(frozen=True)
class Vouching(NoForge):
    """A forge that knows one user, who put every label on and signed every commit, and keeps what it was asked."""

    access_of: Access = "write"
    asked: list[str] = field(default_factory=list)

    def approvals(self, number: int, label: str) -> tuple[Approval, ...]:
        self.asked.append(f"label {number}")
        return (Approval(label, "dana", self.access_of),)

    def vouched(self, commit: str) -> Approval | None:
        self.asked.append("commit")
        return Approval("", "dana", self.access_of)


def labeled(action: str = "labeled", name: str = LABEL) -> dict[str, object]:
    return {"action": action, "label": {"name": name}, "pull_request": {"number": 7, "labels": [{"name": LABEL}]}}


def worse(repo: Repo, message: str = "Shorten") -> str:
    repo.model.score = loses_a_third
    repo.git("switch", "--quiet", "-c", "shorter")
    repo.write("prompts/say.md", WORSE)
    return repo.commit(message)


def judged(repo: Repo, payload: dict[str, object], forge: Vouching) -> tuple[Report, list[str]]:
    project = locate(repo.path / "promptci.yaml", repo.path)
    tip = repo.git("rev-parse", "main").strip()
    accepted, notes = accepted_by(project, payload, tip, lambda: forge)
    report, _ = pull_request(project, repo.options(), Base(tip, "target", "main", "", tip), accepted)
    return report, notes


def test_a_label_of_somebody_with_write_access_lets_a_worse_prompt_pass_and_is_said(repo: Repo) -> None:
    worse(repo)
    report, notes = judged(repo, labeled(), Vouching())
    assert (report.verdict, notes) == ("pass", [])
    assert reasons_of(report.prompts[0])[0] == (
        f"Accepted as it is, by dana, who has write access, with the label {LABEL}; the verdict was fail."
    )


@pytest.mark.parametrize("access", ["read", "none", "unknown"])
def test_nobody_else_accepts(access: Access, repo: Repo) -> None:
    head = worse(repo, "Shorten\n\nPromptci-Accept: say")
    payload = labeled()
    payload["pull_request"] = {"number": 7, "head": {"sha": head}}
    report, notes = judged(repo, payload, Vouching(access))
    assert report.verdict == "fail"
    assert len(notes) == 2
    assert all("accepts nothing" in note for note in notes)


@pytest.mark.parametrize("action", ["synchronize", "opened", "reopened"])
def test_a_label_accepts_nothing_that_was_pushed_after_it(action: str, repo: Repo) -> None:
    worse(repo)
    forge = Vouching()
    report, notes = judged(repo, labeled(action), forge)
    assert (report.verdict, forge.asked) == ("fail", [])
    assert "put it on again" in notes[0]


QUEUED = f"refs/heads/gh-readonly-queue/release/2.x/pr-41-{'a' * 40}"


@pytest.mark.parametrize(("access", "verdict", "notes"), [("write", "pass", 0), ("read", "fail", 1)])
def test_in_a_merge_queue_the_label_counts_as_it_stands(access: Access, verdict: str, notes: int, repo: Repo) -> None:
    worse(repo)
    forge = Vouching(access)
    report, said = judged(repo, {"merge_group": {"head_ref": QUEUED}}, forge)
    assert (report.verdict, len(said), forge.asked) == (verdict, notes, ["label 41"])


@pytest.mark.parametrize(
    "head",
    [QUEUED[:-1], QUEUED + "/x", "refs/heads/x/" + QUEUED, QUEUED.replace("41", "0"), "refs/heads/main", 7, None],
)
def test_no_other_branch_is_a_merge_queue_s(head: object, repo: Repo) -> None:
    worse(repo)
    forge = Vouching()
    report, said = judged(repo, {"merge_group": {"head_ref": head}}, forge)
    assert (report.verdict, said, forge.asked) == ("fail", [], [])


def test_another_label_accepts_nothing(repo: Repo) -> None:
    worse(repo)
    report, _ = judged(repo, labeled(name="bug"), Vouching())
    assert report.verdict == "fail"


@pytest.mark.parametrize(
    ("named", "verdict"), [("say", "pass"), ("other, say", "pass"), ("other", "fail")], ids=["it", "several", "other"]
)
def test_a_signed_trailer_accepts_the_prompts_that_it_names(named: str, verdict: str, repo: Repo) -> None:
    head = worse(repo, f"Shorten\n\nPromptci-Accept: {named}")
    report, _ = judged(repo, {"pull_request": {"head": {"sha": head}}}, Vouching())
    assert report.verdict == verdict


def test_a_trailer_accepts_nothing_that_was_committed_after_it(repo: Repo) -> None:
    worse(repo, "Shorten\n\nPromptci-Accept: say")
    repo.write("prompts/say.md", "Say.\n\nInput: {{ input }}\n")
    head = repo.commit("Shorten more")
    forge = Vouching()
    report, notes = judged(repo, {"pull_request": {"head": {"sha": head}}}, forge)
    assert (report.verdict, forge.asked) == ("fail", [])
    assert "last commit alone" in notes[0]


def test_nobody_accepts_what_was_not_measured(repo: Repo) -> None:
    worse(repo)
    project = locate(repo.path / "promptci.yaml", repo.path)
    tip = repo.git("rev-parse", "main").strip()
    accepted, _ = accepted_by(project, labeled(), tip, Vouching)
    report, _ = pull_request(project, repo.options(max_calls=0), Base(tip, "target", "main", "", tip), accepted)
    assert report.verdict == "unmeasured"


def test_without_label_or_trailer_the_forge_is_not_asked(repo: Repo) -> None:
    head = worse(repo)
    forge = Vouching()
    judged(repo, {"action": "opened", "pull_request": {"number": 7, "head": {"sha": head}}}, forge)
    assert forge.asked == []
