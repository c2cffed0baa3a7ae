"""The doctor finds what is planted, says how to mend it, and finds nothing in a sound repository."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from promptci.commands.doctor import Diagnosis, doctor, lines, mended
from promptci.findings.base import KINDS
from tests.conftest import CONFIG as PLAIN
from tests.conftest import Repo, cases

PAGES = Path(__file__).parents[2] / "docs" / "findings"
TODAY = date(2026, 11, 1)
CONFIG = PLAIN.replace("say.jsonl}", "say.jsonl, gate: {detect: 0.1}}")


@pytest.fixture
def repo(repo: Repo) -> Repo:
    """A repository whose cases can show the drop that its gate speaks of."""
    repo.write("promptci.yaml", CONFIG)
    repo.commit("Detect ten points", push=True)
    return repo


def found(repo: Repo) -> Diagnosis:
    return doctor(repo.options(), today=TODAY)


def kinds(repo: Repo) -> list[str]:
    return [one.id for one in found(repo).findings]


def row(id_: str, text: str, expected: str = "yes", **more: str) -> str:
    return json.dumps({"id": id_, "input": text, "expected": expected, **more}) + "\n"


def test_nothing_is_found_in_a_sound_repository(repo: Repo) -> None:
    diagnosis = found(repo)
    assert diagnosis.findings == ()
    assert lines(diagnosis) == ["1 prompt and 240 cases looked at; nothing found; no model was called."]
    assert repo.model.asked == []


MODEL = '{model: gpt-4o, base_url: "https://api.openai.com/v1"}'


@pytest.mark.parametrize(
    ("name", "text", "kind"),
    [
        pytest.param("promptci.yaml", CONFIG + "x: 1\n", "settings-unreadable", id="settings"),
        pytest.param("prompts/say.md", "{{ inptu }}\n", "prompt-unreadable", id="prompt"),
        pytest.param("evals/say.jsonl", cases(20), "few-cases", id="few"),
        pytest.param("evals/say.jsonl", cases(70), "drop-not-seen", id="blind"),
        pytest.param("evals/say.jsonl", cases(240) + row("z", "number 1"), "duplicate-cases", id="twin"),
        pytest.param("evals/say.jsonl", cases(240) + row("z", "number 1", "no"), "contradicting-cases", id="torn"),
        pytest.param(".promptci/baselines/old.json", "{}", "baseline-orphaned", id="orphan"),
        pytest.param(".promptci/schema.json", "{}", "schema-stale", id="schema"),
        pytest.param("promptci.yaml", CONFIG.replace("{max_calls: 20000}", "{max_usd: 2}").replace("127.0.0.1", "h"),
                     "price-missing", id="price"),
        pytest.param("promptci.yaml", CONFIG.replace("127.0.0.1", "h"), "key-missing", id="key"),
    ],
)  # fmt: skip
def test_what_is_planted_is_found(name: str, text: str, kind: str, repo: Repo) -> None:
    repo.write(name, text)
    assert kind in kinds(repo)


@pytest.mark.parametrize(("today", "kind"), [(date(2026, 11, 1), "model-retires"), (date(2027, 2, 1), "model-retired")])
def test_a_model_s_end_is_told_before_and_after(today: date, kind: str, repo: Repo) -> None:
    repo.write("promptci.yaml", CONFIG.replace("scripted", "gpt-4o").replace("http://127.0.0.1:9", "https://h"))
    assert kind in [one.id for one in doctor(repo.options(), today=today).findings]


def test_cases_that_read_alike_stay_on_one_side(repo: Repo) -> None:
    twice = "".join(row(f"a{n}", f"Number {n}.") for n in range(240))
    repo.write("evals/say.jsonl", cases(240) + twice)
    assert "alike-across-splits" in kinds(repo)
    together = "".join(row(f"{p}{n}", t.format(n), cluster=str(n)) for n in range(240) for p, t in TEXTS.items())
    repo.write("evals/say.jsonl", together)
    assert "alike-across-splits" not in kinds(repo)


TEXTS = {"c": "number {}", "a": "Number {}."}


def test_answers_in_git_are_found(repo: Repo) -> None:
    repo.write(".promptci/cache/answers.sqlite", "x")
    repo.git("add", "--force", ".promptci/cache/answers.sqlite")
    repo.commit("Commit answers")
    assert "state-committed" in kinds(repo)


def test_only_what_is_safe_is_mended(repo: Repo) -> None:
    repo.write(".promptci/schema.json", "{}")
    repo.write(".promptci/baselines/old.json", "{}")
    assert mended(found(repo)) == ["written  schema.json"]
    assert kinds(repo) == ["baseline-orphaned"]


def test_the_gravest_come_first_and_errors_alone_are_unsound(repo: Repo) -> None:
    repo.write("evals/say.jsonl", cases(20))
    assert found(repo).sound
    repo.write("prompts/say.md", "{{ inptu }}\n")
    repo.write(".promptci/schema.json", "{}")
    assert [one.level for one in found(repo).findings] == ["error", "note"]
    assert not found(repo).sound


def test_every_finding_has_its_page_and_no_page_is_left_over() -> None:
    assert {page.stem for page in PAGES.glob("*.md")} == set(KINDS)
    for page in PAGES.glob("*.md"):
        text = page.read_text(encoding="utf-8")
        assert f"(`{page.stem}`)" in text
        assert "**Mend.**" in text
