"""Logistic regression of shares in [0, 1], with a covariance that holds when rows of one cluster depend on each other.

Newton's method on the quasi-likelihood (McCullagh & Nelder 1989, chapters 4 and 9); the covariance is the sandwich of
Liang & Zeger 1986, with n / (n - 1) for n clusters. A ridge of 1e-4 keeps a fit finite where one side won all.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

RIDGE = 1e-4
_STEPS = 50
_FARTHEST = 5.0  # of one step: far out the curve is flat, and Newton's method would leap

Features = tuple[tuple[int, float], ...]
Matrix = list[list[float]]


@dataclass(frozen=True, slots=True)
class Row:
    """One observation: its features that are not zero, by number, its share in [0, 1], and its cluster."""

    features: Features
    share: float
    cluster: Hashable


@dataclass(frozen=True, slots=True)
class Fit:
    """The coefficients, and their covariance."""

    coefficients: tuple[float, ...]
    covariance: tuple[tuple[float, ...], ...]


def fit(rows: Sequence[Row], size: int) -> Fit:
    """Fit `size` coefficients. Raises ValueError without rows, and for a share outside [0, 1]."""
    if not rows or any(not 0 <= row.share <= 1 for row in rows):
        raise ValueError("shares in [0, 1] are needed")
    at = [0.0] * size
    for _ in range(_STEPS):
        slope, curve = _derivatives(rows, at)
        step = _solve(curve, slope)
        scale = min(1.0, _FARTHEST / max(1e-12, max(map(abs, step))))
        at = [a + scale * s for a, s in zip(at, step, strict=True)]
        if max(map(abs, step)) < 1e-9:
            break
    return Fit(tuple(at), _sandwich(rows, at))


def sigmoid(x: float) -> float:
    """1 / (1 + exp(-x)), for any x."""
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))


def _derivatives(rows: Sequence[Row], at: Sequence[float]) -> tuple[list[float], Matrix]:
    slope = [-RIDGE * a for a in at]
    curve = [[RIDGE if i == j else 0.0 for j in range(len(at))] for i in range(len(at))]
    for row in rows:
        p = sigmoid(sum(at[i] * x for i, x in row.features))
        for i, x in row.features:
            slope[i] += (row.share - p) * x
            for j, y in row.features:
                curve[i][j] += p * (1 - p) * x * y
    return slope, curve


def _sandwich(rows: Sequence[Row], at: Sequence[float]) -> tuple[tuple[float, ...], ...]:
    _, curve = _derivatives(rows, at)
    by_cluster: dict[Hashable, dict[int, float]] = defaultdict(lambda: defaultdict(float))
    for row in rows:
        left = row.share - sigmoid(sum(at[i] * x for i, x in row.features))
        for i, x in row.features:
            by_cluster[row.cluster][i] += left * x
    size, n = len(at), len(by_cluster)
    middle = [[0.0] * size for _ in range(size)]
    for score in by_cluster.values():
        for i, x in score.items():
            for j, y in score.items():
                middle[i][j] += x * y
    wider = n / (n - 1) if n > 1 else math.inf
    columns = [_solve(curve, [float(i == k) for i in range(size)]) for k in range(size)]
    inner = [[sum(columns[i][k] * middle[k][j] for k in range(size)) for j in range(size)] for i in range(size)]
    return tuple(
        tuple(wider * sum(inner[i][k] * columns[j][k] for k in range(size)) for j in range(size)) for i in range(size)
    )


def _solve(matrix: Matrix, right: Sequence[float]) -> list[float]:
    """The solution of a positive definite system, by elimination with pivots."""
    size = len(right)
    work = [[*row, right[i]] for i, row in enumerate(matrix)]
    for k in range(size):
        best = max(range(k, size), key=lambda i: abs(work[i][k]))
        work[k], work[best] = work[best], work[k]
        for i in range(k + 1, size):
            share = work[i][k] / work[k][k]
            for j in range(k, size + 1):
                work[i][j] -= share * work[k][j]
    found = [0.0] * size
    for k in reversed(range(size)):
        found[k] = (work[k][size] - sum(work[k][j] * found[j] for j in range(k + 1, size))) / work[k][k]
    return found
