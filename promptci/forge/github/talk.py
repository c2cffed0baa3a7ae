"""Comments and issues on GitHub: one of ours for each marker, rewritten in place; and what people wrote."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from promptci.forge.base import Posted, Remark, titled
from promptci.forge.client import Client, RefusedError, Row, number, text
from promptci.forge.github.trust import access
from promptci.forge.marks import capped, sticky
from promptci.forge.oneof import keep_one, without_right


def comment(client: Client, request: int, body: str, marker: str, *, only_rewrite: bool = False) -> Posted:
    """Write our one comment with `marker` on a pull request, or rewrite it; see `Forge.comment`."""
    whole = f"{sticky(marker)}\n{capped(body)}"
    try:
        return keep_one(_Stickies(client, request, marker, _Mine(client)), whole, only_rewrite=only_rewrite)
    except RefusedError as error:
        return without_right(error, "no comment written")


def issue(client: Client, title: str, body: str, marker: str, labels: tuple[str, ...]) -> Posted:
    """Open our one issue with `marker`, or rewrite the open one; see `Forge.issue`."""
    whole = f"{sticky(marker)}\n{capped(body)}"
    mine = _Mine(client)

    def find() -> Row | None:
        rows = client.rows(f"/issues?{urlencode({'state': 'open', 'sort': 'created', 'direction': 'asc'})}", pages=5)
        return next((r for r in rows if "pull_request" not in r and _has(r, marker) and mine.wrote(r)), None)

    try:
        found = find()
        if found is None:
            new = {"title": titled(title), "body": whole, "labels": [x for x in labels if len(x) <= 50]}
            made, _ = client.create("/issues", new, find)
            return Posted("created", text(made, "html_url"))
        if (text(found, "title"), text(found, "body")) == (titled(title), whole):
            return Posted("none", text(found, "html_url"))
        number_ = number(found, "number", "GitHub")
        client.call("PATCH", f"/issues/{number_}", {"title": titled(title), "body": whole})
        return Posted("updated", text(found, "html_url"))
    except RefusedError as error:
        return without_right(error, "no issue written")


def remarks(client: Client, request: int) -> tuple[Remark, ...]:
    """Return what people wrote: comments, reviews with a text, and comments on lines, oldest first."""
    paths = (f"/issues/{request}/comments", f"/pulls/{request}/reviews", f"/pulls/{request}/comments")
    rows = [row for path in paths for row in client.rows(path, pages=3)]
    people = [r for r in rows if text(r, "user", "type") == "User" and text(r, "body")]
    known = {login: access(client, login) for login in dict.fromkeys(text(r, "user", "login") for r in people)}
    in_order = sorted(people, key=lambda r: text(r, "created_at") or text(r, "submitted_at"))
    return tuple(
        Remark(login := text(r, "user", "login"), known[login], text(r, "body"), text(r, "path") or None, _line(r))
        for r in in_order
    )


class _Mine:
    """Tells our own comments: a marker alone proves nothing, everybody can write one.

    A token of a person is asked for its name. One of an App, GITHUB_TOKEN among them, may not ask: then a bot's
    comment with our marker is ours, a person's never.
    """

    def __init__(self, client: Client) -> None:
        self._client = client
        self._login: str | None = None

    def wrote(self, row: Row) -> bool:
        """Whether we wrote this."""
        if text(row, "user", "type") == "Bot":
            return True
        if self._login is None:
            user = self._client.beside("/repos/")
            try:
                self._login = text(user.record("GET", "/user"), "login")
            except RefusedError:
                self._login = ""
        return bool(self._login) and text(row, "user", "login") == self._login


@dataclass(frozen=True, slots=True)
class _Stickies:
    """Our comments with one marker on one pull request."""

    client: Client
    request: int
    marker: str
    mine: _Mine

    def ours(self) -> list[Row]:
        rows = self.client.rows(f"/issues/{self.request}/comments")
        return sorted((row for row in rows if _has(row, self.marker) and self.mine.wrote(row)), key=_id)

    def add(self, body: str) -> Row:
        path = f"/issues/{self.request}/comments"
        return self.client.create(path, {"body": body}, lambda: next(iter(self.ours()), None))[0]

    def edit(self, row: Row, body: str) -> None:
        self.client.call("PATCH", f"/issues/comments/{_id(row)}", {"body": body})

    def remove(self, row: Row) -> None:
        self.client.call("DELETE", f"/issues/comments/{_id(row)}")

    def url(self, row: Row) -> str:
        return text(row, "html_url")


def _has(row: Row, marker: str) -> bool:
    return text(row, "body").partition("\n")[0].strip() == sticky(marker)


def _line(row: Row) -> int | None:
    line = row.get("line")
    return line if isinstance(line, int) else None


def _id(row: Row) -> int:
    return number(row, "id", "GitHub")
