"""What a program says that it used, read, counted and kept."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from promptci.core import Case, Json, Part, Prompt
from promptci.models.account import Account
from promptci.models.base import ModelSpec, Price, Reply, Request, Usage
from promptci.models.budget import Budget, Cost, Limits, Refusal
from promptci.models.entry import from_bytes, to_bytes
from promptci.models.secrets import Redactor
from promptci.targets.answer import reply_of
from promptci.targets.model import CaseLines, spec_of
from promptci.targets.program import Program

PRICED = spec_of(Program(("app",), {}), ModelSpec("m", price=Price(1.0, 1.0), max_tokens=10))
UNPRICED = spec_of(Program(("app",), {}), ModelSpec("m", max_tokens=10))
LINES = CaseLines(Prompt("p", "p.md", (Part("system", "text"),)))
TOKENS: Json = {"input_tokens": 7, "output_tokens": 2}
UNSAID = Usage(estimated=True)


def answered(**more: Json) -> Reply:
    return reply_of({"output": "yes", **more}, "app")


def counted(replies: Sequence[Reply], *, priced: bool = False, max_usd: float | None = None) -> Account:
    """An account that has booked one call for each reply."""
    account = Account(Budget(Limits(max_usd=max_usd)), None, None, "cache")
    request = Request(PRICED if priced else UNPRICED, "scorer", LINES.messages(Case("c", {"x": "a"})))
    for reply in replies:
        most = account.most(request)
        assert account.reserve(request, most) is True
        account.intend()
        account.settle(request, most, reply)
    return account


@pytest.mark.parametrize(
    ("said", "usage"),
    [
        pytest.param({"usage": TOKENS, "cost_usd": 0.25}, Usage(7, 2, usd=0.25), id="both"),
        pytest.param({"usage": TOKENS, "cost_usd": 0}, Usage(7, 2, usd=0.0), id="free"),
        pytest.param({"usage": TOKENS, "cost_usd": None}, Usage(7, 2), id="null"),
        pytest.param({"cost_usd": 0.25}, Usage(estimated=True, usd=0.25), id="dollars-alone"),
        pytest.param({}, UNSAID, id="neither"),
        pytest.param({"usage": {"input_tokens": -1}}, UNSAID, id="negative-tokens"),
        *[
            pytest.param({"usage": TOKENS, "cost_usd": bad}, UNSAID, id=f"bad-{str(bad)[:9]}")
            for bad in (-0.1, True, "0.25", float("nan"), float("inf"), 10**400, [1])
        ],
    ],
)
def test_what_is_said_is_read_and_what_is_no_amount_is_not_said(said: dict[str, Json], usage: Usage) -> None:
    assert answered(**said).usage == usage


@pytest.mark.parametrize("priced", [False, True], ids=["no-price", "price"])
def test_dollars_that_are_said_count_in_the_place_of_a_price(priced: bool) -> None:
    account = counted([answered(usage=TOKENS, cost_usd=0.1)] * 3, priced=priced)
    assert account.cost_usd == 0.3
    assert (account.usage.input_tokens, account.usage.output_tokens) == (21, 6)
    assert account.budget.booked == Cost(3, 27, 0.3)


def test_said_and_priced_answers_add_up_in_any_order() -> None:
    replies = [answered(usage=TOKENS, cost_usd=usd) for usd in (0.1, 0.7, 1e-7)] + [answered(usage=TOKENS)]
    totals = {counted(order, priced=True).cost_usd for order in (replies, replies[::-1])}
    assert totals == {round(0.8 + 1e-7 + 9e-6, 9)}


def test_a_failed_case_counts_what_it_says_that_it_cost() -> None:
    account = counted([reply_of({"error": "no", "usage": TOKENS, "cost_usd": 0.5}, "app")])
    assert (account.cost_usd, account.usage.input_tokens) == (0.5, 7)
    alone = counted([reply_of({"error": "no", "cost_usd": 0.5}, "app")])
    assert alone.budget.booked.usd == 0.5
    assert counted([reply_of({"error": "no"}, "app")]).budget.booked == Cost(1)


def test_a_cap_expects_the_dearest_answer_so_far_again() -> None:
    account = counted([answered(cost_usd=0.4)], priced=True, max_usd=0.7)
    request = Request(PRICED, "scorer", LINES.messages(Case("c", {"x": "b"})))
    assert account.most(request).usd == 0.4
    assert isinstance(account.reserve(request, account.most(request)), Refusal)


@pytest.mark.parametrize(
    ("replies", "told"),
    [
        pytest.param([answered(usage=TOKENS)], 0, id="said"),
        pytest.param([answered(), answered(usage=TOKENS), answered(cost_usd=1)], 2, id="unsaid"),
    ],
)
def test_answers_that_say_no_tokens_are_counted_in_the_notes(replies: list[Reply], told: int) -> None:
    notes = [note for note in counted(replies).notes() if "without a valid `usage`" in note]
    assert len(notes) == min(told, 1)
    assert all(f": {told};" in note for note in notes)


@pytest.mark.parametrize("usage", [Usage(7, 2), Usage(7, 2, usd=0.1), Usage(estimated=True, usd=0.0)], ids=str)
def test_what_was_said_is_stored_with_the_answer(usage: Usage) -> None:
    reply = Reply(texts=("yes",), usage=usage)
    assert from_bytes(to_bytes(reply, Cost(1, 9, 0.1))) == (reply, Cost(1, 9, 0.1))


def test_the_helper_of_programs_says_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from promptci import target

    with (tmp_path / "out").open("w") as out:
        monkeypatch.setattr(target, "_out", out)
        target.answer(target.Case("1", {}), "yes", cost_usd=0.5)
    assert (tmp_path / "out").read_text() == '{"id": "1", "output": "yes", "cost_usd": 0.5}\n'


def test_what_a_tool_gave_is_stored_cut_and_changes_no_grade() -> None:
    trace: Json = [{"tool": "find", "arguments": {"order": 7}, "result": {"state": "x" * 3_000}}]
    reply = answered(trace=trace)
    (call,) = reply.tool_calls
    assert (call.name, call.arguments, len(call.result)) == ("find", '{"order":7}', 2_000 + len(" [cut]"))
    (again,) = from_bytes(to_bytes(reply, Cost()))[0].tool_calls
    assert (again, again.result) == (call, call.result)
    assert answered(trace=[{"tool": "find", "arguments": {"order": 7}}]) == reply


def test_secrets_are_masked_wherever_a_program_says_them() -> None:
    redact = Redactor(["sk-secret-0123456789"])
    step = {
        "tool": "sk-secret-0123456789",
        "arguments": {"k": "sk-secret-0123456789"},
        "result": "sk-secret-0123456789",
    }
    found = reply_of({"output": {"key": "sk-secret-0123456789"}, "trace": [step]}, "app", redact)
    assert "secret" not in str(found) + found.tool_calls[0].result
    assert "secret" not in str(reply_of({"error": "sk-secret-0123456789"}, "app", redact))
