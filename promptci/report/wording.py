"""Numbers and lists in words, the same in every output for people.

Shares become percent and differences points, both with one decimal; what is not known is "-". No rounding may
flatter: a score that is not perfect never shows as 100.0 %, and intervals are rounded outwards.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from promptci.report.base import Cause, PromptReport, Report

if TYPE_CHECKING:
    from promptci.report.searched import Saving, Search

UNKNOWN = "-"
_SAME = 0.0005  # shares that read the same
SEARCHES = ("optimize", "upgrade")  # commands whose news is what the search found, not the gate's verdict


def percent(share: float | None) -> str:
    """Return a share in [0, 1] as percent: 0.71 -> "71.0 %"; 0.9999 -> "99.9 %", as only all is 100."""
    if share is None:
        return UNKNOWN
    tenths = round(1000 * share)
    if 0 < share < 1:
        tenths = min(max(tenths, 1), 999)
    return f"{tenths / 10:.1f} %"


def points(difference: float | None) -> str:
    """Return a difference of two shares in points, with its sign: 0.081 -> "+8.1"."""
    return UNKNOWN if difference is None else _signed(round(round(1000 * difference, 6)))


def interval(ends: tuple[float, float] | None) -> str:
    """Return an interval of a difference in points, rounded outwards: "-14.0 to -3.0"."""
    if ends is None:
        return UNKNOWN
    # Six decimals first: 1000 * 0.14 is a little more than 140, which is no reason to say 14.1.
    low, high = (round(1000 * end, 6) for end in ends)
    return f"{_signed(math.floor(low))} to {_signed(math.ceil(high))}"


def at_least(ends: tuple[float, float]) -> str:
    """Return the lower end of an interval in points, rounded down: "4.2"."""
    return _signed(math.floor(round(1000 * ends[0], 6))).removeprefix("+")


def _signed(tenths: int) -> str:
    return f"{tenths / 10:+.1f}" if tenths else "0.0"


def counted(number: int, noun: str, plural: str | None = None) -> str:
    """Return "1 case" or "1,200 cases"."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def probability(p: float | None, digits: int = 3) -> str:
    """Return a probability with so many significant digits, or "< 0.0001"."""
    if p is None:
        return UNKNOWN
    return "< 0.0001" if p < 0.0001 else f"{p:.{digits}g}"


def equals(name: str, p: float | None, digits: int = 3) -> str:
    """Return "p = 0.02" or "p < 0.0001"."""
    said = probability(p, digits)
    return f"{name} {said}" if said.startswith("<") else f"{name} = {said}"


def level(share: float) -> str:
    """Return a confidence level: 0.95 -> "95 %", 0.975 -> "97.5 %"; 0.99999 -> "99.99 %", as nothing is certain."""
    said = round(100 * share, 2)
    return f"{said if said < 100 else 99.99:g} %"


def money(usd: float) -> str:
    """Return US dollars: cents from one dollar up, four decimals below; never 0 for what was not free."""
    if 0 < usd < 0.0001:
        return "<0.0001 USD"
    return f"{usd:,.2f} USD" if usd >= 1 or usd == 0 else f"{usd:.4f} USD"


def duration(seconds: float) -> str:
    """Return "3.1 s", "2 min 05 s" or "1 h 02 min"."""
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, left = divmod(minutes, 60)
    return f"{hours} h {left:02} min" if hours else f"{minutes} min {rest:02} s"


def case_count(prompt: PromptReport) -> str:
    """Return "120 of 200", or "200" when all planned cases were run."""
    if prompt.cases >= prompt.planned_cases:
        return f"{prompt.cases:,}"
    return f"{prompt.cases:,} of {prompt.planned_cases:,}"


def listed(ids: Sequence[str], show: Callable[[str], str], limit: int) -> str:
    """Return the first `limit` ids, each through `show`, and how many more there are."""
    first = ", ".join(show(i) for i in ids[:limit])
    more = len(ids) - limit
    return f"{first} and {more:,} more" if more > 0 else first


def word(command: str, prompt: PromptReport) -> str:
    """Return the word that a prompt's block begins with: what the search found, or the gate's verdict."""
    if prompt.search is not None and command in SEARCHES:
        return prompt.search.outcome.replace("_", " ").upper()
    return prompt.verdict.upper()


def passing(passed_of: tuple[int, int] | None, score: float | None) -> str | None:
    """Return "58 of 69 cases passed", or None where the metric has no pass mark.

    Where `score`, which stands beside it, is another share, cases have several answers: then it says what is shared.
    """
    if passed_of is None:
        return None
    passes, cases = passed_of
    said = f"{passes:,} of {counted(cases, 'case')} passed"
    if score is None or not cases or abs(passes / cases - score) < _SAME:
        return said
    return f"{said} half of their answers or more; of all answers {percent(score)} passed"


