"""Twelve kinds of trouble at every step of every operation: waited out, never twice, within the allowance."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest

from promptci.errors import ForgeError
from promptci.forge import Change, Forge, rest
from promptci.forge.base import Check
from promptci.forge.client import MAX_WAIT_S
from promptci.forge.github import GitHubForge
from promptci.forge.gitlab import GitLabForge

from . import fake_github, fake_gitlab
from .faults import KINDS

Act = Callable[[Forge, Any], object]
CHANGE = Change(
    "promptci/main/triage", "main", "Improve triage", "# R\n", labels=("a",), reviewers=("ada",), content="c"
)


@contextmanager
def at_github(sleep: Callable[[float], None]) -> Iterator[tuple[Forge, Any]]:
    with fake_github.running() as fake:
        yield GitHubForge("octo/prompts", fake_github.TOKEN, fake.url, sleep), fake


@contextmanager
def at_gitlab(sleep: Callable[[float], None]) -> Iterator[tuple[Forge, Any]]:
    with fake_gitlab.running() as fake:
        yield GitLabForge(fake_gitlab.PROJECT, fake_gitlab.TOKEN, fake.url, sleep), fake


FORGES: dict[str, Callable[[Callable[[float], None]], AbstractContextManager[tuple[Forge, Any]]]] = {
    "github": at_github,
    "gitlab": at_gitlab,
}


def proposed(forge: Forge, fake: Any) -> object:
    forge.propose(CHANGE)
    return [(p["state"], p["title"], p["labels"], p.get("reviewers"), p.get("requested_reviewers")) for p in fake.pulls]


def closed(forge: Forge, fake: Any) -> object:
    if not fake.pulls:
        fake.add_pull()
    forge.close(1, "why")
    return [p["state"] for p in fake.pulls], len(_talk(fake))


def commented(forge: Forge, fake: Any) -> object:
    if not fake.pulls:
        fake.add_pull()
    forge.comment(1, "text", marker="check")
    return [c["body"] for c in _talk(fake)]


def reported(forge: Forge, fake: Any) -> object:
    forge.issue("Weekly", "text", marker="weekly")
    return [i["title"] for i in fake.issues]


def checked(forge: Forge, fake: Any) -> object:
    forge.check(Check("c" * 40, "promptci", "success", "t", "s"))
    rows = fake.checks if hasattr(fake, "checks") else fake.statuses
    return {row["name"] for row in rows}


def _talk(fake: Any) -> list[Any]:
    found: list[Any] = fake.comments if hasattr(fake, "comments") else fake.notes
    return found


OPERATIONS: list[Act] = [proposed, closed, commented, reported, checked]


def calm(where: str, act: Act) -> tuple[object, int]:
    """Return what the operation leaves behind when all is well, and how many requests it takes."""
    with FORGES[where](lambda _: None) as (forge, fake):
        return act(forge, fake), len(fake.requests)


def troubled(where: str, act: Act, kind: str, at: int, times: int, expected: object) -> None:
    """Run `act` with trouble at its request number `at`: what it leaves behind is what calm leaves."""
    waits: list[float] = []
    with FORGES[where](waits.append) as (forge, fake):
        plain, seen = fake.respond, 0

        def armed() -> None:
            fake.fail("*", ".", times=times, **KINDS[kind])

        def respond(*args: Any) -> Any:
            nonlocal seen
            seen += 1
            if seen == at:
                armed()
            return plain(*args)

        fake.respond = respond
        if at == 0:
            armed()
        assert act(forge, fake) == expected
        assert sum(waits) <= MAX_WAIT_S


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("act", OPERATIONS, ids=lambda act: act.__name__)
@pytest.mark.parametrize("where", FORGES)
def test_trouble_that_passes_leaves_what_calm_leaves(where: str, act: Act, kind: str) -> None:
    expected, count = calm(where, act)
    for at in range(count):
        troubled(where, act, kind, at, 1, expected)


@pytest.mark.fault
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("where", FORGES)
def test_trouble_twenty_five_times_over(where: str, kind: str) -> None:
    done = 0
    while done < 25:
        for act in OPERATIONS:
            expected, count = calm(where, act)
            for at in range(count):
                # two limits without a time, one after the other, are a minute each: all that an operation may wait
                troubled(where, act, kind, at, 1 if "without" in kind else 1 + done % 2, expected)
                done += 1


@pytest.mark.parametrize("act", OPERATIONS, ids=lambda act: act.__name__)
@pytest.mark.parametrize("status", [429, 403])
@pytest.mark.parametrize("where", FORGES)
def test_a_limit_beyond_the_allowance_is_said_with_its_length(where: str, act: Act, status: int) -> None:
    waits: list[float] = []
    with FORGES[where](waits.append) as (forge, fake):
        fake.fail("*", ".", status, {"message": "secondary rate limit"}, headers={"Retry-After": "900"}, times=99)
        with pytest.raises(ForgeError, match="secondary rate limit") as caught:
            act(forge, fake)
    assert "900 s" in str(caught.value.hint)
    assert waits == []


@pytest.mark.parametrize("act", OPERATIONS, ids=lambda act: act.__name__)
@pytest.mark.parametrize("where", FORGES)
def test_a_server_that_drips_is_left_when_the_time_is_over(
    where: str, act: Act, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each byte comes in time, the whole would take a minute: the deadline is one for all of them."""
    monkeypatch.setattr(rest, "DEADLINE_S", 0.2)
    with FORGES[where](lambda _: None) as (forge, fake):
        fake.fail("*", ".", 200, b'{"message": "' + b"x" * 3000 + b'"}', drip=True, times=99)
        began = time.monotonic()
        with pytest.raises(ForgeError, match=r"no whole answer|no answer|cut short"):
            act(forge, fake)
    assert time.monotonic() - began < 30  # not the five times sixty seconds that it would take


def test_a_time_that_is_over_before_the_server_is_reached_ends_the_answer_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """There was nothing to shut when the time was over: what is opened afterwards is shut at once."""
    plain = socket.create_connection

    def late(*args: Any, **named: Any) -> socket.socket:
        time.sleep(0.3)
        return plain(*args, **named)

    monkeypatch.setattr(rest, "DEADLINE_S", 0.1)
    with at_github(lambda _: None) as (forge, fake):
        monkeypatch.setattr(socket, "create_connection", late)
        fake.fail("*", ".", 200, b'{"message": "' + b"x" * 3000 + b'"}', drip=True, times=99)
        began = time.monotonic()
        with pytest.raises(ForgeError, match=r"no whole answer|no answer|cut short"):
            forge.requests("promptci/")
    assert time.monotonic() - began < 30


def test_an_answer_without_end_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rest, "_SIZE_LIMIT", 1000)
    with at_github(lambda _: None) as (forge, fake):
        fake.fail("GET", ".", 200, b"[" + b" " * 5000 + b"]", times=99)
        with pytest.raises(ForgeError, match="too long"):
            forge.requests("promptci/")
