"""Symmetric positive definite systems of a few dozen unknowns: Cholesky's factor, and the inverse."""

from __future__ import annotations

import math
from collections.abc import Sequence

Matrix = list[list[float]]


def cholesky(a: Sequence[Sequence[float]]) -> Matrix:
    """The lower factor L with L L' = `a`. Raises ValueError when `a` is not positive definite."""
    factor: Matrix = []
    for i, row in enumerate(a):
        mine: list[float] = []
        for j in range(i):
            other = factor[j]
            mine.append((row[j] - sum(map(float.__mul__, mine, other))) / other[j])
        left = row[i] - sum(x * x for x in mine)
        if left <= 0:
            raise ValueError("not positive definite")
        factor.append([*mine, math.sqrt(left)])
    return factor


def inverse(a: Sequence[Sequence[float]]) -> Matrix:
    """The inverse of a symmetric positive definite matrix. Raises ValueError when it is not."""
    factor, n = cholesky(a), len(a)
    columns: Matrix = []  # columns of L's inverse, from the diagonal on
    for k in range(n):
        column = [1.0 / factor[k][k]]
        for i in range(k + 1, n):
            column.append(-sum(map(float.__mul__, factor[i][k:i], column)) / factor[i][i])
        columns.append(column)
    full: Matrix = [[0.0] * n for _ in range(n)]
    for i in range(n):
        for j in range(i + 1):
            full[i][j] = full[j][i] = sum(map(float.__mul__, columns[i], columns[j][i - j :]))
    return full


def evidence(a: Sequence[Sequence[float]], b: Sequence[float]) -> float:
    """Half of b' a^-1 b minus half of the logarithm of the determinant of a, for a normal model's evidence."""
    z: list[float] = []
    log = 0.0
    for row, x in zip(cholesky(a), b, strict=True):
        z.append((x - sum(map(float.__mul__, row, z))) / row[-1])
        log += math.log(row[-1])
    return sum(x * x for x in z) / 2 - log


def times(a: Sequence[Sequence[float]], x: Sequence[float]) -> list[float]:
    """The product of a matrix and a vector."""
    return [sum(map(float.__mul__, row, x)) for row in a]
