"""Who may do what in a repository on GitHub, and who put a label on a pull request."""

from __future__ import annotations

from urllib.parse import quote

from promptci.core import Json
from promptci.forge.base import Access, Approval
from promptci.forge.client import Client, RefusedError, text

_ACCESS: dict[str, Access] = {"admin": "write", "maintain": "write", "write": "write", "triage": "read", "read": "read"}


def access(client: Client, user: str) -> Access:
    """Return what `user` may do. Somebody whom GitHub does not know has none; unknown when we may not ask."""
    try:
        found = client.record("GET", f"/collaborators/{quote(user, safe='')}/permission")
    except RefusedError as error:
        return "none" if error.status == 404 else "unknown"
    return _ACCESS.get(text(found, "permission"), "none")


def approvals(client: Client, request: int, label: str) -> tuple[Approval, ...]:
    """Return who put `label` on a pull request last, if it is still there.

    The label alone says little: whoever may triage sets one. Read from the events, which nobody can edit.
    """
    there = any(text(row, "name") == label for row in client.rows(f"/issues/{request}/labels"))
    by = ""
    for event in client.rows(f"/issues/{request}/events") if there else ():
        if text(event, "label", "name") == label and text(event, "event") == "labeled":
            by = text(event, "actor", "login")
    return (Approval(label, by, access(client, by)),) if by else ()


def vouched(client: Client, commit: str) -> Approval | None:
    """Return who signed a commit, by its full id, if GitHub has verified the signature and knows the user.

    A signature is the committer's, and anybody may write another one's name as the author's: both must be one. GitHub
    itself is the committer of what it squashes, under a message that whoever merged wrote, and so vouches for nobody.
    """
    found = client.record("GET", f"/commits/{quote(commit, safe='')}")
    inner: Json = found.get("commit")
    verification = inner.get("verification") if isinstance(inner, dict) else None
    by = text(found, "author", "login")
    if not by or text(found, "committer", "login") != by or text(found, "sha") != commit:
        return None
    if not isinstance(verification, dict):
        return None
    return Approval("", by, access(client, by)) if verification.get("verified") is True else None
