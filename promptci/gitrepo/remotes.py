"""Branches at a remote: read, fetched beside everything else, and pushed only over what was seen there."""

from __future__ import annotations

import os
from dataclasses import dataclass

from promptci.errors import ForgeError, GitError
from promptci.gitrepo.names import branch_ref, is_commit_id
from promptci.gitrepo.objects import Objects
from promptci.gitrepo.plumbing import Plumbing, moved
from promptci.untrusted import one_line

_QUIET = ("--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules", "--refmap=", "--no-prune")


@dataclass(frozen=True, slots=True)
class Remotes:
    """Talks to the remotes of one repository."""

    git: Plumbing
    objects: Objects

    def tip(self, remote: str, branch: str) -> str | None:
        """See `Repository.remote_tip`."""
        ref = branch_ref(branch)
        found = self.git.network(remote, "ls-remote", "--quiet", "--end-of-options", remote, ref)
        rows = (line.split("\t") for line in os.fsdecode(found.out).splitlines())
        return next((oid for oid, name in rows if name == ref), None)

    def fetch(self, remote: str, branch: str) -> str | None:
        """See `Repository.fetch_branch`."""
        tip = self.tip(remote, branch)
        if tip is None or self.objects.commit(tip) is not None:
            return tip
        self.git.network(remote, "fetch", *_QUIET, "--end-of-options", remote, branch_ref(branch))
        return tip

    def fetch_commit(self, remote: str, commit: str) -> str:
        """See `Repository.fetch_commit`."""
        _full(commit)
        if self.objects.commit(commit) is None:
            self.git.network(remote, "fetch", *_QUIET, "--end-of-options", remote, commit)
        if self.objects.commit(commit) is None:
            raise ForgeError(f"it did not give the commit {commit[:12]}", place=remote)
        return commit

    def push(self, remote: str, commit: str, branch: str, expected: str | None) -> None:
        """See `Repository.push`."""
        ref, new = branch_ref(branch), self.objects.resolve(commit)
        if expected is not None:
            _full(expected)
        lease = f"--force-with-lease={ref}:{expected or ''}"
        flags = ("--porcelain", "--no-verify", "--no-follow-tags", "--recurse-submodules=no", lease)
        try:
            self.git.network(remote, "push", *flags, "--end-of-options", remote, f"{new}:{ref}")
        except ForgeError:
            # Remotes have many words for two pushes that meet ("failed to update ref"): what is there now says it.
            now = self.tip(remote, branch)
            if now == expected:
                raise
            if now != new:
                raise moved("push", remote) from None


def _full(commit: str) -> None:
    if not is_commit_id(commit):
        raise GitError(f"not a full commit id: '{one_line(commit)}'")
