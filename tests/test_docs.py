"""The README says what is true: its quotes are files of the example, its output is what the demo prints."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from promptci import assets

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
TRIAGE = assets.examples() / "triage"
COMMANDS = (
    "check",
    "optimize",
    "upgrade",
    "ci",
    "compare",
    "init",
    "demo",
    "power",
    "report",
    "runs",
    "cache",
    "offline serve",
)


def fenced(language: str) -> str:
    found = re.search(rf"^```{language}\n(.*?)^```", README, re.DOTALL | re.MULTILINE)
    assert found is not None
    return found[1]


def timeless(text: str) -> str:
    """The text without the seconds that a run took."""
    return re.sub(r"; [\d.]+ s\.$", "", text, flags=re.MULTILINE)


def shortened(printed: str) -> str:
    """The report with its first two cases; a README is not the place for ten."""
    blocks = printed.split("\n\n")
    cases = [n for n, block in enumerate(blocks) if re.match(r"  \w+\n    input ", block)]
    kept = [block for n, block in enumerate(blocks) if n not in cases[2:]]
    return "\n\n".join(kept).replace("\n\n  and ", "\n\n  ...\n  and ") if cases[2:] else printed


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """What `promptci demo` printed, and where it left its files."""
    place = tmp_path_factory.mktemp("demo") / "here"
    command = [sys.executable, "-m", "promptci", "demo", "--dir", str(place)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout, place


def test_the_quoted_prompt_and_cases_are_the_example_s() -> None:
    assert fenced("markdown") in (TRIAGE / "prompts" / "triage.md").read_text(encoding="utf-8")
    assert (TRIAGE / "evals" / "triage.jsonl").read_text(encoding="utf-8").startswith(fenced("json"))


def test_the_quoted_output_is_what_check_prints(story: tuple[str, Path]) -> None:
    """`GOLDEN=update pytest tests/test_docs.py` brings the README up to date."""
    quoted = fenced("console").removeprefix("$ promptci check\n").split("$ echo")[0]
    printed = story[0][story[0].index("\nFAIL ") + 1 :].split("\n\n3. ")[0].split("\n\n4. ")[0].strip("\n") + "\n"
    printed = shortened(printed)
    if os.environ.get("GOLDEN") == "update":
        (ROOT / "README.md").write_text(README.replace(quoted, printed), encoding="utf-8")
        quoted = printed
    assert timeless(quoted) == timeless(printed)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_documented(command: str) -> None:
    assert f"`promptci {command}" in README


def test_no_document_installs_another_project_s_package() -> None:
    for path in (
        *ROOT.glob("*.md"),
        *ROOT.glob("docs/**/*.md"),
        *ROOT.glob("templates/**/*"),
        *ROOT.glob("examples/**/*.md"),
    ):
        if path.is_file():
            text = path.read_text(encoding="utf-8")
            assert not re.search(r"pip[x]? install (?:-U |--upgrade )?promptci(?!-gate)", text), path


def test_the_story_leaves_what_it_names(story: tuple[str, Path]) -> None:
    said, place = story
    named = re.findall(r"^   the (?:repository|pull request|diff|report) +(\S+)$", said, re.MULTILINE)
    assert len(named) == 4
    assert all(Path(path).exists() for path in named)
    remote = ["git", "-C", str(place / "origin.git")]
    changed = subprocess.run(
        [*remote, "diff", "--name-only", "main", "promptci/main/triage"], capture_output=True, text=True
    )
    assert changed.stdout.split() == [
        ".promptci/baselines/triage.json",
        ".promptci/ledger/triage.jsonl",
        "prompts/triage.md",
    ]


def test_the_pull_request_says_all_that_a_reviewer_needs(story: tuple[str, Path]) -> None:
    (path,) = (story[1] / "origin.pulls").glob("*.md")
    text = path.read_text(encoding="utf-8")
    for needed in (
        "better** for `triage`",
        "held-out cases",
        "interval",
        "Newly passing",
        "Newly failing",
        "```diff",
        " calls; ",
        "USD",
        "offline model",
    ):
        assert needed in text, needed


def test_in_the_demo_s_repository_check_tells_worse_from_good(story: tuple[str, Path]) -> None:
    repository = story[1] / "triage"
    check = [sys.executable, "-m", "promptci", "check", "--json"]
    unchanged = ["--all", "--base", "HEAD"]  # an older commit is no branch: nobody knows its base
    for revision, more, code in (("main", [], 1), ("main~1", unchanged, 0)):
        subprocess.run(["git", "-C", str(repository), "checkout", "--quiet", revision], check=True)
        done = subprocess.run([*check, *more], cwd=repository, capture_output=True, text=True)
        assert done.returncode == code, done.stdout + done.stderr
        assert done.stdout.startswith("{")
