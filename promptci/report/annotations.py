"""Failures as GitHub Actions workflow commands, so that they appear beside the prompt file in a pull request."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from promptci.core import VerdictName
from promptci.report import wording
from promptci.report.base import PromptReport, Report, gravest, told
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
    found = [*_causes(report, grave), *map(_command, grave)]
    if len(found) <= LIMIT:
        return found
    rest = wording.counted(len(found) - LIMIT + 1, "more prompt")
    more = f"{rest} not shown here; the job summary has them all"
    return [*found[: LIMIT - 1], f"::warning title=promptci::{_data(more)}"]


def _causes(report: Report, grave: Sequence[PromptReport]) -> Iterator[str]:
    """A shared file that changed, where it changed: once for all prompts that suffer from it."""
    verdicts = {p.id: p.verdict for p in grave}
    for cause in report.causes:
        hit = [i for i in cause.prompts if i in verdicts]
        if hit:
            level = _LEVELS[gravest([verdicts[i] for i in hit])]
            names = wording.listed(hit, lambda i: one_line(i, limit=80), 5)
            given = _given(cause.file, cause.line, "promptci: this change reaches other prompts")
            yield f"::{level} {given}::{_data(f'this file changed, and with it: {names}')}"


def _command(prompt: PromptReport) -> str:
    given = _given(prompt.file, prompt.line, f"promptci {_said(prompt)}")
    lines = [one_line(told(reason), limit=500) for reason in prompt.reasons]
    if prompt.newly_failing:
        lines.append("newly failing: " + wording.listed(prompt.newly_failing, lambda i: one_line(i, limit=80), 5))
    return f"::{_LEVELS[prompt.verdict]} {given}::{_data(chr(10).join(lines) or _said(prompt))}"


def _given(file: str | None, line: int | None, title: str) -> str:
    named = {"file": file, "line": str(line or 1) if file else None, "title": title}
    return ",".join(f"{name}={_property(value)}" for name, value in named.items() if value)


def _said(prompt: PromptReport) -> str:
    return f"{prompt.verdict}: {one_line(prompt.id)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(one_line(text, limit=1000)).replace(":", "%3A").replace(",", "%2C")
