"""The pull request of an upgrade: what waits, what people closed, their commits, their patience, and a kill."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

from promptci.commands.upgrade import upgrade
from promptci.errors import ForgeError
from promptci.forge.local import LocalForge
from promptci.gitrepo.lock import BusyError
from promptci.improve.obsolete import close_obsolete
from promptci.improve.target import asked_before, target
from promptci.models.base import Reply, Request
from promptci.project.project import locate
from promptci.report.base import Report
from tests.commands.test_optimize import grading
from tests.commands.test_upgrade import Models, kinds, moving, only, right
from tests.conftest import CONFIG, Repo, cases

BRANCH = "promptci/main/_upgrade"


@pytest.fixture
def small(repo: Repo) -> Repo:
    repo.write("evals/say.jsonl", cases(60))
    repo.commit("Use fewer cases", push=True)
    moving(repo, new=right(0.9))
    return repo


def upgraded(repo: Repo, **options: object) -> Report:
    return upgrade(repo.options(**options), to=["new"], mode="pr")


def requests(repo: Repo) -> list[Path]:
    return sorted((repo.path.parent / "origin.pulls").glob("*.md"))


def close(path: Path) -> None:
    path.write_text(path.read_text().replace('state: "open"', 'state: "closed"'))


def test_what_waits_already_is_neither_pushed_nor_written_again(small: Repo) -> None:
    upgraded(small)
    tip, (path,) = small.remote("rev-parse", BRANCH), requests(small)
    before = path.read_text()
    report = upgraded(small)
    assert any("Pull request says so already" in note for note in report.notes)
    assert (small.remote("rev-parse", BRANCH), path.read_text()) == (tip, before)


def test_what_people_closed_is_not_offered_again(small: Repo) -> None:
    upgraded(small)
    (path,) = requests(small)
    close(path)
    tip = small.remote("rev-parse", BRANCH)
    report = upgraded(small)
    assert any("not offered again" in note for note in report.notes)
    assert len(requests(small)) == 1
    assert small.remote("rev-parse", BRANCH) == tip


def test_a_person_s_commit_on_the_branch_is_left_alone_and_nothing_is_asked(small: Repo) -> None:
    upgraded(small)
    small.git("fetch", "--quiet", "origin", BRANCH)
    small.git("switch", "--quiet", "--detach", "FETCH_HEAD")
    small.git("commit", "--quiet", "--allow-empty", "--message", "By hand")
    small.git("push", "--quiet", "origin", f"HEAD:{BRANCH}")
    small.git("switch", "--quiet", "main")
    small.model.asked.clear()
    report = upgraded(small)
    assert kinds(only(report)) == {"branch_taken"}
    assert (report.verdict, report.calls, small.model.asked) == ("inconclusive", 0, [])


def test_enough_open_requests_are_enough(small: Repo) -> None:
    small.write("promptci.yaml", CONFIG + "pull_request: {max_open: 0}\n")
    small.commit("Open none", push=True)
    assert kinds(only(upgraded(small))) == {"max_open"}
    assert small.model.asked == []


def test_two_at_once_are_one(small: Repo) -> None:
    with locate(small.path / "promptci.yaml", small.path).repository.locked("a search"), pytest.raises(BusyError):
        upgraded(small)
    assert small.model.asked == []


@pytest.fixture
def rewritten(repo: Repo) -> Repo:
    """A prompt that is worse on the new model, and better again with another text."""
    moving(repo, new=grading("with care", 0.9, 0.5))
    return repo


def noted(repo: Repo) -> int:
    place = repo.path / ".promptci/ledger/say.jsonl"
    return len(place.read_text().splitlines()) if place.exists() else 0


def test_a_question_is_noted_where_people_closed_its_change_or_nothing_could_be_proposed(
    rewritten: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(*_: object) -> None:
        raise ForgeError("the forge is down")

    with monkeypatch.context() as patched:
        patched.setattr(LocalForge, "propose", down)
        assert upgraded(rewritten).verdict == "unmeasured"
    assert noted(rewritten) == 1
    (rewritten.path / ".promptci/ledger/say.jsonl").unlink()
    upgraded(rewritten)
    assert noted(rewritten) == 0  # it is on the branch
    close(*requests(rewritten))
    report = upgraded(rewritten)
    assert any("not offered again" in note for note in report.notes)
    assert noted(rewritten) == 0


def test_the_questions_of_a_change_that_nobody_proposes_wait_on_its_branch(repo: Repo) -> None:
    moving(repo, new=grading("with care", 0.68, 0.5))  # better than before on the new model, and worse than on the old
    report = upgraded(repo, run="first")  # fresh answers are drawn by the run's name
    assert "upgrade_rewritten" in kinds(only(report))
    assert report.verdict == "fail"
    assert (noted(repo), requests(repo)) == (0, [])
    assert repo.remote("diff", "--name-only", "main", BRANCH).split() == [".promptci/ledger/say.jsonl"]
    tip = repo.remote("rev-parse", BRANCH)
    upgraded(repo, run="second")
    assert repo.remote("rev-parse", BRANCH) == tip


def test_a_search_counts_the_questions_of_an_upgrade_that_another_clone_made(rewritten: Repo) -> None:
    upgraded(rewritten)
    rewritten.git("update-ref", "-d", f"refs/remotes/origin/{BRANCH}")
    project = locate(rewritten.path / "promptci.yaml", rewritten.path)
    goal = target(project, "say", ["prompts/say.md"])
    assert [q.verdict for q in asked_before(project, "say", goal)] == ["improved"]


def test_a_question_that_waits_with_an_upgrade_counts(rewritten: Repo) -> None:
    project = locate(rewritten.path / "promptci.yaml", rewritten.path)
    assert asked_before(project, "say", None) == []
    upgraded(rewritten)
    (question,) = asked_before(project, "say", None)
    assert question.verdict == "improved"


class Killed(BaseException):
    """The process ends here."""


@dataclass
class Mortal(Models):
    last: int | None = None

    async def send(self, request: Request) -> Reply:
        if self.last is not None and len(self.asked) >= self.last:
            raise Killed
        return await super().send(request)


@pytest.mark.parametrize("last", [3, 40])
def test_one_that_was_killed_is_gone_on_with_and_not_paid_for_again(last: int, small: Repo) -> None:
    model = Mortal(by_model={"scripted": right(0.9), "new": right(0.9)}, last=last)
    small.model = model
    with pytest.raises(Killed):
        upgraded(small, concurrency=1)
    model.last = None
    upgraded(small, concurrency=1)
    asked = Counter((r.spec.model, r.sample, r.messages[-1].content) for r in model.asked)
    assert sum(count - 1 for count in asked.values()) == 0
    assert len(requests(small)) == 1


def test_a_kill_between_the_measurement_and_the_request_costs_nothing(
    small: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(LocalForge, "propose", killed)
        with pytest.raises(Killed):
            upgraded(small)
    before = len(small.model.asked)
    upgraded(small)
    assert len(small.model.asked) == before
    assert len(requests(small)) == 1


def test_the_request_of_an_upgrade_is_no_prompt_s_and_closed_when_main_names_the_model(small: Repo) -> None:
    upgraded(small)
    found, forge = locate(small.path / "promptci.yaml", small.path), LocalForge(small.path.parent / "origin.pulls")
    head = small.git("rev-parse", "HEAD").strip()
    assert close_obsolete(found, forge, "origin", "main", head) == []
    small.write("promptci.yaml", small.remote("show", f"{BRANCH}:promptci.yaml"))
    head = small.commit("Take the new model", push=True)
    found = locate(small.path / "promptci.yaml", small.path)
    (told,) = close_obsolete(found, forge, "origin", "main", head)
    assert "has this text already" in told
