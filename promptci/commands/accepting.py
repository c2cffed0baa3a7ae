"""A pull request taken as it is, on purpose: by a label or a commit's trailer of somebody with write access."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from promptci.commands.requesting import Accepted
from promptci.core import Json
from promptci.errors import ForgeError, GitError
from promptci.forge import Forge
from promptci.forge.base import Approval
from promptci.project.project import Project
from promptci.untrusted import one_line

LABEL, TRAILER = "promptci-accept", "Promptci-Accept"
_QUEUED = re.compile(r"(?:refs/heads/)?gh-readonly-queue/.+/pr-([1-9][0-9]*)-[0-9a-f]{40,64}")


def accepted_by(
    project: Project, payload: Mapping[str, Any], tip: str, forge: Callable[[], Forge]
) -> tuple[list[Accepted], list[str]]:
    """Return who takes the change as it is, by the forge's word, and what people should know of an attempt.

    The label counts in the run that putting it on starts, and the trailer on the last commit only: what is pushed later
    nobody has accepted. Without either the forge is not asked. In a merge queue the label of the request that is merged
    counts as it stands: a request gets there only when it was green after its last push, and by somebody with write
    access. Write access that the forge does not confirm is none.
    """
    try:
        found = _label(payload, forge), _trailer(project, payload, tip, forge), _queued(payload, forge)
    except (ForgeError, GitError) as problem:
        return [], [f"not accepted, as nobody can say by whom: {one_line(str(problem))}"]
    known = [one for one in found if one is not None]
    return [a for a in known if isinstance(a, Accepted)], [a for a in known if isinstance(a, str)]


def _label(payload: Mapping[str, Any], forge: Callable[[], Forge]) -> Accepted | str | None:
    number = _at(payload, "pull_request", "number")
    there = [_at(row, "name") for row in _at(payload, "pull_request", "labels") or ()]
    if _at(payload, "action") != "labeled" or _at(payload, "label", "name") != LABEL or type(number) is not int:
        said = f"the label {LABEL} counts when it is put on: take it off and put it on again to accept this state"
        return said if LABEL in there else None
    return _labeled(forge().approvals(number, LABEL)) or _NOBODY


def _queued(payload: Mapping[str, Any], forge: Callable[[], Forge]) -> Accepted | str | None:
    head = _at(payload, "merge_group", "head_ref")
    found = _QUEUED.fullmatch(head) if isinstance(head, str) else None
    if found is None:
        return None
    there = forge().approvals(int(found[1]), LABEL)
    return _labeled(there) or (_NOBODY if there else None)


_NOBODY = f"the label {LABEL} was not put on by anybody who is known to have write access, so it accepts nothing"


def _labeled(approvals: Sequence[Approval]) -> Accepted | None:
    by = next((a for a in approvals if a.access == "write"), None)
    return None if by is None else Accepted(None, f"{one_line(by.by)}, who has write access, with the label {LABEL}")


def _trailer(
    project: Project, payload: Mapping[str, Any], tip: str, forge: Callable[[], Forge]
) -> Accepted | str | None:
    head = _at(payload, "pull_request", "head", "sha")
    if not isinstance(head, str):
        return None
    repository = project.repository
    head = repository.resolve(head)
    found = repository.trailers(tip, head, TRAILER)
    values = [value for commit, value in found if commit == head]
    if not values or repository.merge_base(head, repository.resolve("HEAD")) != head:
        said = f"the trailer {TRAILER} counts on the last commit alone: what was committed after it nobody accepted"
        return said if found else None
    by = forge().vouched(head)
    if by is None or by.access != "write":
        return f"the forge does not say that who wrote {TRAILER} has write access, so it accepts nothing"
    ids = frozenset(name for value in values for name in re.split(r"[,\s]+", value) if name)
    return Accepted(ids, f"{one_line(by.by)}, who has write access and signed {head[:12]}, with {TRAILER}")


def _at(value: Json, *names: str) -> Json:
    """Return what stands in an event under these names; None where it is not there."""
    for name in names:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value
