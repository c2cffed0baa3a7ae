"""Time and memory to load and validate 100,000 rows of each eval-set format: `python -m benchmarks.formats`.

Each format is read in a process of its own; the goal is 5 s and 300 MB. Counted is the time of the processor.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROWS = 100_000
TEXT = "A customer writes that the parcel with the lamp came late, and asks for the money back. Case number "


def row(n: int) -> dict[str, str]:
    return {"id": f"t{n:06}", "ticket": f"{TEXT}{n}.", "expected": ("billing", "shipping", "account")[n % 3]}


def write(folder: Path) -> list[Path]:
    rows = [row(n) for n in range(ROWS)]
    chat = [{"input": [{"role": "user", "content": r["ticket"]}], "ideal": r["expected"]} for r in rows]
    table = "\n".join(f"{r['id']},{r['ticket']},{r['expected']}" for r in rows)
    table = table.replace("writes that the parcel with the lamp came late, and", "writes and")
    lines = "".join(f"- id: {r['id']}\n  ticket: {r['ticket']}\n  expected: {r['expected']}\n" for r in rows)
    texts = {
        "rows.jsonl": "".join(json.dumps(r) + "\n" for r in rows),
        "chats.jsonl": "".join(json.dumps(r) + "\n" for r in chat),
        "rows.csv": "id,ticket,expected\n" + table + "\n",
        "rows.tsv": ("id,ticket,expected\n" + table + "\n").replace(",", "\t"),
        "rows.json": json.dumps(rows),
        "rows.yaml": lines,
        "rows.prompt.yml": "messages: []\ntestData:\n" + lines[: lines.index("- id: t020000")],
    }
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    return [folder / name for name in texts]


def read(path: Path) -> None:
    from promptci.evals import read_cases

    before = time.process_time()
    found = read_cases(path.name, path.read_bytes())
    took = time.process_time() - before
    print(json.dumps([len(found), took, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024]))


def main() -> None:
    if len(sys.argv) > 1:
        given = Path(sys.argv[1])
        print("\n".join(map(str, write(given)))) if given.is_dir() else read(given)
        return
    print("| format | rows | CPU s | MB |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        # A process inherits the peak of the one that started it, so the rows are written by another.
        own = [sys.executable, "-m", "benchmarks.formats"]
        written = subprocess.run([*own, folder], check=True, capture_output=True, text=True).stdout.split()
        for path in map(Path, written):
            command = [*own, str(path)]
            done = subprocess.run(command, check=False, capture_output=True, text=True)
            if done.returncode:
                print(f"| {path.name} | {done.stderr.strip().splitlines()[-1]} | | |")
                continue
            rows, took, memory = json.loads(done.stdout)
            print(f"| {path.name} | {rows:,} | {took:.1f} | {memory:.0f} |")


if __name__ == "__main__":
    main()
