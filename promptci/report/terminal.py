"""The report as text for a terminal or a log: per prompt the verdict first, then why, then the numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from promptci.report import wording
from promptci.report.base import OFFLINE_NOTE, PromptReport, PullRequest, Report, Search, Step, told
from promptci.untrusted import one_line, shown

IDS = 10  # case ids of each kind before "and N more"
STEPS = 12  # rows of the steps table
_COLORS = {
    "PASS": "32", "IMPROVED": "32", "FAIL": "31", "UNMEASURED": "33", "INCONCLUSIVE": "33", "STOPPED": "33",
    "NO CHANGE": "32",
}  # fmt: skip
_LONG = 1000  # characters of a reason or a note; longer ones quote a server's whole answer


def as_text(report: Report, *, color: bool, verbose: bool = False) -> str:
    """Return what `check`, `optimize` and `compare` print; ends in a newline.

    Only `color` brings escape sequences. Our own words are ASCII; ids, diffs and quoted text go through `untrusted`.
    `verbose` shows every id, every step, and which run it was.
    """
    lines: list[str] = []
    for prompt in report.prompts:
        lines += [*_block(report.command, prompt, color=color, verbose=verbose), ""]
    if not report.prompts:
        lines += [_painted("PASS", color) + "  nothing to measure: no prompt changed", ""]
    return "\n".join([*lines, *_foot(report, verbose=verbose)]) + "\n"


def _block(command: str, prompt: PromptReport, *, color: bool, verbose: bool) -> Iterator[str]:
    why = f"  ({one_line('; '.join(prompt.why), limit=_LONG)})" if prompt.why else ""
    yield f"{_painted(wording.word(command, prompt), color)}  {one_line(prompt.id)}{why}"
    yield from (f"  {one_line(told(reason), limit=_LONG)}" for reason in prompt.reasons)
    if prompt.cases:
        yield from (f"  {row}" for row in _scores(prompt))
    if verbose and prompt.detectable_drop is not None:
        yield f"  smallest drop this run could show: {wording.points(prompt.detectable_drop).removeprefix('+')} points"
    limit = None if verbose else IDS
    yield from _ids("newly failing", prompt.newly_failing, limit)
    yield from _ids("newly passing", prompt.newly_passing, limit)
    yield from _ids("flaky, repeats disagree", prompt.flaky, limit)
    if prompt.search is not None:
        yield from (f"  {row}" if row else row for row in _search(prompt.search, color=color, verbose=verbose))


def _scores(prompt: PromptReport) -> list[str]:
    head = ("", "old", "new", "delta", f"{wording.level(prompt.ci_level)} interval", "cases", "unjudged")
    row = (
        "score",
        wording.percent(prompt.baseline_score),
        wording.percent(prompt.score),
        wording.points(prompt.delta),
        wording.interval(prompt.ci),
        wording.case_count(prompt),
        f"{prompt.unmeasured:,}",
    )
    return _table([head, row])


def _ids(what: str, ids: Sequence[str], limit: int | None) -> Iterator[str]:
    if ids:
        shown_ids = wording.listed(ids, lambda i: one_line(i, limit=80), len(ids) if limit is None else limit)
        yield f"  {what} ({len(ids):,}): {shown_ids}"


def _search(search: Search, *, color: bool, verbose: bool) -> Iterator[str]:
    yield f"search: {one_line(search.strategy)}, {wording.searched(search)}"
    if search.rejected:
        yield f"refused: {_reasons(search.rejected)}"
    yield f"stopped: {one_line(search.stop_reason, limit=_LONG)}"
    if search.steps:
        yield from _table(_steps(search.steps, len(search.steps) if verbose else STEPS))
    yield from (line for line in (wording.overfitting(search), wording.asked(search)) if line)
    if search.cases_to_decide is not None:
        yield f"About {wording.counted(search.cases_to_decide, 'held-out case')} would decide it."
    if search.pull_request.operation != "none":
        yield _pull_request(search.pull_request)
    if search.diff:
        yield ""
        yield from (_tinted(line, color) for line in shown(search.diff).rstrip("\n").split("\n"))


def _reasons(rejected: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {one_line(told(reason), limit=80)}" for reason, count in rejected.items())


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


def _table(rows: Sequence[Sequence[str]]) -> list[str]:
    """Align columns to the right, the first to the left. Cells are ours, hence ASCII: a character is a column."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    aligned = (
        [row[0].ljust(widths[0]), *(c.rjust(w) for c, w in zip(row[1:], widths[1:], strict=True))] for row in rows
    )
    return ["  ".join(cells).rstrip() for cells in aligned]


def _pull_request(request: PullRequest) -> str:
    number = "" if request.number is None else f" #{request.number}"
    places = [one_line(place) for place in (request.url, request.branch and f"branch {request.branch}") if place]
    return f"pull request{number} {request.operation}" + (f": {', '.join(places)}" if places else "")


def _foot(report: Report, *, verbose: bool) -> Iterator[str]:
    yield wording.effort(report)
    if report.unpriced:
        yield f"the cost leaves out {', '.join(map(one_line, report.unpriced))}: no price is known"
    if verbose:
        pairs = {"run": report.run, "commit": report.commit, "base": report.base, "seed": str(report.seed)}
        yield ", ".join(f"{name} {one_line(value)}" for name, value in pairs.items() if value)
        if report.models:
            yield f"models: {', '.join(map(one_line, report.models))}"
    yield from (f"note: {one_line(note, limit=_LONG)}" for note in report.notes)
    if report.offline:
        yield OFFLINE_NOTE


def _painted(name: str, color: bool) -> str:
    return f"\x1b[1;{_COLORS[name]}m{name}\x1b[0m" if color else name


def _tinted(line: str, color: bool) -> str:
    """Colour a line of a diff by its first character."""
    code = {"+": "32", "-": "31", "@": "36"}.get(line[:1])
    return f"\x1b[{code}m{line}\x1b[0m" if color and code else line
