"""The one comment of a checked pull request, which later runs rewrite."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from promptci.errors import ForgeError, GitError
from promptci.forge import forge_for
from promptci.project.project import Project
from promptci.report.base import Report
from promptci.report.markdown import as_comment
from promptci.untrusted import one_line


def commented(report: Report, project: Project, payload: Mapping[str, Any], environ: Mapping[str, str]) -> list[str]:
    """Write the report under the pull request where PROMPTCI_COMMENT wants it: `true`, or `failures` for red alone.

    Returns what people should know of it. What a forge refuses, or that is not there, costs nobody their verdict.
    """
    wanted = environ.get("PROMPTCI_COMMENT", "false")
    number = payload.get("pull_request", {}).get("number")
    if wanted not in ("true", "failures") or type(number) is not int:
        return []
    if wanted == "failures" and report.verdict not in ("fail", "unmeasured"):
        return []
    text = as_comment(report, key=project.prefix, answers=project.config.report.answers)
    try:
        forge = forge_for(project.repository.remote_url("origin"), environ, token=project.repository.token)
        posted = forge.comment(
            number, text, marker=f"promptci{re.sub(r'[^A-Za-z0-9]+', '-', project.prefix)}".rstrip("-")
        )
    except (ForgeError, GitError) as problem:
        return [f"no comment was written: {one_line(str(problem))}"]
    return [one_line(note) for note in posted.notes]
