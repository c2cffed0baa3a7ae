"""A small GitHub that keeps state, over real HTTP on loopback, judged by GitHub's own description of its API.

It is strict where GitHub is: credentials, a User-Agent, one open pull request per head and base, lengths of body, title
and labels, branches that must exist. `requests` holds what was asked, `fail` says what goes wrong next.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from .description import judged
from .faults import Fault, handler_of, serving

TOKEN = "ghs_FakeTokenThatMustNeverShow0123456789"
REPOSITORY = "Octo/Prompts"
Answer = tuple[int, Any]
_DEVIATES = "head.repo: None is not of type 'object'"  # so it is for a deleted fork, whatever the description says
BOT = {"login": "promptci-app[bot]", "type": "Bot"}


@dataclass
class FakeGitHub:
    """The state of one repository and what happened to it. `login` is who the token is: None for an App's."""

    url: str = ""
    branches: set[str] = field(default_factory=lambda: {"main", "promptci/main/triage"})
    pulls: list[dict[str, Any]] = field(default_factory=list)
    issues: list[dict[str, Any]] = field(default_factory=list)
    comments: list[dict[str, Any]] = field(default_factory=list)
    reviews: list[dict[str, Any]] = field(default_factory=list)
    line_comments: list[dict[str, Any]] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    checks: list[dict[str, Any]] = field(default_factory=list)
    objects: dict[str, Any] = field(default_factory=dict)
    commits: dict[str, tuple[str | None, bool]] = field(default_factory=dict)
    committers: dict[str, str] = field(default_factory=dict)  # of commits that another than the author signed
    rights: dict[str, str] = field(default_factory=lambda: {"ada": "write", "bob": "read"})
    login: str | None = None
    signs: bool = True
    faults: list[Fault] = field(default_factory=list)
    requests: list[tuple[str, str, Any]] = field(default_factory=list)
    before_create: Callable[[], None] = lambda: None
    drafts: bool = True
    lists_without_the_newest: int = 0
    lock: threading.RLock = field(default_factory=threading.RLock)
    wrong: list[str] = field(default_factory=list)

    def fail(self, method: str, path: str, status: int, body: Any = None, **more: Any) -> None:
        self.faults.append(Fault(method, path, status, body, **more))

    @property
    def open(self) -> list[dict[str, Any]]:
        return [pull for pull in self.pulls if pull["state"] == "open"]

    @property
    def writes(self) -> list[tuple[str, str]]:
        return [
            (method, re.sub(r".*/repos/[^/]+/[^/]+", "", path)) for method, path, _ in self.requests if method != "GET"
        ]

    @property
    def me(self) -> dict[str, Any]:
        return BOT if self.login is None else {"login": self.login, "type": "User"}

    def add_pull(self, branch: str = "promptci/main/triage", base: Any = "main", **more: Any) -> dict[str, Any]:
        number = len(self.pulls) + 1
        pull: dict[str, Any] = {
            "number": number, "state": "open", "title": "", "body": "", "draft": False, "labels": [],
            "html_url": f"https://github.com/{REPOSITORY}/pull/{number}", "user": self.me, "merged_at": None,
            "head": {"ref": branch, "repo": {"full_name": REPOSITORY}},
            "base": base if isinstance(base, dict) else {"ref": base},
            "requested_reviewers": [], "assignees": [], **more,
        }  # fmt: skip
        self.pulls.append(pull)
        return pull

    def add_comment(self, issue: int, body: str, user: dict[str, Any] | None = None) -> dict[str, Any]:
        number = 100 + len(self.requests) * 10 + len(self.comments)
        comment = {
            "id": number, "issue": issue, "body": body, "user": user or self.me, "created_at": _time(number),
            "html_url": f"https://github.com/{REPOSITORY}/pull/{issue}#issuecomment-{number}",
        }  # fmt: skip
        self.comments.append(comment)
        return comment

    # -- what GitHub would do -----------------------------------------------------------------------------------------

    def respond(self, method: str, path: str, content: Any, headers: Any) -> Answer:
        if not (headers.get("User-Agent") or "").startswith("promptci/"):
            return 403, {"message": "Request forbidden by administrative rules."}
        if headers.get("Authorization") != f"Bearer {TOKEN}":
            return 401, {"message": "Bad credentials"}
        return self.answer(method, path, content)

    def answer(self, method: str, path: str, content: Any) -> Answer:
        """Answer, and note in `wrong` what GitHub's description does not allow, of the request or of the answer."""
        plain = re.sub(r"^/api/v3(?=/)", "", path)
        return judged("github", method, plain, content, self._answered, self.wrong, _DEVIATES)

    def _answered(self, method: str, path: str, content: Any) -> Answer:
        parts = urlsplit(path)
        if parts.path == "/user":
            return (200, self.me) if self.login else (403, {"message": "Resource not accessible by integration"})
        found = re.fullmatch(r"/repos/([^/]+/[^/]+)(/.*)", parts.path)
        if not found or found[1].lower() != REPOSITORY.lower():
            return 404, {"message": "Not Found"}
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        for verb, pattern, act in _ROUTES:
            place = re.fullmatch(pattern, found[2])
            if verb == method and place:
                return act(self, [unquote(g) for g in place.groups()], query, content)
        return 404, {"message": "Not Found"}

    def _listed(self, place: list[str], query: dict[str, str], content: Any) -> Answer:
        owner, colon, branch = query.get("head", "").partition(":")
        wanted = query.get("state", "open")
        rows = [p for p in self.pulls if wanted in (p["state"], "all")]
        if colon and branch:  # a head that is not owner:branch is ignored, as GitHub does
            rows = [p for p in rows if p["head"]["ref"] == branch and owner.lower() == "octo"]
        if self.lists_without_the_newest and rows:
            self.lists_without_the_newest -= 1
            rows = rows[:-1]
        return 200, _page(list(reversed(rows)), query)

    def _created(self, place: list[str], query: dict[str, str], new: Any) -> Answer:
        self.before_create()
        for key in ("head", "base"):
            if new[key] not in self.branches:
                return 422, invalid({"resource": "PullRequest", "field": key, "code": "invalid"})
        if new["draft"] and not self.drafts:
            return 422, {"message": "Draft pull requests are not supported in this repository."}
        if any(p["head"]["ref"] == new["head"] and p["base"]["ref"] == new["base"] for p in self.open):
            return 422, exists(new["head"])
        if problem := _text_problem(new):
            return problem
        pull = self.add_pull(new["head"], new["base"], title=new["title"], body=new["body"], draft=new["draft"])
        return 201, pull

    def _got(self, place: list[str], query: dict[str, str], content: Any) -> Answer:
        pull = next((p for p in self.pulls if p["number"] == int(place[0])), None)
        return (200, pull) if pull else (404, {"message": "Not Found"})

    def _patched(self, place: list[str], query: dict[str, str], new: Any) -> Answer:
        if problem := _text_problem({"title": "x", "body": "", **new}):
            return problem
        pull = self.pulls[int(place[0]) - 1]
        pull.update({key: new[key] for key in ("title", "body", "state") if key in new})
        pull["base"] = {"ref": new["base"]} if "base" in new else pull["base"]
        return 200, pull

    def _labelled(self, place: list[str], query: dict[str, str], new: Any) -> Answer:
        if any(len(label) > 50 for label in new["labels"]):
            return 422, invalid({"resource": "Label", "field": "name", "code": "invalid"})
        labels = self.pulls[int(place[0]) - 1]["labels"]
        labels += [{"name": label} for label in new["labels"] if {"name": label} not in labels]  # they are a set
        return 200, labels

    def _invited(self, place: list[str], query: dict[str, str], new: Any) -> Answer:
        pull = self.pulls[int(place[0]) - 1]
        for name in new.get("reviewers", []):
            if name not in self.rights:
                message = "Reviews may only be requested from collaborators."
                return 422, {"message": message, "errors": [message]}
            asked = {"login": name, "type": "User"}
            pull["requested_reviewers"] += [asked] if asked not in pull["requested_reviewers"] else []
        for name in new.get("team_reviewers", []):
            pull.setdefault("requested_teams", []).append({"slug": name})
        return 201, pull

    def _assigned(self, place: list[str], query: dict[str, str], new: Any) -> Answer:
        pull = self.pulls[int(place[0]) - 1]
        pull["assignees"] += [{"login": name} for name in new["assignees"] if name in self.rights]
        return 201, {**pull, "comments_url": "https://example.com/", "id": 1}

    def _commented(self, place: list[str], query: dict[str, str], new: Any) -> Answer:
        if len(new["body"]) > 65536:
            return 422, invalid({"resource": "IssueComment", "field": "body", "code": "unprocessable"})
        return 201, _shown(self.add_comment(int(place[0]), new["body"]))

    def _recommented(self, place: list[str], query: dict[str, str], new: Any) -> Answer:
        found = next((c for c in self.comments if c["id"] == int(place[0])), None)
        if found is None:
            return 404, {"message": "Not Found"}
        found["body"] = new["body"]
        return 200, _shown(found)

    def _uncommented(self, place: list[str], query: dict[str, str], new: Any) -> Answer:
        found = next((c for c in self.comments if c["id"] == int(place[0])), None)
        if found is None:
            return 404, {"message": "Not Found"}
        self.comments.remove(found)
        return 204, None

    def _new_issue(self, place: list[str], query: dict[str, str], new: Any) -> Answer:
        number = 1000 + len(self.issues)
        url = f"https://github.com/{REPOSITORY}/issues/{number}"
        labels = [{"name": name} for name in new.get("labels", []) if isinstance(name, str)]
        issue = {"number": number, "state": "open", "user": self.me, "html_url": url, "labels": labels}
        issue |= {"title": new["title"], "body": new.get("body", "")}
        self.issues.append(issue)
        return 201, issue

    def _edited_issue(self, place: list[str], query: dict[str, str], new: Any) -> Answer:
        issue = next(i for i in self.issues if i["number"] == int(place[0]))
        issue.update({key: new[key] for key in ("title", "body", "state") if key in new})
        return 200, issue

    def _checked(self, place: list[str], query: dict[str, str], new: Any) -> Answer:
        if self.login:
            return 403, {"message": "You must authenticate via a GitHub App."}
        check = {"id": len(self.checks) + 1, "html_url": f"https://github.com/{REPOSITORY}/runs/{len(self.checks) + 1}"}
        self.checks.append({**new, **check})
        return 201, _check(self.checks[-1])

    def _rechecked(self, place: list[str], query: dict[str, str], new: Any) -> Answer:
        self.checks[int(place[0]) - 1].update(new)
        return 200, _check(self.checks[int(place[0]) - 1])

    def _checks(self, place: list[str], query: dict[str, str], content: Any) -> Answer:
        rows = [_check(c) for c in self.checks if c["head_sha"] == place[0] and c["name"] == query.get("check_name")]
        return 200, {"total_count": len(rows), "check_runs": rows}

    def _permission(self, place: list[str], query: dict[str, str], content: Any) -> Answer:
        if place[0] not in self.rights:
            return 404, {"message": "Not Found"}
        return 200, {"permission": self.rights[place[0]], "role_name": self.rights[place[0]], "user": None}

    def _commit(self, place: list[str], query: dict[str, str], content: Any) -> Answer:
        row = self.commits.get(place[0])
        if row is None:
            return 422, {"message": f"No commit found for SHA: {place[0]}"}
        by, is_verified = row
        verification = {
            "verified": is_verified,
            "reason": "valid",
            "payload": None,
            "signature": None,
            "verified_at": None,
        }
        people = {"author": by, "committer": self.committers.get(place[0], by)}
        known = {role: None if login is None else {"login": login, "type": "User"} for role, login in people.items()}
        return 200, {"sha": place[0], "commit": {"verification": verification}, **known}

    def _object(self, place: list[str], query: dict[str, str], new: Any) -> Answer:
        oid = f"{len(self.objects) + 1:040x}"
        self.objects[oid] = new
        said: dict[str, Any] = {"sha": oid, "url": "https://example.com/"}
        if place[0] == "trees":
            said["tree"] = []
        if place[0] == "commits":
            return 201, {
                **said,
                "verification": {"verified": self.signs, "reason": "valid" if self.signs else "unsigned"},
            }
        return 201, said


