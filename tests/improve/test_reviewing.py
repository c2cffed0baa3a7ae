"""Which requests' remarks are read, at which text, and what a search is known by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any, Literal, cast

import pytest

from promptci.decide.aims import ACCURACY, AIMS
from promptci.forge.base import Forge, Remark, Request
from promptci.improve.noting import key_of
from promptci.improve.reviewing import wished
from promptci.improve.target import Target
from promptci.improve.wishes import NO_WISHES, Wishes
from promptci.project.project import Project
from promptci.project.side import Side
from promptci.run.session import Session
from tests.improve.test_between import BRANCH, request
from tests.improve.test_telling import BETTER, new, old, project

__all__ = ["new", "old", "project"]
KEEP_LAST, KEEP_FIRST = "promptci: keep the last sentence", "promptci: keep the first sentence"


@dataclass
class Reviewed:
    """A forge that knows requests and what was written on each, by its number."""

    rows: Sequence[Request]
    said: Mapping[int, str]
    read: list[int] = field(default_factory=list)

    def requests(self, prefix: str, state: Literal["open", "closed"] = "open") -> tuple[Request, ...]:
        wanted = (r for r in self.rows if r.branch.startswith(prefix))
        return tuple(r for r in wanted if (r.state == "open") == (state == "open"))

    def remarks(self, number: int) -> tuple[Remark, ...]:
        self.read.append(number)
        return (Remark("ada", "write", self.said[number]),) if number in self.said else ()


def wishes(forge: Reviewed, old: Side, tip: bytes | None = None) -> Wishes:
    here = cast("Project", SimpleNamespace(at=lambda rev, path: tip))
    goal = Target("origin", "main", "start", BRANCH, "ours" if tip else None, cast("Forge", forge))
    return wished(here, old, goal)


def test_without_a_request_nothing_is_wished(old: Side) -> None:
    assert wishes(Reviewed((), {}), old) == NO_WISHES


def test_the_open_request_and_the_last_one_that_people_closed_are_read(old: Side) -> None:
    rows = (
        request(number=9), request(number=7, state="closed"), request(number=6, state="closed"),
        request(number=8, state="closed", by_us=True), request(number=5, state="merged"),
        request("promptci/main/say-more", 4), request("promptci/main/say-more", 3, state="closed"),
    )  # fmt: skip
    forge = Reviewed(rows, {9: KEEP_FIRST, 7: "Too long."})
    found = wishes(forge, old)
    assert forge.read == [9, 7]
    assert found.keep == ("Say the word.",)
    assert 'not what was closed with: "Too long.".' in found.asks


def test_a_sentence_is_counted_in_the_text_under_review(old: Side) -> None:
    forge = Reviewed((request(),), {1: KEEP_FIRST})
    assert wishes(forge, old, f"{BETTER}\n".encode()).told().endswith('"Say the word with care.".')
    assert wishes(forge, old, None).keep == ("Say the word.",)
    assert wishes(forge, old, b"\xff\xfe").keep == ("Say the word.",)


def session(**changes: Any) -> Session:
    optimizer = SimpleNamespace(model="o", base_url=None, temperature=1.0, max_tokens=9)
    told = {"seed": 0, "search": {"steps": 4}, "optimizer": optimizer, **changes}
    config = SimpleNamespace(
        models=SimpleNamespace(optimizer_spec=lambda: told["optimizer"]),
        search=SimpleNamespace(model_dump=lambda mode: told["search"]),
    )
    return cast("Session", SimpleNamespace(config=config, options=SimpleNamespace(seed=told["seed"])))


def test_a_search_is_known_by_all_that_decides_it(old: Side, new: Side) -> None:
    plain = key_of(session(), old, "edits", ACCURACY)
    replaced = SimpleNamespace(model="p", base_url=None, temperature=1.0, max_tokens=9)
    assert plain == key_of(session(), old, "edits", ACCURACY)
    others = [
        key_of(session(seed=1), old, "edits", ACCURACY),
        key_of(session(search={"steps": 5}), old, "edits", ACCURACY),
        key_of(session(optimizer=replaced), old, "edits", ACCURACY),
        key_of(session(), old, "opro", ACCURACY),
        key_of(session(), old, "edits", AIMS["length"]),
        key_of(session(), replace(old, content=b"other"), "edits", ACCURACY),
        key_of(session(), replace(old, cases=old.cases[1:]), "edits", ACCURACY),
        key_of(session(), replace(old, spec=replace(old.spec, temperature=1.0)), "edits", ACCURACY),
    ]
    assert len({plain, *others}) == len(others) + 1


@pytest.mark.parametrize("changes", [{"deadline_s": 9.0}, {"api_key_env": "K"}], ids=["deadline", "key"])
def test_what_changes_no_answer_is_the_same_search(changes: dict[str, Any], old: Side) -> None:
    assert key_of(session(), replace(old, spec=replace(old.spec, **changes)), "edits", ACCURACY) == key_of(
        session(), old, "edits", ACCURACY
    )
