"""A check whose questions go in a batch: the report of a check that asks one by one, in one job or in several."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from promptci.commands.check import check
from promptci.core import Case
from promptci.errors import UsageError
from promptci.evals import read_cases
from promptci.models.batch.executor import Batches, BatchPendingError, Terms
from promptci.models.connect import connect
from promptci.report.base import Report
from promptci.run.options import Options
from tests.commands.test_shard import HARMLESS, WORSE, fresh, number, told
from tests.conftest import CONFIG, Repo, cases
from tests.models.batchserver import TRAPS, BatchServer
from tests.models.test_batch import at_once

MONEY = "price: {input: 1, output: 1}, "


def say(text: str) -> str:
    return "no" if "word" not in text and number(text) % 11 == 0 else "yes"


@pytest.fixture
def batches(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> Iterator[BatchServer]:
    """A server with batches in the repository's pushed settings; nobody waits between two looks."""
    plain = Batches.__init__

    def hasty(self: Batches, account: object, journal: object, terms: Terms) -> None:
        plain(self, account, journal, replace(terms, pause_s=0), sleep=at_once)  # type: ignore[arg-type]  # as they came

    monkeypatch.setattr(Batches, "__init__", hasty)
    with BatchServer(say=say) as server:
        repo.write(
            "promptci.yaml", CONFIG.replace("http://127.0.0.1:9/v1", server.url).replace("base_url", MONEY + "base_url")
        )
        repo.write("evals/say.jsonl", cases(400))
        repo.commit("Use the server", push=True)
        repo.write("note.txt", "The commit before names no other host.\n")
        repo.commit("Note it", push=True)
        yield server


def options(repo: Repo, **changes: object) -> Options:
    return replace(repo.options(run="r", **changes), connect=connect)


def decided(report: Report) -> dict[str, object]:
    """The report without what a batch is for: its time, its price, and notes on both."""
    notes = [note for note in report.notes if not note.startswith(("asked ahead", "estimated", "answered in batches"))]
    return {**told(report), "notes": notes, "cost_usd": 0}


def without_losses(report: Report) -> dict[str, object]:
    """As `decided`, without what a question costs that the server lost and that is asked once more."""
    kept = decided(
        replace(report, notes=tuple(n for n in report.notes if not n.startswith("calls of the interrupted")))
    )
    return {**kept, **dict.fromkeys(("calls", "cache_hits", "input_tokens", "output_tokens"))}


def collected(options: Options) -> Report:
    """The report of the first job that finds the batch answered; the fifth must."""
    for _ in range(4):
        with suppress(BatchPendingError):
            return check(options)
    return check(options)


@pytest.mark.parametrize("text", [WORSE, HARMLESS], ids=["worse", "harmless"])
def test_a_batch_gives_the_report_of_calls_one_by_one(text: str, repo: Repo, batches: BatchServer) -> None:
    repo.write("prompts/say.md", text)
    alone = check(options(repo))
    fresh(repo)
    batches.billed.clear()
    batches.live.clear()
    ahead = check(options(repo, executor="batch"))
    assert decided(ahead) == decided(alone)
    assert set(batches.billed.values()) <= {1, 2}  # 2: asked again, to confirm
    if batches.posted:
        assert len(batches.live) < alone.calls
        assert ahead.cost_usd < alone.cost_usd
    assert any(note.startswith("estimated for") for note in ahead.notes)


def test_a_second_job_collects_what_the_first_handed_over(repo: Repo, batches: BatchServer) -> None:
    repo.write(
        "promptci.yaml", (repo.path / "promptci.yaml").read_text() + "execution: {executor: batch, wait_minutes: 0}\n"
    )
    repo.write("prompts/say.md", WORSE)
    alone = check(options(repo, executor="local"))
    fresh(repo)
    with pytest.raises(BatchPendingError, match="on their way"):
        check(options(repo))
    assert decided(collected(replace(options(repo), run=None, resume="r"))) == decided(alone)
    assert batches.posted == 1


@pytest.mark.fault
@pytest.mark.parametrize("trap", TRAPS)
def test_twenty_seeds_are_the_same_whatever_the_server_does(trap: str, repo: Repo, batches: BatchServer) -> None:
    repo.write("prompts/say.md", WORSE)
    for seed in range(20):
        fresh(repo)
        batches.trap = "none"
        alone = check(options(repo, seed=seed))
        fresh(repo)
        batches.trap = trap
        ahead = check(options(repo, seed=seed, executor="batch"))
        assert without_losses(ahead) == without_losses(alone)


@pytest.mark.parametrize(
    ("settings", "prompt", "posted"),
    [
        ("batch_price: 0.25", "", 1),
        ("batch_price: 0.9, cached_input: 0.01", "", 1),
        ("batch_price: 0.9, cached_input: 0.01", "Be careful. " * 500, 0),
    ],
    ids=["cheaper", "nothing is cached", "cached input is cheaper"],
)
def test_the_prices_of_the_settings_decide(
    settings: str, prompt: str, posted: int, repo: Repo, batches: BatchServer
) -> None:
    plain = (repo.path / "promptci.yaml").read_text()
    repo.write("promptci.yaml", f"{plain}execution: {{executor: batch, {settings}}}\n")
    repo.write("prompts/say.md", f"Say a word. {prompt}\n\nInput: {{{{ input }}}}\n")
    report = check(options(repo), base="HEAD~3")
    assert (report.prompts[0].changed, batches.posted) == ("new", posted)


def test_few_questions_are_not_worth_a_batch(repo: Repo, batches: BatchServer) -> None:
    repo.write("evals/say.jsonl", cases(20))
    repo.commit("Fewer cases", push=True)
    repo.write("prompts/say.md", HARMLESS)
    report = check(options(repo, executor="batch"))
    assert batches.posted == 0
    assert any(note.endswith("asked one by one") for note in report.notes)


def test_a_new_prompt_goes_whole_in_a_batch(repo: Repo, batches: BatchServer, tmp_path: Path) -> None:
    repo.write("prompts/more.md", "Say one word, any.\n\nInput: {{ input }}\n")
    text = (repo.path / "promptci.yaml").read_text()
    more = "  - {id: more, file: prompts/more.md, cases: evals/say.jsonl}\nsearch:"
    repo.write("promptci.yaml", text.replace("search:", more))
    report = check(options(repo, executor="batch"))
    assert (batches.posted, batches.live, report.calls) == (1, [], 400)


def test_a_replay_sends_no_batch(repo: Repo, batches: BatchServer) -> None:
    repo.write("prompts/say.md", HARMLESS)
    report = check(options(repo, executor="batch", replay=True))
    assert (report.verdict, batches.posted, len(batches.billed)) == ("unmeasured", 0, 0)


def test_the_executor_of_the_workers_says_what_it_needs(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)  # as if it were not installed
    repo.write("prompts/say.md", HARMLESS)
    with pytest.raises(UsageError, match="needs the package ray"):
        check(repo.options(executor="ray"))


def test_what_is_measured_is_read_once(repo: Repo, batches: BatchServer, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []

    def counted(place: str, content: bytes) -> Sequence[Case]:
        read.append(place)
        return read_cases(place, content)

    monkeypatch.setattr("promptci.project.side.read_cases", counted)
    repo.write("prompts/say.md", HARMLESS)
    check(options(repo))
    alone = len(read)
    fresh(repo)
    read.clear()
    check(options(repo, executor="batch"))
    assert len(read) == alone
