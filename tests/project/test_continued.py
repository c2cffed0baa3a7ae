"""Whether a record goes on from the base's: read from two revisions of a repository that is a mapping here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

import pytest

from promptci.core import Reason
from promptci.project.continued import baseline_breach, ledger_breach, questions_at
from promptci.project.project import Project
from promptci.project.touched import Touched, records_touched
from promptci.records import baseline
from promptci.records.chain import link_of
from tests.records.test_baseline import BASELINE
from tests.records.test_chain import linked
from tests.records.test_ledger import QUESTION

PATH = ".promptci/baselines/say.json"
LEDGER = ".promptci/ledger/say.jsonl"
FIRST = baseline.dump(replace(BASELINE, commit="a" * 40))
SEAL = baseline.load(FIRST, PATH).seal
NEXT = baseline.dump(replace(BASELINE, commit="b" * 40, previous=SEAL, calls=9))


@dataclass(frozen=True)
class Trees:
    """A repository and its project in one: files by revision."""

    files: Mapping[str, Mapping[str, bytes]]
    prefix: str = ""

    @property
    def repository(self) -> Trees:
        return self

    def at(self, rev: str | None, path: str) -> bytes | None:
        return self.files[rev or "tree"].get(path)

    def changed(self, base: str, rev: str) -> list[str]:
        before, after = self.files[base], self.files[rev]
        return sorted(path for path in {*before, *after} if before.get(path) != after.get(path))


def project(left: Mapping[str, bytes], head: Mapping[str, bytes], prefix: str = "") -> Project:
    return cast("Project", Trees({"left": left, "HEAD": head}, prefix))


def breach(left: bytes | None, head: bytes | None) -> str | None:
    before, after = ({} if content is None else {PATH: content} for content in (left, head))
    return baseline_breach(project(before, after), PATH, "left", "HEAD")


UNSEALED = baseline.dump(BASELINE)
RESEALED = json.loads(NEXT)
RESEALED["previous"] = "0" * 32
RESEALED["seal"] = link_of({k: v for k, v in RESEALED.items() if k != "seal"})

BASELINES: dict[str, tuple[bytes | None, bytes | None, str | None]] = {
    "goes-on": (FIRST, NEXT, None),
    "the-first-one": (None, FIRST, None),
    "from-one-without-a-seal": (UNSEALED, FIRST, None),
    "taken-out": (FIRST, None, "it is gone"),
    "without-a-seal": (FIRST, UNSEALED, "it has no seal"),
    "from-another": (FIRST, json.dumps(RESEALED).encode(), "it does not go on from the one that was there"),
    "goes-on-from-nothing": (None, NEXT, None),
    "edited": (FIRST, NEXT.replace(b'"calls": 9', b'"calls": 8'), "edited after it was written"),
    "damaged": (FIRST, b"{}", "it cannot be read"),
    "the-base-s-is-damaged": (b"{}", NEXT, "it cannot be read"),
    "the-base-s-is-edited": (FIRST.replace(b'"calls": 6', b'"calls": 5'), NEXT, "edited after it was written"),
}


@pytest.mark.parametrize(("left", "head", "said"), BASELINES.values(), ids=BASELINES)
def test_a_baseline_goes_on_or_it_is_said_why_not(left: bytes | None, head: bytes | None, said: str | None) -> None:
    found = breach(left, head)
    assert found is None if said is None else found is not None and said in found


def lines(content: bytes, *numbers: int) -> bytes:
    return b"".join(content.splitlines(keepends=True)[n] for n in numbers)


TWO, THREE = linked(2), linked(3)
LEDGERS: dict[str, tuple[bytes, bytes, str | None]] = {
    "goes-on": (TWO, linked(3), None),
    "the-first-line": (b"", linked(1), None),
    "nothing-new": (TWO, TWO, "it says nothing new"),
    "emptied": (TWO, b"", "2 lines are gone that were there"),
    "the-last-line-cut": (TWO, lines(TWO, 0), "1 line is gone"),
    "the-first-line-cut": (TWO, lines(TWO, 1), "taken out or moved"),
    "reordered": (THREE, lines(THREE, 0, 2, 1), "taken out or moved"),
    "edited": (TWO, TWO.replace(b"refused", b"improved", 1), "edited after"),
    "an-unlinked-line": (TWO, TWO + lines(QUESTION_LINE := json.dumps(
        {name: [*v] if isinstance(v := getattr(QUESTION, name), tuple) else v
         for name in ("pair", "set_hash", "members", "share", "query", "level", "verdict", "date", "schema")}
    ).encode() + b"\n", 0), "a line was added that names no line before it"),
    "damaged": (TWO, TWO + b"{}\n", "not a ledger line"),
}  # fmt: skip


@pytest.mark.parametrize(("left", "head", "said"), LEDGERS.values(), ids=LEDGERS)
def test_a_ledger_goes_on_or_it_is_said_why_not(left: bytes, head: bytes, said: str | None) -> None:
    found = ledger_breach(project({LEDGER: left}, {LEDGER: head}), LEDGER, "left", "HEAD")
    assert found is None if said is None else found is not None and said in found


def test_unlinked_lines_in_another_order_are_said() -> None:
    first = QUESTION_LINE
    second = first.replace(b'"query": 1', b'"query": 2')
    third = first.replace(b'"query": 1', b'"query": 3')
    found = ledger_breach(
        project({LEDGER: first + second}, {LEDGER: second + first + third}), LEDGER, "left", "HEAD"
    )  # fmt: skip
    assert found == "its lines are in another order"


def test_a_ledger_that_is_not_there_has_no_lines() -> None:
    assert questions_at(project({}, {}), LEDGER, "left") == []


TOUCHED: dict[str, tuple[str, str]] = {
    "baseline": (PATH, "say"),
    "ledger": (LEDGER, "say"),
    "nested-id": (".promptci/baselines/team/say.json", "team/say"),
    "another-case": (".PromptCI/Baselines/say.json", "say"),
    "ledger-in-capitals": (".promptci/LEDGER/say.jsonl", "say"),
}


@pytest.mark.parametrize(("path", "name"), TOUCHED.values(), ids=TOUCHED)
def test_a_touched_record_is_found_whatever_its_case(path: str, name: str) -> None:
    (found,) = records_touched(project({}, {path: b"{}"}), "left").items()
    assert found[0] == name
    assert [(t.path, t.continues) for t in found[1]] == [(path, False)]


@pytest.mark.parametrize(
    "path", ["prompts/say.md", ".promptci/cache/x", "other/.promptci/baselines/say.json", ".promptci/baselines"]
)
def test_other_files_are_no_records(path: str) -> None:
    assert records_touched(project({}, {path: b"x"}), "left") == {}


def test_both_records_of_a_prompt_are_told_and_those_of_the_settings_own_place_alone() -> None:
    head = {f"sub/{PATH}": FIRST, f"sub/{LEDGER}": linked(1), PATH: b"{}"}
    reading = cast("Any", Trees({"left": {}, "HEAD": head}, "sub/"))

    def at(rev: str | None, path: str) -> bytes | None:
        return Trees(reading.files).at(rev, f"sub/{path}")

    class Placed(Trees):
        def at(self, rev: str | None, path: str) -> bytes | None:
            return at(rev, path)

    placed = cast("Project", Placed({"left": {}, "HEAD": head}, "sub/"))
    found = records_touched(placed, "left")
    assert {name: [t.continues for t in each] for name, each in found.items()} == {"say": [True, True]}
    assert {t.why.kind for t in found["say"]} == {"baseline_touched", "ledger_touched"}


def test_a_touched_record_says_what_it_is_for_and_what_is_wrong() -> None:
    (one,) = records_touched(project({PATH: FIRST}, {PATH: UNSEALED}), "left")["say"]
    assert isinstance(one, Touched)
    assert one.why == Reason(
        "baseline_touched",
        f"This change edits {PATH}, which later changes are compared with: it has no seal.",
    )
