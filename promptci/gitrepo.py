"""The one room that knows git: read at a revision, see what changed, commit beside the user's work, push.

A repository is untrusted: nothing that it carries (hooks, file system monitors, filters, external diff programs, text
converters) is run, and no name from it is ever read as an option. How the remote is reached (ssh command, credential
helper, proxy) stays the user's own configuration. The caller's `GIT_DIR`, `GIT_INDEX_FILE` and the like are not
inherited, so promptci works inside a git hook too.
"""

from __future__ import annotations

import base64
import contextlib
import os
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, NoReturn

from promptci.errors import ForgeError, GitError
from promptci.untrusted import one_line

if TYPE_CHECKING:
    from git.cmd import Git

NETWORK_TIMEOUT_S = 120.0

_SWITCHES = (
    "--no-pager", "--literal-pathspecs", "-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false",
    "-c", "core.splitIndex=false", "-c", "protocol.ext.allow=never", "-c", "safe.bareRepository=explicit",
    "-c", "commit.gpgSign=false", "-c", "push.gpgSign=false", "-c", "push.followTags=false",
    "-c", "i18n.commitEncoding=UTF-8", "-c", "gc.auto=0", "-c", "maintenance.auto=false",
)  # fmt: skip
_DIFF = ("--name-only", "-z", "--no-renames", "--no-ext-diff", "--no-textconv", "--ignore-submodules=dirty")
_ENVIRONMENT = {
    "GIT_TERMINAL_PROMPT": "0",
    "GCM_INTERACTIVE": "never",
    "GIT_OPTIONAL_LOCKS": "0",  # reading never rewrites the user's index
    "GIT_NO_REPLACE_OBJECTS": "1",  # the object that was asked for, not one put in its place
    "LC_ALL": "C",
}
# How the user reaches remotes and which configuration files count is the user's choice; all else of GIT_* is dropped.
_KEPT = re.compile(r"GIT_(SSH|SSH_COMMAND|ASKPASS|SSL_\w+|HTTP_\w+|PROXY_\w+|CONFIG_(GLOBAL|SYSTEM|NOSYSTEM|COUNT))$")
_KEPT_PAIR = re.compile(r"GIT_CONFIG_(KEY|VALUE)_\d+$")
_REGULAR = ("100644", "100755")
_OWN = re.compile(r"(^|/)\.promptci/")
_UPSTREAM = ("refs/remotes/origin/HEAD", "refs/remotes/origin/main", "refs/remotes/origin/master",
             "refs/heads/main", "refs/heads/master")  # fmt: skip
