"""Calls of commands that keep no run: on the stored answers and the budget in force, without a directory."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from promptci.models.account import Account
from promptci.models.base import ModelSpec
from promptci.models.budget import Budget, require_prices
from promptci.models.pipeline import Pipeline
from promptci.models.retry import RetryPolicy
from promptci.project.project import Project
from promptci.report import wording
from promptci.run.options import Options
from promptci.run.session import limits_of, stored


@contextmanager
def account(project: Project, options: Options, specs: Iterable[ModelSpec]) -> Iterator[Account]:
    """Open an account for calls of these models. Raises ConfigError for one without a price under a dollar cap."""
    limits = limits_of(options, project.config)
    require_prices(specs, limits)
    cache = stored(project)
    try:
        yield Account(Budget(limits), cache, None, options.mode)
    finally:
        cache.close()


def pipeline(paying: Account, options: Options) -> Pipeline:
    """What sends on that account, within a running event loop; whoever makes it closes it."""
    rng = random.Random(options.seed)  # noqa: S311  # jitter, not a secret
    return Pipeline(paying, options.connect, concurrency=options.concurrency, policy=RetryPolicy(), rng=rng)


def spent(*accounts: Account) -> str:
    """What accounts that share a budget have used together, in words."""
    calls, hits, usd = (sum(getattr(a, name) for a in accounts) for name in ("calls", "cache_hits", "cost_usd"))
    used = f"{wording.counted(calls, 'call')}, {wording.counted(hits, 'answer')} from the cache"
    return f"{used}, {usd:.4f} USD"
