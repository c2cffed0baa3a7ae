"""examples/agent: a program that calls a model and tools, as it stands and with its tools described worse."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator
from dataclasses import replace

import pytest

from promptci import assets
from promptci.commands.check import check
from promptci.commands.show import show
from promptci.models.connect import connect
from promptci.models.offline.server import running
from promptci.report.cases import rows
from tests.conftest import Repo


@pytest.fixture
def agent(repo: Repo) -> Iterator[Repo]:
    shutil.copytree(assets.examples() / "agent", repo.path, dirs_exist_ok=True)
    settings = (repo.path / "promptci.yaml").read_text(encoding="utf-8")
    repo.write("promptci.yaml", settings.replace("[python,", f"[{json.dumps(sys.executable)},"))
    with running() as url:
        repo.write("server.json", json.dumps({"base_url": url, "model": "offline"}))
        repo.commit("Bring the agent")
        yield repo


def test_a_worse_description_of_a_tool_turns_the_gate_red(agent: Repo) -> None:
    tools = (agent.path / "tools.json").read_text(encoding="utf-8")
    worse = tools.replace("deliveries, tracking, damaged items", "all that is there")
    assert worse != tools
    agent.write("tools.json", worse)
    report = check(replace(agent.options(), connect=connect), base="HEAD")
    (prompt,) = report.prompts
    assert (report.verdict, prompt.unmeasured, prompt.why) == ("fail", 0, ("prompt text",))
    assert report.input_tokens > report.calls  # those that the program declared: each case asks the model twice
    assert (prompt.baseline_score or 0) > 0.7
    lost = [d for d in prompt.cases_detail if d.old_passes and not d.new_passes]
    assert {d.expected for d in lost} >= {"track_parcel"}
    assert all('"tool"' in str(d.old) and str(d.old) != str(d.new) for d in lost)
    (said,) = (r.text for r in prompt.reasons if r.kind == "calls_changed")
    assert "track_parcel became" in said
    parcel = next(d for d in lost if d.expected == "track_parcel")
    assert dict(rows(parcel))["old calls"] == "track_parcel" != dict(rows(parcel))["new calls"]
    told = show(agent.options(), "last", "agent", parcel.id, width=120)
    assert "1 track_parcel" in told
    assert "-> the parcel is on its way" in told


def test_a_server_that_is_not_there_leaves_its_cases_unmeasured(agent: Repo) -> None:
    agent.write("server.json", json.dumps({"base_url": "http://127.0.0.1:9/v1", "model": "offline"}))
    agent.commit("Name a server that is not there")
    report = check(replace(agent.options(), connect=connect), base="HEAD", everything=True)
    assert report.verdict == "unmeasured"
