"""The report as text for a terminal or a log: per prompt the verdict first, then why, then the numbers and cases."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from promptci.report import cases, wording
from promptci.report.base import OFFLINE_NOTE, CaseDetail, PromptReport, Report, told
from promptci.report.layout import cut, table, wrapped
from promptci.report.terminal_search import search_lines
from promptci.report.tradeoff import HEAD, choice_row
from promptci.untrusted import one_line

IDS = 10  # case ids of each kind before "and N more"
FULL = 4  # prompts that get a block each; more of them get a line each below the table
CELLS = 100  # columns of a case's text where nobody knows the width
_COLORS = {
    "PASS": "32", "IMPROVED": "32", "FAIL": "31", "UNMEASURED": "33", "INCONCLUSIVE": "33", "STOPPED": "33",
    "NO CHANGE": "32",
}  # fmt: skip
_LONG = 1000  # characters of a reason or a note; longer ones quote a server's whole answer


def as_text(report: Report, *, color: bool, verbose: bool = False, width: int | None = None) -> str:
    """Return what `check`, `optimize` and `compare` print; ends in a newline.

    Only `color` brings escape sequences. Our own words are ASCII; ids, diffs and quoted text go through `untrusted`.
    `verbose` shows every id, every step, every prompt, and which run it was. Lines are broken between words at
    `width` columns; None breaks none.
    """
    lines = [line for part in _parts(report, color, verbose, width) for line in part]
    return "\n".join(lines).rstrip("\n") + "\n"


def _parts(report: Report, color: bool, verbose: bool, width: int | None) -> Iterator[Iterator[str]]:
    yield _compared(report, width)
    if not report.prompts:
        yield iter([_painted("PASS", color) + "  nothing to measure: no prompt changed", ""])
    several = len(report.prompts) > 1
    if several:
        yield _overview(report, color, width)
    told_of = [p for p in report.prompts if verbose or not several or _has_news(p)]
    if several and len(told_of) > FULL and not verbose:
        yield _first_reasons(report, told_of, color, width)
    else:
        for prompt in told_of:
            yield _block(report, prompt, color=color, verbose=verbose, width=width, limit=cases.SHOWN // len(told_of))
    yield _foot(report, verbose=verbose, width=width)


def _has_news(prompt: PromptReport) -> bool:
    return prompt.verdict != "pass" or prompt.search is not None or bool(prompt.warnings)


def _compared(report: Report, width: int | None) -> Iterator[str]:
    """What was compared, and what several prompts have in common: each said once."""
    said = wording.compared(report.base, report.base_how)
    lines = [f"{said[0].upper()}{said[1:]}."] if said else []
    lines += [f"{wording.caused(cause)}: {wording.listed(cause.prompts, one_line, IDS)}." for cause in report.causes]
    for line in lines:
        yield from wrapped(one_line(line, limit=_LONG), width)
    if lines:
        yield ""
    if report.choices:
        yield from table([HEAD, *map(choice_row, report.choices)], left=2)
        yield ""


def _overview(report: Report, color: bool, width: int | None) -> Iterator[str]:
    """One line a prompt."""
    head = ("", "prompt", "old", "new", "delta", "interval", "cases", "fail", "pass")
    words = [wording.word(report.command, prompt) for prompt in report.prompts]
    rows = [(name, *_row(prompt)) for name, prompt in zip(words, report.prompts, strict=True)]
    first, *others = table([head, *rows], left=2)
    yield first
    for name, line in zip(words, others, strict=True):
        yield _painted(name, color) + line[len(name) :]
    levels = sorted({p.ci_level for p in report.prompts})
    said = " or ".join(wording.level(share) for share in levels)
    yield from wrapped(f"Delta and interval ({said}) in points; fail and pass count cases that newly do.", width)
    yield ""


def _row(prompt: PromptReport) -> tuple[str, ...]:
    moved = (f"{len(ids):,}" if ids else "" for ids in (prompt.newly_failing, prompt.newly_passing))
    scores = wording.percent(prompt.baseline_score), wording.percent(prompt.score)
    delta = wording.points(prompt.delta), wording.interval(prompt.ci)
    return cut(prompt.id, 24), *scores, *delta, wording.case_count(prompt), *moved


def _first_reasons(report: Report, prompts: Sequence[PromptReport], color: bool, width: int | None) -> Iterator[str]:
    for prompt in prompts:
        name = _painted(wording.word(report.command, prompt), color)
        lead = f"  {one_line(prompt.id, limit=60)}: "
        yield f"{name}{lead}{cut(_main_reason(prompt), max(40, (width or CELLS) - len(lead) - 12))}"
    where = one_line(report.run) or "last"
    yield ""
    yield from wrapped(f"Each of them with its cases: `promptci show {where} PROMPT`, or -v.", width)
    yield ""


def _main_reason(prompt: PromptReport) -> str:
    """What the first gate says that has the prompt's verdict; the counts, which come first, are in the table."""
    gates = (gate.reason for gate in prompt.gates if gate.verdict == prompt.verdict and gate.reason)
    return next(gates, told(prompt.reasons[0]) if prompt.reasons else "")


