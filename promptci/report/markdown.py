"""The report as Markdown: the job summary, and the text of a pull request."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from shlex import quote

from promptci.core import Json
from promptci.report import wording
from promptci.report.base import OFFLINE_NOTE, PromptReport, Report
from promptci.report.pages import render
from promptci.report.quoting import cut, plain
from promptci.untrusted import one_line

SUMMARY_LIMIT = 250_000  # characters of up to 4 bytes: GitHub refuses a summary above 1 MiB as a whole
BODY_LIMIT = 60_000  # characters; GitHub refuses a body above 65,536, and people append to it
TITLE_LIMIT = 200  # characters of the 256 that GitHub takes
MARKER = "promptci.pull_request/1"
_SHARED: dict[str, Json] = {"offline_note": OFFLINE_NOTE, "ids": 20, "rows": 30, "reasons": 8}


def as_markdown(report: Report, *, directories: Sequence[Path] = (), limit: int = SUMMARY_LIMIT) -> str:
    """Return the whole report as Markdown for a job summary or a file, at most `limit` characters.

    `directories` are searched for `summary/report.md.j2` before the packaged template. Raises ConfigError when a
    template cannot be used.
    """
    words = {p.id: wording.word(report.command, p) for p in report.prompts}
    room = max(2000, limit // (4 * max(1, len(report.prompts))))
    values = {"report": report, "words": words, "diff_limit": room, **_SHARED}
    page = render("summary/report.md.j2", values, directories)
    return cut(page, limit)


def pull_request(
    report: Report,
    prompt: PromptReport,
    *,
    content_hash: str,
    branch: str | None = None,
    directories: Sequence[Path] = (),
) -> tuple[str, str]:
    """Return title and body of the pull request that proposes what a search found for `prompt`.

    `content_hash` names what is proposed; it goes into the hidden marker, so that the next run knows its own pull
    request and whether anything changed. `branch` is where the change lies. The body has at most 60,000 characters:
    verdict and table stay, the diff is cut first. Raises ValueError without a search, ConfigError when a template of
    `directories` cannot be used.
    """
    if prompt.search is None:
        raise ValueError("a pull request needs a search")
    hidden = marker(prompt.id, content_hash)
    room = BODY_LIMIT - len(hidden) - 2
    values = {
        "report": report,
        "prompt": prompt,
        "search": prompt.search,
        "commands": _commands(report, prompt.id, prompt.search.strategy, branch),
    }
    title = render("pull_request/title.txt.j2", values, directories, escape=plain)
    # The diff gets the room that the rest leaves: a page without it is rendered first.
    bare = {**values, "search": replace(prompt.search, diff="")}
    left = max(200, room - len(_body(bare, directories, 0)) - 200)
    body = cut(_body(values, directories, left), room).rstrip()
    return " ".join(title.split())[:TITLE_LIMIT], f"{body}\n\n{hidden}\n"


def _body(values: Mapping[str, object], directories: Sequence[Path], diff_limit: int) -> str:
    return render("pull_request/body.md.j2", {**values, "diff_limit": diff_limit, **_SHARED}, directories)


def _commands(report: Report, prompt_id: str, strategy: str, branch: str | None) -> str:
    """Shell lines that measure again what the pull request claims, and search again from where it started."""
    name, start = quote(prompt_id), report.commit and quote(report.commit)
    lines = [
        branch and f"git fetch origin {quote(branch)}",
        branch and "git switch --detach FETCH_HEAD",
        f"promptci check {name}" + (f" --base {start}" if start else ""),
        start and f"git switch --detach {start}",
        f"promptci optimize {name} --strategy {quote(strategy)} --seed {report.seed}",
    ]
    return "\n".join(one_line(line, limit=400) for line in lines if line)


def marker(prompt_id: str, content_hash: str) -> str:
    """Return the hidden comment by which promptci knows its own pull request: schema, prompt id, content hash.

    JSON whose `<`, `>`, `&` and `-` are escaped, so that no id can end the comment.
    """
    text = json.dumps({"schema": MARKER, "id": prompt_id, "hash": content_hash})
    inside = "".join(f"\\u{ord(char):04x}" if char in "<>&" else char for char in text).replace("--", "-\\u002d")
    return f"<!-- promptci:{inside} -->"
