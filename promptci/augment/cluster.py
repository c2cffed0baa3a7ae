"""Clusters of prompts: each joins the leader that it is most like, or leads a cluster of its own, in one pass.

From `EXACT` prompts on they are first laid into cells by the nearest of as many pivots as the root of their number (the
inverted file of Jégou, Douze & Schmid 2011), and clustered cell by cell. An HNSW index, as in PAS, grows as it is asked
: for 200,000 prompts of which most lead it was not done after nine minutes, where this takes a quarter of one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from promptci.augment.extras import package

if TYPE_CHECKING:
    from promptci.augment.vectors import Vectors

EXACT = 20_000  # prompts
_BLOCK = 1024  # prompts looked up at a time


def leaders(vectors: Vectors, alike: float, *, exact: int = EXACT) -> list[int]:
    """For each prompt its cluster's leader, by number; a leader's is its own. The same vectors give the same clusters.

    Every prompt has a cosine of at least `alike` to its leader. Beyond `exact` prompts a leader in another cell is
    missed; the leaders of all cells are therefore laid into other cells and clustered again, and a prompt may then be
    that much like its leader only by way of its first one.
    """
    np = package("numpy")
    every = np.arange(len(vectors))
    found = _round(np, vectors, alike, exact, seed=0)
    if len(vectors) >= exact:
        heads = np.flatnonzero(found == every)
        again = heads[_round(np, vectors[heads], alike, exact, seed=1)]
        place = np.zeros(len(vectors), dtype=np.int64)
        place[heads] = again
        found = place[found]
    result: list[int] = found.tolist()
    return result


def _round(np: Any, vectors: Vectors, alike: float, exact: int, seed: int) -> Any:
    found = np.arange(len(vectors))
    for cell in [found.copy()] if len(vectors) < exact else _cells(np, vectors, seed):
        found[cell] = cell[_led(np, vectors[cell], alike)]
    return found


def _cells(np: Any, vectors: Vectors, seed: int) -> list[Any]:
    """The prompts' numbers by nearest pivot; the pivots are prompts, drawn by a fixed seed."""
    count = int(len(vectors) ** 0.5)
    drawn = np.sort(np.random.default_rng(seed).choice(len(vectors), count, replace=False))
    pivots = vectors[drawn].astype(np.float32)
    nearest = np.concatenate(
        [
            (vectors[low : low + _BLOCK].astype(np.float32) @ pivots.T).argmax(axis=1)
            for low in range(0, len(vectors), _BLOCK)
        ]
    )
    order = np.argsort(nearest, kind="stable")
    cells: list[Any] = np.split(order, np.flatnonzero(np.diff(nearest[order])) + 1)
    return cells


def _led(np: Any, vectors: Vectors, alike: float) -> Any:
    """For each row of a cell its leader's place in the cell, exactly."""
    found = np.zeros(len(vectors), dtype=np.int64)
    heads = np.zeros(0, dtype=np.int64)
    for low in range(0, len(vectors), _BLOCK):
        block = vectors[low : low + _BLOCK].astype(np.float32)
        best = np.full(len(block), -2.0)
        if len(heads):
            cosine = block @ vectors[heads].astype(np.float32).T
            best = cosine.max(axis=1)
            found[low : low + len(block)] = heads[cosine.argmax(axis=1)]
        far = np.flatnonzero(best < alike)
        if len(far):
            _lead(np, block, far, low, alike, found)
            heads = np.concatenate([heads, low + far[found[low + far] == low + far]])
    return found


def _lead(np: Any, block: Any, far: Any, low: int, alike: float, found: Any) -> None:
    """Those of a block that are like no leader: the first leads, and takes what is like it."""
    like = block[far] @ block[far].T >= alike
    free = np.ones(len(far), dtype=bool)
    for k in range(len(far)):
        if free[k]:
            mine = like[k] & free
            mine[k] = True
            found[low + far[mine]] = low + far[k]
            free &= ~mine
