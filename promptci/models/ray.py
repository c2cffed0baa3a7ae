"""Calls made by the workers of a Ray cluster, in blocks; the budget, the order and the store stay with the run.

Each call is counted and its largest cost held by the run before its block leaves, and settled when the block is back:
a block is a lease. A lost worker loses its open blocks alone, whose calls count as sent and are sent again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from promptci.errors import UsageError
from promptci.models.base import Client, Failure, Learner, ModelSpec, Reply, Request

BLOCK = 8  # calls: fewer cost a message each, more are lost with a worker and wait for their slowest

Connect = Callable[[ModelSpec], Client]


class Calls:
    """What a worker does: keep a client for each model, and send blocks of questions through it."""

    def __init__(self, connect: Connect) -> None:
        self._connect = connect
        self._clients: dict[str, Client] = {}

    async def answer(self, spec: ModelSpec, requests: Sequence[Request], mends: tuple[str, ...]) -> list[Reply]:
        """Send every request once; the replies are in their order. `mends` is what is known of the server."""
        client = self._clients.get(repr(spec))
        if client is None:
            client = self._clients[repr(spec)] = self._connect(spec)
        if mends and isinstance(client, Learner):
            client.recall(mends)
        return list(await asyncio.gather(*(client.send(request) for request in requests)))

    async def ready(self) -> bool:
        """Answer as soon as the worker runs."""
        return True


class Crew:
    """The workers of one run. `hire` makes one, `lost` tells an error that means its loss from others."""

    def __init__(self, hire: Callable[[], Any], workers: int, lost: type[BaseException]) -> None:
        self._hire, self.lost = hire, lost
        self.workers = [hire() for _ in range(workers)]
        self._open = [0] * workers
        self.losses = 0

    async def send(self, spec: ModelSpec, requests: Sequence[Request], mends: tuple[str, ...]) -> list[Reply]:
        """Give a block to the worker with the fewest open; a lost worker's block fails and another one is hired."""
        place = self._open.index(min(self._open))
        worker = self.workers[place]
        self._open[place] += 1
        try:
            return list(await worker.answer.remote(spec, requests, mends))
        except self.lost as error:
            if self.workers[place] is worker:  # the first of its blocks to hear of it
                self.losses += 1
                self.workers[place] = self._hire()
            detail = f"a worker was lost ({type(error).__name__})"
            return [Reply(failure=Failure("connection", detail))] * len(requests)
        finally:
            self._open[place] -= 1


class RayClient:
    """One model, asked by a crew; a `Client` that gathers what is sent at the same time into blocks."""

    def __init__(self, spec: ModelSpec, crew: Crew) -> None:
        self._spec, self._crew = spec, crew
        self._mends: dict[str, None] = {}
        self._waiting: list[tuple[Request, asyncio.Future[Reply]]] = []
        self._blocks: set[asyncio.Task[None]] = set()

    def recall(self, mends: Iterable[str]) -> None:
        """See `Learner`."""
        self._mends |= dict.fromkeys(mends)

    async def send(self, request: Request) -> Reply:
        """See `Client`."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Reply] = loop.create_future()
        self._waiting.append((request, answer))
        if len(self._waiting) >= BLOCK:
            self._leave()
        elif len(self._waiting) == 1:
            loop.call_soon(self._leave)
        return await answer

    async def close(self) -> None:
        """See `Client`."""
        for block in self._blocks:
            block.cancel()

    def _leave(self) -> None:
        if self._waiting:
            block = asyncio.create_task(self._answered(self._waiting))
            self._waiting = []
            self._blocks.add(block)
            block.add_done_callback(self._blocks.discard)

    async def _answered(self, block: Sequence[tuple[Request, asyncio.Future[Reply]]]) -> None:
        replies = await self._crew.send(self._spec, [request for request, _ in block], tuple(self._mends))
        for (_, answer), reply in zip(block, replies, strict=True):
            if reply.failure is not None and reply.failure.mend is not None:
                self._mends[reply.failure.mend] = None
            if not answer.done():  # else whoever asked has given up
                answer.set_result(reply)


def connected(workers: int, connect: Connect) -> Connect:
    """Return what makes clients whose calls `workers` Ray workers make, by `connect` there.

    It joins the cluster that RAY_ADDRESS names, else starts one on this machine. Raises UsageError without Ray.
    """
    try:
        import ray
    except ImportError:
        hint = "pip install 'promptci-gate[ray]', or leave out `executor: ray`"
        raise UsageError("the executor 'ray' needs the package ray", hint=hint) from None
    crew: list[Crew] = []

    def hired() -> Crew:
        if not crew:
            if not ray.is_initialized():
                ray.init(log_to_driver=False, include_dashboard=False, configure_logging=False)
            actor = ray.remote(num_cpus=0, max_concurrency=1000)(Calls)
            crew.append(Crew(lambda: actor.remote(connect), workers, ray.exceptions.RayActorError))
        return crew[0]

    return lambda spec: RayClient(spec, hired())
