"""Check runs on GitHub: a verdict beside a commit, in the list that people wait for."""

from __future__ import annotations

from urllib.parse import urlencode

from promptci.core import Json
from promptci.forge.base import Check, Note, Posted, titled
from promptci.forge.client import Client, RefusedError, Row, number, text
from promptci.forge.marks import capped

_LIMIT = 60_000  # GitHub takes 65,535 characters


def check(client: Client, check: Check) -> Posted:
    """Make a completed check run, or update ours of the same name on that commit; see `Forge.check`."""
    output = {"title": titled(check.title), "summary": capped(check.summary, _LIMIT)}
    told: dict[str, Json] = {
        "name": titled(check.name), "status": "completed", "conclusion": check.conclusion, "output": output,
    }  # fmt: skip
    if check.details_url:
        told["details_url"] = check.details_url

    def find() -> Row | None:
        query = urlencode({"check_name": told["name"], "filter": "latest"})
        rows = client.rows(f"/commits/{check.commit}/check-runs?{query}", pages=1)
        return next((row for row in rows if text(row, "name") == told["name"]), None)

    try:
        found = find()
        if found is not None:
            try:
                client.call("PATCH", f"/check-runs/{number(found, 'id', 'GitHub')}", told)
                return Posted("updated", text(found, "html_url"))
            except RefusedError as error:
                if error.status != 403:  # another App's check of the same name: ours stands beside it
                    raise
        made, _ = client.create("/check-runs", {**told, "head_sha": check.commit}, find)
        return Posted("created", text(made, "html_url"))
    except RefusedError as error:
        if error.status not in (403, 404):
            raise
        hint = "give the job `permissions: checks: write`; a personal token cannot make check runs"
        return Posted("none", None, (Note("permission", f"no check run made: {error.problem} ({hint})"),))
