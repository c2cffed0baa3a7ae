"""Notes, issues and commit statuses on GitLab. No line of what we write is an order to GitLab.

Source: GitLab REST API documentation, "Notes API", "Issues API", "Commits API" (status); "Quick actions".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlencode

from promptci.core import Json
from promptci.forge.base import Check, Posted, Remark, titled
from promptci.forge.client import Client, RefusedError, Row, number, text
from promptci.forge.gitlab.trust import access, login
from promptci.forge.marks import capped, sticky
from promptci.forge.oneof import keep_one, without_right

_STATES = {"success": "success", "failure": "failed", "neutral": "skipped"}


def disarmed(body: str) -> str:
    r"""Return `body` with a backslash before the slash of each line that GitLab would obey: `/merge`, `/approve`.

    Such lines act with our rights, wherever the text came from. Markdown shows `\/` as a slash.
    """
    return re.sub(r"^([^\S\n]*)/(?=[A-Za-z])", r"\1\\/", body, flags=re.MULTILINE)


def comment(client: Client, request: int, body: str, marker: str, *, only_rewrite: bool = False) -> Posted:
    """Write our one note with `marker` on a merge request, or rewrite it; see `Forge.comment`."""
    whole = f"{sticky(marker)}\n{disarmed(capped(body))}"
    try:
        return keep_one(_Stickies(client, request, marker, login(client)), whole, only_rewrite=only_rewrite)
    except RefusedError as error:
        return without_right(error, "no note written")


def issue(client: Client, title: str, body: str, marker: str, labels: tuple[str, ...]) -> Posted:
    """Open our one issue with `marker`, or rewrite the open one; see `Forge.issue`."""
    whole = f"{sticky(marker)}\n{disarmed(capped(body))}"
    try:
        me = login(client)

        def find() -> Row | None:
            query = urlencode({"state": "opened", "order_by": "created_at", "sort": "asc"})
            rows = client.rows(f"/issues?{query}", pages=5)
            return next((r for r in rows if _has(r, "description", marker) and _by(r) == me), None)

        found = find()
        if found is None:
            new = {"title": titled(title), "description": whole, "labels": ",".join(labels)}
            made, _ = client.create("/issues", new, find)
            return Posted("created", text(made, "web_url"))
        told = {"title": titled(title), "description": whole}
        if all(text(found, key) == value for key, value in told.items()):
            return Posted("none", text(found, "web_url"))
        client.call("PUT", f"/issues/{number(found, 'iid', 'GitLab')}", told)
        return Posted("updated", text(found, "web_url"))
    except RefusedError as error:
        return without_right(error, "no issue written")


def status(client: Client, check: Check) -> Posted:
    """Set the commit's status of this name; GitLab replaces the one before. See `Forge.check`."""
    told: dict[str, Json] = {"state": _STATES[check.conclusion], "name": titled(check.name)}
    told["description"] = titled(check.title)
    if check.details_url:
        told["target_url"] = check.details_url
    try:
        made = client.record("POST", f"/statuses/{check.commit}", told)
    except RefusedError as error:
        return without_right(error, "no status set")
    return Posted("created", text(made, "target_url") or None)


def remarks(client: Client, request: int) -> tuple[Remark, ...]:
    """Return what people wrote: notes, those on lines included, oldest first."""
    rows = client.rows(f"/merge_requests/{request}/notes?{urlencode({'sort': 'asc', 'order_by': 'created_at'})}")
    me = login(client)
    people = [row for row in rows if row.get("system") is not True and text(row, "body") and _by(row) != me]
    known = {name: access(client, name) for name in dict.fromkeys(_by(row) for row in people)}
    return tuple(
        Remark(
            _by(row), known[_by(row)], text(row, "body"), text(row, "position", "new_path") or None,
            _line(row.get("position")),
        )
        for row in people
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Stickies:
    """Our notes with one marker on one merge request."""

    client: Client
    request: int
    marker: str
    me: str

    def ours(self) -> list[Row]:
        rows = self.client.rows(f"{self._path}?{urlencode({'sort': 'asc', 'order_by': 'created_at'})}")
        mine = (row for row in rows if _has(row, "body", self.marker) and _by(row) == self.me)
        return sorted(mine, key=_id)

    def add(self, body: str) -> Row:
        return self.client.create(self._path, {"body": body}, lambda: next(iter(self.ours()), None))[0]

    def edit(self, row: Row, body: str) -> None:
        self.client.call("PUT", f"{self._path}/{_id(row)}", {"body": body})

    def remove(self, row: Row) -> None:
        self.client.call("DELETE", f"{self._path}/{_id(row)}")

    def url(self, row: Row) -> str:
        return f"#note_{_id(row)}"

    @property
    def _path(self) -> str:
        return f"/merge_requests/{self.request}/notes"


def _has(row: Row, key: str, marker: str) -> bool:
    return text(row, key).partition("\n")[0].strip() == sticky(marker)


def _by(row: Row) -> str:
    return text(row, "author", "username")


def _line(position: Json) -> int | None:
    line = position.get("new_line") if isinstance(position, dict) else None
    return line if isinstance(line, int) else None


def _id(row: Row) -> int:
    return number(row, "id", "GitLab")