def _block(
    report: Report, prompt: PromptReport, *, color: bool, verbose: bool, width: int | None, limit: int
) -> Iterator[str]:
    why = f"  ({one_line('; '.join(prompt.why), limit=_LONG)})" if prompt.why else ""
    name = wording.word(report.command, prompt)
    first, *rest = wrapped(f"{name}  {one_line(prompt.id)}{why}", width, "  ")
    yield from (_painted(name, color) + first[len(name) :], *rest)
    lines = [*_texts(report, prompt), *_scores(prompt), *_counts(prompt, verbose)]
    for line in lines:
        yield from wrapped(f"  {line}", width, "  ")
    yield from _cases(report, prompt, cases.telling(prompt, verbose=verbose, limit=max(1, limit)), width)
    if prompt.search is not None:
        yield from search_lines(prompt.search, color=color, verbose=verbose, width=width)
    yield ""


def _texts(report: Report, prompt: PromptReport) -> Iterator[str]:
    if prompt.search is not None and (head := wording.headline(prompt.search)):
        yield one_line(head, limit=_LONG)
    base = prompt.base
    if base is not None and base.commit != report.base:
        yield one_line(f"{wording.compared(base.commit, base.how)}", limit=_LONG)
    yield from (f"warning: {one_line(told(reason), limit=_LONG)}" for reason in prompt.warnings)
    yield from (one_line(told(reason), limit=_LONG) for reason in prompt.reasons)


def _scores(prompt: PromptReport) -> Iterator[str]:
    """Both scores with how many cases passed, then how they differ, and on how many cases."""
    if not prompt.cases:
        return
    sides = (("old", prompt.baseline_score, prompt.baseline_passed_of), ("new", prompt.score, prompt.passed_of))
    known = [side for side in sides if side[1] is not None]
    for name, score, passed_of in known:
        said = wording.passing(passed_of, score)
        yield f"{name}    {wording.percent(score):>7}" + (f"   {said}" if said else "")
    if prompt.delta is not None:
        ends = f"   {wording.level(prompt.ci_level)} interval {wording.interval(prompt.ci)}" if prompt.ci else ""
        yield f"delta  {wording.points(prompt.delta):>5} points{ends}"
    yield f"run    {wording.measured(prompt)}"


def _counts(prompt: PromptReport, verbose: bool) -> Iterator[str]:
    if verbose and prompt.detectable_drop is not None:
        yield f"smallest drop this run could show: {wording.points(prompt.detectable_drop).removeprefix('+')} points"
    limit = None if verbose else IDS
    yield from _ids("newly failing", prompt.newly_failing, limit)
    yield from _ids("newly passing", prompt.newly_passing, limit)
    yield from _ids("flaky, repeats disagree", prompt.flaky, limit)
    shares = (*prompt.metrics, *(prompt.slices if verbose else ()))
    if shares:
        rows = [(one_line(s.name, limit=40), wording.percent(s.baseline_score), wording.percent(s.score),
                 wording.points(s.delta), wording.interval(s.ci), f"{s.cases:,}") for s in shares]  # fmt: skip
        yield from table([("part", "old", "new", "delta", "interval", "cases"), *rows])


def _ids(what: str, ids: Sequence[str], limit: int | None) -> Iterator[str]:
    if ids:
        shown_ids = wording.listed(ids, lambda i: one_line(i, limit=80), len(ids) if limit is None else limit)
        yield f"{what} ({len(ids):,}): {shown_ids}"


def _cases(report: Report, prompt: PromptReport, shown: Sequence[CaseDetail], width: int | None) -> Iterator[str]:
    """Cases with what was asked, expected and answered; a line each text, cut to the width."""
    for detail in shown:
        yield ""
        yield from case_lines(detail, width)
    more = len(prompt.newly_failing) - len(shown)
    if shown and more > 0 and prompt.newly_failing:
        yield ""
        where = f"{one_line(report.run) or 'last'} {one_line(prompt.id)}"
        yield from wrapped(f"  and {more:,} more: `promptci show {where}`", width, "  ")


def case_lines(detail: CaseDetail, width: int | None) -> Iterator[str]:
    """Yield one case: its id, then a line for each text."""
    room = max(20, (width or CELLS) - 15)
    yield f"  {one_line(detail.id, limit=80)}"
    yield from (f"    {name:<10} {cut(text, room)}" for name, text in cases.rows(detail))


def _foot(report: Report, *, verbose: bool, width: int | None) -> Iterator[str]:
    lines = [f"Used {wording.effort(report)}."]
    if report.unpriced:
        lines.append(f"The cost leaves out {', '.join(map(one_line, report.unpriced))}: no price is known.")
    if verbose:
        pairs = {"run": report.run, "commit": report.commit, "base": report.base, "seed": str(report.seed)}
        lines.append(", ".join(f"{name} {one_line(value)}" for name, value in pairs.items() if value))
        lines += [f"models: {', '.join(map(one_line, report.models))}"] if report.models else []
    lines += [f"warning: {one_line(reason.text, limit=_LONG)}" for reason in report.warnings]
    lines += [f"note: {one_line(note, limit=_LONG)}" for note in report.notes]
    lines += [OFFLINE_NOTE] if report.offline else []
    for line in lines:
        yield from wrapped(line, width)


def _painted(name: str, color: bool) -> str:
    return f"\x1b[1;{_COLORS[name]}m{name}\x1b[0m" if color else name
