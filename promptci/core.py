"""The nouns: frozen records without I/O, shared by every floor above."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
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
    """A call that a model asks for: the tool's name, and its arguments as canonical JSON; `id` links its result.

    `result` is what a program says that the tool gave, untrusted and maybe cut; nothing is graded or keyed by it.
    """

    name: str
    arguments: str
    id: str = ""
    result: str = field(default="", compare=False)

    @property
    def asked(self) -> dict[str, Json]:
        """What digests are made of: the call without its result."""
        return {"name": self.name, "arguments": self.arguments, "id": self.id}


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a chat. An assistant's may hold tool calls; a tool's names the call that it answers.

    `pictures` are addresses, `https:` or `data:`, that a server is sent behind the text. `name` tells speakers of one
    role apart.
    """

    role: Literal["system", "user", "assistant", "tool"]
    content: str
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str | None = None
    pictures: tuple[str, ...] = ()
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """One input with its expected answer.

    `vars` fill the prompt's placeholders; `messages` is a chat that the input holds, put in place in the prompt's own.
    `expected` is any JSON value; a list means that any entry is accepted, None that the row names none ("" is an
    answer). `cluster` names the source of cases that are not independent; they stay in one split and are tested as one.
    `asserts` are metrics of this case alone, each a mapping with its `name`; `human` is a person's grade of a stored
    answer: a number in [0, 1], true, false, or one of a judge's choices.
    """

    id: str
    vars: Mapping[str, Json]
    expected: Json = None
    tags: tuple[str, ...] = ()
    cluster: str | None = None
    weight: float = 1.0
    messages: tuple[Message, ...] = ()
    asserts: tuple[Mapping[str, Json], ...] = ()
    human: Json = None

    @property
    def group(self) -> str:
        """What the split is drawn by: the cluster if there is one, else the case itself."""
        return self.id if self.cluster is None else self.cluster


Style = Literal["jinja", "fstring", "handlebars", "github", "none"]
PartRole = Literal["system", "user", "assistant", "tool", "history", "chat", "turns"]


