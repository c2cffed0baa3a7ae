"""The cases of a report as CSV, for a spreadsheet: one row a case."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator

from promptci.report.base import CaseDetail, PromptReport, Report
from promptci.untrusted import shown

COLUMNS = (
    "prompt", "verdict", "case", "change", "tags", "input", "expected", "old_answer", "new_answer", "old_value",
    "new_value", "old_passes", "new_passes", "unmeasured", "cached",
)  # fmt: skip
_NUMBER = re.compile(r"[-+]?\d+(\.\d+)?")


def as_csv(report: Report) -> str:
    """Return a row for each case of each prompt, with a head; an empty cell where nothing is known.

    What a spreadsheet would take for a formula gets an apostrophe in front.
    """
    page = io.StringIO()
    writer = csv.writer(page, lineterminator="\n")
    writer.writerow(COLUMNS)
    for prompt in report.prompts:
        writer.writerows(_rows(prompt))
    return page.getvalue()


def _rows(prompt: PromptReport) -> Iterator[list[str]]:
    failing, passing = set(prompt.newly_failing), set(prompt.newly_passing)
    details = prompt.cases_detail or [CaseDetail(i, new_value=value) for i, value in prompt.values.items()]
    for case in details:
        change = "newly failing" if case.id in failing else "newly passing" if case.id in passing else ""
        texts = (case.input, case.expected, case.old, case.new)
        numbers = (case.old_value, case.new_value)
        yield [
            _text(prompt.id), prompt.verdict, _text(case.id), change, _text(" ".join(case.tags)), *map(_text, texts),
            *("" if number is None else f"{round(number, 6):g}" for number in numbers),
            _yes(case.old_passes), _yes(case.new_passes), _text(case.reason), _yes(case.cached or None),
        ]  # fmt: skip


def _text(text: str | None) -> str:
    said = shown(text or "")
    formula = said[:1] in ("=", "+", "-", "@", "\t") and not _NUMBER.fullmatch(said)
    return f"'{said}" if formula else said


def _yes(known: bool | None) -> str:
    return "" if known is None else "yes" if known else "no"
