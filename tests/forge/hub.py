"""GitHub whole: the fake API over a real bare repository, which is served beside it by `git http-backend`."""

from __future__ import annotations

import base64
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.gitrepo.http_remote import _handler as git_handler

from .fake_github import REPOSITORY, TOKEN, FakeGitHub
from .faults import Handler, serving

_SIGNER = {f"GIT_{r}_{k}": v for r in ("AUTHOR", "COMMITTER") for k, v in (("NAME", "app[bot]"), ("EMAIL", "a@b.c"))}


class Branches(set[str]):
    """The branches that a bare repository has at this moment."""

    def __init__(self, bare: Path) -> None:
        super().__init__()
        self.bare = bare

    def __contains__(self, name: object) -> bool:
        told = ["git", "-C", str(self.bare), "rev-parse", "-q", "--verify", f"refs/heads/{name}"]
        return subprocess.run(told, capture_output=True, check=False).returncode == 0


@dataclass
class Hub(FakeGitHub):
    """The state of one repository; `bare` is where its commits are, and what the API makes of objects goes there."""

    bare: Path = field(default_factory=Path)

    def git(self, *args: str, stdin: bytes | None = None) -> str:
        done = subprocess.run(
            ["git", "-C", str(self.bare), *args],
            input=stdin,
            env={**os.environ, **_SIGNER},
            capture_output=True,
            check=True,
        )
        return done.stdout.decode().strip()

    def _object(self, place: list[str], query: dict[str, str], new: Any) -> tuple[int, Any]:
        status, said = super()._object(place, query, new)
        if place[0] == "blobs":
            said["sha"] = self.git("hash-object", "-w", "--stdin", stdin=base64.b64decode(new["content"]))
        elif place[0] == "trees":
            said["sha"] = self._tree(new)
        else:
            said["sha"] = self.git("commit-tree", new["tree"], "-p", new["parents"][0], "-m", new["message"])
        return status, said

    def _tree(self, new: Any) -> str:
        index = {**os.environ, "GIT_INDEX_FILE": str(self.bare / f"index-{len(self.objects)}")}
        rows = "".join(f"{row['mode']} {row['sha']}\t{row['path']}\n" for row in new["tree"])
        for told, stdin in ((["read-tree", new["base_tree"]], ""), (["update-index", "--add", "--index-info"], rows)):
            subprocess.run(["git", "-C", str(self.bare), *told], input=stdin.encode(), env=index, check=True)
        done = subprocess.run(["git", "-C", str(self.bare), "write-tree"], env=index, capture_output=True, check=True)
        return done.stdout.decode().strip()


@contextmanager
def running(home: Path) -> Iterator[Hub]:
    """Run one over a new bare repository below `home`; `url` is its address, for the API and for git."""
    bare = home / f"{REPOSITORY}.git"
    subprocess.run(["git", "init", "-q", "--bare", "--template=", "-b", "main", str(bare)], check=True)
    for setting in ("http.receivepack", "uploadpack.allowAnySHA1InWant"):
        subprocess.run(["git", "-C", str(bare), "config", setting, "true"], check=True)
    hub = Hub(branches=Branches(bare), bare=bare)
    over_git = git_handler(home, TOKEN)

    class Both(Handler):
        fake = hub

        def _either(self) -> None:
            if self.path.startswith(("/repos/", "/user")):
                self._serve()
            else:
                over_git._answer(self)  # type: ignore[attr-defined]  # each handler has its own way to answer

        do_GET = do_POST = do_PATCH = do_DELETE = _either  # noqa: N815 - the names http.server asks for

    with serving(Both) as url:
        hub.url = url
        yield hub
    assert not hub.wrong, hub.wrong
