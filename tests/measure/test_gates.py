"""The gates beside the drop: cases that must pass, the lowest score, slices and length."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from scipy import stats

from promptci.decide.limits import ScoreLook
from promptci.measure.confirm import Claim, confirmed
from promptci.measure.gates.base import LEVEL, Screened, settled, shown_p
from promptci.measure.gates.must_pass import must_pass, named
from promptci.measure.gates.score import Below, at_most, max_length, min_score, score_look
from promptci.measure.gates.slices import slices
from promptci.measure.pair import Pair
from promptci.run.arm import Arm
from tests.measure.fakes import Model, a_run, a_side, an_arm, some_cases

Says = Callable[[str, int, int], str]
SMOKE = some_cases(6, tags=lambda n: ["smoke"] if n < 3 else [])


def fails(*numbers: int, old: tuple[int, ...] = (), flaky: tuple[int, ...] = ()) -> Says:
    """The new prompt fails these cases, the old one those of `old`; `flaky` ones pass in every second answer."""

    def says(name: str, n: int, sample: int) -> str:
        wrong = n in (numbers if name == "new" else old) and not (n in flaky and sample % 2)
        return "no" if wrong else "yes"

    return says


def sometimes(name: str, n: int, sample: int) -> str:
    """The new prompt fails one case, the old one fails it in every second answer."""
    return "no" if n == 1 and (name == "new" or sample % 2) else "yes"


def gated(model: Model, gate: str, *, base: bool = True, family: int = 1) -> tuple[str, list[str], Model]:
    """The verdict of must_pass once its alarms were asked afresh, and the kinds of its reasons."""
    old, new = a_side("old", SMOKE), a_side("new", SMOKE, gate)
    run, arm = a_run(model), Arm(new)
    with run.door:
        found = must_pass(run, arm, Arm(old) if base else None)
        pair = Pair(Arm(old), arm, SMOKE, len(SMOKE))
        (screened,) = found
        answers = confirmed(run, [Claim(pair, alarm) for alarm in screened.alarms], family)
    verdict = settled(screened, answers)
    return verdict.name, [reason.kind for reason in verdict.told], model


@pytest.mark.parametrize(
    ("says", "base", "expected"),
    [
        pytest.param(fails(), True, "pass", id="all pass"),
        pytest.param(fails(4), True, "pass", id="one fails that nobody named"),
        pytest.param(fails(1), True, "fail", id="one fails every time"),
        pytest.param(fails(0, 1, 2), True, "fail", id="all fail"),
        pytest.param(fails(1, old=(1,)), True, "pass", id="the base fails it, too"),
        pytest.param(fails(1, flaky=(1,)), True, "pass", id="it fails at times only"),
        pytest.param(fails(1, old=(1,), flaky=(1,)), True, "pass", id="both fail at times"),
        pytest.param(sometimes, True, "pass", id="the base passes it at times only"),
        pytest.param(fails(1), False, "fail", id="no base to excuse it"),
    ],
)
def test_a_case_that_must_pass_is_red_when_it_fails_every_time(says: Says, base: bool, expected: str) -> None:
    assert gated(Model(says), "must_pass: [smoke]", base=base)[0] == expected


def test_nothing_named_is_no_gate() -> None:
    run = a_run(Model())
    with run.door:
        assert must_pass(run, Arm(a_side("new", SMOKE)), None) == []
        assert must_pass(run, Arm(a_side("new", SMOKE, "must_pass: [c4]")), None)[0].verdict.name == "pass"


@pytest.mark.parametrize(
    ("family", "answers"), [(1, 3), (4, 5), (24, 6)], ids=["alone", "four gates", "twelve prompts"]
)
def test_more_gates_take_more_fresh_answers_of_the_one_case(family: int, answers: int) -> None:
    name, _, model = gated(Model(fails(1)), "must_pass: [smoke]", family=family)
    assert name == "fail"
    assert model.calls("old") == answers, "the base is asked about the failing case alone"
    assert model.calls("new") == 3 + answers


@pytest.mark.parametrize(
    ("ids", "expected"), [(["a"], "Must-pass case a"), (["a", "b"], "Must-pass cases a, b")], ids=["one", "two"]
)
def test_cases_are_named_by_number(ids: list[str], expected: str) -> None:
    assert named(ids) == expected


def test_a_must_pass_case_without_an_answer_is_unmeasured() -> None:
    def silent(name: str, n: int, sample: int) -> str | None:
        return None if n == 1 and name == "new" else "yes"

    name, kinds, _ = gated(Model(silent), "must_pass: [smoke]")
    assert (name, kinds[-1]) == ("unmeasured", "unconfirmed")


# --- the lowest score ------------------------------------------------------------------------------------------------


def scored(passes: int, count: int = 40, gate: str = "min_score: 0.8") -> Screened:
    cases = some_cases(count)
    arm = an_arm(a_side("new", cases, gate), [float(n < passes) for n in range(count)])
    (found,) = min_score(arm, [score_look(arm, cases)], count, cases)
    return found


@pytest.mark.parametrize(
    ("passes", "verdict", "claims"),
    [(40, "pass", 0), (32, "pass", 0), (31, "inconclusive", 0), (20, "fail", 1)],
    ids=["all", "at it", "just below", "far below"],
)
def test_a_score_far_below_the_lowest_is_claimed(passes: int, verdict: str, claims: int) -> None:
    found = scored(passes)
    assert (found.verdict.name, len(found.alarms)) == (verdict, claims)
    assert all(not alarm.both for alarm in found.alarms), "the base has no part in it"


def test_without_a_lowest_score_there_is_no_gate() -> None:
    cases = some_cases(4)
    assert min_score(an_arm(a_side("new", cases), [0.0] * 4), [], 4, cases) == []


@pytest.mark.parametrize(("passes", "cases", "rate"), [(0, 5, 0.8), (20, 40, 0.8), (40, 40, 0.8), (7, 10, 0.33)])
def test_the_chance_of_so_few_passes_is_the_exact_binomial(passes: int, cases: int, rate: float) -> None:
    assert at_most(passes, cases, rate) == pytest.approx(stats.binom.cdf(passes, cases, rate), rel=1e-9)


@pytest.mark.parametrize("fresh", [20, 39], ids=["low again", "high when asked afresh"])
def test_a_low_score_is_red_when_fresh_answers_are_low(fresh: int) -> None:
    cases = some_cases(40)
    again = Pair(
        Arm(a_side("old", cases)), an_arm(a_side("new", cases), [float(n < fresh) for n in range(40)]), cases, 40
    )
    p_value, told = Below(cases, 0.8, True)(again)
    assert (p_value <= LEVEL) == (fresh == 20)
    assert told == f"the score is {fresh / 40:.3f} on 40 fresh answers"


def test_graded_scores_are_bet_against_and_none_is_no_evidence() -> None:
    cases = some_cases(60)
    side = a_side("new", cases)
    low, none = (Pair(Arm(side), an_arm(side, values), cases, 60) for values in ([0.3] * 60, [None] * 60))
    assert Below(cases, 0.8, False)(low)[0] < 0.001
    assert Below(cases, 0.8, False)(none) == (1.0, "none of the fresh answers has a value")


def test_a_look_counts_what_ran() -> None:
    cases = some_cases(5)
    arm = an_arm(a_side("new", cases), [1.0, 0.0, None])
    assert score_look(arm, cases[:3]) == ScoreLook(3, 1, 1)
    assert score_look(arm, cases) == ScoreLook(5, 1, 3), "a case that was not asked is not measured"


@pytest.mark.parametrize(("limit", "verdict"), [(2, "fail"), (5, "pass")])
def test_answers_that_are_too_long(limit: int, verdict: str) -> None:
    cases = some_cases(20)
    arm = an_arm(a_side("new", cases, f"max_length: {limit}"), [1.0] * 20)
    arm.values.lengths = {c.id: 3.0 + n % 2 for n, c in enumerate(cases)}
    (found,) = max_length(arm, cases)
    assert found.verdict.name == verdict
    assert max_length(an_arm(a_side("new", cases), [1.0]), cases) == []


# --- slices ----------------------------------------------------------------------------------------------------------

TAGGED = some_cases(90, tags=lambda n: [f"t{n % 3}"])


def sliced(new: list[float], gate: str = "slices: true") -> list[Screened]:
    side = a_side("new", TAGGED, gate)
    return slices(Pair(an_arm(a_side("old", TAGGED), [1.0] * 90), an_arm(side, new), TAGGED, 90))


def test_the_slice_that_got_worse_is_claimed_as_one_of_those_that_could() -> None:
    (found,) = sliced([float(not ((n % 3 == 0 and n < 36) or (n % 3 == 1 and n < 18))) for n in range(90)])
    (alarm,) = [a for a in found.alarms if a.name == "slice t0"]
    assert found.verdict.name == "fail"
    assert [c.id for c in alarm.cases] == [f"c{n}" for n in range(0, 36, 3)]
    assert alarm.among == 2, "six changed cases could show something, none could not"
    assert found.otherwise == "pass"


def test_slices_that_show_nothing_claim_nothing() -> None:
    (found,) = sliced([float(n > 2) for n in range(90)])
    assert (found.verdict.name, found.alarms) == ("pass", ())
    assert sliced([0.0] * 90, gate="") == []


@pytest.mark.parametrize(
    ("value", "said"), [(0.00001, "< 0.0001"), (0.0001, "= 0.0001"), (0.034, "= 0.034"), (1.0, "= 1")]
)
def test_p_values_as_people_read_them(value: float, said: str) -> None:
    assert shown_p(value) == said
