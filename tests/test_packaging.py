"""What travels in the wheel."""

from __future__ import annotations

import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_templates_and_examples_travel_in_the_wheel(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("promptci_gate-*.whl")
    held = set(zipfile.ZipFile(wheel).namelist())
    for folder in ("templates", "examples"):
        for path in (ROOT / folder).rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts and ".promptci" not in path.parts:
                assert f"promptci/_assets/{folder}/{path.relative_to(ROOT / folder).as_posix()}" in held
    assert "promptci/py.typed" in held
    assert not any(name.startswith(("tests/", "benchmarks/")) for name in held)


def test_every_dependency_has_its_reason() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    for line in text.split("\ndependencies = [")[1].split("]")[0].strip().splitlines():
        assert "#" in line, line
    names = {d.split(">")[0] for d in tomllib.loads(text)["project"]["dependencies"]}
    assert {"click", "gitpython", "openai", "pyyaml", "jinja2"} <= names
