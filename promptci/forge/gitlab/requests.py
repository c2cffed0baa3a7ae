"""Merge requests on GitLab: one open per branch, updated in place, never offered again once people closed it.

Source: GitLab REST API documentation, "Merge requests API".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal
from urllib.parse import urlencode

from promptci.core import Json
from promptci.forge.base import Change, Note, Operation, Proposal, Request, State, titled
from promptci.forge.client import TRIES, Client, Row, listed, number, text
from promptci.forge.gitlab.talk import comment, disarmed
from promptci.forge.gitlab.trust import user_id
from promptci.forge.marks import facts_in, stamped

_DRAFT = "Draft: "


def propose(client: Client, change: Change) -> Proposal:
    """Open or update the one open merge request of `change.branch`; see `Forge.propose`."""
    body = disarmed(stamped(change.body, {"content": change.content} if change.content else {}))
    operation: Operation = "none"
    found = next(_of_branch(client, change.branch, "opened"), None)
    if found is None:
        if (closed := _declined(client, change)) is not None:
            note = Note("declined", f"!{closed.number} proposed this, and people closed it: it is not offered again.")
            return Proposal("none", closed.number, closed.url, change.branch, (note,), declined=True)
        operation, found = _create(client, change, body)
    # A draft is one by its title; whether people have made it ready since is theirs to say.
    title = f"{_DRAFT if found.get('draft') is True else ''}{titled(change.title)}"
    wanted: dict[str, Json] = {"title": title, "description": body}
    news: dict[str, Json] = {key: value for key, value in wanted.items() if text(found, key) != value}
    more, notes = _wishes(client, found, change)
    if news or more:
        client.call("PUT", f"/merge_requests/{_id(found)}", {**news, **more})
        operation = "updated" if operation == "none" and news else operation
    return Proposal(operation, _id(found), text(found, "web_url"), change.branch, notes)


def ours(client: Client, prefix: str, state: Literal["open", "closed"]) -> tuple[Request, ...]:
    """Return the merge requests whose branch is in this project and starts with `prefix`, newest first."""
    kinds = ("opened",) if state == "open" else ("closed", "merged")
    found = [
        _request(row)
        for kind in kinds
        for row in client.rows(f"/merge_requests?{urlencode({'state': kind, 'order_by': 'created_at'})}", pages=3)
        if _branch(row).startswith(prefix)
    ]
    return tuple(sorted(found, key=lambda r: -r.number))


def close(client: Client, request: int, reason: str) -> Proposal:
    """Close a merge request with a note that says why, and say in its description that it was us."""
    found = client.record("GET", f"/merge_requests/{request}")
    branch, url = text(found, "source_branch"), text(found, "web_url")
    if text(found, "state") != "opened":
        return Proposal("none", request, url, branch)
    posted = comment(client, request, reason, "closed")
    facts = {**facts_in(text(found, "description")), "closed": "promptci"}
    told = {"state_event": "close", "description": disarmed(stamped(text(found, "description"), facts))}
    client.call("PUT", f"/merge_requests/{request}", told)
    return Proposal("closed", request, url, branch, posted.notes)


def _of_branch(client: Client, branch: str, state: str) -> Iterator[Row]:
    query = urlencode({"state": state, "source_branch": branch})
    return (row for row in client.rows(f"/merge_requests?{query}", pages=3) if _branch(row) == branch)


def _branch(row: Row) -> str:
    """Return the branch if it is one of this project, "" for a fork's: another's is never touched."""
    return text(row, "source_branch") if row.get("source_project_id") == row.get("project_id") else ""


def _declined(client: Client, change: Change) -> Request | None:
    if not change.content:
        return None
    old = (_request(row) for row in _of_branch(client, change.branch, "closed"))
    return next((r for r in old if r.content == change.content and not r.by_us), None)


def _request(row: Row) -> Request:
    facts = facts_in(text(row, "description"))
    states: dict[str, State] = {"opened": "open", "merged": "merged"}
    labels = row.get("labels")
    return Request(
        _id(row), text(row, "web_url"), text(row, "source_branch"), text(row, "target_branch"),
        states.get(text(row, "state"), "closed"), text(row, "title").removeprefix(_DRAFT), facts.get("content", ""),
        row.get("draft") is True, tuple(map(str, labels)) if isinstance(labels, list) else (), "closed" in facts,
    )  # fmt: skip


def _create(client: Client, change: Change, body: str) -> tuple[Operation, Row]:
    """Create it. When the answer is lost, or someone was faster, the list says what there is now."""
    title = f"{_DRAFT if change.draft else ''}{titled(change.title)}"
    new = {"source_branch": change.branch, "target_branch": change.base, "title": title, "description": body}
    was_lost = False
    for attempt in range(TRIES):
        answer = client.send("POST", "/merge_requests", new)
        if answer.ok:
            return "created", client.as_record(answer.content)
        was_lost = was_lost or answer.is_lost
        exists = answer.status == 409  # GitLab allows one open per source and target branch
        if not exists and not answer.may_be_repeated:
            client.refuse(answer)
        client.wait(answer.wait_s(attempt), answer.reason)
        if (found := next(_of_branch(client, change.branch, "opened"), None)) is not None:
            return ("created" if was_lost else "none"), found
    raise client.gave_up(answer)


def _wishes(client: Client, found: Row, change: Change) -> tuple[dict[str, Json], tuple[Note, ...]]:
    """Return what to ask for beyond the text, and notes about people whom GitLab does not know."""
    there = found.get("labels")
    labels = [label for label in change.labels if not isinstance(there, list) or label not in there]
    asked: dict[str, Json] = {"add_labels": ",".join(labels)} if labels else {}
    notes: tuple[Note, ...] = ()
    for names, key, kind in ((change.reviewers, "reviewer", "review"), (change.assignees, "assignee", "assignment")):
        known = {text(user, "username").lower(): user.get("id") for user in listed(found, f"{key}s")}
        ids = {name: user_id(client, name) for name in names if name.lower() not in known}
        for name in (name for name, oid in ids.items() if oid is None):
            note = f"no {kind} asked of '{titled(name)}': GitLab knows no such user"
            notes += (Note("reviewer" if key == "reviewer" else "assignee", note),)
        if new := [oid for oid in ids.values() if oid is not None]:
            asked[f"{key}_ids"] = [*known.values(), *new]
    return asked, notes


def _id(row: Row) -> int:
    return number(row, "iid", "GitLab")
