"""CONTRIBUTING says what is true: its tables name what is there, its example works as it stands."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

import promptci

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
EXAMPLE = re.findall(r"^```python\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)[0]
PLACES = sorted(set(re.findall(r"`((?:promptci|tests|docs|templates)/[\w./]+)`", PAGE)))
NAMES = sorted(set(re.findall(r"`(\w+)` in `(promptci/[\w/]+\.py)`", PAGE)))
PROTOCOLS = sorted(set(re.findall(r"`([\w/]+\.py): (\w+)`", PAGE)))


@pytest.mark.parametrize("place", PLACES)
def test_every_place_is_there(place: str) -> None:
    assert (ROOT / place).exists()


@pytest.mark.parametrize(("name", "path"), [*NAMES, *((name, f"promptci/{path}") for path, name in PROTOCOLS)])
def test_every_name_is_where_it_is_said_to_be(name: str, path: str) -> None:
    module = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    assert hasattr(importlib.import_module(module), name)


@pytest.mark.parametrize("group", re.findall(r"`promptci\.(?!yaml)(\w+)`", PAGE))
def test_every_entry_point_group_has_a_table(group: str) -> None:
    texts = (path.read_text(encoding="utf-8") for path in Path(promptci.__file__).parent.rglob("__init__.py"))
    assert any(f'"{group}",' in text for text in texts)


def test_the_example_has_strict_types(tmp_path: Path) -> None:
    path = tmp_path / "begins_with.py"
    path.write_text(EXAMPLE, encoding="utf-8")
    run = [sys.executable, "-m", "mypy", "--strict", "--python-version", "3.11", str(path)]
    done = subprocess.run(run, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
