"""Whether a tree may choose where requests and keys go: only to what the branch that it goes into names already."""

from __future__ import annotations

from promptci.config import FILE, Config
from promptci.errors import ConfigError, GitError
from promptci.gitrepo.base import Base
from promptci.project.models import places
from promptci.project.project import Project
from promptci.untrusted import one_line

# On the default branch itself the tip's settings count. What the branch was before a push was its tip, which a service
# says and no change can; and where git alone knows a commit before, `plan` asks nothing of what that one names.
_OVERTAKEN = ("before", "parent")
_HINT = "read the change; if you trust it, run again with --trust-tree"


def refuse_foreign(project: Project, base: Base, *, trusted: bool) -> None:
    """Raise ConfigError when the settings of the tree, or of the base, name a host, a key or a program that is new.

    New is what the base's tip does not name.

    Somebody else's branch may name any host, and so may any older commit that it left from. With `trusted` a person
    takes the tree as it is. Where the tip has no settings the user's own are the first ones, but in a CI service's
    merge request nobody has read them yet.
    """
    if trusted or base.tip is None:
        return
    tip, strict = _config(project, base.tip), base.guards
    if tip is None and not strict:
        return
    allowed = set() if tip is None else places(tip)
    if base.rule == "named" and not strict:  # it says nothing against what the branch goes into
        allowed |= _vouched(project)
    named = places(project.config)
    if base.commit is not None and base.commit != base.tip and base.rule not in _OVERTAKEN:
        before = _config(project, base.commit)
        named |= set() if before is None else places(before)
    foreign = sorted(named - allowed)
    if foreign:
        host, key = foreign[0]
        problem = (
            f"these settings send the key in {key} to {one_line(host)}, which those of {base.tip[:12]} do not: nothing "
            "was asked"
        )
        raise ConfigError(problem, place=project.prefix + project.config_name, hint=_HINT)
    known = set() if tip is None else _programs(tip)
    for prompt in project.config.prompts:
        if prompt.run is not None and (prompt.run, prompt.files) not in known:
            problem = f"'{prompt.id}' runs a program that the settings of {base.tip[:12]} do not name: nothing was run"
            raise ConfigError(problem, place=project.prefix + project.config_name, hint=_HINT)


def refuse_untrusted(project: Project, *, trusted: bool) -> None:
    """Raise ConfigError where the tree's own settings may not say who is asked, and for how much.

    That is what `refuse_foreign` refuses, and all in CI's run for a merge request.
    """
    base = left_of(project)
    refuse_request(base, trusted=trusted)
    refuse_foreign(project, base, trusted=trusted)


def refuse_request(base: Base, *, trusted: bool) -> None:
    """Raise ConfigError in CI's run for a merge request: its own settings would say what to spend and what to run."""
    if base.guards and not trusted:
        problem = "this is a merge request, whose own settings would say what may be spent and run: nothing was asked"
        raise ConfigError(problem, place=FILE, hint=f"run it on the branch that it goes into; or {_HINT}")


def _programs(config: Config) -> set[tuple[tuple[str, ...], tuple[str, ...] | None]]:
    """Return the commands that these settings run, each with the files that it is tested for."""
    return {(p.run, p.files) for p in config.prompts if p.run is not None}


def left_of(project: Project) -> Base:
    """Return where this branch left the default one; the last commit where nobody knows that."""
    try:
        return project.repository.base(None)
    except GitError:
        head = project.repository.head()
        return Base(head, "uncommitted", "HEAD", "the last commit", head)


def _vouched(project: Project) -> set[tuple[str, str]]:
    """Return the places that the settings at the tip of what this branch goes into name; none where nobody knows it."""
    try:
        tip = project.repository.base(None).tip
    except GitError:
        return set()
    config = None if tip is None else _config(project, tip)
    return set() if config is None else places(config)


def _config(project: Project, rev: str) -> Config | None:
    """Return the settings at `rev`; None when there are none, or none that can be read and so none to vouch."""
    try:
        return project.config_at(rev)
    except ConfigError:
        return None
