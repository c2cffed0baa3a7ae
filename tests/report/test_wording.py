from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptci.report import wording
from promptci.report.searched import Headline, Search
from tests.report.samples import failed, found, improved, nothing_better


@pytest.mark.parametrize(
    ("share", "expected"),
    [
        (None, "-"),
        (0.0, "0.0 %"),
        (1.0, "100.0 %"),
        (0.71, "71.0 %"),
        (0.9999, "99.9 %"),
        (0.0001, "0.1 %"),
        (2 / 3, "66.7 %"),
    ],
)
def test_only_all_is_a_hundred_percent_and_only_none_is_zero(share: float | None, expected: str) -> None:
    assert wording.percent(share) == expected


@pytest.mark.parametrize(
    ("difference", "expected"),
    [
        (None, "-"),
        (0.0, "0.0"),
        (-0.0, "0.0"),
        (0.0004, "0.0"),
        (-0.0004, "0.0"),
        (0.081, "+8.1"),
        (-0.09, "-9.0"),
        (1.0, "+100.0"),
    ],
)
def test_differences_are_points_with_a_sign(difference: float | None, expected: str) -> None:
    assert wording.points(difference) == expected


@pytest.mark.parametrize(
    ("ends", "expected"),
    [
        (None, "-"),
        ((-0.14, -0.03), "-14.0 to -3.0"),  # 1000 * 0.14 is a little above 140
        ((0.0419, 0.1201), "+4.1 to +12.1"),
        ((-0.0419, 0.0001), "-4.2 to +0.1"),
        ((0.0, 0.0), "0.0 to 0.0"),
        ((-0.0001, 0.0), "-0.1 to 0.0"),
    ],
)
def test_intervals_are_rounded_outwards(ends: tuple[float, float] | None, expected: str) -> None:
    assert wording.interval(ends) == expected


@pytest.mark.parametrize(("low", "expected"), [(0.0419, "4.1"), (0.1, "10.0"), (0.0009, "0.0"), (-0.0001, "-0.1")])
def test_at_least_is_rounded_down(low: float, expected: str) -> None:
    assert wording.at_least((low, 0.5)) == expected


@pytest.mark.parametrize(
    ("usd", "expected"),
    [
        (0.0, "0.00 USD"),
        (0.00002, "<0.0001 USD"),
        (0.013936, "0.0139 USD"),
        (1.5, "1.50 USD"),
        (1234.567, "1,234.57 USD"),
    ],
)
def test_what_cost_something_never_shows_as_free(usd: float, expected: str) -> None:
    assert wording.money(usd) == expected


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0.0, "0.0 s"),
        (3.14, "3.1 s"),
        (59.94, "59.9 s"),
        (59.99, "1 min 00 s"),
        (95, "1 min 35 s"),
        (3720, "1 h 02 min"),
    ],
)
def test_durations(seconds: float, expected: str) -> None:
    assert wording.duration(seconds) == expected


@pytest.mark.parametrize(
    ("p", "expected"), [(None, "-"), (0.00005, "< 0.0001"), (0.000488, "0.000488"), (0.05, "0.05"), (1.0, "1")]
)
def test_probabilities(p: float | None, expected: str) -> None:
    assert wording.probability(p) == expected


@pytest.mark.parametrize(("share", "expected"), [
        (0.95, "95 %"), (0.9, "90 %"), (0.975, "97.5 %"), (0.99999, "99.99 %"), (0.999949, "99.99 %"), (0.5, "50 %"),
        (1 - 0.05 / 3, "98.33 %"),
    ],
)  # fmt: skip
def test_confidence_levels(share: float, expected: str) -> None:
    assert wording.level(share) == expected


def test_a_search_is_headed_by_its_outcome_and_a_check_by_its_verdict() -> None:
    assert wording.word("optimize", improved) == "IMPROVED"
    assert wording.word("optimize", nothing_better) == "NO CHANGE"
    assert wording.word("ci", replace(improved, verdict="fail")) == "FAIL"
    assert wording.word("optimize", failed) == "FAIL"


def test_what_the_held_out_cases_said_is_told_only_when_they_were_asked() -> None:
    assert wording.asked(replace(found, test=None)) is None
    said = wording.asked(found)
    assert said == "100 held-out cases: 18 better, 3 worse; one-sided p = 0.000488; 0.025 or less was required."


def test_scores_are_those_of_held_out_cases_where_a_search_is_all_that_was_done() -> None:
    assert wording.held_out("optimize", improved) == (improved.baseline_score, improved.score)
    for command in ("ci", "upgrade"):  # which report what was checked, and the two models
        assert wording.held_out(command, improved) == (None, None)
    assert wording.held_out("optimize", failed) == (None, None)


@pytest.mark.parametrize(
    ("p", "level", "end"),
    [
        (0.025, 0.025, "one-sided p = 0.025; 0.025 or less was required."),
        (0.02504, 0.025, "one-sided p = 0.02504; 0.025 or less was required."),
        (0.02496, 0.025, "one-sided p = 0.02496; 0.025 or less was required."),
        (0.02500000001, 0.025, "one-sided p = 0.02500000001; 0.025 or less was required."),
        (0.03, 0.0250001, "one-sided p = 0.03; 0.025 or less was required."),
        (0.00001, 0.00002, "one-sided p < 0.0001; < 0.0001 or less was required."),
        (None, 0.025, "one-sided p = -; 0.025 or less was required."),
        (0.02, None, "one-sided p = 0.02; - or less was required."),
    ],
)
def test_a_p_value_never_looks_as_if_it_had_met_a_level_that_it_missed(
    p: float | None, level: float | None, end: str
) -> None:
    assert str(wording.asked(replace(found, p_value=p, level=level))).endswith(end)


