"""What of a budget is kept to confirm a winner, before the search spends a call."""

from __future__ import annotations

from dataclasses import dataclass

from promptci.decide import accept as rules
from promptci.decide.aims import ACCURACY, Aim
from promptci.evals.split import Split
from promptci.models.base import Request, Usage
from promptci.models.budget import Cost, cost_usd, guess
from promptci.project.side import Side

WIDEST = 2  # a candidate is at most twice as long as the prompt (search.guards), so its input costs at most twice
SMALL = 600  # calls up to which half of a budget may confirm: a third of less would show nothing


@dataclass(frozen=True, slots=True)
class Reserve:
    """A confirmation: `cases` of the held-out cases, each answered `repeats` times under both prompts, at `cost`."""

    cases: int
    repeats: int
    cost: Cost


def reserve(old: Side, split: Split, left: int | None, aim: Aim = ACCURACY, *, questions: int = 1) -> Reserve:
    """Return the confirmation that `left` calls (None: no cap) carry: the aim's share of them, half of a small budget.

    All held-out cases with the wanted repeats where that fits; else fewer repeats, then fewer cases. Calls are exact,
    retries apart; tokens are characters / 4 for a text of twice the length, and answers of full length. With several
    `questions` each gets its part of these calls, and `cost` is that of all.
    """
    per_answer = old.grading.calls_per_answer(old.cases)
    cases, repeats = shares(left, len(split.test), per_answer * questions, aim=aim)
    calls = 2 * cases * repeats * per_answer * questions
    tokens, usd = _one(old)
    return Reserve(cases, repeats, Cost(calls, calls * tokens, calls * usd))


def shares(left: int | None, test: int, per_answer: int = 1, *, aim: Aim = ACCURACY) -> tuple[int, int]:
    """How many of `test` held-out cases `left` calls carry, and how often each is answered under each prompt.

    That something is not worse is shown by many cases: there each is answered once.
    """
    wanted = rules.repeats_on_test(test) if aim.gains else 1
    if left is None:
        return test, wanted
    pairs = left // (2 if left <= SMALL else aim.confirms) // (2 * per_answer)
    repeats = max(1, min(wanted, pairs // max(1, test)))
    return min(test, pairs // repeats), repeats


def _one(old: Side) -> tuple[int, float]:
    """Tokens and dollars of one answer."""
    longest = max(old.cases, key=lambda c: len(str(c.vars)))
    asked = guess(Request(old.spec, "scorer", old.template.messages(longest)))
    once = Usage(WIDEST * asked.input_tokens, old.spec.max_tokens)
    return once.input_tokens + once.output_tokens, cost_usd(once, old.spec)
