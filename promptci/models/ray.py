"""Calls made by the workers of a Ray cluster, in blocks; the budget, the order and the store stay with the run.

Each call is counted and its largest cost held by the run before its block leaves, and settled when its answer is back:
a block is a lease, returned in parts. A lost worker loses its open calls alone; they count as sent, and are sent again.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from typing import Any

from promptci.errors import MeasureError, UsageError
from promptci.models.base import Client, Failure, Learner, ModelSpec, Reply, Request

_START_S = 600.0  # until every worker runs: a cluster may have to get machines first
BLOCK = 8  # calls that go in one message; their answers come back one by one, so none waits for the slowest

Connect = Callable[[ModelSpec], Client]
Each = Callable[[int, Reply], None]


class Calls:
    """What a worker does: keep a client for each model, and send blocks of questions through it."""

    def __init__(self, connect: Connect) -> None:
        self._connect = connect
        self._clients: dict[str, Client] = {}

    async def answer(
        self, spec: ModelSpec, requests: Sequence[Request], mends: tuple[str, ...]
    ) -> AsyncIterator[list[tuple[int, Reply]]]:
        """Send every request once; yield the replies with their numbers as they come, those that came at once together.

        `mends` is what is known of the server.
        """
        client = self._client(spec)
        if mends and isinstance(client, Learner):
            client.recall(mends)
        open_ = {asyncio.ensure_future(client.send(request)): index for index, request in enumerate(requests)}
        while open_:
            done, _ = await asyncio.wait(open_, return_when=asyncio.FIRST_COMPLETED)
            yield [(open_.pop(one), one.result()) for one in done]

    async def ready(self, spec: ModelSpec) -> bool:
        """Answer as soon as the worker runs and has imported what asks this model, which takes seconds."""
        return self._client(spec) is not None

    def _client(self, spec: ModelSpec) -> Client:
        name = repr(spec)
        if name not in self._clients:
            self._clients[name] = self._connect(spec)
        return self._clients[name]


class Crew:
    """The workers of one run. `hire` makes one, `lost` tells an error that means its loss from others."""

    def __init__(self, hire: Callable[[], Any], workers: int, lost: type[BaseException]) -> None:
        self._hire, self.lost = hire, lost
        self.workers = [hire() for _ in range(workers)]
        self._open = [0] * workers
        # By place; what ended without a worker stays.
        self._starting: dict[int, asyncio.Task[Exception | None]] = {}
        self.losses = 0

    async def started(self) -> None:
        """Return as soon as a worker runs. Raises MeasureError when none does and none will."""
        while len(self._starting) == len(self.workers):
            coming = [task for task in self._starting.values() if not task.done()]
            if not coming:
                raise _no_start(next(iter(self._starting.values())).result())
            await asyncio.wait(coming, return_when=asyncio.FIRST_COMPLETED)

    async def send(self, spec: ModelSpec, requests: Sequence[Request], mends: tuple[str, ...], each: Each) -> None:
        """Give a block to the running worker with the fewest calls open, and call `each` as they are answered.

        What a lost worker has not answered fails, and another one is hired; while none runs nothing is sent.
        """
        left = set(range(len(requests)))
        there = [place for place in range(len(self.workers)) if place not in self._starting]
        if not there:  # the last was lost after `started`
            for index in left:
                each(index, Reply(failure=Failure("connection", "no worker runs", unsent=True)))
            return
        place = min(there, key=self._open.__getitem__)
        worker = self.workers[place]
        self._open[place] += len(left)
        try:
            async for part in worker.answer.remote(spec, requests, mends):
                for index, reply in await part:
                    left.discard(index)
                    self._open[place] -= 1
                    each(index, reply)
                if not left:  # that nothing more comes is a message of its own, for which nobody waits
                    return
        except self.lost as error:
            if self.workers[place] is worker and place not in self._starting:  # the first of its blocks to hear of it
                self.losses += 1
                self._starting[place] = asyncio.create_task(self._start(place, spec))
            for index in sorted(left):
                each(index, Reply(failure=Failure("connection", f"a worker was lost ({type(error).__name__})")))
        finally:
            self._open[place] -= len(left)

    async def _start(self, place: int, spec: ModelSpec) -> Exception | None:
        """Hire for a place until a worker runs, so that its start is in no call's deadline; return why none does."""
        try:
            async with asyncio.timeout(_START_S):
                while not await self._runs(place, spec):
                    self.losses += 1
        except asyncio.CancelledError:  # the run ends; one that goes on uses what was hired
            del self._starting[place]
            raise
        except Exception as error:  # told by `started` when it is every place's
            return error
        del self._starting[place]
        return None

    async def _runs(self, place: int, spec: ModelSpec) -> bool:
        worker = self.workers[place] = self._hire()
        try:
            return bool(await worker.ready.remote(spec))
        except self.lost:
            return False


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

    async def started(self) -> None:
        """See `Starter`."""
        await self._crew.started()

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
        def each(index: int, reply: Reply) -> None:
            if reply.failure is not None and reply.failure.mend is not None:
                self._mends[reply.failure.mend] = None
            if not block[index][1].done():  # else whoever asked has given up
                block[index][1].set_result(reply)

        try:
            await self._crew.send(self._spec, [request for request, _ in block], tuple(self._mends), each)
        except Exception as error:  # a mistake of a client, or of Ray: whoever asked raises it, as without workers
            for _, answer in block:
                if not answer.done():
                    answer.set_exception(error)


def _no_start(error: Exception | None) -> MeasureError:
    hint = "every node needs promptci-gate in the same version, and room for the workers"
    return MeasureError(f"a Ray worker does not start ({type(error).__name__})", hint=hint)


def connected(workers: int, connect: Connect) -> Connect:
    """Return what makes clients whose calls `workers` Ray workers make, by `connect` there.

    It joins the cluster that RAY_ADDRESS names, else starts one on this machine. The first client waits until every
    worker runs: in a call's deadline their start would count as the server's silence, and a call given up on would
    still be sent by a worker that starts late, and once more. Raises UsageError without Ray, and MeasureError where a
    worker does not start; nothing has been sent then.
    """
    try:
        import ray
    except ImportError:
        hint = "pip install 'promptci-gate[ray]', or leave out `executor: ray`"
        raise UsageError("the executor 'ray' needs the package ray", hint=hint) from None
    crew: list[Crew] = []

    def hired(spec: ModelSpec) -> Crew:
        if not crew:
            if not ray.is_initialized():
                ray.init(log_to_driver=False, include_dashboard=False, configure_logging=False)
            actor = ray.remote(num_cpus=0, max_concurrency=1000)(Calls)
            found = Crew(lambda: actor.remote(connect), workers, ray.exceptions.RayActorError)
            try:
                ray.get([worker.ready.remote(spec) for worker in found.workers], timeout=_START_S)
            except ray.exceptions.RayError as error:
                raise _no_start(error) from None
            crew.append(found)
        return crew[0]

    return lambda spec: RayClient(spec, hired(spec))
