"""The one question to the test split: whether the winner is better, at the level that the ledger leaves."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from promptci.core import Case, digest
from promptci.decide import accept as rules
from promptci.decide.paired import count, differences
from promptci.decide.units import units
from promptci.evals.split import Split
from promptci.records import ledger
from promptci.records.ledger import Question
from promptci.workflow.asking import Job, ask
from promptci.workflow.comparison import Values
from promptci.workflow.plan import Side
from promptci.workflow.session import Session


@dataclass(frozen=True, slots=True)
class Trial:
    """What the test split said of one winner. `stopped` says why it could not be asked to the end, if so."""

    acceptance: rules.Acceptance
    question: Question
    old: Values
    new: Values
    stopped: str | None


def calls_needed(split: Split) -> int:
    """Return how many calls the question takes at most, retries apart: both prompts, every test case, its repeats."""
    return 2 * len(split.test) * rules.repeats_on_test(len(split.test))


def tried(run: Session, old: Side, new: Side, split: Split, asked: Sequence[Question]) -> Trial:
    """Answer the test cases under both prompts, interleaved, and decide. Spends the ledger's next level."""
    members = ledger.members_of(split.test)
    pair = digest([old.prompt.template, new.prompt.template, old.grading.metric.version, old.spec.model])
    query = ledger.next_query(asked, members, pair)
    at = rules.level(query)
    cases = list(split.test)
    random.Random(run.seed_for("test", new.settings.id)).shuffle(cases)  # noqa: S311 - repeatable on purpose
    left, right = Values(), Values()
    repeats = rules.repeats_on_test(len(cases))
    with run.progress.part(f"Confirming {new.settings.id}", total=len(cases)) as step:
        jobs = [Job(*side, case) for case in cases for side in ((old, left), (new, right))]
        stopped = ask(run, jobs, new.grading, lambda done: step(done // 2), repeats=repeats)
    acceptance = _accepted(split.test, left, right, repeats, at)
    question = Question(
        pair=pair,
        set_hash=ledger.set_hash_of(members),
        members=members,
        share=split.test_share,
        query=query,
        level=at,
        verdict="unmeasured" if stopped else acceptance.outcome,
        date=f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
    )
    return Trial(acceptance, question, left, right, stopped)


def _accepted(cases: Sequence[Case], old: Values, new: Values, repeats: int, at: float) -> rules.Acceptance:
    """Plain pass or fail answers go to the exact test; repeats, grades and clusters to the sign-flip test."""
    before, after = [old.by_case[c.id] for c in cases], [new.by_case[c.id] for c in cases]
    values = differences(before, after)
    clustered = any(c.cluster is not None for c in cases)
    if not clustered and repeats == 1 and all(v in (-1.0, 0.0, 1.0) for v in values):
        return rules.accept(count(before, after), at=at)
    gaps = [None if a is None or b is None else b - a for a, b in zip(before, after, strict=True)]
    seen = [unit for unit in units(gaps, [c.cluster for c in cases]) if unit.cases]
    totals, sizes = [unit.total for unit in seen], [unit.cases for unit in seen]
    return rules.accept_graded(totals, at=at, unmeasured=gaps.count(None), sizes=sizes if clustered else None)
