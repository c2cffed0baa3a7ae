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
_LOOK_S = 0.05
_TALK = 4  # times the longest silence, for a program that goes on writing lines that are no answers
_TAIL = 2_000  # characters of its last words
_INHERITED = ("PATH", "LANG", "LC_ALL", "TZ", "SYSTEMROOT", "VIRTUAL_ENV", "OPENAI_BASE_URL")  # the last: the gateway's


class ProgramClient:
    """One program as a `Client`. `restarts` counts processes after the first."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._redact = Redactor(os.environ.get(name, "") for name in program.environment)
        self._place: Path | None = None
        self._process: asyncio.subprocess.Process | None = None
        self._readers: list[asyncio.Task[None]] = []
        self._open: dict[str, asyncio.Future[Reply]] = {}
        self._given: set[str] = set()  # the cases that the process now running has been sent
        self._suspects: Counter[str] = Counter()
        self._turn = asyncio.Condition()
        self._alone = False
        self._starting = asyncio.Lock()
        self._number = 0
        self._heard = self._answer_came = 0.0
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
        try:
            process = await self._running()
        except OSError as problem:
            detail = f"'{self._program.command[0]}' cannot be started: {problem.strerror}"
            return Reply(failure=Failure("connection", detail, unsent=True))
        sent = asyncio.get_running_loop().time()
        self._given.add(number)
        if process.stdin is not None:
            process.stdin.write(line)  # never waits for the program to read: how long that may take is seen to below
        while not answer.done():
            left_s, why = self._patience(sent)
            if left_s <= 0:
                await self._end(why)
                answer.cancel()
                return self._settled(asked, Reply(failure=Failure("timeout", f"the program {why}{self._words()}")))
            await asyncio.wait({answer}, timeout=left_s)
        return self._settled(asked, answer.result())

    def _patience(self, sent: float) -> tuple[float, str]:
        """Seconds that a case sent at `sent` still has, and what the program did when they are over."""
        silence_s, talk_s = self._program.limit_s, _TALK * self._program.limit_s
        now = asyncio.get_running_loop().time()
        silent = max(sent, self._heard) + silence_s - now, f"said nothing for {silence_s:g} s"
        return min(silent, (max(sent, self._answer_came) + talk_s - now, f"gave no answer for {talk_s:g} s"))

    def _settled(self, asked: str, reply: Reply) -> Reply:
        """Give up on a case that was open twice, the second time alone, when the process ended."""
        if reply.failure is None or reply.failure.kind not in ("connection", "timeout"):
            return reply
        self._suspects[asked] += 1
        if self._suspects[asked] < 2:
            return reply
        return Reply(failure=Failure("bad_request", f"alone with this case, too: {reply.failure.detail}"))

    def _died(self, code: int) -> Reply:
        how = f" (exit code {code})" if code >= 0 else f" (signal {-code})"
        return Reply(failure=Failure("connection", f"the program ended{how} with this case open{self._words()}"))

    def _words(self) -> str:
        said = _gist(self._redact.strictly(self._tail))
        return f"; its last words: {said}" if said else ""

    # -- the process --------------------------------------------------------------------------------------------------

    async def _running(self) -> asyncio.subprocess.Process:
        async with self._starting:
            if self._process is not None and (self._process.stdin is None or self._process.stdin.is_closing()):
                await self._end("closed its input")
            return self._process or await self._start()

    async def _start(self) -> asyncio.subprocess.Process:
        if self._place is None:
            self._place = await asyncio.to_thread(_laid_out, self._program)
        self.restarts += 1
        self._tail, self._given = "", set()
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
        self._readers += [asyncio.create_task(self._attend(process)), asyncio.create_task(self._complaints(process))]
        return process

    async def _attend(self, process: asyncio.subprocess.Process) -> None:
        """Take its answers until it ends; what it has started may hold its output open, and is not waited for."""
        parts = {asyncio.create_task(self._read(process)), asyncio.create_task(_ended(process))}
        try:
            await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
            await asyncio.wait(parts, timeout=_PARTING_S)  # its last lines; or how it ends, once it has no more to say
        finally:
            for part in parts:
                part.cancel()
        _kill(process)
        code = await _ended(process)
        if self._process is process:
            self._process = None
            self._settle_open(self._died(code))
        _let_go(process)

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        """Hand each answer to the case that it names."""
        stream = process.stdout
        try:
            while stream is not None and (line := await stream.readline()):
                self._take(line)
        except ValueError:
            self._tail += f"\na line longer than {MAX_LINE // 1_000_000} MB"
            _kill(process)

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
            self._answer_came = self._heard
            answer.set_result(reply_of(found, " ".join(self._program.command), self._redact))

    async def _complaints(self, process: asyncio.subprocess.Process) -> None:
        while process.stderr is not None and (chunk := await process.stderr.read(4096)):
            self._tail = (self._tail + chunk.decode("utf-8", "replace"))[-_TAIL:]

    async def _end(self, why: str) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        _kill(process)
        self._settle_open(Reply(failure=Failure("connection", f"the program was ended, as it {why}{self._words()}")))
        await _ended(process)
        _let_go(process)

    def _settle_open(self, reply: Reply) -> None:
        """Answer all that the process was sent and has not answered."""
        for number, answer in self._open.items():
            if number in self._given and not answer.done():
                answer.set_result(reply)

    async def close(self) -> None:
        """End the process and remove its files."""
        await self._end("was not needed any more")
        for reader in self._readers:
            reader.cancel()
        await asyncio.gather(*self._readers, return_exceptions=True)
        if self._place is not None:
            await asyncio.to_thread(shutil.rmtree, self._place, ignore_errors=True)
            self._place = None


def _kill(process: asyncio.subprocess.Process) -> None:
    """End the process with all that it has started."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


async def _ended(process: asyncio.subprocess.Process) -> int:
    """Its exit code, once it has ended. `Process.wait` waits for all that hold its pipes, too: for a daemon's end."""
    while process.returncode is None:  # noqa: ASYNC110  # asyncio tells nobody else
        await asyncio.sleep(_LOOK_S)
    return process.returncode


def _let_go(process: asyncio.subprocess.Process) -> None:
    """Close our ends of its pipes, whoever holds the others: the event loop keeps them as long."""
    if process.stdin is not None and not process.stdin.is_closing():
        process.stdin.transport.abort()  # what it has not read is not waited for
    process._transport.close()  # type: ignore[attr-defined]  # asyncio has no public way to the other two


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
    above = str(place)  # git looks for a repository in the directories above, and a temporary one may lie in ours
    return {
        **{n: os.environ[n] for n in names if n in os.environ},
        "HOME": home,
        "TMPDIR": home,
        "GIT_CEILING_DIRECTORIES": above,
        "PYTHONUNBUFFERED": "1",
    }


def _gist(said: str) -> str:
    """The end of what a program said; of Python's traceback the exception alone, as reports cut what is longer."""
    lines = said.strip().splitlines()
    if any(line.startswith('  File "') for line in lines):
        inside = max(n for n, line in enumerate(lines) if line.startswith("  "))
        lines = lines[inside + 1 :] or lines
    return "\n".join(lines)[-300:].strip()
