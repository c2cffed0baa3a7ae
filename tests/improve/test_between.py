"""What stands between a search and its request: people's work, their patience, what the base has overtaken."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any, Literal, cast

import pytest

from promptci.forge.base import Change, Forge, Proposal, Request
from promptci.gitrepo import BOT
from promptci.improve.allowed import refused
from promptci.improve.obsolete import close_obsolete
from promptci.improve.pull_request import proposed_already, waits_already
from promptci.improve.target import UPGRADE, Target, worked_on
from promptci.improve.upgrade_change import content_of
from promptci.project.project import Project
from promptci.run.session import Session

BRANCH = "promptci/main/say"


def request(branch: str = BRANCH, number: int = 1, **more: Any) -> Request:
    return replace(Request(number, f"u{number}", branch, "main", "open", "t"), **more)


@dataclass
class Asked:
    """A forge that only knows requests, and keeps what was closed."""

    open: list[Request] = field(default_factory=list)
    closed: dict[int, str] = field(default_factory=dict)

    def requests(self, prefix: str, state: Literal["open", "closed"] = "open") -> tuple[Request, ...]:
        return tuple(r for r in self.open if state == "open" and r.branch.startswith(prefix))

    def close(self, number: int, reason: str) -> Proposal:
        self.closed[number] = reason
        return Proposal("closed", number, None, "")

    def propose(self, change: Change) -> Proposal:
        raise AssertionError("nothing is proposed here")


@dataclass(frozen=True)
class History:
    """A repository: files by commit, each commit's first parent, its author, and what branches of the remote are at."""

    files: Mapping[str, Mapping[str, bytes]]
    parents: Mapping[str, str] = field(default_factory=dict)
    authors_of: Mapping[str, str] = field(default_factory=dict)
    branches: Mapping[str, str] = field(default_factory=dict)

    def line(self, commit: str) -> list[str]:
        return [commit, *(self.line(self.parents[commit]) if commit in self.parents else [])]

    def merge_base(self, a: str, b: str) -> str | None:
        return next((c for c in self.line(a) if c in self.line(b)), None)

    def authors(self, base: str, tip: str) -> frozenset[str]:
        own = [c for c in self.line(tip) if c not in self.line(base)]
        return frozenset(self.authors_of.get(c, BOT.email) for c in own)

    def fetch_branch(self, remote: str, branch: str) -> str | None:
        return self.branches.get(branch)

    def files_at(self, rev: str) -> list[str]:
        return sorted(self.files[rev])


def project(history: History, *ids: str, settings: int = 1) -> Project:
    prompts = tuple(SimpleNamespace(id=name, file=f"prompts/{name}.md", run=None, files=None) for name in ids)
    head = {**history.files["main"], **{f"{n}/promptci.yaml": b"" for n in range(1, settings)}}
    repository = SimpleNamespace(
        fetch_branch=history.fetch_branch, merge_base=history.merge_base, authors=history.authors,
        files=lambda rev: sorted(head),
    )  # fmt: skip
    found = SimpleNamespace(
        config=SimpleNamespace(prompts=prompts), config_name="promptci.yaml", repository=repository,
        at=lambda rev, path: history.files[rev].get(path),
    )  # fmt: skip
    return cast("Project", found)


START, BETTER, OTHER = ({"prompts/say.md": text, "promptci.yaml": b"model: a"} for text in (b"start", b"better", b"x"))
FROM_START = {"ours": "start", "main": "start"}


def history(main: Mapping[str, bytes], ours: Mapping[str, bytes] = BETTER, **more: Any) -> History:
    return History({"start": START, "main": main, "ours": ours}, FROM_START, branches={BRANCH: "ours"}, **more)


def closed(told: History, *ids: str, spare: tuple[str, ...] = (), settings: int = 1, branch: str = BRANCH) -> str:
    forge = Asked([request(branch)])
    close_obsolete(project(told, *ids, settings=settings), cast("Forge", forge), "origin", "main", "main", spare=spare)
    return forge.closed.get(1, "")


def test_what_main_has_already_is_closed_with_the_reason() -> None:
    assert "has this text already" in closed(history(BETTER), "say")


def test_what_was_measured_against_another_text_is_closed() -> None:
    assert "has changed on main since" in closed(history(OTHER), "say")


def test_what_still_says_something_new_is_left_open() -> None:
    assert closed(history(START), "say") == ""


def test_a_prompt_that_is_gone_closes_its_request_where_no_other_settings_could_have_it() -> None:
    assert "no longer has the prompt 'say'" in closed(history(START), "other")
    assert closed(history(START), "other", settings=2) == ""


def test_what_is_searched_at_the_moment_is_left_alone() -> None:
    assert closed(history(BETTER), "say", spare=("say",)) == ""


def test_a_person_s_work_is_never_closed() -> None:
    assert closed(history(BETTER, authors_of={"ours": "ada@example.com"}), "say") == ""


