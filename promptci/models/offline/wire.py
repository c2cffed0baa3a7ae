"""OpenAI's JSON, server side: request bodies in, answer bodies out. Pure; server.py does the HTTP.

Field names: OpenAI's API reference (chat completions, completions, embeddings, models), 2026.
"""

from __future__ import annotations

import base64
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from promptci.core import Json, Message
from promptci.models import parameters
from promptci.models.offline.brain import MODEL, VERSION, Answer, answer, tokens
from promptci.models.offline.embedder import embed
from promptci.models.offline.likelihood import Token, of_prompt, of_reply

MAX_N = 128
CREATED = 1767225600  # 2026-01-01: a fixed date keeps equal questions' answers equal to the byte


class BadRequestError(Exception):
    """The body cannot be answered; `param` names the field."""

    def __init__(self, message: str, param: str | None = None) -> None:
        super().__init__(message)
        self.param = param


@dataclass(frozen=True, slots=True)
class Asked:
    """What chat and plain completions have in common."""

    n: int
    seed: int
    temperature: float
    max_tokens: int | None
    logprobs: bool
    as_json: bool


def error(
    message: str, *, kind: str = "invalid_request_error", param: str | None = None, code: str | None = None
) -> Json:
    """Return an error body."""
    return {"error": {"message": message, "type": kind, "param": param, "code": code}}


def models() -> Json:
    """Return the list of models."""
    return {"object": "list", "data": [{"id": MODEL, "object": "model", "created": CREATED, "owned_by": "promptci"}]}


def chat(body: Mapping[str, Json], base_seed: int) -> Json:
    """Answer a chat completion. Raises BadRequestError."""
    messages = _messages(body.get("messages"))
    asked = _asked(body, base_seed)
    choices = _answers(messages, asked)
    made = [_chosen(i, choice, asked) for i, choice in enumerate(choices)]
    usage = _usage(sum(tokens(m.content) for m in messages), sum(tokens(c.text) for c in choices))
    return {**_head("chat.completion", "chatcmpl"), "choices": made, "usage": usage}


def _chosen(index: int, choice: Answer, asked: Asked) -> dict[str, Json]:
    logprobs = {"content": [_entry(t) for t in of_reply(choice.text)], "refusal": None} if asked.logprobs else None
    return {
        "index": index,
        "message": {"role": "assistant", "content": choice.text, "refusal": None},
        "logprobs": logprobs,
        "finish_reason": "length" if choice.cut else "stop",
    }


def completion(body: Mapping[str, Json], base_seed: int) -> Json:
    """Answer a plain completion; `echo` gives the prompt back, `logprobs` its tokens too. Raises BadRequestError."""
    raw = body.get("prompt")
    prompts = [raw] if isinstance(raw, str) else raw
    if not isinstance(prompts, list) or not prompts or not all(isinstance(p, str) for p in prompts):
        raise BadRequestError("'prompt' must be a string or a list of strings", "prompt")
    asked = _asked(body, base_seed)
    echo = body.get("echo") is True
    made, written = [], 0
    for prompt in prompts:
        choices = (
            _answers((Message("user", prompt),), asked) if asked.max_tokens != 0 else (Answer("", cut=True),) * asked.n
        )
        written += sum(tokens(c.text) for c in choices)
        made += [_completed(prompt, choice, asked, echo=echo) for choice in choices]
    choices_ = [{"index": i, **choice} for i, choice in enumerate(made)]
    usage = _usage(sum(map(tokens, prompts)), written)
    return {**_head("text_completion", "cmpl"), "choices": choices_, "usage": usage}


def _completed(prompt: str, choice: Answer, asked: Asked, *, echo: bool) -> dict[str, Json]:
    found = (of_prompt(prompt, seed=asked.seed) if echo else ()) + tuple(
        Token(t.text, t.offset + (len(prompt) if echo else 0), t.logprob) for t in of_reply(choice.text)
    )
    logprobs = {
        "tokens": [t.text for t in found],
        # The first token of a text has nothing before it that could predict it.
        "token_logprobs": [None if echo and i == 0 else t.logprob for i, t in enumerate(found)],
        "top_logprobs": None,
        "text_offset": [t.offset for t in found],
    }
    return {
        "text": (prompt if echo else "") + choice.text,
        "logprobs": logprobs if asked.logprobs else None,
        "finish_reason": "length" if choice.cut else "stop",
    }


