"""What makes two requests the same question: the canonical text that an answer is stored and found under."""

from __future__ import annotations

import hashlib
import json
import re
from functools import lru_cache
from urllib.parse import urlsplit, urlunsplit

from promptci import __version__
from promptci.core import Json, Message
from promptci.models import parameters
from promptci.models.base import ModelSpec, Request

SCHEMA = 1  # raise it when a request's text, or what is stored for it, changes its meaning
EMBEDDED = ("offline", "echo")  # what answers in process: the stand-in, and what says back what it is asked
OPENAI_URL = "https://api.openai.com/v1"

_LOOPBACK = re.compile(r"127(\.\d{1,3}){3}")

_ascii = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode


def server(spec: ModelSpec) -> str:
    """The address that the spec's model is asked at, without a user, a password or a last slash; or `offline`."""
    if spec.base_url is None:
        return "offline" if spec.model in EMBEDDED else OPENAI_URL
    return _plain(spec.base_url)


@lru_cache(maxsize=64)  # asked several times for each call
def _plain(url: str) -> str:
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, host, parts.path.rstrip("/"), parts.query, ""))


def local(spec: ModelSpec) -> bool:
    """Whether the spec's server is on this machine, by its address."""
    return spec.base_url is not None and _loopback(spec.base_url)


@lru_cache(maxsize=64)
def _loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    return host == "::1" or host == "localhost" or host.endswith(".localhost") or bool(_LOOPBACK.fullmatch(host))


def temperature(request: Request) -> float | None:
    """The temperature that is asked for: the request's, else the spec's. A spec of None takes none: none is sent."""
    if request.spec.temperature is None:
        return None
    return request.spec.temperature if request.temperature is None else request.temperature


def max_tokens(request: Request) -> int:
    """The most tokens of one answer: the request's, else the spec's; a cap in the spec's `extra` is never exceeded."""
    most = parameters.cap(request.spec)
    if request.max_tokens is None:
        return most
    return request.max_tokens if parameters.own_name(request.spec) is None else min(most, request.max_tokens)


def seed(request: Request) -> int | None:
    """The seed that is sent. Each sample has its own: with one seed for all, repeats would be one answer repeated."""
    return None if request.spec.seed is None else request.spec.seed + request.sample


def canonical(request: Request) -> bytes:
    """The request as ASCII JSON: schema version, server, model, parameters, messages and sample index.

    Whatever changes the answer is in it; role, price, deadline and rate limits are not.
    """
    messages = ",".join([_turn(message) for message in request.messages])
    return f"[{_head(request)},[{messages}],{request.sample}]".encode()


_HEADS: dict[tuple[Json, ...], tuple[ModelSpec, str]] = {}  # by the spec's identity, which holds while it is kept here
_MOST_HEADS = 64


def _head(request: Request) -> str:
    """All that stands before the messages: the same for thousands of questions to one model, so it is kept."""
    spec, form = request.spec, request.response_format
    if form is not None:
        return _headed(request)
    own = request.sample if spec.seed is not None else None
    same = (id(spec), request.kind, request.temperature, request.max_tokens, own, request.n, request.logprobs)
    found = _HEADS.get(same)
    if found is None:
        if len(_HEADS) >= _MOST_HEADS:
            _HEADS.clear()
        found = _HEADS[same] = spec, _headed(request)
    return found[1]


def _headed(request: Request) -> str:
    spec = request.spec
    asked: dict[str, Json] = {
        "temperature": temperature(request),
        "max_tokens": max_tokens(request),
        "seed": seed(request),
        "n": request.n,
        "logprobs": request.logprobs,
        "response_format": request.response_format and dict(request.response_format),
        "extra": {**spec.extra, **spec.parameters},
    }
    asked_at = server(spec)
    if asked_at == "offline":  # it answers as its release does, and nothing else names it
        asked_at = f"offline {__version__}"
    return _ascii([SCHEMA, asked_at, spec.model, request.kind, asked])[1:-1]


def _turn(message: Message) -> str:
    """Role and content; what else a turn has stands behind them only where there is any, so that old keys hold."""
    if not (message.tool_calls or message.tool_call_id is not None or message.pictures or message.name is not None):
        return f"[{_ascii(message.role)},{_ascii(message.content)}]"  # most turns; a text by itself is fast to write
    turn: list[Json] = [message.role, message.content]
    if message.tool_calls or message.tool_call_id is not None:
        turn += [[[call.name, call.arguments, call.id] for call in message.tool_calls], message.tool_call_id]
    if message.pictures:
        turn.append({"pictures": message.pictures})
    if message.name is not None:
        turn.append({"name": message.name})
    return _ascii(turn)


def key(text: bytes) -> bytes:
    """SHA-256 (32 bytes) of a canonical request."""
    return hashlib.sha256(text).digest()
