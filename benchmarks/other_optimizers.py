"""GEPA and three optimizers of DSPy beside `promptci optimize`: planted worlds, over HTTP, one cap of calls for all.

    python -m venv PLACE; PLACE/bin/pip install gepa==0.1.4 'dspy[optuna]==3.4.1'
    python benchmarks/other_optimizers.py PLACE [--seeds 24] [--bold 2] [--worlds WORLD,...] [--tools TOOL,...]

200 cases, the prompt that a search begins with, and two models at one address (`planted_http.py`): all that each tool
gets. What it hands on is read back and held against the truth, which only the world knows. promptci hands on what its
held-out cases confirm, and else nothing; the others hand on their best. *False*: what was handed on gains nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from multiprocessing.pool import Pool
from pathlib import Path

from planted import World, cases, prompt
from planted_http import Planted, served

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Handed:
    """What one search handed on: its true gain and what the tool itself saw, in points; 0 where it changed nothing."""

    changed: bool
    gain: float
    said: float | None
    calls: int
    refused: int


def command(place: Path, words: Sequence[str]) -> str:
    done = subprocess.run(words, cwd=place, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), f"{words}\n{done.stdout[-2000:]}\n{done.stderr[-3000:]}"
    return done.stdout


def promptci(_: Path, place: Path, url: str, _seed: int, cap: int) -> tuple[str, float | None]:
    """The command as users run it, in a repository; what it writes is what it confirmed."""
    models = f'{{scorer: {{model: scorer, base_url: "{url}"}}, optimizer: {{model: optimizer, base_url: "{url}"}}}}'
    settings = f"version: 1\nmodels: {models}\nbudget: {{max_calls: {cap}}}\n"
    (place / "promptci.yaml").write_text(settings + "prompts: [{file: start.txt, cases: rows.jsonl}]\n")
    for args in (["init", "-q", "-b", "main"], ["add", "."], ["commit", "-qm", "Begin"]):
        command(place, ["git", "-c", "user.name=b", "-c", "user.email=b@x.org", *args])
    found = json.loads(command(place, [sys.executable, "-m", "promptci", "optimize", "--write", "--json"]))
    said = (found["prompts"][0]["headline"] or {}).get("estimate")
    return (place / "start.txt").read_text(), None if said is None else 100 * said


def other(
    script: str, args: Sequence[str], tools: Path, place: Path, url: str, seed: int, cap: int
) -> tuple[str, float | None]:
    """A search by another tool, in its own environment."""
    words = [str(tools / "bin/python"), str(HERE / script), url, str(seed), *(a.replace("CAP", str(cap)) for a in args)]
    found = json.loads(command(place, words).splitlines()[-1])
    return found["text"], None if found["said"] is None else 100 * found["said"]


Tool = Callable[[Path, Path, str, int, int], tuple[str, float | None]]
TOOLS: dict[str, Tool] = {
    "promptci": promptci,
    "GEPA, 100 validation cases": partial(other, "with_gepa.py", ["100", "100", "CAP"]),
    "GEPA, 30 validation cases": partial(other, "with_gepa.py", ["170", "30", "CAP"]),
    "DSPy MIPROv2": partial(other, "with_dspy.py", ["mipro"]),
    "DSPy COPRO": partial(other, "with_dspy.py", ["copro"]),
    "DSPy SIMBA": partial(other, "with_dspy.py", ["simba"]),
}


def run(tools: Path, tool: str, kind: str, cap: int, bold: int, seed: int) -> Handed:
    """One search in a directory and a world of its own."""
    world, every = World.of(kind, seed), cases(200, seed)
    start, planted = prompt(world.start), Planted(world, every, cap, bold)
    rows = (json.dumps({"id": c.id, "input": c.vars["ticket"], "expected": c.expected}) + "\n" for c in every)
    with tempfile.TemporaryDirectory() as name, served(planted) as url:
        place = Path(name)
        (place / "start.txt").write_text(start)
        (place / "rows.jsonl").write_text("".join(rows))
        text, said = TOOLS[tool](tools, place, url, seed, cap)
    gain = world.gain(text)
    changed = text.strip() != start
    return Handed(changed, gain if changed else 0.0, said if changed else None, planted.calls, planted.refused)


def row(tool: str, kind: str, done: Sequence[Handed]) -> str:
    gains = [d.gain for d in done]
    error = statistics.stdev(gains) / len(gains) ** 0.5
    false = statistics.fmean(float(d.changed and d.gain <= 0.01) for d in done)
    over = [d.said - d.gain for d in done if d.said is not None]
    cells = [
        kind,
        tool,
        f"{statistics.fmean(gains):+.1f} ± {error:.1f}",
        f"{statistics.fmean(d.changed for d in done):.0%}",
    ]
    cells += [f"{false:.0%}", f"{min(gains):+.1f}", f"{statistics.fmean(over):+.1f}" if over else "-"]
    cells += [f"{statistics.fmean(d.calls for d in done):,.0f} ({max(d.calls for d in done):,})"]
    return f"| {' | '.join(cells)} | {sum(d.refused for d in done)} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tools", type=Path, help="a virtual environment with the other tools")
    parser.add_argument("--seeds", type=int, default=24)
    parser.add_argument("--worlds", default="headroom,nothing better")
    parser.add_argument("--only", default="", help="the tools whose names contain this")
    parser.add_argument("--calls", type=int, default=1000)
    parser.add_argument("--bold", type=int, default=2, help="rules that one text of the optimizer changes at most")
    parser.add_argument("--processes", type=int, default=2)
    args = parser.parse_args()
    os.environ["GIT_CONFIG_GLOBAL"] = os.devnull
    print("| world | tool | true gain | changed | false | worst | own figure - true gain | calls (most) | refused |")
    print("|---|---|---|---|---|---|---|---|---|")
    with Pool(args.processes) as pool:
        for kind in args.worlds.split(","):
            for tool in TOOLS:
                if args.only in tool:
                    job = partial(run, args.tools.resolve(), tool, kind, args.calls, args.bold)
                    print(row(tool, kind, pool.map(job, range(args.seeds), chunksize=1)), flush=True)


if __name__ == "__main__":
    main()
