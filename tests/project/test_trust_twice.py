"""Ways of several steps: two pull requests one after the other, two prompts exchanged, folders that lead elsewhere."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from promptci.commands.check import check
from promptci.errors import PromptciError
from promptci.records import baseline
from promptci.report.base import Report
from tests.commands.test_ci import WORSE, judged, loses_a_third
from tests.conftest import CONFIG, START, Repo, cases

OTHER = "Another thing with the word.\n\nInput: {{ input }}\n"
BOTH = CONFIG.replace(
    "evals/say.jsonl}", "evals/say.jsonl}\n  - {id: other, file: prompts/other.md, cases: evals/other.jsonl}"
)


def tip(repo: Repo) -> str:
    return repo.git("rev-parse", "main").strip()


def asked_to_merge(repo: Repo, name: str, monkeypatch: pytest.MonkeyPatch) -> Report:
    """Commit what was written to a branch, and have CI look at it."""
    before = tip(repo)
    repo.git("switch", "--quiet", "-c", name)
    repo.commit(name)
    return judged(repo, monkeypatch, before)


def test_an_edited_baseline_is_not_green_and_hides_nothing_once_it_is_merged(
    repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo.write("evals/say.jsonl", cases(60))
    check(repo.options(), accept=True)
    repo.commit("Accept", push=True)
    place = repo.path / baseline.path_of("say")
    lower = json.loads(place.read_text()) | {"score": 0.0}
    lower["values"] = dict.fromkeys(lower["values"], 0.0)
    place.write_text(json.dumps(lower, indent=1, sort_keys=True) + "\n")
    assert asked_to_merge(repo, "first", monkeypatch).verdict == "inconclusive"
    repo.git("switch", "--quiet", "main")
    repo.git("merge", "--quiet", "--no-ff", "-m", "Merge the first", "first")
    repo.write("prompts/say.md", WORSE)
    repo.model.score = loses_a_third
    assert asked_to_merge(repo, "second", monkeypatch).verdict == "fail"


def test_two_prompts_that_exchange_their_ids_are_compared_with_themselves(
    repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo.write("promptci.yaml", BOTH)
    repo.write("prompts/other.md", OTHER)
    repo.write("evals/other.jsonl", cases(240).replace("number", "digit"))
    repo.commit("Two prompts", push=True)
    exchanged = BOTH.replace("id: say", "id: x").replace("id: other", "id: say").replace("id: x", "id: other")
    repo.write("promptci.yaml", exchanged)
    repo.write("prompts/say.md", WORSE)
    repo.model.score = loses_a_third
    report = asked_to_merge(repo, "exchange", monkeypatch)
    told = {p.id: p for p in report.prompts}
    assert told["other"].verdict == "fail"
    assert "ids_exchanged" in {reason.kind for reason in told["other"].reasons}


@pytest.mark.parametrize("to", ["elsewhere", "../outside", "/proc/self/cwd"])
def test_a_folder_of_settings_that_becomes_a_link_is_refused(
    to: str, repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    (repo.path / "mine").mkdir()
    for name in ("promptci.yaml", "prompts", "evals"):
        (repo.path / name).rename(repo.path / "mine" / name)
    repo.commit("In a folder", push=True)
    evil = CONFIG.replace("127.0.0.1:9", "evil.example")
    for place in (repo.path / "elsewhere", repo.path.parent / "outside", repo.path):
        place.mkdir(exist_ok=True)
        (place / "promptci.yaml").write_text(evil)
        (place / "prompts").mkdir()
        (place / "prompts/say.md").write_text(START)
    repo.git("rm", "-r", "--quiet", "mine")
    (repo.path / "mine").symlink_to(to)
    repo.git("switch", "--quiet", "-c", "away")
    repo.commit("Lead away")
    with pytest.raises(PromptciError):
        judged(repo, monkeypatch, tip(repo), config=Path("mine/promptci.yaml"))
    assert repo.model.asked == []
