"""What a schedule finds of its models becomes one issue each, updated in place, and nothing of it is red."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from promptci.commands import watching
from promptci.commands.check import check
from promptci.commands.watching import Concern, excused
from promptci.core import Reason
from promptci.errors import ForgeError, UsageError
from promptci.forge.base import Posted
from promptci.models.base import ModelSpec
from promptci.models.keys import server
from promptci.models.retirement import Offer, Retirement
from promptci.project.project import locate
from promptci.report.base import PromptReport
from promptci.run.session import session
from tests.commands.test_ci_events import Runs
from tests.commands.test_optimize import BETTER, grading, proposing
from tests.conftest import CONFIG, Repo, cases

TODAY = date(2026, 11, 26)
GATED = CONFIG.replace("say.jsonl}", "say.jsonl, gate: {min_score: 0.8}}")


def ending(year: int, month: int, day: int) -> Offer:
    """A server that lists the model `m` with its last day."""
    return Offer((), (Retirement("m", date(year, month, day), "s", TODAY),))


def steady(share: float) -> Callable[[str, int], str]:
    """A model that answers a case alike however often it is asked."""
    return lambda text, sample: grading("no such words", 0, share)(text, 0)


@pytest.fixture
def accepted(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> Runs:
    """A clone whose prompt passes 90 % of its cases, and whose baseline says so."""
    repo.write("promptci.yaml", GATED)
    repo.write("evals/say.jsonl", cases(100))
    repo.model.score, repo.model.propose = steady(0.9), proposing(BETTER)
    repo.commit("Ask for a score", push=True)
    check(repo.options(), accept=True)
    repo.commit("Accept a baseline", push=True)
    return Runs(repo, monkeypatch, {}, [])


def written(repo: Repo) -> dict[str, str]:
    """The issues beside the remote, by name."""
    return {p.name: p.read_text() for p in (repo.path.parent / "origin.pulls" / "issues").glob("*.md")}


def test_a_model_that_answers_as_it_did_costs_a_few_calls_and_opens_nothing(accepted: Runs) -> None:
    before = len(accepted.repo.model.asked)
    report = accepted("schedule")
    assert (report.verdict, written(accepted.repo)) == ("pass", {})
    (note,) = (n for n in report.notes if "answers as it did" in n)
    asked = int(note.split(": ")[1].split()[0])
    assert 0 < asked < 40  # both directions together
    assert len(accepted.repo.model.asked) - before == asked + 100  # the check itself asks each case once


def test_a_drift_opens_one_issue_that_the_next_run_updates_and_is_not_red(accepted: Runs) -> None:
    accepted.repo.model.score = steady(0.6)
    for _ in range(2):
        report = accepted("schedule", PROMPTCI_CREATE_PR="false")
        assert report.verdict == "inconclusive"
        assert {r.kind for r in report.prompts[0].reasons if isinstance(r, Reason)} >= {"model_moved"}
        ((name, text),) = written(accepted.repo).items()
        assert name.startswith("promptci-drifted-scripted-")
        assert "drift of 10 points" in text
        assert "`say`" in text
    assert any("issue updated" in line or "issue says so already" in line for line in accepted.said)


def test_an_alias_that_answers_as_another_model_opens_an_issue(accepted: Runs) -> None:
    accepted.repo.model.name = "scripted-2"
    report = accepted("schedule")
    ((name, text),) = written(accepted.repo).items()
    assert name.startswith("promptci-renamed-scripted-")
    assert "answered as `scripted-1` when" in text
    assert "answers as `scripted-2` now. No drift" in text
    assert report.verdict == "pass"


@pytest.mark.parametrize(
    ("environ", "kept"),
    [({"PROMPTCI_DRY_RUN": "true"}, "a dry run"), ({}, "no issue was written")],
    ids=["dry", "gone"],
)
def test_what_cannot_be_written_is_told(environ: dict[str, str], kept: str, accepted: Runs) -> None:
    accepted.repo.model.name = "scripted-2"
    if not environ:
        accepted.repo.git("remote", "set-url", "origin", str(accepted.repo.path.parent / "gone.git"))
    accepted("schedule", None, PROMPTCI_CREATE_PR="false", **environ)
    assert any(kept in line for line in accepted.said)
    assert written(accepted.repo) == {}


def test_without_a_baseline_nothing_is_asked(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    run = Runs(repo, monkeypatch, {}, [])
    report = run("schedule")
    assert len(repo.model.asked) == 240
    assert not any("as it did" in n for n in report.notes)


def test_a_budget_that_ends_tells_nothing(accepted: Runs) -> None:
    project = locate(accepted.repo.path / "promptci.yaml", Path())
    from promptci.project.changes import plan

    planned = plan(project, "HEAD", everything=True)
    with session(project, accepted.repo.options(max_calls=2)) as run:
        assert watching.concerns(run, [p.new for p in planned], TODAY) == []
        assert any("could not be told" in note for note in run.door.notes)


@pytest.mark.parametrize(
    ("model", "offer", "expected"),
    [
        pytest.param("gpt-4.1", Offer(), "gpt-4.1 retires on 2027-01-14", id="in the table"),
        pytest.param("gpt-6-luna", Offer(), None, id="nothing known"),
        pytest.param("gpt-6-luna", Offer(("gpt-6.1-luna",)), "gpt-6-luna has a successor", id="a successor"),
        pytest.param("m", ending(2027, 1, 25), "m retires on 2027-01-25", id="60 days"),
        pytest.param("m", ending(2027, 1, 26), None, id="61 days"),
        pytest.param("m", ending(2026, 1, 1), "m was retired on 2026-01-01", id="gone"),
    ],
)  # fmt: skip
def test_dates_and_successors_are_concerns(
    model: str, offer: Offer, expected: str | None, repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "offered", lambda spec, today: offer)
    text = CONFIG.replace("{scorer:", "{optimizer: {model: offline}, scorer:").replace(
        "model: scripted", f"model: {model}"
    )
    repo.write("promptci.yaml", text.replace("127.0.0.1:9", "models.example"))
    project = locate(repo.path / "promptci.yaml", Path())
    with session(project, repo.options()) as run:
        found = watching.concerns(run, [], TODAY)
    assert [one.title for one in found] == ([expected] if expected else [])
    if expected:
        assert "promptci upgrade --to" in found[0].body
        assert found[0].ids == ()


def test_a_server_is_asked_once_for_the_list_of_its_models(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def offered(spec: ModelSpec, today: date) -> Offer:
        asked.append(server(spec))
        return Offer()

    monkeypatch.setattr(watching, "offered", offered)
    there = '{model: o, base_url: "http://127.0.0.1:9/v1"}'
    repo.write("promptci.yaml", CONFIG.replace("{scorer:", f"{{optimizer: {there}, scorer:"))
    with session(locate(repo.path / "promptci.yaml", Path()), repo.options()) as run:
        watching.concerns(run, [], TODAY)
    assert asked == ["http://127.0.0.1:9/v1"]


def test_what_was_written_before_the_forge_failed_is_told(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    class Failing:
        def issue(self, title: str, body: str, *, marker: str) -> Posted:
            if title == "second":
                raise ForgeError("the forge is down")
            return Posted("created", "https://forge.example/1")

    monkeypatch.setattr(watching, "forge_for", lambda *_, **__: Failing())
    found = [Concern("retires", name, name, "") for name in ("first", "second", "third")]
    told = watching.issues(locate(repo.path / "promptci.yaml", Path()), found, {})
    assert told[0] == "first: issue created https://forge.example/1"
    assert told[1:3] == ["second", "third"]
    assert told[3].startswith("no issue was written: ")


def test_one_issue_belongs_to_one_model_and_kind() -> None:
    first = Concern("retires", "a/b:c", "", "")
    assert first.marker.startswith("promptci-retires-a-b-c-")
    others = [replace(first, model="a-b-c"), replace(first, kind="successor"), replace(first, model="x" * 200)]
    assert len({first.marker, *(one.marker for one in others)}) == 4
    assert all(len(one.marker) <= 60 for one in others)


def test_an_upgrade_can_be_started_by_hand(accepted: Runs) -> None:
    report = accepted("workflow_dispatch", {"inputs": {"command": "upgrade", "to": "newer"}})
    assert accepted.line.endswith("compared with newer, as asked by hand; proposed newer.")
    assert (report.command, report.verdict) == ("upgrade", "pass")
    accepted("workflow_dispatch", {"inputs": {"command": "upgrade", "to": "newer", "dry-run": True}})
    assert accepted.line.endswith("it could be newer.")
    with pytest.raises(UsageError, match="no model to move to"):
        accepted("workflow_dispatch", {"inputs": {"command": "upgrade"}})


def test_only_a_moved_models_own_prompts_are_excused() -> None:
    moved = Concern("drifted", "m", "m drifted", "", ("a",))
    reports = [PromptReport(i, "fail", ()) for i in ("a", "b")]
    assert [p.verdict for p in excused(reports, [moved])] == ["inconclusive", "fail"]
    assert json.dumps([str(r) for r in excused(reports, [moved])[0].reasons]).count("no commit is to blame") == 1
