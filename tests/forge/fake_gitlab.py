"""A small GitLab that keeps state, over real HTTP on loopback, judged by a description of its API.

It is strict where GitLab is: credentials, one open merge request per source and target, lengths, branches that must
exist; and it obeys lines that start with a slash, as GitLab does.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from .description import judged
from .faults import Fault, handler_of, serving

TOKEN = "glpat-FakeTokenThatMustNeverShow01"
PROJECT = "octo/team/prompts"
Answer = tuple[int, Any]
LEVELS = {"ada": 40, "dev": 30, "bob": 20, "guest": 10, "blocked": 0}


@dataclass
class FakeGitLab:
    """The state of one project and what happened to it. `orders` are the quick actions that it obeyed."""

    url: str = ""
    branches: set[str] = field(default_factory=lambda: {"main", "promptci/main/triage"})
    pulls: list[dict[str, Any]] = field(default_factory=list)
    notes: list[dict[str, Any]] = field(default_factory=list)
    issues: list[dict[str, Any]] = field(default_factory=list)
    statuses: list[dict[str, Any]] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    people: list[str] = field(default_factory=lambda: ["promptci", *LEVELS, "stranger"])
    orders: list[str] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    requests: list[tuple[str, str, Any]] = field(default_factory=list)
    before_create: Callable[[], None] = lambda: None
    lock: threading.RLock = field(default_factory=threading.RLock)
    wrong: list[str] = field(default_factory=list)

    def fail(self, method: str, path: str, status: int, body: Any = None, **more: Any) -> None:
        self.faults.append(Fault(method, path, status, body, **more))

    @property
    def open(self) -> list[dict[str, Any]]:
        return [pull for pull in self.pulls if pull["state"] == "opened"]

    @property
    def writes(self) -> list[str]:
        return [method for method, _, _ in self.requests if method != "GET"]

    def user(self, name: str) -> dict[str, Any]:
        return {"id": self.people.index(name) + 1, "username": name}

    def add_pull(self, branch: str = "promptci/main/triage", target: str = "main", **more: Any) -> dict[str, Any]:
        iid = len(self.pulls) + 1
        pull = {
            "id": 1000 + iid, "iid": iid, "project_id": 7, "source_project_id": 7, "target_project_id": 7,
            "title": "", "description": "", "state": "opened", "source_branch": branch, "target_branch": target,
            "labels": [], "reviewers": [], "assignees": [], "web_url": f"https://gitlab.com/{PROJECT}/-/merge_requests/{iid}",
            "author": self.user("promptci"), **more,
        }  # fmt: skip
        self.pulls.append(pull)
        return pull

    def add_note(self, request: int, body: str, by: str = "promptci", **more: Any) -> dict[str, Any]:
        number = 100 + 10 * len(self.requests) + len(self.notes)
        note = {"id": number, "request": request, "body": body, "author": self.user(by), "system": False, **more}
        self.notes.append(note)
        return note

    # -- what GitLab would do -----------------------------------------------------------------------------------------

    def respond(self, method: str, path: str, content: Any, headers: Any) -> Answer:
        if headers.get("Authorization") != f"Bearer {TOKEN}":
            return 401, {"message": "401 Unauthorized"}
        return judged("gitlab", method, path.removeprefix("/api/v4"), content, self._answered, self.wrong)

    def _answered(self, method: str, path: str, content: Any) -> Answer:
        parts = urlsplit(path)
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        self.orders += re.findall(r"^/[a-z]\w*", "\n".join(str(v) for v in (content or {}).values()), re.MULTILINE)
        if parts.path == "/user":
            return 200, self.user("promptci")
        if parts.path == "/users":
            return 200, [self.user(n) for n in self.people if n == query.get("username", "").lower()]
        found = re.fullmatch(r"/projects/([^/]+)(/.*)", parts.path)
        if not found or unquote(found[1]) not in (PROJECT, "7"):
            return 404, {"message": "404 Project Not Found"}
        for verb, pattern, act in _ROUTES:
            place = re.fullmatch(pattern, found[2])
            if verb == method and place:
                return act(self, [unquote(g) for g in place.groups()], query, content)
        return 404, {"error": "404 Not Found"}

    def _listed(self, place: list[str], query: dict[str, str], content: Any) -> Answer:
        rows = [p for p in self.pulls if query.get("state") in (p["state"], None, "all")]
        if "source_branch" in query:
            rows = [p for p in rows if p["source_branch"] == query["source_branch"]]
        return 200, [_drafted(p) for p in _page(list(reversed(rows)), query)]

    def _created(self, place: list[str], query: dict[str, str], new: Any) -> Answer:
        self.before_create()
        for key in ("source_branch", "target_branch"):
            if new[key] not in self.branches:
                return 400, {"message": {key: ["does not exist"]}}
        pairs = {(p["source_branch"], p["target_branch"]) for p in self.open if p["source_project_id"] == 7}
        if (new["source_branch"], new["target_branch"]) in pairs:
            return 409, {"message": ["Another open merge request already exists for this source branch: !1"]}
        more = {"title": new["title"], "description": new["description"]}
        return 201, _drafted(self.add_pull(new["source_branch"], new["target_branch"], **more))

    def _got(self, place: list[str], query: dict[str, str], content: Any) -> Answer:
        pull = next((p for p in self.pulls if p["iid"] == int(place[0])), None)
        return (200, _drafted(pull)) if pull else (404, {"message": "404 Not found"})

    def _edited(self, place: list[str], query: dict[str, str], new: Any) -> Answer:
        pull = self.pulls[int(place[0]) - 1]
        pull.update({key: new[key] for key in ("title", "description") if key in new})
        pull["state"] = {"close": "closed", "reopen": "opened"}.get(new.get("state_event", ""), pull["state"])
        pull["labels"] += [x for x in new.get("add_labels", "").split(",") if x and x not in pull["labels"]]
        for key in ("reviewer", "assignee"):
            if f"{key}_ids" in new:
                pull[f"{key}s"] = [self.user(self.people[oid - 1]) for oid in new[f"{key}_ids"]]
        return 200, _drafted(pull)

    def _noted(self, place: list[str], query: dict[str, str], new: Any) -> Answer:
        return 201, _shown(self.add_note(int(place[0]), new["body"]))

    def _renoted(self, place: list[str], query: dict[str, str], new: Any) -> Answer:
        note = next((n for n in self.notes if n["id"] == int(place[1])), None)
        if note is None:
            return 404, {"message": "404 Note Not Found"}
        note["body"] = new["body"]
        return 200, _shown(note)

    def _unnoted(self, place: list[str], query: dict[str, str], new: Any) -> Answer:
        note = next((n for n in self.notes if n["id"] == int(place[1])), None)
        if note is None:
            return 404, {"message": "404 Note Not Found"}
        self.notes.remove(note)
        return 204, None

    def _new_issue(self, place: list[str], query: dict[str, str], new: Any) -> Answer:
        iid = len(self.issues) + 1
        issue = {"iid": iid, "state": "opened", "author": self.user("promptci"), "web_url": f"https://x/{iid}", **new}
        self.issues.append({**issue, "labels": [x for x in new.get("labels", "").split(",") if x]})
        return 201, self.issues[-1]

    def _edited_issue(self, place: list[str], query: dict[str, str], new: Any) -> Answer:
        self.issues[int(place[0]) - 1].update(new)
        return 200, self.issues[int(place[0]) - 1]

    def _status(self, place: list[str], query: dict[str, str], new: Any) -> Answer:
        row = {"sha": place[0], "status": new["state"], "name": new["name"], "author": self.user("promptci")}
        self.statuses.append({**row, "description": new["description"], "target_url": new.get("target_url")})
        return 201, self.statuses[-1]

    def _member(self, place: list[str], query: dict[str, str], content: Any) -> Answer:
        name = self.people[int(place[0]) - 1]
        if name not in LEVELS:
            return 404, {"message": "404 Not found"}
        return 200, {**self.user(name), "access_level": LEVELS[name]}


def _rows(name: str) -> Callable[[FakeGitLab, list[str], dict[str, str], Any], Answer]:
    def rows(fake: FakeGitLab, place: list[str], query: dict[str, str], content: Any) -> Answer:
        found = [_shown(row) for row in getattr(fake, name) if not place or row["request"] == int(place[0])]
        return 200, _page([row for row in found if row.get("state", "opened") == "opened"], query)

    return rows


_MR = r"/merge_requests/(\d+)"
_ROUTES: list[tuple[str, str, Callable[[FakeGitLab, list[str], dict[str, str], Any], Answer]]] = [
    ("GET", "/merge_requests", FakeGitLab._listed),
    ("POST", "/merge_requests", FakeGitLab._created),
    ("GET", _MR, FakeGitLab._got),
    ("PUT", _MR, FakeGitLab._edited),
    ("GET", f"{_MR}/notes", _rows("notes")),
    ("POST", f"{_MR}/notes", FakeGitLab._noted),
    ("PUT", rf"{_MR}/notes/(\d+)", FakeGitLab._renoted),
    ("DELETE", rf"{_MR}/notes/(\d+)", FakeGitLab._unnoted),
    ("GET", f"{_MR}/resource_label_events", _rows("events")),
    ("GET", "/issues", _rows("issues")),
    ("POST", "/issues", FakeGitLab._new_issue),
    ("PUT", r"/issues/(\d+)", FakeGitLab._edited_issue),
    ("POST", r"/statuses/([0-9a-f]+)", FakeGitLab._status),
    ("GET", r"/members/all/(\d+)", FakeGitLab._member),
]


def _page(rows: list[Any], query: dict[str, str]) -> list[Any]:
    size, page = int(query.get("per_page", "20")), int(query.get("page", "1"))
    return rows[(page - 1) * size : page * size]


def _drafted(pull: dict[str, Any]) -> dict[str, Any]:
    return {**pull, "draft": pull["title"].startswith("Draft: ")}


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key != "request"}


@contextmanager
def running() -> Iterator[FakeGitLab]:
    """Run one on a free port of 127.0.0.1; at the end, all that was asked and answered must fit the description."""
    fake = FakeGitLab()
    with serving(handler_of(fake)) as url:
        fake.url = f"{url}/api/v4"
        yield fake
    assert not fake.wrong, fake.wrong
