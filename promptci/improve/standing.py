"""What another model is worth to a prompt: better, same, worse, or nobody can tell, with what its answers take."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from statistics import fmean, median
from typing import Literal

from promptci.core import Reason
from promptci.decide.evidence import above_evidence
from promptci.decide.units import unit_interval
from promptci.decide.verdict import points
from promptci.improve.references import SAID
from promptci.measure.describe import of_pair
from promptci.measure.gates.base import LEVEL, units_of
from promptci.measure.pair import Pair
from promptci.report.base import Choice, PromptReport
from promptci.run.arm import Arm
from promptci.untrusted import one_line

More = Callable[[Pair], bool]
Name = Literal["better", "same", "worse", "cannot_tell"]
WORDS: dict[Name, str] = {"better": "better", "same": "same", "worse": "worse", "cannot_tell": "cannot tell"}


@dataclass(frozen=True, slots=True)
class Takes:
    """What one answer takes in the mean: US dollars, characters, and seconds (the median); None where unknown."""

    usd: float | None
    seconds: float | None
    length: float | None


@dataclass(frozen=True, slots=True)
class Standing:
    """One prompt on another model. `old` and `new` are what an answer takes."""

    name: Name
    report: PromptReport
    pair: Pair
    old: Takes
    new: Takes

    @property
    def model(self) -> str:
        """The other model's name."""
        return self.pair.new.side.spec.model


def standing(report: PromptReport, pair: Pair, *, compared: int, more: More | None = None) -> Standing:
    """Return what the gate's verdict and the answers say; `compared` pairs are looked at in the same run.

    `more` answers the next cases of the pair (False: no more can be asked): a pass comes early, and whether it is a
    gain shows later.

    Worse: the gate `max_drop` fails, confirmed afresh. Same: it passes, so a drop beyond `max_drop` and `detect` is
    ruled out. Better: besides, betting evidence that the mean gain is above 0, valid at any look (Waudby-Smith & Ramdas
    2021), at the level that `compared` pairs leave (Bonferroni).
    """
    name = _name(report, pair, compared)
    if name == "same" and more is not None:
        name, report = _run_on(report, pair, compared, more)
    old, new = takes(pair.old), takes(pair.new)
    return Standing(name, _told(report, name, pair, old, new), pair, old, new)


def _name(report: PromptReport, pair: Pair, compared: int) -> Name:
    gate = next((g.verdict for g in report.gates if g.name == "max_drop"), report.verdict)
    if report.verdict == "fail" or gate == "fail":
        return "worse"
    if gate != "pass" or report.verdict == "unmeasured":
        return "cannot_tell"
    return "better" if _gain(pair) >= compared / LEVEL else "same"


def _gain(pair: Pair) -> float:
    """Return the evidence that the new model is better: an e-value."""
    sizes = Counter(c.cluster for c in pair.order if c.cluster is not None)
    return above_evidence(units_of(pair, pair.ran), 0.0, largest=max(sizes.values(), default=1))


def _run_on(report: PromptReport, pair: Pair, compared: int, more: More) -> tuple[Name, PromptReport]:
    """Double the cases while they speak for a gain, until it is shown or all ran; return what that says."""
    before = pair.done
    while 1 < _gain(pair) < compared / LEVEL and pair.done < len(pair.order) and more(pair):
        continue
    if pair.done > before:
        ends = unit_interval(units_of(pair, pair.ran)) or (-1.0, 1.0)
        figures = of_pair(pair, {"low": ends[0], "high": ends[1]}, {})
        report = replace(report, **{name: getattr(figures, name) for name in _GROWN})
    return _name(report, pair, compared), report


_GROWN = ("cases", "unmeasured", "score", "baseline_score", "delta", "ci", "newly_failing", "newly_passing", "values",
          "passed_of", "baseline_passed_of", "cases_detail")  # fmt: skip


