"""`promptci show RUN [PROMPT] [CASE]`: what was asked, expected and answered, old and new beside each other."""

from __future__ import annotations

from collections.abc import Sequence

from promptci.commands.kept import show_run
from promptci.errors import UsageError
from promptci.options import did_you_mean
from promptci.report.base import CaseDetail, PromptReport, Report
from promptci.report.cases import telling
from promptci.report.show import case_text
from promptci.report.terminal import as_text, case_lines
from promptci.run.options import Options
from promptci.untrusted import one_line

FIRST = 20  # cases of a prompt that are shown unless one is named


def show(
    options: Options, run: str, prompt: str | None, case: str | None, *, color: bool = False, width: int | None = None
) -> str:
    """Return what a run says: its report; one prompt's report with its telling cases; or one case in full.

    Raises UsageError for a run, a prompt or a case that is not there, with the nearest name.
    """
    report = show_run(options, run)
    if prompt is None:
        return as_text(report, color=color, verbose=True, width=width)
    chosen = _prompt(report, prompt)
    if case is None:
        first = telling(chosen, verbose=True, limit=FIRST)
        return _lines(f"{one_line(chosen.id)} in run {report.run}: {chosen.verdict}", chosen, first, width)
    found = next((detail for detail in chosen.cases_detail if detail.id == case), None)
    if found is None:
        raise UsageError(f"no case '{one_line(case)}' in this run", hint=_nearest(case, chosen))
    return f"{one_line(chosen.id)} in run {one_line(report.run)}\n\n{case_text(found, width=width)}"


def _prompt(report: Report, name: str) -> PromptReport:
    known = {p.id: p for p in report.prompts}
    if name not in known:
        raise UsageError(f"no prompt '{one_line(name)}' in this run", hint=did_you_mean(name, known))
    return known[name]


def _nearest(case: str, prompt: PromptReport) -> str:
    ids = [detail.id for detail in prompt.cases_detail]
    return did_you_mean(case, ids) if ids else "this run kept no answers: run it again with this promptci"


def _lines(head: str, prompt: PromptReport, told: Sequence[CaseDetail], width: int | None) -> str:
    lines = [head, ""]
    for detail in told:
        lines += [*case_lines(detail, width), ""]
    if not told:
        lines.append("No case changed or failed.")
    left = len(prompt.cases_detail) - len(told)
    if left > 0:
        lines.append(f"{left:,} more; name one to see it: promptci show RUN {one_line(prompt.id)} CASE")
    return "\n".join(lines).rstrip() + "\n"
