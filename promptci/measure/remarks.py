"""What is said beside the gates: what of the measure changed, what could not be measured, what to look at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from promptci.core import Case, Prompt, Reason
from promptci.decide.noise import noise_of
from promptci.decide.power import cases_to_halve, noise_seen
from promptci.decide.seen import Seen
from promptci.decide.verdict import Verdict, points
from promptci.measure.pair import Pair
from promptci.metrics.combined import Combined
from promptci.project.changes import Planned
from promptci.project.differences import tests_changed
from promptci.prompts.parameters import UNSENT_NOTE
from promptci.records.traces import Trace
from promptci.report.wording import counted
from promptci.run.arm import Arm
from promptci.untrusted import one_line

_SHOWN = 10
_KINDS = 5  # changes of tool calls that are told


def of_measure(planned: Planned) -> tuple[Reason, ...]:
    """Say what of the measure changed; and where the tests changed together with the prompt, which ones."""
    if planned.note:
        return (Reason(planned.note.kind, f"Measured without a comparison: {one_line(planned.note.text)}."),)
    if planned.changed not in ("measure", "both"):
        return ()
    told = ", ".join(w for w in planned.why if w not in planned.prompt_why)
    notes = [Reason("measure_changed", f"The measure changed: {told}.")]
    weakened = tests_changed(planned.old, planned.new) if planned.old and planned.changed == "both" else []
    if weakened:
        shown = ", ".join(one_line(i, limit=60) for i in weakened[:_SHOWN])
        more = f" and {len(weakened) - _SHOWN} more" if len(weakened) > _SHOWN else ""
        said = f"Tests changed together with the prompt (edited or removed): {shown}{more}."
        notes.append(Reason("tests_changed", said))
    return tuple(notes)


def of_walls(metric: Combined) -> tuple[Reason, ...]:
    """Say which walls did not stand around the grading code that ran."""
    if not metric.needs.code:
        return ()
    from promptci.metrics.sandbox import lacked

    lacking = lacked()
    if not lacking:
        return ()
    said = f"This system holds grading code back from no {' and no '.join(lacking)}: run only code that you trust here."
    return (Reason("walls_missing", said),)


def of_unsent(prompt: Prompt) -> tuple[Reason, ...]:
    """Say what the prompt's file sets for other runtimes and no request holds."""
    unsent = prompt.notes.get(UNSENT_NOTE)
    if not unsent:
        return ()
    told = f"{one_line(prompt.path)} sets {', '.join(unsent)}, which is not sent: answers may differ from those in use."
    return (Reason("unsent", told),)


def of_failures(arm: Arm, ran: Sequence[Case]) -> tuple[Reason, ...]:
    """Say why cases could not be measured, the most frequent reason first."""
    reasons = [arm.values.reasons[c.id] for c in ran if c.id in arm.values.reasons]
    if not reasons:
        return ()
    (first, count), *rest = Counter(reason.text for reason in reasons).most_common()
    cases = "1 case" if len(reasons) == 1 else f"{len(reasons):,} cases"
    share = "" if not rest else f", {count:,} of them because of"
    why = one_line(first).rstrip(".")
    return (Reason("unmeasured", f"{cases} could not be measured{share or ':'} {why}."),)


def of_old(pair: Pair) -> tuple[Reason, ...]:
    """Say that the old side could not be measured, with its model's name: that is nothing the change did."""
    old = pair.old.values
    reasons = [old.reasons[c.id] for c in pair.ran if c.id in old.reasons]
    if not reasons or len(reasons) < 0.05 * max(1, pair.done):
        return ()
    first = Counter(reason.text for reason in reasons).most_common(1)[0][0]
    model = one_line(pair.old.side.spec.model)
    said = f"The base's prompt could not be measured on {len(reasons):,} of {pair.done:,} cases with {model}: "
    return (Reason("old_unmeasured", said + one_line(first).rstrip(".") + "."),)


def of_sight(pair: Pair, verdict: Verdict) -> tuple[Reason, ...]:
    """Say what would make an undecided run see more, if no gate has said it."""
    if verdict.name != "inconclusive" or any(r.kind in ("sight", "sight_none") for r in verdict.told):
        return ()
    change = Seen(tuple(pair.gaps(pair.ran))).change
    needed = None if change is None else cases_to_halve(change.measured, noise_seen(change))
    said = f"About {needed or 0:,} cases would halve the smallest drop that can be seen."
    return () if needed is None else (Reason("more_cases", said),)


def of_noise(samples: Mapping[str, Sequence[float | None]], drop: float) -> tuple[Reason, ...]:
    """Name the cases that pass by chance, and what they cost: how many cases more a drop takes because of them."""
    noise = noise_of(samples)
    if noise is None or not noise.coins:
        return ()
    shown = ", ".join(f"{one_line(c.case_id, limit=60)} ({100 * c.passes:.0f} %)" for c in noise.coins[:_SHOWN])
    more = f" and {len(noise.coins) - _SHOWN} more" if len(noise.coins) > _SHOWN else ""
    cases = "1 case passes" if len(noise.coins) == 1 else f"{len(noise.coins)} cases pass"
    cost = noise.coins_cost(drop)
    more_cases = "1 case" if cost == 1 else f"{cost or 0:,} cases"
    price = f" They cost about {more_cases} more for a drop of {points(drop)} points." if cost else ""
    return (Reason("coins", f"{cases} by chance: {shown}{more}.{price}"),)


def of_score(arm: Arm, ran: Sequence[Case]) -> tuple[Reason, ...]:
    """Warn of a prompt that nothing passes: a placeholder or the form of the answers is the usual cause."""
    values = [v for c in ran if (v := arm.values.by_case.get(c.id)) is not None]
    if not values or any(values):
        return ()
    said = (
        f"No case passes: 0 of {len(values):,}. Look at what the model was asked and answered (below): the form of the "
        "answers, or a placeholder that is not filled, is the usual cause."
    )
    return (Reason("nothing_passes", said),)


def of_calls(pair: Pair) -> tuple[Reason, ...]:
    """Say which tools the newly failing cases call in the place of others, the most frequent change first."""
    old, new, failing = pair.old.values, pair.new.values, pair.moved(to=False)
    both = [(old.traces.get(i, ()), new.traces.get(i, ())) for i in failing if i in old.answers and i in new.answers]
    moved = [(before, after) for before, after in both if before != after]
    if not moved:
        return ()
    kinds = Counter(_became(before, after) for before, after in moved).most_common()
    told = [f"{one_line(kind, limit=160)} in {count:,}" for kind, count in kinds[:_KINDS]]
    left = len(kinds) - _KINDS
    more = f" and {counted(left, 'more kind', 'more kinds')} of change" if left > 0 else ""
    said = f"Tool calls changed in {len(moved):,} of {counted(len(failing), 'newly failing case')}: "
    said += f"{', '.join(told)}{more}."
    return (Reason("calls_changed", said),)


def _became(before: Trace, after: Trace) -> str:
    """How one list of calls became the other: by the tools' names, or in the arguments alone."""
    names = [" then ".join(call.name for call in trace) or "no call" for trace in (before, after)]
    return f"{names[0]} with other arguments" if names[0] == names[1] else f"{names[0]} became {names[1]}"
