"""What a CI event leads to, with real git and a scripted model."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from promptci.errors import UsageError
from promptci.report.base import Report
from promptci.workflow.ci import ci
from tests.conftest import CONFIG, START, Repo
from tests.workflow.test_optimize import BETTER, grading, proposing

WORSE = "Say it.\n\nInput: {{ input }}\n"


@pytest.fixture
def said() -> list[str]:
    return []


def event(repo: Repo, name: str, payload: dict[str, object], monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """GitHub's environment for one event; the working directory is the clone."""
    place = repo.path.parent / "github"
    place.mkdir(exist_ok=True)
    (place / "event.json").write_text(json.dumps({"repository": {"default_branch": "main"}, **payload}))
    monkeypatch.chdir(repo.path)
    files = {"GITHUB_EVENT_PATH": "event.json", "GITHUB_STEP_SUMMARY": "summary.md", "GITHUB_OUTPUT": "output"}
    return {
        "GITHUB_EVENT_NAME": name,
        "GITHUB_REF_NAME": repo.git("rev-parse", "--abbrev-ref", "HEAD").strip(),
        **{key: str(place / value) for key, value in files.items()},
    }


def assigned(environ: dict[str, str]) -> dict[str, str]:
    """The step's outputs, read as the runner reads its file: name<<end, lines, end."""
    found, lines = {}, iter(Path(environ["GITHUB_OUTPUT"]).read_text().splitlines())
    for line in lines:
        name, end = line.split("<<")
        value = []
        while (part := next(lines)) != end:
            value.append(part)
        found[name] = "\n".join(value)
    return found


def test_a_pull_request_that_makes_a_prompt_worse_fails(
    repo: Repo, monkeypatch: pytest.MonkeyPatch, said: list[str]
) -> None:
    base = repo.git("rev-parse", "HEAD").strip()
    repo.git("switch", "--quiet", "-c", "shorter")
    repo.write("prompts/say.md", WORSE)
    repo.commit("Shorten")
    repo.model.score = grading("the word", 0.9, 0.5)
    environ = event(repo, "pull_request", {"pull_request": {"base": {"sha": base}}}, monkeypatch)
    report: Report = ci(repo.options(), environ, said.append)
    assert report.verdict == "fail"
    out = assigned(environ)
    assert (out["verdict"], out["pull-request-operation"]) == ("fail", "none")
    assert float(out["delta"]) < 0
    assert Path(out["report-path"]).is_file()
    assert "say" in Path(environ["GITHUB_STEP_SUMMARY"]).read_text()
    assert said[0].startswith("::error file=prompts/say.md")


def test_a_pull_request_cannot_choose_model_host_key_or_budget(
    repo: Repo, monkeypatch: pytest.MonkeyPatch, said: list[str]
) -> None:
    base = repo.git("rev-parse", "HEAD").strip()
    repo.git("switch", "--quiet", "-c", "evil")
    evil = CONFIG.replace("http://127.0.0.1:9/v1", "http://evil.example/v1").replace("20000", "99999999")
    repo.write("promptci.yaml", evil.replace("model: scripted", "model: scripted, api_key_env: GITHUB_TOKEN"))
    repo.write("prompts/say.md", START.replace("Say", "Tell me") + "\n")
    repo.commit("A small edit")
    environ = event(repo, "pull_request", {"pull_request": {"base": {"sha": base}}}, monkeypatch)
    ci(repo.options(), environ, said.append)
    assert {(r.spec.base_url, r.spec.api_key_env) for r in repo.model.asked} == {
        ("http://127.0.0.1:9/v1", "OPENAI_API_KEY")
    }


def test_a_push_to_main_improves_what_is_below_its_target(
    repo: Repo, monkeypatch: pytest.MonkeyPatch, said: list[str]
) -> None:
    before = repo.git("rev-parse", "HEAD").strip()
    repo.write("prompts/say.md", START.replace("Say", "Tell me") + "\n")
    repo.commit("Another verb", push=True)
    repo.model.score, repo.model.propose = grading("with care", 0.95, 0.6), proposing(BETTER)
    environ = event(repo, "push", {"before": before}, monkeypatch)
    report = ci(repo.options(), environ, said.append)
    out = assigned(environ)
    assert (out["pull-request-operation"], out["pull-request-number"]) == ("created", "1")
    assert report.calls == len(repo.model.asked)
    assert (repo.path.parent / "origin.pulls").is_dir()


def test_check_and_search_share_one_budget(repo: Repo, monkeypatch: pytest.MonkeyPatch, said: list[str]) -> None:
    before = repo.git("rev-parse", "HEAD").strip()
    repo.write("prompts/say.md", START.replace("Say", "Tell me") + "\n")
    repo.commit("Another verb", push=True)
    repo.model.score, repo.model.propose = grading("with care", 0.95, 0.6), proposing(BETTER)
    report = ci(repo.options(max_calls=500), event(repo, "push", {"before": before}, monkeypatch), said.append)
    assert report.calls == len(repo.model.asked) <= 500


def test_a_prompt_at_its_target_is_not_searched(repo: Repo, monkeypatch: pytest.MonkeyPatch, said: list[str]) -> None:
    before = repo.git("rev-parse", "HEAD").strip()
    repo.write("prompts/say.md", START.replace("Say", "Tell me") + "\n")
    repo.commit("Another verb", push=True)
    ci(repo.options(), event(repo, "push", {"before": before}, monkeypatch), said.append)
    assert repo.model.calls("optimizer") == 0


def test_where_nothing_could_be_proposed_nothing_is_searched(
    repo: Repo, monkeypatch: pytest.MonkeyPatch, said: list[str]
) -> None:
    before = repo.git("rev-parse", "HEAD").strip()
    repo.write("prompts/say.md", START.replace("Say", "Tell me") + "\n")
    repo.commit("Not pushed")
    repo.model.score = grading("with care", 0.95, 0.6)
    report = ci(repo.options(), event(repo, "push", {"before": before}, monkeypatch), said.append)
    assert repo.model.calls("optimizer") == 0
    assert "git push" in report.prompts[0].reasons[-1]


@pytest.mark.parametrize("name", ["schedule", "merge_group", "workflow_dispatch", "issue_comment"])
def test_other_events_say_what_they_would_need(
    name: str, repo: Repo, monkeypatch: pytest.MonkeyPatch, said: list[str]
) -> None:
    with pytest.raises(UsageError, match=name):
        ci(repo.options(), event(repo, name, {}, monkeypatch), said.append)
    assert repo.model.asked == []


def test_outside_ci_it_says_what_to_run_instead(repo: Repo, monkeypatch: pytest.MonkeyPatch, said: list[str]) -> None:
    monkeypatch.chdir(repo.path)
    with pytest.raises(UsageError, match="promptci check"):
        ci(repo.options(), {}, said.append)
