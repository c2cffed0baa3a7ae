from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from promptci.errors import UsageError
from promptci.report import WRITERS, write
from tests.report.samples import REPORTS


@pytest.mark.parametrize("ending", [*WRITERS, ".JSON"])
def test_the_ending_picks_the_format(ending: str, tmp_path: Path) -> None:
    place = tmp_path / f"deep/er/r{ending}"
    write(REPORTS["fail"], place)
    content = place.read_text(encoding="utf-8")
    if ending.lower() == ".json":
        assert json.loads(content)["verdict"] == "fail"
    else:
        assert "fail" in content[:1500].lower()


@pytest.mark.parametrize("name", ["r.pdf", "r", "r.md.exe"])
def test_another_ending_is_refused_and_nothing_is_written(name: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no report format"):
        write(REPORTS["fail"], tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_an_impossible_place_is_the_users_to_mend(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="cannot be written"):
        write(REPORTS["fail"], tmp_path / "file" / "r.json")


HEAVY = ("rich", "jinja2", "pydantic", "asyncio", "openai", "git", "click", "yaml", "sqlite3")


def test_importing_reports_imports_nothing_heavy() -> None:
    names = ["terminal", "markdown", "json", "annotations", "read", "progress", "pages", "quoting", "wording"]
    lines = ["import sys", *(f"import promptci.report.{name}" for name in names)]
    code = "\n".join([*lines, f"print([m for m in {HEAVY!r} if m in sys.modules])"])
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "[]\n"
