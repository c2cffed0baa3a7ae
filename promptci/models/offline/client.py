"""Carries a request to the embedded model, in process: the same answers as over HTTP, at once and for nothing."""

from __future__ import annotations

from promptci.models.base import Reply, Request, Usage
from promptci.models.offline.brain import MODEL, VERSION, answer, tokens
from promptci.models.offline.embedder import embed

SEED_STRIDE = 1_000_003  # keeps the samples of one model seed apart from those of the next


class OfflineClient:
    """The stand-in as a `Client`; `seed` chooses another stand-in of the same make (other slips, other candidates)."""

    def __init__(self, seed: int = 0) -> None:
        self._seed = seed

    async def send(self, request: Request) -> Reply:
        """Return the answer at once; never fails."""
        asked = sum(tokens(m.content) for m in request.messages)
        if request.kind == "embedding":
            vectors = tuple(embed(m.content) for m in request.messages)
            return Reply(("",), usage=Usage(asked, 0), model=MODEL, fingerprint=VERSION, attempts=1, vectors=vectors)
        spec = request.spec
        temperature = spec.temperature if request.temperature is None else request.temperature
        choices = answer(
            request.messages,
            seed=self._seed * SEED_STRIDE + (spec.seed or 0) + request.sample,
            temperature=0.0 if temperature is None else temperature,
            n=request.n,
            max_tokens=spec.max_tokens if request.max_tokens is None else request.max_tokens,
        )
        return Reply(
            texts=tuple(choice.text for choice in choices),
            usage=Usage(asked, sum(tokens(choice.text) for choice in choices)),
            model=MODEL,
            fingerprint=VERSION,
            finish_reason="length" if choices[0].cut else "stop",
            attempts=1,
        )

    async def close(self) -> None:
        """Nothing to release."""
