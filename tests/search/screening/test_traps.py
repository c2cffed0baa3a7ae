"""What helps on train alone is suspected, labelled and kept from leading; honest edits are let be."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from promptci.core import Case, Outcome, Score
from promptci.search.asking import Screening
from promptci.search.base import Candidate, Scored, Trajectory
from promptci.search.choosing import Choice, chosen
from promptci.search.screening.design import cycle, subsets
from promptci.search.screening.edits import Edit
from promptci.search.screening.fit import Answer, Estimate
from promptci.search.screening.pieces import cut
from promptci.search.screening.stages import Standing
from promptci.search.screening.traps import Traps

SIDE = 30
TRAIN, VALIDATION = ({f"{side}{i}" for i in range(SIDE)} for side in "tv")
EDITS = 12
SETS = ((), (0,), (1,), (0, 1)) * 2


def passes(some: tuple[int, ...], case_id: str, seed: int, traps: int, good: float = 0.0) -> float:
    """The first `traps` edits put half of the train cases right, edit 11 does `good` everywhere."""
    rng = random.Random(f"{seed}{case_id}")
    share = 0.4 + 0.55 * (case_id[0] == "t" and any(i < traps for i in some)) + good * (EDITS - 1 in some)
    return float((rng.random() < share) != (random.Random(f"{seed}{case_id}{some}").random() < 0.05))


def answers(seed: int, *, traps: int, n: int = 700, good: float = 0.0) -> list[Answer]:
    rng, ids = random.Random(seed), sorted(TRAIN | VALIDATION)
    sets = [(), *subsets([[i] for i in range(EDITS)], n, rate=0.4, rng=rng)]
    asked = [((), i) for i in ids] + list(zip(sets, cycle(ids, rng), strict=False))
    return [Answer(some, i, passes(some, i, seed, traps, good)) for some, i in asked]


def looked(seed: int, *, traps: int, good: float = 0.0) -> Traps:
    found = Traps(TRAIN, VALIDATION)
    found.watched(answers(seed, traps=traps, good=good), EDITS)
    return found


@pytest.mark.parametrize("traps", [1, 3, 6], ids=["one trap", "three", "six, hardly more together than one"])
def test_traps_are_labelled(traps: int) -> None:
    found = [looked(seed, traps=traps) for seed in range(8)]
    assert sum(t.fires for t in found) >= 5
    assert all(t.suspected for t in found if t.fires)
    assert all(t.plainest.value > 0 for t in found if t.fires)


def test_one_trap_is_named_and_leans() -> None:
    found = [looked(seed, traps=1) for seed in range(5)]
    assert all(t.worst == 0 for t in found if t.fires)
    assert all(0 in t.leaning for t in found if t.fires)


def test_honest_edits_are_seldom_suspected() -> None:
    found = [looked(seed, traps=0, good=0.1) for seed in range(20)]
    assert sum(t.fires for t in found) <= 1
    assert sum(t.suspected for t in found) <= 3
    assert all(not t.leaning for t in found if not t.suspected)


def test_once_suspected_the_fit_is_of_validation_alone() -> None:
    some = answers(1, traps=3)
    found = Traps(TRAIN, VALIDATION)
    assert found.watched(some, EDITS).cases == SIDE
    assert Traps(TRAIN, VALIDATION).watched(answers(1, traps=0), EDITS).cases == 2 * SIDE


def test_a_label_once_given_is_not_looked_at_again() -> None:
    found = looked(1, traps=3)
    before = found.gap, found.shift
    found.watched(answers(2, traps=0), EDITS)
    assert found.fires
    assert (found.gap, found.shift) == before


def test_suspicion_stays_whatever_is_seen_afterwards() -> None:
    found = Traps(TRAIN, VALIDATION, suspected=True)
    found.watched(answers(1, traps=0), EDITS)
    assert not found.fires
    assert found.suspected


def test_what_is_plainly_good_on_validation_leans_nowhere() -> None:
    """Edit 0 puts nearly all train cases right, and half of the others."""
    rng, found = random.Random(1), Traps(TRAIN, VALIDATION, suspected=True)
    shares = {i: 0.8 if i in TRAIN else 0.5 for i in sorted(TRAIN | VALIDATION)}
    some = [Answer(s, i, float(rng.random() < 0.1 + share * (0 in s))) for i, share in shares.items() for s in SETS]
    found.watched(some, 2)
    assert found.gap.value > found.gap.se
    assert 0 not in found.leaning


def test_without_one_side_nothing_is_compared() -> None:
    found = Traps(TRAIN, VALIDATION)
    seen = found.watched([a for a in answers(1, traps=3) if a.case_id in TRAIN], EDITS)
    assert (seen.cases, found.fires, found.suspected) == (SIDE, False, False)


@pytest.mark.parametrize(
    ("gap", "shift", "fires"),
    [
        ((0.26, 0.1), (0.0, 0.1), True),
        ((0.24, 0.1), (0.0, 0.1), False),
        ((0.19, 0.1), (0.19, 0.1), True),
        ((0.0, 0.1), (0.34, 0.1), False),
        ((0.5, 0.0), (0.0, 0.0), False),
    ],
    ids=["the edits", "not quite", "both together", "texts alone are luck of the cases", "no error known"],
)
def test_either_the_edits_gap_or_both_gaps_together_fire(
    gap: tuple[float, float], shift: tuple[float, float], fires: bool
) -> None:
    assert Traps(TRAIN, VALIDATION, gap=Estimate(*gap), shift=Estimate(*shift)).fires == fires


def case(case_id: str) -> Case:
    return Case(case_id, {"input": case_id}, "yes")


def odd(case_id: str) -> bool:
    """Whether the text in the lead passes."""
    return bool(int(case_id[1:]) % 2)


HELPS: dict[str, Callable[[str], bool]] = {
    "everywhere": lambda case_id: True,
    "on train": lambda case_id: case_id[0] == "t" or odd(case_id),
    "less on validation": lambda case_id: case_id[0] == "t" or odd(case_id) or int(case_id[1:]) % 4 == 0,
    "as little on train": lambda case_id: odd(case_id) or int(case_id[1:]) % 4 == 0,
    "nowhere": lambda case_id: False,
}


def choice(
    helps: str, *, suspected: bool, room: int | None = None, points: int = 8
) -> tuple[Trajectory, Choice | None, int]:
    """Choose among edits of which one does so many points by the fit, and where that is said."""
    asked: list[str] = []

    def judge(pairs: object) -> list[Outcome]:
        done = []
        for candidate, one in pairs:  # type: ignore[attr-defined]  # pairs of candidate and case
            asked.append(one.id)
            passes = HELPS[helps] if "Edit 0." in candidate.text else odd
            done.append(Outcome(Score(one.id, float(passes(one.id)))))
        return done

    train, validation = ([case(f"{side}{i}") for i in range(SIDE)] for side in "tv")
    order = [c.id for pair in zip(train, validation, strict=True) for c in pair]
    lead = Scored(Candidate("Say.", "start", 0), {i: Outcome(Score(i, float(odd(i)))) for i in order})
    done = Trajectory(tuple(train), tuple(validation), tuple(order), len(order), (lead,))
    base = cut("Say.")
    bench = Screening(base, [Edit(0, "insert", f"Edit {i}.") for i in range(3)], (), judge, 1, [])
    traps = Traps(TRAIN, VALIDATION, suspected=suspected)
    from .test_stages import known

    seen = known(points, -1, -2)
    done, found = chosen(done, lead, bench, Standing((0, 1, 2)), seen, traps, texts=(), check=25, room=room)
    return done, found, len(asked)


@pytest.mark.parametrize("suspected", [False, True])
def test_a_text_that_gains_on_train_alone_is_not_chosen(suspected: bool) -> None:
    done, found, _ = choice("on train", suspected=suspected)
    assert found is None
    assert not any(w.kept for w in done.screens[0].worths)


@pytest.mark.parametrize("helps", ["everywhere", "less on validation"])
@pytest.mark.parametrize("suspected", [False, True])
def test_a_text_that_plainly_gains_on_validation_is(suspected: bool, helps: str) -> None:
    found = choice(helps, suspected=suspected)[1]
    assert found is not None
    assert found.edits == (0,)


def test_what_turns_out_to_do_harm_is_not_chosen() -> None:
    assert choice("nowhere", suspected=False, points=1)[1] is None


def test_under_suspicion_what_is_seen_on_train_promises_nothing() -> None:
    more, less = (choice(helps, suspected=True)[1] for helps in ("less on validation", "as little on train"))
    assert more is not None
    assert less is not None
    assert more.predicted == less.predicted


def test_what_nobody_could_be_asked_about_promises_less_than_its_effects_say() -> None:
    found = choice("everywhere", suspected=True, room=0)[1]
    assert found is not None
    assert found.predicted.value == pytest.approx(0.85 * 0.08)


@pytest.mark.parametrize(("room", "asked"), [(None, 50), (50, 50), (20, 20), (0, 0)])
def test_the_choice_asks_no_more_than_there_is_room_for(room: int | None, asked: int) -> None:
    assert choice("everywhere", suspected=True, room=room)[2] == asked
