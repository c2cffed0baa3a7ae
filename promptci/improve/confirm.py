"""The one question to the test split: whether the winner is better, at the level that the ledger leaves."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime

from promptci.core import Case, Reason, case_digest, digest
from promptci.decide import accept as rules
from promptci.decide.paired import count, differences
from promptci.decide.units import units
from promptci.evals.split import Split
from promptci.metrics.base import asks
from promptci.models.base import Request, Usage
from promptci.models.budget import Cost, cost_usd, guess
from promptci.project.side import Side
from promptci.records import ledger
from promptci.records.ledger import Question
from promptci.run.arm import Arm
from promptci.run.ask import Job, ask
from promptci.run.session import Session
from promptci.run.values import Values

CONFIRM = 5_000  # sample numbers of test questions; each has ten of its own, so that its answers are new
WIDEST = 2  # a candidate is at most twice as long as the prompt (search.guards), so its input costs at most twice


@dataclass(frozen=True, slots=True)
class Trial:
    """What the test split said of one winner. `stopped` says why it could not be asked to the end, if so."""

    acceptance: rules.Acceptance
    question: Question
    old: Values
    new: Values
    stopped: Reason | None


def needed(old: Side, split: Split) -> Cost:
    """Return what a confirmation costs, retries apart: the question to the held-out cases under both prompts.

    Calls are exact; tokens are characters / 4 for a text of twice the length, and answers of full length.
    """
    repeats = rules.repeats_on_test(len(split.test))
    answers = 2 * repeats * len(split.test)
    longest = max(old.cases, key=lambda c: len(str(c.vars)))
    asked = guess(Request(old.spec, "scorer", old.template.messages(longest)))
    once = Usage(WIDEST * asked.input_tokens, old.spec.max_tokens)
    tokens, usd = once.input_tokens + once.output_tokens, cost_usd(once, old.spec)
    per_answer = 2 if asks(old.grading.metric) else 1
    return Cost(answers * per_answer, answers * per_answer * tokens, answers * per_answer * usd)


def pair_of(old: Side, new: Side, split: Split) -> str:
    """Return the hash of a question: both texts, and all that they are measured with on the test cases."""
    both = [asdict(replace(side.measure(""), cases=case_digest(split.test))) for side in (old, new)]
    return digest(both)


def _members(old: Side, split: Split) -> tuple[str, ...]:
    return ledger.members_of(split.test, old.template.variables | old.template.optional)


def answered_before(old: Side, new: Side, split: Split, asked: Sequence[Question]) -> Question | None:
    """Return the same question if it was put to the same test cases before and not confirmed.

    It has its answer: asking again until the answer is yes would prove nothing, and would cost.
    """
    pair, members = pair_of(old, new, split), _members(old, split)
    same = (q for q in asked if q.pair == pair and q.members == members)
    return next((q for q in same if q.verdict != "improved"), None)


def tried(run: Session, old: Side, new: Side, split: Split, asked: Sequence[Question]) -> Trial:
    """Answer the test cases under both prompts, interleaved, and decide. Spends the ledger's next level.

    Both prompts answer anew: stored answers of the old one may be what the search was started for.
    """
    members, pair = _members(old, split), pair_of(old, new, split)
    query = ledger.next_query(asked, members, pair)
    at = rules.level(query)
    cases = list(split.test)
    random.Random(run.seed_for("test", new.settings.id)).shuffle(cases)  # noqa: S311 - repeatable on purpose
    left, right = Arm(old), Arm(new)
    repeats = rules.repeats_on_test(len(cases))
    with run.progress.part(f"Confirming {new.settings.id}", total=len(cases)) as step:
        jobs = [Job(arm, case) for case in cases for arm in (left, right)]
        first = CONFIRM + 10 * query
        stopped = ask(run, jobs, new.grading, lambda done: step(done // 2), repeats=repeats, first=first)
    acceptance = _accepted(split.test, left.values, right.values, repeats, at)
    question = Question(
        pair=pair,
        set_hash=ledger.set_hash_of(members),
        members=members,
        share=split.test_share,
        query=query,
        level=at,
        verdict=acceptance.outcome,
        date=f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
    )
    return Trial(acceptance, question, left.values, right.values, stopped)


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
