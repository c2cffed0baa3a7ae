"""What a model is asked and what comes back: Request, Reply, Usage, and the Client that carries one to the other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol, runtime_checkable

from promptci.core import Json, Message, Reason, Role, ToolCall

Kind = Literal["chat", "completion", "embedding"]

PLACEHOLDER = "YOUR-MODEL"  # what set-up files hold where only the user knows which model it is


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars per million tokens."""

    input: float
    output: float


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """A model and how it is called. `api_key_env` names the environment variable; the key itself is never held here.

    `deadline_s` bounds one attempt in whole (None: see `Patience`), `max_tokens` the tokens of one answer. A
    `temperature` of None sends none. `model == "offline"` is the embedded stand-in. `rpm` and `tpm` are the provider's
    limits per minute, None when there is none to respect. `parameters` are what a prompt asks for (`tools`,
    `response_format`, `top_p`, `stop` ...), sent as they are, over `extra`, which is the server's; see
    `parameters.asked_with`.
    """

    model: str
    base_url: str | None = None
    api_key_env: str = "OPENAI_API_KEY"
    temperature: float | None = 0.0
    max_tokens: int = 256
    price: Price | None = None
    seed: int | None = None
    deadline_s: float | None = None
    rpm: int | None = None
    tpm: int | None = None
    extra: Mapping[str, Json] = field(default_factory=dict)
    parameters: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Request:
    """One question to one model. `sample` counts repeats: the same request with another sample is another answer.

    `temperature` and `max_tokens` override the spec's when they are not None; `n` answers are asked for at once.
    """

    spec: ModelSpec
    role: Role
    messages: tuple[Message, ...]
    sample: int = 0
    temperature: float | None = None
    max_tokens: int | None = None
    n: int = 1
    kind: Kind = "chat"
    logprobs: bool = False
    response_format: Mapping[str, Json] | None = None


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as the server counted them; `estimated` when the server did not say and we counted characters / 4.

    `usd` is what a program says that the answer cost, which then counts in the place of a price; a sum has none.
    """

    input_tokens: int = 0
    output_tokens: int = 0
    estimated: bool = False
    usd: float | None = None

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.input_tokens + other.input_tokens,
            self.output_tokens + other.output_tokens,
            self.estimated or other.estimated,
        )


FailureKind = Literal[
    "budget", "replay", "absent", "credentials", "quota", "rate_limit", "timeout", "connection", "server", "refused",
    "malformed", "empty", "truncated", "bad_request",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a request has no answer. `detail` may quote a server and is untrusted text.

    `retry_after_s` is the wait that the server asked for, as it said it (it may be negative or absurd). `mend` names
    what the client learned from this refusal: sent again at once, the same request goes out changed accordingly.
    `unsent`: nothing has left this machine, so it is no call and costs nothing.
    """

    kind: FailureKind
    detail: str
    retry_after_s: float | None = None
    mend: str | None = None
    unsent: bool = False

    def __str__(self) -> str:
        return f"{self.kind}: {self.detail}"

    @property
    def reason(self) -> Reason:
        """The same as a reason: the kind for code, the whole for people."""
        return Reason(self.kind, str(self))


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to one request, or the reason why there is none; never both, never neither.

    `texts` has `n` entries on success; with n > 1 an entry is empty where only that one was cut, refused or empty.
    `finish_reason` is the first entry's. In `logprobs` a token that has none (the first of an echoed prompt) has 0.0.
    `attempts` counts requests sent for it, retries included; 0 when nothing was
    sent (`cached`, or refused before sending); `after` names the kinds of the failures among them that were sent again.
    `model` and `fingerprint` are what the server says answered. `cut`: the first entry was cut at the cap on tokens,
    and is all that the model had said by then; a cut answer without any text is a Failure `truncated`. `tool_calls` are
    the first entry's, whose text is empty when the model called tools and said nothing. `latency_s` is what its last
    attempt took, None for an answer that was stored.
    """

    texts: tuple[str, ...] = ()
    failure: Failure | None = None
    usage: Usage = Usage()
    model: str = ""
    fingerprint: str | None = None
    finish_reason: str | None = None
    cached: bool = False
    attempts: int = 0
    logprobs: tuple[tuple[str, float], ...] | None = None
    vectors: tuple[tuple[float, ...], ...] = ()
    after: tuple[FailureKind, ...] = ()
    cut: bool = False
    tool_calls: tuple[ToolCall, ...] = ()
    latency_s: float | None = field(default=None, compare=False)

    @property
    def text(self) -> str | None:
        """The first answer, or None when there is a failure."""
        return self.texts[0] if self.texts else None

    def stored(self) -> Reply:
        """Return the same answer as one out of a store, which nothing was sent for; `replace` takes thrice as long."""
        return Reply(
            self.texts, self.failure, self.usage, self.model, self.fingerprint, self.finish_reason, True, 0,
            self.logprobs, self.vectors, self.after, self.cut, self.tool_calls, self.latency_s,
        )  # fmt: skip


class Client(Protocol):
    """Carries one request to one server, once: no retry, no cache, no budget. Never raises for what a server did."""

    async def send(self, request: Request) -> Reply:
        """Return the answer, or a Reply with a Failure. Raises only CancelledError."""
        ...

    async def close(self) -> None:
        """Release sockets; safe to call twice."""
        ...


@runtime_checkable
class Carried(Protocol):
    """A model that brings its own client, as a program in the place of a prompt does.

    Models of one `lane` share a client, a pace and what is known of them.
    """

    @property
    def lane(self) -> str:
        """The lane's name, such as an address."""
        ...

    def client(self) -> Client:
        """Return what carries requests to it."""
        ...


@runtime_checkable
class Starter(Protocol):
    """A client that needs something to run before it can send, which takes seconds that are no call's."""

    async def started(self) -> None:
        """Return as soon as a call can leave. Raises MeasureError when none ever can."""
        ...


@runtime_checkable
class Noting(Protocol):
    """A client that has something to tell people about a run's calls."""

    def notes(self) -> list[str]:
        """Return it in words, such as how often what answers was started again."""
        ...


@runtime_checkable
class Learner(Protocol):
    """A client that learns what its server refuses, from the server's own words (`Failure.mend`)."""

    def recall(self, mends: Iterable[str]) -> None:
        """Behave as if these mends had been learned already; unknown ones are ignored."""
        ...
