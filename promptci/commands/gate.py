"""`promptci gate RESULTS --base RESULTS`: our verdict on what another tool measured; nothing is asked of a model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from promptci.commands.compare import Terms, compared
from promptci.core import Reason
from promptci.decide.paired import Change, passed
from promptci.decide.power import MOST_CASES, cases_needed, noise_seen
from promptci.decide.verdict import points
from promptci.errors import DataError
from promptci.report.base import CaseDetail, PromptReport, Report, clipped
from promptci.report.read import read as read_report
from promptci.report.wording import counted
from promptci.results.base import Result, Suite, Tested, tests
from promptci.results.reading import read

ENOUGH_SHARED = 0.5  # of the base's tests: with fewer, what is left says little about what was there
_POWER = 0.9


def gate(new: Path, base: Path, terms: Terms | None = None, *, metrics: Sequence[str] = ()) -> Report:
    """Compare each suite that both files have, test by test; `metrics` name the ones to compare, () all.

    The level is shared by the suites, so that `terms.alpha` holds for the whole run. Raises DataError for a file that
    is no known tool's, and for two that cannot be compared.
    """
    pairs, notes = _pairs(new, base)
    wanted = [(old, now) for old, now in pairs if not metrics or any(m in now.id for m in metrics)]
    if not wanted:
        known = ", ".join(now.id for _, now in pairs)
        raise DataError(f"no suite is called {' or '.join(metrics)}", place=str(new), hint=f"there are: {known}")
    given = terms or Terms()
    each = replace(given, alpha=given.alpha / len(wanted))
    if len(wanted) > 1:
        notes += (f"{len(wanted)} suites share the level: each is tested at {each.alpha:.3g}.",)
    prompts = tuple(_missing(compared(old, now, each), old, now, each) for old, now in wanted)
    return Report(command="gate", prompts=prompts, base_how=f"the results in {base.name}", notes=notes)


def _pairs(new: Path, base: Path) -> tuple[list[tuple[PromptReport, PromptReport]], tuple[str, ...]]:
    before, after = read(base), read(new)
    if before is None and after is None:
        return _own(new, base), ()
    if before is None or after is None or before[0].tool != after[0].tool:
        tools = [found[0].tool if found else "promptci" for found in (before, after)]
        hint = "both must be results of the same suite, by the same tool"
        raise DataError(f"cannot be compared: {tools[1]} results with {tools[0]} results", place=str(new), hint=hint)
    old = {s.name: s for s in before}
    both = [(old[s.name], s) for s in after if s.name in old]
    if not both and len(before) == len(after) == 1:  # one suite a file: whatever it is called, it is the one
        both = [(before[0], after[0])]
    if not both:
        hint = f"the base has: {', '.join(old)}"
        raise DataError("the two have no suite in common", place=str(new), hint=hint)
    left = sorted({s.name for s in (*before, *after)} - {s.name for pair in both for s in pair})
    skipped = dict.fromkeys(what for s in (*before, *after) for what in s.left)
    said = (("In one of the two only, and left out", left), ("Not gated", skipped))
    notes = tuple(f"{why}: {', '.join(names)}." for why, names in said if names)
    return [_reports(a, b, str(new)) for a, b in both], notes


def _own(new: Path, base: Path) -> list[tuple[PromptReport, PromptReport]]:
    old = {p.id: p for p in read_report(base).prompts if p.values}
    both = [(old[p.id], p) for p in read_report(new).prompts if p.values and p.id in old]
    if not both:
        raise DataError("the two have no measured prompt in common", place=str(new), hint="both must come from `check`")
    for left, right in both:
        for name, said in (("cases", "eval set"), ("metric", "metric"), ("judge", "judge")):
            if left.measure and right.measure and left.measure.get(name) != right.measure.get(name):
                problem = f"cannot be compared: another {said} measured '{right.id}' than at the base"
                raise DataError(problem, place=str(new), hint="run both with the same eval set and metric")
    return both


def _reports(old: Suite, new: Suite, place: str) -> tuple[PromptReport, PromptReport]:
    """Return both sides of one suite, under the names of the tests that the new side gives them."""
    by_content = all(r.content for r in (*old.results, *new.results))
    before = tests(old.results, by_content=by_content)
    after = tests(new.results, by_content=by_content)
    shared = [key for key in after if key in before and after[key].like(before[key])]
    other = sum(key in before for key in after) - len(shared)
    if len(shared) < ENOUGH_SHARED * len(before) or not shared:
        why = f"{len(shared)} of the base's {len(before)} tests are here"
        why += f", {other} more are asked or judged in another way" if other else ""
        hint = "run the base's revision again with the tests of the new one, then compare"
        raise DataError(f"'{new.name}' cannot be compared: {why}", place=place, hint=hint)
    names = _names(after)
    kept = set(shared)
    left = _side(new.name, old, before, {key: names.get(key, key) for key in before if key in kept or key not in after})
    right = _side(new.name, new, after, {key: names[key] for key in after if key in kept or key not in before})
    details = tuple(_detail(names[key], before[key], after[key]) for key in shared)
    said = f"{counted(other, 'test is', 'tests are')} asked or judged in another way and left out."
    changed = (Reason("judged_differently", said),) if other else ()
    return left, replace(right, cases_detail=details, warnings=changed)


def _names(found: Mapping[str, Tested]) -> dict[str, str]:
    """Return how each test is called: by the tool's id, and by more where two have the same."""
    taken: set[str] = set()
    names = {}
    for key, test in found.items():
        name = test.answers[0].id
        names[key] = name if name not in taken else f"{name} ({key[:8]})"
        taken.add(names[key])
    return names


