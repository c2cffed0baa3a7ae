"""OPRO's two demonstrations run on the same loop as prompts do."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from types import ModuleType

import pytest

from promptci.assets import examples

FOLDER = examples() / "opro_demonstrations"


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, FOLDER / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(("w", "b", "seed"), [(15, 14, 0), (17, 17, 1), (2, 30, 2)])
def test_linear_regression_finds_the_planted_line(w: int, b: int, seed: int) -> None:
    found = load("linear_regression").run(w, b, seed=seed)
    found_w, found_b = map(int, found.winner.candidate.text.split(","))
    assert abs(found_w - w) <= 1
    assert found_b == b


@pytest.mark.parametrize("seed", [0, 1])
def test_the_salesman_finds_a_tour_close_to_the_shortest(seed: int) -> None:
    found = load("travelling_salesman").run(9, seed=seed)
    assert found.winner.mean(["map"]) > 0.9
    assert sorted(map(int, found.winner.candidate.text.split(","))) == list(range(9))


@pytest.mark.parametrize("name", ["linear_regression", "travelling_salesman"])
def test_the_scripts_run_as_their_readme_says(name: str) -> None:
    done = subprocess.run([sys.executable, f"{name}.py"], cwd=FOLDER, capture_output=True, text=True, check=True)
    assert "step" in done.stdout
    assert done.stderr == ""
