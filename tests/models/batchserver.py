"""A server with files and batches on real sockets, which plays one trap at a time and counts what it bills."""

from __future__ import annotations

import asyncio
import hashlib
import json
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Self

from aiohttp import web

TRAPS = (
    "none", "lost", "doubled", "strangers", "failures_inside", "errors_file", "expired", "error_after_accept",
    "broken_after_accept", "made_twice", "slow_listing", "cut_download", "not_there_yet", "files_late", "wrong_usage",
    "rate_limited", "invalid",
)  # fmt: skip


def hashed(text: str) -> str:
    """The same answer to the same question."""
    return "answer " + hashlib.sha256(text.encode()).hexdigest()[:8]


def answer(said: str) -> dict[str, Any]:
    """A well-formed answer."""
    message = {"role": "assistant", "content": said, "refusal": None}
    usage = {"prompt_tokens": 10, "completion_tokens": 4, "total_tokens": 14}
    return {
        "id": "c", "object": "chat.completion", "created": 1, "model": "m-served",
        "choices": [{"index": 0, "finish_reason": "stop", "message": message}], "usage": usage,
    }  # fmt: skip


@dataclass
class Made:
    """One batch: its lines run when it is looked at for the `after`-th time, unless it was cancelled before."""

    id: str
    digest: str
    lines: list[dict[str, Any]]
    after: int = 2
    looked: int = 0
    listed: int = 0
    status: str = "in_progress"
    out: str | None = None
    err: str | None = None


