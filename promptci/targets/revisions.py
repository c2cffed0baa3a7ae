"""One program in many revisions, as a search makes them: a process each, and only so many of them at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from promptci.models.base import Reply, Request
from promptci.targets.process import ProgramClient
from promptci.targets.program import Program

MOST = 8  # processes that are kept for cases to come


class Revisions:
    """A `Client` for every revision of one program. Those that were asked last stay; idle ones before them end."""

    def __init__(self, program_of: Callable[[Request], Program]) -> None:
        self._program_of = program_of
        self._clients: dict[str, ProgramClient] = {}  # the one that was asked last is the last
        self._leaving: list[ProgramClient] = []
        self._open: Counter[str] = Counter()
        self._restarts = 0  # of processes that are not kept any more

    def notes(self) -> list[str]:
        """Say how often processes were started again: each time cost the cases that were open one more call."""
        restarts = self._restarts + sum(_restarts(client) for client in self._clients.values())
        times = "once" if restarts == 1 else f"{restarts} times"
        return [f"the program was started again {times}, as it had ended or fallen silent"] if restarts else []

    async def send(self, request: Request) -> Reply:
        """Return the answer of the revision that the request names, or why there is none."""
        program = self._program_of(request)
        client = self._clients.pop(program.name, None) or ProgramClient(program)
        self._clients[program.name] = client
        self._open[program.name] += 1
        try:
            await self._let_go()
            return await client.send(request)
        finally:
            self._open[program.name] -= 1

    async def _let_go(self) -> None:
        """End the processes that nobody has asked for longest, those with an open case apart."""
        idle = [name for name in self._clients if not self._open[name]]
        gone = [self._clients.pop(name) for name in idle[: max(0, len(self._clients) - MOST)]]
        self._restarts += sum(map(_restarts, gone))
        self._leaving += gone  # until its files are gone: what breaks off a case must not leave them behind
        for client in gone:
            await client.close()
            self._leaving.remove(client)

    async def close(self) -> None:
        """End every process and remove its files."""
        self._restarts += sum(map(_restarts, self._clients.values()))
        left, self._clients, self._leaving = [*self._leaving, *self._clients.values()], {}, []
        for client in left:
            await client.close()


def _restarts(client: ProgramClient) -> int:
    return max(0, client.restarts)
