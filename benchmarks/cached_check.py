"""A check whose answers are all stored, as whole processes: wall time and processor time, git's processes included.

    python benchmarks/cached_check.py --times 7     # 2,000 cases of a new prompt, then `promptci --help`

The least of the runs stands first: what else runs on the machine only adds. Byte code is written, as an install does.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from large import git
from throughput import served

LABELS = ("billing", "bug", "account", "shipping")
ENVIRON = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def repository(place: Path, url: str, cases: int) -> None:
    """A repository whose last commit added a prompt."""
    rows = ({"ticket": f"Ticket {n} [{LABELS[n % 4]}]", "expected": LABELS[n % 4]} for n in range(cases))
    (place / "p.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    scorer = f'{{model: fake, base_url: "{url}/v1", price: {{input: 0, output: 0}}}}'
    head = f"version: 1\nmodels: {{scorer: {scorer}}}\nbudget: {{max_calls: {cases}}}\n"
    (place / "promptci.yaml").write_text(head + "prompts: [{file: p.md, cases: p.jsonl}]\n")
    git(place, "init", "-q", "-b", "main")
    git(place, "commit", "-q", "--allow-empty", "-m", "Begin")
    (place / "p.md").write_text("Route it.\n\n{{ ticket }}\n")
    git(place, "add", "--all")
    git(place, "commit", "-q", "-m", "Add a prompt")


def took(place: Path, *arguments: str) -> tuple[float, float, str]:
    """Seconds of wall and of processor time of one command, and what it printed."""
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), os.times().elapsed
    command = [sys.executable, "-m", "promptci", *arguments]
    done = subprocess.run(command, cwd=place, env=ENVIRON, capture_output=True, text=True, check=True)
    wall_s, after = os.times().elapsed - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall_s, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, done.stdout


def main(cases: int, times: int) -> None:
    check = ("check", "--base", "HEAD~1", "--json")
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        with served(0) as url:
            repository(place, url, cases)
            took(place, *check)
        print("| | wall s, least (median) | CPU s, least (median) |\n|---|---|---|")
        for what, arguments in ((f"check of {cases:,} stored answers", check), ("--help", ("--help",))):
            runs = [took(place, *arguments) for _ in range(times)]
            if arguments is check and any(json.loads(said)["cache_hits"] != cases for _, _, said in runs):
                sys.exit("not every answer was stored")
            wall, cpu = [wall_s for wall_s, _, _ in runs], [cpu_s for _, cpu_s, _ in runs]
            least = (f"{min(some):.2f} ({statistics.median(some):.2f})" for some in (wall, cpu))
            print(f"| {what} | {' | '.join(least)} |")
    print(f"\nload average of the last minute: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=2000)
    parser.add_argument("--times", type=int, default=7)
    options = parser.parse_args()
    main(options.cases, options.times)
