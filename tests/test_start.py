"""The first five minutes, line by line as docs/start.md has them, in a new repository with a remote."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from promptci import assets

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "start.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```sh\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
LINES = [line for block in BLOCKS for line in block.split("\n") if line]
_, *PRINTED = re.findall(r"^```text\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)  # the first lists the files
STORY = assets.examples() / "triage" / "story"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A repository with two prompts in two formats and a remote; the first commit is made."""
    found = tmp_path / "clone"
    for example in ("triage", "mood"):
        for path in (assets.examples() / example).glob("*s/*"):
            target = found / path.relative_to(assets.examples() / example)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())
    for stray in (found / "story", found / "prompts" / "triage.md"):
        subprocess.run(["rm", "-rf", str(stray)], check=True)
    (found / "prompts" / "triage.md").write_bytes((STORY / "1-good.md").read_bytes())
    script = "git init -q --bare -b main ../origin.git && git init -q -b main && git remote add origin ../origin.git"
    who = "git config user.name Dana && git config user.email dana@example.com"
    shell(found, f"{script} && {who} && git add -A && git commit -q -m 'Two prompts of our own'")
    return found


def shell(place: Path, line: str, **more: str) -> subprocess.CompletedProcess[str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT), **more}
    return subprocess.run(["bash", "-c", line], cwd=place, capture_output=True, text=True, env=environment)


def test_the_page_is_at_most_eight_commands() -> None:
    assert 0 < len(LINES) <= 8


def test_from_two_prompts_to_a_gated_commit_and_a_pull_request(place: Path) -> None:
    *setting_up, score, gate, search = LINES
    for line in (*setting_up, score):
        done = shell(place, line)
        assert done.returncode == 0, line + done.stdout + done.stderr
    assert "PASS  mood" in done.stdout
    (place / "prompts" / "triage.md").write_bytes((STORY / "2-worse.md").read_bytes())
    gated = shell(place, gate)
    assert gated.returncode == 1, gated.stdout + gated.stderr
    assert "FAIL  triage" in gated.stdout
    shell(place, "git commit -qam 'Shorten the prompt' && git push -q origin main")  # somebody overruled the gate
    found = shell(place, search, PROMPTCI_MAX_CALLS="1500")  # enough here, and an eighth of what the page allows
    assert found.returncode == 0, found.stdout + found.stderr
    assert len(list((place.parent / "origin.pulls").glob("*.md"))) == 1
    for page, printed in zip(PRINTED, (done.stdout, gated.stdout, found.stdout), strict=True):
        assert bare(page) - {"..."} <= bare(printed)


def bare(text: str) -> set[str]:
    """The lines without their numbers, which the commit draws, and without where the place is."""
    numberless = re.sub(r"[+-]?\d[\d.,]*", "N", re.sub(r"file:///\S*/origin", "origin", text))
    return {" ".join(line.split()) for line in numberless.splitlines()}
