"""git asked about one repository: reading, comparing with the working tree, and talking to a remote."""

from __future__ import annotations

import base64
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

from promptci.errors import ForgeError, GitError
from promptci.gitrepo.process import LOCAL_TIMEOUT_S, Result, Setting, last_line, run, without_credentials
from promptci.untrusted import one_line

NETWORK_TIMEOUT_S = 120.0
SHALLOW_HINT = (
    "this clone is shallow; fetch all history: `fetch-depth: 0` in actions/checkout, or `git fetch --unshallow`"
)


@dataclass(slots=True)
class Plumbing:
    """Runs git in `root`, where `place` says what a message calls it. `env` is set in every call.

    `token`, when given, is the password for remotes on github.com and on GITHUB_SERVER_URL, and GITLAB_TOKEN for those
    on gitlab.com, CI_SERVER_URL and GITLAB_HOST, over https only; no other host gets one, and it never shows in a
    command line, in `repr` or in an error.
    """

    root: Path
    token: str | None = field(default=None, repr=False)
    env: Mapping[str, str] = field(default_factory=dict)
    _filters: tuple[Setting, ...] | None = field(default=None, repr=False)

    def attempt(self, *args: str, stdin: bytes | None = None) -> Result:
        """Run git, whatever its exit code."""
        return self._run(args, stdin=stdin)

    def read(
        self, *args: str, stdin: bytes | None = None, env: Mapping[str, str] | None = None,
        settings: Sequence[Setting] = (),
    ) -> bytes:  # fmt: skip
        """Return what git printed. GitError with its complaint when it failed."""
        done = self._run(args, stdin=stdin, env=env, settings=settings)
        if done.code != 0:
            raise GitError(f"git {args[0]}: {done.complaint}", place=str(self.root))
        return done.out

    def compare(self, *args: str, also: Sequence[str] = ()) -> bytes:
        """Compare with the working tree: on a copy of the index, which `git diff` rewrites, and without any filter.

        `also` are new files that count as if they had been added.
        """
        index = self.inside("index")
        with tempfile.TemporaryDirectory(prefix="promptci-") as scratch:
            copy = Path(scratch) / "index"
            if index.exists():
                shutil.copyfile(index, copy)
            env = {"GIT_INDEX_FILE": str(copy)}
            if also:  # a mark alone: neither is the file read nor is an object written
                names = b"".join(os.fsencode(name) + b"\0" for name in also)
                told = ("--intent-to-add", "--pathspec-from-file=-", "--pathspec-file-nul")
                self.read("add", *told, stdin=names, env=env, settings=self._no_filters())
            return self.read(*args, env=env, settings=self._no_filters())

    def inside(self, name: str) -> Path:
        """Return where `name` is kept for this working tree: `index`, say, or `lfs/objects`."""
        return self.root / self.attempt("rev-parse", "--git-path", name).line

    def common(self) -> Path:
        """Return the .git directory that all working trees of this clone share."""
        return (self.root / self.attempt("rev-parse", "--git-common-dir").line).resolve()

    def branch(self) -> str | None:
        """The branch that is checked out; None when HEAD is detached."""
        found = self.attempt("symbolic-ref", "--quiet", "HEAD")
        return found.line.removeprefix("refs/heads/") if found.code == 0 else None

    def setting(self, name: str) -> str | None:
        """Return the value that the user's configuration gives `name`, None when it gives none."""
        found = self.attempt("config", "--get", name)
        return found.line if found.code == 0 else None

    def _no_filters(self) -> tuple[Setting, ...]:
        """Settings that turn off every content filter: comparing the working tree would run them."""
        if self._filters is None:
            found = self.attempt(
                "config", "-z", "--name-only", "--get-regexp", r"^filter\..*\.(clean|process|required)$"
            )
            off = {name: "false" if name.endswith(".required") else "" for name in names_in(found.out)}
            self._filters = tuple(off.items())
        return self._filters

    def _run(
        self, args: Sequence[str], *, stdin: bytes | None = None, env: Mapping[str, str] | None = None,
        settings: Sequence[Setting] = (), timeout_s: float = LOCAL_TIMEOUT_S,
    ) -> Result:  # fmt: skip
        both = {**self.env, **(env or {})}
        try:
            return run(self.root, args, stdin=stdin, env=both, settings=settings, timeout_s=timeout_s)
        except subprocess.TimeoutExpired:
            raise GitError(f"git {args[0]}: no answer in {timeout_s:.0f} s", place=str(self.root)) from None

    # -- remotes ------------------------------------------------------------------------------------------------------

    def remote_names(self) -> list[str]:
        """The names of the remotes, sorted."""
        return sorted(os.fsdecode(self.read("remote")).split())

    def remote_url(self, name: str) -> str:
        """Where `name` fetches from, without user name or password; a relative path is made absolute."""
        self._known(name)
        url = os.fsdecode(self.read("remote", "get-url", "--end-of-options", name)).strip()
        if "://" not in url and not re.match(r"[^/]+:", url):
            return str((self.root / url).resolve())
        return without_credentials(url)

    def network(self, remote: str, *args: str) -> Result:
        """Run git against a remote. GitError for an unknown one, ForgeError when it refuses or does not answer."""
        self._known(remote)
        try:
            done = run(self.root, args, settings=self.login(remote), timeout_s=NETWORK_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            raise ForgeError(f"git {args[0]}: no answer in {NETWORK_TIMEOUT_S:.0f} s", place=remote) from None
        if done.code != 0:
            _refused(args[0], remote, done)
        return done

    def login(self, remote: str) -> tuple[Setting, ...]:
        """Return the settings that give `remote` the token, if it is the one that may have it."""
        site = re.match(r"(https://[^/]+|http://(?:127\.0\.0\.1|localhost)(?::\d+)?)/", self.remote_url(remote))
        user = None if site is None else _users(self.token, os.environ).get(site[1].lower())
        if site is None or user is None:
            return ()
        basic = base64.b64encode(user.encode()).decode()
        key = f"http.{site[0]}.extraheader"
        # The empty value first forgets a header that actions/checkout left behind: GitHub refuses two of them.
        return ((key, ""), (key, f"AUTHORIZATION: basic {basic}"))

    def _known(self, remote: str) -> None:
        if remote not in (names := self.remote_names()):
            hint = f"there are: {', '.join(map(one_line, names))}" if names else "add one: git remote add origin URL"
            raise GitError(f"no remote '{one_line(remote)}'", place=str(self.root), hint=hint)


def _users(token: str | None, environ: Mapping[str, str]) -> dict[str, str]:
    """Return user and password for each server that may have one: GitHub `token`, GitLab the job's GITLAB_TOKEN."""
    host = environ.get("GITLAB_HOST", "").removeprefix("https://").strip("/").lower()
    gitlab = ("https://gitlab.com", environ.get("CI_SERVER_URL", "").rstrip("/"), f"https://{host}" if host else "")
    github = ("https://github.com", environ.get("GITHUB_SERVER_URL", "").rstrip("/"))
    own = environ.get("GITLAB_TOKEN")
    found = {site.lower(): f"oauth2:{own}" for site in gitlab if own and site}
    return {**found, **{site.lower(): f"x-access-token:{token}" for site in github if token and site}}


def names_in(out: bytes) -> list[str]:
    """Return the names that git printed with `-z`."""
    return [os.fsdecode(name) for name in out.split(b"\0") if name]


_MOVED = ("the branch has moved since it was read", "run again; nothing was overwritten")
_REFUSALS = (
    ("stale info", *_MOVED),
    ("fetch first", *_MOVED),
    ("could not read Username", "no credentials for it", "give a token that may write"),
    ("Authentication failed", "it did not accept the credentials", "check the token"),
    ("returned error: 403", "writing is not permitted", "in GitHub Actions: `permissions: contents: write`"),
    ("Permission denied (publickey", "it did not accept the ssh key", "try: ssh -T git@github.com"),
    ("Host key verification failed", "its ssh host key is not known", "try: ssh -T git@github.com"),
    ("shallow update not allowed", "it needs more history than this clone has", SHALLOW_HINT),
)  # fmt: skip


def moved(verb: str, remote: str) -> ForgeError:
    """Return the error that says that somebody else was faster at `remote`."""
    problem, hint = _MOVED
    return ForgeError(f"git {verb}: {problem}", place=remote, hint=hint)


def _refused(verb: str, remote: str, done: Result) -> NoReturn:
    said = os.fsdecode(done.out) + done.err
    for sign, problem, hint in _REFUSALS:
        if sign in said:
            raise ForgeError(f"git {verb}: {problem}", place=remote, hint=hint)
    rejected = re.search(r"^!\t[^\t]*\t(.*)$", said, re.MULTILINE)
    reason = one_line(rejected[1]) if rejected else last_line(done.err)
    remarks = "; ".join(one_line(m) for m in re.findall(r"^remote: (?!error:\s*$)(.*\S)\s*$", said, re.MULTILINE)[:3])
    raise ForgeError(f"git {verb}: {reason}", place=remote, hint=f"the remote says: {remarks}" if remarks else None)
