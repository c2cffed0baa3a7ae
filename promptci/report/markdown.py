"""The report as Markdown: the job summary, and the comment that a forge keeps up to date on a pull request."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from promptci.core import Json
from promptci.report import wording
from promptci.report.base import OFFLINE_NOTE, CaseDetail, PromptReport, Report
from promptci.report.cases import SHOWN, by_id, rows
from promptci.report.pages import render
from promptci.report.picture import search_picture
from promptci.report.quoting import Safe, code, cut, fence
from promptci.report.tradeoff import HEAD, choice_row
from promptci.report.verdict import verdict_line

Answers = Literal["none", "short", "full"]
"""How much of inputs and answers a page that leaves the house shows: ids only, a line each, or some lines each."""

SUMMARY_LIMIT = 250_000  # characters of up to 4 bytes: GitHub refuses a summary above 1 MiB as a whole
COMMENT_LIMIT = 60_000  # characters; GitHub refuses a body above 65,536, and people append to it
COMMENT = "promptci.comment/1"
_LINE, _LINES = 160, 1200  # characters of a text in the short and in the full form
SHARED: dict[str, Json] = {"offline_note": OFFLINE_NOTE, "ids": 20, "rows": 30, "reasons": 8}


@dataclass(frozen=True, slots=True)
class Flip:
    """A case that newly fails or newly passes, its texts as (name, Markdown)."""

    id: str
    what: str
    texts: tuple[tuple[str, Safe], ...]


def as_markdown(
    report: Report, *, directories: Sequence[Path] = (), limit: int = SUMMARY_LIMIT, answers: Answers = "short"
) -> str:
    """Return the whole report as Markdown for a job summary or a file, at most `limit` characters.

    `directories` are searched for `summary/report.md.j2` before the packaged template. Raises ConfigError when a
    template cannot be used.
    """
    room = max(2000, limit // (4 * max(1, len(report.prompts))))
    values = {
        "choice_head": HEAD,
        "choice_rows": [choice_row(choice) for choice in report.choices],
        "report": report,
        "line": Safe(verdict_line(report, code)),
        "words": {p.id: wording.word(report.command, p) for p in report.prompts},
        "flips": {p.id: flips(p, answers) for p in report.prompts},
        "pictures": {p.id: picture(report.command, p) for p in report.prompts},
        "diff_limit": room,
        **SHARED,
    }
    return cut(render("summary/report.md.j2", values, directories), limit)


def as_comment(report: Report, *, key: str = "", directories: Sequence[Path] = (), answers: Answers = "short") -> str:
    """Return the one comment that a pull request gets: the summary, and a hidden marker by which it is found again.

    `key` tells apart comments of several workflows on one pull request. At most 60,000 characters.
    """
    hidden = comment_marker(key)
    page = as_markdown(report, directories=directories, limit=COMMENT_LIMIT - len(hidden) - 2, answers=answers)
    return f"{page.rstrip()}\n\n{hidden}\n"


def comment_marker(key: str = "") -> str:
    """Return the hidden line that ends promptci's own comment."""
    return marker(schema=COMMENT, id=key)


def marker(**names: str) -> str:
    """Return a hidden comment that holds `names` as JSON; `<`, `>`, `&` and `--` are escaped, so that none ends it."""
    inside = "".join(f"\\u{ord(char):04x}" if char in "<>&" else char for char in json.dumps(names))
    return "<!-- promptci:" + inside.replace("--", "-\\u002d") + " -->"


def flips(prompt: PromptReport, answers: Answers, limit: int = SHOWN) -> list[Flip]:
    """Return the cases that newly fail and those that newly pass, `limit` of each at most; none when `answers` is."""
    if answers == "none":
        return []
    kinds = (("newly failing", prompt.newly_failing), ("newly passing", prompt.newly_passing))
    found = [(what, detail) for what, ids in kinds for detail in by_id(prompt, ids[:limit])]
    return [Flip(detail.id, what, _texts(detail, answers)) for what, detail in found]


def _texts(detail: CaseDetail, answers: Answers) -> tuple[tuple[str, Safe], ...]:
    if answers == "short":
        return tuple((name, code(text, limit=_LINE)) for name, text in rows(detail))
    return tuple((name, Safe("\n\n" + fence(text, limit=_LINES) + "\n")) for name, text in rows(detail))


def picture(command: str, prompt: PromptReport) -> str:
    """Return the way of the search as a picture of text, empty without steps."""
    search = prompt.search
    if search is None or not search.steps:
        return ""
    told = search.outcome == "improved"
    return search_picture(search.steps, wording.held_out(command, prompt) if told else (None, None))
