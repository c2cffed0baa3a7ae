"""The gate end to end: real git, the offline model, `promptci check` on harmless and on harmful edits.

    python benchmarks/end_to_end.py [--edits 200] [--seeds 50]

Each edit is a commit pair of its own: the old text is committed, the new one lies in the working tree. A harmless edit
changes words that the offline model does not read, so that only its noise changes; a harmful one also takes away the
definitions and the wanted form. The true scores are estimated from fresh answers to every text.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from promptci import assets
from promptci.commands.check import check
from promptci.core import Case
from promptci.evals import read_cases
from promptci.metrics import METRICS
from promptci.models.base import ModelSpec
from promptci.models.budget import Budget
from promptci.models.door import Door
from promptci.prompts.conversation import plain
from promptci.report.base import PromptReport
from promptci.run.options import Options
from promptci.scoring import Grading, Task, answer

STORY = assets.examples() / "triage" / "story"
GOOD, WORSE, BETTER = (
    (STORY / name).read_text(encoding="utf-8").split("---\n", 2)[2].strip()
    for name in ("1-good.md", "2-worse.md", "3-better.md")
)
FRESH = 50_000  # sample numbers that no check uses
CONFIG = "version: 1\nmodels: {scorer: {model: offline}}\nprompts:\n  - {file: triage.md, cases: triage.jsonl}\n"


@dataclass
class Repository:
    """A throw-away repository with one prompt."""

    path: Path

    def git(self, *args: str) -> None:
        command = ["git", "-C", str(self.path), "-c", "user.name=b", "-c", "user.email=b@example.com", *args]
        subprocess.run(command, check=True, capture_output=True)

    def begin(self, cases: Sequence[Case]) -> None:
        self.git("init", "-q", "-b", "main")
        (self.path / "promptci.yaml").write_text(CONFIG)
        rows = ({"id": c.id, **c.vars, "expected": c.expected} for c in cases)
        (self.path / "triage.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))

    def judged(self, old: str, new: str, seed: int) -> PromptReport:
        """Commit `old`, put `new` into the working tree, and check."""
        (self.path / "triage.md").write_text(old + "\n")
        self.git("add", ".")
        self.git("commit", "-q", "--allow-empty", "-m", "old")
        (self.path / "triage.md").write_text(new + "\n")
        options = Options(config=self.path / "promptci.yaml", quiet=True, seed=seed)
        return check(options, base="HEAD", everything=True).prompts[0]


def harmless(number: int) -> tuple[str, str]:
    """Two texts that differ in one word that says nothing."""
    return (f"{GOOD}\n\nRevision {number} a", f"{GOOD}\n\nRevision {number} b")


def harmful(number: int) -> tuple[str, str]:
    return (f"{GOOD}\n\nRevision {number} a", f"{WORSE}\n\nRevision {number} b")


def ticket_cases(count: int) -> list[Case]:
    """The example's tickets, and the same with another greeting where more are wanted."""
    own = read_cases("triage.jsonl", (assets.examples() / "triage" / "evals" / "triage.jsonl").read_bytes())
    more = [Case(f"{c.id}-x", {"ticket": f"Hello. {c.vars['ticket']}"}, c.expected) for c in own]
    return [*own, *more][:count]


def true_score(texts: Sequence[str], cases: Sequence[Case]) -> float:
    """The mean over texts and cases, from answers that no check has seen."""
    spec, grading = ModelSpec("offline"), Grading(METRICS["exact"](), ModelSpec("offline"))
    with Door(budget=Budget()) as door:
        tasks = [Task(plain(t), c, spec, FRESH) for t in texts for c in cases]
        values = [o.score.value or 0.0 for o in answer(door, tasks, grading)]
    return statistics.fmean(values)


def run_all(
    place: Path, pairs: Callable[[int], tuple[str, str]], edits: int, cases: Sequence[Case]
) -> list[PromptReport]:
    place.mkdir()
    repository = Repository(place)
    repository.begin(cases)
    return [repository.judged(*pairs(n), seed=n) for n in range(edits)]


def row(name: str, needed: str, measured: str, ok: bool) -> bool:
    print(f"| {name} | {needed} | {measured} | {'pass' if ok else 'FAIL'} |")
    return ok


def planted(edits: int, cases: Sequence[Case]) -> list[bool]:
    """Say what the edits truly cost."""
    numbers = range(edits)
    before = true_score([harmless(n)[0] for n in numbers], cases)
    same = before - true_score([harmless(n)[1] for n in numbers], cases)
    drop = before - true_score([harmful(n)[1] for n in numbers], cases)
    return [
        row("true drop of the harmless edits", "0", f"{100 * same:+.1f} points", abs(same) < 0.01),
        row("true drop of the harmful edits", ">= 10 points", f"{100 * drop:.1f} points", drop >= 0.10),
    ]


def blocked(place: Path, name: str, edits: int, cases: Sequence[Case]) -> bool:
    """Check every edit and say how many were blocked."""
    found = run_all(place / name, harmless if name == "harmless" else harmful, edits, cases)
    verdicts = Counter(p.verdict for p in found)
    share = verdicts["fail"] / len(found)
    told = ", ".join(f"{verdicts[v]} {v}" for v in ("pass", "inconclusive", "fail", "unmeasured"))
    needed, ok = ("<= 5 %", share <= 0.05) if name == "harmless" else (">= 90 %", share >= 0.9)
    return row(f"{edits} {name} edits, 200 cases: blocked", needed, f"{100 * share:.1f} % ({told})", ok)


def saved(place: Path, name: str, text: str, seeds: int, limit: float | None) -> bool:
    """Say how many of a fixed-size check's calls a harmless edit takes; the noise decides, so it is told as well."""

    def pairs(number: int) -> tuple[str, str]:
        return (f"{text}\n\nRevision {number} a", f"{text}\n\nRevision {number} b")

    found = run_all(place / name, pairs, seeds, ticket_cases(400))
    share = statistics.median(p.cases / p.planned_cases for p in found)
    noise = sum(len(p.newly_failing) + len(p.newly_passing) for p in found) / sum(p.cases for p in found)
    what = f"harmless one-word edit of the {name} prompt, 400 cases, {100 * noise:.1f} % noise, median of {seeds} seeds"
    needed = "" if limit is None else f"<= {100 * limit:.0f} %"
    return row(f"{what}: calls of a fixed-size check", needed, f"{100 * share:.1f} %", limit is None or share <= limit)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--edits", type=int, default=200)
    parser.add_argument("--seeds", type=int, default=50)
    args = parser.parse_args()
    os.environ.update(GIT_CONFIG_GLOBAL=os.devnull, GIT_CONFIG_NOSYSTEM="1")
    start, cases = time.monotonic(), ticket_cases(200)
    print("| what | must reach | measured | |\n|---|---|---|---|")
    fine = planted(args.edits, cases)
    with tempfile.TemporaryDirectory() as temporary:
        fine += [blocked(Path(temporary), name, args.edits, cases) for name in ("harmless", "harmful")]
        fine.append(saved(Path(temporary), "better", BETTER, args.seeds, 0.6))
        fine.append(saved(Path(temporary), "good", GOOD, args.seeds, None))
    print(f"\n{time.monotonic() - start:.0f} s")
    sys.exit(0 if all(fine) else 1)


if __name__ == "__main__":
    main()
