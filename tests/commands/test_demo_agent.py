"""The story of `promptci demo --agent`, as it is told: red by a tool's description, mended by a search, confirmed."""

from __future__ import annotations

import json
import os
import re
import socket
from pathlib import Path

import pytest

from promptci.commands.demo_agent import DESCRIPTION, GOOD, PORT, WORSE, demo
from promptci.errors import UsageError
from promptci.report.read import read


def test_a_worse_description_turns_the_gate_red_and_a_search_mends_it(tmp_path: Path) -> None:
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", PORT)) == 0:
            pytest.skip(f"port {PORT} is taken: the story has other numbers at another")
    said: list[str] = []
    before = dict(os.environ)
    demo(tmp_path / "story", said.append)
    told, runs = "\n".join(said), tmp_path / "story" / "agent" / ".promptci" / "runs"
    red = read(runs / "2-worse" / "report.json")
    assert red.verdict == "fail"
    assert any(r.kind == "calls_changed" and "track_parcel became" in r.text for r in red.prompts[0].reasons)
    assert re.search(r"old calls +track_parcel\n +new calls +\w+", told)
    assert re.search(r"calls \(1\) +\| calls \(1\)\n", told)
    assert "-> the parcel is on its way" in told
    search = read(runs / "3-mended" / "report.json").prompts[0].search
    assert search is not None
    assert (search.outcome, search.strategy) == ("improved", "reflect")
    assert read(runs / "4-after" / "report.json").verdict == "pass"
    (tool,) = [t for t in json.loads((runs.parents[1] / "tools.json").read_text()) if t["name"] == "track_parcel"]
    assert tool["description"] not in (GOOD, WORSE)
    assert f"--file {DESCRIPTION}" in told
    assert dict(os.environ) == before


def test_what_goes_wrong_in_the_story_is_said_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("promptci.commands.demo_agent.shutil.copytree", full)
    with pytest.raises(OSError, match="No space left"):
        demo(tmp_path / "story", print)


def test_a_directory_with_files_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")
    with pytest.raises(UsageError, match="is not empty"):
        demo(tmp_path, print)
    assert [p.name for p in tmp_path.iterdir()] == ["mine"]
