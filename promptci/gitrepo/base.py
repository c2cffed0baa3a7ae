"""What a change is compared with, and how that was chosen: by a rule that the report states, never by a guess."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from promptci.errors import GitError
from promptci.gitrepo.changes import Changes
from promptci.gitrepo.ciservices import Told, told
from promptci.gitrepo.objects import Objects
from promptci.gitrepo.plumbing import SHALLOW_HINT, Plumbing
from promptci.untrusted import one_line

Rule = Literal["named", "target", "before", "left", "uncommitted", "pushed", "parent", "nothing"]
_OWN = re.compile(r"(^|/)\.promptci/")
_USUAL = ("main", "master")
_NAME_IT = "name what to compare with: --base REV, such as --base HEAD~1 or --base origin/develop"


@dataclass(frozen=True, slots=True)
class Base:
    """The commit to compare with (None: there is nothing older), the rule that chose it, and the name that it followed.

    `how` stands behind the commit in a sentence: "compared with `abc1234`, where this branch left `main`". `tip` is the
    last commit of what the change goes into, whose settings may be trusted: anybody can branch off an older one.
    `in_request` says that CI runs for a merge request although somebody named what to compare with, `of_fork` that it
    runs for one from another repository: a stranger's.
    """

    commit: str | None
    rule: Rule
    name: str
    how: str
    tip: str | None = None
    in_request: bool = False
    of_fork: bool = False

    @property
    def guards(self) -> bool:
        """Whether this is CI's run for a merge request: then `tip` says by which settings it is judged."""
        return self.tip is not None and (self.in_request or self.of_fork or self.rule == "target")

    @property
    def may_name_hosts(self) -> bool:
        """Whether people with write access had `commit` as a branch's last one, or somebody named it.

        The commit before the last one may be an inner one of somebody else's branch, which may say anything.
        """
        return self.rule != "parent"


