"""`promptci power`: what drop each eval set can show, and how many cases it would need. Nothing is asked of a model."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from promptci.decide.accept import SMALLEST_SET
from promptci.decide.noise import Noise, noise_of
from promptci.decide.power import cases_needed, cases_to_halve, detectable_drop, table
from promptci.decide.smallset import outlook
from promptci.decide.verdict import points
from promptci.decide.year import year
from promptci.evals.split import share_of_test, split
from promptci.improve.search import SCREENING, strategy_of
from promptci.project.project import Project, locate
from promptci.project.side import Side, side
from promptci.prompts import split_selector
from promptci.records import baseline
from promptci.report.wording import counted
from promptci.run.options import Options
from promptci.untrusted import one_line

USUAL = 0.05  # flips, where nothing was measured
SMALL = (20, 60)  # cases of a set that is told what would help it
MOST = 20_000  # the exact sums take minutes above, and the answer, half a point, stays the same


def power(
    options: Options, *, ids: Sequence[str] = (), cases: int | None = None, noise: float | None = None
) -> list[str]:
    """Return the lines to print: for each prompt, or for a set of `cases` cases, what it can see.

    `noise` is the share of cases that flip for no reason, in [0, 1); None takes what the stored baseline shows, else
    what is usual. Raises PromptciError for what a user can mend.
    """
    if cases is not None:
        return [*_sight(cases, noise or USUAL), "", *_table(noise or USUAL)]
    project = locate(options.config, Path())
    lines, chosen = [], project.config.chosen(ids)
    for settings in chosen:
        share = share_of_test(screening=strategy_of(project.config.search, settings) == SCREENING)
        found = side(project, project.config, settings, None)
        measured = None if noise is not None else _measured(project, settings.id)
        flips = noise if noise is not None else USUAL if measured is None else measured.flips
        how = "as given" if noise is not None else "assumed" if measured is None else "measured"
        lines += [f"{one_line(settings.id)}: {len(found.cases)} cases; {points(flips)} % flip for no reason ({how})"]
        lines += [*_of(found, flips, share), *_coins(measured, found), *_cost(found, measured is not None), ""]
    return [*lines, *_year(project, [p.file for p in chosen]), "", *_table(noise or USUAL)]


def _measured(project: Project, prompt_id: str) -> Noise | None:
    """The noise that the baseline's answers show, None where there is none with several answers a case."""
    path = baseline.path_of(prompt_id)
    content = project.at(None, path)
    return None if content is None else noise_of(baseline.load(content, path).samples)


def _coins(measured: Noise | None, found: Side) -> list[str]:
    """Name the cases that pass by chance, and what they cost."""
    if measured is None or not measured.coins:
        return []
    drop = found.settings.gate.ruled_out
    names = ", ".join(one_line(c.case_id, limit=60) for c in measured.coins[:10])
    cost = measured.coins_cost(drop)
    price = "" if not cost else f"; without them {cost:,} cases fewer show a drop of {points(drop)} points"
    return [f"  cases that pass by chance ({len(measured.coins)}): {names}{price}"]


def _cost(found: Side, stored: bool) -> list[str]:
    """What a check asks at most, and what a small set would gain."""
    count = len(found.cases)
    sides = "the new prompt alone" if stored else "both prompts; one alone once a baseline is accepted"
    return [f"  a check asks {count * (1 if stored else 2):,} answers at most ({sides}), before anything is confirmed"]


def _year(project: Project, files: Sequence[str]) -> list[str]:
    """What a year of this repository brings, at the pace of its last three months."""
    paths = [project.prefix + split_selector(file)[0] for file in files]
    since = datetime.now(UTC) - timedelta(days=90)
    count = sum(commit.when >= since for commit in project.repository.history(paths)) if paths else 0
    said = year(count / 3)
    return [
        f"this repository: {counted(count, 'commit')} that touched these prompts in the last 90 days",
        f"  false reds a year, 5 in 100 commits at most: {said.false_reds:.1f} "
        f"(any at all: {100 * said.any_false_red:.0f} %); measured rates are lower, see docs/benchmarks.md",
    ]


def _of(found: Side, noise: float, share: float) -> list[str]:
    names, drop = found.template.variables | found.template.optional, found.settings.gate.ruled_out
    parts = split(found.cases, names, share=share)
    needed = cases_needed(drop, noise, power_wanted=0.9, gate=True)
    told = "too many" if needed is None else f"{needed:,}"
    lines = [
        *_sight(len(found.cases), noise),
        *_outlook(len(found.cases), noise),
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


def _outlook(cases: int, noise: float) -> list[str]:
    """What a small set would gain by more cases, and by repeats."""
    if not SMALL[0] <= cases <= SMALL[1]:
        return []
    found = outlook(cases, noise)
    told = ["none" if d is None else f"{points(d)} points" for d in (found.with_more_cases, found.with_repeats)]
    worth = "worth it" if found.repeats_help else "not worth it"
    return [
        f"  with 20 cases more it would be {told[0]}; with {found.repeats} answers a case {told[1]} ({worth})",
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
