"""What more workers than we have would do: leases, stragglers, failures, one book-keeper, and a server's rate.

    python benchmarks/scale_simulation.py                        # the table of docs/scale.md
    python benchmarks/scale_simulation.py --check 16:4.2 32:2.3  # against measured seconds, by calls in flight

Calls are leases: reserved by the run's process one after the other, sent in blocks, settled one by one as they come
back. That process is one queue: `book_s` of its time for each call. A worker fails at random, its open calls are lost,
and another one takes its place after `restart_s`. A server takes `rate` calls a second, no more.
"""

from __future__ import annotations

import argparse
import heapq
import random
from dataclasses import dataclass, replace

UNBOUNDED = 1e15


@dataclass(frozen=True)
class World:
    """Seconds and counts.

    `spread` is the sigma of a call's lognormal time, `straggles` the share of calls that take ten times as long.
    """

    workers: int = 2
    in_flight: int = 32
    block: int = 8
    call_s: float = 0.05
    spread: float = 0.0
    straggles: float = 0.0
    book_s: float = 0.0004
    message_s: float = 0.0
    fails_every_s: float = UNBOUNDED
    restart_s: float = 5.0
    rate: float = UNBOUNDED
    shards: int = 1


@dataclass
class Outcome:
    """What a simulated run took: seconds, calls sent, calls lost with a worker, and how busy its book-keeper was."""

    seconds: float
    sent: int
    lost: int
    busy: float

    def efficiency(self, world: World, calls: int) -> float:
        """The ideal's share: all places busy with calls of mean length, and nothing else."""
        mean = world.call_s * (1 + 9 * world.straggles)
        ideal = max(calls * mean / (world.in_flight * world.shards), calls / world.rate)
        return ideal / self.seconds


def simulate(world: World, calls: int, seed: int = 0) -> Outcome:
    """Run `calls` calls; with shards, one of them, whose share of calls and of the server's rate it has."""
    rng = random.Random(seed)
    left, places, sent, lost = calls // world.shards, world.in_flight, 0, 0
    rate = world.rate / world.shards
    keeper = served = now = busy = 0.0
    up = [_life(world, rng) for _ in range(world.workers)]
    open_: list[tuple[float, int]] = []  # when a call is back, and which worker has it
    while left or open_:
        while left and places:
            size = min(world.block, left, places)
            keeper = max(keeper, now) + size * world.book_s
            busy += size * world.book_s
            worker = rng.randrange(world.workers)
            for _ in range(size):
                served = max(keeper, served) + (1 / rate if rate < UNBOUNDED else 0)
                heapq.heappush(open_, (served + world.message_s + _call(world, rng), worker))
            left, places, sent = left - size, places - size, sent + size
        ends, worker = heapq.heappop(open_)
        now, places = max(now, ends), places + 1
        if ends > up[worker]:  # it was lost while it had the call
            left, lost = left + 1, lost + 1
            if ends > up[worker] + world.restart_s:
                up[worker] = ends + _life(world, rng)
    return Outcome(now, sent * world.shards, lost * world.shards, busy / now if now else 0.0)


def _life(world: World, rng: random.Random) -> float:
    return rng.expovariate(1 / world.fails_every_s) if world.fails_every_s < UNBOUNDED else UNBOUNDED


def _call(world: World, rng: random.Random) -> float:
    if not world.spread:
        return world.call_s * (10 if world.straggles and rng.random() < world.straggles else 1)
    length = world.call_s * rng.lognormvariate(-(world.spread**2) / 2, world.spread)
    return length * (10 if rng.random() < world.straggles else 1)


def calibrated(world: World, calls: int, seconds: float) -> World:
    """Return the world in which `calls` take `seconds`, by the time that a block's way there and back takes."""
    low, high = 0.0, 1.0
    for _ in range(30):
        middle = (low + high) / 2
        low, high = (
            (low, middle) if simulate(replace(world, message_s=middle), calls).seconds > seconds else (middle, high)
        )
    return replace(world, message_s=low)


def check(measured: list[str], calls: int, book_s: float) -> None:
    """Take a block's way from the first measurement, and foretell the others."""
    pairs = [(int(a), float(b)) for a, _, b in (one.partition(":") for one in measured)]
    world = calibrated(World(in_flight=pairs[0][0], book_s=book_s), calls, pairs[0][1])
    print(f"a block's way there and back: {world.message_s * 1e3:.1f} ms, from {pairs[0][0]} in flight")
    for in_flight, seconds in pairs:
        found = simulate(replace(world, in_flight=in_flight), calls).seconds
        print(
            f"{in_flight} in flight: measured {seconds:.2f} s, simulated {found:.2f} s "
            f"({100 * (found / seconds - 1):+.1f} %)"
        )


def table(calls: int, message_s: float, book_s: float) -> None:
    plain = World(call_s=1.0, spread=0.5, straggles=0.01, book_s=book_s, message_s=message_s)
    big = replace(plain, workers=1000, in_flight=32_000)
    cut = replace(big, workers=50, in_flight=1600, shards=20)
    frail = replace(cut, fails_every_s=3600)
    worlds = [
        ("2 workers, 64 in flight", replace(plain, in_flight=64), calls // 20),
        ("20 workers, 640 in flight", replace(plain, workers=20, in_flight=640), calls // 4),
        ("1,000 workers, 32,000 in flight, one run", big, calls),
        ("1,000 workers in 20 shards", cut, calls),
        ("the same, each worker fails once an hour", frail, calls),
        ("the same, and a server that takes 5,000 calls a second", replace(frail, rate=5000), calls),
        ("the same, and one that takes 100,000 a minute", replace(frail, rate=100_000 / 60), calls // 4),
    ]
    print("| world | calls | seconds | calls a second | efficiency | book-keeper busy | lost calls |")
    print("|---|---|---|---|---|---|---|")
    for name, world, count in worlds:
        found = simulate(world, count)
        print(
            f"| {name} | {count:,} | {found.seconds:.0f} | {count / found.seconds:,.0f} | "
            f"{found.efficiency(world, count):.2f} | {found.busy:.2f} | {found.lost:,} |"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", nargs="+", metavar="IN_FLIGHT:SECONDS")
    parser.add_argument("--calls", type=int)
    parser.add_argument("--book-ms", type=float, default=0.4)
    parser.add_argument("--message-ms", type=float, default=5.0)
    args = parser.parse_args()
    if args.check:
        check(args.check, args.calls or 20_000, args.book_ms / 1e3)
    else:
        table(args.calls or 400_000, args.message_ms / 1e3, args.book_ms / 1e3)


if __name__ == "__main__":
    main()
