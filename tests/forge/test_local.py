"""Pull requests as files beside a local remote, and the forge that does nothing."""

from __future__ import annotations

import json
import multiprocessing
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from promptci.errors import ForgeError
from promptci.forge import FORGES, Change, Proposal, forge_for, forge_name
from promptci.forge.local import LocalForge

CHANGE = Change("promptci/main/triage", "main", "Improve triage", "# Report\n\n| a |\n", labels=("promptci",))


@pytest.fixture
def remote(tmp_path: Path) -> Path:
    path = tmp_path / "origin.git"
    path.mkdir()
    return path


@pytest.fixture
def pulls(remote: Path) -> Path:
    return remote.parent / "origin.pulls"


def test_importing_the_room_is_light() -> None:
    heavy = "{'urllib.request', 'http.client', 'ssl', 'git', 'asyncio', 'fcntl'}"
    code = f"import sys, promptci.forge; print(sorted({heavy} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout.strip() == b"[]"


def test_a_change_becomes_a_file(remote: Path, pulls: Path) -> None:
    done = forge_for(str(remote), {}).propose(CHANGE)
    path = pulls / "0001-promptci-main-triage.md"
    assert done == Proposal("created", 1, path.as_uri(), CHANGE.branch)
    assert path.read_text() == (
        '---\nnumber: 1\ntitle: "Improve triage"\nbranch: "promptci/main/triage"\nbase: "main"\nstate: "open"\n'
        'draft: false\nlabels: ["promptci"]\n---\n\n# Report\n\n| a |\n'
    )
    assert [p.name for p in pulls.iterdir()] == [path.name]


def test_the_same_again_changes_nothing(remote: Path, pulls: Path) -> None:
    forge = forge_for(remote.as_uri(), {})
    first = forge.propose(CHANGE)
    stamp = next(pulls.iterdir()).stat().st_mtime_ns
    assert forge.propose(CHANGE) == replace(first, operation="none")
    assert next(pulls.iterdir()).stat().st_mtime_ns == stamp


def test_a_newer_report_is_written_in_place(remote: Path, pulls: Path) -> None:
    forge = forge_for(str(remote), {})
    first = forge.propose(CHANGE)
    done = forge.propose(replace(CHANGE, title="Better", body="Newer"))
    assert done == replace(first, operation="updated")
    [path] = pulls.iterdir()
    assert path.read_text().endswith("---\n\nNewer\n")


def test_another_branch_gets_the_next_number(remote: Path, pulls: Path) -> None:
    forge = forge_for(str(remote), {})
    forge.propose(CHANGE)
    assert forge.propose(replace(CHANGE, branch="promptci/main/other")).number == 2
    assert forge.propose(CHANGE).number == 1
    (pulls / "0041-by-hand.md").write_text("no front matter")
    (pulls / "notes.txt").write_text("not a pull request")
    assert forge.propose(replace(CHANGE, branch="promptci/main/third")).number == 42


def test_a_closed_one_is_left_alone_and_a_new_one_opened(remote: Path, pulls: Path) -> None:
    forge = forge_for(str(remote), {})
    forge.propose(CHANGE)
    path = pulls / "0001-promptci-main-triage.md"
    path.write_text(path.read_text().replace('"open"', '"merged"'))
    merged = path.read_bytes()
    done = forge.propose(CHANGE)
    assert (done.operation, done.number) == ("created", 2)
    assert path.read_bytes() == merged


def test_front_matter_that_a_person_broke_is_named_with_its_line(remote: Path, pulls: Path) -> None:
    forge = forge_for(str(remote), {})
    forge.propose(CHANGE)
    path = pulls / "0001-promptci-main-triage.md"
    path.write_text(path.read_text().replace('"open"', "closed"))
    with pytest.raises(ForgeError, match="front matter cannot be read") as caught:
        forge.propose(CHANGE)
    assert caught.value.place == f"{path}:6"


def test_hostile_text_stays_text(remote: Path, pulls: Path) -> None:
    hostile = Change(
        "a/../../b;$(x)", "main", 'x"\nstate: "closed"\n---\n', "---\nstate: closed\r\n---\n\ud800 ünï\r\n"
    )
    done = forge_for(str(remote), {}).propose(hostile)
    [path] = pulls.iterdir()
    assert path.name == "0001-a-..-..-b-x.md"
    head = path.read_text(encoding="utf-8").split("---\n")[1]
    assert [line.split(": ")[0] for line in head.splitlines()] == [
        "number", "title", "branch", "base", "state", "draft", "labels",
    ]  # fmt: skip
    assert json.loads(head.splitlines()[4].split(": ", 1)[1]) == "open"
    assert forge_for(str(remote), {}).propose(hostile) == replace(done, operation="none")


def test_an_interrupted_write_leaves_the_old_text_and_no_litter(
    remote: Path, pulls: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forge = forge_for(str(remote), {})
    forge.propose(CHANGE)
    before = next(pulls.iterdir()).read_bytes()
    monkeypatch.setattr(Path, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        forge.propose(replace(CHANGE, body="Newer"))
    assert [path.read_bytes() for path in pulls.iterdir()] == [before]


def interrupted(*_: object) -> None:
    raise KeyboardInterrupt


def propose_some(directory: Path, first: int) -> list[int | None]:
    forge = LocalForge(directory)
    return [forge.propose(replace(CHANGE, branch=f"b{first + i}")).number for i in range(20)]


def test_two_at_once_never_give_one_number_twice(pulls: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        numbers = pool.starmap(propose_some, [(pulls, 0), (pulls, 100)])
    assert sorted(numbers[0] + numbers[1], key=str) == sorted(range(1, 41), key=str)


def test_a_remote_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ForgeError, match="no such directory"):
        forge_for(str(tmp_path / "gone.git"), {})


def test_a_directory_that_cannot_be_made(remote: Path, pulls: Path) -> None:
    pulls.write_text("in the way")
    with pytest.raises(ForgeError, match="cannot be written"):
        forge_for(str(remote), {}).propose(CHANGE)


def test_a_dry_run_proposes_nowhere(remote: Path, pulls: Path) -> None:
    done = forge_for(str(remote), {}, name="none").propose(CHANGE)
    assert done == Proposal("none", None, None, CHANGE.branch)
    assert not pulls.exists()


@pytest.mark.parametrize("name", sorted(FORGES))
def test_every_forge_is_made_from_a_place(name: str, remote: Path) -> None:
    url = f"https://{name}.com/o/r" if name in ("github", "gitlab") else str(remote)
    forge = forge_for(url, {"GITHUB_TOKEN": "t", "GITLAB_TOKEN": "t"}, name=name)
    asked = ("propose", "requests", "close", "comment", "check", "access", "remarks", "approvals", "issue", "signed")
    assert all(callable(getattr(forge, method)) for method in asked)


def test_an_unknown_forge_is_refused_with_those_known() -> None:
    with pytest.raises(ForgeError, match="known: github, gitlab, local, none"):
        forge_for("/x.git", {}, name="gitea")


@pytest.mark.parametrize(
    ("url", "name"),
    [("/srv/x.git", "local"), ("../x.git", "local"), ("./a:b", "local"), ("file:///srv/x.git", "local"),
     ("https://github.com/o/r", "github"), ("git@github.com:o/r", "github"), ("ssh://git@GitHub.com/o/r", "github")],
)  # fmt: skip
def test_the_forge_follows_from_the_remote(url: str, name: str) -> None:
    assert forge_name(url, {}) == name
