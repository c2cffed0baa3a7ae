"""A real small model through the command line: tasks x strategies at equal calls, scored on cases kept apart.

    make real DATA=DIR             # fetches the models (1.6 GB), serves them on loopback, runs, prints the table
    python benchmarks/real/run.py --data DIR --work DIR --base-url URL [--optimizer-url URL] [--tasks sentiment,...]

DIR of `--data` holds the instruction-induction data (Honovich et al. 2022: `tasks.jsonl`, `induce/`, `execute/`) and
BIG-Bench Hard's (Suzgun et al. 2022: `tasks.jsonl`, `sports_understanding.jsonl`), each in a folder: `bbh` and
`instruction-induction`. A cell is one `promptci optimize --write` in a repository of its own. What is finished is kept
in `--work` and not run again; what was interrupted goes on where it was. `--table` prints what is there.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from table import table
from tasks import NAMES, Task, task_of

from promptci.core import Case
from promptci.metrics import METRICS
from promptci.models.base import ModelSpec
from promptci.models.budget import Budget, Limits
from promptci.models.door import Door
from promptci.prompts.conversation import plain
from promptci.scoring import Grading, answer
from promptci.scoring import Task as Question

STRATEGIES = ("edits", "mix", "opro", "ape")
OPTIONS = {"ignore_case": True, "ignore_punctuation": True}
SHORT = 8  # tokens of an answer: every right one is shorter
WRITTEN = 300  # tokens of a reply of the optimizer model
_GIT = ("git", "-c", "user.name=bench", "-c", "user.email=bench@localhost")
CHOICE = 15  # cases of the search's own on which the best of the prompts by people is chosen


class Bench:
    """One place for all cells; `spec` answers cases."""

    def __init__(self, work: Path, scorer: ModelSpec, optimizer: ModelSpec, calls: int) -> None:
        self.work, self.scorer, self.optimizer, self.calls = work, scorer, optimizer, calls
        work.mkdir(parents=True, exist_ok=True)

    def cell(self, task: Task, strategy: str) -> None:
        """Search, then score what was found; nothing that is finished is done again."""
        place = self.work / f"{task.name}-{strategy}"
        if not (place / "report.json").exists():
            self._search(task, strategy, place)
        done = json.loads((place / "report.json").read_text(encoding="utf-8"))
        found = (place / "prompt.md").read_text(encoding="utf-8").strip()
        self.scored(task, found)
        (place / "found.json").write_text(json.dumps({"found": found, **summary(done, place, self.optimizer)}))

    def _search(self, task: Task, strategy: str, place: Path) -> None:
        begun = place.exists()
        if not begun:
            self._repository(task, strategy, place)
        command = [sys.executable, "-m", "promptci", "optimize", "p", "--write", "--trust-tree", "--json", "-j", "4"]
        command += ["--strategy", strategy, "--max-calls", str(self.calls)]
        command += ["--resume", "last"] if begun and any((place / ".promptci" / "runs").glob("2*")) else []
        at = time.monotonic()
        with (place / "log.txt").open("a") as log:
            done = subprocess.run(command, cwd=place, stdout=subprocess.PIPE, stderr=log, check=False)
        if done.returncode not in (0, 3):
            raise SystemExit(f"{place}: exit code {done.returncode}; see log.txt there")
        (place / "seconds.txt").write_text(f"{time.monotonic() - at:.0f}")
        (place / "report.json").write_bytes(done.stdout)

    def _repository(self, task: Task, strategy: str, place: Path) -> None:
        place.mkdir()
        (place / "prompt.md").write_text(task.first + "\n", encoding="utf-8")
        (place / "cases.jsonl").write_text("".join(json.dumps(row) + "\n" for row in task.cases), encoding="utf-8")
        settings = {
            "version": 1,
            "models": {"scorer": _settings(self.scorer), "optimizer": _settings(self.optimizer)},
            "prompts": [
                {"id": "p", "file": "prompt.md", "cases": "cases.jsonl", "metric": {"name": "exact", **OPTIONS}}
            ],
            "search": {"strategy": strategy, **({"style": "plain"} if strategy == "edits" else {})},
        }
        (place / "promptci.yaml").write_text(json.dumps(settings, indent=1), encoding="utf-8")
        (place / ".gitignore").write_text("*.json\n*.txt\n", encoding="utf-8")
        for arguments in (("init", "-q"), ("add", "-A"), ("commit", "-q", "-m", "The first prompt")):
            subprocess.run((*_GIT, *arguments), cwd=place, check=True)

    def scored(self, task: Task, text: str) -> list[float | None]:
        """Score a prompt on the cases kept apart, once for all strategies."""
        return self._values(task.name, text, [_case(row) for row in task.apart])

    def best_human(self, task: Task) -> str:
        """The prompt by people that does best on cases of the search's own, by which all strategies choose, too."""
        some = [_case(row) for row in task.cases[:CHOICE]]
        return max(task.human, key=lambda t: sum(v or 0.0 for v in self._values(task.name, t, some)))

    def _values(self, name: str, text: str, cases: Sequence[Case]) -> list[float | None]:
        path = self.work / f"scores-{name}.json"
        known: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
        key = f"{len(cases)} {text}"
        if key not in known:
            grading = Grading(METRICS["exact"](**OPTIONS), self.scorer)
            with Door(budget=Budget(Limits()), concurrency=4) as door:
                outcomes = answer(door, [Question(plain(text), c, self.scorer) for c in cases], grading)
            known[key] = [o.score.value for o in outcomes]
            path.write_text(json.dumps(known))
        return known[key]  # type: ignore[no-any-return]  # as it was written

    def state(self, tasks: Sequence[Task]) -> list[dict[str, Any]]:
        """What the table shows of every finished cell."""
        rows = []
        for task in tasks:
            for strategy in STRATEGIES:
                place = self.work / f"{task.name}-{strategy}" / "found.json"
                if place.exists():
                    cell = json.loads(place.read_text())
                    scores = [self.scored(task, t) for t in (task.first, self.best_human(task), cell["found"])]
                    rows.append({"task": task.name, "strategy": strategy, "scores": scores, **cell})
        return rows


