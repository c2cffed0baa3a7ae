"""Who may do what in a project on GitLab, and who put a label on a merge request.

Source: GitLab REST API documentation, "Members API" (access levels), "Resource label events API", "Users API".
"""

from __future__ import annotations

from urllib.parse import urlencode

from promptci.forge.base import Access, Approval
from promptci.forge.client import Client, RefusedError, text

_DEVELOPER = 30
_GUEST = 5


def login(client: Client) -> str:
    """Return the user name that the token is of."""
    return text(client.beside("/projects/").record("GET", "/user"), "username")


def user_id(client: Client, name: str) -> int | None:
    """Return the number of a user, None when there is none of that name."""
    rows = client.beside("/projects/").rows(f"/users?{urlencode({'username': name})}", pages=1)
    found = next((row for row in rows if text(row, "username").lower() == name.lower()), None)
    number = None if found is None else found.get("id")
    return number if isinstance(number, int) else None


def access(client: Client, user: str) -> Access:
    """Return what `user` may do; unknown when we may not ask."""
    try:
        number = user_id(client, user)
        if number is None:
            return "none"
        level = client.record("GET", f"/members/all/{number}").get("access_level")
    except RefusedError as error:
        return "none" if error.status == 404 else "unknown"
    if not isinstance(level, int) or level < _GUEST:
        return "none"
    return "write" if level >= _DEVELOPER else "read"


def approvals(client: Client, request: int, label: str) -> tuple[Approval, ...]:
    """Return who put `label` on a merge request last, if it is still there; events are what nobody can edit."""
    by = ""
    for event in client.rows(f"/merge_requests/{request}/resource_label_events"):
        if text(event, "label", "name") == label:
            by = text(event, "user", "username") if text(event, "action") == "add" else ""
    return (Approval(label, by, access(client, by)),) if by else ()
