"""The pytest plugin and the hooks in a real repository, with the offline model."""

from __future__ import annotations

import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
import yaml

from promptci import assets
from promptci.commands.init import init

ROOT = Path(__file__).parents[1]
WORSE = assets.examples() / "triage" / "story" / "2-worse.md"


def git(place: Path, *args: str) -> None:
    who = ["-c", "user.name=Dana", "-c", "user.email=dana@example.com"]
    subprocess.run(["git", "-C", str(place), *who, *args], check=True, capture_output=True)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A repository with two prompts, committed."""
    git(tmp_path, "init", "-q", "-b", "main")
    init(tmp_path)
    (tmp_path / "prompts" / "second.md").write_bytes((tmp_path / "prompts" / "triage.md").read_bytes())
    with (tmp_path / "promptci.yaml").open("a") as file:
        file.write("  - {file: prompts/second.md, cases: evals/triage.jsonl}\n")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-q", "-m", "Begin")
    (tmp_path / "README.md").write_text("a repository\n")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-q", "-m", "Change no prompt")
    return tmp_path


def run(place: Path, *args: str) -> subprocess.CompletedProcess[str]:
    plugins = ["-p", "promptci.pytest_plugin", "-p", "xdist.plugin"]
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "pytest", *plugins, "--rootdir", str(place), *args]
    return subprocess.run(command, cwd=place, capture_output=True, text=True, env=environment)


def test_prompts_are_tests_only_when_asked(place: Path) -> None:
    assert run(place).returncode == 5  # no test collected
    done = run(place, "--promptci", "-rs")
    assert "2 skipped" in done.stdout, done.stdout + done.stderr
    assert "did not change" in done.stdout


def test_a_worse_prompt_fails_with_its_cases_and_is_what_lf_runs_again(place: Path) -> None:
    (place / "prompts" / "triage.md").write_bytes(WORSE.read_bytes())
    done = run(place, "--promptci", "-n", "2", "--junitxml", "junit.xml")
    assert "1 failed, 1 skipped" in done.stdout, done.stdout + done.stderr
    assert "triage: fail" in done.stdout
    assert "newly failing" in done.stdout
    assert "Traceback" not in done.stdout
    found = {case.get("name"): [child.tag for child in case] for case in ET.parse(place / "junit.xml").iter("testcase")}
    assert "failure" in found["triage"]
    assert "skipped" in found["second"]
    again = run(place, "--promptci", "--lf", "--promptci-replay")
    assert "1 failed" in again.stdout
    assert "skipped" not in again.stdout
    assert "1 skipped, 1 deselected" in run(place, "--promptci", "-k", "second").stdout


def test_without_a_key_it_skips_unless_asked(place: Path) -> None:
    settings = place / "promptci.yaml"
    remote = "{model: m, base_url: 'https://models.invalid/v1', api_key_env: NO_SUCH_KEY}"
    settings.write_text(settings.read_text().replace("{model: offline}", remote))
    skipped = run(place, "--promptci", "-rs", "-k", "second")
    assert "NO_SUCH_KEY is not set" in skipped.stdout, skipped.stdout
    assert "1 failed" in run(place, "--promptci", "--promptci-without-key", "-k", "second").stdout


def test_settings_that_cannot_be_read_are_an_error_of_the_collection(place: Path) -> None:
    (place / "promptci.yaml").write_text("version: 2\n")
    done = run(place, "--promptci")
    assert done.returncode == 2
    assert "version" in done.stdout
    assert "Traceback" not in done.stdout


HOOKS = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: hook["id"])
def test_a_hook_passes_in_a_sound_repository_and_stops_a_broken_one(hook: dict[str, str], place: Path) -> None:
    entry = [sys.executable, "-m", *hook["entry"].split()]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    sound = subprocess.run(entry, cwd=place, capture_output=True, text=True, env=environment)
    assert sound.returncode == 0, sound.stdout + sound.stderr
    (place / "promptci.yaml").write_text("version: 2\n")
    assert subprocess.run(entry, cwd=place, capture_output=True, env=environment).returncode == 2


def test_a_hook_that_replays_sends_nothing(place: Path) -> None:
    (place / "prompts" / "triage.md").write_bytes(WORSE.read_bytes())
    (entry,) = (h["entry"].split() for h in HOOKS if "--replay" in h["entry"])
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-m", *entry], cwd=place, capture_output=True, text=True, env=environment)
    assert done.returncode == 3  # nothing was stored, so nothing could be measured: neither green nor red
    assert "0 calls" in done.stdout
