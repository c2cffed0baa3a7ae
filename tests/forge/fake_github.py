"""A small GitHub that keeps state, over real HTTP on loopback: pull requests, labels, and faults on demand.

It is strict where GitHub is: credentials, a User-Agent, one open pull request per head and base, lengths of body, title
and labels, branches that must exist. `requests` holds what was asked, `fail` says what goes wrong next.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

TOKEN = "ghs_FakeTokenThatMustNeverShow0123456789"
REPOSITORY = "Octo/Prompts"


@dataclass
class Fault:
    """Answer the next `times` requests that fit with `status`; `after` means that the request takes effect first."""

    method: str
    path: str
    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    after: bool = False
    times: int = 1


@dataclass
class FakeGitHub:
    """The state of one repository and what happened to it."""

    url: str = ""
    branches: set[str] = field(default_factory=lambda: {"main", "promptci/main/triage"})
    pulls: list[dict[str, Any]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    requests: list[tuple[str, str, Any]] = field(default_factory=list)
    before_create: Callable[[], None] = lambda: None
    drafts: bool = True
    lists_without_the_newest: int = 0

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

    def add_pull(self, branch: str = "promptci/main/triage", base: Any = "main", **more: Any) -> dict[str, Any]:
        number = len(self.pulls) + 1
        pull: dict[str, Any] = {
            "number": number, "state": "open", "title": "", "body": "", "draft": False, "labels": [],
            "html_url": f"https://github.com/{REPOSITORY}/pull/{number}",
            "head": {"ref": branch, "repo": {"full_name": REPOSITORY}},
            "base": base if isinstance(base, dict) else {"ref": base}, **more,
        }  # fmt: skip
        self.pulls.append(pull)
        return pull

    # -- what GitHub would do -----------------------------------------------------------------------------------------

    def answer(self, method: str, path: str, content: Any) -> tuple[int, Any]:
        parts = urlsplit(path)
        found = re.fullmatch(r"/repos/([^/]+/[^/]+)(/.*)", parts.path)
        if not found or found[1].lower() != REPOSITORY.lower():
            return 404, {"message": "Not Found"}
        if (method, found[2]) == ("GET", "/pulls"):
            return 200, self._listed(parse_qs(parts.query))
        if (method, found[2]) == ("POST", "/pulls"):
            self.before_create()
            return self._created(content)
        if method == "PATCH" and (number := re.fullmatch(r"/pulls/(\d+)", found[2])):
            return self._patched(int(number[1]), content)
        if method == "POST" and (number := re.fullmatch(r"/issues/(\d+)/labels", found[2])):
            return self._labelled(int(number[1]), content)
        return 404, {"message": "Not Found"}

    def _listed(self, query: dict[str, list[str]]) -> list[dict[str, Any]]:
        head = query.get("head", [""])[0]
        owner, colon, branch = head.partition(":")
        rows = [p for p in self.pulls if p["state"] == query.get("state", ["open"])[0]]
        if colon and branch:  # a head that is not owner:branch is ignored, as GitHub does
            rows = [p for p in rows if p["head"]["ref"] == branch and owner.lower() == "octo"]
        if self.lists_without_the_newest and rows:
            self.lists_without_the_newest -= 1
            rows = rows[:-1]
        return rows

    def _created(self, new: dict[str, Any]) -> tuple[int, Any]:
        assert set(new) == {"title", "body", "head", "base", "draft"}
        assert isinstance(new["draft"], bool)
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

    def _patched(self, number: int, new: dict[str, Any]) -> tuple[int, Any]:
        assert set(new) == {"title", "body"}
        if problem := _text_problem(new):
            return problem
        self.pulls[number - 1].update(new)
        return 200, self.pulls[number - 1]

    def _labelled(self, number: int, new: dict[str, Any]) -> tuple[int, Any]:
        if any(len(label) > 50 for label in new["labels"]):
            return 422, invalid({"resource": "Label", "field": "name", "code": "invalid"})
        self.pulls[number - 1]["labels"] += [{"name": label} for label in new["labels"]]
        return 200, self.pulls[number - 1]["labels"]


def invalid(*errors: dict[str, str]) -> dict[str, Any]:
    return {"message": "Validation Failed", "errors": list(errors), "documentation_url": "https://docs.github.com/rest"}


def exists(branch: str) -> dict[str, Any]:
    message = f"A pull request already exists for Octo:{branch}."
    return invalid({"resource": "PullRequest", "code": "custom", "message": message})


def _text_problem(new: dict[str, Any]) -> tuple[int, Any] | None:
    if not new["title"] or len(new["title"]) > 256:
        return 422, invalid({"resource": "PullRequest", "field": "title", "code": "invalid"})
    if len(new["body"]) > 65536:
        message = "body is too long (maximum is 65536 characters)"
        return 422, invalid({"resource": "PullRequest", "code": "unprocessable", "message": message})
    return None


def _handler(fake: FakeGitHub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *args: object) -> None:
            """Say nothing."""

        def _serve(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            content = json.loads(raw) if raw else None
            fake.requests.append((self.command, self.path, content))
            fits = (f for f in fake.faults if f.times and f.method == self.command and re.search(f.path, self.path))
            if fault := next(fits, None):
                fault.times -= 1
                if fault.after:
                    fake.answer(self.command, self.path, content)
                self._reply(fault.status, fault.body, fault.headers)
            elif not self.headers.get("User-Agent", "").startswith("promptci/"):
                self._reply(403, {"message": "Request forbidden by administrative rules."})
            elif self.headers.get("Authorization") != f"Bearer {TOKEN}":
                self._reply(401, {"message": "Bad credentials"})
            else:
                self._reply(*fake.answer(self.command, self.path, content))

        def _reply(self, status: int, body: Any, headers: dict[str, str] | None = None) -> None:
            if status == 0:  # hang up without an answer
                self.close_connection = True
                return
            raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
            self.send_response(status)
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = _serve  # noqa: N815 - the names http.server asks for

    return Handler


@contextmanager
def running() -> Iterator[FakeGitHub]:
    """Run one on a free port of 127.0.0.1."""
    fake = FakeGitHub()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(fake))
    fake.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield fake
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