def measured(prompt: PromptReport) -> str:
    """Return how much was run: "69 of 277 cases, 1 unmeasured, 3 answers a case"."""
    parts = [f"{case_count(prompt)} case{'' if prompt.planned_cases == prompt.cases == 1 else 's'}"]
    if prompt.unmeasured:
        parts.append(f"{prompt.unmeasured:,} unmeasured")
    if prompt.answers > 1:
        parts.append(f"{prompt.answers} answers a case")
    return ", ".join(parts)


def compared(commit: str | None, how: str) -> str | None:
    """Return "compared with `b81d5e0`, where this branch left `main`", names in backticks; None without a base."""
    if commit is None:
        return None
    return f"compared with `{commit[:7]}`" + (f", {how}" if how else "")


def caused(cause: Cause) -> str:
    """Return what a file that several prompts share brought about; the file's name stands in backticks."""
    place = f"{cause.file}:{cause.line}" if cause.line else cause.file
    count = len(cause.prompts)
    return f"`{place}` changed, and {counted(count, 'prompt')} {'uses' if count == 1 else 'use'} it"


def effort(report: Report) -> str:
    """Return what the run used: "3,296 calls; 35 answers came from the cache; ..."."""
    answers = counted(report.cache_hits, "answer")
    parts = [
        counted(report.calls, "call"),
        f"{answers} came from the cache" if report.cache_hits else "no answer came from the cache",
        f"{report.input_tokens:,} tokens in and {report.output_tokens:,} out",
        money(report.cost_usd),
        duration(report.wall_s),
    ]
    return "; ".join(parts)


def searched(search: Search) -> str:
    """Return how much was tried: "4 steps, 31 candidates scored, 5 refused unscored"."""
    refused = sum(search.rejected.values())
    tried = f"{counted(len(search.steps), 'step')}, {counted(search.candidates, 'candidate')} scored"
    return tried + (f", {refused:,} refused unscored" if refused else "")


def asked(search: Search) -> str | None:
    """Return what the held-out cases said in one sentence, or None when they were not asked."""
    if search.test is None:
        return None
    wins, losses, cases = (search.test.get(name, 0) for name in ("wins", "losses", "cases"))
    counts = f"{counted(cases, 'held-out case')}: {wins:,} better, {losses:,} worse"
    p, most = search.p_value, search.level
    # 0.02504 beside the 0.025 that was required must not look as if it had met it.
    digits = next((d for d in (3, 6) if p == most or probability(p, d) != probability(most, d)), 12)
    return f"{counts}; {equals('one-sided p', p, digits)}; {probability(most, digits)} or less was required."


def headline(search: Search) -> str | None:
    """Return what was confirmed: "Confirmed better: +15.0 points (95 % interval +6.1 to +23.9)", None without one."""
    head = search.headline
    if head is None:
        return None
    said = head.text[:1].upper() + head.text[1:]
    if head.ci is not None and head.ci[0] <= 0 and head.gain:
        said += ", size not known"  # an estimate beside an interval that holds nothing at all would be read as the gain
    elif head.estimate is not None:
        said += f": {'' if head.gain else 'score '}{points(head.estimate)} points"
    if head.ci is not None:
        allowed = ", which allows for the winner's having been chosen" if head.conditional else ""
        said += f" ({level(head.ci_level)} interval {interval(head.ci)}{allowed})"
    return said


def saving(one: Saving) -> str:
    """Return what a call takes: "tokens read a call: 120 before, 82 now (-32 %)"."""
    change = f" ({100 * (one.after - one.before) / one.before:+.0f} %)" if one.before else ""
    return f"{one.name}: {_amount(one.before)} before, {_amount(one.after)} now{change}"


def _amount(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def tokens(more: int | None) -> str:
    """Return what an edit adds to the tokens of every call, with its sign: "+12", "-41"."""
    return UNKNOWN if more is None else f"{more:+,}" if more else "0"


def overfitting(search: Search) -> str | None:
    """Return the overfit label as a sentence, or None when the search has none."""
    if not search.overfit:
        return None
    gap, error = (points(share).removeprefix("+") for share in (search.overfit_gap, search.overfit_se))
    return f"Overfitting seen: train gained {gap} points more than validation (standard error {error})."


def held_out(command: str, prompt: PromptReport) -> tuple[float | None, float | None]:
    """Return the scores of a search's held-out cases, before and after, where the report's scores are those.

    A push or a schedule that also searched reports what it checked, an upgrade its two models.
    """
    asked = prompt.search is not None and prompt.search.test is not None and prompt.delta is not None
    return (prompt.baseline_score, prompt.score) if asked and command == "optimize" else (None, None)
