"""GitHub's pull requests, against a fake that keeps state: one per branch, whatever goes wrong on the way."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from promptci.errors import ForgeError
from promptci.forge import Change, Place, forge_for
from promptci.forge.github import BODY_LIMIT, MAX_WAIT_S, GitHubForge, capped

from .fake_github import REPOSITORY, TOKEN, FakeGitHub, exists, running

CHANGE = Change(
    "promptci/main/triage", "main", "Improve triage: 0.71 to 0.84", "# Report\n\n| score |\n", labels=("promptci",)
)


@pytest.fixture
def fake() -> Iterator[FakeGitHub]:
    with running() as fake:
        yield fake


@pytest.fixture
def waits() -> list[float]:
    """How long the forge would have slept."""
    return []


@pytest.fixture
def forge(fake: FakeGitHub, waits: list[float]) -> GitHubForge:
    return GitHubForge("octo/prompts", TOKEN, fake.url, waits.append)


def test_a_new_branch_gets_a_pull_request(forge: GitHubForge, fake: FakeGitHub) -> None:
    done = forge.propose(CHANGE)
    assert (done.operation, done.number, done.branch, done.notes) == ("created", 1, CHANGE.branch, ())
    assert done.url == f"https://github.com/{REPOSITORY}/pull/1"
    [pull] = fake.open
    assert (pull["title"], pull["body"].rstrip(), pull["draft"]) == (CHANGE.title, CHANGE.body.rstrip(), False)
    assert pull["labels"] == [{"name": "promptci"}]


def test_the_same_change_again_writes_nothing(forge: GitHubForge, fake: FakeGitHub) -> None:
    forge.propose(CHANGE)
    writes = len(fake.writes)
    again = forge.propose(CHANGE)
    assert (again.operation, again.number) == ("none", 1)
    assert len(fake.writes) == writes


def test_line_ends_that_github_changed_are_no_difference(forge: GitHubForge, fake: FakeGitHub) -> None:
    forge.propose(CHANGE)
    fake.pulls[0]["body"] = fake.pulls[0]["body"].replace("\n", "\r\n") + "\r\n"
    assert forge.propose(CHANGE).operation == "none"


def test_a_newer_report_updates_it_in_place(forge: GitHubForge, fake: FakeGitHub) -> None:
    forge.propose(CHANGE)
    done = forge.propose(replace(CHANGE, body="Newer", title="Newer title"))
    assert (done.operation, done.number) == ("updated", 1)
    assert [(p["title"], p["body"]) for p in fake.pulls] == [("Newer title", "Newer")]


def test_a_person_who_marked_it_ready_or_moved_its_base_is_respected(forge: GitHubForge, fake: FakeGitHub) -> None:
    forge.propose(replace(CHANGE, draft=True))
    assert fake.pulls[0]["draft"]
    fake.pulls[0].update(draft=False, base={"ref": "release"})
    assert forge.propose(replace(CHANGE, draft=True, body="Newer")).number == 1
    assert (fake.pulls[0]["draft"], fake.pulls[0]["base"]) == (False, {"ref": "release"})


def test_a_closed_one_is_left_alone_and_a_new_one_opened(forge: GitHubForge, fake: FakeGitHub) -> None:
    fake.add_pull(state="closed", body="old")
    assert forge.propose(CHANGE).number == 2
    assert fake.pulls[0]["body"] == "old"


def test_pull_requests_of_others_are_never_touched(forge: GitHubForge, fake: FakeGitHub) -> None:
    fake.add_pull(branch="feature", body="mine")
    fake.add_pull(
        head={"ref": CHANGE.branch, "repo": {"full_name": "someone/prompts"}}, base={"ref": "other"}, body="fork"
    )
    fake.add_pull(head={"ref": CHANGE.branch, "repo": None}, base={"ref": "gone"}, body="deleted fork")
    before = [dict(p) for p in fake.pulls]
    assert forge.propose(CHANGE).number == 4
    assert fake.pulls[:3] == before


def test_where_drafts_are_not_supported_it_is_opened_ready(forge: GitHubForge, fake: FakeGitHub) -> None:
    fake.drafts = False
    assert forge.propose(replace(CHANGE, draft=True)).operation == "created"
    assert len(fake.open) == 1


@pytest.mark.parametrize("hidden", [0, 1, 2])
def test_someone_who_opens_it_between_list_and_create_wins(forge: GitHubForge, fake: FakeGitHub, hidden: int) -> None:
    def race() -> None:
        if not fake.pulls:
            fake.add_pull(title="Faster", body="theirs")
            fake.lists_without_the_newest = hidden

    fake.before_create = race
    done = forge.propose(CHANGE)
    assert (done.operation, done.number) == ("updated", 1)
    assert [p["title"] for p in fake.open] == [CHANGE.title]


@pytest.mark.parametrize("status", [500, 502, 503, 504, 0])
@pytest.mark.parametrize("hidden", [0, 2])
def test_an_answer_lost_after_the_effect_makes_no_second_one(
    forge: GitHubForge, fake: FakeGitHub, waits: list[float], status: int, hidden: int
) -> None:
    fake.fail("POST", "/pulls$", status, b"<html>oops</html>", after=True)
    fake.before_create = lambda: setattr(fake, "lists_without_the_newest", 0 if fake.pulls else hidden)
    done = forge.propose(CHANGE)
    assert (done.operation, done.number) == ("created", 1)
    assert len(fake.pulls) == 1
    assert 0 < sum(waits) <= MAX_WAIT_S


@pytest.mark.parametrize("status", [500, 502, 0])
@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/pulls"), ("POST", "/pulls$"), ("PATCH", "/pulls/1"), ("POST", "/labels")]
)
def test_a_fault_that_passes_is_waited_out(
    forge: GitHubForge, fake: FakeGitHub, waits: list[float], method: str, path: str, status: int
) -> None:
    fake.fail(method, path, status, times=2)
    forge.propose(CHANGE)
    assert forge.propose(replace(CHANGE, body="Newer")).number == 1
    assert [(p["body"], p["labels"]) for p in fake.pulls] == [("Newer", [{"name": "promptci"}])]
    assert 0 < sum(waits) <= 2 * MAX_WAIT_S


@pytest.mark.parametrize(
    ("status", "headers", "message", "expected"),
    [
        (403, {"Retry-After": "7"}, "You have exceeded a secondary rate limit.", 7.0),
        (429, {"Retry-After": "3"}, "Too many requests", 3.0),
        (403, {}, "You have exceeded a secondary rate limit and have been temporarily blocked.", 60.0),
        (429, {}, "", 60.0),
        (429, {"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}, "", 60.0),
        (429, {"Retry-After": "-5"}, "", 60.0),
        (403, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1"}, "API rate limit exceeded", 1.0),
    ],
)
def test_a_rate_limit_is_waited_out_as_asked(
    forge: GitHubForge, fake: FakeGitHub, waits: list[float], status: int, headers: dict[str, str], message: str,
    expected: float,
) -> None:  # fmt: skip
    fake.fail("POST", "/pulls$", status, {"message": message}, headers=headers)
    assert forge.propose(CHANGE).operation == "created"
    assert waits[0] == expected


@pytest.mark.parametrize("path", ["/pulls", "/pulls$"])
def test_a_wait_beyond_the_cap_is_refused_with_its_length(
    forge: GitHubForge, fake: FakeGitHub, waits: list[float], path: str
) -> None:
    fake.fail(
        "GET" if path == "/pulls" else "POST", path, 429, {"message": "slow down"}, headers={"Retry-After": "900"}
    )
    with pytest.raises(ForgeError, match="429 slow down") as caught:
        forge.propose(CHANGE)
    assert "900 s" in str(caught.value)
    assert waits == []


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_fault_that_stays_ends_within_the_cap(
    forge: GitHubForge, fake: FakeGitHub, waits: list[float], method: str
) -> None:
    fake.fail(method, "/pulls", 503, {"message": "down"}, times=99)
    with pytest.raises(ForgeError, match="503 down") as caught:
        forge.propose(CHANGE)
    assert caught.value.exit_code == 3
    assert sum(waits) <= MAX_WAIT_S
    assert len(fake.requests) <= 12


REFUSALS: list[tuple[int, dict[str, Any], str]] = [
    (403, {"message": "GitHub Actions is not permitted to create or approve pull requests."},
     "Actions > General > Workflow permissions > 'Allow GitHub Actions to create and approve pull requests'"),
    (403, {"message": "Resource not accessible by integration"}, "permissions: pull-requests: write"),
    (401, {"message": "Bad credentials"}, "wrong or has expired"),
    (404, {"message": "Not Found"}, "may not see it"),
    (422, {"message": "Validation Failed", "errors": [{"message": "No commits between main and promptci/main/triage"}]},
     "holds nothing"),
    (422, {"message": "Validation Failed", "errors": [{"resource": "PullRequest", "field": "head", "code": "invalid"}]},
     "was it pushed"),
]  # fmt: skip


@pytest.mark.parametrize(("status", "body", "hint"), REFUSALS, ids=[str(r[2][:20]) for r in REFUSALS])
def test_a_refusal_says_what_to_do_and_is_not_repeated(
    forge: GitHubForge, fake: FakeGitHub, waits: list[float], status: int, body: dict[str, Any], hint: str
) -> None:
    fake.fail("POST", "/pulls$", status, body, times=9)
    with pytest.raises(ForgeError) as caught:
        forge.propose(CHANGE)
    assert hint in str(caught.value.hint)
    assert str(status) in caught.value.problem
    assert (len(fake.writes), waits) == (1, [])


def test_a_branch_that_was_not_pushed(forge: GitHubForge, fake: FakeGitHub) -> None:
    fake.branches.remove(CHANGE.branch)
    with pytest.raises(ForgeError, match="was it pushed"):
        forge.propose(CHANGE)


@pytest.mark.parametrize("status", [403, 404, 422])
def test_labels_that_fail_do_not_fail_the_pull_request(forge: GitHubForge, fake: FakeGitHub, status: int) -> None:
    fake.fail("POST", "/labels", status, {"message": "no labels for you"}, times=9)
    done = forge.propose(CHANGE)
    assert done.operation == "created"
    assert "no labels for you" in done.notes[0]


def test_one_label_too_long_does_not_cost_the_others(forge: GitHubForge, fake: FakeGitHub) -> None:
    done = forge.propose(replace(CHANGE, labels=("x" * 51, "good")))
    assert "longer than 50" in done.notes[0]
    assert fake.pulls[0]["labels"] == [{"name": "good"}]


def test_a_redirect_on_the_same_host_is_followed_with_its_method(forge: GitHubForge, fake: FakeGitHub) -> None:
    old = replace(forge, repository="octo/old-name")
    for method in ("GET", "POST"):
        fake.fail(method, "old-name/pulls", 307, headers={"Location": "/repos/octo/prompts/pulls"}, times=9)
    fake.fail("POST", "old-name/issues", 308, headers={"Location": "/repos/octo/prompts/issues/1/labels"})
    assert old.propose(CHANGE).operation == "created"
    assert fake.pulls[0]["labels"] == [{"name": "promptci"}]


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_the_token_never_follows_a_redirect_to_another_host(forge: GitHubForge, fake: FakeGitHub, status: int) -> None:
    with running() as other:
        fake.fail("GET", "/pulls", status, headers={"Location": f"{other.url}/repos/octo/prompts/pulls"}, times=9)
        with pytest.raises(ForgeError, match="another host was refused"):
            forge.propose(CHANGE)
        assert other.requests == []


def test_redirects_without_end_are_given_up(forge: GitHubForge, fake: FakeGitHub) -> None:
    fake.fail("GET", "/pulls", 302, headers={"Location": "/repos/octo/prompts/pulls"}, times=99)
    with pytest.raises(ForgeError, match="too many redirects"):
        forge.propose(CHANGE)
    assert len(fake.requests) == 4


@pytest.mark.parametrize("body", [b"<html>Sign in</html>", b"{", b'"text"', b"null", b"\xff\xfe", b'{"message": 7}'])
def test_an_answer_that_is_something_else_is_an_error_not_a_crash(
    forge: GitHubForge, fake: FakeGitHub, body: bytes
) -> None:
    fake.fail("GET", "/pulls", 200, body, times=99)
    with pytest.raises(ForgeError, match="GitHub:"):
        forge.propose(CHANGE)
    assert fake.writes == []


def test_text_from_the_server_is_shown_safe_and_short(forge: GitHubForge, fake: FakeGitHub) -> None:
    fake.fail("POST", "/pulls$", 400, {"message": f"\x1b[31m\n::add-mask::x {TOKEN} " + "z" * 9999})
    with pytest.raises(ForgeError) as caught:
        forge.propose(CHANGE)
    assert "\x1b" not in str(caught.value)
    assert TOKEN not in str(caught.value)
    assert len(str(caught.value)) < 500
    assert not any(line.startswith("::") for line in str(caught.value).splitlines())


def test_the_token_shows_nowhere(forge: GitHubForge, fake: FakeGitHub) -> None:
    assert TOKEN not in repr(forge)
    assert TOKEN not in repr(Place("https://github.com/o/r", {"GITHUB_TOKEN": TOKEN}, TOKEN))
    for status in (400, 401, 403, 503, 0):
        fake.faults.clear()
        fake.fail("GET", "/pulls", status, {"message": "no"}, times=99)
        with pytest.raises(ForgeError) as caught:
            forge.propose(CHANGE)
        assert TOKEN not in "".join(traceback.format_exception(caught.value))


def test_a_body_of_any_length_is_taken(forge: GitHubForge, fake: FakeGitHub) -> None:
    body = "# Verdict first\n\n```diff\n" + "+ line of the diff\n" * 10_000 + "```\n"
    forge.propose(replace(CHANGE, title="t" * 5000, body=body))
    [pull] = fake.open
    assert len(pull["body"]) <= BODY_LIMIT
    assert pull["body"].startswith("# Verdict first")
    assert pull["body"].count("```") == 2
    assert "Cut here" in pull["body"].rsplit("```", 1)[1]
    assert forge.propose(replace(CHANGE, title="t" * 5000, body=body)).operation == "none"


@pytest.mark.parametrize(
    "body", ["", "\n", "x" * 70_000, "\n" * 70_000 + "x", "`" * 70_000, "~~~~\n```\n" * 9000, "\ud800ok"]
)
def test_capping_keeps_within_the_limit_and_what_is_short(body: str) -> None:
    assert len(capped(body)) <= BODY_LIMIT
    assert capped(capped(body)) == capped(body)
    capped(body).encode("utf-8")


def test_github_that_cannot_be_reached(waits: list[float]) -> None:
    with running() as gone:
        url = gone.url
    with pytest.raises(ForgeError, match="no answer: nothing listens at"):
        GitHubForge("o/r", TOKEN, url, waits.append).propose(CHANGE)


class TestWhere:
    """Which repository, which API, which token."""

    def at(self, url: str, **env: str) -> GitHubForge:
        forge = forge_for(url, {"GITHUB_TOKEN": TOKEN, **env})
        assert isinstance(forge, GitHubForge)
        return forge

    @pytest.mark.parametrize(
        "url",
        ["https://github.com/o/r.git", "https://github.com/o/r", "git@github.com:o/r.git", "ssh://github.com/o/r.git",
         "ssh://git@ssh.github.com:443/o/r.git", "https://github.com/o/r/"],
    )  # fmt: skip
    def test_the_repository_is_read_from_the_remote(self, url: str) -> None:
        assert (self.at(url).repository, self.at(url).api_url) == ("o/r", "https://api.github.com")

    def test_in_actions_it_is_the_one_of_the_workflow(self) -> None:
        forge = self.at("https://github.com/o/r", GITHUB_REPOSITORY="a/b", GITHUB_API_URL="https://ghe.example/api/v3/")
        assert (forge.repository, forge.api_url) == ("a/b", "https://ghe.example/api/v3")

    def test_an_own_server_is_known_by_its_address(self) -> None:
        forge = self.at("git@ghe.example:o/r.git", GITHUB_SERVER_URL="https://ghe.example")
        assert forge.api_url == "https://ghe.example/api/v3"

    @pytest.mark.parametrize(
        "url", ["https://bitbucket.org/o/r", "git@evil.example:o/r.git", "https://github.com.evil.example/o/r"]
    )
    def test_another_host_is_no_github(self, url: str) -> None:
        with pytest.raises(ForgeError, match="GITHUB_SERVER_URL"):
            forge_for(url, {"GITHUB_TOKEN": TOKEN})

    def test_no_token_says_how_to_give_one(self) -> None:
        with pytest.raises(ForgeError, match=r"no token") as caught:
            forge_for("https://github.com/o/r", {})
        assert "GITHUB_TOKEN" in str(caught.value)
        assert "pull-requests: write" in str(caught.value)

    def test_a_given_token_goes_first(self) -> None:
        forge = forge_for("https://github.com/o/r", {"GITHUB_TOKEN": "env", "GH_TOKEN": "gh"}, token="given")
        assert isinstance(forge, GitHubForge)
        assert forge.token == "given"

    def test_a_token_is_not_sent_in_the_clear(self) -> None:
        with pytest.raises(ForgeError, match="over https only"):
            self.at("https://github.com/o/r", GITHUB_API_URL="http://api.github.com")

    def test_a_url_without_a_repository(self) -> None:
        with pytest.raises(ForgeError, match="no owner/name"):
            self.at("https://github.com/")


def test_two_that_race_are_one(fake: FakeGitHub) -> None:
    assert exists("x")["message"] == "Validation Failed"
    fake.before_create = lambda: None
    first, second = (GitHubForge("octo/prompts", TOKEN, fake.url, lambda _: None) for _ in range(2))
    assert {first.propose(CHANGE).number, second.propose(CHANGE).number} == {1}