@given(st.floats(0, 1, exclude_min=True, exclude_max=True))
def test_no_share_between_none_and_all_shows_as_either(share: float) -> None:
    assert wording.percent(share) not in ("0.0 %", "100.0 %")
    assert wording.level(share) != "100 %"
    assert abs(float(wording.percent(share).removesuffix(" %")) - 100 * share) <= 0.1


@given(st.floats(-1, 1), st.floats(-1, 1))
def test_an_interval_that_is_shown_holds_the_one_that_was_measured(one: float, other: float) -> None:
    low, high = sorted((one, other))
    shown_low, shown_high = map(float, wording.interval((low, high)).split(" to "))
    assert shown_low <= 100 * low + 1e-4
    assert shown_high >= 100 * high - 1e-4
    assert shown_high - shown_low <= 100 * (high - low) + 0.2 + 1e-4
    assert float(wording.at_least((low, high))) == shown_low


@given(st.floats(0, 1e7))
def test_a_duration_is_never_further_off_than_its_smallest_unit(seconds: float) -> None:
    said = wording.duration(seconds)
    parts = said.replace(" h", "h").replace(" min", "m").replace(" s", "s").split()
    total = sum(float(part[:-1]) * {"h": 3600, "m": 60, "s": 1}[part[-1]] for part in parts)
    assert abs(total - seconds) <= (60 if "h" in said else 0.6 if "min" in said else 0.06)
    assert "60 s" not in said
    assert "60 min" not in said


@given(st.floats(0, 1e6, exclude_min=True))
def test_money_is_told_within_its_last_digit_and_never_as_nothing(usd: float) -> None:
    said = wording.money(usd)
    if said.startswith("<"):
        assert usd < 0.0001
        return
    told = float(said.removesuffix(" USD").replace(",", ""))
    assert told > 0
    assert abs(told - usd) <= (0.0051 if usd >= 1 else 0.000051)


@given(st.lists(st.text(max_size=3), max_size=8), st.integers(0, 6))
def test_a_list_says_how_many_it_leaves_out(ids: list[str], limit: int) -> None:
    said = wording.listed(ids, lambda _: "x", limit)
    assert said.count("x") == min(len(ids), limit)
    assert (f"and {len(ids) - limit} more" in said) == (len(ids) > limit)


@pytest.mark.parametrize(
    ("p", "said"), [(None, "p = -"), (0.00001, "p < 0.0001"), (0.02, "p = 0.02")], ids=["unknown", "tiny", "number"]
)
def test_a_probability_is_said_with_one_sign_of_relation(p: float | None, said: str) -> None:
    assert wording.equals("p", p) == said


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ((1, 1, 0, 1), "1 case"),
        ((2, 2, 0, 1), "2 cases"),
        ((1, 9, 1, 1), "1 of 9 cases, 1 unmeasured"),
        ((5, 5, 0, 3), "5 cases, 3 answers a case"),
    ],
    ids=["one", "two", "stopped early", "several answers"],
)
def test_how_much_was_run_is_said_with_the_right_number(counts: tuple[int, int, int, int], said: str) -> None:
    cases, planned, unmeasured, answers = counts
    run = replace(failed, cases=cases, planned_cases=planned, unmeasured=unmeasured, answers=answers)
    assert wording.measured(run) == said


def test_how_many_cases_passed_is_said_where_the_metric_has_a_pass_mark() -> None:
    assert wording.passing((58, 69), 58 / 69) == "58 of 69 cases passed"
    assert wording.passing((1, 1), 1.0) == "1 of 1 case passed"
    assert wording.passing((0, 0), None) == "0 of 0 cases passed"
    assert wording.passing(None, 0.5) is None


def test_a_share_of_answers_is_told_from_one_of_cases() -> None:
    said = "6 of 10 cases passed half of their answers or more; of all answers 66.7 % passed"
    assert wording.passing((6, 10), 2 / 3) == said


def test_what_was_compared_names_the_commit_and_how_it_was_chosen() -> None:
    assert wording.compared(None, "by hand") is None
    assert wording.compared("b81d5e0c6f3a", "") == "compared with `b81d5e0`"
    assert wording.compared("b81d5e0c6f3a", "as --base says") == "compared with `b81d5e0`, as --base says"


def test_a_headline_whose_interval_holds_no_gain_names_no_size() -> None:
    unclear = Headline("confirmed better", 0.0, (-0.236, 0.236), 0.9)
    assert wording.headline(replace(found, headline=unclear)) == (
        "Confirmed better, size not known (90 % interval -23.6 to +23.6)"
    )


@pytest.mark.parametrize(
    ("head", "said"),
    [
        (None, None),
        (Headline("confirmed better"), "Confirmed better"),
        (Headline("confirmed better", 0.1), "Confirmed better: +10.0 points"),
        (Headline("better", 0.1, (0.02, 0.2), 0.9), "Better: +10.0 points (90 % interval +2.0 to +20.0)"),
    ],
    ids=["none", "words", "estimate", "interval"],
)
def test_the_headline_says_what_it_knows(head: Headline | None, said: str | None) -> None:
    assert wording.headline(replace(found, headline=head)) == said


def test_a_conditional_interval_says_what_it_allows_for() -> None:
    assert "allows for the winner's having been chosen" in (wording.headline(found) or "")


def test_overfitting_is_told_only_when_labelled() -> None:
    quiet = Search("no_change", "", "opro", overfit=False, overfit_gap=0.5, overfit_se=0.1)
    assert wording.overfitting(quiet) is None
    assert "12.5 points" in (wording.overfitting(replace(quiet, overfit=True, overfit_gap=0.125)) or "")
