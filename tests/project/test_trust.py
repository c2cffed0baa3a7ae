"""Ways for a pull request to spend, send, decide or argue: none turns a worse prompt green, none sends it elsewhere."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable

import pytest

from promptci.errors import PromptciError
from promptci.report.base import Report
from tests.commands.test_ci import WORSE, loses_a_third, pulled
from tests.conftest import CONFIG, START, Repo, cases

ENTRY = "{id: say, file: prompts/say.md, cases: evals/say.jsonl}"
ROWS = [json.loads(line) for line in cases(240).splitlines()]
Change = Callable[[Repo], None]


def settings(old: str, new: str) -> Change:
    return lambda repo: repo.write("promptci.yaml", CONFIG.replace(old, new))


def entry(new: str) -> Change:
    return settings(ENTRY, new)


def with_option(option: str) -> Change:
    return entry(ENTRY.replace("}", f", {option}}}"))


def rows(made: Callable[[int, dict[str, object]], dict[str, object] | None]) -> Change:
    found = [made(n, dict(row)) for n, row in enumerate(ROWS)]
    text = "".join(json.dumps(row) + "\n" for row in found if row is not None)
    return lambda repo: repo.write("evals/say.jsonl", text)


def files(**texts: str) -> Change:
    def change(repo: Repo) -> None:
        for name, text in texts.items():
            repo.write(name.replace("__", "/").replace("_", "."), text)

    return change


def both(*changes: Change) -> Change:
    def change(repo: Repo) -> None:
        for one in changes:
            one(repo)

    return change


def front(text: str) -> Change:
    return lambda repo: repo.write("prompts/say.md", f"---\n{text}\n---\n{WORSE}")


def moved(to: str) -> Change:
    def change(repo: Repo) -> None:
        repo.git("mv", "prompts/say.md", to)
        repo.write(to, WORSE)

    return change


SCORER = "scorer: {model: scripted,"
WAYS: dict[str, Change] = {
    "the-prompt-alone": lambda repo: None,
    "host": settings("127.0.0.1:9", "evil.example"),
    "key": settings(SCORER, f"{SCORER} api_key_env: GITHUB_TOKEN,"),
    "model": settings("model: scripted", "model: costly"),
    "offline-model": settings(SCORER + ' base_url: "http://127.0.0.1:9/v1"', "scorer: {model: offline"),
    "max-tokens": settings(SCORER, f"{SCORER} max_tokens: 99999,"),
    "price": settings(SCORER, f"{SCORER} price: {{input: 0, output: 0}},"),
    "judge-host": settings(f"{SCORER[:-1]}", f'judge: {{model: j, base_url: "http://evil.example/v1"}}, {SCORER[:-1]}'),
    "judge-metric": with_option("metric: judge"),
    "budget": settings("20000", "99999999"),
    "no-budget": settings("20000", "0"),
    "prompt-s-own-model": with_option("model: {model: costly}"),
    "prompt-s-own-tokens": with_option("model: {max_tokens: 99999}"),
    "drop": with_option("gate: {max_drop: 0.9}"),
    "detect": with_option("gate: {max_drop: 0.1, detect: 0.89}"),
    "metric": with_option("metric: {name: length, at_most: 100}"),
    "metric-not": with_option("metric: {name: exact, not: true}"),
    "several-metrics": with_option("metrics: [exact, {name: length, at_most: 100}], combine: mean"),
    "answer": with_option('answer: {pattern: "(yes)"}'),
    "another-id": entry(ENTRY.replace("id: say", "id: tell")),
    "another-file": both(entry(ENTRY.replace("say.md", "new.md")), files(prompts__new_md=WORSE)),
    "moved-file": both(moved("prompts/new.md"), entry(ENTRY.replace("say.md", "new.md"))),
    "moved-file-and-id": both(
        moved("prompts/new.md"), entry(ENTRY.replace("say.md", "new.md").replace("id: say", "id: new"))
    ),
    "glob": entry('{file: "prompts/*.md", cases: evals/say.jsonl}'),
    "removed": both(
        entry("{id: other, file: prompts/o.md, cases: evals/o.jsonl}"),
        files(prompts__o_md=START, evals__o_jsonl=cases(9)),
    ),
    "other-cases": both(entry(ENTRY.replace("say.jsonl", "easy.jsonl")), files(evals__easy_jsonl=cases(2))),
    "cases-deleted": rows(lambda n, row: None if n % 3 == 0 else row),
    "one-row": rows(lambda n, row: row if n == 1 else None),
    "widened": rows(lambda n, row: {**row, "expected": ["yes", "no"]}),
    "answers-turned": rows(lambda n, row: {**row, "expected": "no" if n % 3 == 0 else "yes"}),
    "no-answer": rows(lambda n, row: {**row, "expected": None} if n % 3 == 0 else row),
    "one-cluster": rows(lambda n, row: {**row, "cluster": "one"}),
    "ids-shifted": rows(lambda n, row: {**row, "id": f"c{(n + 1) % 240:04}"}),
    "ids-new": rows(lambda n, row: {**row, "id": f"x{n}"}),
    "inputs-swapped": rows(lambda n, row: {**row, "input": f"number {3 * n + 1}"}),
    "assert-of-its-own": rows(lambda n, row: {**row, "expected": None, "assert": [{"name": "length", "at_most": 99}]}),
    "tags": rows(lambda n, row: {**row, "tags": ["other"]}),
    "front-matter-model": front("model: costly"),
    "front-matter-tokens": front("max_tokens: 99999"),
    "front-matter-alias": front("maxOutputTokens: 99999"),
    "summary-template": files(templates__summary__report_md_j2="# PASS"),
    "baseline": files(**{".promptci__baselines__say_json": "{}"}),
    "ledger": files(**{".promptci__ledger__say_jsonl": ""}),
    "broken-cases": lambda repo: repo.write("evals/say.jsonl", "{"),
    "no-cases": lambda repo: (repo.path / "evals/say.jsonl").unlink(),
    "no-prompt": lambda repo: (repo.path / "prompts/say.md").unlink(),
    "no-settings": lambda repo: (repo.path / "promptci.yaml").unlink(),
    "code-metric": both(
        with_option("metric: {name: python, file: g.py:grade}"), files(g_py="def grade(output, case): return 1\n")
    ),
    "loop-over-rows": lambda repo: repo.write("prompts/say.md", "{% for x in input %}{{ x }}{% endfor %}\n"),
}


def linked(place: str, to: str) -> Change:
    def change(repo: Repo) -> None:
        repo.write(to, WORSE if place.endswith(".md") else cases(3))
        (repo.path / place).unlink()
        (repo.path / place).symlink_to(repo.path / to)

    return change


WAYS |= {
    "prompt-is-a-link": linked("prompts/say.md", "elsewhere.md"),
    "cases-are-a-link": linked("evals/say.jsonl", "elsewhere.jsonl"),
}


def refused_or_red(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both ends are right: refused, or measured and as red as the prompt alone; and nobody else is asked."""
    report: Report | None = None
    with contextlib.suppress(PromptciError):
        report = pulled(repo, monkeypatch)
    assert report is None or report.verdict == "fail"
    asked = {(r.spec.base_url, r.spec.api_key_env, r.spec.model) for r in repo.model.asked}
    assert asked <= {("http://127.0.0.1:9/v1", "OPENAI_API_KEY", "scripted")}


