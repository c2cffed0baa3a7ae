"""Pull requests on GitHub over its REST API, with the standard library alone.

Every write can be repeated: after a lost answer the list of open pull requests tells what happened.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NoReturn
from urllib.parse import quote, urlencode, urlsplit

from promptci.core import Json
from promptci.errors import ForgeError
from promptci.forge.base import Change, Operation, Place, Proposal, titled
from promptci.forge.rest import Answer, send
from promptci.untrusted import one_line

BODY_LIMIT = 60_000  # characters; GitHub refuses more than 65,536
LABEL_LIMIT = 50  # characters; one label that is longer makes GitHub refuse all of them
MAX_WAIT_S = 120.0  # in all, for one change
_TRIES = 5
_CUT = "\n\n*Cut here: the whole text is in the run's report.*"


@dataclass(slots=True)
class _Patience:
    """Waits for GitHub, up to MAX_WAIT_S in all for one change."""

    sleep: Callable[[float], None]
    left_s: float = MAX_WAIT_S
    has_written: bool = False

    def wait(self, seconds: float, why: str) -> None:
        if seconds > self.left_s:
            hint = f"run again in {seconds:.0f} s; what is done stays done"
            raise ForgeError(f"GitHub: {why}", hint=hint)
        self.left_s -= seconds
        self.sleep(seconds)

    def before_a_write(self) -> None:
        """GitHub asks for a second between two writes (REST API documentation, "Best practices")."""
        if self.has_written:
            self.wait(1.0, "no time left for another request")
        self.has_written = True


@dataclass(frozen=True, slots=True)
class GitHubForge:
    """Pull requests of `repository` (owner/name) at `api_url`. The token never shows in `repr` or an error."""

    repository: str
    token: str = field(repr=False)
    api_url: str = "https://api.github.com"
    sleep: Callable[[float], None] = field(default=time.sleep, repr=False)

    @classmethod
    def at(cls, place: Place) -> GitHubForge:
        """Return the forge for a remote on GitHub. ForgeError when there is no token, or no repository in the URL."""
        env = place.environ
        token = place.token or env.get("GITHUB_TOKEN") or env.get("GH_TOKEN")
        if not token:
            hint = "set GITHUB_TOKEN; in GitHub Actions the `token` input, with `permissions: pull-requests: write`"
            raise ForgeError("no token to open a pull request with", place=place.remote_url, hint=hint)
        found = re.search(r"[:/]([\w.-]+/[\w.-]+?)(?:\.git)?/?$", place.remote_url)
        repository = env.get("GITHUB_REPOSITORY") or (found[1] if found else "")
        if not re.fullmatch(r"[\w.-]+/[\w.-]+", repository):
            raise ForgeError("no owner/name of a GitHub repository in it", place=one_line(place.remote_url))
        api = env.get("GITHUB_API_URL") or _api_of(place.remote_url)
        return cls(repository, token.strip(), _checked_api(api))

    def propose(self, change: Change) -> Proposal:
        """Open or update the one open pull request of `change.branch`. A label that fails is a note, not an error."""
        patience = _Patience(self.sleep)
        title, body = titled(change.title), capped(change.body)
        found = self._open_one(change.branch, patience)
        if found is None:
            operation, found = self._create(change, title, body, patience)
        else:
            operation = "none"
        if _text(found, "title") != title or _text(found, "body") != body:
            self._call("PATCH", f"/pulls/{_number(found)}", patience, {"title": title, "body": body})
            operation = "updated" if operation == "none" else operation
        notes = self._label(found, change.labels, patience)
        return Proposal(operation, _number(found), _text(found, "html_url"), change.branch, notes)

    def _open_one(self, branch: str, patience: _Patience) -> Mapping[str, Json] | None:
        owner = self.repository.split("/")[0]
        query = urlencode({"state": "open", "head": f"{owner}:{branch}", "per_page": 100})
        rows = self._call("GET", f"/pulls?{query}", patience)
        if not isinstance(rows, list):
            raise ForgeError("GitHub: the list of pull requests is not a list", place=self.repository)
        return next((row for row in rows if self._is_ours(row, branch)), None)

    def _is_ours(self, row: Json, branch: str) -> bool:
        """GitHub drops a filter that it does not understand, so the answer is checked: never touch another's."""
        head = row.get("head") if isinstance(row, dict) else None
        if not isinstance(head, dict) or head.get("ref") != branch:
            return False
        home = (head.get("repo") or {}).get("full_name", "")
        return isinstance(home, str) and home.lower() == self.repository.lower()

    def _create(
        self, change: Change, title: str, body: str, patience: _Patience
    ) -> tuple[Operation, Mapping[str, Json]]:
        """Create it. When the answer is lost, or someone was faster, the list says what there is now."""
        new = {"title": title, "body": body, "head": change.branch, "base": change.base, "draft": change.draft}
        was_lost = False
        for attempt in range(_TRIES):
            answer = self._send("POST", "/pulls", patience, new)
            if answer.ok:
                return "created", _record(answer)
            if answer.status == 422 and "Draft pull requests are not supported" in answer.message:
                new["draft"] = False
                continue
            was_lost = was_lost or answer.is_lost
            exists = answer.status == 422 and "already exists" in answer.message
            if not exists and not answer.may_be_repeated:
                self._refused(answer)
            patience.wait(answer.wait_s(attempt), answer.reason)
            if (found := self._open_one(change.branch, patience)) is not None:
                return ("created" if was_lost else "none"), found
        raise ForgeError(f"GitHub: gave up after {_TRIES} tries: {answer.reason}", place=self.repository)

    def _label(self, found: Mapping[str, Json], labels: tuple[str, ...], patience: _Patience) -> tuple[str, ...]:
        present = {row.get("name") for row in found.get("labels") or [] if isinstance(row, dict)}
        notes = tuple(
            f"label '{one_line(x)}' is longer than {LABEL_LIMIT} characters" for x in labels if len(x) > LABEL_LIMIT
        )
        wanted = [x for x in labels if len(x) <= LABEL_LIMIT and x not in present]
        if not wanted:
            return notes
        try:
            self._call("POST", f"/issues/{_number(found)}/labels", patience, {"labels": wanted})
        except ForgeError as error:
            return (*notes, f"labels not set: {error.problem}")
        return notes

    def _call(self, method: str, path: str, patience: _Patience, content: Json = None) -> Json:
        """Send what can be sent twice without harm; repeats lost answers and rate limits, raises on a refusal."""
        for attempt in range(_TRIES):
            answer = self._send(method, path, patience, content)
            if answer.ok:
                return answer.content
            if not answer.may_be_repeated:
                self._refused(answer)
            if attempt + 1 < _TRIES:
                patience.wait(answer.wait_s(attempt), answer.reason)
        raise ForgeError(f"GitHub: gave up after {_TRIES} tries: {answer.reason}", place=self.repository)

    def _send(self, method: str, path: str, patience: _Patience, content: Json) -> Answer:
        if method != "GET":
            patience.before_a_write()
        return send(method, f"{self.api_url}/repos/{quote(self.repository)}{path}", self.token, content)

    def _refused(self, answer: Answer) -> NoReturn:
        said = one_line(answer.reason.replace(self.token, "***"), limit=300)
        hint = next((hint for sign, hint in _HINTS if sign in f"{answer.status} {answer.message}"), None)
        raise ForgeError(f"GitHub: {said}", place=self.repository, hint=hint)


