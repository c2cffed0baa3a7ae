"""What holds in every round: no case twice, no call beyond a cap, no validation in a view, one reason to stop."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promptci.core import Case, Outcome, Reason, Score
from promptci.errors import DataError
from promptci.search.account import Ledger, ending, nothing_judged, refused_by_door
from promptci.search.base import Candidate, Scored, Step, Trajectory, gain, generator, paired
from promptci.search.finals import FINALISTS, finals, places, track_length
from promptci.search.forms import labels
from promptci.search.journal import Journal, read
from promptci.search.race import RACES
from promptci.search.screening.design import MOST, cycle, subsets
from promptci.search.screening.fit import Answer, fit
from promptci.search.screening.linear import evidence, times
from promptci.search.screening.plan import plan
from promptci.search.standing import lead, ranking, view
from promptci.search.stopping import Limit, Patience, Perfect, Steps
from tests.search.worlds import cases, chance


def outcome(case: Case, value: float | None, kind: str = "timeout") -> Outcome:
    return Outcome(Score(case.id, value, None if value is not None else Reason(kind, f"{kind}: no answer")))


# --- races -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", RACES)
@settings(deadline=None, max_examples=12)
@given(
    rates=st.lists(st.integers(0, 10), min_size=1, max_size=7),
    count=st.integers(1, 45),
    cap=st.integers(0, 200),
    seed=st.integers(0, 99),
)
def test_no_race_asks_a_case_twice_or_beyond_the_end_of_the_budget(
    name: str, rates: list[int], count: int, cap: int, seed: int
) -> None:
    asked: Counter[tuple[str, str]] = Counter()

    def judge(pairs: Sequence[tuple[Candidate, Case]]) -> list[Outcome]:
        found = []
        for candidate, case in pairs:
            asked[candidate.id, case.id] += 1
            passes = chance(seed, case.id) < int(candidate.text.split()[0]) / 10
            found.append(outcome(case, None if asked.total() > cap else float(passes), "budget"))
        return found

    field, some = [Candidate(f"{rate} {n}", "t", 1) for n, rate in enumerate(rates)], cases(count)
    done = RACES[name]()(field, [], some, judge)
    assert [s.candidate for s in done] == field
    assert max(asked.values(), default=1) == 1
    ids = [case.id for case in some]
    assert all(list(s.outcomes) == ids[: len(s.outcomes)] for s in done)
    judged = sum(o.score.value is not None for s in done for o in s.outcomes.values())
    assert judged == min(cap, asked.total())
    assert cap < asked.total() or any(len(s.outcomes) == count for s in done) or name == "paired"


# --- who leads -------------------------------------------------------------------------------------------------------

TRAIN, VALIDATION = tuple(cases(12, "t")), tuple(cases(12, "v"))
ORDER = tuple(case.id for pair in zip(TRAIN, VALIDATION, strict=True) for case in pair)
VALUES = st.lists(st.sampled_from([0.0, 1.0, 1.0, None]), min_size=24, max_size=24)


def scored(text: str, values: Sequence[float | None], met: int = 24) -> Scored:
    by_id = {c.id: c for c in (*TRAIN, *VALIDATION)}
    return Scored(Candidate(text, "t", 1), {i: outcome(by_id[i], v) for i, v in zip(ORDER[:met], values, strict=False)})


def trajectory(rows: Sequence[Sequence[float | None]], track: int = 24) -> Trajectory:
    known = tuple(scored(f"text {n}", row) for n, row in enumerate(rows))
    return Trajectory(TRAIN, VALIDATION, ORDER, track, known)


@settings(deadline=None, max_examples=60)
@given(st.lists(VALUES, min_size=1, max_size=5))
def test_the_lead_gains_most_over_the_start_and_has_few_holes(rows: list[list[float | None]]) -> None:
    done = trajectory(rows)
    first, ahead = done.incumbent, lead(done)
    gains = {s.candidate.id: gain(paired(first, s, ORDER)) or 0.0 for s in ranking(done)}
    assert list(gains.values()) == sorted(gains.values(), reverse=True)
    assert all(value > 0 for value in gains.values())
    assert ahead is first or gains[ahead.candidate.id] == max(gains.values())
    for one in ranking(done):
        wanted = [i for i in ORDER if first.value(i) is not None]
        assert sum(one.value(i) is not None for i in wanted) >= 0.95 * len(wanted)


@settings(deadline=None, max_examples=40)
@given(st.lists(VALUES, min_size=1, max_size=4), st.integers(0, 9))
def test_a_view_shows_nothing_of_validation(rows: list[list[float | None]], seed: int) -> None:
    done = trajectory(rows)
    seen = view(done, seed, None)
    train = {case.id for case in TRAIN}
    assert all(set(s.outcomes) <= train for s in (*seen.scored, seen.lead))
    assert {case.id for case in (*seen.train, *seen.exemplars)} <= train
    assert seen.rng.random() == generator(seed, "step", 1).random()
    other = trajectory([[v if i.startswith("t") else 0.0 for i, v in zip(ORDER, row, strict=True)] for row in rows])
    blind = view(other, seed, None)
    assert seen.scores == blind.scores, "another validation changes no score that proposers see"
    assert [dict(s.outcomes) for s in seen.scored] == [dict(s.outcomes) for s in blind.scored]


@settings(deadline=None, max_examples=40)
@given(st.lists(VALUES, min_size=2, max_size=6), st.integers(2, 20))
def test_finals_ask_the_start_and_the_best_few_alone(rows: list[list[float | None]], track: int) -> None:
    short = tuple(scored(f"text {n}", row, track) for n, row in enumerate(rows))
    done = Trajectory(TRAIN, VALIDATION, ORDER, track, short)
    asked: list[tuple[str, str]] = []

    def judge(pairs: Sequence[tuple[Candidate, Case]]) -> list[Outcome]:
        asked.extend((c.id, case.id) for c, case in pairs)
        return [outcome(case, 1.0) for _, case in pairs]

    best = [s.candidate.id for s in ranking(done)[:FINALISTS]]
    after = finals(done, judge)
    assert len(set(asked)) == len(asked)
    assert {c for c, _ in asked} == ({done.incumbent.candidate.id, *best} if best else set())
    assert len(asked) == (len(best) + 1) * (24 - track) * bool(best)
    assert after.track == (24 if best else track)


@pytest.mark.parametrize(("count", "length"), [(0, 0), (1, 1), (60, 60), (61, 60), (120, 60), (121, 60), (200, 100)])
def test_rounds_race_on_half_of_many_cases(count: int, length: int) -> None:
    assert track_length(count) == length


@given(st.integers(0, 5000), st.integers(0, 5000))
def test_places_are_never_more_than_the_calls_can_score(calls: int, cap: int) -> None:
    done = trajectory([[1.0] * 24], track=12)
    found = places(done, calls, cap)
    assert found is not None
    assert found * 26 <= max(0, cap - calls)
    assert places(done, calls, None) is None


# --- stopping --------------------------------------------------------------------------------------------------------


def step(number: int, admitted: int, promoted: bool) -> Step:
    return Step(number, "x", None, None, None, 0, 1, admitted, promoted)


@settings(max_examples=80)
@given(st.lists(st.tuples(st.integers(0, 2), st.booleans()), max_size=10), st.integers(1, 3))
def test_patience_counts_rounds_that_tried_something(rounds: list[tuple[int, bool]], limit: int) -> None:
    steps = tuple(step(n, admitted, promoted and admitted > 0) for n, (admitted, promoted) in enumerate(rounds, 1))
    done = Trajectory(TRAIN, VALIDATION, ORDER, 24, (scored("a", [0.0] * 24),), steps)
    tried = [s.promoted for s in steps if s.admitted]
    barren = len(steps) >= 2 * limit and not any(s.admitted for s in steps[-2 * limit :])
    idle = len(tried) >= limit and not any(tried[-limit:])
    found = Patience(limit)(done)
    assert (found is not None) == (idle or barren)
    assert found is None or found.kind == "patience"
    assert (Steps(limit)(done) is not None) == (len(steps) >= limit)


@pytest.mark.parametrize(("value", "ends"), [(1.0, True), (0.999, False), (None, False)], ids=str)
def test_only_a_perfect_lead_ends_at_once(value: float | None, ends: bool) -> None:
    done = trajectory([[value] * 24])
    assert (Perfect()(done) is not None) is ends


@pytest.mark.parametrize(("total", "ends"), [(9, False), (10, True), (11.5, True)])
def test_a_cap_that_is_reached_ends(total: float, ends: bool) -> None:
    found = Limit("calls", 10, lambda: total)(trajectory([[1.0] * 24]))
    assert (found is not None) is ends
    assert found is None or str(found.text) == f"budget: {total:g} of 10 calls used"


@pytest.mark.parametrize(
    ("outcomes", "refused", "nothing"),
    [
        ([], False, False), ([1.0], False, False), ([None], False, True), (["budget"], True, True),
        ([1.0, "replay"], True, False), ([None, "budget"], True, True),
    ],
    ids=str,
)  # fmt: skip
def test_a_refusal_of_the_door_is_told_from_a_case_without_an_answer(
    outcomes: list[float | str | None], refused: bool, nothing: bool
) -> None:
    found = [outcome(TRAIN[0], None, v) if isinstance(v, str) else outcome(TRAIN[0], v) for v in outcomes]
    assert (refused_by_door(found) is not None) is refused
    assert (nothing_judged(found) is not None) is nothing


@given(st.lists(st.integers(0, 500), min_size=5, max_size=5), st.integers(0, 3000))
def test_a_ledger_adds_up_to_the_cap(parts: list[int], cap: int) -> None:
    start, proposals, screening, final, confirmation = parts
    closed = Ledger(start, proposals, screening, final).closed(confirmation=confirmation, max_calls=cap)
    assert closed.total == sum(parts)
    assert closed.unused == max(0, cap - closed.total)
    assert closed.closed(confirmation=confirmation, max_calls=None).unused == 0
    assert all(f"{n:,}" in str(closed) for n in (*parts, closed.unused) if n)


# --- screening -------------------------------------------------------------------------------------------------------


@settings(deadline=None, max_examples=60)
@given(st.integers(1, 12), st.integers(1, 3), st.integers(1, 60), st.sampled_from([0.25, 0.5, 1.0]), st.integers(0, 9))
def test_every_group_is_in_equally_often_and_never_twice_in_a_text(
    groups: int, size: int, n: int, rate: float, seed: int
) -> None:
    members = [list(range(g * size, (g + 1) * size)) for g in range(groups)]
    sets = subsets(members, n, rate=rate, rng=generator(seed, "design"))
    assert len(sets) == n
    home = {i: g for g, group in enumerate(members) for i in group}
    often = Counter(home[i] for some in sets for i in some)
    assert all(len({home[i] for i in some}) == len(some) for some in sets)
    assert max(often[g] for g in range(groups)) - min(often[g] for g in range(groups)) <= 1
    assert often.total() <= n * min(rate * groups, MOST) + groups


@given(st.integers(1, 8), st.integers(0, 30), st.integers(0, 9))
def test_cases_come_round_by_round(count: int, n: int, seed: int) -> None:
    ids = [f"c{k}" for k in range(count)]
    drawn = [case for case, _ in zip(cycle(ids, generator(seed, "cycle")), range(n), strict=False)]
    for begin in range(0, n - count + 1, count):
        assert sorted(drawn[begin : begin + count]) == ids


@settings(deadline=None, max_examples=100)
@given(st.integers(0, 20_000), st.integers(1, 300), st.integers(1, 4), st.integers(1, 3))
def test_no_plan_spends_a_call_that_is_not_left(left: int, count: int, rounds: int, per_answer: int) -> None:
    found = plan(left, count, rounds=rounds, per_answer=per_answer)
    if found is not None:
        assert rounds * (found.asks + (found.answers + found.check) * per_answer) <= left
        assert sum(found.stages()) == found.answers
        assert found.check <= count


@settings(deadline=None, max_examples=30)
@given(st.integers(1, 5), st.integers(0, 2**16))
def test_evidence_and_products_are_numpy_s(n: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    half = rng.normal(size=(n, n))
    a, b = half @ half.T + np.eye(n), rng.normal(size=n)
    wanted = b @ np.linalg.solve(a, b) / 2 - np.linalg.slogdet(a)[1] / 2
    assert evidence(a.tolist(), b.tolist()) == pytest.approx(wanted)
    assert times(a.tolist(), b.tolist()) == pytest.approx((a @ b).tolist())


@settings(deadline=None, max_examples=30)
@given(st.permutations(range(24)))
def test_the_order_of_answers_changes_no_effect(order: list[int]) -> None:
    answers = [Answer((k % 3,) if k % 2 else (), f"c{k % 5}", float(chance("fit", k) < 0.5)) for k in range(24)]
    one, other = fit(answers, 3), fit([answers[k] for k in order], 3)
    assert one.effects == pytest.approx(other.effects)
    assert (one.answers, one.cases) == (other.answers, other.cases) == (24, 5)


@pytest.mark.parametrize(
    "expected", [["a"] * 2, ["a", "b"] * 2, ["a b c d e"] * 9, ["a\nb"] * 9, [""] * 9, []], ids=str
)
def test_answers_that_are_no_fixed_choice_have_no_labels(expected: list[str]) -> None:
    assert labels([Case(f"c{n}", {"q": "x"}, e) for n, e in enumerate(expected)]) == ()


# --- the journal -----------------------------------------------------------------------------------------------------


def journal_with(path: Path, events: int) -> None:
    with Journal(path, {"seed": 1}) as log:
        for n in range(events):
            log.write("note", {"n": n, "text": "é\u2028\r\n" * n})


@pytest.mark.parametrize("cut", [1, 5, 30])
def test_a_torn_line_is_written_again_when_the_run_goes_on(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "run.jsonl"
    journal_with(path, 3)
    whole = path.read_bytes()
    path.write_bytes(whole[:-cut])
    assert [event["event"] for event in read(path)] == ["begin", "note", "note"]
    with Journal(path, {"seed": 1}, resume=True) as log:
        for n in range(3):
            log.write("note", {"n": n, "text": "é\u2028\r\n" * n})
    assert path.read_bytes() == whole


@pytest.mark.parametrize(
    ("header", "event", "place"), [({"seed": 2}, None, 1), ({"seed": 1}, {"n": 9}, 2)], ids=["header", "event"]
)
def test_another_run_changes_no_byte_of_a_journal(
    tmp_path: Path, header: dict[str, int], event: dict[str, int] | None, place: int
) -> None:
    path = tmp_path / "run.jsonl"
    journal_with(path, 2)
    before = path.read_bytes()
    with pytest.raises(DataError) as caught, Journal(path, header, resume=True) as log:
        log.write("note", event or {})
    assert caught.value.place == f"{path}:{place}"
    assert path.read_bytes() == before


def test_an_empty_journal_is_one_that_was_killed_at_once(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    path.write_bytes(b"")
    assert read(path) == []
    with Journal(path, {"seed": 1}, resume=True) as log:
        log.close()
    assert json.loads(path.read_text()) == {"event": "begin", "journal": 1, "seed": 1}
    assert ending("done", "done").kind == "done"