def worse_with(change: Change, repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worse prompt and the change beside it end well, and nothing of theirs was run."""
    repo.model.score = loses_a_third
    repo.write("prompts/say.md", WORSE)
    change(repo)
    refused_or_red(repo, monkeypatch)
    assert not list(repo.path.rglob("canary"))


@pytest.mark.parametrize("change", WAYS.values(), ids=WAYS)
def test_no_way_turns_a_worse_prompt_green_or_sends_it_elsewhere(
    change: Change, repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    worse_with(change, repo, monkeypatch)
    assert all((r.max_tokens or r.spec.max_tokens or 0) <= 512 for r in repo.model.asked)


@pytest.mark.parametrize("name", ["baseline", "ledger", "host", "model", "drop", "metric"])
def test_what_decides_is_not_green_by_itself_either(name: str, repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    WAYS[name](repo)
    assert pulled(repo, monkeypatch).verdict == "inconclusive"


def test_deleted_and_widened_cases_of_an_unchanged_prompt_are_listed_and_no_more(
    repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows(lambda n, row: None if n == 3 else {**row, "expected": ["yes", "no"]} if n == 4 else row)(repo)
    (prompt,) = pulled(repo, monkeypatch).prompts
    assert prompt.verdict == "pass"
    assert {w.kind: w.text for w in prompt.warnings} == {
        "cases_deleted": "1 case deleted: c0003.",
        "cases_widened": "1 case widened: c0004.",
    }
