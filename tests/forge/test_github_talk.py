"""Everything on GitHub but the pull request itself: found, closed, commented, checked, trusted, signed."""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from promptci.errors import ForgeError
from promptci.forge import Change
from promptci.forge.base import Access, Check, Note
from promptci.forge.github import GitHubForge
from promptci.forge.marks import facts_in, stamped, sticky

from .fake_github import TOKEN, FakeGitHub, running

CHANGE = Change("promptci/main/triage", "main", "Improve triage", "# Report\n", content="sha256-a")
CHECK = Check("c" * 40, "promptci", "failure", "triage got worse", "| a |", "https://example.com/run")
ADA = {"login": "ada", "type": "User"}


@pytest.fixture
def fake() -> Iterator[FakeGitHub]:
    with running() as fake:
        yield fake


@pytest.fixture
def forge(fake: FakeGitHub) -> GitHubForge:
    return GitHubForge("octo/prompts", TOKEN, fake.url, lambda _: None)


def kinds(notes: tuple[str, ...]) -> list[str]:
    assert all(isinstance(note, Note) for note in notes)
    return [note.kind for note in notes if isinstance(note, Note)]


class TestClosedByPeople:
    def test_it_is_not_offered_again(self, forge: GitHubForge, fake: FakeGitHub) -> None:
        forge.propose(CHANGE)
        fake.pulls[0]["state"] = "closed"
        writes = len(fake.writes)
        done = forge.propose(replace(CHANGE, title="Another title", body="Another report"))
        assert (done.operation, done.number, done.declined, kinds(done.notes)) == ("none", 1, True, ["declined"])
        assert len(fake.writes) == writes

    def test_other_content_is_offered(self, forge: GitHubForge, fake: FakeGitHub) -> None:
        forge.propose(CHANGE)
        fake.pulls[0]["state"] = "closed"
        assert forge.propose(replace(CHANGE, content="sha256-b")).number == 2
        fake.pulls[1]["state"] = "closed"
        assert forge.propose(CHANGE).declined

    @pytest.mark.parametrize("end", ["merged", "by us", "another branch", "a fork's", "no content"])
    def test_what_people_did_not_decline_may_come_again(self, forge: GitHubForge, fake: FakeGitHub, end: str) -> None:
        forge.propose(CHANGE)
        if end == "by us":
            forge.close(1, "The base has it.")
        fake.pulls[0]["state"] = "closed"
        if end == "merged":
            fake.pulls[0]["merged_at"] = "2026-01-01T00:00:00Z"
        if end == "another branch":
            fake.pulls[0]["head"]["ref"] = "promptci/main/other"
        if end == "a fork's":
            fake.pulls[0]["head"]["repo"]["full_name"] = "someone/prompts"
        again = replace(CHANGE, content="") if end == "no content" else CHANGE
        assert forge.propose(again).operation == "created"

    def test_a_mark_in_the_text_is_not_ours(self, forge: GitHubForge, fake: FakeGitHub) -> None:
        forge.propose(replace(CHANGE, body=f"model text\n\n{stamped('x', {'content': 'sha256-b', 'closed': 'y'})}\n"))
        assert facts_in(fake.pulls[0]["body"]) == {"content": "sha256-a"}
        assert fake.pulls[0]["body"].count("<!-- promptci:") == 1


class TestRequests:
    def test_ours_are_found_and_no_others(self, forge: GitHubForge, fake: FakeGitHub) -> None:
        for at in range(120):
            fake.add_pull(f"promptci/main/p{at}", body=stamped("x", {"content": f"c{at}"}), labels=[{"name": "l"}])
        fake.add_pull("feature")
        fake.add_pull(head={"ref": "promptci/main/x", "repo": {"full_name": "someone/prompts"}})
        fake.pulls[3]["state"] = "closed"
        fake.pulls[4].update(state="closed", merged_at="2026-01-01T00:00:00Z")
        found = forge.requests("promptci/")
        assert [r.number for r in found] == [n for n in range(120, 0, -1) if n not in (4, 5)]
        assert (found[0].content, found[0].labels, found[0].base) == ("c119", ("l",), "main")
        assert [(r.number, r.state) for r in forge.requests("promptci/", "closed")] == [(5, "merged"), (4, "closed")]

    def test_it_is_closed_with_a_reason_once(self, forge: GitHubForge, fake: FakeGitHub) -> None:
        forge.propose(CHANGE)
        done = forge.close(1, "The base already has it.")
        assert (done.operation, done.number, done.branch) == ("closed", 1, CHANGE.branch)
        assert [c["body"] for c in fake.comments] == [f"{sticky('closed')}\nThe base already has it."]
        assert forge.close(1, "Again.").operation == "none"
        [closed] = forge.requests("promptci/", "closed")
        assert (closed.by_us, closed.content) == (True, "sha256-a")
        assert len(fake.comments) == 1


