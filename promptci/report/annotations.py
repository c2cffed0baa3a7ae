"""Failures as GitHub Actions workflow commands, so that they appear beside the prompt file in a pull request."""

from __future__ import annotations

from promptci.core import VerdictName
from promptci.report import wording
from promptci.report.base import PromptReport, Report, told
from promptci.untrusted import one_line

LIMIT = 10  # per step GitHub shows ten errors and drops the rest in silence
_LEVELS: dict[VerdictName, str] = {"fail": "error", "unmeasured": "error", "inconclusive": "warning"}


def as_annotations(report: Report) -> list[str]:
    """Return at most ten workflow commands, one line each, gravest first; none for what passed.

    Print them at the start of a line on standard output, only when GITHUB_ACTIONS is true. When there are more than
    ten, the last one says how many are not shown.
    """
    order = list(_LEVELS)
    grave = sorted((p for p in report.prompts if p.verdict in order), key=lambda p: order.index(p.verdict))
    if len(grave) <= LIMIT:
        return [_command(p) for p in grave]
    rest = len(grave) - LIMIT + 1
    told = f"{wording.counted(rest, 'more prompt')} not shown here; the job summary has them all"
    return [*(_command(p) for p in grave[: LIMIT - 1]), f"::warning title=promptci::{_data(told)}"]


def _command(prompt: PromptReport) -> str:
    properties = {"file": prompt.file, "line": "1" if prompt.file else None, "title": f"promptci {_said(prompt)}"}
    given = ",".join(f"{name}={_property(value)}" for name, value in properties.items() if value)
    lines = [one_line(told(reason), limit=500) for reason in prompt.reasons]
    if prompt.newly_failing:
        lines.append("newly failing: " + wording.listed(prompt.newly_failing, lambda i: one_line(i, limit=80), 5))
    return f"::{_LEVELS[prompt.verdict]} {given}::{_data(chr(10).join(lines) or _said(prompt))}"


def _said(prompt: PromptReport) -> str:
    return f"{prompt.verdict}: {one_line(prompt.id)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(one_line(text, limit=1000)).replace(":", "%3A").replace(",", "%2C")
