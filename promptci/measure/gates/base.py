"""What every gate says of a pair: a verdict, and what has to be confirmed by fresh answers before it turns red."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from promptci.core import Case, Reason, VerdictName
from promptci.decide.paired import mcnemar_p, sign_flip
from promptci.decide.units import Unit, units
from promptci.decide.verdict import Verdict
from promptci.measure.pair import Pair

LEVEL = 0.05  # how often a harmless commit may be blocked, all of its prompts and gates together


@dataclass(frozen=True, slots=True)
class Alarm:
    """One claim that something got worse, made on the answers at hand.

    `cases` are asked afresh of both arms (`both` False: of the new one alone), `repeats` times at least. `p_value` is,
    from those fresh answers, the chance of looking this bad if nothing is worse (None: they could not be measured), and
    in words what they showed. `name` tells several claims of one gate apart, `among` is the number of tests that the
    gate chose it from. A claim without cases was asked afresh already; `unfinished` says why it could not be, if so.
    """

    name: str
    cases: tuple[Case, ...]
    p_value: Callable[[Pair], tuple[float | None, str]]
    repeats: int = 1
    both: bool = True
    among: int = 1
    unfinished: Reason | None = None


@dataclass(frozen=True, slots=True)
class Screened:
    """What a gate says on the answers at hand; red only if one of its `alarms` stands when asked afresh.

    `otherwise` is its verdict when none does, and `said` what is told of that.
    """

    verdict: Verdict
    alarms: tuple[Alarm, ...] = ()
    otherwise: VerdictName = "inconclusive"
    said: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class Screen:
    """A pair as far as it had to run, what each gate says of it, the drop first, and what happened on the way."""

    pair: Pair
    gates: tuple[Screened, ...]
    notes: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class Confirmed:
    """What became of one alarm: its p-value corrected for all gates of the run, or why it could not be asked."""

    alarm: Alarm
    corrected: float | None
    told: str = ""
    unfinished: Reason | None = None

    @property
    def stands(self) -> bool:
        """Whether the fresh answers show it, too."""
        return self.corrected is not None and self.corrected <= LEVEL

    @property
    def by_one_case(self) -> bool:
        """Whether it stands and is about the one case that it is named after."""
        return self.stands and [c.id for c in self.alarm.cases] == [self.alarm.name]


def settled(screened: Screened, answers: Sequence[Confirmed]) -> Verdict:
    """Return the gate's verdict once its alarms were asked afresh: red where one stands, else as the screen says.

    An alarm whose fresh answers could not be had leaves the gate unmeasured: not red, and not green.
    """
    verdict = screened.verdict
    if not answers:
        return verdict
    standing = [c for c in answers if c.stands]
    if standing:
        told = tuple(Reason("confirmed", f"Confirmed on {_answers(c.alarm)}: {c.told}.") for c in standing)
        return Verdict(verdict.gate, "fail", (*verdict.told, *told), verdict.numbers)
    broken = next((c for c in answers if c.unfinished is not None), None)
    if broken is not None:
        why = _unconfirmed(broken.alarm, broken.unfinished)
        return Verdict(verdict.gate, "unmeasured", (*verdict.told[:1], Reason("unconfirmed", why)), verdict.numbers)
    shown = "; ".join(c.told for c in answers)
    why = f"It looked worse at first; {_answers(answers[0].alarm)} do not confirm that: {shown}."
    told = (*verdict.told[:1], Reason("not_confirmed", why), *screened.said)
    return Verdict(verdict.gate, screened.otherwise, told, verdict.numbers)


def _answers(alarm: Alarm) -> str:
    """Return whose answers a claim rests on; where there is no old prompt to ask, no sentence speaks of two."""
    return "fresh answers of both prompts" if alarm.both else "fresh answers"


def _unconfirmed(alarm: Alarm, why: Reason | None) -> str:
    """Return that a claim was not settled afresh, and why; a case without a value does not look worse."""
    said = why.text.rstrip(".") if why else ""
    if why is not None and why.kind == "unmeasured":
        return f"Asked again, that could not be settled: {said}."
    if not alarm.both:
        return f"It looks bad, but the prompt could not be asked afresh to confirm that: {said}."
    return f"It looks worse, but both prompts could not be asked afresh to confirm that: {said}."


@dataclass(frozen=True, slots=True)
class PairTest:
    """The test of fresh pairs: exact McNemar for single answers, else sign flips of cases or clusters.

    Fresh answers of a harmless change are exchangeable between the two prompts, whatever chose the cases: both tests
    are exact then (Fagerland 2013; Phipson & Smyth 2010).
    """

    cases: tuple[Case, ...] = field(default=())

    def __call__(self, fresh: Pair) -> tuple[float, str]:
        """Return the one-sided p-value for "worse", and what was seen in words."""
        gaps = fresh.gaps(self.cases)
        down, up = sum(g is not None and g < 0 for g in gaps), sum(g is not None and g > 0 for g in gaps)
        single = all(g in (None, -1.0, 0.0, 1.0) for g in gaps) and all(c.cluster is None for c in self.cases)
        p = mcnemar_p(down, up) if single else sign_flip([-u.total for u in units_of(fresh, self.cases)]).p_value
        return p, f"of {cases_of(len(self.cases))} asked again {down} got worse and {up} better, p {shown_p(p)}"


def units_of(pair: Pair, cases: Sequence[Case]) -> tuple[Unit, ...]:
    """Sum up how `cases` moved by cluster; one without a cluster is a unit of its own."""
    return units(pair.gaps(cases), [c.cluster for c in cases])


def cases_of(count: int) -> str:
    """Return "1 case" or "2 cases"."""
    return "1 case" if count == 1 else f"{count:,} cases"


def shown_p(value: float) -> str:
    """Return a p-value as it stands behind "p"."""
    return "< 0.0001" if value < 0.0001 else f"= {value:.2g}"
