"""The name under which a check draws its numbers: its own, or that of the same check when that was cut short."""

from __future__ import annotations

from pathlib import Path

import pytest

from promptci.records.asking import asking


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    for name in ("1", "2", "3"):
        (tmp_path / name).mkdir()
    return tmp_path


def test_a_check_alone_has_its_own_name_and_keeps_it(runs: Path) -> None:
    assert asking(runs / "1", "key") == asking(runs / "1", "key") == "1"
    assert asking(runs / "2", "another") == "2"


def test_what_was_cut_short_goes_on_under_its_name_however_often(runs: Path) -> None:
    assert [asking(runs / name, "key") for name in ("1", "2", "3")] == ["1", "1", "1"]


def test_a_name_under_which_a_run_ended_is_used_up(runs: Path) -> None:
    asking(runs / "1", "key")
    asking(runs / "2", "key")
    (runs / "2" / "report.json").write_text("{}")
    assert asking(runs / "3", "key") == "3"


@pytest.mark.parametrize(
    "damage", ["", "{", "[]", '{"key": "key"}', "\x00"], ids=["empty", "cut", "list", "part", "nul"]
)
def test_a_damaged_note_is_none(damage: str, runs: Path) -> None:
    (runs / "1" / "asking.json").write_text(damage)
    assert asking(runs / "2", "key") == "2"
    assert asking(runs / "1", "key") == "2"
