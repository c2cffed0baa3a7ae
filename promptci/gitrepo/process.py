"""One git process: nothing that the repository carries is run, and nothing of the caller's `GIT_*` leads it astray.

What is inherited is chosen, not filtered by chance: how the user reaches remotes, which configuration files count, and
where the search for a repository ends. All else (`GIT_DIR`, `GIT_INDEX_FILE`, `GIT_AUTHOR_NAME`, `GIT_TRACE` and the
like) is taken away, so promptci works inside a git hook too; what promptci sets itself always wins.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from promptci.errors import GitError
from promptci.untrusted import one_line

if TYPE_CHECKING:
    from git.cmd import Git

Setting = tuple[str, str]

LOCAL_TIMEOUT_S = 600.0  # a comparison of a huge tree takes minutes; a partial clone's server may never answer

_SWITCHES = (
    "--no-pager", "--literal-pathspecs", "-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false",
    "-c", "core.splitIndex=false", "-c", "protocol.ext.allow=never", "-c", "safe.bareRepository=explicit",
    "-c", "commit.gpgSign=false", "-c", "push.gpgSign=false", "-c", "push.followTags=false",
    "-c", "i18n.commitEncoding=UTF-8", "-c", "gc.auto=0", "-c", "maintenance.auto=false",
    "-c", "core.alternateRefsCommand=true", "-c", "advice.graftFileDeprecated=false", "-c", "fetch.pruneTags=false",
)  # fmt: skip
_ENVIRONMENT = {
    "GIT_TERMINAL_PROMPT": "0",
    "GCM_INTERACTIVE": "never",
    "GIT_OPTIONAL_LOCKS": "0",  # reading never rewrites the user's index
    "GIT_NO_REPLACE_OBJECTS": "1",  # the object that was asked for, not one put in its place
    "GIT_GRAFT_FILE": os.devnull,  # the parents that a commit has, not others put in their place
    "LC_ALL": "C",
}
_READS = frozenset(  # `add` is for a copy of the index alone
    ("add", "cat-file", "config", "diff", "diff-tree", "for-each-ref", "grep", "log", "ls-files", "ls-tree",
     "merge-base", "remote", "rev-list", "rev-parse", "show", "status", "symbolic-ref")
)  # fmt: skip
# The user's own choices: how remotes are reached, which configuration files count, where looking for .git ends.
_KEPT = re.compile(
    r"GIT_(SSH|SSH_COMMAND|SSH_VARIANT|ASKPASS|SSL_\w+|HTTP_\w+|PROXY_\w+|PROTOCOL_FROM_USER|ALLOW_PROTOCOL"
    r"|CEILING_DIRECTORIES|DISCOVERY_ACROSS_FILESYSTEM|CONFIG_(GLOBAL|SYSTEM|NOSYSTEM))"
)


@dataclass(frozen=True, slots=True)
class Result:
    """How a process ended: its exit code, what it printed, and its complaints."""

    code: int
    out: bytes
    err: str

    @property
    def line(self) -> str:
        """What it printed, without the line's end."""
        return os.fsdecode(self.out).rstrip("\n")

    @property
    def complaint(self) -> str:
        """The line of git's complaint that says what is wrong, safe to show."""
        return last_line(self.err)


def run(
    cwd: Path,
    args: Sequence[str],
    *,
    stdin: bytes | None = None,
    env: Mapping[str, str] | None = None,
    settings: Sequence[Setting] = (),
    timeout_s: float = LOCAL_TIMEOUT_S,
) -> Result:
    """Run git to its end, whatever its exit code. Raises subprocess.TimeoutExpired, and leaves no process behind.

    `settings` go through the environment: there a name may hold any character (`-c` ends a name at its first `=`), and
    other users of the machine cannot read a secret as they can read arguments.
    """
    own = {**_ENVIRONMENT, **_inherited(settings), **(env or {})}
    # What promptci itself sets is never taken away.
    dropped = sorted(k for k in os.environ if k.startswith("GIT_") and k not in own and not _KEPT.fullmatch(k))
    if shutil.which("git") is None:
        raise GitError("git is not installed", hint="install git 2.36 or newer")
    start = _reading if args[0] in _READS else _writing
    process = start(
        cwd, ["git", *_SWITCHES, *args], own, dropped, subprocess.DEVNULL if stdin is None else subprocess.PIPE
    )
    try:
        out, err = process.communicate(stdin, timeout_s)
    except BaseException:
        with contextlib.suppress(ProcessLookupError):  # it ended meanwhile, as it should
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        raise
    return Result(process.returncode, out, err.decode("utf-8", "replace"))


def _inherited(settings: Sequence[Setting]) -> dict[str, str]:
    """What the user set by GIT_CONFIG_COUNT, with `settings` after it; an unreadable count is no setting at all."""
    count = os.environ.get("GIT_CONFIG_COUNT", "")
    given = int(count) if count.isdecimal() and len(count) < 5 else 0
    names = (f"GIT_CONFIG_{kind}_{at}" for at in range(given) for kind in ("KEY", "VALUE"))
    kept = {name: os.environ[name] for name in names if name in os.environ}
    if len(kept) != 2 * given:
        kept, given = {}, 0
    for at, (key, value) in enumerate(settings, start=given):
        kept |= {f"GIT_CONFIG_KEY_{at}": key, f"GIT_CONFIG_VALUE_{at}": value}
    return {**kept, "GIT_CONFIG_COUNT": str(given + len(settings)), **_protocols()}


def _protocols() -> dict[str, str]:
    """The user's list of allowed protocols, which would overrule ours, without the one that runs any command."""
    allowed = os.environ.get("GIT_ALLOW_PROTOCOL")
    return {} if allowed is None else {"GIT_ALLOW_PROTOCOL": ":".join(p for p in allowed.split(":") if p != "ext")}


def _reading(
    cwd: Path, command: Sequence[str], own: Mapping[str, str], dropped: Sequence[str], stdin: int
) -> subprocess.Popen[bytes]:
    """Start a process that changes nothing: as GitPython would, without its import, a tenth of a check's start."""
    kept = {name: value for name, value in os.environ.items() if name not in dropped}
    return subprocess.Popen(
        command, cwd=cwd, env={**kept, "LANGUAGE": "C", **own}, stdin=stdin, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip


def _writing(
    cwd: Path, command: Sequence[str], own: Mapping[str, str], dropped: Sequence[str], stdin: int
) -> Git.AutoInterrupt:
    """Start a process that may change something, here or at a remote."""
    from git.cmd import Git

    # GitPython only adds to the environment, so `env -u` takes away.
    unset = ["env", *(word for name in dropped for word in ("-u", name))] if dropped else []
    # A session of its own: all of it can be ended.
    return Git(cwd).execute([*unset, *command], istream=stdin, env=dict(own), as_process=True, start_new_session=True)


def without_credentials(text: str) -> str:
    """Return `text` with user names and passwords taken out of its URLs."""
    return re.sub(r"(?<=://)[^/@\s]+@", "", text)


def last_line(err: str) -> str:
    """Return the line of git's complaint that says what is wrong, safe to show."""
    lines = [line for line in err.splitlines() if line.strip()] or ["no reason given"]
    told = next((line for line in lines if line.startswith(("fatal:", "error:"))), lines[-1])
    return one_line(without_credentials(re.sub(r"^(fatal|error): ", "", told)))
