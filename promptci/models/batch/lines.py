"""The lines of a batch: questions as its input file has them, and what the files that come back say of each."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from promptci.core import Json
from promptci.models import keys, wire
from promptci.models.base import Carried, ModelSpec, Request
from promptci.models.learning import Learned

MOST_LINES = 50_000  # of one batch, as the API reference has it
MOST_BYTES = 100_000_000  # of one input file: half of what the reference allows, and what a job's memory holds


@dataclass(frozen=True, slots=True)
class Line:
    """One question. `id` is made of its content: the same question has the same id in every job and every batch.

    `learned` is what its server refuses.
    """

    id: str
    request: Request
    learned: Learned

    @property
    def endpoint(self) -> str:
        """The path that answers it, as batches name it."""
        return "/v1" + wire.path_of(self.request)

    @property
    def text(self) -> bytes:
        """The line of the input file."""
        body = self.learned.apply(wire.body_of(self.request))
        row: dict[str, Json] = {"custom_id": self.id, "method": "POST", "url": self.endpoint, "body": body}
        return json.dumps(row, ensure_ascii=True, separators=(",", ":")).encode() + b"\n"


@dataclass(frozen=True, slots=True)
class Said:
    """What the server says of one line: its answer's body with a status, or an error (status 0) in words."""

    status: int
    body: bytes
    error: str = ""


def fits(spec: ModelSpec) -> bool:
    """Whether a batch can ask this model: one at a server, not the embedded one and no program."""
    return keys.server(spec) != "offline" and not isinstance(spec, Carried)


def id_of(text: bytes) -> str:
    """Return the id of a canonical request: 192 of its key's bits."""
    return keys.key(text).hex()[:48]


def digest_of(server: str, ids: Iterable[str]) -> str:
    """Return the name of a batch from its content: the same questions to the same server are the same batch."""
    return hashlib.sha256("\n".join((server, *sorted(ids))).encode()).hexdigest()[:32]


def split(lines: Sequence[Line], *, most: int = MOST_LINES, most_bytes: int = MOST_BYTES) -> Iterator[list[Line]]:
    """Yield the lines in files within the limits, in their order; a line alone may be larger than a file should be."""
    part: list[Line] = []
    size = 0
    for line in lines:
        length = len(line.text)
        if part and (len(part) >= most or size + length > most_bytes):
            yield part
            part, size = [], 0
        part.append(line)
        size += length
    if part:
        yield part


def read(content: bytes) -> dict[str, Said]:
    """Return what a file says of each line, by its id.

    What is not a whole line of the format says nothing. Of a line that is there twice the first answer counts.
    """
    found: dict[str, Said] = {}
    for raw in content.split(b"\n"):
        row = _row(raw)
        if row is None:
            continue
        line_id, said = row
        if line_id not in found or (found[line_id].status != 200 and said.status == 200):
            found[line_id] = said
    return found


def _row(raw: bytes) -> tuple[str, Said] | None:
    try:
        row = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    line_id = row.get("custom_id") if isinstance(row, dict) else None
    if not isinstance(line_id, str):
        return None
    answer, error = row.get("response"), row.get("error")
    if isinstance(answer, dict) and type(answer.get("status_code")) is int and answer.get("body") is not None:
        return line_id, Said(answer["status_code"], json.dumps(answer["body"]).encode())
    told = (error.get("code") or error.get("message")) if isinstance(error, dict) else None
    return line_id, Said(0, b"", "no answer" if told is None else str(told))
