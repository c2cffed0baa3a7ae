"""More ways, by what git and file systems make of a file: links, submodules, names, filters, patterns, weights."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator

import pytest

from promptci.errors import PromptciError
from tests.commands.test_ci import WORSE, pulled
from tests.conftest import CONFIG, Repo, cases
from tests.project.test_trust import (
    ENTRY,
    Change,
    both,
    entry,
    files,
    front,
    rows,
    settings,
    with_option,
    worse_with,
)

POINTER = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'a' * 64}\nsize 9\n"
ANY = "metric: {name: length, at_most: 999}"


def linked(place: str, to: str) -> Change:
    """Put a link in place of a file or a directory; `to` is a path in the tree, or one outside of it."""

    def change(repo: Repo) -> None:
        path = repo.path / place
        if path.is_dir():
            path.rename(path.with_name("aside"))
        else:
            path.unlink()
        path.symlink_to(to)

    return change


def submodule(place: str, url: str) -> Change:
    """Put a submodule that nobody has in place of what was there."""

    def change(repo: Repo) -> None:
        repo.git("rm", "-r", "--quiet", "--force", place)
        repo.write(".gitmodules", f'[submodule "x"]\n\tpath = {place}\n\turl = {url}\n')
        repo.git("init", "--quiet", place)
        repo.git("-C", place, "commit", "--quiet", "--allow-empty", "-m", "Theirs")
        repo.git("add", "--force", ".gitmodules", place)

    return change


def weighed(row: dict[str, object], n: int) -> dict[str, object]:
    return {**row, "weight": 0.001 if n % 3 == 0 else 1}


WAYS: dict[str, Change] = {
    "prompts-are-a-linked-directory": linked("prompts", "aside"),
    "cases-are-a-linked-directory": linked("evals", "aside"),
    "settings-are-a-link": both(files(other_yaml=CONFIG), linked("promptci.yaml", "other.yaml")),
    "prompt-is-git-s-own-file": linked("prompts/say.md", "../.git/config"),
    "prompt-is-outside": linked("prompts/say.md", "/etc/hostname"),
    "cases-lead-nowhere": linked("evals/say.jsonl", "nowhere"),
    "cases-go-round": linked("evals/say.jsonl", "say.jsonl"),
    "submodule-of-prompts": submodule("prompts", "https://evil.example/r.git"),
    "submodule-of-cases": submodule("evals", "ext::sh -c touch% canary"),
    "baseline-of-another-name": files(**{".promptci__baselines__SAY_json": "{}"}),
    "baseline-by-another-case": files(**{".PromptCI__baselines__say_json": "{}"}),
    "ledger-by-another-case": files(**{".promptci__LEDGER__say_jsonl": ""}),
    "prompt-by-another-case": both(entry(ENTRY.replace("say.md", "Say.md")), files(prompts__Say_md=WORSE)),
    "cases-by-another-case": both(entry(ENTRY.replace("say.jsonl", "SAY.jsonl")), files(evals__SAY_jsonl=cases(3))),
    "pattern-of-everything": both(
        entry('{file: "**/*.md", cases: "evals/{name}.jsonl"}'), files(evals__README_jsonl=cases(3))
    ),
    "pattern-that-misses-it": both(
        entry('{file: "more/*.md", cases: evals/say.jsonl}'), files(more__x_md=WORSE)
    ),
    "prompt-in-brackets": both(
        entry(ENTRY.replace("prompts/say.md", "'prompts/[s]ay.md'")), files(**{"prompts__[s]ay_md": WORSE})
    ),
    "prompt-is-a-pointer": files(prompts__say_md=POINTER),
    "cases-are-a-pointer": files(evals__say_jsonl=POINTER),
    "pointer-s-own-server": both(
        files(prompts__say_md=POINTER), lambda repo: repo.write(".lfsconfig", "[lfs]\n\turl = https://evil.example\n")
    ),
    "attributes": lambda repo: repo.write(".gitattributes", "* filter=x diff=x merge=x -text\n*.yaml export-ignore\n"),
    "weights": rows(lambda n, row: weighed(row, n)),
    "a-person-s-grades": rows(lambda n, row: {**row, "human": 1}),
    "no-target": with_option("target: 0"),
    "nothing-must-pass": with_option("gate: {must_pass: [], min_score: 0, slices: false}"),
    "lengths": with_option(f"combine: mean, metrics: [exact, {{{ANY[len('metric: {') :]}]"),
    "a-judge-without-floor": with_option("judge: {floor: 0}"),
    "program": entry("{id: say, run: [sh, -c, 'echo yes'], files: [prompts/say.md], cases: evals/say.jsonl}"),
    "answers-shown": settings("search:", "report: {answers: full}\nsearch:"),
    "requests-without-end": settings("search:", "pull_request: {max_open: 999, when: promising}\nsearch:"),
    "search-without-end": settings("steps: 4", "steps: 999"),
    "front-matter-temperature": front("temperature: 2"),
    "partial": both(
        lambda repo: repo.write("prompts/say.md", '{% include "part.md" %}\n\nInput: {{ input }}\n'),
        files(part_md="Say it."),
    ),
    "another-format": both(
        entry(ENTRY.replace("say.md", "say.prompt.yml")),
        lambda repo: repo.write(
            "prompts/say.prompt.yml",
            "messages: [{role: user, content: 'Say it. {{input}}'}]\n"
            "evaluators: [{name: any, string: {contains: e}}]\n",
        ),
    ),
    "settings-twice": lambda repo: repo.write("promptci.yaml", CONFIG + "budget: {max_calls: 1}\n"),
    "cases-in-another-form": both(
        entry(ENTRY.replace("say.jsonl", "say.csv")), files(evals__say_csv="id,input,expected\nc0001,number 1,yes\n")
    ),
    "rows-twice": lambda repo: repo.write("evals/say.jsonl", cases(240) + json.dumps({"id": "c0000", "input": "x"})),
    "the-answer-in-the-input": rows(lambda n, row: {**row, "input": f"{row['input']} word"}),
    "a-chat-instead": rows(lambda n, row: {**row, "messages": [{"role": "user", "content": "Say the word"}]}),
}  # fmt: skip


@pytest.mark.parametrize("change", WAYS.values(), ids=WAYS)
def test_no_file_turns_a_worse_prompt_green_or_sends_it_elsewhere(
    change: Change, repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    worse_with(change, repo, monkeypatch)


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """A server that nobody may speak to."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        yield server


def test_nothing_that_a_change_names_is_spoken_to(
    listener: socket.socket, repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    for change in (submodule("more", f"{url}/r.git"), WAYS["prompt-is-a-pointer"]):
        if change is not WAYS["prompt-is-a-pointer"]:
            repo.write("more/x", "x")
            repo.git("add", "more/x")
        change(repo)
    repo.write(".lfsconfig", f"[lfs]\n\turl = {url}/lfs\n")
    named = f'base_url: "{url}/v1", api_key_env: GITHUB_TOKEN'
    models = f"judge: {{model: j, {named}}}, optimizer: {{model: o, {named}}}, embedder: {{model: e, {named}}}"
    repo.write("promptci.yaml", CONFIG.replace('v1"}}', f'v1"}}, {models}}}'))
    with pytest.raises(PromptciError):
        pulled(repo, monkeypatch)
    with pytest.raises(BlockingIOError):
        listener.accept()
