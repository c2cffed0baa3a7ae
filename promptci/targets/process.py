"""Carries cases to a program over its standard input and output; several at once, one process at a time.

A process that dies or falls silent costs its open cases only: each of them is sent once more, alone, so that the one
that kills it is known. Prints on standard output that are no answer are passed over.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import signal
import tempfile
from collections import Counter
from pathlib import Path, PurePosixPath

from promptci.core import Json
from promptci.models.base import Failure, Reply, Request
from promptci.models.secrets import Redactor
from promptci.targets.answer import reply_of
from promptci.targets.program import Program

MAX_LINE = 32_000_000  # bytes of one answer
_PARTING_S = 2.0
_TAIL = 2_000  # characters of its last words
_INHERITED = ("PATH", "LANG", "LC_ALL", "TZ", "SYSTEMROOT", "VIRTUAL_ENV")


class ProgramClient:
    """One program as a `Client`. `restarts` counts processes after the first."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._redact = Redactor(os.environ.get(name, "") for name in program.environment)
        self._place: Path | None = None
        self._process: asyncio.subprocess.Process | None = None
        self._readers: list[asyncio.Task[None]] = []
        self._open: dict[str, asyncio.Future[Reply]] = {}
        self._suspects: Counter[str] = Counter()
        self._turn = asyncio.Condition()
        self._alone = False
        self._starting = asyncio.Lock()
        self._number = 0
        self._heard = 0.0
        self._tail = ""
        self.restarts = -1

    async def send(self, request: Request) -> Reply:
        """Return the program's answer to one case, or why there is none."""
        asked = request.messages[-1].content
        alone = self._suspects[asked] > 0
        async with self._turn:
            await self._turn.wait_for(lambda: not self._alone and not (alone and self._open))
            self._alone = alone
            self._number += 1
            number = str(self._number)
            answer = self._open[number] = asyncio.get_running_loop().create_future()
        try:
            return await self._answered(number, asked, answer)
        finally:
            self._open.pop(number, None)
            async with self._turn:
                self._alone = self._alone and not alone
                self._turn.notify_all()

    async def _answered(self, number: str, asked: str, answer: asyncio.Future[Reply]) -> Reply:
        line = json.dumps({"id": number, **json.loads(asked)}, ensure_ascii=False).encode() + b"\n"
        loop = asyncio.get_running_loop()
        try:
            process = await self._running()
            sent = loop.time()
            await _put(process, line)
        except (BrokenPipeError, ConnectionResetError):
            await asyncio.wait({answer}, timeout=5)  # whoever reads its output knows how it ended
            return self._settled(asked, answer.result() if answer.done() else self._died(None))
        except OSError as problem:
            detail = f"'{self._program.command[0]}' cannot be started: {problem.strerror}"
            return Reply(failure=Failure("connection", detail, unsent=True))
        while not answer.done():
            left = max(sent, self._heard) + self._program.limit_s - loop.time()
            if left <= 0:
                await self._end(f"nothing was heard from it for {self._program.limit_s:g} s")
                answer.cancel()
                return self._settled(asked, self._silent())
            await asyncio.wait({answer}, timeout=left)
        return self._settled(asked, answer.result())

    def _settled(self, asked: str, reply: Reply) -> Reply:
        """Give up on a case that was open twice, the second time alone, when the process ended."""
        if reply.failure is None or reply.failure.kind not in ("connection", "timeout"):
            return reply
        self._suspects[asked] += 1
        if self._suspects[asked] < 2:
            return reply
        return Reply(failure=Failure("bad_request", f"alone with this case, too: {reply.failure.detail}"))

    def _silent(self) -> Reply:
        said = f"the program said nothing for {self._program.limit_s:g} s{self._words()}"
        return Reply(failure=Failure("timeout", said))

    def _died(self, code: int | None) -> Reply:
        how = "" if code is None else f" (exit code {code})" if code >= 0 else f" (signal {-code})"
        return Reply(failure=Failure("connection", f"the program ended{how} with this case open{self._words()}"))

    def _words(self) -> str:
        said = self._redact.strictly(self._tail)[-300:].strip()
        return f"; its last words: {said}" if said else ""

    # -- the process --------------------------------------------------------------------------------------------------

    async def _running(self) -> asyncio.subprocess.Process:
        async with self._starting:
            if self._process is None:
                await self._start()
            if self._process is None:
                raise BrokenPipeError
            return self._process

    async def _start(self) -> None:
        if self._place is None:
            self._place = await asyncio.to_thread(_laid_out, self._program)
        self.restarts += 1
        self._tail = ""
        process = await asyncio.create_subprocess_exec(
            *self._program.command,
            cwd=self._place / "tree" / self._program.directory,
            env=_environment(self._program, self._place),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            limit=MAX_LINE,
            start_new_session=True,
        )
        self._process, self._heard = process, asyncio.get_running_loop().time()
        self._readers = [asyncio.create_task(self._read(process)), asyncio.create_task(self._complaints(process))]

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        """Hand each answer to the case that it names, until the process ends."""
        stream = process.stdout
        try:
            while stream is not None and (line := await stream.readline()):
                self._take(line)
        except ValueError:
            self._tail += f"\na line longer than {MAX_LINE // 1_000_000} MB"
        else:
            with contextlib.suppress(TimeoutError):  # it closed its output: let it end by itself, and say how
                await asyncio.wait_for(process.wait(), _PARTING_S)
        _kill(process)
        code = await process.wait()
        if self._process is process:
            self._process = None
            for answer in self._open.values():
                if not answer.done():
                    answer.set_result(self._died(code))

    def _take(self, line: bytes) -> None:
        self._heard = asyncio.get_running_loop().time()
        try:
            found: Json = json.loads(line)
        except (ValueError, RecursionError):
            found = None
        answer = self._open.get(str(found.get("id"))) if isinstance(found, dict) else None
        if answer is None or answer.done():  # a print, or an answer that nobody waits for any more
            self._tail = (self._tail + line[:_TAIL].decode("utf-8", "replace"))[-_TAIL:]
        else:
            answer.set_result(reply_of(found, " ".join(self._program.command), self._redact))

    async def _complaints(self, process: asyncio.subprocess.Process) -> None:
        while process.stderr is not None and (chunk := await process.stderr.read(4096)):
            self._tail = (self._tail + chunk.decode("utf-8", "replace"))[-_TAIL:]

    async def _end(self, why: str) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        _kill(process)
        for answer in self._open.values():
            if not answer.done():
                answer.set_result(Reply(failure=Failure("connection", f"the program was ended: {why}{self._words()}")))
        await process.wait()

    async def close(self) -> None:
        """End the process and remove its files."""
        await self._end("the run is over")
        for reader in self._readers:
            reader.cancel()
        await asyncio.gather(*self._readers, return_exceptions=True)
        if self._place is not None:
            await asyncio.to_thread(shutil.rmtree, self._place, ignore_errors=True)
            self._place = None


async def _put(process: asyncio.subprocess.Process, line: bytes) -> None:
    """Write one case. Raises BrokenPipeError when nobody reads it."""
    if process.stdin is None:
        raise BrokenPipeError
    process.stdin.write(line)
    await process.stdin.drain()


def _kill(process: asyncio.subprocess.Process) -> None:
    """End the process with all that it has started."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def _laid_out(program: Program) -> Path:
    """Write the program's files into a new directory of its own, which no other user can read. There is no `.git`."""
    place = Path(tempfile.mkdtemp(prefix="promptci-program-"))
    (place / "home").mkdir()
    (place / "tree" / program.directory).mkdir(parents=True)
    for path, content in program.files.items():
        file = place / "tree" / PurePosixPath(path)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        if path in program.programs:
            file.chmod(0o700)
    return place


def _environment(program: Program, place: Path) -> dict[str, str]:
    """What it needs to run, and the variables that it may have: nothing else of ours, tokens of the CI least of all."""
    names = (*_INHERITED, *program.environment)
    home = str(place / "home")
    return {
        **{n: os.environ[n] for n in names if n in os.environ},
        "HOME": home,
        "TMPDIR": home,
        "PYTHONUNBUFFERED": "1",
    }
