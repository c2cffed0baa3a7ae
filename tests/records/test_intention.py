"""Notes of searches: found by content while they are wanted, damaged ones ignored."""

from __future__ import annotations

from pathlib import Path

import pytest

from promptci.records import intention
from promptci.records.intention import Intention


def test_the_newest_open_note_of_the_same_search_is_found(tmp_path: Path) -> None:
    intention.note(tmp_path / "1", "a/b", Intention("key", "old"))
    intention.note(tmp_path / "2", "a/b", Intention("key", "new"))
    intention.note(tmp_path / "3", "a/b", Intention("another", "other"))
    assert intention.made_before(tmp_path, "key") == Intention("key", "new")


@pytest.mark.parametrize(
    ("outcome", "wanted"),
    [
        pytest.param("improved", True, id="what-it-found-is-not-merged"),
        pytest.param("no_change", False, id="found-nothing"),
        pytest.param("inconclusive", False, id="asked-and-answered"),
    ],
)
def test_a_search_that_found_nothing_is_made_anew(outcome: str, wanted: bool, tmp_path: Path) -> None:
    intention.note(tmp_path / "1", "say", Intention("key", "commit"))
    intention.carried_out(tmp_path, "key", outcome)
    assert (intention.made_before(tmp_path, "key") is not None) == wanted


def test_a_run_is_finished_once_its_report_is_there_and_its_notes_are_carried_out(tmp_path: Path) -> None:
    place = tmp_path / "1"
    intention.note(place, "say", Intention("key", "commit"))
    assert not intention.is_finished(place)
    (place / "report.json").write_text("{}")
    assert not intention.is_finished(place)
    intention.carried_out(tmp_path, "key", "no_change")
    assert intention.is_finished(place)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"key": 1}', b"\xff"])
def test_a_damaged_note_is_none(content: bytes, tmp_path: Path) -> None:
    place = tmp_path / "1"
    intention.note(place, "say", Intention("key", "commit"))
    (place / "intention-say.json").write_bytes(content)
    assert intention.noted(place, "say") is None
    assert intention.made_before(tmp_path, "key") is None
