"""What a search found, as text for a terminal or a log."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from promptci.report import wording
from promptci.report.layout import cut, table, wrapped
from promptci.report.searched import Edit, PullRequest, Search, Step
from promptci.untrusted import one_line, shown

STEPS = 12  # rows of the steps table
_LONG = 1000


def search_lines(search: Search, *, color: bool, verbose: bool, width: int | None) -> Iterator[str]:
    """Yield what was found, how, and the diff, neither broken nor indented, so that it can be copied."""
    for line in _said(search, verbose, width):
        yield from wrapped(f"  {line}", width, "  ")
    if search.diff:
        yield ""
        yield from (_tinted(line, color) for line in shown(search.diff).rstrip("\n").split("\n"))


def _said(search: Search, verbose: bool, width: int | None) -> Iterator[str]:
    goal = f" for {one_line(search.goal, limit=80)}" if search.goal else ""
    yield f"search: {one_line(search.strategy)}{goal}, {wording.searched(search)}"
    yield from _refused(search, width)
    yield f"stopped: {one_line(search.stop_reason, limit=_LONG)}"
    if search.steps:
        yield from table(_steps(search.steps, len(search.steps) if verbose else STEPS))
    if search.phases:
        yield "calls: " + ", ".join(_phase(p.name, p.calls, p.planned) for p in search.phases)
    yield from (line for line in (wording.overfitting(search), wording.asked(search)) if line)
    if search.cases_to_decide is not None:
        yield f"About {wording.counted(search.cases_to_decide, 'held-out case')} would decide it."
    yield from (wording.saving(one) for one in search.savings)
    if search.edits:
        yield "What each edit is worth, and the tokens that it adds to a call:"
        yield from (line for edit in search.edits for line in _edit(edit, width))
    if search.pull_request.operation != "none":
        yield _pull_request(search.pull_request)


def _refused(search: Search, width: int | None) -> Iterator[str]:
    """Why proposals were refused, and one of them: what the optimizer wrote is what people have to look at."""
    counts = {r.reason: r.count for r in search.refusals} or dict(search.rejected)
    if counts:
        yield "refused: " + ", ".join(f"{count:,} {one_line(name, limit=80)}" for name, count in counts.items())
    for refusal in search.refusals:
        if refusal.example:
            why = ": ".join(one_line(part, limit=60) for part in (refusal.reason, refusal.detail) if part)
            said = f"  such as ({why}): "
            yield said + cut(refusal.example, max(20, (width or 120) - len(said) - 2))


def _phase(name: str, calls: int, planned: int | None) -> str:
    return f"{one_line(name, limit=40)} {calls:,}" + (f" of {planned:,}" if planned is not None else "")


def _edit(edit: Edit, width: int | None) -> Iterator[str]:
    worth = f"{wording.points(edit.effect):>6}" if edit.effect is not None else f"{'':>6}"
    ends = f" ({wording.interval(edit.ci)})" if edit.ci else ""
    ends += f" {wording.tokens(edit.tokens)} tokens" if edit.tokens is not None else ""
    room = max(20, (width or 120) - 14)
    place = f"{one_line(edit.place, limit=60)}: " if edit.place else ""
    for mark, text in (("-", edit.before), ("+", edit.after)):
        if text:
            yield f"  {worth}{ends} {place}{mark} {cut(text, room)}"
            worth, ends, place = f"{'':>6}", "", ""


def _steps(steps: Sequence[Step], limit: int) -> list[Sequence[str]]:
    """The rows of the table; the first and the last steps when there are too many."""
    rows: list[Sequence[str]] = [("step", "train", "validation", "development", "calls so far")]
    hidden = len(steps) - limit
    for number, step in enumerate(steps, 1):
        if hidden > 0 and 1 < number <= 1 + hidden:
            if number == 2:
                rows.append(("...",) * 5)
            continue
        means = (step.train, step.validation, step.development)
        rows.append((str(number), *(wording.percent(mean) for mean in means), f"{step.calls:,}"))
    return rows


def _pull_request(request: PullRequest) -> str:
    number = "" if request.number is None else f" #{request.number}"
    places = [one_line(place) for place in (request.url, request.branch and f"branch {request.branch}") if place]
    return f"pull request{number} {request.operation}" + (f": {', '.join(places)}" if places else "")


def _tinted(line: str, color: bool) -> str:
    """Colour a line of a diff by its first character."""
    code = {"+": "32", "-": "31", "@": "36"}.get(line[:1])
    return f"\x1b[{code}m{line}\x1b[0m" if color and code else line
