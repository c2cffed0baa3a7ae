"""What questions cost live, live with the provider's prompt cache, and in a batch: estimated before one is chosen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from promptci.models import keys
from promptci.models.base import Price, Request
from promptci.models.budget import estimate, price

CACHED_FROM = 1024  # tokens that a shared beginning needs before providers keep it (OpenAI, "Prompt caching", 2026)
LIKELY_OUTPUT = 0.25  # of max_tokens: what an answer uses, where nobody knows; it weighs the same on all sides


@dataclass(frozen=True, slots=True)
class Costs:
    """US dollars for all questions: `live` at list price, `cached` where what begins alike is cheaper, `batch`."""

    live: float
    cached: float
    batch: float

    @property
    def batch_is_cheaper(self) -> bool:
        """Whether a batch saves anything; where nothing costs anything it does no harm."""
        return self.batch <= min(self.live, self.cached)

    def __str__(self) -> str:
        cached = f", {self.cached:.4f} with cached input" if self.cached < self.live else ""
        return f"{self.live:.4f} USD live{cached}, {self.batch:.4f} in a batch"


def costs(requests: Sequence[Request], *, discount: float, cached_input: float) -> Costs:
    """Estimate what `requests` cost.

    `discount` is what a batch costs of the list price, `cached_input` what input costs that the provider has cached;
    both are shares in (0, 1]. A batch is reckoned without cached input: its lines run in any order and at any time.
    """
    groups: dict[tuple[str, str], list[Request]] = {}
    for request in requests:
        groups.setdefault((keys.server(request.spec), request.spec.model), []).append(request)
    live = cached = 0.0
    for group in groups.values():
        per_token = price(group[0].spec) or Price(0.0, 0.0)
        used = [estimate(request) for request in group]
        sent = sum(one.input_tokens for one in used)
        given = LIKELY_OUTPUT * sum(one.output_tokens for one in used)
        whole = (sent * per_token.input + given * per_token.output) / 1e6
        saved = shared_tokens(group) * (1 - cached_input) * per_token.input / 1e6
        live, cached = live + whole, cached + whole - saved
    return Costs(live, cached, live * discount)


def shared_tokens(requests: Sequence[Request]) -> int:
    """Return how many input tokens a provider's cache would have, when the requests come one after the other.

    Sorted, each begins as its neighbour does for as long as any other: what it shares with the one before is cached.
    """
    texts = sorted("\n".join(f"{m.role}\n{m.content}" for m in request.messages) for request in requests)
    shared = (_alike(a, b) // 4 for a, b in pairwise(texts))
    return sum(tokens for tokens in shared if tokens >= CACHED_FROM)


def _alike(a: str, b: str) -> int:
    """Return the number of characters with which both begin."""
    low, high = 0, min(len(a), len(b))
    while low < high:  # halving, with comparisons of whole pieces: a loop over characters takes seconds for a batch
        middle = (low + high + 1) // 2
        low, high = (middle, high) if a[:middle] == b[:middle] else (low, middle - 1)
    return low
