"""What a CI service says happened, read into one form whichever service it is.

Names and payloads are those of GitHub's documentation ("Events that trigger workflows"); GitLab's variables
("Predefined CI/CD variables") are put into the same form.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from promptci.core import Json
from promptci.errors import DataError, UsageError
from promptci.untrusted import one_line

_PIPELINES = {
    "merge_request_event": "pull_request",
    "push": "push",
    "schedule": "schedule",
    "web": "workflow_dispatch",
    "api": "workflow_dispatch",
    "trigger": "workflow_dispatch",
}


@dataclass(frozen=True, slots=True)
class Event:
    """What happened: GitHub's name of the event, its payload, the branch it is on and the default branch."""

    name: str
    payload: Mapping[str, Json]
    branch: str
    default_branch: str
    on_github: bool = True

    def at(self, *keys: str) -> Json:
        """Return what the payload has at `keys`, None where there is nothing."""
        found: Json = self.payload
        for key in keys:
            found = found.get(key) if isinstance(found, Mapping) else None
        return found

    def text(self, *keys: str) -> str:
        """Return the text there, empty where there is none. It is untrusted."""
        found = self.at(*keys)
        return found if isinstance(found, str) else ""

    @property
    def number(self) -> int | None:
        """The number of the pull request or issue that this is about."""
        for place in ("pull_request", "issue"):
            found = self.at(place, "number")
            if type(found) is int:
                return found
        return None

    @property
    def is_of_this_repository(self) -> bool:
        """Whether the event says that a pull request's branch is of the repository that it goes into."""
        head, base = self.text("pull_request", "head", "repo", "full_name"), self.text("repository", "full_name")
        return bool(head) and head.lower() == base.lower()

    @property
    def has_no_secrets(self) -> bool:
        """Whether it is a pull request from a fork, or one of Dependabot's: these get no keys."""
        if self.name != "pull_request":
            return False
        head, base = self.text("pull_request", "head", "repo", "full_name"), self.text("repository", "full_name")
        forked = self.at("pull_request", "head") is not None and bool(base) and head.lower() != base.lower()
        return forked or self.text("sender", "login") == "dependabot[bot]"


def event_of(environ: Mapping[str, str]) -> Event:
    """Read the event from the CI's environment. Raises UsageError when there is none, DataError when it is damaged."""
    name, path = environ.get("GITHUB_EVENT_NAME"), environ.get("GITHUB_EVENT_PATH")
    if environ.get("GITLAB_CI") and not name:
        return _gitlab(environ)
    if not name or not path:
        hint = "on your own machine run `promptci check`; docs/ci.md has Jenkins and other services"
        raise UsageError("no CI event: GITHUB_EVENT_NAME and GITHUB_EVENT_PATH are not set", hint=hint)
    try:
        payload = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as problem:
        raise DataError(f"the event cannot be read: {one_line(str(problem))}", place=path) from None
    if not isinstance(payload, dict):
        raise DataError("the event cannot be read: it is no mapping", place=path)
    event = Event(name, payload, environ.get("GITHUB_REF_NAME", ""), "")
    default = event.text("repository", "default_branch") or "main"
    return Event(name, payload, event.branch, default)


def _gitlab(environ: Mapping[str, str]) -> Event:
    source = environ.get("CI_PIPELINE_SOURCE", "")
    name = _PIPELINES.get(source, source)
    payload: dict[str, Json] = {"before": environ.get("CI_COMMIT_BEFORE_SHA", "")}
    branch = environ.get("CI_COMMIT_BRANCH", "")
    if name == "pull_request":
        number = environ.get("CI_MERGE_REQUEST_IID", "")
        target = environ.get("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "")
        tip = environ.get("CI_MERGE_REQUEST_TARGET_BRANCH_SHA") or f"refs/remotes/origin/{target}"
        home = environ.get("CI_MERGE_REQUEST_PROJECT_PATH", "")
        head = {
            "ref": environ.get("CI_MERGE_REQUEST_SOURCE_BRANCH_NAME", ""),
            "sha": environ.get("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA") or environ.get("CI_COMMIT_SHA", ""),
        }
        source_repo = {"full_name": environ.get("CI_MERGE_REQUEST_SOURCE_PROJECT_PATH", home)}
        payload["repository"] = {"full_name": home}
        payload["pull_request"] = {
            "number": int(number) if number.isdecimal() else None,
            "base": {"sha": tip, "ref": target},
            "head": {**head, "repo": source_repo},
        }
        branch = environ.get("CI_MERGE_REQUEST_SOURCE_BRANCH_NAME", "")
    return Event(name, payload, branch, environ.get("CI_DEFAULT_BRANCH") or "main", on_github=False)