def takes(arm: Arm) -> Takes:
    """Return what an answer of this arm takes."""
    values, priced = arm.values, arm.side.spec.price is not None
    return Takes(
        usd=fmean(values.costs.values()) if priced and values.costs else None,
        seconds=median(values.latencies.values()) if values.latencies else None,
        length=fmean(values.lengths.values()) if values.lengths else None,
    )


def _told(report: PromptReport, name: Name, pair: Pair, old: Takes, new: Takes) -> PromptReport:
    was, now = (one_line(arm.side.spec.model) for arm in (pair.old, pair.new))
    ruled = points(pair.new.side.settings.gate.ruled_out)
    said = {
        "better": f"Better with {now} than with {was}.",
        "same": f"No worse with {now} than with {was}: a drop of {ruled} points is ruled out.",
        "worse": f"Worse with {now} than with {was}.",
        "cannot_tell": f"Whether {now} is worse than {was} here cannot be told from these cases.",
    }[name]
    judged = pair.new.side.settings.metric == "pairwise" and all(c.expected is None for c in pair.order)
    reference = [Reason("upgrade_reference", SAID)] if judged else []
    first = (Reason(f"upgrade_{name}", said), *reference, Reason("upgrade_takes", spent(old, new)))
    return replace(report, verdict=_VERDICTS.get(name, report.verdict), reasons=(*first, *report.reasons))


_VERDICTS: dict[Name, Literal["pass", "fail"]] = {"better": "pass", "same": "pass", "worse": "fail"}


def spent(old: Takes, new: Takes) -> str:
    """Return what an answer takes, the new model's and the old one's, in words."""
    parts = [
        *_both(new.usd, old.usd, lambda usd: f"{1000 * usd:.3g} USD", "for 1,000 answers"),
        *_both(new.seconds, old.seconds, lambda s: f"{s:.2g} s", "an answer"),
        *_both(new.length, old.length, lambda n: f"{n:,.0f} characters", "an answer"),
    ]
    return f"It takes {', '.join(parts)}." if parts else "What an answer takes is not known."


def _both(new: float | None, old: float | None, shown: Callable[[float], str], unit: str) -> Iterator[str]:
    """Say what both take; nothing where neither is known."""
    if new is not None or old is not None:
        now, was = ("unknown" if value is None else shown(value) for value in (new, old))
        yield f"{now} {unit} (before: {was})"


def choices(found: Sequence[Sequence[Standing]], taken: int | None) -> tuple[Choice, ...]:
    """Return the model in force and each other one, over all prompts; `found` has one model's standings an entry."""
    first = found[0]
    olds, scores = [one.old for one in first], [one.report.baseline_score for one in first]
    told = [Choice(first[0].pair.old.side.spec.model, "now", _mean(scores), *_takes(olds))]
    for at, of in enumerate(found):
        gravest = min((one.name for one in of), key=_GRAVEST.index)
        score = _mean([one.report.score for one in of])
        told.append(Choice(of[0].model, gravest, score, *_takes([one.new for one in of]), taken=at == taken))
    return tuple(told)


_GRAVEST: tuple[Name, ...] = ("worse", "cannot_tell", "same", "better")


def _takes(each: Sequence[Takes]) -> tuple[float | None, float | None, float | None]:
    return _mean([t.usd for t in each]), _mean([t.seconds for t in each]), _mean([t.length for t in each])


def _mean(values: Sequence[float | None]) -> float | None:
    """Return the mean over the prompts; None where it is not known of one of them."""
    known = [value for value in values if value is not None]
    return fmean(known) if known and len(known) == len(values) else None


def cheapest(standings: Sequence[Sequence[Standing]]) -> int | None:
    """Return which model is the cheapest of those that are worse nowhere and told everywhere; None without one.

    Each entry has one model's standings, of the same prompts. Where a price is not known, the first of them counts.
    """
    right = [i for i, of in enumerate(standings) if of and all(s.name in ("better", "same") for s in of)]
    costs = {i: [s.new.usd for s in standings[i]] for i in right}
    if not right or any(usd is None for of in costs.values() for usd in of):
        return right[0] if right else None
    return min(right, key=lambda i: sum(usd or 0.0 for usd in costs[i]))
