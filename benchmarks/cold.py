"""A fresh runner's first minute: a new virtual environment, the install, and a first check without any byte code.

    python benchmarks/cold.py              # builds a wheel of this checkout and installs it with its dependencies
    python benchmarks/cold.py --times 3    # each part again; the median is told

The package index (or its cache) and the disk are in the figures of the install; the row of the first check says
whether the file cache was dropped before it.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import venv
from collections.abc import Callable
from pathlib import Path

from throughput import served

HERE = Path(__file__).resolve().parent
CASES = 20
LABELS = ("billing", "bug", "account", "shipping")


def timed(work: Callable[[], object]) -> float:
    """Seconds of wall time."""
    begun = os.times().elapsed
    work()
    return os.times().elapsed - begun


def quietly(*command: str | Path, cwd: Path | None = None, env: dict[str, str] | None = None) -> None:
    done = subprocess.run(
        [str(word) for word in command], cwd=cwd, env={**os.environ, **(env or {})}, capture_output=True, text=True
    )
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}")


def installed(folder: Path, wheel: Path) -> tuple[float, float, Path]:
    """Seconds for the environment and for the install (which compiles nothing), and the environment's programs."""
    place = folder / "venv"
    shutil.rmtree(place, ignore_errors=True)
    made_s = timed(lambda: venv.create(place, with_pip=True, symlinks=True))
    pip = (place / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile")
    return made_s, timed(lambda: quietly(*pip, wheel)), place / "bin"


def repository(folder: Path, url: str) -> Path:
    """A repository whose last commit changed the prompt of twenty cases."""
    place = folder / "repository"
    shutil.rmtree(place, ignore_errors=True)
    (place / "prompts").mkdir(parents=True)
    (place / "evals").mkdir()
    rows = [{"ticket": f"Ticket {n} [{LABELS[n % 4]}]", "expected": LABELS[n % 4]} for n in range(CASES)]
    (place / "evals" / "p.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    scorer = f'{{model: fake, base_url: "{url}/v1", price: {{input: 0, output: 0}}}}'
    prompts = "[{file: prompts/p.md, cases: evals/p.jsonl}]"
    (place / "promptci.yaml").write_text(f"version: 1\nmodels: {{scorer: {scorer}}}\nprompts: {prompts}\n")
    git = ("git", "-C", place, "-c", "user.name=a", "-c", "user.email=a@example.com")
    quietly("git", "init", "--quiet", "--initial-branch=main", place)
    for text in ("Route it.\n\n{{ ticket }}\n", "Route the ticket.\n\n{{ ticket }}\n"):
        (place / "prompts" / "p.md").write_text(text)
        quietly(*git, "add", "--all")
        quietly(*git, "commit", "--quiet", "--message", "change")
    return place


def without_byte_code(folder: Path) -> None:
    for old in folder.rglob("__pycache__"):
        shutil.rmtree(old)


def drop_file_cache() -> bool:
    """Ask the system to forget what it read; whether it did."""
    try:
        os.sync()
        Path("/proc/sys/vm/drop_caches").write_text("3")
    except OSError:
        return False
    return True


def check_s(programs: Path, place: Path) -> float:
    """Seconds of one check, as a runner starts it."""
    return timed(lambda: quietly(programs / "promptci", "check", "--quiet", cwd=place))


def main(times: int, drop: bool) -> None:
    parts: dict[str, list[float]] = {}

    def note(part: str, seconds: float) -> None:
        parts.setdefault(part, []).append(seconds)

    with tempfile.TemporaryDirectory() as name, served(0) as url:
        folder = Path(name)
        quietly(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder, cwd=HERE.parent)
        for _ in range(times):
            made_s, install_s, programs = installed(folder, next(folder.glob("*.whl")))
            note("new virtual environment", made_s)
            note("install with dependencies, nothing compiled", install_s)
            without_byte_code(programs.parent)
            place = repository(folder, url)
            cold = drop and drop_file_cache()
            note(f"first check, no byte code, {'cold' if cold else 'warm'} file cache", check_s(programs, place))
            place = repository(folder, url)
            note("the same with byte code", check_s(programs, place))
            note("again, all answers stored", check_s(programs, place))
    print(f"\n### A fresh runner's first minute ({CASES} cases, a server that answers at once)\n\n| | s |\n|---|---|")
    for part, seconds in parts.items():
        print(f"| {part} | {statistics.median(seconds):.2f} |")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=1)
    parser.add_argument("--drop-file-cache", action="store_true", help="as root, and felt by everything on the machine")
    options = parser.parse_args()
    main(options.times, options.drop_file_cache)
