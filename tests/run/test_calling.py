"""Calls of commands that keep no run, and what a run says at its end: one budget, one store, all of it given back."""

from __future__ import annotations

import asyncio
import re
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from promptci.core import Message
from promptci.errors import ConfigError, DataError
from promptci.models.base import ModelSpec, Price, Reply, Request, Usage
from promptci.models.budget import Cost
from promptci.models.cache import Cache
from promptci.models.connect import connect
from promptci.project.project import Project, locate
from promptci.records import intention
from promptci.records.intention import Intention
from promptci.report.base import PromptReport
from promptci.report.read import read
from promptci.run import session as sessions
from promptci.run.calling import account, pipeline, spent
from promptci.run.options import Options
from promptci.run.session import executor_of, new_id, session, stored, warm
from tests.conftest import CONFIG, Repo

SPEC = ModelSpec("m", base_url="http://127.0.0.1:9/v1", price=Price(1.0, 2.0))


def project_of(repo: Repo) -> Project:
    return locate(repo.path / "promptci.yaml", Path())


def question(text: str, **changes: Any) -> Request:
    return Request(SPEC, "scorer", (Message("user", text),), **changes)


def asked(repo: Repo, *texts: str, **options: Any) -> tuple[list[Reply], str]:
    """Ask through an account of its own; the replies, and what was spent in words."""

    async def answers(paying: Any) -> list[Reply]:
        replies: dict[int, Reply] = {}
        sending = pipeline(paying, repo.options(**options))
        try:
            await sending.run(iter(enumerate(question(text) for text in texts)), replies.__setitem__)
        finally:
            await sending.close()
        return [replies[n] for n in range(len(texts))]

    with account(project_of(repo), repo.options(**options), [SPEC]) as paying:
        return asyncio.run(answers(paying)), spent(paying)


def test_what_was_paid_for_without_a_run_is_found_again(repo: Repo) -> None:
    first, told = asked(repo, "one", "two")
    assert [reply.text for reply in first] == ["yes", "yes"]
    assert told == "2 calls, 0 answers from the cache, 0.0000 USD"
    again, told = asked(repo, "one", "three")
    assert [reply.cached for reply in again] == [True, False]
    assert told == "1 call, 1 answer from the cache, 0.0000 USD"
    assert len(repo.model.asked) == 3
    assert not (repo.path / ".promptci" / "runs").exists()


@pytest.mark.parametrize(
    ("options", "kinds"),
    [
        ({"replay": True}, [None, "replay"]),
        ({"no_cache": True}, [None, None]),
        ({"max_calls": 0}, [None, "budget"]),
        ({"max_tokens": 1}, [None, "budget"]),
    ],
    ids=["replay", "no-cache", "no-calls", "no-tokens"],
)
def test_options_hold_for_calls_without_a_run(repo: Repo, options: dict[str, Any], kinds: list[str | None]) -> None:
    asked(repo, "old")
    replies, _ = asked(repo, "old", "new", **options)
    assert [reply.failure and reply.failure.kind for reply in replies] == kinds


def test_a_dollar_cap_without_a_price_opens_no_store(repo: Repo) -> None:
    unpriced = ModelSpec("m", base_url="http://far.example/v1")
    with (
        pytest.raises(ConfigError, match="the model 'm' has no price"),
        account(project_of(repo), repo.options(max_usd=1.0), [SPEC, unpriced]),
    ):
        pytest.fail("it was opened")
    assert not (repo.path / ".promptci").exists()


def test_accounts_that_share_a_budget_are_added_up(repo: Repo) -> None:
    with account(project_of(repo), repo.options(), [SPEC]) as one, account(project_of(repo), repo.options(), []) as two:
        for paying, usage in ((one, Usage(1_000_000, 0)), (two, Usage(0, 500_000))):
            paying.intend()
            paying.settle(question("q"), Cost(1), Reply(("a",), usage=usage))
        two.cache_hits += 1
        assert spent(one, two) == "2 calls, 1 answer from the cache, 2.0000 USD"
        assert spent() == "0 calls, 0 answers from the cache, 0.0000 USD"


