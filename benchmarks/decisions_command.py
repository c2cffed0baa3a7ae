"""What the command does, for `decisions.py`: commits, must-pass cases, the ledger's memory, and a budget's parts.

The commits are those of `commits.py`, through the command's own code (`in_memory.py`); a rate is missed when the whole
of its 95 % interval lies on the wrong side.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

import numpy as np
from commits import KINDS, Commit, one, rated
from decision_worlds import Line, Rng, percent, rate_line
from in_memory import SETTINGS, House, Store, eval_set, prompt, settings

from promptci.core import Case
from promptci.evals.split import split
from promptci.improve.reserve import SMALL, shares
from promptci.records import ledger
from promptci.records.ledger import Question

VARIABLES = frozenset({"x"})


def commits(kind: Commit, rng: Rng, share: float) -> Iterator[Line]:
    """One kind of commit: how often it is red, with the calls and cases of its check."""
    said = rated(kind, [one(rng, kind) for _ in range(max(1, round(kind.runs * share)))])
    told = f"{said.told}; {said.calls:,.0f} calls, {said.cases:.0f} cases"
    yield Line(f"9: {kind.name}: red", said.target, told, not said.missed if said.target else None)


COMMITS = tuple(partial(commits, kind) for kind in KINDS)


def must_pass(rng: Rng, share: float) -> Iterator[Line]:
    """A harmless edit where one case that must pass is a coin: before, one answer of the base was trusted."""
    for chance in (0.2, 0.5):
        runs = max(10, int(400 * share))
        red = sum(coin_is_red(rng, chance) for _ in range(runs))
        before = percent(chance * (1 - chance) ** 4)
        what = f"7: harmless, a must-pass case that passes {100 * chance:.0f} % of the time: red (once {before})"
        yield rate_line(what, red, runs, most=0.01)


def coin_is_red(rng: Rng, chance: float) -> bool:
    """Whether a commit of 60 cases is red; the first must pass, and does so by chance."""
    truth = np.full(60, 0.999)
    truth[0] = chance
    tree = {SETTINGS: settings({"p": "gate: {must_pass: [c0]}"}), "p.jsonl": eval_set(60), "p.md": prompt("p", 0)}
    house = House(Store(tree), {"p 0": truth, "p 1": truth}, rng)
    base = house.store.commit()
    house.store.tree["p.md"] = prompt("p", 1)
    (report,) = house.check(base)
    return report.verdict == "fail"


EDITS: dict[str, Callable[[Case, int], Case]] = {
    "renamed ids": lambda case, n: replace(case, id=f"case-{n}"),
    "an unused column": lambda case, n: replace(case, vars={**case.vars, "note": str(n)}),
    "white space": lambda case, _: replace(case, vars={"x": f" {case.vars['x']}\n"}),
    "another order of rows": lambda case, _: case,
    "other tags and weights": lambda case, _: replace(case, tags=("new",), weight=2.0),
}


def remembered(_: Rng, __: float) -> Iterator[Line]:
    """One question was put to 200 cases; then the set is edited, which is no new information, or replaced in part."""
    cases = [Case(f"t{n}", {"x": f"ticket {n}"}, "yes") for n in range(200)]
    asked, seen = [question(cases)], {case.vars["x"] for case in split(cases, VARIABLES).development}
    kept, leaked = 0, 0
    for edit in EDITS.values():
        now = split([edit(case, n) for n, case in enumerate(cases)][::-1], VARIABLES)
        leaked += sum(str(case.vars["x"]).strip() in seen for case in now.test)
        kept += next_one(asked, now.test) == 2
    what = f"12: the ledger goes on after {', '.join(EDITS)}; development cases that became test cases"
    told = f"{kept} of {len(EDITS)}; {leaked}"
    yield Line(what, "5 of 5; 0", told, kept == len(EDITS) and not leaked)
    test = list(split(cases, VARIABLES).test)
    for left, number in ((0.5, 2), (0.48, 1)):
        kept = round(left * len(test))
        new = [replace(case, vars={"x": f"new {n}"}) for n, case in enumerate(test[kept:])]
        query = next_one(asked, test[:kept] + new)
        what = f"12: {kept} of {len(test)} test cases kept: number of the next question"
        yield Line(what, str(number), str(query), query == number)


def question(cases: list[Case]) -> Question:
    """The first question put to the test half of these cases."""
    members = ledger.members_of(split(cases, VARIABLES).test, VARIABLES)
    return Question("pair", ledger.set_hash_of(members), members, 0.5, 1, 0.04, "inconclusive", "2026-01-15")


def next_one(asked: list[Question], test: list[Case] | tuple[Case, ...]) -> int:
    return ledger.next_query(asked, ledger.members_of(test, VARIABLES), "another pair")


def budgets(_: Rng, __: float) -> Iterator[Line]:
    """What of a budget the confirmation takes at most, over many budgets and held-out sets."""
    for what, calls, most in (
        (f"above {SMALL} calls", range(SMALL + 1, 6_000, 7), 1 / 3),
        (f"up to {SMALL} calls (section 14)", range(4, SMALL + 1), 1 / 2),
    ):
        parts = [(shares(left, test), left) for left in calls for test in (20, 60, 100, 140, 280)]
        taken = max(2 * cases * repeats / left for (cases, repeats), left in parts)
        repeated = {repeats for (_, repeats), _ in parts}
        told = f"{percent(taken)}, {min(repeated)} to {max(repeated)} answers a case"
        ok = taken <= most and repeated <= {1, 2, 3}
        yield Line(f"13: confirmation's share of max_calls, {what}", f"<= {percent(most)}", told, ok)
