"""`promptci power`: what drop each eval set can show, and how many cases it would need. Nothing is asked of a model."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from promptci.decide.accept import SMALLEST_SET
from promptci.decide.power import cases_needed, cases_to_halve, detectable_drop, table
from promptci.decide.verdict import points
from promptci.evals.split import split
from promptci.project.project import locate
from promptci.project.side import Side, side
from promptci.run.options import Options
from promptci.untrusted import one_line

MOST = 20_000  # the exact sums take minutes above, and the answer, half a point, stays the same


def power(options: Options, *, ids: Sequence[str] = (), cases: int | None = None, noise: float = 0.05) -> list[str]:
    """Return the lines to print: for each prompt, or for a set of `cases` cases, what it can see.

    `noise` is the share of cases that flip for no reason, in [0, 1). Raises PromptciError for what a user can mend.
    """
    if cases is not None:
        return [*_sight(cases, noise), "", *_table(noise)]
    project = locate(options.config, Path())
    lines = []
    for settings in project.config.chosen(ids):
        found = side(project, project.config, settings, None)
        lines += [f"{one_line(settings.id)}: {len(found.cases)} cases", *_of(found, noise), ""]
    return [*lines, *_table(noise)]


def _of(found: Side, noise: float) -> list[str]:
    parts, drop = split(found.cases, found.template.variables | found.template.optional), found.settings.gate.ruled_out
    needed = cases_needed(drop, noise, power_wanted=0.9, gate=True)
    told = "too many" if needed is None else f"{needed:,}"
    lines = [
        *_sight(len(found.cases), noise),
        f"  cases that show a drop of {points(drop)} points (max_drop + detect) 9 times in 10: {told}",
    ]
    if len(found.cases) < SMALLEST_SET:
        return [*lines, f"  no pull request is opened below {SMALLEST_SET} cases"]
    gain = detectable_drop(min(len(parts.test), MOST), noise, alpha=0.025)
    told = "none" if gain is None else f"{points(gain)} points"
    return [
        *lines,
        f"  held-out cases: {len(parts.test)}; smallest gain that the first question confirms 4 times in 5: {told}",
    ]


def _sight(cases: int, noise: float) -> list[str]:
    cases = min(cases, MOST)
    smallest, halving = detectable_drop(cases, noise, gate=True), cases_to_halve(cases, noise)
    if smallest is None:
        return [f"  {cases:,} cases are too few to see any drop"]
    lines = [f"  smallest drop that {cases:,} cases show 4 times in 5: {points(smallest)} points"]
    return lines if halving is None else [*lines, f"  cases that would halve it: about {halving:,}"]


def _table(noise: float) -> list[str]:
    lines = [f"cases that show a drop 9 times in 10, when {points(noise)} % of the cases flip for no reason:"]
    for row in table(noise):
        many = "more than can be computed" if row.gate is None else f"{row.gate:,}"
        lines.append(f"  {points(row.drop):>4} points  {many:>8}")
    return lines