def _case(row: dict[str, Any]) -> Case:
    return Case(row["id"], {k: v for k, v in row.items() if k not in ("id", "expected")}, row["expected"])


def _settings(spec: ModelSpec) -> dict[str, Any]:
    chosen = {"model": spec.model, "base_url": spec.base_url, "api_key_env": spec.api_key_env}
    return {**chosen, "max_tokens": spec.max_tokens, "deadline_s": spec.deadline_s, "extra": dict(spec.extra)}


def summary(report: dict[str, Any], place: Path, optimizer: ModelSpec) -> dict[str, Any]:
    """Calls, seconds and unreadable replies of a cell, from its report and its store of answers."""
    prompt = report["prompts"][0]
    unread = sum(n for reason, n in prompt.get("rejected", {}).items() if reason.startswith(("unreadable", "no reply")))
    headline = prompt.get("headline") or {}
    seconds = float((place / "seconds.txt").read_text())
    replies = sum(p["calls"] for p in prompt.get("phases", ()) if p["name"] == "proposals") or None
    return {
        "outcome": prompt.get("outcome"),
        "gain": headline.get("estimate"),
        "ci": headline.get("ci"),
        "calls": report["calls"],
        "seconds": seconds,
        "unread": unread,
        "replies": replies or _replies(place, optimizer.model),
        "rejected": prompt.get("rejected", {}),
    }


def _replies(place: Path, model: str) -> int:
    import sqlite3

    with sqlite3.connect(place / ".promptci" / "cache" / "answers.sqlite") as store:
        (n,) = store.execute("select count(*) from answers where request like ?", (f'%"{model}"%',)).fetchone()
    return int(n)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what is not finished, task after task, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument(
        "--base-url", default="http://127.0.0.1:8191/v1", help="the server of the model that answers cases"
    )
    parser.add_argument("--optimizer-url", help="where the model that writes texts is (default: there, too)")
    parser.add_argument("--model", default="qwen-0.5b")
    parser.add_argument("--optimizer", default="qwen-1.5b")
    parser.add_argument("--tasks", default=",".join(NAMES))
    parser.add_argument("--strategies", default=",".join(STRATEGIES))
    parser.add_argument("--max-calls", type=int, default=300)
    parser.add_argument("--table", action="store_true", help="only print the table of what is finished")
    args = parser.parse_args(arguments)
    scorer = ModelSpec(args.model, args.base_url, max_tokens=SHORT, deadline_s=300.0, extra={"stop": ["\n"]})
    optimizer = ModelSpec(
        args.optimizer, args.optimizer_url or args.base_url, max_tokens=WRITTEN, temperature=1.0, deadline_s=300.0
    )
    bench = Bench(args.work, scorer, optimizer, args.max_calls)
    tasks = [task_of(name, args.data) for name in args.tasks.split(",")]
    for strategy in () if args.table else args.strategies.split(","):
        for task in tasks:
            bench.cell(task, strategy)
            print(table(bench.state(tasks)), flush=True)
    print(table(bench.state(tasks)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
