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
        self._leaving += gone  # until its files are gone: what breaks off a case must not leave them behind
        for client in gone:
            await client.close()
            self._leaving.remove(client)

    async def close(self) -> None:
        """End every process and remove its files."""
        left, self._clients, self._leaving = [*self._leaving, *self._clients.values()], {}, []
        for client in left:
            await client.close()
