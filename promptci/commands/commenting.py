"""The one comment of a checked pull request, which later runs rewrite."""

from __future__ import annotations

import re
from collections.abc import Mapping

from promptci.commands.events import Event
from promptci.errors import ForgeError, GitError
from promptci.forge import forge_for
from promptci.project.project import Project
from promptci.report.base import Report
from promptci.report.markdown import as_comment
from promptci.untrusted import one_line


def commented(report: Report, project: Project, event: Event, environ: Mapping[str, str]) -> list[str]:
    """Write the report under the pull request where PROMPTCI_COMMENT wants it: `true`, or `failures` for red alone.

    With `failures`, a comment that an earlier red run wrote is rewritten once the run is not red any more.
    A comment that asked for something is answered under it. Returns what people should know of it. What a forge
    refuses, or that is not there, costs nobody their verdict.
    """
    wanted = environ.get("PROMPTCI_COMMENT", "false")
    number, asked = event.number, event.name == "issue_comment"
    if wanted not in ("true", "failures") or number is None or (asked and not report.run):
        return []
    red = report.verdict in ("fail", "unmeasured")
    text = as_comment(report, key=project.prefix, answers=project.config.report.answers)
    try:
        forge = forge_for(project.repository.remote_url("origin"), environ, token=project.repository.token)
        marker = f"promptci{'-asked' * asked}{re.sub(r'[^A-Za-z0-9]+', '-', project.prefix)}".rstrip("-")
        only_there = wanted == "failures" and not red and not asked
        posted = forge.comment(number, text, marker=marker, only_rewrite=only_there)
    except (ForgeError, GitError) as problem:
        return [f"no comment was written: {one_line(str(problem))}"]
    return [one_line(note) for note in posted.notes]