_HINTS = (
    ("not permitted to create", "switch on Settings > Actions > General > Workflow permissions > 'Allow GitHub Actions "
     "to create and approve pull requests', in the repository and its organization; or give the token of a GitHub App"),
    ("Resource not accessible", "give the job `permissions: pull-requests: write` and `contents: write`; "
     "a run for a fork's pull request never gets them"),
    ("401 ", "the token is wrong or has expired"),
    ("404 ", "the repository is not there, or the token may not see it: `permissions: pull-requests: write`"),
    ("No commits between", "the branch holds nothing that its base does not have"),
    ("field head", "the branch is not on GitHub: was it pushed?"),
    ("field base", "the base branch is not on GitHub"),
)  # fmt: skip


def capped(body: str) -> str:
    """Return `body` as GitHub takes it: at most BODY_LIMIT characters, the head kept, the cut marked, fences closed."""
    text = body.encode("utf-8", "replace").decode().replace("\r\n", "\n").strip()
    if len(text) <= BODY_LIMIT:
        return text
    head = text[: BODY_LIMIT - 1000]
    head = head.rpartition("\n")[0] or head
    fence = ""
    for mark in re.findall(r"^ {0,3}(`{3,}|~{3,})", head, re.MULTILINE):
        if not fence:
            fence = mark
        elif mark.startswith(fence):
            fence = ""
    closing = f"\n{fence}" if len(fence) < 500 else ""
    return head + closing + _CUT


def _api_of(remote_url: str) -> str:
    found = re.match(r"(?:\w[\w+.-]*://)?(?:[^@/]*@)?([^:/]+)", remote_url)
    host = found[1].lower() if found else ""
    return "https://api.github.com" if host in ("github.com", "ssh.github.com") else f"https://{host}/api/v3"


def _checked_api(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost", "::1")):
        raise ForgeError("a token is sent over https only", place=one_line(url), hint="mend GITHUB_API_URL")
    return url.rstrip("/")


def _record(answer: Answer) -> Mapping[str, Json]:
    if not isinstance(answer.content, dict):
        raise ForgeError("GitHub: the answer is no pull request")
    return answer.content


def _number(found: Mapping[str, Json]) -> int:
    number = found.get("number")
    if not isinstance(number, int):
        raise ForgeError("GitHub: a pull request without a number")
    return number


def _text(found: Mapping[str, Json], key: str) -> str:
    value = found.get(key)
    return value.replace("\r\n", "\n").strip() if isinstance(value, str) else ""
