"""Every example is a repository of its own that passes, asked of the offline model as a server on this machine."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from promptci import assets
from promptci.commands.check import check
from promptci.core import Reason
from promptci.models.offline.server import running
from promptci.report.base import PromptReport, Report
from promptci.run.options import Options

EXAMPLES = sorted(path.parent.name for path in assets.examples().glob("*/promptci.yaml"))
PAGE = (assets.examples() / "README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with running() as url:
        yield url


def checked(name: str, place: Path, server: str, edit: tuple[str, str, str] | None = None) -> Report:
    """The example in a repository of its own, committed; after an edit (file, old, new), the check of that edit."""
    here = place / name
    shutil.copytree(assets.examples() / name, here)
    settings = here / "promptci.yaml"
    text = settings.read_text(encoding="utf-8").replace("{model: offline}", f'{{model: offline, base_url: "{server}"}}')
    assert server in text
    settings.write_text(text, encoding="utf-8")
    for args in (["init", "-q", "-b", "main"], ["add", "."], ["commit", "-q", "-m", "Begin"]):
        subprocess.run(["git", "-c", "user.name=D", "-c", "user.email=d@example.com", *args], cwd=here, check=True)
    if edit is not None:
        file, old, new = edit
        before = (here / file).read_text(encoding="utf-8")
        assert old in before
        (here / file).write_text(before.replace(old, new), encoding="utf-8")
    return check(Options(config=settings, quiet=True), base="HEAD", everything=edit is None)


def kinds(prompt: PromptReport) -> set[str]:
    return {reason.kind for reason in prompt.reasons if isinstance(reason, Reason)}


@pytest.mark.parametrize("name", ["github_models", "mood", "receipts", "reviews", "summary", "triage"])
def test_an_example_passes_as_it_stands(name: str, tmp_path: Path, server: str) -> None:
    report = checked(name, tmp_path, server)
    assert report.verdict == "pass"
    assert all(p.unmeasured == 0 and p.cases > 10 and (p.score or 0) > 0.7 for p in report.prompts)
    assert report.calls > 0


@pytest.mark.parametrize(
    ("name", "file", "old", "new"),
    [
        pytest.param("receipts", "prompts/receipt.md", "JSON and nothing else", "one word", id="receipts"),
        pytest.param("reviews", "prompts/reviews.md", "as positive or negative", "as good or bad", id="reviews"),
        pytest.param("github_models", "prompts/team.prompt.yml", "billing: charges", "x: charges", id="github models"),
        pytest.param("summary", "prompts/summary.md", "in one sentence", "in one word, yes or no", id="summary"),
    ],
)  # fmt: skip
def test_what_is_taken_out_of_an_example_is_noticed(
    name: str, file: str, old: str, new: str, tmp_path: Path, server: str
) -> None:
    """Only the prompt that was edited is measured, and not as a harmless edit."""
    report = checked(name, tmp_path, server, (file, old, new))
    (prompt,) = report.prompts
    assert prompt.changed == "prompt"
    assert prompt.verdict != "pass"


def test_a_slice_shows_the_language_that_the_model_does_not_know(tmp_path: Path, server: str) -> None:
    report = checked("reviews", tmp_path, server)
    details = report.prompts[0].cases_detail
    right = {tag: sum(bool(d.new_passes) for d in details if tag in d.tags) for tag in ("en", "de")}
    assert (right["en"] >= 22, right["de"] < 18) == (True, True)


def test_every_example_is_on_the_page_and_every_one_of_the_page_is_there() -> None:
    listed = {line.split("](")[1].split(")")[0] for line in PAGE.splitlines() if line.startswith("| [")}
    assert listed >= set(EXAMPLES)
    assert all((assets.examples() / name).is_dir() for name in listed)


def test_what_the_page_has_people_type_for_triage_passes(tmp_path: Path) -> None:
    lines = PAGE.split("## triage")[1].split("```sh\n")[1].split("```")[0]
    shutil.copytree(assets.examples() / "triage", tmp_path / "here" / "examples" / "triage")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    who = {f"GIT_{role}_{what}": "d@example.com" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    done = subprocess.run(
        ["bash", "-ec", lines],
        cwd=tmp_path / "here",
        env={**os.environ, **who, "PATH": path},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Used" in done.stdout
