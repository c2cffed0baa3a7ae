"""A store of answers that several machines share: any file system that fsspec knows, such as S3 or a mounted folder.

An answer is one object, named by the key of its request, written once and believed only when it is whole and is the
answer to that very request. The local store is asked first. When this one cannot be used the run goes on without it.
"""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Callable, Mapping
from typing import Any

from promptci.errors import UsageError
from promptci.models import entry as entries
from promptci.models import keys
from promptci.models.entry import Entry

SCHEMA = 1  # of an object; raise it together with its folder's name
# Where an object is there whole, or not at all.
_ATOMIC = frozenset({"s3", "s3a", "gs", "gcs", "az", "abfs", "adl", "memory"})
# s3fs would try for minutes; whoever asks has the local store, and a model that can be asked.
_HASTY: Mapping[str, Any] = {
    "config_kwargs": {"connect_timeout": 5, "read_timeout": 10, "retries": {"max_attempts": 1}},
}


class Shared:
    """Safe to use from several threads at once. `note` gets what people should know, each thing once."""

    def __init__(self, url: str, note: Callable[[str], None]) -> None:
        try:
            import fsspec
        except ImportError:
            hint = "pip install 'promptci-gate[shared]', and what fsspec needs for your store, such as s3fs"
            raise UsageError("a shared cache needs the package fsspec", hint=hint) from None
        self._note = note
        self._lock = threading.Lock()
        self._told: set[str] = set()
        self._reads = self._writes = True
        try:
            self._files, self._root = fsspec.core.url_to_fs(url, **(_HASTY if url.startswith("s3") else {}))
        except (ImportError, ValueError) as problem:
            hint = "a shared cache is an address that fsspec knows, such as s3://bucket/folder or a path"
            raise UsageError(f"the shared cache cannot be used: {problem}", hint=hint) from None
        self._atomic = url.partition("://")[0] in _ATOMIC

    def get(self, request: bytes) -> Entry | None:
        """The answer to the canonical `request`, or None; never an exception and never another's answer."""
        if not self._reads:
            return None
        try:
            content = self._files.cat_file(self._place(request))
        except FileNotFoundError:
            return None
        except Exception as problem:  # what a store's client raises has no common base
            self._give_up(problem, reading=True)
            return None
        found = _read(content, request)
        if found is None:
            self._say("shared cache: damaged answers were asked again")
        return found

    def put(self, request: bytes, entry: Entry) -> None:
        """Store an answer, whole; where that is not possible the run goes on."""
        if not self._writes:
            return
        place = self._place(request)
        try:
            if self._atomic:
                self._files.pipe_file(place, _written(request, entry))
            else:
                aside = f"{place}.{secrets.token_hex(8)}"
                self._files.makedirs(place.rpartition("/")[0], exist_ok=True)
                self._files.pipe_file(aside, _written(request, entry))
                self._files.mv(aside, place)
        except Exception as problem:  # as above
            self._give_up(problem, reading=False)

    def _place(self, request: bytes) -> str:
        name = keys.key(request).hex()
        return f"{self._root}/answers-{SCHEMA}/{name[:2]}/{name}.json"

    def _give_up(self, problem: Exception, *, reading: bool) -> None:
        """Whoever may only read is still helped by reading; a store that cannot be read is of no use at all."""
        self._writes = False
        self._reads = self._reads and not reading
        how = "be read" if reading else "be written"
        self._say(f"shared cache: it cannot {how} ({type(problem).__name__}); the run goes on without that")

    def _say(self, text: str) -> None:
        with self._lock:
            if text not in self._told:
                self._told.add(text)
                self._note(text)


def _written(request: bytes, entry: Entry) -> bytes:
    reply = entries.to_bytes(entry.reply, entry.cost)
    digest = entries.check(request, reply, entry.run.encode())
    row = {"request": request.decode(), "reply": reply.decode(), "run": entry.run, "digest": digest.hex()}
    return json.dumps(row).encode()


def _read(content: bytes, request: bytes) -> Entry | None:
    try:
        row = json.loads(content)
        reply, run = row["reply"].encode(), row["run"]
        whole = row["request"].encode() == request
        whole = whole and bytes.fromhex(row["digest"]) == entries.check(request, reply, run.encode())
        answer, cost = entries.from_bytes(reply)
        return Entry(answer, run, cost) if whole else None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
