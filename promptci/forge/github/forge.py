"""The forge of a repository on GitHub: which one, at which API, with which token."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import quote

from promptci.errors import ForgeError
from promptci.forge.base import Access, Approval, Change, Check, Place, Posted, Proposal, Remark, Request
from promptci.forge.client import Client, checked_api
from promptci.forge.github import checks, requests, signing, talk, trust
from promptci.untrusted import one_line


@dataclass(frozen=True, slots=True)
class GitHubForge:
    """Pull requests of `repository` (owner/name) at `api_url`. The token never shows in `repr` or an error.

    A token of a GitHub App (an installation token) does all of this; GITHUB_TOKEN does, where the workflow gives it the
    permissions that the hints name, but what it opens starts no workflow.
    """

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
        return cls(repository, token.strip(), checked_api(api, "GITHUB_API_URL"))

    def propose(self, change: Change) -> Proposal:
        """Open or update the one open pull request of `change.branch`. A label that fails is a note, not an error."""
        return requests.propose(self._client(), change)

    def requests(self, prefix: str, state: Literal["open", "closed"] = "open") -> tuple[Request, ...]:
        """Return ours: those whose branch is in this repository and starts with `prefix`."""
        return requests.ours(self._client(), prefix, state)

    def close(self, number: int, reason: str) -> Proposal:
        """Close a pull request of ours with a comment that says why."""
        return requests.close(self._client(), number, reason)

    def comment(self, number: int, body: str, *, marker: str, only_rewrite: bool = False) -> Posted:
        """Write or rewrite our one comment with `marker`; without the right to, a note says so."""
        return talk.comment(self._client(), number, body, marker, only_rewrite=only_rewrite)

    def check(self, check: Check) -> Posted:
        """Make or update a check run; only Apps may, GITHUB_TOKEN among them: for others a note says so."""
        return checks.check(self._client(), check)

    def access(self, user: str) -> Access:
        """Return what `user` may do in the repository."""
        return trust.access(self._client(), user)

    def remarks(self, number: int) -> tuple[Remark, ...]:
        """Return what people wrote on a pull request."""
        return talk.remarks(self._client(), number)

    def approvals(self, number: int, label: str) -> tuple[Approval, ...]:
        """Return who put `label` on it, if it is still there."""
        return trust.approvals(self._client(), number, label)

    def vouched(self, commit: str) -> Approval | None:
        """Return who signed a commit, if GitHub has verified it."""
        return trust.vouched(self._client(), commit)

    def issue(self, title: str, body: str, *, marker: str, labels: tuple[str, ...] = ()) -> Posted:
        """Open or rewrite our one open issue with `marker`."""
        return talk.issue(self._client(), title, body, marker, labels)

    def signed(
        self, parent: str, files: Mapping[str, bytes], message: str, *, executable: Collection[str] = ()
    ) -> str | None:
        """Make a commit by the API: GitHub signs those that a bot's token makes without naming an author."""
        return signing.signed(self._client(), parent, files, message, executable)

    def _client(self) -> Client:
        api = f"{self.api_url}/repos/{quote(self.repository)}"
        return Client("GitHub", self.repository, api, self.token, _HINTS, self.sleep)


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


def _api_of(remote_url: str) -> str:
    found = re.match(r"(?:\w[\w+.-]*://)?(?:[^@/]*@)?([^:/]+)", remote_url)
    host = found[1].lower() if found else ""
    return "https://api.github.com" if host in ("github.com", "ssh.github.com") else f"https://{host}/api/v3"
