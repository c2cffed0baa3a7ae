"""How a search's ending is told; the held-out answers of a winner that was refused are told nowhere."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from promptci.core import Outcome, Reason, Score
from promptci.decide.accept import Acceptance, AcceptanceName
from promptci.decide.aims import ACCURACY
from promptci.evals.split import Split
from promptci.evals.split import split as parted
from promptci.improve.confirm import Trial, answered_before, pair_of
from promptci.improve.ending import Ending, diff, told_of
from promptci.improve.hand_on import ledger_file
from promptci.improve.search import Declined, FileForm, content_of
from promptci.improve.standing import Takes, cheapest, spent
from promptci.improve.telling import MOST, Spending, edits_of, headline_of, phases_of, refusals_of, tried_of
from promptci.improve.working_tree import WorkingTree
from promptci.project.project import Project
from promptci.project.side import Side, side
from promptci.records import ledger
from promptci.records.ledger import Question
from promptci.report.base import PromptReport, Report
from promptci.run.values import Values
from promptci.search.account import Ledger
from promptci.search.base import Candidate, Found, Proposal, Refused, Scored
from promptci.search.screening.edits import Edit
from promptci.search.screening.fit import Estimate
from promptci.search.screening.worth import Screen, Worth
from tests.conftest import START, small_project

BETTER = "Say the word with care.\n\nInput: {{ input }}"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return small_project(tmp_path_factory.mktemp("told"), 40)


@pytest.fixture(scope="module")
def old(project: Project) -> Side:
    return side(project, project.config, project.config.prompts[0], None)


@pytest.fixture(scope="module")
def new(old: Side) -> Side:
    return old.with_text(BETTER)


@pytest.fixture(scope="module")
def parts(old: Side) -> Split:
    return parted(old.cases, share=0.5)


def scored(text: str, *values: float | None, origin: str = "edits", step: int = 1) -> Scored:
    outcomes = {
        f"c{n:04}": Outcome(Score(f"c{n:04}", v, None if v is not None else Reason("timeout", "late")), output="yes")
        for n, v in enumerate(values)
    }
    return Scored(Candidate(text, origin, step), outcomes)


def found(reason: str = "done", winner: Scored | None = None, **more: object) -> Found:
    incumbent = scored(START, 1.0, 0.0, 1.0, None)
    base = Found(winner, incumbent, (), (incumbent,), (), Reason(reason, f"because of {reason}"), None, (), 9)
    return replace(base, **more)  # type: ignore[arg-type]  # the names are Found's own


def answer(outcome: AcceptanceName = "improved", gain: float = 0.5) -> Acceptance:
    return Acceptance(outcome, 0.01, 0.04, 10, 2, 4, gain, (0.1, 0.9), 80, ("why",), ("draft why",))


def question(verdict: str = "improved", pair: str = "p", members: tuple[str, ...] = ("m",)) -> Question:
    return Question(pair, "s", members, 0.5, 1, 0.04, verdict, "2026-11-20T10:00:00Z")


def trial(parts: Split, outcome: AcceptanceName = "improved") -> Trial:
    asked = parts.test[:4]
    before, after = Values(), Values()
    for values, given in ((before, (0.0, 1.0, 0.0, None)), (after, (1.0, 0.0, 1.0, 1.0))):
        values.by_case.update(zip([c.id for c in asked], given, strict=True))
    return Trial(answer(outcome), question(outcome), asked, before, after, 8, None)


def test_a_confirmed_winner_is_told_by_the_held_out_cases_alone(old: Side, new: Side, parts: Split) -> None:
    winner, asked = scored(BETTER, 1.0, 1.0, 1.0, 1.0), trial(parts)
    report = told_of(old, parts, "edits", Ending("improved", (), found(winner=winner), new, asked), prefix="sub/")
    assert (report.verdict, report.cases, report.planned_cases, report.unmeasured) == ("pass", 4, 40, 1)
    assert (report.score, report.baseline_score, report.delta) == (1.0 * 3 / 4, 1 / 3, 0.5)
    ids = [c.id for c in asked.cases]
    assert (report.newly_failing, report.newly_passing) == ((ids[1],), (ids[0], ids[2]))
    assert report.search is not None
    assert report.search.test == {"wins": 10, "losses": 2, "cases": 4}
    assert "+++ b/sub/prompts/say.md" in report.search.diff
    assert report.search.headline is not None
    assert report.search.headline.ci == (0.1, 0.9)


@pytest.mark.parametrize(
    ("outcome", "reason", "verdict"),
    [
        ("no_change", "done", "pass"),
        ("inconclusive", "done", "inconclusive"),
        ("stopped", "budget", "inconclusive"),
        ("stopped", "no_reply", "unmeasured"),
        ("stopped", "unreadable", "unmeasured"),
        ("stopped", "refused", "unmeasured"),
    ],
)
def test_what_was_not_confirmed_shows_no_held_out_answer(
    outcome: str, reason: str, verdict: str, old: Side, parts: Split
) -> None:
    told = Ending(outcome, (), found(reason), None, trial(parts, "inconclusive"))  # type: ignore[arg-type]  # one of them
    report = told_of(old, parts, "edits", told)
    assert report.verdict == verdict
    assert (report.cases, report.score) == (len(parts.development), 2 / 3)
    assert (report.newly_failing, report.newly_passing, report.delta) == ((), (), None)
    assert report.search is not None
    assert (report.search.test, report.search.p_value, report.search.diff) == (None, None, "")


def test_a_search_that_asked_nothing_is_unmeasured_with_its_reason(old: Side, parts: Split) -> None:
    report = told_of(old, parts, "edits", Ending("stopped", (Reason("max_open", "full"),)))
    assert (report.verdict, report.score) == ("unmeasured", None)
    assert report.search is not None
    assert (report.search.stop_kind, report.search.stop_reason) == ("max_open", "full")


def test_a_draft_is_shown_and_is_no_gain(old: Side, new: Side, parts: Split) -> None:
    told = Ending("inconclusive", (), found(), new, trial(parts, "inconclusive"), draft=True)
    report = told_of(old, parts, "edits", told)
    assert told.proposed is new
    assert report.verdict == "inconclusive"
    assert report.search is not None
    assert (report.search.headline, report.search.cases_to_decide) == (None, 80)


def test_only_a_confirmed_text_or_a_wanted_draft_is_proposed(new: Side) -> None:
    assert Ending("improved", (), None, new).proposed is new
    assert Ending("inconclusive", (), None, new).proposed is None
    assert Ending("no_change", ()).proposed is None


def test_the_headline_gives_the_interval_of_what_was_asked_at_once(parts: Split) -> None:
    told = headline_of(trial(parts), ACCURACY)
    assert (told.text, told.estimate, told.ci, told.conditional) == ("confirmed better", 0.5, (0.1, 0.9), False)


def named(phases: object) -> dict[str, tuple[int, int | None]]:
    return {p.name: (p.calls, p.planned) for p in phases}  # type: ignore[attr-defined]  # a tuple of phases


def test_calls_are_told_by_what_they_were_for() -> None:
    account = Ledger(start=10, proposals=4, screening=20, finals=6)
    phases = named(phases_of(found(ledger=account), Spending(cap=100, kept=30, confirmation=25, baseline=5)))
    assert phases == {
        "start": (10, None), "proposals": (4, None), "screening": (20, None), "finals": (6, None),
        "confirmation": (25, 30), "baseline": (5, None), "unused": (30, None),
    }  # fmt: skip
    assert sum(calls for calls, _ in phases.values()) == 100


def test_a_race_tells_its_calls_as_one(old: Side) -> None:
    phases = named(phases_of(found(), Spending(cap=None, search=40)))
    assert phases == {"search": (40, None)}


def refused(reason: str, text: str) -> Refused:
    return Refused("opro", 1, reason, f"{reason}: {text}", text)


def test_refusals_are_counted_with_the_first_of_each() -> None:
    given = (refused("too long", "a" * 5000), refused("leak", "b"), refused("too long", "c"))
    told = refusals_of(found(refused=given))
    assert [(r.reason, r.count, r.detail[:12]) for r in told] == [
        ("too long", 2, "too long: aa"),
        ("leak", 1, "leak: b"),
    ]
    assert len(told[0].example) <= 400


def test_candidates_that_met_most_cases_come_first_and_the_rest_was_dropped(parts: Split) -> None:
    won, long, short = scored("won", 1.0, 1.0), scored("long", 1.0, 0.0), scored("short", 1.0)
    told = tried_of(found(winner=won, candidates=(short, long, won)), parts)
    assert [(t.text, t.ended) for t in told] == [("long", ""), ("won", "won"), ("short", "dropped by the race")]


def test_a_report_lists_so_many_candidates_and_no_more(parts: Split) -> None:
    many = tuple(scored(f"text {n}", 1.0) for n in range(MOST + 50))
    assert len(tried_of(found(candidates=many), parts)) == MOST


@pytest.mark.parametrize(
    ("edit", "place", "before"),
    [
        (Edit(0, "replace", "Be kind."), "sentence 1", "Say it."),
        (Edit(1, "insert", "Be kind."), "after sentence 2", ""),
        (Edit(-1, "insert", "Be kind."), "at the beginning", ""),
        (Edit(2, "delete"), "sentence 3", "Say it."),
    ],
    ids=["replace", "insert", "first", "delete"],
)
def test_a_kept_edit_is_told_with_its_place_and_its_worth(edit: Edit, place: str, before: str) -> None:
    worths = (Worth(edit, Estimate(0.05, 0.01), "Say it.", 3, kept=True), Worth(edit, Estimate(0, 1), "x", 1))
    screens = (Screen(1, START, worths, 10),)
    (told,) = edits_of(found(screens=screens))
    assert (told.place, told.before, told.after, told.effect) == (place, before, edit.text, 0.05)
    assert told.ci == pytest.approx((0.05 - 0.01 * 1.645, 0.05 + 0.01 * 1.645), abs=1e-3)


def test_the_same_question_has_its_answer(old: Side, new: Side, parts: Split) -> None:
    pair = pair_of(old, new, parts)
    members = ledger.members_of(parts.test, old.template.variables | old.template.optional)
    asked = [question("inconclusive", "other", members), question("inconclusive", pair, members)]
    assert answered_before(old, new, parts, asked) is asked[1]
    assert answered_before(old, new, parts, [question("improved", pair, members)]) is None
    assert answered_before(old, new, parts, [question("inconclusive", pair, ("others",))]) is None
    assert pair_of(new, old, parts) != pair


def test_a_question_is_noted_once_and_after_those_before_it(old: Side, parts: Split) -> None:
    ending, before = Ending("inconclusive", (), found(), None, trial(parts, "inconclusive")), question("refused", "q")
    (first,) = ledger_file(old, ending, [before]).values()
    asked = ledger.load(first, "l")
    assert [q.pair for q in asked] == ["q", "p"]
    assert ledger_file(old, ending, asked) == {ledger.path_of("say"): first}
    assert ledger_file(old, Ending("no_change", ()), []) == {}


def handed(project: Project, old: Side, ending: Ending, place: Path, *, prompt_too: bool) -> str | None:
    here = replace(project, directory=place)
    (place / "prompts").mkdir(exist_ok=True)
    if not (place / "prompts/say.md").exists():
        (place / "prompts/say.md").write_bytes(old.content)
    _, why_not = WorkingTree(here, prompt_too)(old, ending, [], Report("optimize", ()), PromptReport("say", "pass", ()))
    return why_not


def test_a_dry_run_notes_the_question_and_writes_no_prompt(
    project: Project, old: Side, new: Side, parts: Split, tmp_path: Path
) -> None:
    ending = Ending("improved", (), found(), new, trial(parts))
    assert handed(project, old, ending, tmp_path, prompt_too=False) is None
    assert (tmp_path / "prompts/say.md").read_bytes() == old.content
    assert (tmp_path / ledger.path_of("say")).exists()
    assert handed(project, old, ending, tmp_path, prompt_too=True) is None
    assert (tmp_path / "prompts/say.md").read_text() == BETTER + "\n"


def test_a_prompt_that_somebody_edits_meanwhile_is_left_alone(
    project: Project, old: Side, new: Side, parts: Split, tmp_path: Path
) -> None:
    (tmp_path / "prompts").mkdir()
    (tmp_path / "prompts/say.md").write_text("mine\n")
    said = handed(project, old, Ending("improved", (), found(), new, trial(parts)), tmp_path, prompt_too=True)
    assert said == "prompts/say.md was edited while the search ran, so it was left alone."
    assert (tmp_path / "prompts/say.md").read_text() == "mine\n"


def test_a_text_that_people_closed_is_not_tried_again(old: Side) -> None:
    closed = Declined(old, frozenset((content_of(old, BETTER),)))
    assert closed(Proposal("opro", BETTER)) == "a pull request with this text was closed"
    assert closed(Proposal("opro", BETTER + " Please.")) is None
    assert Declined(old, frozenset())(Proposal("opro", BETTER)) is None


def test_a_text_is_held_by_its_file_or_refused(old: Side) -> None:
    assert FileForm(old)(Proposal("opro", BETTER)) is None
    assert content_of(old, BETTER) == content_of(old, BETTER) != content_of(old, START)
    assert diff(old, old) == ""


def test_what_an_answer_takes_is_told_beside_what_it_took() -> None:
    old, new = Takes(0.001, 1.0, 20.0), Takes(None, 0.25, 2000.0)
    assert spent(old, new) == (
        "It takes unknown for 1,000 answers (before: 1 USD), 0.25 s an answer (before: 1 s), "
        "2,000 characters an answer (before: 20 characters)."
    )


def standing(name: str, usd: float | None) -> object:
    return SimpleNamespace(name=name, new=Takes(usd, None, None))


@pytest.mark.parametrize(
    ("models", "expected"),
    [
        ([[("same", 3.0)], [("better", 2.0)], [("worse", 1.0)]], 1),
        ([[("same", 3.0)], [("same", None)]], 0),
        ([[("worse", 1.0)], [("cannot_tell", 1.0)]], None),
        ([[("same", 1.0), ("worse", 1.0)], [("same", 2.0), ("same", 2.0)]], 1),
        ([[]], None),
    ],
    ids=["cheapest", "a-price-unknown", "none", "worse-on-one", "nothing"],
)
def test_the_cheapest_that_is_worse_nowhere(models: list[list[tuple[str, float | None]]], expected: int | None) -> None:
    given = [[standing(*one) for one in of] for of in models]
    assert cheapest(given) == expected  # type: ignore[arg-type]  # all that is read of a standing