def _time(number: int) -> str:
    return f"2026-01-01T00:{number % 3600 // 60:02}:{number % 60:02}Z"


def _open_issues(fake: FakeGitHub, place: list[str], query: dict[str, str], content: Any) -> Answer:
    return 200, _page([issue for issue in fake.issues if issue["state"] == "open"], query)


def _rows(name: str) -> Callable[[FakeGitHub, list[str], dict[str, str], Any], Answer]:
    def rows(fake: FakeGitHub, place: list[str], query: dict[str, str], content: Any) -> Answer:
        found = [_shown(row) for row in getattr(fake, name) if row["issue"] == int(place[0])]
        return 200, _page(found, query)

    return rows


_ROUTES: list[tuple[str, str, Callable[[FakeGitHub, list[str], dict[str, str], Any], Answer]]] = [
    ("GET", "/pulls", FakeGitHub._listed),
    ("POST", "/pulls", FakeGitHub._created),
    ("GET", r"/pulls/(\d+)", FakeGitHub._got),
    ("PATCH", r"/pulls/(\d+)", FakeGitHub._patched),
    ("POST", r"/pulls/(\d+)/requested_reviewers", FakeGitHub._invited),
    ("GET", r"/pulls/(\d+)/reviews", _rows("reviews")),
    ("GET", r"/pulls/(\d+)/comments", _rows("line_comments")),
    ("GET", "/issues", _open_issues),
    ("POST", "/issues", FakeGitHub._new_issue),
    ("PATCH", r"/issues/(\d+)", FakeGitHub._edited_issue),
    ("GET", r"/issues/(\d+)/comments", _rows("comments")),
    ("POST", r"/issues/(\d+)/comments", FakeGitHub._commented),
    ("PATCH", r"/issues/comments/(\d+)", FakeGitHub._recommented),
    ("DELETE", r"/issues/comments/(\d+)", FakeGitHub._uncommented),
    ("GET", r"/issues/(\d+)/labels", lambda fake, place, query, new: (200, fake.pulls[int(place[0]) - 1]["labels"])),
    ("POST", r"/issues/(\d+)/labels", FakeGitHub._labelled),
    ("POST", r"/issues/(\d+)/assignees", FakeGitHub._assigned),
    ("GET", r"/issues/(\d+)/events", _rows("events")),
    ("GET", r"/collaborators/([^/]+)/permission", FakeGitHub._permission),
    ("POST", "/check-runs", FakeGitHub._checked),
    ("PATCH", r"/check-runs/(\d+)", FakeGitHub._rechecked),
    ("GET", r"/commits/([^/]+)/check-runs", FakeGitHub._checks),
    ("GET", r"/commits/([0-9a-f]+)", FakeGitHub._commit),
    ("POST", "/git/(blobs|trees|commits)", lambda fake, *asked: fake._object(*asked)),
]  # fmt: skip


