"""The text of the pull request that proposes what a search found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from shlex import quote

from promptci.report import markdown
from promptci.report.base import PromptReport, Report
from promptci.report.markdown import SHARED, Answers
from promptci.report.pages import render
from promptci.report.quoting import cut, plain
from promptci.report.worddiff import word_diff
from promptci.untrusted import one_line

BODY_LIMIT = 60_000  # characters; GitHub refuses a body above 65,536, and people append to it
TITLE_LIMIT = 200  # characters of the 256 that GitHub takes
MARKER = "promptci.pull_request/1"


def pull_request(
    report: Report,
    prompt: PromptReport,
    *,
    content_hash: str,
    branch: str | None = None,
    directories: Sequence[Path] = (),
    answers: Answers = "short",
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
        "flips": markdown.flips(prompt, answers),
        "picture": markdown.picture(report.command, prompt),
        "words": word_diff(prompt.search.diff),
        "commands": _commands(report, prompt.id, prompt.search.strategy, branch),
    }
    title = render("pull_request/title.txt.j2", values, directories, escape=plain)
    # The diff gets the room that the rest leaves: a page without it is rendered first.
    bare = {**values, "search": replace(prompt.search, diff=""), "words": ""}
    left = max(400, room - len(_body(bare, directories, 0)) - 400) // 2
    body = cut(_body(values, directories, left), room).rstrip()
    return " ".join(title.split())[:TITLE_LIMIT], f"{body}\n\n{hidden}\n"


def _body(values: dict[str, object], directories: Sequence[Path], diff_limit: int) -> str:
    return render("pull_request/body.md.j2", {**values, "diff_limit": diff_limit, **SHARED}, directories)


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
    """Return the hidden comment by which promptci knows its own pull request: schema, prompt id, content hash."""
    return markdown.marker(schema=MARKER, id=prompt_id, hash=content_hash)
