"""Which edits save something and cost no score: a set that the held-out cases can be expected to find no worse."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist

from promptci.search.screening.fit import Answer, Estimate, Fit, fit

# What taking a sentence away does, before anything is asked: mostly nothing at all, else something plain.
_IDLE, _IDLE_SD, _PLAIN_SD = 0.6, 0.005, 0.08
_WIDE = 0.3  # prior of the first fit: next to none
LEAST_CHANCE = 0.15  # of being found no worse, below which the held-out cases are not asked
_HARM = 1.0  # standard errors from which an edit is given up between stages
_NORMAL = NormalDist()


@dataclass(frozen=True, slots=True)
class Lean:
    """What a search for less must come to: a token of the prompt weighs `read`, one of the answer `written`.

    `margin` is the drop (a share) that the `held` held-out cases must rule out at `level` (one-sided).
    """

    read: float
    written: float
    margin: float
    held: int
    level: float

    def chance(self, gain: Estimate, changed: float) -> float:
        """The chance of being found no worse, where `gain` is expected and this share of cases changes."""
        noise = max(changed, 1 / max(1, self.held)) / max(1, self.held)
        needed = _NORMAL.inv_cdf(1 - self.level) * math.sqrt(noise) - self.margin
        return _NORMAL.cdf((gain.value - needed) / math.sqrt(noise + gain.se * gain.se))


def harm(answers: Sequence[Answer], edits: int) -> Fit:
    """What each edit does to the score, where most are taken to do nothing: harm that shows is hardly shrunk.

    An edit's prior is the mixture of doing nothing and of doing something plain, each as likely as the answers make it.
    """
    free = fit(answers, edits, prior=_WIDE, learn=False)
    return fit(answers, edits, own=[_prior(free.one(i)) for i in range(edits)])


def _prior(seen: Estimate) -> float:
    idle, plain = (_density(seen, sd) for sd in (_IDLE_SD, _PLAIN_SD))
    share = _IDLE * idle / (_IDLE * idle + (1 - _IDLE) * plain + 1e-300)
    return math.sqrt(share * _IDLE_SD**2 + (1 - share) * _PLAIN_SD**2)


def _density(seen: Estimate, sd: float) -> float:
    spread = math.hypot(seen.se, sd)
    return math.exp(-((seen.value / spread) ** 2) / 2) / spread


def harmless(alive: Sequence[int], seen: Fit) -> list[int]:
    """The edits that go on: those that are not plainly doing harm."""
    return [i for i in alive if seen.one(i).value > -_HARM * seen.one(i).se]


def leanest(
    alive: Sequence[int], seen: Fit, saved: Mapping[int, float], rivals: Sequence[Sequence[int]], aim: Lean
) -> list[int]:
    """The set with the largest saving that can be expected to be confirmed: what it saves times its chance.

    Edits join one by one, the one that adds most first, while one adds anything; of `rivals` one at most is in.
    """
    chosen: list[int] = []
    best = 0.0
    while True:
        open_ = [i for i in alive if saved[i] > 0 and _free(i, chosen, rivals)]
        worth = {i: _expected([*chosen, i], seen, saved, aim) for i in open_}
        top = max(open_, key=lambda i: worth[i], default=None)
        if top is None or worth[top] <= best:
            return chosen
        chosen.append(top)
        best = worth[top]


def _free(edit: int, chosen: Sequence[int], rivals: Sequence[Sequence[int]]) -> bool:
    group = next((g for g in rivals if edit in g), [edit])
    return not any(i in chosen for i in group)


def _expected(some: Sequence[int], seen: Fit, saved: Mapping[int, float], aim: Lean) -> float:
    return sum(saved[i] for i in some) * aim.chance(seen.of(some), seen.changed(some))


def written(answers: Sequence[tuple[tuple[int, ...], str, int]], edits: int) -> list[float]:
    """What each edit adds to the tokens of an answer, from (edits in it, case, tokens); 0 where nothing is plain."""
    longest = max((tokens for *_, tokens in answers), default=0)
    if not longest:
        return [0.0] * edits
    seen = fit([Answer(some, i, n / longest) for some, i, n in answers], edits, prior=_WIDE, learn=False)
    found = [seen.one(i) for i in range(edits)]
    return [longest * one.value if abs(one.value) > one.se else 0.0 for one in found]
