"""The nouns: frozen records without I/O, shared by every floor above."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any, Literal

Role = Literal["scorer", "optimizer", "judge", "embedder"]
VerdictName = Literal["pass", "fail", "inconclusive", "unmeasured"]
Json = Any  # a value that json.loads can give; PEP 695 recursion needs Python 3.12


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something is as it is: `kind` is a stable snake_case name that code reads, `text` a sentence for people."""

    kind: str
    text: str

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A call that a model asks for: the tool's name, and its arguments as canonical JSON; `id` links its result."""

    name: str
    arguments: str
    id: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a chat. An assistant's may hold tool calls; a tool's names the call that it answers."""

    role: Literal["system", "user", "assistant", "tool"]
    content: str
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """One input with its expected answer.

    `vars` fill the prompt's placeholders. `expected` is any JSON value; a list means that any entry is accepted.
    `cluster` names the source of cases that are not independent; they stay in one split and are tested as one.
    """

    id: str
    vars: Mapping[str, Json]
    expected: Json = None
    tags: tuple[str, ...] = ()
    cluster: str | None = None
    weight: float = 1.0

    @property
    def group(self) -> str:
        """What the split is drawn by: the cluster if there is one, else the case itself."""
        return self.id if self.cluster is None else self.cluster


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt as it stands in one revision of the repository.

    `template` is the part that a search may rewrite; `settings` are the file's front matter, which it never touches.
    `first_line` is the line of the file that the template starts on, counted from 1.
    """

    id: str
    path: str
    template: str
    settings: Mapping[str, Json] = field(default_factory=dict)
    first_line: int = 1


@dataclass(frozen=True, slots=True)
class Score:
    """`value` in [0, 1], or None when the case could not be judged; that is not a zero.

    `reason` says why nothing could be judged, and is None when something was.
    """

    case_id: str
    value: float | None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """One case answered once (`sample` counts repeats from 0) and judged. `output` is raw, untrusted model text.

    `stored` says that the answer was paid for by an earlier run: it may be a lucky one that somebody chose. `model` is
    what the server says answered, `judge` what it says judged that, where a model did.
    """

    score: Score
    sample: int = 0
    output: str | None = None
    stored: bool = False
    model: str = ""
    judge: str = ""

    @property
    def case_id(self) -> str:
        """The id of the case that was answered."""
        return self.score.case_id


def is_inside(path: str) -> bool:
    """Whether `path` may name a file of the repository: relative, with `/`, never upwards, and not in `.git`.

    `.git` counts in any case and in the ways that Windows spells it too: file systems take these for one name.
    """
    if not path.isprintable() or "\\" in path or PureWindowsPath(path).drive or PurePosixPath(path).is_absolute():
        return False
    parts = PurePosixPath(path).parts
    return bool(parts) and not any(p == ".." or p.rstrip(". ").casefold() in (".git", "git~1") for p in parts)


def digest(value: Json) -> str:
    """SHA-256 (64 hex digits) of `value` as canonical JSON: sorted keys, no spaces, UTF-8."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def case_digest(cases: Sequence[Case]) -> str:
    """SHA-256 of a set of cases, whatever their order: ids, inputs, expected answers, clusters and weights."""
    rows = sorted(digest([c.id, dict(c.vars), c.expected, c.cluster, c.weight]) for c in cases)
    return digest(rows)