def test_a_branch_that_is_gone_is_no_reason() -> None:
    assert closed(replace(history(BETTER), branches={}), "say") == ""


@pytest.mark.parametrize(("main", "said"), [(b"model: a", ""), (b"model: b", "already"), (b"model: c", "changed on")])
def test_an_upgrade_s_request_is_about_the_settings(main: bytes, said: str) -> None:
    upgraded = {**START, "promptci.yaml": b"model: b"}
    told = history({**START, "promptci.yaml": main}, upgraded)
    told = replace(told, branches={f"promptci/main/{UPGRADE}": "ours"})
    found = closed(told, "say", branch=f"promptci/main/{UPGRADE}")
    assert said in found
    assert bool(found) == bool(said)


AUTHORS = {
    "ours": (BOT.email, None),
    "the-forge-s-web-page": ("noreply@github.com", None),
    "an-app": ("1+app[bot]@users.noreply.github.com", None),
    "a-person": ("ada@example.com", "ada@example.com"),
    "a-person-s-private-address": ("1+ada@users.noreply.github.com", "1+ada@users.noreply.github.com"),
    "nobody": ("", ""),
}


@pytest.mark.parametrize(("author", "person"), AUTHORS.values(), ids=AUTHORS)
def test_who_is_a_person(author: str, person: str | None) -> None:
    told = history(START, authors_of={"ours": author})
    assert worked_on(cast("Any", told), "ours", "main") == person


def test_a_branch_without_a_common_commit_is_somebody_s() -> None:
    told = History({"main": START, "ours": BETTER}, branches={BRANCH: "ours"})
    assert worked_on(cast("Any", told), "ours", "main") == "someone unknown"
    assert worked_on(cast("Any", told), None, "main") is None


def goal(forge: Asked, person: str | None = None, tip: str | None = "ours") -> Target:
    return Target("origin", "main", "start", BRANCH, tip, cast("Forge", forge), person)


def session(most: int) -> Session:
    return cast("Session", SimpleNamespace(config=SimpleNamespace(pull_request=SimpleNamespace(max_open=most))))


OPEN = {
    "room": (2, [request("promptci/main/a")], None),
    "full": (1, [request("promptci/main/a")], "1 pull request of ours waits"),
    "very-full": (2, [request(f"promptci/main/{n}", n) for n in range(3)], "3 pull requests of ours wait"),
    "none-wanted": (0, [], "0 pull requests"),
    "its-own": (1, [request()], None),
    "of-another-branch": (1, [request("promptci/develop/a")], None),
}


@pytest.mark.parametrize(("most", "waiting", "said"), OPEN.values(), ids=OPEN)
def test_reviewers_are_not_given_more_than_they_want(most: int, waiting: list[Request], said: str | None) -> None:
    found = refused(session(most), goal(Asked(waiting)))
    assert (found is None) == (said is None)
    assert said is None or (found is not None and said in found.text)


def test_a_person_on_the_branch_comes_first_and_without_a_goal_nothing_is_refused() -> None:
    found = refused(session(0), goal(Asked(), person="ada@example.com"))
    assert found is not None
    assert (found.kind, "ada@example.com" in found.text) == ("branch_taken", True)
    assert refused(session(0), None) is None


FILES = {"prompts/say.md": b"better", ".promptci/baselines/say.json": b"dated"}


@pytest.mark.parametrize(
    ("files", "tip", "parent", "waits"),
    [
        (FILES, "ours", "start", True),
        ({**FILES, "prompts/say.md": b"other"}, "ours", "start", False),
        ({**FILES, ".promptci/ledger/say.jsonl": b"line"}, "ours", "start", False),
        (FILES, None, "start", False),
        (FILES, "ours", "main", False),
    ],
    ids=["same", "another-text", "another-question", "no-branch", "main-went-on"],
)
def test_what_waits_already_is_known_by_all_but_its_date(
    files: Mapping[str, bytes], tip: str | None, parent: str, waits: bool
) -> None:
    told, aim = history({**START, "more": b""}), replace(goal(Asked(), tip=tip), parent=parent)
    assert waits_already(project(told, "say"), aim, files) == waits


def test_a_request_is_found_by_what_it_proposes() -> None:
    forge = Asked([request("promptci/main/say-more", 3, content="c"), request(number=2, content="c")])
    found = proposed_already(goal(forge), "c")
    assert found is not None
    assert (found.operation, found.number) == ("none", 2)
    assert proposed_already(goal(forge), "d") is None


def test_a_change_of_model_is_named_by_what_it_writes_not_by_when_it_was_measured() -> None:
    first = {"promptci.yaml": b"a", "prompts/say.md": b"b", ".promptci/baselines/say.json": b"1"}
    assert content_of(first) == content_of({**first, ".promptci/baselines/say.json": b"2", ".promptci/ledger/x": b""})
    assert content_of(first) != content_of({**first, "prompts/say.md": b"c"})
    assert content_of(first) != content_of({"promptci.yaml": b"a"})
