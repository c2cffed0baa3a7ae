"""Calls by Ray workers on this machine: efficiency against the ideal, and an exact budget while workers are killed.

    python benchmarks/ray_workers.py speed --calls 20000 --in-flight 32 --workers 2
    python benchmarks/ray_workers.py kills --calls 4000 --kills 100

`speed`: every call takes 50 ms and nothing else; the ideal is calls x 50 ms / calls in flight. `kills`: a server on
loopback counts what arrives; whatever is lost, the run's book has no call fewer than the server has seen.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import threading
import time
from collections import Counter

from aiohttp import web

from promptci.core import Message
from promptci.models import ray as workers
from promptci.models.base import ModelSpec, Price, Reply, Request, Usage
from promptci.models.budget import Budget, Limits
from promptci.models.connect import connect
from promptci.models.door import Door
from promptci.models.retry import RetryPolicy

CALL_S = 0.05


class Sleeper:
    """A model that takes 50 ms."""

    async def send(self, request: Request) -> Reply:
        await asyncio.sleep(CALL_S)
        del request
        return Reply(texts=("yes",), usage=Usage(10, 1), model="sleeper")

    async def close(self) -> None:
        """Hold nothing."""


def sleeping(_spec: ModelSpec) -> Sleeper:
    return Sleeper()


def questions(url: str, count: int) -> list[Request]:
    spec = ModelSpec("m", base_url=url, max_tokens=16, price=Price(1, 1))
    return [Request(spec, "scorer", (Message("user", f"question {n}"),)) for n in range(count)]


def speed(args: argparse.Namespace) -> None:
    begun = time.perf_counter()
    made = workers.connected(args.workers, sleeping)
    warm = Door(budget=Budget(Limits()), connect=made, concurrency=args.in_flight)
    warm.ask_all(questions("http://127.0.0.1:9/v1", 4 * args.in_flight))
    print(f"start of Ray and {args.workers} workers: {time.perf_counter() - begun:.1f} s")
    for name, client in (("local", sleeping), ("ray", made)):
        ideal = args.calls * CALL_S / args.in_flight
        with Door(budget=Budget(Limits()), connect=client, concurrency=args.in_flight) as door:
            begun, cpu = time.perf_counter(), time.process_time()
            door.ask_all(questions("http://127.0.0.1:9/v1", args.calls))
            took, used = time.perf_counter() - begun, time.process_time() - cpu
        print(
            f"{name}: {args.calls} calls of {CALL_S * 1000:.0f} ms, {args.in_flight} in flight: "
            f"{took:.2f} s, ideal {ideal:.2f} s, "
            f"efficiency {ideal / took:.3f}, {used / args.calls * 1e3:.2f} ms of CPU a call in the run's process"
        )


class Counting:
    """A server on loopback that answers after 50 ms and counts what arrives."""

    def __init__(self) -> None:
        self.seen: Counter[str] = Counter()
        self.url = ""
        self._ready = threading.Event()
        threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True).start()
        self._ready.wait()

    async def _serve(self) -> None:
        app = web.Application()
        app.add_routes([web.post("/v1/chat/completions", self._chat)])
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        assert site._server is not None
        self.url = f"http://127.0.0.1:{site._server.sockets[0].getsockname()[1]}/v1"  # type: ignore[attr-defined]  # aiohttp gives the port nowhere else
        self._ready.set()
        await asyncio.Event().wait()

    async def _chat(self, request: web.Request) -> web.Response:
        body = await request.json()
        self.seen[body["messages"][-1]["content"]] += 1
        await asyncio.sleep(CALL_S)
        message = {"role": "assistant", "content": "yes"}
        usage = {"prompt_tokens": 5, "completion_tokens": 1}
        choices = [{"index": 0, "finish_reason": "stop", "message": message}]
        return web.json_response({"model": "m", "choices": choices, "usage": usage})


def kills(args: argparse.Namespace) -> None:
    import ray

    server, rng, done = Counting(), random.Random(args.seed), threading.Event()
    crews: list[workers.Crew] = []
    plain = workers.Crew.__init__

    def noting(self: workers.Crew, *given: object) -> None:
        plain(self, *given)  # type: ignore[arg-type]  # as they came
        crews.append(self)

    workers.Crew.__init__ = noting  # type: ignore[method-assign, assignment]  # to reach the workers that are killed
    killed = 0

    def killer() -> None:
        nonlocal killed
        while not done.wait(rng.uniform(0.05, 0.4)) and killed < args.kills:
            if crews and server.seen:
                ray.kill(rng.choice(crews[0].workers))
                killed += 1

    thread = threading.Thread(target=killer)
    thread.start()
    cap = args.calls + args.kills * args.in_flight
    policy = RetryPolicy(attempts=100, base_s=0.01, cap_s=0.05, request_wait_s=600)
    with Door(
        budget=Budget(Limits(max_calls=cap)), connect=workers.connected(args.workers, connect),
        concurrency=args.in_flight, policy=policy,
    ) as door:  # fmt: skip
        replies = door.ask_all(questions(server.url, args.calls))
        done.set()
        thread.join()
        arrived, booked = server.seen.total(), door.booked.calls
        answered = sum(reply.failure is None for reply in replies)
        print(
            f"{killed} kills: {answered} of {args.calls} answered; {arrived} calls arrived, {booked} booked, cap {cap}"
        )
        print(f"asked more than once: {arrived - args.calls} calls; open at a kill at most {args.in_flight}")
        assert answered == args.calls
        assert args.calls <= arrived <= booked <= cap


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["speed", "kills"])
    parser.add_argument("--calls", type=int, default=20_000)
    parser.add_argument("--in-flight", type=int, default=32)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    {"speed": speed, "kills": kills}[args.what](args)


if __name__ == "__main__":
    main()