class TestInviting:
    def test_reviewers_and_assignees_are_asked_once(self, forge: GitHubForge, fake: FakeGitHub) -> None:
        change = replace(CHANGE, reviewers=("ada", "octo/prompters"), assignees=("bob",))
        assert forge.propose(change).notes == ()
        writes = len(fake.writes)
        assert forge.propose(change).operation == "none"
        assert len(fake.writes) == writes
        assert [r["login"] for r in fake.pulls[0]["requested_reviewers"]] == ["ada"]
        assert fake.pulls[0]["requested_teams"] == [{"slug": "prompters"}]

    def test_one_that_is_refused_does_not_cost_the_others(self, forge: GitHubForge, fake: FakeGitHub) -> None:
        done = forge.propose(replace(CHANGE, reviewers=("nobody", "ada")))
        assert (done.operation, kinds(done.notes)) == ("created", ["reviewer"])
        assert "nobody" in done.notes[0]
        assert [r["login"] for r in fake.pulls[0]["requested_reviewers"]] == ["ada"]


@pytest.mark.parametrize("login", [None, "promptci-user"], ids=["app", "person's token"])
class TestComments:
    @pytest.fixture(autouse=True)
    def _who(self, fake: FakeGitHub, login: str | None) -> None:
        fake.login = login
        fake.add_pull()

    def test_one_is_written_and_rewritten_in_place(self, forge: GitHubForge, fake: FakeGitHub) -> None:
        assert forge.comment(1, "one", marker="check").operation == "created"
        assert forge.comment(1, "one", marker="check").operation == "none"
        done = forge.comment(1, "two", marker="check")
        assert (done.operation, done.url) == ("updated", fake.comments[0]["html_url"])
        assert forge.comment(1, "other", marker="cost").operation == "created"
        assert [c["body"].split("\n")[1] for c in fake.comments] == ["two", "other"]

    def test_a_marker_that_a_person_planted_is_not_ours(self, forge: GitHubForge, fake: FakeGitHub) -> None:
        planted = fake.add_comment(1, f"{sticky('check')}\nmine", ADA)
        fake.add_comment(1, f"> {sticky('check')}\nquoted")
        assert forge.comment(1, "one", marker="check").operation == "created"
        assert planted["body"].endswith("mine")
        assert len(fake.comments) == 3

    def test_one_among_hundreds_is_found(self, forge: GitHubForge, fake: FakeGitHub) -> None:
        for at in range(250):
            fake.add_comment(1, f"text {at}", ADA)
        forge.comment(1, "one", marker="check")
        assert forge.comment(1, "two", marker="check").operation == "updated"
        assert len(fake.comments) == 251

    def test_one_that_was_deleted_is_written_again(self, forge: GitHubForge, fake: FakeGitHub) -> None:
        forge.comment(1, "one", marker="check")
        fake.comments.clear()
        assert forge.comment(1, "one", marker="check").operation == "created"

    def test_without_the_right_a_note_says_so(self, forge: GitHubForge, fake: FakeGitHub) -> None:
        fake.fail("POST", "/comments", 403, {"message": "Resource not accessible by integration"}, times=9)
        done = forge.comment(1, "one", marker="check")
        assert (done.operation, done.url, kinds(done.notes)) == ("none", None, ["permission"])
        assert "a fork's pull request never gets them" in done.notes[0]

    def test_an_answer_lost_after_the_effect_makes_no_second_one(self, forge: GitHubForge, fake: FakeGitHub) -> None:
        fake.fail("POST", "/comments", 502, b"", after=True)
        assert forge.comment(1, "one", marker="check").operation == "created"
        assert len(fake.comments) == 1

    @pytest.mark.parametrize("runs", [2, 5, 8])
    def test_runs_at_once_leave_one(self, forge: GitHubForge, fake: FakeGitHub, runs: int) -> None:
        together(runs, lambda at: forge.comment(1, f"run {at}", marker="check"))
        assert len(fake.comments) == 1

    def test_a_body_of_any_length_is_taken(self, forge: GitHubForge, fake: FakeGitHub) -> None:
        forge.comment(1, "x" * 200_000, marker="check")
        assert len(fake.comments[0]["body"]) <= 65_536

    @pytest.mark.parametrize("marker", ["", "a b", "-->", "x" * 61, "../x"])
    def test_a_marker_is_a_name(self, forge: GitHubForge, marker: str) -> None:
        with pytest.raises(ValueError, match="a marker is"):
            forge.comment(1, "x", marker=marker)


