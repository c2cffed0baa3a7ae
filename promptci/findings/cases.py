"""Findings about eval sets: how many cases, what they can show, and cases that are one case."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence

from promptci.core import Case, digest
from promptci.decide.accept import SMALLEST_SET
from promptci.decide.power import detectable_drop
from promptci.evals.split import split
from promptci.findings.base import Finding, finding
from promptci.project.side import Side
from promptci.untrusted import one_line

NOISE = 0.05  # the share of cases that flip for no reason, where no runs have measured it
MOST = 20_000


def of_cases(side: Side) -> Iterator[Finding]:
    """Look at one prompt's eval set."""
    place, cases = side.settings.cases, side.cases
    if len(cases) < SMALLEST_SET:
        said = f"{len(cases)} cases: no pull request is opened below {SMALLEST_SET}, and a gate sees large drops only"
        yield finding("few-cases", place, said, "add cases; `promptci power` says how many show what")
    else:
        yield from _blind(side)
    yield from _same(place, cases)
    yield from _alike(place, cases)


def _blind(side: Side) -> Iterator[Finding]:
    wanted, place = side.settings.gate.ruled_out, side.settings.cases
    seen = detectable_drop(min(len(side.cases), MOST), NOISE, gate=True)
    if seen is None or seen > wanted:
        least = "no drop" if seen is None else f"a drop from {100 * seen:.1f} points on"
        said = f"{len(side.cases)} cases show {least} 4 times in 5; the gate is to rule out {100 * wanted:.1f} points"
        yield finding("drop-not-seen", place, said, "add cases, or raise `gate.detect` to what they can show")


def _same(place: str, cases: Sequence[Case]) -> Iterator[Finding]:
    """Cases with equal input: one question that counts twice, or that has two right answers."""
    groups = defaultdict(list)
    for case in cases:
        groups[digest([dict(case.vars), [m.content for m in case.messages]])].append(case)
    twins = [group for group in groups.values() if len(group) > 1]
    torn = [group for group in twins if len({digest(case.expected) for case in group}) > 1]
    if torn:
        said = f"{_count(torn)} the same input and different expected answers, such as {_names(torn[0])}"
        yield finding("contradicting-cases", place, said, "keep the right one, or list both answers in `expected`")
    if len(twins) > len(torn):
        first = next(group for group in twins if group not in torn)
        said = f"{_count(twins)} the same input, such as {_names(first)}"
        yield finding("duplicate-cases", place, said, "remove all but one: the gate takes them for independent")


def _alike(place: str, cases: Sequence[Case]) -> Iterator[Finding]:
    """Cases that differ in case, blanks and punctuation only, some held out and some not: the search has seen them."""
    parts = split(cases)
    development = {_words(case): case.id for case in parts.development}
    pairs = [(development[_words(c)], c.id) for c in parts.test if _words(c) in development]
    if pairs:
        a, b = (one_line(i, limit=40) for i in pairs[0])
        said = f"{len(pairs)} held-out cases read as cases that the search sees, such as {a} and {b}"
        yield finding("alike-across-splits", place, said, "give them one `cluster`, so that they stay on one side")


def _words(case: Case) -> tuple[str, ...]:
    text = " ".join(str(case.vars[name]) for name in sorted(case.vars))
    return tuple(re.findall(r"\w+", text.casefold()))


def _count(groups: Sequence[Sequence[Case]]) -> str:
    return "2 cases have" if len(groups) == 1 and len(groups[0]) == 2 else f"{sum(map(len, groups))} cases have"


def _names(group: Sequence[Case]) -> str:
    return " and ".join(one_line(case.id, limit=40) for case in group[:2])