def _page(rows: list[Any], query: dict[str, str]) -> list[Any]:
    size, page = int(query.get("per_page", "30")), int(query.get("page", "1"))
    return rows[(page - 1) * size : page * size]


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key != "issue"}


def _check(check: dict[str, Any]) -> dict[str, Any]:
    output = {"annotations_count": 0, "annotations_url": "https://example.com/", "text": None, **check["output"]}
    conclusion = "neutral" if check.get("conclusion") == "stale" else check.get("conclusion")  # GitHub's own to set
    return {**check, "output": output, "conclusion": conclusion}


def invalid(*errors: dict[str, str]) -> dict[str, Any]:
    return {"message": "Validation Failed", "errors": list(errors), "documentation_url": "https://docs.github.com/rest"}


def exists(branch: str) -> dict[str, Any]:
    message = f"A pull request already exists for Octo:{branch}."
    return invalid({"resource": "PullRequest", "code": "custom", "message": message})


def _text_problem(new: dict[str, Any]) -> Answer | None:
    if not new["title"] or len(new["title"]) > 256:
        return 422, invalid({"resource": "PullRequest", "field": "title", "code": "invalid"})
    if len(new["body"]) > 65536:
        message = "body is too long (maximum is 65536 characters)"
        return 422, invalid({"resource": "PullRequest", "code": "unprocessable", "message": message})
    return None


def _handler(fake: FakeGitHub) -> type[BaseHTTPRequestHandler]:
    return handler_of(fake)


@contextmanager
def running(*, is_judged: bool = True) -> Iterator[FakeGitHub]:
    """Run one on a free port of 127.0.0.1; at the end, all that was asked and answered must fit the description."""
    fake = FakeGitHub()
    with serving(_handler(fake)) as url:
        fake.url = url
        yield fake
    assert not (is_judged and fake.wrong), fake.wrong