def _side(name: str, suite: Suite, found: Mapping[str, Tested], names: Mapping[str, str]) -> PromptReport:
    answers = max(len(t.answers) for t in found.values())
    values = {names[key]: found[key].value for key in found if key in names}
    measure = {"answered": suite.model, "repeats": str(answers)} if suite.model else {}
    return PromptReport(
        name, "unmeasured", (), cases=len(values), planned_cases=len(values), values=values, measure=measure
    )


def _detail(name: str, old: Tested, new: Tested) -> CaseDetail:
    def words(found: Result) -> str | None:
        return None if found.output is None else clipped(found.output)

    return CaseDetail(
        id=name,
        input=clipped(new.worst.input),
        expected=None if new.worst.expected is None else clipped(new.worst.expected),
        old=words(old.worst),
        new=words(new.worst),
        old_value=old.value,
        new_value=new.value,
        old_passes=passed(old.value),
        new_passes=passed(new.value),
        reason=new.reason or old.reason,
    )


def _missing(found: PromptReport, old: PromptReport, new: PromptReport, terms: Terms) -> PromptReport:
    """Add what the tool's own report had to the verdict, and how many tests an undecided one would have needed."""
    found = replace(found, cases_detail=new.cases_detail, warnings=(*found.warnings, *new.warnings))
    if found.verdict != "inconclusive":
        return found
    both = [(a, b) for i, a in old.values.items() if a is not None and (b := new.values.get(i)) is not None]
    if any(v not in (0.0, 1.0) for pair in both for v in pair):
        return found  # grades vary in more ways than a count of tests can tell
    losses, wins = both.count((1.0, 0.0)), both.count((0.0, 1.0))
    noise = noise_seen(Change(losses, wins, len(both) - losses - wins))
    size = cases_needed(terms.detect, noise, alpha=terms.alpha, power_wanted=_POWER)
    drop = f"a drop of {points(terms.detect)} points"
    if size is None:
        said = f"Tests that flip for no reason hide {drop}: more than {MOST_CASES:,} tests would be needed to see it."
    elif size <= len(both):
        return found
    else:
        said = f"{size:,} tests would show {drop} 9 times in 10: {size - len(both):,} more than these {len(both):,}."
    return replace(found, reasons=(*found.reasons, Reason("tests_missing", said)))