@dataclass(frozen=True, slots=True)
class Part:
    """One message of a prompt: `before`, `text` and `after` in a row; only `text` is what a search may rewrite.

    `role` None is plain text: the user message when the prompt has placeholders, else the system message, and the
    case's input becomes the user message. The role `history` stands for the case's own chat, `chat` for a template that
    becomes a JSON chat, `turns` for one that becomes messages under lines of a role. `pictures` are templates of
    addresses, sent behind the text; `name` is the speaker's, as it stands. `first_line` is the line of the file that
    `text` starts on, counted from 1.
    """

    role: PartRole | None
    text: str
    first_line: int = 1
    before: str = ""
    after: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str | None = None
    pictures: tuple[str, ...] = ()
    name: str | None = None

    @property
    def whole(self) -> str:
        """The template of the message."""
        return self.before + self.text + self.after


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt as it stands in one revision of the repository: a conversation of templates, and what is sent with it.

    `rewrite` is the index of the part that a search may rewrite. `parameters` hold only what the file sets, as
    canonical JSON values: model, temperature, max_tokens, top_p, stop, seed, response_format, tools, tool_choice.
    `notes` are the file's descriptive keys, which change no answer. `style` is how placeholders are written; `defaults`
    fill those that a case lacks. `evaluators` are judges that the file itself brings, as it has them.
    """

    id: str
    path: str
    parts: tuple[Part, ...]
    rewrite: int = 0
    parameters: Mapping[str, Json] = field(default_factory=dict)
    notes: Mapping[str, Json] = field(default_factory=dict)
    style: Style = "jinja"
    defaults: Mapping[str, Json] = field(default_factory=dict)
    evaluators: tuple[Mapping[str, Json], ...] = ()

    @property
    def template(self) -> str:
        """The text that a search may rewrite."""
        return self.parts[self.rewrite].text

    @property
    def first_line(self) -> int:
        """The line of the file that the rewritable text starts on."""
        return self.parts[self.rewrite].first_line

    def with_text(self, text: str) -> Prompt:
        """Return the prompt with another rewritable text."""
        parts = list(self.parts)
        parts[self.rewrite] = replace(parts[self.rewrite], text=text)
        return replace(self, parts=tuple(parts))


@dataclass(frozen=True, slots=True)
class Score:
    """`value` in [0, 1], or None when the case could not be judged; that is not a zero.

    `reason` says why nothing could be judged, and is None when something was; its kind is a `models.base.FailureKind`
    or names what the metric missed.
    """

    case_id: str
    value: float | None
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class PartScore:
    """What one metric of several gave a case; `reason` says why nothing, or why not more."""

    name: str
    value: float | None
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """One case answered once (`sample` counts repeats from 0) and judged. `output` is untrusted model text as graded.

    `stored` says that the answer was paid for by an earlier run: it may be a lucky one that somebody chose. `model` is
    what the server says answered, `judge` what it says judged that, where a model did. `parts` are the metrics' own
    values where there are several, or where one says why; `stripped` names what was taken off the reply. `cost_usd` is
    what the answer cost when it was paid for (0 without a price), `latency_s` what it took, None for a stored one;
    `read` and `written` are its tokens, 0 where the server does not say; `likelihood` is that of the expected answer,
    in [0, 1], where it was asked. `calls` are the tools that it called, in order.
    """

    score: Score
    sample: int = 0
    output: str | None = None
    stored: bool = False
    model: str = ""
    judge: str = ""
    parts: tuple[PartScore, ...] = ()
    stripped: tuple[str, ...] = ()
    cost_usd: float = 0.0
    latency_s: float | None = field(default=None, compare=False)
    calls: tuple[ToolCall, ...] = ()
    read: int = 0
    written: int = 0
    likelihood: float | None = None

    @property
    def case_id(self) -> str:
        """The id of the case that was answered."""
        return self.score.case_id

    def graded(self, score: Score, parts: tuple[PartScore, ...]) -> Outcome:
        """Return it with its value; `replace` takes thrice as long."""
        return Outcome(
            score, self.sample, self.output, self.stored, self.model, self.judge, parts, self.stripped, self.cost_usd,
            self.latency_s, self.calls, self.read, self.written, self.likelihood,
        )  # fmt: skip


# Most paths: no part begins with a dot or holds a `~`, so none is `..` or a way to write `.git`.
_PLAIN_PATH = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*(?:/[A-Za-z0-9_-][A-Za-z0-9._-]*)*")


def is_inside(path: str) -> bool:
    """Whether `path` may name a file of the repository: relative, with `/`, never upwards, and not in `.git`.

    `.git` counts in any case and in the ways that Windows spells it too: file systems take these for one name.
    """
    if _PLAIN_PATH.fullmatch(path):
        return True
    if not path.isprintable() or "\\" in path or PureWindowsPath(path).drive or PurePosixPath(path).is_absolute():
        return False
    parts = PurePosixPath(path).parts
    return bool(parts) and not any(p == ".." or p.rstrip(". ").casefold() in (".git", "git~1") for p in parts)


_canonical = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode  # made once, used often


def digest(value: Json) -> str:
    """SHA-256 (64 hex digits) of `value` as canonical JSON: sorted keys, no spaces, UTF-8."""
    return _hashed(value).hexdigest()


def _hashed(value: Json) -> hashlib._Hash:
    return hashlib.sha256(_canonical(value).encode("utf-8", "surrogatepass"))


def case_digest(cases: Sequence[Case]) -> str:
    """SHA-256 of a set of cases, whatever their order: all that changes what is asked or how it is judged.

    It is the digest of the sorted list of the cases' own digests, put together piece by piece: there may be millions.
    """
    found, whole = sorted(_hashed(_judged(c)).digest() for c in cases), hashlib.sha256(b"[")
    for n, one in enumerate(found):
        whole.update(b'%s"%s"' % (b"," if n else b"", one.hex().encode()))
    whole.update(b"]")
    return whole.hexdigest()


def _judged(case: Case) -> list[Json]:
    found: list[Json] = [case.id, dict(case.vars), case.expected, case.cluster, case.weight]
    if case.messages or case.asserts:  # left out where there are none: older baselines and ledgers hold such digests
        found += [[_told(m) for m in case.messages], [dict(a) for a in case.asserts]]
    return found


def _told(message: Message) -> dict[str, Json]:
    found = asdict(message) | {"tool_calls": [call.asked for call in message.tool_calls]}
    if not message.pictures:  # as for messages and asserts: older digests have none
        del found["pictures"]
    if message.name is None:
        del found["name"]
    return found