@pytest.mark.parametrize("how", ["account", "session"])
def test_whatever_happens_inside_the_store_is_closed(how: str, repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[Cache] = []

    class Kept(Cache):
        def __init__(self, path: Path) -> None:
            super().__init__(path)
            opened.append(self)

    monkeypatch.setattr(sessions, "Cache", Kept)
    project = project_of(repo)
    inside = account(project, repo.options(), []) if how == "account" else session(project, repo.options())
    with pytest.raises(ZeroDivisionError), inside:
        raise ZeroDivisionError
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        opened[0].size()


@pytest.mark.parametrize("place", [".promptci", ".promptci/cache", ".promptci/runs"])
def test_a_committed_link_is_not_written_through(place: str, repo: Repo, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    link = repo.path / place
    link.parent.mkdir(exist_ok=True)
    link.symlink_to(tmp_path / "outside")
    with pytest.raises(DataError, match="symbolic link"), session(project_of(repo), repo.options()):
        pytest.fail("it was opened")
    assert list((tmp_path / "outside").iterdir()) == []


def test_names_of_runs_sort_by_time_and_none_is_given_twice() -> None:
    names = [new_id() for _ in range(50)]
    assert len(set(names)) == 50
    assert all(re.fullmatch(r"20\d{6}-\d{6}-[0-9a-f]{6}", name) for name in names)
    assert [name[:15] for name in names] == sorted(name[:15] for name in names)


@pytest.mark.parametrize(
    ("settings", "option", "where"),
    [("", None, "local"), ("execution: {executor: batch}\n", None, "batch"),
     ("execution: {executor: batch}\n", "local", "local"), ("", "batch", "batch")],
)  # fmt: skip
def test_where_calls_are_made_is_the_option_s_word_else_the_settings(
    settings: str, option: str | None, where: str, repo: Repo
) -> None:
    repo.write("promptci.yaml", CONFIG + settings)
    assert executor_of(project_of(repo), repo.options(executor=option)) == where


@pytest.mark.parametrize(
    ("options", "answers", "begins"),
    [
        (Options(), False, True),
        (Options(), True, False),
        (Options(replay=True), False, False),
        (Options(connect=lambda spec: connect(spec)), False, False),
    ],
    ids=["it-will-send", "answers-are-stored", "a-replay", "another-client"],
)
def test_the_client_is_imported_early_only_where_it_will_be_needed(
    options: Options, answers: bool, begins: bool, repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[list[str]] = []
    monkeypatch.setattr(sessions, "warm_client", lambda specs: begun.append([spec.model for spec in specs]))
    if answers:
        stored(project_of(repo)).close()
    warm(project_of(repo), options)
    assert begun == ([["scripted"]] if begins else [])


def test_the_report_of_a_run_has_its_totals_and_stands_in_its_directory(repo: Repo) -> None:
    project = project_of(repo)
    with session(project, repo.options(run="r", seed=7)) as run:
        run.door.ask_all([question("a"), question("b"), question("a")])
        run.answered |= {"m-2", "m-1"}
        run.door.note("odd")
        told = run.report(
            "check", [PromptReport("say", "pass", (), file="prompts/say.md"), PromptReport("x", "fail", ())]
        )
    assert (told.run, told.seed, told.command, told.verdict) == ("r", 7, "check", "fail")
    assert (told.calls, told.cache_hits, told.models) == (2, 1, ("m-1", "m-2"))
    assert (told.commit, told.base, told.base_how) == (repo.git("rev-parse", "HEAD").strip(), None, "")
    assert told.notes == ("odd",)
    assert [prompt.file for prompt in told.prompts] == ["prompts/say.md", None]
    kept = read(repo.path / ".promptci/runs/r/report.json")
    assert (kept.calls, kept.prompts) == (told.calls, told.prompts)


def test_a_report_that_is_not_the_last_is_not_kept(repo: Repo) -> None:
    with session(project_of(repo), repo.options(run="r")) as run:
        run.report("check", [], kept=False)
        assert not (run.place / "report.json").exists()


def test_paths_in_a_report_begin_at_the_repository_wherever_the_settings_stand(repo: Repo) -> None:
    repo.write("app/promptci.yaml", CONFIG)
    repo.write("app/prompts/say.md", "Say.\n")
    repo.write("app/evals/say.jsonl", '{"input": "x", "expected": "y"}\n')
    repo.commit("Move")
    with session(locate(repo.path / "app/promptci.yaml", Path()), repo.options(run="r")) as run:
        told = run.report("check", [PromptReport("say", "pass", (), file="prompts/say.md")])
    assert told.prompts[0].file == "app/prompts/say.md"
    assert (repo.path / "app/.promptci/runs/r/report.json").exists()


def test_endings_are_noted_when_a_run_ends_well_and_not_when_it_breaks(repo: Repo) -> None:
    runs = repo.path / ".promptci/runs"
    for name, breaks in (("1", True), ("2", False)):
        try:
            with session(project_of(repo), repo.options(run=name)) as run:
                intention.note(run.place, "say", Intention("key", "commit"))
                run.carried_out["key"] = "improved"
                if breaks:
                    raise ZeroDivisionError
        except ZeroDivisionError:
            assert intention.noted(runs / "1", "say") == Intention("key", "commit")
    assert [intention.noted(runs / name, "say") for name in ("1", "2")] == [Intention("key", "commit", "improved")] * 2
