"""The digest of a set of cases stays what older baselines hold, whatever a message has learned to carry since."""

from __future__ import annotations

from dataclasses import replace

import pytest

from promptci.core import Case, Message, case_digest, digest

TURN = Message("user", "Hello.")


def cases(message: Message) -> str:
    return case_digest([Case("c1", {}, "yes", messages=(message,))])


def test_a_plain_turn_is_told_as_it_always_was() -> None:
    turn: dict[str, object] = {"role": "user", "content": "Hello.", "tool_calls": [], "tool_call_id": None}
    case = Case("c1", {}, "yes", messages=(TURN,))
    old = digest([digest(["c1", {}, "yes", case.cluster, case.weight, [turn], []])])
    assert cases(TURN) == old


@pytest.mark.parametrize("change", [{"name": "Ann"}, {"pictures": ("data:,",)}, {"tool_call_id": "c1"}], ids=str)
def test_what_a_turn_carries_makes_other_cases(change: dict[str, object]) -> None:
    assert cases(replace(TURN, **change)) != cases(TURN)  # type: ignore[arg-type]  # parametrized
