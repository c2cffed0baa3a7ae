"""One run opened: caps in force, seeds of its own for each purpose, a finished run never begun again."""

from __future__ import annotations

from pathlib import Path

import pytest

from promptci.errors import PromptciError, UsageError
from promptci.models.budget import Limits
from promptci.project.project import locate
from promptci.report.read import read
from promptci.run.session import limits_of, session
from tests.conftest import CONFIG, Repo

ALL = "budget: {max_calls: 9, max_tokens: 8, max_usd: 7, max_minutes: 6}"


@pytest.mark.parametrize(
    ("given", "limits"),
    [
        pytest.param({}, Limits(9, 8, 7.0, 6.0), id="the-settings"),
        pytest.param({"max_calls": 0}, Limits(0, 8, 7.0, 6.0), id="no-calls-is-a-cap"),
        pytest.param({"max_usd": 0.5, "max_minutes": 1.0}, Limits(9, 8, 0.5, 1.0), id="options-win"),
    ],
)
def test_the_caps_in_force(repo: Repo, given: dict[str, float], limits: Limits) -> None:
    repo.write("promptci.yaml", CONFIG.replace("budget: {max_calls: 20000}", ALL))
    project = locate(repo.path / "promptci.yaml", Path())
    assert limits_of(repo.options(**given), project.config) == limits


def test_each_purpose_has_a_seed_of_its_own_that_a_commit_changes(repo: Repo) -> None:
    project = locate(repo.path / "promptci.yaml", Path())
    with session(project, repo.options()) as run, session(project, repo.options(seed=1)) as other:
        seeds = {run.seed_for("order"), run.seed_for("order", "say"), run.seed_for("race"), other.seed_for("order")}
        before = run.seed_for("order")
        assert len(seeds) == 4
        assert run.seed_for("order") == before
        assert run.seed_for("a", "b") != run.seed_for("a b")
    repo.write("README.md", "another commit\n")
    repo.commit("Change nothing")
    with session(locate(repo.path / "promptci.yaml", Path()), repo.options()) as later:
        assert later.seed_for("order") != before
        assert 0 <= later.seed_for("order") < 2**48


def test_a_finished_run_is_not_gone_on_with(repo: Repo) -> None:
    project = locate(repo.path / "promptci.yaml", Path())
    with session(project, repo.options(run="one")) as run:
        kept = run.report("check", [])
    assert read(run.place / "report.json").run == kept.run == "one"
    with (
        pytest.raises(UsageError, match="the run 'one' is finished") as caught,
        session(project, repo.options(resume="one")),
    ):
        pass
    assert caught.value.hint == "`promptci runs show one` prints it"


def test_an_unfinished_run_is_gone_on_with_under_its_name(repo: Repo) -> None:
    project = locate(repo.path / "promptci.yaml", Path())
    with session(project, repo.options(run="one")):
        pass
    with session(project, repo.options(resume="on")) as again:
        assert (again.run, again.place.name) == ("one", "one")
    with pytest.raises(PromptciError), session(project, repo.options(resume="other")):
        pass


def test_two_runs_have_two_names(repo: Repo) -> None:
    project = locate(repo.path / "promptci.yaml", Path())
    with session(project, repo.options()) as one, session(project, repo.options()) as two:
        assert one.run != two.run
        assert one.place.parent == two.place.parent == repo.path / ".promptci" / "runs"


def test_a_way_that_is_refused_leaves_no_cache_open(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(workers: int, connect: object) -> None:
        raise UsageError("needs the package ray")

    monkeypatch.setattr("promptci.models.ray.connected", refused)
    monkeypatch.setattr("promptci.run.session.Cache", None)  # opening one would be a TypeError
    project = locate(repo.path / "promptci.yaml", Path())
    with pytest.raises(UsageError, match="needs the package ray"), session(project, repo.options(executor="ray")):
        pass
