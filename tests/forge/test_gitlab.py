"""GitLab's merge requests, against a fake that keeps state: one per branch, whatever goes wrong on the way."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from promptci.errors import ForgeError
from promptci.forge import Change, forge_for, forge_name
from promptci.forge.base import Access, Check, Note
from promptci.forge.gitlab import GitLabForge
from promptci.forge.marks import sticky

from .fake_gitlab import PROJECT, TOKEN, FakeGitLab, running
from .test_github_talk import together

CHANGE = Change(
    "promptci/main/triage", "main", "Improve triage", "# Report\n", labels=("promptci",), reviewers=("ada",),
    assignees=("bob",), content="sha256-a",
)  # fmt: skip


@pytest.fixture
def fake() -> Iterator[FakeGitLab]:
    with running() as fake:
        yield fake


@pytest.fixture
def forge(fake: FakeGitLab) -> GitLabForge:
    return GitLabForge(PROJECT, TOKEN, fake.url, lambda _: None)


def kinds(notes: tuple[str, ...]) -> list[str]:
    return [note.kind for note in notes if isinstance(note, Note)]


class TestProposing:
    def test_a_new_branch_gets_a_merge_request_with_all_that_was_asked_for(
        self, forge: GitLabForge, fake: FakeGitLab
    ) -> None:
        done = forge.propose(CHANGE)
        assert (done.operation, done.number, done.notes) == ("created", 1, ())
        assert done.url == f"https://gitlab.com/{PROJECT}/-/merge_requests/1"
        [pull] = fake.open
        assert (pull["title"], pull["labels"]) == ("Improve triage", ["promptci"])
        assert [u["username"] for key in ("reviewers", "assignees") for u in pull[key]] == ["ada", "bob"]

    def test_the_same_again_writes_nothing(self, forge: GitLabForge, fake: FakeGitLab) -> None:
        forge.propose(CHANGE)
        writes = len(fake.writes)
        assert forge.propose(CHANGE).operation == "none"
        assert len(fake.writes) == writes

    def test_a_newer_report_updates_it_in_place_and_keeps_what_people_set(
        self, forge: GitLabForge, fake: FakeGitLab
    ) -> None:
        forge.propose(CHANGE)
        fake.pulls[0]["labels"].append("theirs")
        fake.pulls[0]["reviewers"].append(fake.user("dev"))
        done = forge.propose(replace(CHANGE, title="Newer", body="Newer"))
        assert (done.operation, done.number, len(fake.pulls)) == ("updated", 1, 1)
        assert fake.pulls[0]["labels"] == ["promptci", "theirs"]
        assert [u["username"] for u in fake.pulls[0]["reviewers"]] == ["ada", "dev"]

    def test_a_draft_stays_one_until_a_person_makes_it_ready(self, forge: GitLabForge, fake: FakeGitLab) -> None:
        forge.propose(replace(CHANGE, draft=True))
        assert fake.pulls[0]["title"] == "Draft: Improve triage"
        assert forge.propose(replace(CHANGE, draft=True)).operation == "none"
        assert forge.requests("promptci/")[0].draft
        fake.pulls[0]["title"] = "Improve triage"
        forge.propose(replace(CHANGE, draft=True, title="Newer"))
        assert fake.pulls[0]["title"] == "Newer"

    def test_merge_requests_of_others_are_never_touched(self, forge: GitLabForge, fake: FakeGitLab) -> None:
        fake.add_pull("feature")
        fake.add_pull(source_project_id=8)
        fake.add_pull(source_project_id=None)
        before = [dict(p) for p in fake.pulls]
        assert forge.propose(CHANGE).number == 4
        assert fake.pulls[:3] == before

    @pytest.mark.parametrize("end", ["people", "us", "merged"])
    def test_what_people_closed_is_not_offered_again(self, forge: GitLabForge, fake: FakeGitLab, end: str) -> None:
        forge.propose(CHANGE)
        if end == "us":
            forge.close(1, "The base has it.")
        fake.pulls[0]["state"] = "merged" if end == "merged" else "closed"
        done = forge.propose(CHANGE)
        assert (done.operation, done.declined) == (("none", True) if end == "people" else ("created", False))
        assert forge.propose(replace(CHANGE, content="sha256-b")).number == 2

    def test_someone_who_opens_it_between_list_and_create_wins(self, forge: GitLabForge, fake: FakeGitLab) -> None:
        def race() -> None:
            if not fake.pulls:
                fake.add_pull(title="Faster")

        fake.before_create = race
        done = forge.propose(CHANGE)
        assert (done.operation, done.number, len(fake.pulls)) == ("updated", 1, 1)

    def test_people_whom_gitlab_does_not_know_are_a_note(self, forge: GitLabForge) -> None:
        done = forge.propose(replace(CHANGE, reviewers=("nobody", "ada"), assignees=("nobody",)))
        assert (done.operation, kinds(done.notes)) == ("created", ["reviewer", "assignee"])

    @pytest.mark.parametrize(
        ("change", "hint"),
        [({"branch": "gone"}, "was it pushed"), ({"base": "gone"}, "target branch is not on GitLab")],
        ids=["branch", "base"],
    )
    def test_a_refusal_says_what_to_do(self, forge: GitLabForge, change: dict[str, Any], hint: str) -> None:
        with pytest.raises(ForgeError, match=hint):
            forge.propose(replace(CHANGE, **change))

    def test_no_line_of_ours_is_an_order(self, forge: GitLabForge, fake: FakeGitLab) -> None:
        text = "/approve\n\n```\n/merge\n```\n  /close\n/assign @all\na/b\n- /x"
        forge.propose(replace(CHANGE, body=text, title="/merge"))
        forge.comment(1, text, marker="check")
        forge.issue("/close", text, marker="weekly")
        forge.close(1, "/reopen")
        assert {order for order in fake.orders if order not in ("/merge", "/close")} == set()
        assert "\\/approve" in fake.pulls[0]["description"]
        assert "a/b\n- /x" in fake.pulls[0]["description"]


class TestTalking:
    @pytest.fixture(autouse=True)
    def _one(self, fake: FakeGitLab) -> None:
        fake.add_pull()

    def test_one_note_is_written_and_rewritten_in_place(self, forge: GitLabForge, fake: FakeGitLab) -> None:
        planted = fake.add_note(1, f"{sticky('check')}\nmine", "ada")
        assert [forge.comment(1, x, marker="check").operation for x in ("a", "a", "b")] == [
            "created",
            "none",
            "updated",
        ]
        assert planted["body"].endswith("mine")
        assert fake.notes[1]["body"].endswith("\nb")

    @pytest.mark.parametrize("runs", [2, 8])
    def test_runs_at_once_leave_one(self, forge: GitLabForge, fake: FakeGitLab, runs: int) -> None:
        together(runs, lambda at: forge.comment(1, f"run {at}", marker="check"))
        assert len(fake.notes) == 1

    def test_without_the_right_a_note_says_so(self, forge: GitLabForge, fake: FakeGitLab) -> None:
        fake.fail("POST", "/notes", 403, {"message": "403 Forbidden"}, times=9)
        done = forge.comment(1, "x", marker="check")
        assert kinds(done.notes) == ["permission"]
        assert "role Developer" in done.notes[0]

    def test_one_issue_is_opened_and_rewritten(self, forge: GitLabForge, fake: FakeGitLab) -> None:
        done = [forge.issue("Weekly", x, marker="weekly", labels=("a",)).operation for x in ("a", "a", "b")]
        assert done == ["created", "none", "updated"]
        fake.issues[0]["state"] = "closed"
        assert forge.issue("Weekly", "c", marker="weekly").operation == "created"

    @pytest.mark.parametrize(
        ("conclusion", "state"), [("success", "success"), ("failure", "failed"), ("neutral", "skipped")]
    )
    def test_a_verdict_becomes_a_status_and_no_neutral_one_is_green(
        self, forge: GitLabForge, fake: FakeGitLab, conclusion: Any, state: str
    ) -> None:
        forge.check(Check("c" * 40, "promptci", conclusion, "title", "summary"))
        assert [s["status"] for s in fake.statuses] == [state]

    def test_what_people_wrote_comes_with_their_rights(self, forge: GitLabForge, fake: FakeGitLab) -> None:
        fake.add_note(1, "approved this merge request", "ada", system=True)
        fake.add_note(1, "promptci: keep the second sentence", "dev")
        fake.add_note(1, "from us")
        fake.add_note(1, "here", "bob", type="DiffNote", position={"new_path": "prompts/triage.md", "new_line": 3})
        said = [(r.author, r.access, r.body, r.path, r.line) for r in forge.remarks(1)]
        assert said == [
            ("dev", "write", "promptci: keep the second sentence", None, None),
            ("bob", "read", "here", "prompts/triage.md", 3),
        ]


class TestTrust:
    @pytest.mark.parametrize(
        ("user", "right"),
        [("ada", "write"), ("dev", "write"), ("bob", "read"), ("guest", "read"), ("blocked", "none"),
         ("stranger", "none"), ("nobody", "none"), ("../x", "none")],
    )  # fmt: skip
    def test_what_somebody_may_do(self, forge: GitLabForge, user: str, right: Access) -> None:
        assert forge.access(user) == right

    def test_where_we_may_not_ask_it_is_unknown(self, forge: GitLabForge, fake: FakeGitLab) -> None:
        fake.fail("GET", "/members", 403, {"message": "403 Forbidden"}, times=9)
        assert forge.access("ada") == "unknown"

    def test_who_put_a_label_is_read_from_the_events(self, forge: GitLabForge, fake: FakeGitLab) -> None:
        fake.add_pull()
        for at, (who, what) in enumerate((("ada", "add"), ("ada", "remove"), ("bob", "add"))):
            event = {"id": at, "user": fake.user(who), "action": what, "label": {"name": "accept"}}
            fake.events.append({"request": 1, **event})
        [approval] = forge.approvals(1, "accept")
        assert (approval.by, approval.access) == ("bob", "read")
        assert forge.approvals(1, "other") == ()
        fake.events.append(
            {"request": 1, "id": 9, "user": fake.user("ada"), "action": "remove", "label": {"name": "accept"}}
        )
        assert forge.approvals(1, "accept") == ()


def test_ours_are_found_and_no_others(forge: GitLabForge, fake: FakeGitLab) -> None:
    for at in range(120):
        fake.add_pull(f"promptci/main/p{at}")
    fake.add_pull("feature")
    fake.add_pull("promptci/main/fork", source_project_id=8)
    fake.pulls[3]["state"], fake.pulls[4]["state"] = "closed", "merged"
    assert [r.number for r in forge.requests("promptci/")] == [n for n in range(120, 0, -1) if n not in (4, 5)]
    assert [(r.number, r.state) for r in forge.requests("promptci/", "closed")] == [(5, "merged"), (4, "closed")]


class TestWhere:
    @pytest.mark.parametrize(
        "url",
        ["https://gitlab.com/octo/team/prompts.git", "git@gitlab.com:octo/team/prompts.git",
         "ssh://git@gitlab.com:22/octo/team/prompts", "ssh://git@altssh.gitlab.com:443/octo/team/prompts.git"],
    )  # fmt: skip
    def test_the_project_is_read_from_the_remote(self, url: str) -> None:
        forge = forge_for(url, {"GITLAB_TOKEN": TOKEN})
        assert isinstance(forge, GitLabForge)
        assert forge.project == PROJECT

    def test_in_a_job_it_is_the_jobs_own(self) -> None:
        env = {"CI_PROJECT_ID": "7", "CI_API_V4_URL": "https://git.example/gitlab/api/v4", "GITLAB_TOKEN": TOKEN}
        forge = forge_for("https://git.example/gitlab/o/r.git", {**env, "CI_SERVER_URL": "https://git.example/gitlab"})
        assert isinstance(forge, GitLabForge)
        assert (forge.project, forge.api_url) == ("7", "https://git.example/gitlab/api/v4")

    def test_githubs_token_is_not_given_to_gitlab(self) -> None:
        env = {"GITHUB_TOKEN": "ghp_x", "CI_JOB_TOKEN": "job"}
        with pytest.raises(ForgeError, match="no token to open a merge request") as caught:
            forge_for("https://gitlab.com/o/r", env, token="ghp_x")
        assert "GITLAB_TOKEN" in str(caught.value)

    @pytest.mark.parametrize("url", ["https://gitlab.com/", "https://gitlab.com/o"])
    def test_a_url_without_a_project(self, url: str) -> None:
        with pytest.raises(ForgeError, match="no path of a GitLab project"):
            forge_for(url, {"GITLAB_TOKEN": TOKEN})

    def test_a_token_is_not_sent_in_the_clear(self) -> None:
        with pytest.raises(ForgeError, match="over https only"):
            forge_for("https://gitlab.com/o/r", {"GITLAB_TOKEN": TOKEN, "CI_API_V4_URL": "http://gitlab.com/api/v4"})

    @pytest.mark.parametrize("host", ["gitlab.com.evil.example", "evilgitlab.com", "gitlab.example"])
    def test_another_host_is_no_gitlab(self, host: str) -> None:
        with pytest.raises(ForgeError, match="GITLAB_HOST"):
            forge_name(f"https://{host}/o/r", {})
        assert forge_name(f"https://{host}/o/r", {"GITLAB_HOST": host}) == "gitlab"

    def test_the_token_shows_nowhere(self, forge: GitLabForge, fake: FakeGitLab) -> None:
        assert TOKEN not in repr(forge)
        for status in (400, 401, 403, 503, 0):
            fake.faults.clear()
            fake.fail("GET", "/merge_requests", status, {"message": f"no {TOKEN}"}, times=99)
            with pytest.raises(ForgeError) as caught:
                forge.propose(CHANGE)
            assert TOKEN not in "".join(traceback.format_exception(caught.value))
