"""Files and batches of a server of OpenAI's protocol: each call once, and what is certain of it."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from promptci import unanswered
from promptci.core import Json
from promptci.models import keys, transport
from promptci.models.base import ModelSpec
from promptci.models.secrets import Redactor, key_of, secrets_of

if TYPE_CHECKING:
    from openai import AsyncOpenAI

MARK = "promptci"  # the name under which a batch's metadata has its digest: by it a batch is found again
_MOST_BYTES = 2**30  # of an output file
_PAGES = 50
_ANSWER_S = 600.0  # of one call, a file of the largest size included; a server that is silent longer has lost it
_LATER = frozenset({408, 409, 425, 429})
ENDED = frozenset({"completed", "failed", "expired", "cancelled"})


class ServerError(Exception):
    """A call that did not work. `certain`: the server did nothing of it. `wait`: it may work later."""

    def __init__(self, words: str, *, certain: bool, wait: bool) -> None:
        super().__init__(words)
        self.certain = certain
        self.wait = wait


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch as the server tells of it; `files` are those with its lines' answers and errors."""

    id: str
    status: str
    files: tuple[str, ...]
    digest: str
    trouble: str = ""

    @property
    def has_ended(self) -> bool:
        """Whether nothing more comes."""
        return self.status in ENDED


class BatchServer:
    """One server's files and batches, with the key of one model's settings; each call has `answer_s` seconds."""

    def __init__(self, spec: ModelSpec, *, answer_s: float = _ANSWER_S) -> None:
        self._spec = spec
        self._answer_s = answer_s
        self._redact = Redactor(secrets_of([spec]))
        self._client: AsyncOpenAI | None = None

    async def upload(self, name: str, content: bytes) -> str:
        """Store an input file and return its id. Costs nothing, so it may be done again."""
        file = ("file", (name, content, "application/jsonl"))
        extra = {"headers": {"Content-Type": "multipart/form-data"}}
        row = await self._call("post", "/files", body={"purpose": "batch"}, files=[file], options=extra)
        file_id = row.get("id")
        if not isinstance(file_id, str) or not file_id:
            raise ServerError("/files: the answer names no file", certain=True, wait=True)
        return file_id

    async def make(self, file: str, endpoint: str, digest: str) -> Batch:
        """Ask for a batch. Whether one came of a call that failed is certain only if the error says so."""
        body: dict[str, Json] = {
            "input_file_id": file,
            "endpoint": endpoint,
            "completion_window": "24h",
            "metadata": {MARK: digest},
        }
        return self._batch(await self._call("post", "/batches", body=body))

    async def look(self, batch: str) -> Batch:
        """Return how a batch stands."""
        return self._batch(await self._call("get", f"/batches/{batch}"))

    async def cancel(self, batch: str) -> None:
        """Ask for a batch's end; what it has answered is paid for."""
        await self._call("post", f"/batches/{batch}/cancel", body={})

    async def made_of(self, digest: str) -> list[Batch]:
        """Return the batches with this digest that the server lists, the oldest first."""
        found: list[Batch] = []
        after = ""
        for _ in range(_PAGES):
            row = await self._call("get", f"/batches?limit=100{after and '&after=' + after}")
            rows = row.get("data")
            page = [self._batch(one) for one in rows if isinstance(one, dict)] if isinstance(rows, list) else []
            found += [batch for batch in page if batch.digest == digest]
            after = page[-1].id if page else ""
            if not after or not row.get("has_more"):
                break
        return found[::-1]

    async def content(self, file: str) -> bytes:
        """Return a file's content."""
        return await self._bytes("get", f"/files/{file}/content")

    def _batch(self, row: dict[str, Json]) -> Batch:
        files = tuple(str(row[name]) for name in ("output_file_id", "error_file_id") if row.get(name))
        marks, errors = row.get("metadata"), row.get("errors")
        digest = str(marks.get(MARK) or "") if isinstance(marks, dict) else ""
        trouble = self._redact.strictly(json.dumps(errors)[:300]) if errors else ""
        return Batch(str(row.get("id") or ""), str(row.get("status") or ""), files, digest, trouble)

    async def close(self) -> None:
        """Release sockets; safe to call twice."""
        if self._client is not None:
            await self._client.close()

    async def _call(self, method: Literal["get", "post"], path: str, **more: Json) -> dict[str, Json]:
        data = await self._bytes(method, path, **more)
        try:
            row = json.loads(data)
        except (ValueError, RecursionError):
            row = None
        if not isinstance(row, dict):
            raise ServerError(f"{path}: the answer is not a JSON object", certain=False, wait=True)
        return row

    async def _bytes(self, method: Literal["get", "post"], path: str, **more: Json) -> bytes:
        import httpx2
        import openai

        from promptci.models.openai import connected

        key = key_of(self._spec)
        if key is None and keys.server(self._spec) == keys.OPENAI_URL:
            words = f"the environment variable {self._spec.api_key_env} is not set"
            raise ServerError(words, certain=True, wait=False)
        if self._client is None:
            self._client = connected(self._spec, key)
        transport.most_bytes.set(_MOST_BYTES)
        try:
            call = self._client.get if method == "get" else self._client.post
            async with asyncio.timeout(self._answer_s):
                response = await call(path, cast_to=httpx2.Response, **more)
            return bytes(response.content)
        except TimeoutError:
            words = f"{path}: no whole answer within {self._answer_s:g} s"
            raise ServerError(words, certain=False, wait=True) from None
        except openai.APIStatusError as error:
            status = error.response.status_code
            words = self._redact.strictly(f"status {status}: {error.response.text[:300]}")
            fresh = status == 404 and method == "get"  # what was made a moment ago is not everywhere yet
            raise ServerError(words, certain=status < 500, wait=fresh or status in _LATER or status >= 500) from None
        except openai.APIConnectionError as error:
            unsent = isinstance(error.__cause__, transport.UnreachedError)
            words = self._redact.strictly(f"{path}: {unanswered.said(error, keys.server(self._spec))}")[:300]
            raise ServerError(words, certain=unsent, wait=True) from None
