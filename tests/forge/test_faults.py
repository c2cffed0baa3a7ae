"""Twelve kinds of trouble at every step of every operation: waited out, never twice, within the allowance."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from promptci.errors import ForgeError
from promptci.forge import Change, rest
from promptci.forge.base import Check
from promptci.forge.client import MAX_WAIT_S
from promptci.forge.github import GitHubForge

from .fake_github import TOKEN, FakeGitHub, running
from .faults import KINDS

CHANGE = Change(
    "promptci/main/triage", "main", "Improve triage", "# R\n", labels=("a",), reviewers=("ada",), content="c"
)


def proposed(forge: GitHubForge, fake: FakeGitHub) -> object:
    forge.propose(CHANGE)
    return [(p["state"], p["title"], p["labels"], [r["login"] for r in p["requested_reviewers"]]) for p in fake.pulls]


def closed(forge: GitHubForge, fake: FakeGitHub) -> object:
    if not fake.pulls:
        fake.add_pull()
    forge.close(1, "why")
    return [p["state"] for p in fake.pulls], len(fake.comments)


def commented(forge: GitHubForge, fake: FakeGitHub) -> object:
    if not fake.pulls:
        fake.add_pull()
    forge.comment(1, "text", marker="check")
    return [c["body"] for c in fake.comments]


def reported(forge: GitHubForge, fake: FakeGitHub) -> object:
    forge.issue("Weekly", "text", marker="weekly")
    return [(i["title"], i["body"]) for i in fake.issues]


def checked(forge: GitHubForge, fake: FakeGitHub) -> object:
    forge.check(Check("c" * 40, "promptci", "success", "t", "s"))
    return [(c["name"], c["conclusion"]) for c in fake.checks]


OPERATIONS: list[Callable[[GitHubForge, FakeGitHub], object]] = [proposed, closed, commented, reported, checked]


def calm(act: Callable[[GitHubForge, FakeGitHub], object]) -> tuple[object, int]:
    """Return what the operation leaves behind when all is well, and how many requests it takes."""
    with running() as fake:
        return act(GitHubForge("octo/prompts", TOKEN, fake.url, lambda _: None), fake), len(fake.requests)


def troubled(act: Callable[[GitHubForge, FakeGitHub], object], kind: str, at: int, times: int) -> None:
    expected, _ = calm(act)
    waits: list[float] = []
    with running() as fake:
        forge = GitHubForge("octo/prompts", TOKEN, fake.url, waits.append)
        seen = 0
        answer = fake.respond

        def respond(*args: Any) -> Any:
            nonlocal seen
            seen += 1
            if seen == at:  # the next `times` requests after this one meet the trouble
                fake.faults.append(fault())
            return answer(*args)

        def fault() -> Any:
            fake.fail("*", ".", times=times, **KINDS[kind])
            return fake.faults.pop()

        fake.respond = respond  # type: ignore[assignment,method-assign]
        if at == 0:
            fake.faults.append(fault())
        assert act(forge, fake) == expected
        assert sum(waits) <= MAX_WAIT_S
        assert times == 0 or not fake.faults or fake.faults[0].times in (0, times)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("act", OPERATIONS, ids=lambda act: act.__name__)
def test_trouble_that_passes_leaves_what_calm_leaves(act: Callable[..., object], kind: str) -> None:
    _, count = calm(act)
    for at in range(count):
        troubled(act, kind, at, 1)


@pytest.mark.fault
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("act", OPERATIONS, ids=lambda act: act.__name__)
@pytest.mark.parametrize("round_", range(5))
def test_trouble_of_every_length(act: Callable[..., object], kind: str, round_: int) -> None:
    _, count = calm(act)
    for at in range(count):
        troubled(act, kind, at, 1 + round_ % 2)


@pytest.fixture
def fake() -> Iterator[FakeGitHub]:
    with running() as fake:
        yield fake


@pytest.mark.parametrize("act", OPERATIONS, ids=lambda act: act.__name__)
@pytest.mark.parametrize("status", [429, 403])
def test_a_limit_beyond_the_allowance_is_said_with_its_length(
    fake: FakeGitHub, act: Callable[..., object], status: int
) -> None:
    waits: list[float] = []
    fake.fail("*", ".", status, {"message": "secondary rate limit"}, headers={"Retry-After": "900"}, times=99)
    with pytest.raises(ForgeError, match="secondary rate limit") as caught:
        act(GitHubForge("octo/prompts", TOKEN, fake.url, waits.append), fake)
    assert "900 s" in str(caught.value.hint)
    assert waits == []


@pytest.mark.parametrize("act", OPERATIONS, ids=lambda act: act.__name__)
def test_a_server_that_drips_is_left_when_the_time_is_over(
    fake: FakeGitHub, act: Callable[..., object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each byte comes in time, the whole would take a minute: the deadline is one for all of them."""
    monkeypatch.setattr(rest, "DEADLINE_S", 0.2)
    fake.fail("*", ".", 200, b'{"message": "' + b"x" * 3000 + b'"}', drip=True, times=99)
    began = time.monotonic()
    with pytest.raises(ForgeError, match=r"no whole answer|no answer|cut short"):
        act(GitHubForge("octo/prompts", TOKEN, fake.url, lambda _: None), fake)
    assert time.monotonic() - began < 30  # not the five times sixty seconds that it would take


def test_an_answer_without_end_is_not_kept(fake: FakeGitHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rest, "_SIZE_LIMIT", 1000)
    fake.fail("GET", ".", 200, b"[" + b" " * 5000 + b"]", times=99)
    with pytest.raises(ForgeError, match="too long"):
        GitHubForge("octo/prompts", TOKEN, fake.url, lambda _: None).requests("promptci/")