@dataclass(frozen=True, slots=True)
class Chooser:
    """Chooses the base for one working tree."""

    git: Plumbing
    objects: Objects
    changes: Changes

    def choose(self, asked: str | None, environ: Mapping[str, str]) -> Base:
        """Return the base by the first rule that applies. GitError, naming `--base`, when none does.

        1. `asked`, as it is named; in CI's run for a merge request, with the target's tip beside it.
        2. The branch that CI says a merge request goes into: where HEAD left it.
        3. On the default branch itself: with uncommitted changes to tracked files, HEAD (what promptci wrote under
           `.promptci/`, a ledger say, is no such change); in CI, what the branch was before the push; else what the
           remote has of it, and when HEAD has nothing that the remote has not, HEAD's first parent: the state of that
           branch before its last commit or merge.
        4. On another branch: where it left the default branch.

        The default branch is the one that CI names, else the remote's HEAD, else main or master at a remote or here,
        else the only branch that there is. On a detached HEAD that is a commit of the default branch, nobody knows what
        came before: that is an error, too.
        """
        said = told(environ)
        return replace(self._chosen(asked, said), of_fork=said is not None and said.fork)

    def _chosen(self, asked: str | None, said: Told | None) -> Base:
        if asked is not None:
            return self._named(asked, said)
        if said is not None and said.target is not None:
            return self._target(said, said.target)
        head = self.objects.commit("HEAD")
        if head is None:
            return Base(None, "nothing", "", "there is no commit yet")
        for ref, short in self._defaults(said):
            tip = self.objects.commit(ref)
            left = None if tip is None else self.objects.merge_base(tip, head)
            if left is not None:
                chosen = self._from(ref, short, left, head, said)
                # On the branch itself what is committed is its tip; but what only this clone has, nobody has seen yet.
                return replace(chosen, tip=head if chosen.rule in ("uncommitted", "before", "parent") else tip)
        raise self._unknown()

    def _named(self, asked: str, said: Told | None) -> Base:
        named, how = self.objects.resolve(asked), f"named as `{one_line(asked)}`"
        if said is None or said.target is None:
            return Base(named, "named", asked, how, named)
        # Whatever a merge request is compared with: what it goes into says by which settings.
        try:
            tip = self._target(said, said.target).tip
        except GitError:  # a shallow clone has no target; who runs CI named the base, and a change cannot
            tip = named
        return Base(named, "named", asked, how, tip, in_request=True)

    def _target(self, said: Told, target: str) -> Base:
        refs = [*(f"refs/remotes/{name}/{target}" for name in self._remotes()), f"refs/heads/{target}", said.tip]
        head = self.objects.resolve("HEAD")
        for ref in refs:
            tip = self.objects.commit(ref) if ref and not ref.startswith("-") else None
            left = None if tip is None else self.objects.merge_base(tip, head)
            if left is not None:
                how = f"where this change left `{one_line(target)}`, the target that {said.service} names"
                return Base(left, "target", target, how, tip)
        problem = f"{said.service} says that this change goes into '{one_line(target)}', which is not in this clone"
        fetch = f"git fetch origin {one_line(target)}, or {_NAME_IT}"
        raise GitError(problem, place=str(self.git.root), hint=SHALLOW_HINT if self.objects.is_shallow() else fetch)

    def _remotes(self) -> list[str]:
        names = self.git.remote_names()
        return sorted(names, key=lambda name: (name != "origin", name))

    def _defaults(self, said: Told | None) -> Iterator[tuple[str, str]]:
        """Yield where the default branch may be, the surest first: the full name of the ref, and the branch's own."""
        remotes, named = self._remotes(), said.default if said else None
        for name in [named] if named else []:
            yield from ((f"refs/remotes/{remote}/{name}", name) for remote in remotes)
            yield f"refs/heads/{name}", name
        for remote in remotes:
            found = self.git.attempt("symbolic-ref", "--quiet", f"refs/remotes/{remote}/HEAD")
            if found.code == 0:
                yield found.line, found.line.removeprefix(f"refs/remotes/{remote}/")
        yield from ((f"refs/remotes/{remote}/{name}", name) for remote in remotes for name in _USUAL)
        yield from ((f"refs/heads/{name}", name) for name in _USUAL)
        branches = self.git.read("for-each-ref", "--format=%(refname)", "--count=2", "refs/heads").decode().split()
        if len(branches) == 1 and not remotes:
            yield branches[0], branches[0].removeprefix("refs/heads/")

    def _from(self, ref: str, short: str, left: str, head: str, said: Told | None) -> Base:
        here = self.git.branch() or (said.branch if said else None)
        shown = one_line(ref.removeprefix("refs/heads/").removeprefix("refs/remotes/"))
        if here != short and here is not None:
            return Base(left, "left", shown, f"where this branch left `{shown}`")
        if any(not _OWN.search(path) for path in self.changes.status(untracked=False)):
            return Base(head, "uncommitted", "HEAD", "the last commit; what is not committed is what is checked")
        if here is None and left == head:
            problem = f"HEAD is detached at a commit of {shown}, so nobody knows what to compare it with"
            raise GitError(problem, place=str(self.git.root), hint=_NAME_IT)
        if here is None:
            return Base(left, "left", shown, f"where this commit left `{shown}`")
        before = said.before if said else None
        if before is not None and said is not None and self.objects.commit(before) is not None and before != head:
            return Base(before, "before", short, f"what `{one_line(short)}` was before this push ({said.service})")
        if left != head:
            return Base(left, "pushed", shown, f"the last commit that `{shown}` has, too")
        return self._parent(head, short)

    def _parent(self, head: str, short: str) -> Base:
        parent = self.objects.commit(f"{head}^1")
        if parent is None and b"\nparent " in self.git.read("cat-file", "commit", head).split(b"\n\n")[0]:
            raise GitError("the commit before HEAD is not in this clone", place=str(self.git.root), hint=SHALLOW_HINT)
        if parent is None:
            return Base(None, "nothing", short, f"`{one_line(short)}` has no older commit")
        return Base(parent, "parent", short, f"the commit before the last one on `{one_line(short)}`")

    def _unknown(self) -> GitError:
        if self.objects.is_shallow():
            return GitError(
                "where this branch left the default one is not here", place=str(self.git.root), hint=SHALLOW_HINT
            )
        problem = "no default branch is known: the remote names none, and neither main nor master has history with HEAD"
        return GitError(problem, place=str(self.git.root), hint=_NAME_IT)
