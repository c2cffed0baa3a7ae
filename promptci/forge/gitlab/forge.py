"""The forge of a project on GitLab: which one, at which API, with which token."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import quote, urlsplit

from promptci.errors import ForgeError
from promptci.forge.base import Access, Approval, Change, Check, Place, Posted, Proposal, Remark, Request
from promptci.forge.client import Client, checked_api
from promptci.forge.gitlab import requests, talk, trust
from promptci.untrusted import one_line

_TOKENS = ("GITLAB_TOKEN", "GL_TOKEN")


@dataclass(frozen=True, slots=True)
class GitLabForge:
    """Merge requests of `project` (its path or its number) at `api_url`. The token never shows in `repr` or an error.

    An access token of the project, of a group or of a person with the scope `api`; the job's own CI_JOB_TOKEN may not
    write merge requests.
    """

    project: str
    token: str = field(repr=False)
    api_url: str = "https://gitlab.com/api/v4"
    sleep: Callable[[float], None] = field(default=time.sleep, repr=False)

    @classmethod
    def at(cls, place: Place) -> GitLabForge:
        """Return the forge for a remote on GitLab. ForgeError when there is no token, or no project in the URL."""
        env = place.environ
        # A token that was read from GITHUB_TOKEN is GitHub's: GitLab must not see it.
        given = None if place.token in (env.get("GITHUB_TOKEN"), env.get("GH_TOKEN")) else place.token
        token = given or next((env[name] for name in _TOKENS if env.get(name)), None)
        if not token:
            hint = "set GITLAB_TOKEN to a project access token with the scope `api` (CI_JOB_TOKEN is not enough)"
            raise ForgeError("no token to open a merge request with", place=place.remote_url, hint=hint)
        found = re.match(
            r"(?:\w[\w+.-]*://)?(?:[^@/]*@)?([^:/]+)(?::\d+(?=/))?[:/](.+?)(?:\.git)?/?$", place.remote_url
        )
        project = env.get("CI_PROJECT_ID") or (found[2] if found else "")
        if not found or not re.fullmatch(r"\d+|[\w.-]+(/[\w.-]+)+", project):
            raise ForgeError("no path of a GitLab project in it", place=one_line(place.remote_url))
        api = env.get("CI_API_V4_URL") or f"https://{found[1].lower()}/api/v4"
        return cls(project, token.strip(), checked_api(api, "CI_API_V4_URL"))

    def propose(self, change: Change) -> Proposal:
        """Open or update the one open merge request of `change.branch`."""
        return requests.propose(self._client(), change)

    def requests(self, prefix: str, state: Literal["open", "closed"] = "open") -> tuple[Request, ...]:
        """Return ours: those whose branch is in this project and starts with `prefix`."""
        return requests.ours(self._client(), prefix, state)

    def close(self, number: int, reason: str) -> Proposal:
        """Close a merge request of ours with a note that says why."""
        return requests.close(self._client(), number, reason)

    def comment(self, number: int, body: str, *, marker: str, only_rewrite: bool = False) -> Posted:
        """Write or rewrite our one note with `marker`; without the right to, a note says so."""
        return talk.comment(self._client(), number, body, marker, only_rewrite=only_rewrite)

    def check(self, check: Check) -> Posted:
        """Set the status of a commit; GitLab takes its title alone."""
        return talk.status(self._client(), check)

    def access(self, user: str) -> Access:
        """Return what `user` may do: developers and above may write."""
        return trust.access(self._client(), user)

    def remarks(self, number: int) -> tuple[Remark, ...]:
        """Return what people wrote on a merge request."""
        return talk.remarks(self._client(), number)

    def approvals(self, number: int, label: str) -> tuple[Approval, ...]:
        """Return who put `label` on it, if it is still there."""
        return trust.approvals(self._client(), number, label)

    def vouched(self, commit: str) -> Approval | None:  # noqa: ARG002  # it vouches for nobody
        """Vouch for nobody: GitLab's API says that a signature is good, and not which of its users made it."""
        return None

    def issue(self, title: str, body: str, *, marker: str, labels: tuple[str, ...] = ()) -> Posted:
        """Open or rewrite our one open issue with `marker`."""
        return talk.issue(self._client(), title, body, marker, labels)

    def signed(
        self,
        parent: str,  # noqa: ARG002  # nobody signs here
        files: Mapping[str, bytes],  # noqa: ARG002  # nobody signs here
        message: str,  # noqa: ARG002  # nobody signs here
        *,
        executable: Collection[str] = (),  # noqa: ARG002  # nobody signs here
    ) -> str | None:
        """Sign nothing: GitLab makes commits only on a branch, where they could lie over somebody's."""
        return None

    def _client(self) -> Client:
        api = f"{self.api_url}/projects/{quote(self.project, safe='')}"
        return Client("GitLab", self.project, api, self.token, _HINTS, self.sleep)


_HINTS = (
    ("401 ", "the token is wrong or has expired"),
    ("403 ", "the token needs the scope `api` and the role Developer"),
    ("404 ", "the project is not there, or the token may not see it: scope `api`, role Developer"),
    ("source_branch", "the branch is not on GitLab: was it pushed?"),
    ("target_branch", "the target branch is not on GitLab"),
)


def is_gitlab(host: str, environ: Mapping[str, str]) -> bool:
    """Whether `host` is gitlab.com, or the server that the GitLab CI job or GITLAB_HOST names."""
    own = urlsplit(environ.get("CI_SERVER_URL", "")).hostname
    named = environ.get("GITLAB_HOST", "").removeprefix("https://").strip("/").lower()
    return host in {"gitlab.com", "altssh.gitlab.com", own, named} - {"", None}