_BAD_IN_BRANCH = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//")
_COMMIT_ID = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_SHALLOW_HINT = (
    "this clone is shallow; fetch all history: `fetch-depth: 0` in actions/checkout, or `git fetch --unshallow`"
)


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a commit is by."""

    name: str
    email: str


BOT = Identity("promptci[bot]", "promptci[bot]@promptci.invalid")


@dataclass(frozen=True, slots=True)
class _Result:
    code: int
    out: bytes
    err: str

    @property
    def line(self) -> str:
        return os.fsdecode(self.out).rstrip("\n")


@dataclass(frozen=True, slots=True)
class _Entry:
    mode: str
    oid: str


def branch_ref(name: str) -> str:
    """Return `refs/heads/<name>`; GitError for a name that git refuses (git-check-ref-format) or reads as an option."""
    parts = name.split("/")
    bad = _BAD_IN_BRANCH.search(name) or not name.isprintable() or len(os.fsencode(name)) > 200
    if bad or name.endswith(".") or any(p.startswith((".", "-")) or p.endswith(".lock") or not p for p in parts):
        raise GitError(f"not a branch name: '{one_line(name)}'", hint="see `git help check-ref-format`")
    if name in ("HEAD", "@") or parts[0] == "refs":
        raise GitError(f"not a branch name: '{one_line(name)}'", hint="give the short name, such as main")
    return f"refs/heads/{name}"


def _mode_to_write(path: str, entries: Mapping[str, _Entry]) -> str:
    parts = path.split("/")
    bad = "\\" in path or any(p in ("", ".", "..") or p.lower() == ".git" for p in parts)
    if bad or any(ord(c) < 32 or ord(c) == 127 for c in path):
        raise GitError(f"not a path inside the repository: '{one_line(path)}'")
    mode = entries[path].mode if path in entries else "100644"
    # git would put the file in place of a folder, or of the symbolic link that its folder is
    replaces = any(p.startswith(f"{path}/") for p in entries) or any(
        str(p) in entries for p in PurePosixPath(path).parents
    )
    if mode not in _REGULAR or replaces:
        raise GitError("not a regular file, so it is not written", place=one_line(path))
    return mode


def _names(out: bytes) -> list[str]:
    return [os.fsdecode(name) for name in out.split(b"\0") if name]


@dataclass(slots=True)
class Repository:
    """A working tree and its history. `root` is the top level; paths are relative to it, with forward slashes.

    `token`, when given, is the password for remotes on github.com and on GITHUB_SERVER_URL, over https only; no other
    host gets it, and it never shows in a command line, in `repr` or in an error.
    """

    root: Path
    token: str | None = field(default=None, repr=False)
    _trees: dict[str, dict[str, _Entry]] = field(default_factory=dict, repr=False)
    _commits: set[str] = field(default_factory=set, repr=False)
    _filters: tuple[str, ...] | None = field(default=None, repr=False)

    @classmethod
    def open(cls, path: Path, *, token: str | None = None) -> Repository:
        """Return the repository that `path`, a directory, lies in; GitError when there is none or it is bare."""
        if not path.is_dir():
            raise GitError("no such directory", place=str(path))
        found = _run(path, ["rev-parse", "--show-toplevel"])
        if found.code == 0 and found.line:
            return cls(Path(found.line), token)
        if "dubious ownership" in found.err:
            hint = f"if you trust it: git config --global --add safe.directory '{path.resolve()}'"
            raise GitError("the repository belongs to another user", place=str(path), hint=hint)
        if "not a git repository" in found.err:
            raise GitError(
                "not a git repository", place=str(path), hint="run `git init`, or go to your repository first"
            )
        if "must be run in a work tree" in found.err or "cannot use bare repository" in found.err:
            raise GitError("a bare repository has no files to check", place=str(path), hint="clone it first")
        raise GitError(_last_line(found.err), place=str(path))

    # -- reading ------------------------------------------------------------------------------------------------------

    def head(self) -> str | None:
        """The commit that is checked out; None in a repository without commits."""
        return self._commit("HEAD")

    def branch(self) -> str | None:
        """The branch that is checked out; None when HEAD is detached."""
        found = self._try("symbolic-ref", "--quiet", "HEAD")
        return found.line.removeprefix("refs/heads/") if found.code == 0 else None

    def resolve(self, rev: str) -> str:
        """Return the full id of the commit that `rev` names. GitError when there is none."""
        commit = None if rev.startswith("-") or not rev.isprintable() else self._commit(rev)
        if commit is None:
            hint = _SHALLOW_HINT if self.is_shallow() else "`git branch -a` lists what is there; `git fetch` gets more"
            raise GitError(f"unknown revision '{one_line(rev)}'", place=str(self.root), hint=hint)
        return commit

    def merge_base(self, a: str, b: str) -> str | None:
        """The best common ancestor of two revisions; None when there is none, or when a shallow clone hides it."""
        one, other = self.resolve(a), self.resolve(b)
        if one == other:
            return one
        found = self._try("merge-base", "--end-of-options", one, other)
        return found.line.split("\n")[0] if found.code == 0 else None

    def default_base(self) -> str | None:
        """What HEAD is compared with when nobody says: where it left the upstream default branch.

        On that branch itself, with no uncommitted change to a tracked file, it is the first parent of HEAD; what
        promptci itself wrote under `.promptci/`, a ledger say, is no such change. None when there is nothing older to
        compare with; GitError when a shallow clone hides what there is.
        """
        head = self.head()
        if head is None:
            return None
        tips = (tip for ref in _UPSTREAM if (tip := self._commit(ref)) is not None)
        base = next((b for tip in tips if (b := self.merge_base(tip, head)) is not None), head)
        if base != head or any(not _OWN.search(path) for path in self._status(untracked=False)):
            return base
        parent = self._commit(f"{head}^1")
        if parent is None and b"\nparent " in self._read("cat-file", "commit", head).split(b"\n\n")[0]:
            raise GitError("the commit before HEAD is not in this clone", place=str(self.root), hint=_SHALLOW_HINT)
        return parent

    def read(self, rev: str, path: str) -> bytes | None:
        """The file as it is at `rev`, None when it is not there. GitError for a symbolic link or a submodule."""
        return self.read_many(rev, [path])[path]

    def read_many(self, rev: str, paths: Iterable[str]) -> dict[str, bytes | None]:
        """As `read`, for many files at the cost of two processes, however many they are."""
        entries, wanted = self._entries(rev), list(dict.fromkeys(paths))
        for path in wanted:
            if path in entries and entries[path].mode not in _REGULAR:
                kind = "a symbolic link" if entries[path].mode == "120000" else "a submodule"
                raise GitError(f"{kind}, not a regular file", place=f"{one_line(rev)}:{one_line(path)}")
        oids = list(dict.fromkeys(entries[path].oid for path in wanted if path in entries))
        blobs = self._blobs(oids)
        return {path: blobs[entries[path].oid] if path in entries else None for path in wanted}

    def files(self, rev: str) -> list[str]:
        """The regular files at `rev`, sorted; symbolic links and submodules are left out."""
        return sorted(path for path, entry in self._entries(rev).items() if entry.mode in _REGULAR)

    def changed(self, base: str, rev: str | None = None) -> list[str]:
        """Files that differ between `base` and `rev`, sorted, deleted ones included; a rename is two of them.

        `rev` None is the working tree: what is committed, staged, edited or new there, except what git ignores.
        """
        old = self.resolve(base)
        if rev is not None:
            new = self.resolve(rev)
            return sorted(_names(self._read("diff-tree", "-r", *_DIFF, "--end-of-options", old, new, "--")))
        edited = _names(self._compare("diff", *_DIFF, "--end-of-options", old, "--"))
        new_files = _names(self._read("ls-files", "--others", "--exclude-standard", "-z"))
        return sorted({*edited, *(name for name in new_files if not name.endswith("/"))})

    def is_dirty(self, *, untracked: bool = True) -> bool:
        """Whether anything is not committed; `untracked` counts new files that git does not ignore."""
        return bool(self._status(untracked=untracked))

    def is_shallow(self) -> bool:
        """Whether history was cut off when it was cloned."""
        return self._read("rev-parse", "--is-shallow-repository").strip() == b"true"

    def commit_time(self, rev: str) -> datetime:
        """When `rev` was committed. As the date of a new commit it makes the same content the same commit id."""
        shown = self._read("show", "--no-patch", "--no-show-signature", "--format=%cI", self.resolve(rev), "--")
        return datetime.fromisoformat(shown.decode().strip())

    def authors(self, base: str, tip: str) -> frozenset[str]:
        """E-mail addresses of authors and committers in base..tip: more than BOT's means that people worked there."""
        span = f"{self.resolve(base)}..{self.resolve(tip)}"
        lines = os.fsdecode(self._read("rev-list", "--format=%ae%n%ce", "--end-of-options", span, "--")).split("\n")
        return frozenset(lines[1::3]) | frozenset(lines[2::3])

    # -- writing ------------------------------------------------------------------------------------------------------

    def commit_on_branch(
        self, *, branch: str, parent: str, files: Mapping[str, bytes], message: str, when: datetime, by: Identity = BOT
    ) -> str:
        """Point the local `branch` at a new commit, made as by `commit`. Returns the commit's id.

        GitError when the branch is checked out somewhere.
        """
        ref = branch_ref(branch)
        old = self._movable_tip(ref, branch)
        commit = self.commit(parent=parent, files=files, message=message, when=when, by=by)
        env = _signed(by, when)
        self._read("update-ref", "--no-deref", "-m", "promptci", ref, commit, old or "0" * len(commit), env=env)
        return commit

    def commit(
        self, *, parent: str, files: Mapping[str, bytes], message: str, when: datetime, by: Identity = BOT
    ) -> str:
        """Make a commit, `parent` with `files` written over it, that no branch points at. Returns its id, for `push`.

        Working tree, index, stash, HEAD and refs are not touched. The same arguments give the same id. A file keeps its
        mode. GitError for a path that is a symbolic link or leaves the tree.
        """
        first = self.resolve(parent)
        if when.tzinfo is None:
            raise ValueError("the date of a commit needs its time zone")
        if "\0" in message or not message.strip():
            raise GitError("a commit message must have text, and no NUL")
        tree = self._write_tree(first, files)
        said = message.encode("utf-8", "replace")
        made = self._read("commit-tree", "-p", first, "-F", "-", tree, stdin=said, env=_signed(by, when))
        return made.decode().strip()

    # -- remotes ------------------------------------------------------------------------------------------------------

    def remote_names(self) -> list[str]:
        """The names of the remotes, sorted."""
        return sorted(os.fsdecode(self._read("remote")).split())

    def remote_url(self, name: str) -> str:
        """Where `name` fetches from, without user name or password; a relative path is made absolute."""
        self._known(name)
        url = os.fsdecode(self._read("remote", "get-url", "--end-of-options", name)).strip()
        if "://" not in url and not re.match(r"[^/]+:", url):
            return str((self.root / url).resolve())
        return _without_credentials(url)

    def remote_tip(self, remote: str, branch: str) -> str | None:
        """The commit that `branch` has on `remote` now, None if it has none. ForgeError when there is no answer."""
        ref = branch_ref(branch)
        found = self._network(remote, "ls-remote", "--quiet", "--end-of-options", remote, ref)
        rows = (line.split("\t") for line in os.fsdecode(found.out).splitlines())
        return next((oid for oid, name in rows if name == ref), None)

    def fetch_branch(self, remote: str, branch: str) -> str | None:
        """As `remote_tip`, and bring its commits here. No branch, tag or FETCH_HEAD of this repository moves."""
        tip = self.remote_tip(remote, branch)
        if tip is None or self._commit(tip) is not None:
            return tip
        quiet = ("--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules", "--refmap=")
        self._network(remote, "fetch", *quiet, "--end-of-options", remote, branch_ref(branch))
        return tip

    def push(self, remote: str, commit: str, branch: str, expected: str | None) -> None:
        """Make `branch` on `remote` be `commit`, if it is `expected` there now (None: not there).

        ForgeError with the remote's reason when it has moved, and for every other refusal; then nothing has changed.
        """
        ref, new = branch_ref(branch), self.resolve(commit)
        if expected is not None and not _COMMIT_ID.fullmatch(expected):
            raise GitError(f"not a full commit id: '{one_line(expected)}'")
        lease = f"--force-with-lease={ref}:{expected or ''}"
        flags = ("--porcelain", "--no-verify", "--no-follow-tags", "--recurse-submodules=no", lease)
        self._network(remote, "push", *flags, "--end-of-options", remote, f"{new}:{ref}")

    # -- below the surface --------------------------------------------------------------------------------------------

    def _try(self, *args: str) -> _Result:
        return _run(self.root, args)

    def _read(
        self, *args: str, stdin: bytes | None = None, env: Mapping[str, str] | None = None, switches: Sequence[str] = ()
    ) -> bytes:
        done = _run(self.root, [*switches, *args], stdin=stdin, env=env)
        if done.code != 0:
            raise GitError(f"git {args[0]}: {_last_line(done.err)}", place=str(self.root))
        return done.out

    def _compare(self, *args: str) -> bytes:
        """Compare with the working tree: on a copy of the index, which `git diff` rewrites, and without any filter."""
        index = self.root / self._try("rev-parse", "--git-path", "index").line
        with tempfile.TemporaryDirectory(prefix="promptci-") as scratch:
            copy = Path(scratch) / "index"
            if index.exists():
                shutil.copyfile(index, copy)
            return self._read(*args, env={"GIT_INDEX_FILE": str(copy)}, switches=self._filter_switches())

    def _status(self, *, untracked: bool) -> list[str]:
        """The paths that are not as they are committed."""
        shown = "--untracked-files=normal" if untracked else "--untracked-files=no"
        rows = self._compare("status", "--porcelain", "-z", shown, "--ignore-submodules=dirty", "--no-renames")
        return [row[3:] for row in _names(rows)]  # each path stands behind two letters and a space

    def _commit(self, rev: str) -> str | None:
        if rev in self._commits:
            return rev
        found = self._try("rev-parse", "--verify", "--quiet", "--end-of-options", f"{rev}^{{commit}}")
        if found.code != 0:
            return None
        self._commits.add(found.line)  # a full id that was a commit once is one for good: no second process for it
        return found.line

    def _entries(self, rev: str) -> dict[str, _Entry]:
        commit = rev if rev in self._trees else self.resolve(rev)  # keys are full ids: they need no second look
        if commit not in self._trees:
            rows = self._read("ls-tree", "-r", "-z", "--full-tree", "--end-of-options", commit).split(b"\0")
            pairs = (os.fsdecode(row).split("\t", 1) for row in rows if row)
            self._trees[commit] = {path: _Entry(*meta.split(" ")[::2]) for meta, path in pairs}
        return self._trees[commit]

    def _blobs(self, oids: Sequence[str]) -> dict[str, bytes]:
        if not oids:
            return {}
        out = self._read("cat-file", "--batch", stdin="".join(f"{oid}\n" for oid in oids).encode())
        blobs, at = {}, 0
        for oid in oids:
            header, _, size = out[at : (end := out.index(b"\n", at))].rpartition(b" ")
            if not header.endswith(b" blob"):
                raise GitError(f"object {oid} is missing or broken", place=str(self.root), hint="run `git fsck`")
            blobs[oid] = out[end + 1 : end + 1 + int(size)]
            at = end + 1 + int(size) + 1
        return blobs

    def _filter_switches(self) -> tuple[str, ...]:
        """Switches that turn off every content filter: comparing the working tree would run them."""
        if self._filters is None:
            found = self._try("config", "-z", "--name-only", "--get-regexp", r"^filter\..*\.(clean|process|required)$")
            off = {name: "false" if name.endswith(".required") else "" for name in _names(found.out)}
            self._filters = tuple(word for name, value in off.items() for word in ("-c", f"{name}={value}"))
        return self._filters

    def _movable_tip(self, ref: str, branch: str) -> str | None:
        here = self._try("symbolic-ref", "--quiet", "HEAD").line
        places = self._read("for-each-ref", "--format=%(worktreepath)", "--", ref).strip()
        if here == ref or places:
            hint = "check out another branch; promptci writes only to its own"
            raise GitError(f"branch '{branch}' is checked out", place=str(self.root), hint=hint)
        return self._commit(ref)

    def _write_tree(self, parent: str, files: Mapping[str, bytes]) -> str:
        entries, rows = self._entries(parent), []
        for path in sorted(files):
            mode = _mode_to_write(path, entries)
            oid = self._read("hash-object", "-w", "--no-filters", "--stdin", stdin=files[path]).decode().strip()
            rows.append(f"{mode} {oid}\t{path}\0")
        with tempfile.TemporaryDirectory(prefix="promptci-") as scratch:
            env = {"GIT_INDEX_FILE": str(Path(scratch) / "index")}
            self._read("read-tree", parent, env=env)
            self._read("update-index", "--add", "-z", "--index-info", stdin=os.fsencode("".join(rows)), env=env)
            return self._read("write-tree", env=env).decode().strip()

    def _known(self, remote: str) -> None:
        if remote not in (names := self.remote_names()):
            hint = f"there are: {', '.join(map(one_line, names))}" if names else "add one: git remote add origin URL"
            raise GitError(f"no remote '{one_line(remote)}'", place=str(self.root), hint=hint)

    def _network(self, remote: str, *args: str) -> _Result:
        self._known(remote)
        try:
            done = _run(self.root, args, env=self._login(remote), timeout_s=NETWORK_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            raise ForgeError(f"git {args[0]}: no answer in {NETWORK_TIMEOUT_S:.0f} s", place=remote) from None
        if done.code != 0:
            _refused(args[0], remote, done)
        return done

    def _login(self, remote: str) -> dict[str, str]:
        """Configuration in the environment, where other users of the machine cannot read it as they can arguments."""
        site = re.match(r"(https://[^/]+|http://(?:127\.0\.0\.1|localhost)(?::\d+)?)/", self.remote_url(remote))
        servers = ("https://github.com", os.environ.get("GITHUB_SERVER_URL", "").rstrip("/"))
        if self.token is None or site is None or site[1].lower() not in servers:
            return {}
        basic = base64.b64encode(f"x-access-token:{self.token}".encode()).decode()
        first, key = int(os.environ.get("GIT_CONFIG_COUNT") or 0), f"http.{site[0]}.extraheader"
        # The empty value first forgets a header that actions/checkout left behind: GitHub refuses two of them.
        pairs = {"GIT_CONFIG_COUNT": str(first + 2)}
        for at, value in enumerate(("", f"AUTHORIZATION: basic {basic}"), start=first):
            pairs |= {f"GIT_CONFIG_KEY_{at}": key, f"GIT_CONFIG_VALUE_{at}": value}
        return pairs


def _run(
    cwd: Path, args: Sequence[str], *, stdin: bytes | None = None, env: Mapping[str, str] | None = None,
    timeout_s: float | None = None,
) -> _Result:  # fmt: skip
    """Run git to its end, whatever its exit code. Raises subprocess.TimeoutExpired, and leaves no process behind."""
    git = _gitpython()
    dropped = sorted(k for k in os.environ if k.startswith("GIT_") and not (_KEPT.match(k) or _KEPT_PAIR.match(k)))
    # GitPython only adds to the environment, so `env -u` takes away. A session of its own: all of it can be ended.
    unset = ["env", *(word for name in dropped for word in ("-u", name))] if dropped else []
    process = git(cwd).execute(
        [*unset, "git", *_SWITCHES, *args],
        istream=None if stdin is None else subprocess.PIPE,
        env={**_ENVIRONMENT, **(env or {})}, as_process=True, start_new_session=True,
    )  # fmt: skip
    try:
        out, err = process.communicate(stdin, timeout_s)
    except BaseException:
        with contextlib.suppress(ProcessLookupError):  # it ended meanwhile, as it should
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        raise
    return _Result(process.returncode, out, err.decode("utf-8", "replace"))


def _gitpython() -> type[Git]:
    if shutil.which("git") is None:  # GitPython would raise ImportError, or another error if it was told not to
        raise GitError("git is not installed", hint="install git 2.36 or newer")
    from git.cmd import Git

    return Git


def _signed(by: Identity, when: datetime) -> dict[str, str]:
    """The environment that makes a commit `by` somebody at a moment, whatever the user's own settings say."""
    who = {"NAME": by.name, "EMAIL": by.email, "DATE": f"{int(when.timestamp())} +0000"}
    return {f"GIT_{role}_{key}": value for role in ("AUTHOR", "COMMITTER") for key, value in who.items()}


def _without_credentials(text: str) -> str:
    return re.sub(r"(?<=://)[^/@\s]+@", "", text)


def _last_line(err: str) -> str:
    """The line of git's complaint that says what is wrong, safe to show."""
    lines = [line for line in err.splitlines() if line.strip()] or ["no reason given"]
    told = next((line for line in lines if line.startswith(("fatal:", "error:"))), lines[-1])
    return one_line(_without_credentials(re.sub(r"^(fatal|error): ", "", told)))


_REFUSALS = (
    ("stale info", "the branch has moved since it was read", "run again; nothing was overwritten"),
    ("fetch first", "the branch has moved since it was read", "run again; nothing was overwritten"),
    ("could not read Username", "no credentials for it", "give a token that may write"),
    ("Authentication failed", "it did not accept the credentials", "check the token"),
    ("returned error: 403", "writing is not permitted", "in GitHub Actions: `permissions: contents: write`"),
    ("Permission denied (publickey", "it did not accept the ssh key", "try: ssh -T git@github.com"),
    ("Host key verification failed", "its ssh host key is not known", "try: ssh -T git@github.com"),
    ("shallow update not allowed", "it needs more history than this clone has", _SHALLOW_HINT),
)  # fmt: skip


def _refused(verb: str, remote: str, done: _Result) -> NoReturn:
    said = os.fsdecode(done.out) + done.err
    for sign, problem, hint in _REFUSALS:
        if sign in said:
            raise ForgeError(f"git {verb}: {problem}", place=remote, hint=hint)
    rejected = re.search(r"^!\t[^\t]*\t(.*)$", said, re.MULTILINE)
    reason = one_line(rejected[1]) if rejected else _last_line(done.err)
    remarks = "; ".join(one_line(m) for m in re.findall(r"^remote: (?!error:\s*$)(.*\S)\s*$", said, re.MULTILINE)[:3])
    raise ForgeError(f"git {verb}: {reason}", place=remote, hint=f"the remote says: {remarks}" if remarks else None)
