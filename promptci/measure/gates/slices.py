"""The gate `slices`: every tag's cases on their own."""

from __future__ import annotations

from promptci.core import Case
from promptci.decide.paired import Change, count, sign_flip
from promptci.decide.slices import Evidence
from promptci.decide.slices import slices as judged
from promptci.measure.gates.base import Alarm, PairTest, Screened, units_of
from promptci.measure.pair import Pair


def slices(pair: Pair) -> list[Screened]:
    """Return what the gate says, when it is set; each tag that looks worse is confirmed on its own cases."""
    if not pair.new.side.settings.gate.slices or not pair.done:
        return []
    tags = sorted({tag for c in pair.ran for tag in c.tags})
    cases = {tag: tuple(c for c in pair.ran if tag in c.tags) for tag in tags}
    tested = {tag: _evidence(pair, cases[tag]) for tag in tags}
    verdict, found = judged({tag: _change(pair, cases[tag]) for tag in tags}, tested=tested)
    if not verdict.blocked:
        return [Screened(verdict)]
    alarms, among = [], int(verdict.numbers["tested"])
    for worse in found:
        if worse.corrected <= 0.05:
            changed = tuple(pair.changed(cases[worse.tag]))
            alarms.append(Alarm(f"slice {worse.tag}", changed, PairTest(changed), among=among))
    return [Screened(verdict, tuple(alarms), "pass")]


def _change(pair: Pair, cases: tuple[Case, ...]) -> Change:
    old, new = pair.old.values.by_case, pair.new.values.by_case
    return count([old.get(c.id) for c in cases], [new.get(c.id) for c in cases])


def _evidence(pair: Pair, cases: tuple[Case, ...]) -> Evidence:
    found = sign_flip([-unit.total for unit in units_of(pair, cases)])
    return Evidence(found.p_value, found.units)
