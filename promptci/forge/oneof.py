"""One comment of ours for each marker, whatever runs write at the same time."""

from __future__ import annotations

from typing import Protocol

from promptci.forge.base import Note, Posted
from promptci.forge.client import RefusedError, Row, number, text

_NO_RIGHT = (403, 404)


class Comments(Protocol):
    """The comments on one pull request that have one marker."""

    def ours(self) -> list[Row]:
        """Return those that we wrote, oldest first; each has `id` and `body`."""
        ...

    def add(self, body: str) -> Row:
        """Write one, or return the one that a lost answer left behind."""
        ...

    def edit(self, row: Row, body: str) -> None:
        """Rewrite one in place."""
        ...

    def remove(self, row: Row) -> None:
        """Delete one."""
        ...

    def url(self, row: Row) -> str:
        """Return where people see it."""
        ...


def keep_one(comments: Comments, body: str, *, only_rewrite: bool = False) -> Posted:
    """Leave one comment with `body`; with `only_rewrite`, none where there was none.

    Runs that each wrote one agree on the oldest, whose text is the newest then.
    """
    there = comments.ours()
    if there:
        if text(there[0], "body") == body:
            return Posted("none", comments.url(there[0]))
        comments.edit(there[0], body)
        return Posted("updated", comments.url(there[0]))
    if only_rewrite:
        return Posted("none", None)
    made = comments.add(body)
    there = comments.ours()
    if not there or _id(there[0]) == _id(made):
        return Posted("created", comments.url(made))
    comments.edit(there[0], body)
    if any(_id(row) == _id(made) for row in there):
        _remove(comments, made)
    note = Note("race", "another run wrote the comment first")
    return Posted("updated", comments.url(there[0]), (note,))


def without_right(error: RefusedError, what: str) -> Posted:
    """Return that nothing was written for want of a right, with the mend; any other refusal is raised again."""
    if error.status not in _NO_RIGHT:
        raise error
    hint = f" ({error.hint})" if error.hint else ""
    return Posted("none", None, (Note("permission", f"{what}: {error.problem}{hint}"),))


def _remove(comments: Comments, row: Row) -> None:
    try:
        comments.remove(row)
    except RefusedError as error:
        if error.status != 404:  # somebody else deleted it, which is as good
            raise


def _id(row: Row) -> int:
    return number(row, "id", "the forge")
