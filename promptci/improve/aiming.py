"""What a search's aim means for one prompt: by which cases, what it weighs and must show, and why it may not be."""

from __future__ import annotations

from collections.abc import Sequence

from promptci.core import Reason
from promptci.decide import accept as rules
from promptci.decide.aims import Aim
from promptci.decide.notworse import fewest_cases
from promptci.decide.verdict import held_out, points
from promptci.errors import UsageError
from promptci.evals.split import Split, share_of_test, split
from promptci.improve.reserve import Reserve
from promptci.improve.search import SCREENING
from promptci.improve.target import Target, asked_before
from promptci.project.project import Project
from promptci.project.side import Side
from promptci.records import ledger
from promptci.records.ledger import Question
from promptci.search.screening.savings import Lean

LEAST = 60  # calls below which a screening says nothing


def unfit(aim: Aim, strategies: Sequence[str], sides: Sequence[Side]) -> UsageError | None:
    """Return why nothing can be searched for this aim, before a call is spent; None when it can."""
    other = next((name for name in strategies if not aim.gains and name != SCREENING), None)
    if other is not None:
        return UsageError(f"strategy '{other}' cannot search for {aim.name}", hint="take `edits`, which can")
    bare = next((side for side in sides if aim.priced and side.spec.price is None), None)
    if bare is not None:
        problem = f"what an answer of '{bare.spec.model}' costs is not known, so none can be shown to be cheaper"
        return UsageError(problem, place="models.scorer", hint="add its price: {input: ..., output: ...}")
    return None


def parted(project: Project, old: Side, strategy: str, goal: Target | None = None) -> tuple[list[Question], Split]:
    """Return the questions that were put to the held-out cases so far, and which cases these are for a strategy."""
    asked = asked_before(project, old.settings.id, goal)
    held = ledger.pinned_share(asked) or share_of_test(screening=strategy == SCREENING)
    return asked, split(old.cases, old.template.variables | old.template.optional, share=held)


def lean_of(aim: Aim, old: Side, parts: Split, held: int, asked: Sequence[Question]) -> Lean | None:
    """Return what a winner that takes less must come to; None where it must be better."""
    if aim.gains:
        return None
    price = old.spec.price if aim.priced else None
    read, written = (price.input, price.output) if price else (aim.read, aim.written)
    members = ledger.members_of(parts.test, old.template.variables | old.template.optional)
    level = rules.level(ledger.next_query(asked, members, ""))
    return Lean(read, written, old.settings.gate.ruled_out, held, level)


def too_few(aim: Aim, lean: Lean | None) -> Reason | None:
    """Say that the held-out cases which the budget carries could never show it, or return None."""
    if lean is None or lean.held >= (least := fewest_cases(lean.margin, lean.level)):
        return None
    said = (
        f"That a {aim.word} prompt is no worse by {points(lean.margin)} points takes {held_out(least)} at the least; "
        f"there are {lean.held} that the budget carries, so nothing was asked. Add cases or calls, or raise `detect`."
    )
    return Reason("too_few_cases", said)


def too_small(old: Side, parts: Split, strategy: str, kept: Reserve, share: int | None, aim: Aim) -> Reason | None:
    """Say why the budget could not carry a search and its confirmation, or None."""
    per_answer = old.grading.calls_per_answer(old.cases)
    least = per_answer * (LEAST if strategy == SCREENING else 2 * len(parts.development))
    if share is None or share >= kept.cost.calls + least:
        return None
    said = (
        f"The budget leaves {share} calls; confirming a {aim.word} prompt takes {kept.cost.calls} of them, and one "
        f"round of search at least {least} more, so nothing was asked."
    )
    return Reason("budget", said)