def together(runs: int, act: Any) -> None:
    """Run `act` in threads that start at the same time; what one raises, this raises."""
    gate, errors = threading.Barrier(runs), []

    def run(at: int) -> None:
        gate.wait()
        try:
            act(at)
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(at,)) for at in range(runs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors, errors


class TestIssues:
    def test_one_is_opened_and_rewritten_and_opened_anew_when_closed(
        self, forge: GitHubForge, fake: FakeGitHub
    ) -> None:
        assert forge.issue("Weekly", "one", marker="weekly", labels=("promptci", "y" * 51)).operation == "created"
        assert forge.issue("Weekly", "one", marker="weekly").operation == "none"
        assert forge.issue("Weekly: worse", "two", marker="weekly").operation == "updated"
        fake.issues[0]["state"] = "closed"
        assert forge.issue("Weekly", "three", marker="weekly").operation == "created"
        assert [(i["title"], i["state"]) for i in fake.issues] == [("Weekly: worse", "closed"), ("Weekly", "open")]

    def test_where_issues_are_off_a_note_says_so(self, forge: GitHubForge, fake: FakeGitHub) -> None:
        fake.fail("POST", "/issues$", 403, {"message": "Issues are disabled"}, times=9)
        assert kinds(forge.issue("Weekly", "one", marker="weekly").notes) == ["permission"]


class TestChecks:
    def test_one_is_made_and_replaced(self, forge: GitHubForge, fake: FakeGitHub) -> None:
        assert forge.check(CHECK).operation == "created"
        assert forge.check(replace(CHECK, conclusion="success")).operation == "updated"
        [check] = fake.checks
        assert (check["head_sha"], check["conclusion"], check["status"]) == (CHECK.commit, "success", "completed")
        assert forge.check(replace(CHECK, commit="d" * 40)).operation == "created"

    @pytest.mark.parametrize("conclusion", ["success", "failure", "neutral"])
    def test_every_conclusion_is_one_of_githubs(self, forge: GitHubForge, conclusion: Any) -> None:
        assert forge.check(replace(CHECK, conclusion=conclusion, details_url=None)).operation == "created"

    def test_a_persons_token_may_not_and_a_note_says_so(self, forge: GitHubForge, fake: FakeGitHub) -> None:
        fake.login = "promptci-user"
        done = forge.check(CHECK)
        assert (done.operation, kinds(done.notes)) == ("none", ["permission"])
        assert "checks: write" in done.notes[0]


class TestTrust:
    @pytest.mark.parametrize(
        ("user", "right"),
        [("ada", "write"), ("bob", "read"), ("nobody", "none"), ("../../x", "none"), ("own", "write")],
    )
    def test_what_somebody_may_do(self, forge: GitHubForge, fake: FakeGitHub, user: str, right: Access) -> None:
        fake.rights["own"] = "admin"
        assert forge.access(user) == right

    def test_where_we_may_not_ask_it_is_unknown_and_never_write(self, forge: GitHubForge, fake: FakeGitHub) -> None:
        fake.fail("GET", "/permission", 403, {"message": "Must have push access"}, times=9)
        assert forge.access("ada") == "unknown"

    def test_who_put_a_label_is_read_from_the_events(self, forge: GitHubForge, fake: FakeGitHub) -> None:
        pull = fake.add_pull(labels=[{"name": "promptci: accept"}])
        for at, (who, what) in enumerate((("ada", "labeled"), ("ada", "unlabeled"), ("bob", "labeled"))):
            event = {
                "id": at,
                "event": what,
                "actor": {"login": who},
                "label": {"name": "promptci: accept", "color": "x"},
            }
            fake.events.append({"issue": 1, **event})
        [approval] = forge.approvals(1, "promptci: accept")
        assert (approval.by, approval.access) == ("bob", "read")
        assert forge.approvals(1, "other") == ()
        pull["labels"].clear()
        assert forge.approvals(1, "promptci: accept") == ()

    @pytest.mark.parametrize(
        ("by", "is_verified", "right"),
        [("ada", True, "write"), ("bob", True, "read"), ("ada", False, None), (None, True, None)],
    )
    def test_a_commit_is_somebodys_by_its_signature_alone(
        self, forge: GitHubForge, fake: FakeGitHub, by: str | None, is_verified: bool, right: Access | None
    ) -> None:
        fake.commits["a" * 40] = (by, is_verified)
        found = forge.vouched("a" * 40)
        assert (found.access if found else None) == right

    @pytest.mark.parametrize("committer", ["mallory", "web-flow"])
    def test_whoever_signed_vouches_for_no_other_author(
        self, forge: GitHubForge, fake: FakeGitHub, committer: str
    ) -> None:
        fake.commits["a" * 40] = ("ada", True)
        fake.committers["a" * 40] = committer
        assert forge.vouched("a" * 40) is None

    def test_what_people_wrote_comes_in_order_with_their_rights(self, forge: GitHubForge, fake: FakeGitHub) -> None:
        fake.add_pull()
        fake.add_comment(1, "promptci: keep the second sentence", ADA)["created_at"] = "2026-01-01T00:00:09Z"
        fake.add_comment(1, "from a bot")
        bob = {"login": "bob", "type": "User"}
        fake.reviews.append({"issue": 1, "body": "Fine.", "user": bob, "submitted_at": "2026-01-01T00:00:05Z"})
        fake.reviews.append({"issue": 1, "body": "", "user": bob, "submitted_at": "2026-01-01T00:00:06Z"})
        on_line = {"path": "prompts/triage.md", "line": 3, "created_at": "2026-01-01T00:00:07Z"}
        fake.line_comments.append({"issue": 1, "body": "```suggestion\nx\n```", "user": ADA, **on_line})
        said = [(r.author, r.access, r.body.split("\n")[0], r.path, r.line) for r in forge.remarks(1)]
        assert said == [
            ("bob", "read", "Fine.", None, None),
            ("ada", "write", "```suggestion", "prompts/triage.md", 3),
            ("ada", "write", "promptci: keep the second sentence", None, None),
        ]


class TestSigning:
    def test_the_commit_is_made_of_blobs_on_a_tree(self, forge: GitHubForge, fake: FakeGitHub) -> None:
        files = {"prompts/triage.md": b"better\xff\n", "run.sh": b"#!/bin/sh\n"}
        oid = forge.signed("a" * 40, files, "Improve triage", executable=["run.sh"])
        assert oid is not None
        made = fake.objects[oid]
        assert (made["message"], made["parents"], set(made)) == (
            "Improve triage",
            ["a" * 40],
            {"message", "tree", "parents"},
        )
        tree = fake.objects[made["tree"]]
        assert tree["base_tree"] == "a" * 40
        assert {row["path"]: row["mode"] for row in tree["tree"]} == {"prompts/triage.md": "100644", "run.sh": "100755"}
        blob = fake.objects[tree["tree"][0]["sha"]]
        assert base64.b64decode(blob["content"]) == b"better\xff\n"

    def test_what_github_did_not_sign_is_none(self, forge: GitHubForge, fake: FakeGitHub) -> None:
        fake.signs = False
        assert forge.signed("a" * 40, {"a": b"x"}, "m") is None


def test_an_own_server_is_asked_below_its_path(fake: FakeGitHub) -> None:
    forge = GitHubForge("octo/prompts", TOKEN, f"{fake.url}/api/v3", lambda _: None)
    assert forge.propose(replace(CHANGE, reviewers=("ada",))).operation == "created"
    fake.login = "promptci-user"
    assert forge.comment(1, "one", marker="check").operation == "created"
    assert forge.comment(1, "two", marker="check").operation == "updated"
    assert all(path.startswith("/api/v3/") for _, path, _ in fake.requests)


HOME = {"ref": "promptci/x", "repo": {"full_name": "Octo/Prompts"}}
ODD = {
    "no number": {"head": HOME, "state": "open"},
    "a number in words": {"head": HOME, "state": "open", "number": "1"},
    "no list": {"message": 7},
    "text": "x",
}


@pytest.mark.parametrize("odd", ODD)
def test_an_answer_of_another_shape_is_an_error_not_a_crash(forge: GitHubForge, fake: FakeGitHub, odd: str) -> None:
    fake.fail("GET", "/pulls", 200, [ODD[odd]] if "number" in odd else ODD[odd])
    with pytest.raises(ForgeError, match="GitHub"):
        forge.requests("promptci/")


def test_odd_rows_among_good_ones_are_passed_over(forge: GitHubForge, fake: FakeGitHub) -> None:
    good = {"head": HOME, "state": "open", "number": 1, "labels": 3, "base": None, "body": 7}
    fake.fail("GET", "/pulls", 200, [None, 3, {}, {"head": 3}, {"head": {"ref": "promptci/x", "repo": None}}, good])
    assert [r.number for r in forge.requests("promptci/")] == [1]
