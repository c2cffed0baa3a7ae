"""Pull requests on GitHub: one open per branch, updated in place, never offered again once people closed it.

Every write can be repeated: after a lost answer the list of open pull requests tells what happened.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal
from urllib.parse import urlencode

from promptci.core import Json
from promptci.errors import ForgeError
from promptci.forge.base import Change, Note, Operation, Proposal, Request, State, titled
from promptci.forge.client import TRIES, Client, Row, listed, number, text
from promptci.forge.github.talk import comment
from promptci.forge.marks import facts_in, stamped

LABEL_LIMIT = 50  # characters; one label that is longer makes GitHub refuse all of them


def propose(client: Client, change: Change) -> Proposal:
    """Open or update the one open pull request of `change.branch`; see `Forge.propose`."""
    title, body = titled(change.title), stamped(change.body, {"content": change.content} if change.content else {})
    operation: Operation = "none"
    found = _open_one(client, change.branch)
    if found is None:
        if (closed := _declined(client, change)) is not None:
            note = Note("declined", f"#{closed.number} proposed this, and people closed it: it is not offered again.")
            return Proposal("none", closed.number, closed.url, change.branch, (note,), declined=True)
        operation, found = _create(client, change, title, body)
    if text(found, "title") != title or text(found, "body") != body:
        client.call("PATCH", f"/pulls/{_id(found)}", {"title": title, "body": body})
        operation = "updated" if operation == "none" else operation
    notes = (*_label(client, found, change.labels), *_invite(client, found, change))
    return Proposal(operation, _id(found), text(found, "html_url"), change.branch, notes)


def ours(client: Client, prefix: str, state: Literal["open", "closed"]) -> tuple[Request, ...]:
    """Return the pull requests whose branch is in this repository and starts with `prefix`, newest first."""
    query = urlencode({"state": state, "sort": "created", "direction": "desc"})
    rows = client.rows(f"/pulls?{query}", pages=3)
    return tuple(
        _request(row) for row in rows if _branch(client, row).startswith(prefix) and text(row, "state") == state
    )


def close(client: Client, request: int, reason: str) -> Proposal:
    """Close a pull request with a comment that says why, and note in its body that it was us."""
    found = client.record("GET", f"/pulls/{request}")
    branch, url = text(found, "head", "ref"), text(found, "html_url")
    if text(found, "state") != "open":
        return Proposal("none", request, url, branch)
    posted = comment(client, request, reason, "closed")
    body = stamped(text(found, "body"), {**facts_in(text(found, "body")), "closed": "promptci"})
    client.call("PATCH", f"/pulls/{request}", {"state": "closed", "body": body})
    return Proposal("closed", request, url, branch, posted.notes)


def _open_one(client: Client, branch: str) -> Row | None:
    return next(_of_branch(client, branch, "open"), None)


def _of_branch(client: Client, branch: str, state: str) -> Iterator[Row]:
    """Yield this branch's. GitHub drops a filter that it does not understand, so every row is looked at."""
    owner = client.place.split("/")[0]
    query = urlencode({"state": state, "head": f"{owner}:{branch}"})
    return (row for row in client.rows(f"/pulls?{query}", pages=3) if _branch(client, row) == branch)


def _branch(client: Client, row: Json) -> str:
    """Return the branch if it is one of this repository, "" for a fork's: another's is never touched."""
    home = text(row, "head", "repo", "full_name")
    return text(row, "head", "ref") if home.lower() == client.place.lower() else ""


def _declined(client: Client, change: Change) -> Request | None:
    """Return the pull request with the same content that people, not we, closed without merging it."""
    if not change.content:
        return None
    old = (_request(row) for row in _of_branch(client, change.branch, "closed"))
    return next((r for r in old if r.content == change.content and r.state == "closed" and not r.by_us), None)


def _request(row: Row) -> Request:
    facts = facts_in(text(row, "body"))
    merged = row.get("merged_at") is not None
    state: State = "merged" if merged else "closed" if text(row, "state") == "closed" else "open"
    labels = tuple(text(label, "name") for label in listed(row, "labels"))
    return Request(
        _id(row), text(row, "html_url"), text(row, "head", "ref"), text(row, "base", "ref"), state,
        text(row, "title"), facts.get("content", ""), row.get("draft") is True, labels, "closed" in facts,
    )  # fmt: skip


def _create(client: Client, change: Change, title: str, body: str) -> tuple[Operation, Row]:
    """Create it. When the answer is lost, or someone was faster, the list says what there is now."""
    new = {"title": title, "body": body, "head": change.branch, "base": change.base, "draft": change.draft}
    was_lost = False
    for attempt in range(TRIES):
        answer = client.send("POST", "/pulls", new)
        if answer.ok:
            return "created", client.as_record(answer.content)
        if answer.status == 422 and "Draft pull requests are not supported" in answer.message:
            new["draft"] = False
            continue
        was_lost = was_lost or answer.is_lost
        exists = answer.status == 422 and "already exists" in answer.message
        if not exists and not answer.may_be_repeated:
            client.refuse(answer)
        client.wait(answer.wait_s(attempt), answer.reason)
        if (found := _open_one(client, change.branch)) is not None:
            return ("created" if was_lost else "none"), found
    raise client.gave_up(answer)


def _label(client: Client, found: Row, labels: tuple[str, ...]) -> tuple[Note, ...]:
    present = {text(row, "name") for row in listed(found, "labels")}
    too_long = [label for label in labels if len(label) > LABEL_LIMIT]
    notes = tuple(Note("label", f"label '{titled(x)}' is longer than {LABEL_LIMIT} characters") for x in too_long)
    wanted = [label for label in labels if len(label) <= LABEL_LIMIT and label not in present]
    if wanted:
        notes += _wish(client, f"/issues/{_id(found)}/labels", {"labels": wanted}, Note("label", "labels not set"))
    return notes


def _invite(client: Client, found: Row, change: Change) -> tuple[Note, ...]:
    """Ask for reviewers and assignees that are not there yet. One that is refused must not cost the others."""
    there = {text(user, "login").lower() for user in listed(found, "requested_reviewers")}
    there |= {text(team, "slug").lower() for team in listed(found, "requested_teams")}
    notes: tuple[Note, ...] = ()
    for name in change.reviewers:
        if name.rpartition("/")[2].lower() not in there and name.lower() != text(found, "user", "login").lower():
            key, who = ("team_reviewers", name.rpartition("/")[2]) if "/" in name else ("reviewers", name)
            refused = Note("reviewer", f"no review asked of '{titled(name)}'")
            notes += _wish(client, f"/pulls/{_id(found)}/requested_reviewers", {key: [who]}, refused)
    assigned = {text(user, "login").lower() for user in listed(found, "assignees")}
    if new := [name for name in change.assignees if name.lower() not in assigned]:
        refused = Note("assignee", "assignees not set")
        notes += _wish(client, f"/issues/{_id(found)}/assignees", {"assignees": new}, refused)
    return notes


def _wish(client: Client, path: str, content: Json, refused: Note) -> tuple[Note, ...]:
    try:
        client.call("POST", path, content)
    except ForgeError as error:
        return (Note(refused.kind, f"{refused}: {error.problem}"),)
    return ()


def _id(row: Row) -> int:
    return number(row, "number", "GitHub")
