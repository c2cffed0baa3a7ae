"""Plant each mistake in a copy of the tree and run the tests that must notice: `make mutate [ONLY=measure,run]`.

Prints every mistake as caught or survived. Exit code 1 when more than two survive, or one no longer fits its file.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.mutations.seeds import SEEDS, Seed

ROOT = Path(__file__).parent.parent.parent
COPIED = (
    "promptci",
    "tests",
    "templates",
    "examples",
    "docs",
    "benchmarks",
    "pyproject.toml",
    "README.md",
    "action.yml",
)
MAY_SURVIVE = 2


def copied(to: Path) -> Path:
    """Copy what the tests need; the copy is what they import."""
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, to / name, ignore=shutil.ignore_patterns("__pycache__", ".promptci"))
        else:
            shutil.copy2(source, to / name)
    return to


def caught(tree: Path, seed: Seed, out: tuple[str, ...]) -> str:
    """Plant one mistake, run its tests, take it out again. Returns "caught", "survived" or "does not fit"."""
    path = tree / "promptci" / seed.file
    source = path.read_text(encoding="utf-8")
    if source.count(seed.right) != 1:
        return "does not fit"
    path.write_text(source.replace(seed.right, seed.wrong), encoding="utf-8")
    try:
        code = tested(tree, seed.tests, "-x", *out).returncode
    finally:
        path.write_text(source, encoding="utf-8")
    return "survived" if code == 0 else "caught"


def tested(tree: Path, tests: tuple[str, ...], *more: str) -> subprocess.CompletedProcess[str]:
    """Run tests against the copy; those that are not there are left out."""
    there = [test for test in tests if (tree / test).exists()]
    command = [sys.executable, "-B", "-m", "pytest", "-q", "-n", "0", "-m", "not fault", "-p", "no:cacheprovider"]
    known = {**os.environ, "PYTHONPATH": str(tree)}
    return subprocess.run([*command, *more, *there], cwd=tree, env=known, capture_output=True, text=True, check=False)


def red_already(tree: Path, tests: tuple[str, ...]) -> tuple[str, ...]:
    """Tests that fail without any mistake: they notice nothing, so they are left out, and named."""
    found = tested(tree, tests)
    failing = re.findall(r"^(?:FAILED|ERROR) (\S+)", found.stdout, re.MULTILINE)
    for name in failing:
        print(f"fails without any mistake: {name}", flush=True)
    return tuple(f"--deselect={name}" for name in failing)


def main(only: str = "") -> int:
    """Plant all mistakes in files that begin with one of `only` (separated by commas), one after the other."""
    chosen = [seed for seed in SEEDS if seed.file.startswith(tuple(only.split(",")))]
    found: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        tree = copied(Path(folder))
        out = {tests: red_already(tree, tests) for tests in dict.fromkeys(seed.tests for seed in chosen)}
        for seed in chosen:
            found.append(caught(tree, seed, out[seed.tests]))
            print(f"{found[-1]:12}  {seed.file}: {seed.name}", flush=True)
    print(f"{found.count('caught')} of {len(found)} caught")
    return int(found.count("survived") > MAY_SURVIVE or "does not fit" in found)


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:2]))
