"""What the Protocol promises, of every forge in the table: the same story, told to each of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from promptci.errors import ForgeError
from promptci.forge import FORGES, Change, Forge
from promptci.forge.base import Check, Proposal
from promptci.forge.github import GitHubForge
from promptci.forge.gitlab import GitLabForge
from promptci.forge.local import LocalForge
from promptci.forge.marks import BODY_LIMIT, capped, facts_in, stamped, unstamped
from promptci.forge.none import NoForge

from . import fake_github, fake_gitlab

CHANGE = Change("promptci/main/triage", "main", "Improve triage", "# Report\n", labels=("a",), content="sha256-a")
OTHER = replace(CHANGE, branch="promptci/main/other", content="sha256-b")


@contextmanager
def _github(_: Path) -> Iterator[tuple[Forge, Any]]:
    with fake_github.running() as fake:
        fake.branches.add(OTHER.branch)
        yield GitHubForge("octo/prompts", fake_github.TOKEN, fake.url, lambda _: None), fake


@contextmanager
def _gitlab(_: Path) -> Iterator[tuple[Forge, Any]]:
    with fake_gitlab.running() as fake:
        fake.branches.add(OTHER.branch)
        yield GitLabForge(fake_gitlab.PROJECT, fake_gitlab.TOKEN, fake.url, lambda _: None), fake


@contextmanager
def _local(home: Path) -> Iterator[tuple[Forge, Any]]:
    yield LocalForge(home / "origin.pulls"), None


MADE: dict[str, Callable[[Path], AbstractContextManager[tuple[Forge, Any]]]] = {
    "github": _github, "gitlab": _gitlab, "local": _local,
}  # fmt: skip


@pytest.fixture(params=MADE)
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Forge, Callable[[int, str], None]]]:
    """A forge, and how people there give a pull request another state: closed or merged."""
    with MADE[request.param](tmp_path) as (forge, fake):

        def put(number: int, state: str) -> None:
            if fake is None:
                [path] = (tmp_path / "origin.pulls").glob(f"{number:04}-*.md")
                path.write_text(path.read_text().replace('state: "open"', f'state: "{state}"'))
                return
            fake.pulls[number - 1]["state"] = state if request.param == "gitlab" else "closed"
            fake.pulls[number - 1]["merged_at"] = "2026-01-01T00:00:00Z" if state == "merged" else None

        yield forge, put


Kept = tuple[Forge, Callable[[int, str], None]]


def test_every_forge_of_the_table_is_told_the_story() -> None:
    assert set(MADE) | {"none"} == set(FORGES)


def test_one_request_per_branch_from_opening_to_closing(kept: Kept) -> None:
    forge, _ = kept
    assert [forge.propose(CHANGE).operation for _ in range(2)] == ["created", "none"]
    assert forge.propose(OTHER).number == 2
    assert forge.propose(replace(CHANGE, body="Newer")).operation == "updated"
    found = forge.requests("promptci/main/")
    assert [(r.number, r.branch, r.base, r.state, r.content, r.labels) for r in found] == [
        (2, OTHER.branch, "main", "open", "sha256-b", ("a",)),
        (1, CHANGE.branch, "main", "open", "sha256-a", ("a",)),
    ]
    assert forge.requests("promptci/release/") == ()
    assert [forge.close(1, "The base has it.").operation for _ in range(2)] == ["closed", "none"]
    [closed] = forge.requests("promptci/main/", "closed")
    assert (closed.number, closed.state, closed.by_us, closed.content) == (1, "closed", True, "sha256-a")
    assert forge.propose(CHANGE).number == 3


@pytest.mark.parametrize("state", ["closed", "merged"])
def test_what_people_closed_is_not_offered_again_and_what_they_merged_may_be(kept: Kept, state: str) -> None:
    forge, put = kept
    forge.propose(CHANGE)
    put(1, state)
    again = forge.propose(replace(CHANGE, body="Newer"))
    assert (again.operation, again.declined) == (("none", True) if state == "closed" else ("created", False))
    assert forge.propose(replace(CHANGE, content="sha256-c")).operation in ("created", "updated")


def test_comments_issues_and_checks_are_one_each(kept: Kept) -> None:
    forge, _ = kept
    forge.propose(CHANGE)
    done = [forge.comment(1, text, marker="check").operation for text in ("a", "a", "b")]
    assert done == ["created", "none", "updated"]
    assert [forge.issue("Weekly", text, marker="weekly").operation for text in ("a", "a", "b")] == [
        "created", "none", "updated",
    ]  # fmt: skip
    check = Check("c" * 40, "promptci", "neutral", "not measured", "| a |")
    assert forge.check(check).operation == "created"
    forge.check(replace(check, conclusion="failure"))
    with pytest.raises(ValueError, match="a marker is"):
        forge.comment(1, "x", marker="../../x")


@pytest.mark.parametrize("act", ["close", "comment", "remarks"])
def test_a_request_that_is_not_there_is_an_error_or_a_note(kept: Kept, act: str) -> None:
    forge, _ = kept
    if act == "comment":
        try:
            assert forge.comment(77, "x", marker="check").operation in ("none", "created")
        except ForgeError:
            return
    elif act == "close":
        with pytest.raises(ForgeError):
            forge.close(77, "x")
    else:
        try:
            assert forge.remarks(77) == ()
        except ForgeError:
            return


def test_nowhere_takes_everything_and_trusts_nobody() -> None:
    forge = NoForge()
    assert forge.propose(CHANGE) == Proposal("none", None, None, CHANGE.branch)
    assert {forge.comment(1, "x", marker="m").operation, forge.issue("t", "b", marker="m").operation} == {"none"}
    assert forge.check(Check("c", "n", "success", "t", "s")).operation == forge.close(1, "x").operation == "none"
    assert (forge.requests(""), forge.remarks(1), forge.approvals(1, "l")) == ((), (), ())
    assert (forge.access("ada"), forge.signed("p", {}, "m"), forge.vouched("c")) == ("unknown", None, None)


class TestLocal:
    """What only files can show."""

    @pytest.fixture
    def forge(self, tmp_path: Path) -> LocalForge:
        forge = LocalForge(tmp_path / "origin.pulls")
        forge.propose(replace(CHANGE, reviewers=("ada",), assignees=("bob",)))
        return forge

    def test_all_that_was_asked_for_is_in_the_file(self, forge: LocalForge) -> None:
        text = next(forge.directory.glob("0001-*.md")).read_text()
        assert 'reviewers: ["ada"]\nassignees: ["bob"]\ncontent: "sha256-a"\n' in text
        forge.close(1, "The base\nhas it.")
        text = next(forge.directory.glob("0001-*.md")).read_text()
        assert 'state: "closed"' in text
        assert 'closed_by: "promptci"\nreason: "The base\\nhas it."\n' in text

    def test_labels_that_people_put_there_stay_and_approve(self, forge: LocalForge) -> None:
        path = next(forge.directory.glob("0001-*.md"))
        path.write_text(path.read_text().replace('labels: ["a"]', 'labels: ["a", "accept"]'))
        forge.propose(replace(CHANGE, body="Newer"))
        assert [(a.label, a.access) for a in forge.approvals(1, "accept")] == [("accept", "write")]
        assert forge.approvals(1, "other") == ()
        assert forge.access("anybody") == "write"

    def test_what_people_lay_beside_it_is_read(self, forge: LocalForge) -> None:
        place = forge.directory / "0001" / "remarks"
        place.mkdir(parents=True)
        (place / "ada.md").write_text('---\npath: "prompts/triage.md"\nline: 3\n---\n\nKeep this.\n')
        (place / "bob.md").write_text("promptci: shorter\n")
        said = [(r.author, r.body, r.path, r.line) for r in forge.remarks(1)]
        assert said == [("ada", "Keep this.", "prompts/triage.md", 3), ("bob", "promptci: shorter", None, None)]

    def test_the_files_of_one_story(self, forge: LocalForge) -> None:
        forge.comment(1, "text", marker="check")
        forge.issue("Weekly", "text", marker="weekly")
        forge.check(Check("c" * 40, "prompt ci/x", "failure", "t", "s"))
        names = sorted(p.relative_to(forge.directory).as_posix() for p in forge.directory.rglob("*.md"))
        assert names == [
            "0001-promptci-main-triage.md", "0001/comments/check.md", f"checks/{'c' * 40}-prompt-ci-x.md",
            "issues/weekly.md",
        ]  # fmt: skip
        (forge.directory / "issues/weekly.md").write_text('---\nstate: "closed"\n---\n')
        assert forge.issue("Weekly", "next", marker="weekly").url == (forge.directory / "issues/weekly-2.md").as_uri()


class TestMarks:
    @pytest.mark.parametrize("value", ["a", "x-->y", "<!-- -->", '"', "\\", "ü", "a\nb", "--" * 50])
    def test_facts_come_back_and_end_no_comment(self, value: str) -> None:
        body = stamped("text\n", {"content": value})
        assert facts_in(body) == {"content": value}
        assert body.rpartition("\n")[2].count("-->") == 1
        assert stamped(body, {"content": value}) == body

    def test_a_long_body_keeps_its_mark(self) -> None:
        body = stamped("x" * 200_000, {"content": "a"})
        assert len(body) <= BODY_LIMIT
        assert facts_in(body) == {"content": "a"}

    @pytest.mark.parametrize(
        "body",
        ["", "text", "<!-- promptci: {} -->", '<!-- promptci: {"schema": 2, "content": "a"} -->',
         "<!-- promptci: {bad} -->", '<!-- promptci: {"schema": 1, "content": "a"} -->\nmore'],
    )  # fmt: skip
    def test_what_is_not_our_mark_is_none(self, body: str) -> None:
        assert facts_in(body) == {}

    def test_text_without_facts_is_only_capped(self) -> None:
        assert stamped("a\r\nb", {}) == capped("a\r\nb") == "a\nb"
        assert unstamped(stamped("a", {"content": "x"})) == "a"
