"""A harmless run is red at most as often as is said: what is spent stays spent, what is claimed is corrected for."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from promptci.core import Case, Reason
from promptci.decide.confirm import SCREEN
from promptci.decide.verdict import Verdict
from promptci.measure import measuring, screen
from promptci.measure.confirm import Claim, confirmed
from promptci.measure.gates.base import LEVEL, Alarm, Screened, settled
from promptci.measure.gates.drop import gate_for
from promptci.measure.pair import Pair, shuffled
from promptci.models.base import Reply, Request
from promptci.run.ask import FIRST_FRESH, fresh
from promptci.run.session import Session
from tests.commands.test_check import number
from tests.commands.test_measures import EDITED, accepted, only
from tests.conftest import Repo

A_PAIR = cast("Pair", SimpleNamespace(old=SimpleNamespace(side=None), new=SimpleNamespace(side=None)))


def a_run(name: str = "20260101-000000-abc123") -> Session:
    return cast("Session", SimpleNamespace(run=name, asks_as="", options=SimpleNamespace(repeat=1)))


@pytest.fixture
def gates(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, float]]:
    """Every gate that a check makes, with what of the level had been spent before it."""
    made: list[tuple[Any, float]] = []

    def noted(pair: Pair, *, spent: float = 0.0, **settings: Any) -> Any:
        made.append((gate_for(pair, spent=spent, **settings), spent))
        return made[-1][0]

    monkeypatch.setattr(screen, "gate_for", noted)
    return made


def test_a_rollover_carries_the_level_that_was_spent(
    repo: Repo, gates: list[tuple[Any, float]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Session, "seed_for", lambda run, *names: 5)  # an order in which the gate needs its time

    def edited_moves_half(text: str, sample: int) -> str:
        return "yes" if number(text) % 4 in ((0, 1) if "Tell" in text else (0, 2)) else "no"

    repo.model.score = edited_moves_half
    accepted(repo)
    send = repo.model.send

    async def rolling(request: Request) -> Reply:
        if len(repo.model.asked) > 100:
            repo.model.name = "scripted-2"
        return await send(request)

    repo.model.send = rolling  # type: ignore[method-assign]  # another model takes over
    repo.write("prompts/say.md", EDITED)
    only(repo, no_cache=True)
    (first, none), (second, spent) = gates
    assert none == 0.0
    assert 0 < spent < SCREEN
    assert second.plan.looks_level == pytest.approx(first.plan.looks_level - spent)


def test_after_a_rollover_nothing_comes_from_the_first_answers(repo: Repo, gates: list[tuple[Any, float]]) -> None:
    accepted(repo)
    repo.model.name = "scripted-2"
    repo.write("prompts/say.md", EDITED)
    only(repo, no_cache=True)
    old = [r.sample for r in repo.model.asked if "Tell" not in r.messages[0].content]
    assert len(gates) == 2
    assert old
    assert min(old) >= FIRST_FRESH


def test_a_baseline_of_five_answers_is_weighed_as_five(repo: Repo, gates: list[tuple[Any, float]]) -> None:
    accepted(repo)
    repo.write("prompts/say.md", EDITED)
    only(repo)
    ((gate, _),) = gates
    assert set(gate.kind.stored) == {5}
    assert gate.kind.answers == 1


def test_fresh_answers_are_those_of_no_other_run_and_of_no_other_question() -> None:
    numbers = [fresh(a_run(name), kind) for name in ("one", "two") for kind in ("confirm", "must_pass", "rollover")]
    assert len(set(numbers)) == 6
    assert all(FIRST_FRESH <= n < 1_000_000_000 and n % 100 == 0 for n in numbers)
    assert fresh(a_run("one"), "confirm") == numbers[0]


@pytest.mark.parametrize(
    ("claims", "family", "among", "corrected"),
    [
        pytest.param(1, 1, 1, 0.02, id="one gate"),
        pytest.param(2, 2, 1, 0.04, id="two claims of two gates"),
        pytest.param(1, 4, 1, 0.08, id="one claim of four gates"),
        pytest.param(1, 1, 3, 0.06, id="one claim of a gate with three tests"),
        pytest.param(1, 2, 3, 0.12, id="the same beside another gate"),
        pytest.param(30, 20, 2, 0.8, id="many"),
    ],
)
def test_claims_are_corrected_for_all_that_could_have_been_claimed(
    claims: int, family: int, among: int, corrected: float
) -> None:
    alarms = [Alarm(f"gate {n}", (), lambda _: (0.02, "worse"), among=among) for n in range(claims)]
    found = confirmed(a_run(), [Claim(A_PAIR, alarm) for alarm in alarms], family)
    assert [c.corrected for c in found] == pytest.approx([corrected] * claims)
    assert all(c.stands is (corrected <= LEVEL) for c in found)


def blocked() -> Screened:
    return Screened(Verdict("slices", "fail", (Reason("slice_worse", "de: 9 newly failing."),)), otherwise="pass")


def test_a_claim_that_fresh_answers_do_not_show_is_not_red() -> None:
    alarm = Alarm("slice de", (), lambda _: (0.4, "of 9 cases asked again 1 got worse"))
    (answer,) = confirmed(a_run(), [Claim(A_PAIR, alarm)], 1)
    verdict = settled(blocked(), [answer])
    assert (verdict.name, verdict.told[-1].kind) == ("pass", "not_confirmed")


def test_a_claim_that_could_not_be_asked_is_neither_red_nor_green() -> None:
    alarm = Alarm("slice de", (), lambda _: (0.0001, ""), unfinished=Reason("budget", "the budget is spent"))
    (answer,) = confirmed(a_run(), [Claim(A_PAIR, alarm)], 1)
    verdict = settled(blocked(), [answer])
    assert (verdict.name, verdict.told[-1].kind) == ("unmeasured", "unconfirmed")
    assert answer.corrected is None


def test_one_claim_that_stands_is_enough() -> None:
    alarms = [Alarm("slice de", (), lambda _: (0.001, "worse")), Alarm("slice fr", (), lambda _: (0.9, "alike"))]
    answers = confirmed(a_run(), [Claim(A_PAIR, alarm) for alarm in alarms], 2)
    assert settled(blocked(), answers).name == "fail"


@pytest.mark.parametrize("seed", range(5))
def test_cases_of_one_cluster_stay_together(seed: int) -> None:
    clustered = [Case(f"c{n}", {"input": str(n)}, "yes", cluster=f"k{n % 7}") for n in range(40)]
    order = shuffled(clustered, seed)
    assert sorted(c.id for c in order) == sorted(c.id for c in clustered)
    runs = [c.cluster for n, c in enumerate(order) if n == 0 or order[n - 1].cluster != c.cluster]
    assert len(runs) == len(set(runs)) == 7


def test_every_gate_that_chance_could_turn_red_shares_the_level(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    families: list[int] = []

    def noted(run: Session, claims: Any, family: int) -> Any:
        families.append(family)
        return confirmed(run, claims, family)

    monkeypatch.setattr(measuring, "confirmed", noted)
    settings = (repo.path / "promptci.yaml").read_text()
    for gate in ("{}", "{slices: true}", "{slices: true, min_score: 0.1}"):
        repo.write("promptci.yaml", settings.replace("say.jsonl}", f"say.jsonl, gate: {gate}}}"))
        repo.write("prompts/say.md", EDITED)
        only(repo)
    assert families == [1, 2, 3]
