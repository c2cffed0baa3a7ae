"""Every promptci command that a page shows in a block is run, in a repository like the reader's, page by page."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from glob import glob
from pathlib import Path

import pytest

from promptci import assets
from promptci.cli import entry
from promptci.cli.group import cli
from tests.test_blocks import blocks, typed

SETTINGS = """\
version: 1
models: {scorer: {model: offline}}
budget: {max_calls: 600}
prompts:
  - {file: prompts/triage.md, cases: evals/triage.jsonl}
search: {strategy: opro, steps: 1, per_step: 6}
"""
ELSEWHERE = {
    "docs/start.md": "tests/test_start.py runs the page from its first line to its last",
    "docs/augment.md": "tests/augment/test_docs.py does",
    "examples/README.md": "tests/test_examples.py types triage's, test_demo_agent.py tells the agent's story",
}
PASSES = {0, 1}  # a gate may be red: what was shown ran all the same
SHOWN = {
    page: [words for block in blocks() if block.language in ("sh", "console") and block.place.split(":")[0] == page
           for words in typed(block.text) if words[0] == "promptci"]
    for page in sorted({block.place.split(":")[0] for block in blocks()} - set(ELSEWHERE))
}  # fmt: skip


@contextmanager
def inside(place: Path) -> Iterator[None]:
    before, path = Path.cwd(), os.environ["PATH"]
    os.chdir(place)
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{path}"
    try:
        yield
    finally:
        os.chdir(before)
        os.environ["PATH"] = path


def typed_in(place: Path, *words: str) -> int:
    """Run one command as the command line does; return its exit code. An error that a user can mend is raised."""
    with inside(place):
        try:
            code = cli.main(list(words), prog_name="promptci", standalone_mode=False)
        except SystemExit as end:
            code = end.code
    return int(code or 0)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A clone with a remote, the triage prompt, and the files that pages speak of; the prompt was edited."""
    here = tmp_path / "clone"
    for folder, names in {"prompts": ["triage.md"], "evals": ["triage.jsonl"]}.items():
        (here / folder).mkdir(parents=True)
        for name in names:
            shutil.copy(assets.examples() / "triage" / folder / name, here / folder / name)
    evals = here / "evals" / "triage.jsonl"
    kept = [json.loads(line) for line in evals.read_text(encoding="utf-8").splitlines()[:70]]
    kept[0] |= {"output": "billing", "human": "fail"}  # somebody graded an answer
    kept[1] |= {"output": "other"}
    evals.write_text("".join(json.dumps(row) + "\n" for row in kept), encoding="utf-8")
    (here / "promptci.yaml").write_text(SETTINGS, encoding="utf-8")
    (here / "app").mkdir()
    (here / "app" / "nightly.py").write_text("print('good night')\n", encoding="utf-8")
    rows = ({"messages": [{"role": "user", "content": f"My parcel number {n} is late"}]} for n in range(3))
    (here / "traces.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(tmp_path / "origin.git")], check=True)
    who = ["-c", "user.name=D", "-c", "user.email=d@example.com"]
    for args in (
        ["init", "-q", "-b", "main"], ["remote", "add", "origin", str(tmp_path / "origin.git")], ["add", "."],
        ["commit", "-qm", "Begin"], ["push", "-q", "origin", "main"], ["fetch", "-q", "origin"],
    ):  # fmt: skip
        subprocess.run(["git", *who, *args], cwd=here, check=True, capture_output=True)
    return here


def test_a_page_with_commands_is_run_here_or_elsewhere() -> None:
    assert entry.COMMANDS  # importing it is what makes the group know them
    assert sum(len(commands) for commands in SHOWN.values()) >= 10
    assert all((Path(__file__).parents[1] / page).is_file() for page in ELSEWHERE)


def by_shell(words: list[str], place: Path) -> Iterator[list[str]]:
    """Give what a shell makes of a line: of `$NUMBER/8` eight jobs' lines, of `shards/*` the runs that those left."""
    named: list[str] = []
    if "$NUMBER/8" in words:
        runs = place / ".promptci" / "runs"
        shutil.rmtree(runs, ignore_errors=True)  # a job of CI begins without any
        for number in range(1, 9):
            yield [word.replace("$NUMBER", str(number)) for word in words]
        shutil.copytree(runs, place / "shards")
        return
    for word in words:
        named += sorted(glob(str(place / word))) if "*" in word else [word]  # noqa: PTH207  # as a shell does: no dot files
    yield named


@pytest.mark.parametrize("page", [page for page, commands in SHOWN.items() if commands])
def test_what_a_page_shows_can_be_typed(page: str, place: Path, capfd: pytest.CaptureFixture[str]) -> None:
    if any("results.json" in words for words in SHOWN[page]):
        for name in ("results-of-the-base.json", "results.json"):
            assert typed_in(place, "check", "--all", "-q", "-o", name) == 0
    for words in (each for shown in SHOWN[page] for each in by_shell(shown, place)):
        if words[1] == "init":  # a page begins without settings, and has its reader write them next
            (place / "promptci.yaml").unlink()
        code = typed_in(place, *words[1:])
        assert code in PASSES, (words, capfd.readouterr())
        if words[1] == "init":
            (place / "promptci.yaml").write_text(SETTINGS, encoding="utf-8")
