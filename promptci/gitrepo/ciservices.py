"""What the CI service says about the commit that it runs for: where it shall go, and what was there before.

Read from the variables that each service documents: GitHub Actions ("Variables reference", and the event's payload),
GitLab ("Predefined CI/CD variables"), Jenkins ("Multibranch pipelines", Git plugin), Buildkite ("Environment
variables"), CircleCI ("Project values and variables": it names no target branch), Azure ("Predefined variables").
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from promptci.core import Json

_MAX_EVENT = 30_000_000  # bytes; GitHub caps a payload at 25 MB


@dataclass(frozen=True, slots=True)
class Told:
    """What a service says; None where it says nothing. Names are short branch names, untrusted like all data.

    `target` is the branch that a merge request goes into and `tip` a commit of it; `branch` is the branch that was
    pushed and `before` the commit that it was at; `default` is the repository's default branch. `fork`: the merge
    request comes from another repository, whose people may have no write access here.
    """

    service: str
    target: str | None = None
    tip: str | None = None
    branch: str | None = None
    before: str | None = None
    default: str | None = None
    fork: bool = False


def told(environ: Mapping[str, str]) -> Told | None:
    """Return what the CI service says in `environ`, None when this is no CI service that is known."""
    for sign, read in _SERVICES.items():
        if environ.get(sign):
            return read(environ)
    return None


def _github(environ: Mapping[str, str]) -> Told:
    payload = _event(environ.get("GITHUB_EVENT_PATH"))
    base = _at(payload, "pull_request", "base")
    queue = _text(_at(payload, "merge_group", "base_ref"))
    target = environ.get("GITHUB_BASE_REF") or _text(_at(base, "ref")) or queue
    return Told(
        "GitHub Actions",
        _short(target),
        _text(_at(base, "sha")) or _text(_at(payload, "merge_group", "base_sha")),
        _short(environ.get("GITHUB_REF_NAME") if environ.get("GITHUB_REF_TYPE", "branch") == "branch" else None),
        _commit(_text(_at(payload, "before")) if environ.get("GITHUB_EVENT_NAME") == "push" else None),
        _text(_at(payload, "repository", "default_branch")),
        _is_of_a_fork(payload),
    )


def _is_of_a_fork(payload: Json) -> bool:
    """Whether the branch is not of the repository that it goes into; a fork that is gone has no name any more."""
    home, head = _text(_at(payload, "repository", "full_name")), _at(payload, "pull_request", "head")
    source = _text(_at(head, "repo", "full_name")) or ""
    return head is not None and home is not None and source.lower() != home.lower()


def _gitlab(environ: Mapping[str, str]) -> Told:
    return Told(
        "GitLab CI",
        _short(environ.get("CI_MERGE_REQUEST_TARGET_BRANCH_NAME")),
        _commit(environ.get("CI_MERGE_REQUEST_DIFF_BASE_SHA")),
        _short(environ.get("CI_COMMIT_BRANCH")),
        _commit(environ.get("CI_COMMIT_BEFORE_SHA")),
        _short(environ.get("CI_DEFAULT_BRANCH")),
        _differ(environ.get("CI_MERGE_REQUEST_SOURCE_PROJECT_ID"), environ.get("CI_MERGE_REQUEST_PROJECT_ID")),
    )


def _jenkins(environ: Mapping[str, str]) -> Told:
    before = environ.get("GIT_PREVIOUS_SUCCESSFUL_COMMIT") or environ.get("GIT_PREVIOUS_COMMIT")
    target = _short(environ.get("CHANGE_TARGET"))
    branch = None if target else _short(environ.get("BRANCH_NAME"))
    return Told("Jenkins", target, None, branch, _commit(before), fork=bool(environ.get("CHANGE_FORK")))


def _buildkite(environ: Mapping[str, str]) -> Told:
    return Told(
        "Buildkite",
        _short(environ.get("BUILDKITE_PULL_REQUEST_BASE_BRANCH")),
        None,
        _short(environ.get("BUILDKITE_BRANCH")),
        None,
        _short(environ.get("BUILDKITE_PIPELINE_DEFAULT_BRANCH")),
        _differ(_home(environ.get("BUILDKITE_PULL_REQUEST_REPO")), _home(environ.get("BUILDKITE_REPO"))),
    )


def _circleci(environ: Mapping[str, str]) -> Told:
    return Told("CircleCI", branch=_short(environ.get("CIRCLE_BRANCH")), fork=bool(environ.get("CIRCLE_PR_REPONAME")))


def _azure(environ: Mapping[str, str]) -> Told:
    target = environ.get("SYSTEM_PULLREQUEST_TARGETBRANCH") or environ.get("SYSTEM_PULLREQUEST_TARGETBRANCHNAME")
    source = environ.get("BUILD_SOURCEBRANCH", "")
    branch = _short(source) if source.startswith("refs/heads/") else None
    fork = environ.get("SYSTEM_PULLREQUEST_ISFORK", "").lower() == "true"
    return Told("Azure Pipelines", _short(target), branch=branch, fork=fork)


_SERVICES = {
    "GITHUB_ACTIONS": _github, "GITLAB_CI": _gitlab, "JENKINS_URL": _jenkins, "BUILDKITE": _buildkite,
    "CIRCLECI": _circleci, "TF_BUILD": _azure,
}  # fmt: skip


def _event(path: str | None) -> Json:
    try:
        place = Path(path or "")
        if not place.is_file() or place.stat().st_size > _MAX_EVENT:
            return None
        return json.loads(place.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None  # whoever needs the event itself says what is wrong with it


def _at(found: Json, *keys: str) -> Json:
    for key in keys:
        found = found.get(key) if isinstance(found, dict) else None
    return found


def _text(found: Json) -> str | None:
    return found if isinstance(found, str) and found else None


def _short(name: str | None) -> str | None:
    return (name or "").removeprefix("refs/heads/") or None


def _differ(one: str | None, other: str | None) -> bool:
    return bool(one) and bool(other) and one != other


def _home(url: str | None) -> str:
    """Return a repository's host and path, however it is reached: `git@host:a/b.git` and `https://host/a/b` are one."""
    bare = re.sub(r"^[a-z+]+://", "", (url or "").lower()).rpartition("@")[2]
    return bare.replace(":", "/", 1).removesuffix("/").removesuffix(".git")


def _commit(oid: str | None) -> str | None:
    """Services write zeros for "there was none"."""
    return oid if oid and oid.strip("0") else None
