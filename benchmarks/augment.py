"""A million prompts through reading, screening, near duplicates and clusters: seconds, memory, planted copies found.

`python benchmarks/augment.py` with the extra `augment`. A fifth of the prompts are copies of earlier ones with one word
in another's place; those that still share .85 of their words should be dropped.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path

from promptci.augment.base import Dropped, Typed
from promptci.augment.choosing import by_words, distinct
from promptci.augment.near import SAME
from promptci.augment.reading import read
from promptci.augment.screen import Screen
from promptci.augment.spec import read as read_spec
from promptci.augment.words import words

COPIES = 0.2
ASKED = ("Explain", "Write", "How do I", "What is", "Translate", "Give me ideas for", "Fix", "Compare", "Summarize")


def prompts(count: int, rng: random.Random) -> Iterator[tuple[str, bool]]:
    """Texts of 8 to 40 words, a fifth of a kind seen before; each with whether it is a planted near duplicate."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    vocabulary = ["".join(rng.choices(letters, k=rng.randint(3, 9))) for _ in range(40_000)]
    weights = list(accumulate(1 / (n + 20) for n in range(len(vocabulary))))
    recent: list[str] = []
    for _ in range(count):
        if recent and rng.random() < COPIES:
            base = rng.choice(recent)
            parts = base.split()
            parts[rng.randrange(len(parts))] = rng.choice(vocabulary)
            text = " ".join(parts)
            a, b = set(words(base)), set(words(text))
            yield text, len(a & b) >= SAME * len(a | b)
        else:
            text = f"{rng.choice(ASKED)} {' '.join(rng.choices(vocabulary, cum_weights=weights, k=rng.randint(6, 38)))}"
            recent = [*recent[-4999:], text]
            yield text, False


def main() -> None:
    """Print what each stage takes."""
    options = argparse.ArgumentParser()
    options.add_argument("--prompts", type=int, default=1_000_000)
    count = options.parse_args().prompts
    planted: set[str] = set()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "log.jsonl"
        with path.open("w", encoding="utf-8") as file:
            for n, (text, copy) in enumerate(prompts(count, random.Random(7))):
                file.write(json.dumps({"id": str(n), "prompt": text}) + "\n")
                if copy:
                    planted.add(str(n))
        begun, worked = time.monotonic(), time.process_time()
        spec = read_spec("version: 1\n", "bench", "augment", "bench")
        kept = [row for row in Screen(spec)(read(path)) if isinstance(row, Typed)]
        print(f"read and screened {count:,}: {time.monotonic() - begun:.0f} s, {len(kept):,} left")
        lost: dict[str, str] = {}

        def drop(one: Dropped) -> None:
            lost[one.id] = one.stage

        left = distinct(spec, kept, drop, by_words)
    found = sum(lost.get(one) in ("near", "screen") for one in planted) / max(1, len(planted))
    stages = ", ".join(f"{n:,} {stage}" for stage, n in sorted(Counter(lost.values()).items()))
    print(f"chosen: {len(left):,}; dropped: {stages}; planted copies found: {found:.4f} of {len(planted):,}")
    peak_gb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    cpu_s = time.process_time() - worked
    print(f"{time.monotonic() - begun:.0f} s in all, {cpu_s:.0f} s of processor time, {peak_gb:.2f} GB at most")


if __name__ == "__main__":
    main()
