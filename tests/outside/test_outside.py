"""A package with a metric, a strategy and two formats: built, installed beside promptci, used by both commands."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import Repo

ACME = Path(__file__).parent / "acme"
SETTINGS = """\
version: 1
models: {scorer: {model: offline}}
budget: {max_calls: 3000}
prompts:
  - {id: shout, file: prompts/shout.note, cases: evals/shout.pairs, metric: last_word}
search: {strategy: carefully, steps: 2, options: {sentence: Mind the task.}}
"""
NOTE = "For people: keep it short.\n-----\nWrite the first letter of the word.\n\nInput: {{ input }}\n-----\nThe end.\n"


WORDS = [
    f"{a}{b}{c}"
    for a in "bdfg"
    for b in ("oar", "ill", "ate", "ump", "ent", "ind")
    for c in ("", "er", "ing", "ed", "y")
]


def pairs(place: int) -> str:
    """Words with the letter that stands at a place."""
    return "".join(f"{word} => {word[place]}\n" for word in WORDS)


def install(wheel: Path, target: Path) -> None:
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    uv = ["uv", "pip", "install", "--quiet", "--python", sys.executable]
    command = pip if importlib.util.find_spec("pip") else uv
    subprocess.run([*command, "--no-deps", "--no-index", "--target", str(target), str(wheel)], check=True)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the package installed."""
    place = tmp_path_factory.mktemp("outside")
    shutil.copytree(ACME, place / "acme")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(place)]
    subprocess.run(build, cwd=place / "acme", check=True, capture_output=True)
    (wheel,) = place.glob("*.whl")
    install(wheel, place / "site")
    return place / "site"


@pytest.fixture
def shop(repo: Repo) -> Repo:
    """A repository whose settings use nothing but what the package brings."""
    repo.write("promptci.yaml", SETTINGS)
    repo.write("prompts/shout.note", NOTE)
    repo.write("evals/shout.pairs", pairs(0))
    repo.commit("Use the package", push=True)
    repo.write("note.txt", "The commit before names no other host.\n")
    repo.commit("Note it", push=True)
    return repo


def promptci(repo: Repo, site: Path | None, *args: str) -> subprocess.CompletedProcess[str]:
    path = [str(site)] if site else []
    known = {**os.environ, "PYTHONPATH": os.pathsep.join([*path, *filter(None, [os.environ.get("PYTHONPATH")])])}
    command = [sys.executable, "-m", "promptci", *args]
    return subprocess.run(command, cwd=repo.path, env=known, capture_output=True, text=True, check=False)


def test_its_formats_and_its_metric_gate_a_change(shop: Repo, site: Path) -> None:
    shop.write("prompts/shout.note", NOTE.replace("first", "last"))
    done = promptci(shop, site, "check", "--json")
    assert done.returncode == 1, done.stderr
    (prompt,) = json.loads(done.stdout)["prompts"]
    assert (prompt["id"], prompt["verdict"]) == ("shout", "fail")
    assert prompt["baseline_score"] - prompt["score"] > 0.5


def test_its_strategy_searches(shop: Repo, site: Path) -> None:
    done = promptci(shop, site, "optimize", "--json")
    assert done.returncode == 0, done.stderr
    (prompt,) = json.loads(done.stdout)["prompts"]
    assert (prompt["strategy"], prompt["candidates"], prompt["outcome"]) == ("carefully", 1, "no_change")


def test_its_options_are_checked_like_our_own(shop: Repo, site: Path) -> None:
    shop.write("promptci.yaml", SETTINGS.replace("sentence: Mind", "sentences: Mind"))
    done = promptci(shop, site, "check")
    assert done.returncode == 2
    assert "unknown option 'sentences' of strategy 'carefully'" in done.stderr


def test_its_format_says_where_a_file_is_wrong(shop: Repo, site: Path) -> None:
    shop.write("evals/shout.pairs", "number 1 => up\nnumber 2\n")
    done = promptci(shop, site, "check")
    assert done.returncode == 2
    assert "evals/shout.pairs:2: no ' => ' between input and answer" in done.stderr


def test_without_the_package_its_names_are_unknown(shop: Repo) -> None:
    done = promptci(shop, None, "check")
    assert done.returncode == 2
    assert "carefully" in done.stderr or "last_word" in done.stderr


def test_a_second_package_with_a_name_that_is_taken_is_an_error(shop: Repo, site: Path, tmp_path: Path) -> None:
    again = tmp_path / "again"
    shutil.copytree(site, again)
    (kept,) = again.glob("*.dist-info")
    other = again / "other_shop-1.0.dist-info"
    shutil.copytree(kept, other)
    (other / "METADATA").write_text("Metadata-Version: 2.1\nName: other-shop\nVersion: 1.0\n", encoding="utf-8")
    done = promptci(shop, again, "check")
    assert done.returncode == 2
    assert "is a name that" in done.stderr
    assert "update or uninstall that package" in done.stderr
