"""What happens between and after the stages of a screening: who goes on, who is adopted, what is chosen."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from promptci.search.screening.fit import Estimate, Fit

ADOPT = 3.0  # standard errors from which an effect is plain enough to be in every later text
KEEP = 0.5  # standard errors that an edit must exceed to be taken
MOST = 8  # edits in a winner: longer ones change more cases both ways and are harder to confirm
_FEWEST = 3  # edits below which halving stops
_POOR = 2.0  # standard errors by which a set may miss what its effects say


@dataclass(frozen=True, slots=True)
class Standing:
    """Which edits are still being tried (`alive`), and which are in every text (`adopted`), by number."""

    alive: tuple[int, ...]
    adopted: tuple[int, ...] = ()


def halved(standing: Standing, seen: Fit, barred: Sequence[int] = (), rivals: Sequence[Sequence[int]] = ()) -> Standing:
    """Adopt plain effects, then let the better half of the others go on.

    An effect is adopted early because it can be a gate: while answers have the wrong form, what edits say about the
    content shows only in calls that hold the form, too. `barred` edits are neither adopted nor tried further, and
    leave again where they were adopted. Of `rivals`, groups of alternatives, one is adopted, and the others are out.
    """
    open_ = [i for i in standing.alive if i not in barred]
    plain = [i for i in open_ if seen.one(i).value > ADOPT * seen.one(i).se]
    before = [i for i in standing.adopted if i not in barred]
    adopted = _apart((*before, *sorted(plain, key=lambda i: -seen.effects[i])), rivals)[:MOST]
    out = {k for group in rivals if not set(adopted).isdisjoint(group) for k in group}.union(adopted)
    rest = sorted((i for i in open_ if i not in out), key=lambda i: (-seen.effects[i], i))
    return Standing(tuple(sorted(rest[: max(_FEWEST, math.ceil(len(rest) / 2))])), tuple(adopted))


def taken(standing: Standing, seen: Fit, rivals: Sequence[Sequence[int]] = ()) -> list[int]:
    """The edits whose effect exceeds half its standard error, the largest effect first, at most eight.

    Of `rivals`, groups of alternatives, only the best is taken.
    """
    good = [i for i in (*standing.adopted, *standing.alive) if seen.one(i).value > KEEP * seen.one(i).se]
    return _apart(sorted(good, key=lambda i: (-seen.effects[i], i)), rivals)[:MOST]


def _apart(edits: Sequence[int], rivals: Sequence[Sequence[int]]) -> list[int]:
    """Return the edits in their order without those of which an alternative came before."""
    chosen: list[int] = []
    for i in edits:
        group = next((g for g in rivals if i in g), (i,))
        if not any(k in chosen for k in group):
            chosen.append(i)
    return chosen


def provable(candidates: Sequence[int], seen: Fit) -> list[int]:
    """Of edits in order of effect, the first so many that are the easiest to confirm on other cases.

    A paired test sees the gain against the root of the cases that change, and each edit changes cases both ways: the
    number of edits with the largest ratio is chosen, not the largest gain.
    """
    best, most = 0, 0.0
    for n in range(1, len(candidates) + 1):
        some = candidates[:n]
        ratio = seen.of(some).value / math.sqrt(seen.changed(some))
        if ratio > most:
            best, most = n, ratio
    return list(candidates[:best])


def fits(said: Estimate, gain: float, changed: float, cases: int) -> bool:
    """Whether a set gains on `cases` cases what its effects say, within two standard errors.

    `gain` and `changed` are shares of these cases. Where it does not, effects do not add up and whole texts must be
    compared.
    """
    if not cases:
        return True
    noise = max(changed, 1 / cases) / cases
    return abs(gain - said.value) <= _POOR * math.sqrt(noise + said.se * said.se)


def gap(train: Fit, validation: Fit, edits: Sequence[int]) -> Estimate:
    """How much more a set gains on train than on validation, from separate fits with a wide prior."""
    first, second = train.of(edits), validation.of(edits)
    return Estimate(first.value - second.value, math.hypot(first.se, second.se))