def embeddings(body: Mapping[str, Json]) -> Json:
    """Embed one text or a list of them, as numbers or as base64 of little-endian floats. Raises BadRequestError."""
    raw = body.get("input")
    texts = [raw] if isinstance(raw, str) else raw
    if not isinstance(texts, list) or not texts or not all(isinstance(text, str) for text in texts):
        raise BadRequestError("'input' must be a string or a list of strings", "input")
    packed = body.get("encoding_format") == "base64"
    data = [
        {"object": "embedding", "index": i, "embedding": _packed(embed(text)) if packed else list(embed(text))}
        for i, text in enumerate(texts)
    ]
    used = sum(map(tokens, texts))
    return {"object": "list", "data": data, "model": MODEL, "usage": {"prompt_tokens": used, "total_tokens": used}}


def _packed(vector: Sequence[float]) -> str:
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode("ascii")


def _answers(messages: Sequence[Message], asked: Asked) -> tuple[Answer, ...]:
    return answer(
        messages,
        seed=asked.seed,
        temperature=asked.temperature,
        n=asked.n,
        max_tokens=asked.max_tokens,
        as_json=asked.as_json,
    )


def _asked(body: Mapping[str, Json], base_seed: int) -> Asked:
    if body.get("stream"):
        raise BadRequestError("the offline model does not stream; send the request without 'stream'", "stream")
    model = body.get("model")
    if not isinstance(model, str) or not model:
        raise BadRequestError("you must provide a model parameter", "model")
    form = body.get("response_format")
    limit = next((body[name] for name in parameters.CAPS if body.get(name) is not None), None)
    return Asked(
        n=_whole(body, "n", 1, 1, MAX_N),
        # No seed means seed 0: the stand-in is never random.
        seed=base_seed + _whole(body, "seed", 0, -(2**63), 2**63),
        temperature=_temperature(body),
        max_tokens=None if limit is None else _whole({"max_tokens": limit}, "max_tokens", 0, 0, 10**9),
        logprobs=not (
            body.get("logprobs") is None or body.get("logprobs") is False
        ),  # plain completions count top tokens: 0 asks too
        as_json=isinstance(form, dict) and str(form.get("type", "")).startswith("json"),
    )


def _whole(body: Mapping[str, Json], name: str, default: int, low: int, high: int) -> int:
    value = body.get(name)
    if value is None:
        return default
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise BadRequestError(f"'{name}' must be an integer from {low} to {high}", name)
    return value


def _temperature(body: Mapping[str, Json]) -> float:
    value = body.get("temperature")
    if value is None:
        return 1.0  # the API's default
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= 2:
        raise BadRequestError("'temperature' must be a number from 0 to 2", "temperature")
    return float(value)


def _messages(raw: Json) -> tuple[Message, ...]:
    if not isinstance(raw, list) or not raw:
        raise BadRequestError("'messages' must be a list of at least one message", "messages")
    return tuple(_message(entry, f"messages[{i}]") for i, entry in enumerate(raw))


def _message(raw: Json, place: str) -> Message:
    if not isinstance(raw, dict):
        raise BadRequestError(f"'{place}' must be an object", place)
    content = raw.get("content")
    if isinstance(content, list):
        content = "".join(
            _said(part, place) for part in content if isinstance(part, dict) and part.get("type") == "text"
        )
    if not isinstance(content, str):
        raise BadRequestError(f"'{place}.content' must be a string", place)
    role = raw.get("role")
    if role in ("system", "developer"):
        return Message("system", content)
    if role == "assistant":
        return Message("assistant", content)
    if role == "user":
        return Message("user", content)
    raise BadRequestError(f"'{place}.role' must be system, developer, user or assistant", place)


def _said(part: Mapping[str, Json], place: str) -> str:
    text = part.get("text", "")
    if not isinstance(text, str):
        raise BadRequestError(f"'{place}.content' has a part whose 'text' is no string", place)
    return text


def _entry(token: Token) -> dict[str, Json]:
    data = token.text.encode("utf-8", "surrogatepass")
    return {"token": token.text, "logprob": token.logprob, "bytes": list(data), "top_logprobs": []}


def _head(kind: str, name: str) -> dict[str, Json]:
    return {
        "id": f"{name}-offline",
        "object": kind,
        "created": CREATED,
        "model": MODEL,
        "system_fingerprint": VERSION,
    }


def _usage(sent: int, written: int) -> dict[str, int]:
    return {"prompt_tokens": sent, "completion_tokens": written, "total_tokens": sent + written}
