"""Five tasks: a first prompt as somebody in a hurry writes it, prompts by people, cases to search on, cases apart."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CASES, APART = 130, 60  # handed to promptci (which holds its own part out), and kept from it for the table
HUMAN = 8  # prompts by people that are tried
_QUESTION = "Input: {{ input }}\nOutput:"
_TRIAGE = Path(__file__).resolve().parents[2] / "examples" / "triage"
_FIRST = {
    "sentiment": "Say what the writer of this thinks.",
    "antonyms": "Think of the contrary.",
    "larger_animal": "Compare these two animals.",
    "triage": "Which of billing, technical, account, shipping and other should get this ticket?",
    "sports_understanding": "Look at this sentence about sports.",
}
NAMES = tuple(_FIRST)


@dataclass(frozen=True)
class Task:
    """One task. `cases` and `apart` are rows of an eval set; `first` and `human` are whole prompts."""

    name: str
    first: str
    human: tuple[str, ...]
    cases: tuple[dict[str, Any], ...]
    apart: tuple[dict[str, Any], ...]


def task_of(name: str, data: Path) -> Task:
    """Read a task. Raises KeyError for an unknown name, OSError where its data is not."""
    first = _FIRST[name]
    human, rows, apart = _READERS.get(name, _induction)(name, data)
    if not apart:
        mixed = random.Random(name).sample(rows, len(rows))
        rows, apart = mixed[:-APART], mixed[-APART:]
    question = "Ticket: {{ ticket }}\nTeam:" if name == "triage" else _QUESTION
    asked = tuple(t if "{{" in t else f"{t}\n\n{question}" for t in (first, *human))
    return Task(name, asked[0], asked[1 : 1 + HUMAN], _numbered(rows[:CASES], "c"), _numbered(apart[:APART], "a"))


def _numbered(rows: Sequence[dict[str, Any]], prefix: str) -> tuple[dict[str, Any], ...]:
    return tuple({**row, "id": f"{prefix}{i}"} for i, row in enumerate(rows))


Read = tuple[tuple[str, ...], list[dict[str, Any]], list[dict[str, Any]]]


def _rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _induction(name: str, data: Path) -> Read:
    folder = data / "instruction-induction"
    (about,) = [row for row in _rows(folder / "tasks.jsonl") if row["task"] == name]
    parts = [
        [{"input": r["input"], "expected": r["output"]} for r in _rows(folder / part / f"{name}.jsonl")]
        for part in ("induce", "execute")
    ]
    return tuple(about["human_instructions"]), parts[0], parts[1]


def _bbh(name: str, data: Path) -> Read:
    (about,) = [row for row in _rows(data / "bbh" / "tasks.jsonl") if row["task"] == name]
    rows = [{"input": r["input"], "expected": r["target"]} for r in _rows(data / "bbh" / f"{name}.jsonl")]
    return (about["human_instruction"], f"{about['human_instruction']} Answer yes or no."), rows, []


def _triage(_name: str, _data: Path) -> Read:
    text = (_TRIAGE / "prompts" / "triage.md").read_text(encoding="utf-8").split("---\n")[-1].strip()
    rows = [{k: r[k] for k in ("ticket", "expected")} for r in _rows(_TRIAGE / "evals" / "triage.jsonl")]
    return (text, text.replace("Answer with the name of the team.", "Answer with one word.")), rows, []


_READERS: dict[str, Callable[[str, Path], Read]] = {"triage": _triage, "sports_understanding": _bbh}
