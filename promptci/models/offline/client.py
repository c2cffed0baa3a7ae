"""Carries a request to the embedded model, in process: the same answers as over HTTP, at once and for nothing."""

from __future__ import annotations

from collections.abc import Mapping

from promptci.core import Message
from promptci.models import cut, keys
from promptci.models.base import Failure, Reply, Request, Usage
from promptci.models.offline.brain import MODEL, VERSION, answer, tokens
from promptci.models.offline.embedder import embed
from promptci.models.offline.likelihood import Token, of_prompt, of_reply

ECHO = "echo"  # a model that says back the last message: metrics judge what the rows bring
SEED_STRIDE = 1_000_003  # keeps the samples of one stand-in apart from those of the next


class OfflineClient:
    """The stand-in as a `Client`; `seed` chooses another stand-in of the same make (other slips, other candidates).

    A request's own seed is its spec's plus its sample, as it is sent to servers: `OfflineClient(seed=s)` answers as the
    server started with the same `seed` does.
    """

    def __init__(self, seed: int = 0) -> None:
        self._seed = seed * SEED_STRIDE

    async def send(self, request: Request) -> Reply:
        """Return the answer at once. It fails only as a server's would: cut at `max_tokens`."""
        if request.kind == "embedding":
            vectors = tuple(embed(message.content) for message in request.messages)
            return Reply(usage=_usage(request), model=MODEL, fingerprint=VERSION, attempts=1, vectors=vectors)
        if any(message.pictures for message in request.messages):
            told = "the offline model sees no pictures; name a model that does: models.scorer"
            return Reply(failure=Failure("bad_request", told, unsent=True))
        if request.spec.model == ECHO:
            said = request.messages[-1].content
            if not said.strip():
                return Reply(failure=Failure("empty", "there is nothing to say back", unsent=True))
            return Reply((said,) * request.n, usage=Usage(0, 0), model=ECHO, finish_reason="stop", attempts=1)
        limit = keys.max_tokens(request)
        if request.kind == "completion" and request.logprobs and limit == 0:
            return self._echo(request)
        return self._answer(request, limit)

    def _answer(self, request: Request, limit: int) -> Reply:
        spec = request.spec
        temperature = spec.temperature if request.temperature is None else request.temperature
        wanted = request.response_format or spec.parameters.get("response_format") or {}
        choices = answer(
            _one_text(request) if request.kind == "completion" else request.messages,
            seed=self._seed + (spec.seed or 0) + request.sample,
            temperature=1.0 if temperature is None else temperature,
            n=request.n,
            max_tokens=limit,
            as_json=isinstance(wanted, Mapping) and str(wanted.get("type", "")).startswith("json"),
        )
        useless = [choice.cut and (request.n > 1 or not choice.text.strip()) for choice in choices]
        return Reply(
            texts=() if all(useless) else tuple("" if bad else c.text for bad, c in zip(useless, choices, strict=True)),
            failure=Failure("truncated", cut.words(request)) if all(useless) else None,
            cut=choices[0].cut and not all(useless),
            usage=_usage(request, *(choice.text for choice in choices)),
            model=MODEL,
            fingerprint=VERSION,
            finish_reason="length" if choices[0].cut else "stop",
            attempts=1,
            logprobs=_pairs(of_reply(choices[0].text)) if request.logprobs else None,
        )

    def _echo(self, request: Request) -> Reply:
        """The log probabilities of the prompt itself, for scoring by likelihood."""
        text = _one_text(request)[0].content
        return Reply(
            texts=(text,),
            usage=_usage(request),
            model=MODEL,
            fingerprint=VERSION,
            finish_reason="length",
            attempts=1,
            logprobs=_pairs(of_prompt(text)),
        )

    async def close(self) -> None:
        """Nothing to release."""


def _one_text(request: Request) -> tuple[Message]:
    return (Message("user", "".join(message.content for message in request.messages)),)


def _usage(request: Request, *texts: str) -> Usage:
    return Usage(sum(tokens(m.content) for m in request.messages), sum(map(tokens, texts)))


def _pairs(found: tuple[Token, ...]) -> tuple[tuple[str, float], ...]:
    return tuple((token.text, token.logprob) for token in found)
