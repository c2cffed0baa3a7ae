"""Test lines beside code lines, blank ones apart, by room and in all: `python -m tests.ratio`."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parent.parent


def lines(folder: str) -> Counter[str]:
    """Lines that are not blank, by the room below `folder`; files of no room count for "(house)"."""
    found: Counter[str] = Counter()
    for path in (ROOT / folder).rglob("*.py"):
        inside = path.relative_to(ROOT / folder).parts
        room = inside[0] if len(inside) > 1 else "(house)"
        found[room] += sum(bool(line.strip()) for line in path.read_text(encoding="utf-8").splitlines())
    return found


def main(every_room: bool) -> None:
    """Print the ratio of the whole, and of each room where that is wanted, the thinnest first."""
    code, tests = lines("promptci"), lines("tests")
    rooms = sorted(code, key=lambda room: tests[room] / code[room]) if every_room else []
    for room in rooms:
        sys.stdout.write(
            f"{tests[room] / code[room]:5.2f}  {room}: {tests[room]:,} test lines, {code[room]:,} of code\n"
        )
    whole, tested = code.total(), tests.total()
    sys.stdout.write(f"{tested / whole:5.2f}  test lines a line of code: {tested:,} and {whole:,}\n")


if __name__ == "__main__":
    main("--rooms" in sys.argv)
