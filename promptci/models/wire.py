"""What goes over the wire: a request as path and JSON body.

Field names here and in answers.py: OpenAI's API reference (chat completions, completions, embeddings), 2026.
"""

from __future__ import annotations

from promptci.core import Json
from promptci.models import keys, parameters, toolcalls
from promptci.models.base import Request

_MIB = 2**20
_PATHS = {"chat": "/chat/completions", "completion": "/completions", "embedding": "/embeddings"}


def path_of(request: Request) -> str:
    """The path below the server's address."""
    return _PATHS[request.kind]


def most_bytes(request: Request) -> int:
    """The largest answer that is read: far beyond any honest one, and short of what fills a memory."""
    if request.kind == "embedding":
        return _MIB + len(request.messages) * _MIB // 4
    per_token = 2_000 if request.logprobs else 100
    return _MIB + per_token * keys.max_tokens(request) * request.n


def echoes(request: Request) -> bool:
    """The request is for the log probabilities of its own prompt: a completion of no tokens."""
    return request.kind == "completion" and request.logprobs and keys.max_tokens(request) == 0


def offers_tools(request: Request) -> bool:
    """Whether the model may call tools; an answer that only does is an answer then."""
    return any(part.get("tools") or part.get("functions") for part in (request.spec.extra, request.spec.parameters))


def body_of(request: Request) -> dict[str, Json]:
    """The JSON body, before what is known of the server changes it."""
    spec = request.spec
    theirs = {**spec.extra, **spec.parameters}.items()
    body: dict[str, Json] = {name: value for name, value in theirs if name not in parameters.OURS}
    body["model"] = spec.model
    if request.kind == "embedding":
        return {**body, "input": [message.content for message in request.messages], "encoding_format": "float"}
    if request.kind == "chat":
        body["messages"] = [toolcalls.to_wire(message) for message in request.messages]
    else:
        body["prompt"] = "".join(message.content for message in request.messages)
    optional = {
        "temperature": keys.temperature(request),
        "seed": keys.seed(request),
        "n": request.n if request.n > 1 else None,
        "response_format": request.response_format and dict(request.response_format),
    }
    body |= {name: value for name, value in optional.items() if value is not None}
    for name in parameters.CAPS:
        body.pop(name, None)
    chat_name = parameters.own_name(spec) if request.kind == "chat" else None
    body[chat_name or "max_tokens"] = keys.max_tokens(request)
    if request.logprobs and request.kind == "chat":
        body |= {"logprobs": True}
    elif request.logprobs:
        body |= {"logprobs": 1, "echo": True} if echoes(request) else {"logprobs": 1}
    return body
