"""The one question to the held-out cases: whether the winner is better, at the level that the ledger leaves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime

from promptci.core import Case, Reason, case_digest, digest
from promptci.decide import accept as rules
from promptci.decide.aims import ACCURACY, Aim
from promptci.decide.answered import answered
from promptci.decide.heldout import HeldOut
from promptci.decide.paired import Change, count
from promptci.evals.split import Split
from promptci.improve.reserve import Reserve
from promptci.improve.rules import Better, Less, Rule
from promptci.measure.pair import shuffled
from promptci.project.side import Side
from promptci.records import ledger
from promptci.records.ledger import Question
from promptci.run.arm import Arm
from promptci.run.ask import Job, ask
from promptci.run.session import Session
from promptci.run.values import Values

_EARLY = 0.2  # share of the level that an early look has
CONFIRM = 5_000  # sample numbers of test questions; each has ten of its own, so that its answers are new


@dataclass(frozen=True, slots=True)
class Trial:
    """What the held-out cases said of one winner. `cases` are those that were asked, in `calls` calls.

    `stopped` says why they could not be asked to the end, if so.
    """

    acceptance: rules.Acceptance
    question: Question
    cases: tuple[Case, ...]
    old: Values
    new: Values
    calls: int
    stopped: Reason | None


def pair_of(old: Side, new: Side, split: Split, aim: Aim = ACCURACY) -> str:
    """Return the hash of a question: both texts, all that they are measured with, and what is to be shown of them."""
    both = [asdict(replace(side.measure(""), cases=case_digest(split.test))) for side in (old, new)]
    return digest(both if aim.gains else [*both, aim.name])


def _members(old: Side, split: Split) -> tuple[str, ...]:
    return ledger.members_of(split.test, old.template.variables | old.template.optional)


def answered_before(
    old: Side, new: Side, split: Split, asked: Sequence[Question], aim: Aim = ACCURACY
) -> Question | None:
    """Return the same question if it was put to the same test cases before and not confirmed.

    It has its answer: asking again until the answer is yes would prove nothing, and would cost.
    """
    pair, members = pair_of(old, new, split, aim), _members(old, split)
    same = (q for q in asked if q.pair == pair and q.members == members)
    return next((q for q in same if q.verdict != "improved"), None)


def tried(
    run: Session, old: Side, new: Side, split: Split, asked: Sequence[Question], kept: Reserve, aim: Aim = ACCURACY
) -> Trial:
    """Answer held-out cases under both prompts, interleaved, and decide. Spends the ledger's next level.

    Both prompts answer anew: stored answers of the old one may be what the search was started for. `kept` says how many
    cases, how often; which ones is drawn anew in each run.
    """
    members, pair, begun = _members(old, split), pair_of(old, new, split, aim), run.door.spent.calls
    query = ledger.next_query(asked, members, pair)
    at = rules.level(query)
    cases = shuffled(split.test, run.seed_for("test", new.settings.id))[: kept.cases]
    arms, first = (Arm(old), Arm(new.beside(old))), CONFIRM + 10 * query
    with run.progress.part(f"Confirming {new.settings.id}", total=len(cases)) as step:

        def put(some: Sequence[Case], done: int) -> Reason | None:
            jobs = [Job(arm, case) for case in some for arm in arms]
            return ask(run, jobs, new.grading, lambda n: step(done + n // 2), repeats=kept.repeats, first=first)

        plain = kept.repeats == 1 and not new.grading.combined.graded and all(c.cluster is None for c in cases)
        if not aim.gains:
            acceptance, stopped = _in_two(cases, arms, put, at, Less(aim, new.settings.gate.ruled_out, plain))
        else:
            acceptance, stopped = _in_looks(cases, arms, put, at) if plain else _in_two(cases, arms, put, at, Better())
    met = tuple(c for c in split.test if c.id in arms[1].values.by_case)
    question = Question(
        pair=pair,
        set_hash=ledger.set_hash_of(members),
        members=members,
        share=split.test_share,
        query=query,
        level=at,
        verdict=acceptance.outcome,
        date=f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        commit=run.project.repository.head() or "",
    )
    calls = run.door.spent.calls - begun
    return Trial(acceptance, question, met, arms[0].values, arms[1].values, calls, stopped)


Put = Callable[[Sequence[Case], int], Reason | None]


def _in_looks(
    cases: Sequence[Case], arms: tuple[Arm, Arm], put: Put, at: float
) -> tuple[rules.Acceptance, Reason | None]:
    """Ask in four looks, and end at the first that settles it: one pass or fail a case, cases independent."""
    held, done, change = HeldOut(len(cases), at=at), 0, Change(0, 0, 0)
    for size in held.batches():
        stopped = put(cases[done : done + size], done)
        if stopped is not None:
            return answered(held, change), stopped
        done += size
        old, new = ([arm.values.by_case[c.id] for c in cases[:done]] for arm in arms)
        change = count(old, new)
        held.look(change)
    return answered(held, change), None


def _in_two(
    cases: Sequence[Case], arms: tuple[Arm, Arm], put: Put, at: float, rule: Rule
) -> tuple[rules.Acceptance, Reason | None]:
    """Ask about a third of the cases first, where they are apart and so few can say anything.

    What is plain there is not paid for to the end. The early look has a fifth of the level and the last the rest, so
    both together keep it (Bonferroni).
    """
    first = len(cases) // 3 if all(c.cluster is None for c in cases) else 0
    if first < rule.fewest(_EARLY * at):
        stopped = put(cases, 0)
        return rule(cases, arms, at), stopped
    stopped = put(cases[:first], 0)
    early = rule(cases[:first], arms, _EARLY * at)
    if stopped is not None or early.outcome == "improved":
        return early, stopped
    stopped = put(cases[first:], first)
    return rule(cases, arms, (1 - _EARLY) * at), stopped
