"""What a CI event leads to, with real git and a scripted model."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from promptci.commands.check import check
from promptci.commands.ci import ci
from promptci.errors import ConfigError, DataError, GitError, UsageError
from promptci.report.base import Report
from tests.commands.test_check import number
from tests.commands.test_optimize import BETTER, grading, proposing
from tests.conftest import CONFIG, START, Repo, ScriptedModel, cases, reasons_of

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
    repo.model.score = grading("the word", 0.9, 0.2)
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
    assert "git push" in reasons_of(report.prompts[0])[-1]


@pytest.mark.parametrize("name", ["release", "pull_request_target", "workflow_run", "constructor"])
def test_a_gate_that_would_measure_nothing_is_refused(
    name: str, repo: Repo, monkeypatch: pytest.MonkeyPatch, said: list[str]
) -> None:
    with pytest.raises(UsageError, match=name):
        ci(repo.options(), event(repo, name, {}, monkeypatch), said.append)
    assert repo.model.asked == []


def test_outside_ci_it_says_what_to_run_instead(repo: Repo, monkeypatch: pytest.MonkeyPatch, said: list[str]) -> None:
    monkeypatch.chdir(repo.path)
    with pytest.raises(UsageError, match="promptci check"):
        ci(repo.options(), {}, said.append)


EVIL = CONFIG.replace("http://127.0.0.1:9/v1", "http://evil.example/v1")
GATED = CONFIG.replace("say.jsonl}", "say.jsonl, gate: {min_score: 0.9, must_pass: [smoke]}}")
OFFLINE = CONFIG.replace('scorer: {model: scripted, base_url: "http://127.0.0.1:9/v1"}', "scorer: {model: offline}")


@pytest.fixture
def pull(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Report]:
    """Commit what the test wrote as a pull request against what is on main, and let CI check it."""
    return lambda: pulled(repo, monkeypatch)


def pulled(repo: Repo, monkeypatch: pytest.MonkeyPatch, **options: object) -> Report:
    base = repo.git("rev-parse", "main").strip()
    repo.git("switch", "--quiet", "-c", "change")
    repo.commit("Change")
    return judged(repo, monkeypatch, base, **options)


def judged(repo: Repo, monkeypatch: pytest.MonkeyPatch, tip: str, **options: object) -> Report:
    """Have CI look at what is checked out, as a pull request into `tip`."""
    environ = event(repo, "pull_request", {"pull_request": {"base": {"sha": tip}}}, monkeypatch)
    return ci(replace(repo.options(), **options), environ, print)  # type: ignore[arg-type]  # the names are Options' own


def loses_a_third(text: str, sample: int) -> str:
    return "no" if "word" not in text and number(text) % 3 == 0 else "yes"


def smoke(*numbers: int) -> str:
    rows = [json.loads(line) for line in cases(240).splitlines()]
    return "".join(json.dumps({**row, "tags": ["smoke"] * (n in numbers)}) + "\n" for n, row in enumerate(rows))


@pytest.fixture
def gated(repo: Repo) -> Repo:
    """On main, the prompt must score 0.9 and the case c0003 has to pass."""
    repo.write("promptci.yaml", GATED)
    repo.write("evals/say.jsonl", smoke(3))
    repo.commit("Gate it", push=True)
    repo.model.score = loses_a_third
    return repo


def test_settings_that_a_pull_request_links_to_are_refused(repo: Repo, pull: Callable[[], Report]) -> None:
    repo.write("evil.yaml", EVIL)
    (repo.path / "promptci.yaml").unlink()
    (repo.path / "promptci.yaml").symlink_to("evil.yaml")
    with pytest.raises(ConfigError, match="a symbolic link"):
        pull()
    assert repo.model.asked == []


def nearer(repo: Repo, config: str) -> None:
    repo.write("sub/promptci.yaml", config.replace("prompts/say.md", "say.md").replace("evals/say.jsonl", "say.jsonl"))
    repo.write("sub/say.md", START)
    repo.write("sub/say.jsonl", cases(40))


def test_settings_that_a_pull_request_puts_nearer_are_refused(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    nearer(repo, EVIL)
    with pytest.raises(ConfigError, match=r"only in promptci\.yaml: a pull request cannot choose its models"):
        pulled(repo, monkeypatch, config=repo.path / "sub/promptci.yaml")
    assert repo.model.asked == []


def test_nearer_settings_that_call_no_model_are_taken(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    nearer(repo, OFFLINE)
    report = pulled(repo, monkeypatch, config=repo.path / "sub/promptci.yaml")
    assert {r.spec.model for r in repo.model.asked} == {"offline"}
    assert report.prompts[0].planned_cases == 40


def test_the_first_settings_of_a_pull_request_are_read_but_ask_no_model(repo: Repo, pull: Callable[[], Report]) -> None:
    repo.git("branch", "--move", "main", "adopted")
    repo.git("branch", "main", "HEAD^")
    repo.write("README.md", "with promptci\n")
    report = pull()
    assert (report.verdict, report.prompts[0].why) == ("inconclusive", ("new prompt",))
    assert (report.prompts[0].planned_cases, repo.model.asked) == (240, [])


def test_settings_that_the_base_broke_can_be_mended_but_ask_no_model(repo: Repo, pull: Callable[[], Report]) -> None:
    repo.write("promptci.yaml", "prompts: [")
    repo.commit("Break the settings", push=True)
    repo.write("promptci.yaml", EVIL)
    report = pull()
    assert (report.verdict, repo.model.asked) == ("inconclusive", [])
    assert "merge it by hand" in reasons_of(report.prompts[0])[0]


def test_settings_that_the_base_broke_are_mended_by_ones_that_call_no_model(
    repo: Repo, pull: Callable[[], Report]
) -> None:
    repo.write("promptci.yaml", "prompts: [")
    repo.commit("Break the settings", push=True)
    repo.write("promptci.yaml", OFFLINE)
    report = pull()
    assert {r.spec.model for r in repo.model.asked} == {"offline"}
    assert "the base's settings cannot be read" in reasons_of(report.prompts[0])[0]


def test_answers_that_a_pull_request_brings_are_refused(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    base = repo.git("rev-parse", "HEAD").strip()
    repo.git("switch", "--quiet", "-c", "evil")
    repo.write("prompts/say.md", WORSE)
    repo.commit("Worse")
    check(repo.options(), ids=["say"])  # by a model that says yes to all
    repo.git("add", "--force", ".promptci/cache/answers.sqlite")
    repo.git("commit", "--quiet", "--message", "With answers")
    repo.git("push", "--quiet", "origin", "HEAD")
    runner = Repo(repo.path.parent / "runner", ScriptedModel(score=loses_a_third))
    origin = str(repo.path.parent / "origin.git")
    subprocess.run(["git", "clone", "-q", "-b", "evil", origin, str(runner.path)], check=True)
    environ = event(runner, "pull_request", {"pull_request": {"base": {"sha": base}}}, monkeypatch)
    with pytest.raises(DataError, match="do not belong into a commit") as problem:
        ci(runner.options(), environ, print)
    assert (
        problem.value.hint == "git rm -r --cached .promptci/cache, then commit"
    )  # git refuses a place that is not there


@pytest.mark.parametrize("place", [".promptci", ".promptci/cache", ".promptci/runs"])
def test_a_link_that_a_pull_request_brings_is_not_written_through(
    place: str, repo: Repo, pull: Callable[[], Report]
) -> None:
    outside = repo.path.parent / "victim"
    outside.mkdir()
    (repo.path / place).parent.mkdir(exist_ok=True)
    (repo.path / place).symlink_to(outside)
    repo.write("prompts/say.md", WORSE)
    with pytest.raises((GitError, DataError), match="symbolic link"):
        pull()
    assert list(outside.iterdir()) == []


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        pytest.param("gate: {max_drop: 0.9}", "gate.max_drop, gate.min_score, gate.must_pass", id="other-gate"),
        pytest.param("target: 0.1", "gate.min_score, gate.must_pass", id="no-gate"),
    ],
)
def test_a_pull_request_is_judged_by_the_base_s_gate(
    asked: str, named: str, gated: Repo, pull: Callable[[], Report]
) -> None:
    gated.write("promptci.yaml", CONFIG.replace("say.jsonl}", f"say.jsonl, {asked}}}"))
    gated.write("prompts/say.md", WORSE)
    report = pull()
    (prompt,) = report.prompts
    assert prompt.verdict == "fail"
    assert prompt.why == ("prompt text", f"settings ({named})")
    assert f"Judged by the base's gate: this change's own ({named}) holds once it is merged." in reasons_of(prompt)


def test_a_prompt_is_no_new_one_under_another_name(gated: Repo, pull: Callable[[], Report]) -> None:
    gated.write("promptci.yaml", CONFIG.replace("id: say", "id: tell"))
    gated.write("prompts/say.md", WORSE)
    (prompt,) = pull().prompts
    assert (prompt.id, prompt.verdict) == ("tell", "fail")


def test_a_prompt_that_a_pull_request_takes_out_is_reported(gated: Repo, pull: Callable[[], Report]) -> None:
    gated.write("prompts/other.md", START)
    gated.write("evals/other.jsonl", cases(60))
    gated.write("promptci.yaml", CONFIG.replace("say", "other"))
    report = pull()
    assert [(p.id, p.verdict) for p in report.prompts] == [("other", "pass"), ("say", "inconclusive")]
    assert "from now on nothing gates it" in reasons_of(report.prompts[1])[0]
    assert report.verdict == "inconclusive"


def test_a_tag_that_a_pull_request_takes_away_still_counts(gated: Repo, pull: Callable[[], Report]) -> None:
    gated.model.score = lambda text, sample: "no" if "word" not in text and number(text) == 3 else "yes"
    gated.write("promptci.yaml", GATED.replace("smoke", "c0009"))
    gated.write("evals/say.jsonl", smoke())
    gated.write("prompts/say.md", WORSE)
    (prompt,) = pull().prompts
    assert prompt.verdict == "fail"
    assert any("c0003" in reason for reason in reasons_of(prompt))


def test_a_pull_request_cannot_take_all_must_pass_cases_away(gated: Repo, pull: Callable[[], Report]) -> None:
    gated.write("promptci.yaml", GATED.replace("smoke", "c0009"))
    gated.write("evals/say.jsonl", "".join(row for row in cases(240).splitlines(True) if "c0003" not in row))
    with pytest.raises(ConfigError, match="names 'smoke'"):
        pull()


def test_a_pull_request_that_cannot_be_compared_does_not_pass(repo: Repo, pull: Callable[[], Report]) -> None:
    repo.write("evals/say.jsonl", cases(240).replace('"input": "number', '"text": "figure'))
    repo.write("prompts/say.md", START.replace("input", "text") + "\n")
    (prompt,) = pull().prompts
    assert (prompt.verdict, prompt.score) == ("inconclusive", 1.0)
    assert "uses 'input', which the new cases lack" in reasons_of(prompt)[0]


def test_a_pull_request_does_not_write_the_summary_it_is_judged_by(
    repo: Repo, pull: Callable[[], Report], monkeypatch: pytest.MonkeyPatch
) -> None:
    repo.model.score = loses_a_third
    repo.write("prompts/say.md", WORSE)
    repo.write("templates/summary/report.md.j2", "# PASS: all is fine\n")
    assert pull().verdict == "fail"
    assert "all is fine" not in (repo.path.parent / "github/summary.md").read_text()


def test_a_push_may_bring_its_own_summary(repo: Repo, monkeypatch: pytest.MonkeyPatch, said: list[str]) -> None:
    before = repo.git("rev-parse", "HEAD").strip()
    repo.write("templates/summary/report.md.j2", "# Our own summary\n")
    repo.commit("A template", push=True)
    environ = event(repo, "push", {"before": before}, monkeypatch)
    ci(repo.options(), environ, said.append)
    assert "Our own summary" in Path(environ["GITHUB_STEP_SUMMARY"]).read_text()


def test_after_a_force_push_it_compares_with_what_there_is(
    repo: Repo, monkeypatch: pytest.MonkeyPatch, said: list[str]
) -> None:
    repo.write("prompts/say.md", START.replace("Say", "Tell me") + "\n")
    repo.commit("Another verb", push=True)
    report = ci(repo.options(), event(repo, "push", {"before": "1" * 40}, monkeypatch), said.append)
    assert report.base == repo.git("rev-parse", "HEAD^").strip()
    assert "as after a force push" in reasons_of(report.prompts[0])[-1]


def test_a_base_that_was_named_must_be_there(repo: Repo, monkeypatch: pytest.MonkeyPatch, said: list[str]) -> None:
    environ = event(repo, "push", {"before": "1" * 40}, monkeypatch)
    with pytest.raises(GitError, match="unknown revision"):
        ci(repo.options(), {**environ, "PROMPTCI_BASE_REF": "gone"}, said.append)
