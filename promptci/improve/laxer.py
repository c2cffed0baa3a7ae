"""Says when most wrong answers hold the right one with something around it: then the metric is what is strict."""

from __future__ import annotations

from collections.abc import Sequence

from promptci.core import Case, Reason
from promptci.metrics.contains import Contains
from promptci.metrics.exact import Exact
from promptci.metrics.expected import answers
from promptci.project.side import Side
from promptci.search.base import Found

_FEWEST = 10  # failures below which a share of them says little
_MOST_OF = 0.5
_LABELS = 12  # different answers up to which they are labels


def laxer(side: Side, found: Found) -> tuple[Reason, ...]:
    """What a laxer metric would pass of the first prompt's failures; nothing where it would not pass most of them.

    Only for prompts with the one metric `exact`. An answer that holds the answers of other cases as well lists labels
    instead of choosing one; it does not count.
    """
    parts = side.grading.combined.parts
    if len(parts) != 1 or not isinstance(parts[0].metric, Exact) or parts[0].inverted:
        return ()
    outcomes = found.incumbent.outcomes
    cases = [c for c in side.cases if c.id in outcomes and outcomes[c.id].score.value == 0]
    if len(cases) < _FEWEST:
        return ()
    known = sorted({a for c in side.cases for a in answers(c) if a})
    n = sum(_holds_its_own(case, outcomes[case.id].output or "", known) for case in cases)
    if n <= _MOST_OF * len(cases):
        return ()
    said = (
        f"{n} of the {len(cases)} answers that failed under the first prompt hold the expected text with something "
        "around it: `metric: contains` would pass them. If that is good enough for you, take it before you search."
    )
    return (Reason("laxer_metric", said),)


def _holds_its_own(case: Case, output: str, known: Sequence[str]) -> bool:
    own = set(answers(case))
    labels = known if len(known) <= _LABELS else own  # of many answers one may well stand inside another
    held = {a for a in labels if Contains()(Case(case.id, {}, a), output)}
    return bool(held) and held <= own