@dataclass
class BatchServer:
    """`trap` is what it plays, every `nth` line. `billed` counts answers by their question, in batches and live."""

    trap: str = "none"
    nth: int = 5
    billed: Counter[str] = field(default_factory=Counter)
    live: list[str] = field(default_factory=list)
    posted: int = 0
    url: str = ""
    say: Callable[[str], str] = hashed

    def __post_init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.made: dict[str, Made] = {}
        self._tries: Counter[str] = Counter()
        self._ready = threading.Event()

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join()

    def _serve(self) -> None:
        asyncio.run(self._main())

    async def _main(self) -> None:
        self._loop, self._end = asyncio.get_running_loop(), asyncio.Event()
        app = web.Application(client_max_size=2**27)
        app.add_routes(
            [
                web.post("/v1/files", self._upload),
                web.get("/v1/files/{id}/content", self._content),
                web.post("/v1/batches", self._make),
                web.get("/v1/batches", self._list),
                web.get("/v1/batches/{id}", self._look),
                web.post("/v1/batches/{id}/cancel", self._cancel),
                web.post("/v1/chat/completions", self._chat),
            ]
        )
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        assert site._server is not None
        self.url = f"http://127.0.0.1:{site._server.sockets[0].getsockname()[1]}/v1"  # type: ignore[attr-defined]  # aiohttp gives the port nowhere else
        self._ready.set()
        await self._end.wait()
        await runner.cleanup()

    def _first(self, what: str, times: int = 1) -> bool:
        self._tries[what] += 1
        return self._tries[what] <= times

    async def _chat(self, request: web.Request) -> web.Response:
        body = await request.json()
        text = body["messages"][-1]["content"]
        self.billed[text] += 1
        self.live.append(text)
        return web.json_response(answer(self.say(text)))

    async def _upload(self, request: web.Request) -> web.Response:
        form = await request.post()
        if self.trap == "rate_limited" and self._first("upload"):
            return web.json_response({"error": {"message": "try later"}}, status=500)
        part = form["file"]
        assert isinstance(part, web.FileField)
        assert form["purpose"] == "batch"
        name = f"file-{len(self.files)}"
        self.files[name] = part.file.read()
        return web.json_response({"id": name, "object": "file"})

    async def _make(self, request: web.Request) -> web.StreamResponse:
        if self.trap == "rate_limited" and self._first("make", 2):
            return web.json_response({"error": {"message": "queue is full"}}, status=429)
        body = await request.json()
        self.posted += 1
        lines = [json.loads(line) for line in self.files[body["input_file_id"]].splitlines()]
        made = self._keep(lines, body["metadata"]["promptci"])
        if self.trap == "made_twice":
            self._keep(lines, body["metadata"]["promptci"]).after = 4
        if self.trap in ("error_after_accept", "slow_listing"):
            return web.json_response({"error": {"message": "internal"}}, status=502)
        if self.trap == "broken_after_accept":
            assert request.transport is not None
            request.transport.close()
            return web.Response()
        return web.json_response(self._told(made))

    def _keep(self, lines: list[dict[str, Any]], digest: str) -> Made:
        made = Made(f"batch-{len(self.made)}", digest, lines)
        self.made[made.id] = made
        return made

    async def _list(self, request: web.Request) -> web.Response:
        rows = []
        for made in reversed(self.made.values()):
            made.listed += 1
            if self.trap != "slow_listing" or made.listed > 4:
                rows.append(self._told(made))
        after = request.query.get("after")
        names = [row["id"] for row in rows]
        start = names.index(after) + 1 if after in names else 0
        return web.json_response({"data": rows[start : start + 2], "has_more": start + 2 < len(rows)})

    async def _look(self, request: web.Request) -> web.Response:
        made = self.made[request.match_info["id"]]
        made.looked += 1
        if self.trap == "not_there_yet" and made.looked <= 2:
            return web.json_response({"error": {"message": "no such batch"}}, status=404)
        if made.looked >= made.after and made.status == "in_progress":
            self._run(made)
        row = self._told(made)
        if self.trap == "files_late" and made.status == "completed" and self._first("late"):
            row |= {"output_file_id": None, "error_file_id": None}
        return web.json_response(row)

    async def _cancel(self, request: web.Request) -> web.Response:
        made = self.made[request.match_info["id"]]
        if made.status == "in_progress":
            made.status = "cancelled"
        return web.json_response(self._told(made))

    async def _content(self, request: web.Request) -> web.Response:
        name = request.match_info["id"]
        content = self.files[name]
        if self.trap == "cut_download" and self._first(name):
            content = content[: len(content) // 2]
        return web.Response(body=content)

    def _told(self, made: Made) -> dict[str, Any]:
        row: dict[str, Any] = {"id": made.id, "status": made.status, "metadata": {"promptci": made.digest}}
        if made.status == "failed":
            row["errors"] = {"data": [{"code": "invalid", "message": "the file cannot be read"}]}
        return {**row, "output_file_id": made.out, "error_file_id": made.err}

    def _run(self, made: Made) -> None:
        """Answer the lines as the trap will have it."""
        if self.trap == "invalid":
            made.status = "failed"
            return
        out: list[str] = []
        err: list[str] = []
        for n, line in enumerate(made.lines):
            mine = n % self.nth == 0
            if self.trap == "lost" and mine:
                continue
            if self.trap in ("failures_inside", "errors_file") and mine:
                bad = {"status_code": 500, "body": {"error": {"message": "overloaded"}}}
                row = {"custom_id": line["custom_id"], "response": bad, "error": None}
                (out if self.trap == "failures_inside" else err).append(json.dumps(row))
                continue
            if self.trap == "expired" and n >= len(made.lines) // 2:
                late = {"code": "batch_expired", "message": "not done in time"}
                err.append(json.dumps({"custom_id": line["custom_id"], "response": None, "error": late}))
                continue
            out += self._answered(line, mine)
        made.status = "expired" if self.trap == "expired" else "completed"
        made.out = self._stored(out[::-1])
        made.err = self._stored(err) if err else None

    def _answered(self, line: dict[str, Any], mine: bool) -> list[str]:
        body = answer(self.say(line["body"]["messages"][-1]["content"]))
        if self.trap == "wrong_usage" and mine:
            body["usage"] = [None, {"prompt_tokens": -3, "completion_tokens": 10**12}][len(self.billed) % 2]
        self.billed[line["body"]["messages"][-1]["content"]] += 1
        given = {"status_code": 200, "body": body}
        row = json.dumps({"custom_id": line["custom_id"], "response": given, "error": None})
        rows = [row, row] if self.trap == "doubled" and mine else [row]
        if self.trap == "strangers" and mine:
            rows += ["not json", "[]", '{"custom_id": 3}', row.replace(line["custom_id"], "of-somebody-else")]
        return rows

    def _stored(self, rows: list[str]) -> str:
        name = f"file-{len(self.files)}"
        self.files[name] = "\n".join(rows).encode()
        return name
