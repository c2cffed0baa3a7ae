"""The table of a run on a real model: first prompt, best prompt by people, what was found, each with its interval."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

_Z = 1.6449  # of a two-sided 90 % interval
HEAD = (
    "| task | strategy | promptci said | gain on its held-out cases | first | best human | found | calls | seconds "
    "| unreadable replies |\n|---|---|---|---|---|---|---|---|---|---|"
)


def share(values: Sequence[float | None]) -> str:
    """Percent of the judged cases that passed, with Wilson's 90 % interval; "-" where none was judged."""
    judged = [v for v in values if v is not None]
    if not judged:
        return "-"
    low, high = wilson(sum(judged), len(judged))
    return f"{100 * sum(judged) / len(judged):.0f} ({100 * low:.0f} to {100 * high:.0f})"


def wilson(passed: float, n: int) -> tuple[float, float]:
    """The 90 % interval of a share of `n` cases, in [0, 1] (Wilson 1927)."""
    p, z2 = passed / n, _Z * _Z
    middle, half = (p + z2 / (2 * n)), _Z * (p * (1 - p) / n + z2 / (4 * n * n)) ** 0.5
    return max(0.0, (middle - half) / (1 + z2 / n)), min(1.0, (middle + half) / (1 + z2 / n))


def table(rows: Sequence[dict[str, Any]]) -> str:
    """One line a cell, in the order given."""
    return "\n".join([HEAD, *map(_row, rows)])


def _row(cell: dict[str, Any]) -> str:
    gain = "-" if cell["gain"] is None else f"{100 * cell['gain']:+.0f}"
    if cell["gain"] is not None and cell["ci"]:
        gain += f" ({100 * cell['ci'][0]:.0f} to {100 * cell['ci'][1]:.0f})"
    parts = [cell["task"], cell["strategy"], str(cell["outcome"]).replace("_", " "), gain, *map(share, cell["scores"])]
    parts += [f"{cell['calls']:,}", f"{cell['seconds']:.0f}", f"{cell['unread']} of {cell['replies']}"]
    return f"| {' | '.join(parts)} |"
