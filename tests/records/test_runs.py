"""Which run a name means, and whether a check or a search that was cut short goes on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from promptci.errors import UsageError
from promptci.records import intention
from promptci.records.asking import asking
from promptci.records.intention import Intention
from promptci.records.runs import run_named

NAMES = ("20260101-100000-aaaaaa", "20260101-100000-bbbbbb", "20260102-090000-aaaaaa", "20260102")


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    place = tmp_path / "runs"
    for name in NAMES:
        (place / name).mkdir(parents=True)
    (place / ".gitignore").write_text("*\n")
    (place / "zzz").write_text("a file is no run")
    return place


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        pytest.param(NAMES[0], NAMES[0], id="its-id"),
        pytest.param("20260101-100000-b", NAMES[1], id="the-beginning-of-it"),
        pytest.param("20260102", NAMES[3], id="an-id-that-begins-another"),
        pytest.param("20260102-", NAMES[2], id="a-beginning-of-one"),
        pytest.param("last", NAMES[2], id="the-last"),
    ],
)
def test_a_name_means_one_run(name: str, meant: str, runs: Path) -> None:
    assert run_named(runs, name) == runs / meant


@pytest.mark.parametrize("name", ["", "x", "zzz", ".gitignore", "..", ".", "/", "20260101-100000-aaaaaa/", "LAST", "*"])
def test_a_name_that_means_none_is_refused_with_where_to_look(name: str, runs: Path) -> None:
    with pytest.raises(UsageError) as caught:
        run_named(runs, name)
    assert (caught.value.problem, caught.value.place) == (f"no run '{name}'", str(runs))
    assert caught.value.hint == "`promptci runs` lists them"


def test_a_beginning_of_several_names_some_of_them(runs: Path) -> None:
    with pytest.raises(UsageError, match="'20260101' begins the names of 2 runs") as caught:
        run_named(runs, "20260101")
    assert caught.value.hint == f"among them {NAMES[0]}, {NAMES[1]}"
    for n in range(9):
        (runs / f"many-{n}").mkdir()
    with pytest.raises(UsageError, match="begins the names of 9 runs") as caught:
        run_named(runs, "many")
    assert str(caught.value.hint).count("many-") == 5


@pytest.mark.parametrize("name", ["last", "x"])
def test_before_the_first_run_there_is_none(name: str, tmp_path: Path) -> None:
    for place in (tmp_path / "nowhere", tmp_path):
        with pytest.raises(UsageError, match=f"no run '{name}'") as caught:
            run_named(place, name)
        assert caught.value.hint == "there is none yet: run `promptci check`"


def test_a_run_that_is_called_last_does_not_hide_the_last(runs: Path) -> None:
    (runs / "last").mkdir()
    assert run_named(runs, "last") == runs / "last"  # it sorts last, too


NONSENSE = [b"", b"{", b"[]", b"null", b'{"key": "k"}', b"\xff", b"[" * 100_000, b'{"key":' * 50_000, b"1" * 5000]


@pytest.mark.parametrize("content", NONSENSE, ids=lambda content: ascii(content[:8]))
def test_a_note_that_cannot_be_read_is_none_and_its_work_is_done_anew(content: bytes, tmp_path: Path) -> None:
    intention.note(tmp_path / "1", "say", Intention("key", "commit"))
    (tmp_path / "1" / "intention-say.json").write_bytes(content)
    (tmp_path / "1" / "asking.json").write_bytes(content)
    assert intention.noted(tmp_path / "1", "say") is None
    assert intention.made_before(tmp_path, "key") is None
    assert not intention.is_finished(tmp_path / "1")
    assert asking(tmp_path / "2", "key") == "2"


def test_a_folder_in_the_place_of_a_note_is_none(tmp_path: Path) -> None:
    (tmp_path / "1" / "intention-say.json").mkdir(parents=True)
    (tmp_path / "1" / "asking.json").mkdir()
    assert intention.noted(tmp_path / "1", "say") is None
    assert asking(tmp_path / "2", "key") == "2"


def test_notes_of_several_prompts_of_one_run_are_told_apart(tmp_path: Path) -> None:
    run = tmp_path / "1"
    for prompt, key in (("a/b", "k1"), ("a", "k2"), ("b", "k3")):
        intention.note(run, prompt, Intention(key, "commit"))
    (run / "report.json").write_text("{}")
    assert [intention.noted(run, prompt) for prompt in ("a/b", "a", "b")] == [
        Intention(key, "commit") for key in ("k1", "k2", "k3")
    ]
    for key in ("k1", "k2"):
        intention.carried_out(tmp_path, key, "improved")
    assert not intention.is_finished(run)
    intention.carried_out(tmp_path, "k3", "no_change")
    assert intention.is_finished(run)


def test_an_ending_is_written_once_and_into_every_run_s_note(tmp_path: Path) -> None:
    for run in ("1", "2"):
        intention.note(tmp_path / run, "say", Intention("key", run))
    intention.carried_out(tmp_path, "key", "improved")
    intention.carried_out(tmp_path, "key", "no_change")  # there is none left that is open
    found = [intention.noted(tmp_path / run, "say") for run in ("1", "2")]
    assert found == [Intention("key", "1", "improved"), Intention("key", "2", "improved")]
    assert intention.made_before(tmp_path, "key") == Intention("key", "2", "improved")


def test_the_newest_note_decides_though_an_older_one_is_wanted(tmp_path: Path) -> None:
    intention.note(tmp_path / "1", "say", Intention("key", "old"))
    intention.note(tmp_path / "2", "say", Intention("key", "new", "no_change"))
    assert intention.made_before(tmp_path, "key") is None


def test_a_check_of_another_key_in_the_same_run_gets_a_name_anew(tmp_path: Path) -> None:
    assert asking(tmp_path / "1", "key") == "1"
    assert asking(tmp_path / "2", "key") == "1"
    assert asking(tmp_path / "2", "other") == "2"
    assert json.loads((tmp_path / "2" / "asking.json").read_text()) == {"key": "other", "name": "2"}
    assert asking(tmp_path / "1", "key") == "1"


def test_what_was_cut_short_long_ago_is_asked_anew(tmp_path: Path) -> None:
    assert asking(tmp_path / "000", "key") == "000"
    for n in range(1, 201):
        (tmp_path / f"{n:03}").mkdir()
        (tmp_path / f"{n:03}" / "asking.json").write_text(json.dumps({"key": f"k{n}", "name": f"{n:03}"}))
    assert asking(tmp_path / "900", "key") == "900"
    assert asking(tmp_path / "901", "k1") == "901"  # 900's own note is one of the newest now
    assert asking(tmp_path / "902", "k9") == "009"
