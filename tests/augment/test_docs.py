"""docs/augment.md, line by line, with the offline model, in one repository."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from promptci.augment.spec import read
from promptci.cli import entry
from promptci.cli.group import cli
from tests.augment.test_building import log
from tests.conftest import Repo

PAGE = (Path(__file__).parents[2] / "docs" / "augment.md").read_text(encoding="utf-8")
LINES = [
    line for block in re.findall(r"^```sh\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE) for line in block.splitlines()
]


def test_every_line_runs_as_it_stands(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    assert entry.COMMANDS
    repo.write("promptci.yaml", "version: 1\nprompts:\n  - {id: say, file: prompts/say.md, cases: evals/say.jsonl}\n")
    rows = [json.dumps({"id": row.id, "prompt": getattr(row, "text", "")}) for row in log(12)]
    repo.write("log.jsonl", "\n".join(rows[:8]))
    repo.write("held-out.jsonl", "\n".join(rows[8:]))
    repo.write("app.py", "")
    repo.commit("A log", push=True)
    monkeypatch.chdir(repo.path)
    monkeypatch.setenv("PROMPTCI_TRUST_TREE", "1")
    assert len(LINES) == 6
    for line in LINES:
        done = CliRunner().invoke(cli, line.split()[1:])
        assert done.exit_code == 0 or "eval" in line, (line, done.output)
        assert done.exit_code in (0, 1), (line, done.output)
    assert (repo.path / ".promptci/pairs/augment-support/card.json").is_file()


def test_the_example_file_is_one_that_is_read() -> None:
    text = re.findall(r"^```yaml\n(version.*?)^```", PAGE, re.DOTALL | re.MULTILINE)[0]
    assert [c.name for c in read(text, "support", "augment", "augment/support.yaml").categories] == ["returns", "other"]
