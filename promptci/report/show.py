"""A run, a prompt or one case of a run, as text for a terminal: both answers side by side."""

from __future__ import annotations

from collections.abc import Iterator

from promptci.errors import UsageError
from promptci.report import cases, charts, wording
from promptci.report.base import CaseDetail, PromptReport, Report
from promptci.report.layout import cells, cut, table
from promptci.report.terminal import as_text
from promptci.untrusted import one_line, shown

_HALF = 46  # columns of a side where nobody knows the width
_BLOCK = 40  # lines of an answer before it is cut


def as_shown(
    report: Report, prompt_id: str | None = None, case_id: str | None = None, *, color: bool, width: int | None = None
) -> str:
    """Return what `promptci show RUN [PROMPT] [CASE]` prints: the run, a prompt's cases, or one case whole.

    A run of one prompt needs no prompt to be named. Raises UsageError for a prompt or a case that the run has not.
    """
    if prompt_id is None and case_id is None:
        return as_text(report, color=color, verbose=True, width=width)
    prompt = _prompt(report, prompt_id)
    if case_id is None:
        return "\n".join(_case_table(prompt, width)) + "\n"
    return "\n".join(_side_by_side(_case(prompt, case_id), width)) + "\n"


def _prompt(report: Report, prompt_id: str | None) -> PromptReport:
    known = {p.id: p for p in report.prompts}
    if prompt_id is None and len(known) == 1:
        return next(iter(known.values()))
    if prompt_id is None or prompt_id not in known:
        names = wording.listed(list(known), one_line, 10) or "none"
        raise UsageError(f"the run has no prompt '{one_line(prompt_id or '')}'", hint=f"it has: {names}")
    return known[prompt_id]


def _case(prompt: PromptReport, case_id: str) -> CaseDetail:
    found = [d for d in prompt.cases_detail if d.id == case_id]
    if not found:
        hint = f"`promptci show RUN {one_line(prompt.id)}` lists them"
        raise UsageError(f"the run has no case '{one_line(case_id)}' of {one_line(prompt.id)}", hint=hint)
    return found[0]


def _case_table(prompt: PromptReport, width: int | None) -> Iterator[str]:
    """One line a case, those that changed first, old and new answer side by side."""
    order = list(charts.KINDS)
    details = sorted(prompt.cases_detail, key=lambda d: order.index(charts.kind_of(d)))
    yield f"{one_line(prompt.id)}: {wording.counted(len(details), 'case')} kept"
    room = max(12, ((width or 2 * _HALF + 60) - 60) // 2)
    rows = [("case", "what", "expected", "old", "new")]
    rows += [
        (one_line(d.id, limit=20), charts.KINDS[charts.kind_of(d)], cut(d.expected or "", 16), cut(d.old or "", room),
         cut(d.new or d.reason or "", room))
        for d in details
    ]  # fmt: skip
    yield from (f"  {line}" for line in table(rows, left=5))


def _side_by_side(detail: CaseDetail, width: int | None) -> Iterator[str]:
    """One case whole: input and expected answer, then both answers in two columns."""
    yield f"{one_line(detail.id)}: {charts.KINDS[charts.kind_of(detail)]}"
    told = [(name, text) for name, text in cases.rows(detail) if name not in ("old", "new")]
    for name, text in told:
        yield ""
        yield f"{name}:"
        yield from (f"  {line}" for line in shown(text).split("\n"))
    half = max(20, ((width or 2 * _HALF + 3) - 3) // 2)
    old, new = (_column(name, text, value, half) for name, text, value in (
        ("old", detail.old, detail.old_value), ("new", detail.new, detail.new_value)))  # fmt: skip
    yield ""
    for number in range(max(len(old), len(new))):
        left, right = (side[number] if number < len(side) else "" for side in (old, new))
        yield f"{left}{' ' * (half - cells(left))} | {right}".rstrip()


def _column(name: str, text: str | None, value: float | None, width: int) -> list[str]:
    """An answer under its name, broken to a width."""
    head = name if value is None else f"{name} ({value:g})"
    lines = shown("(no answer)" if text is None else text or "(empty)").expandtabs(2).split("\n")
    broken = [piece for line in lines for piece in _pieces(line, width)]
    cut_off = ["[cut]"] if len(broken) > _BLOCK else []
    return [head, "-" * width, *broken[:_BLOCK], *cut_off]


def _pieces(line: str, width: int) -> list[str]:
    """A line in pieces of at most `width` columns; none of them a workflow command."""
    pieces, piece = [], ""
    for char in line:
        if cells(piece + char) > width:
            pieces.append(piece)
            piece = ""
        piece += char
    return [shown(part) if part.lstrip().startswith("::") else part for part in (*pieces, piece)]
