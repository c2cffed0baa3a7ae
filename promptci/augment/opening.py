"""An augmenter from a file and a model, for a program of one's own: `promptci.augment.opened`."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

from promptci import assets
from promptci.augment.augmenter import Augmenter
from promptci.augment.base import Kind
from promptci.augment.questions import Questions
from promptci.augment.spec import read
from promptci.errors import ConfigError
from promptci.models.account import Account
from promptci.models.base import Client, ModelSpec, Reply, Request
from promptci.models.budget import Budget, Limits
from promptci.models.connect import connect as connect_client
from promptci.models.pipeline import Pipeline
from promptci.models.retry import RetryPolicy
from promptci.search.metaprompts import MetaPrompts

# A request waits for its complement: one more try, at once, is all that it is worth.
HASTY = RetryPolicy(attempts=2, unreached=2, unanswered=2, unheard=1, timeouts=1, base_s=0.05, cap_s=0.2)
FOREVER = Limits()  # a server's own budget is its operator's


def opened(
    path: str | Path,
    generator: ModelSpec,
    judge: ModelSpec | None = None,
    *,
    limits: Limits = FOREVER,
    timeout_s: float | None = None,
    connect: Callable[[ModelSpec], Client] = connect_client,
) -> Augmenter:
    """Return an augmenter for `augment/<name>.yaml` or `rewrite/<name>.yaml`.

    `generator` writes, `judge` (None: the generator) says which category a request is of. `limits` are hard caps on
    calls, tokens, dollars and minutes, after which requests are passed on as they are. Raises ConfigError with the line
    of what is wrong with the file.
    """
    place = Path(path)
    try:
        text = place.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise ConfigError("the file cannot be read", place=str(place), hint=str(problem)) from None
    kind: Kind = "rewrite" if place.parent.name == "rewrite" else "augment"
    spec = read(text, place.stem, kind, str(place))
    metaprompts = MetaPrompts((place.parent.parent / "templates", assets.templates()))
    questions = Questions(spec, metaprompts, spec.generator.over(generator), spec.judge.over(judge or generator))
    return of(questions, Account(Budget(limits), None, None, "cache"), timeout_s=timeout_s, connect=connect)


def of(
    questions: Questions,
    account: Account,
    *,
    timeout_s: float | None = None,
    connect: Callable[[ModelSpec], Client] = connect_client,
) -> Augmenter:
    """As `opened`, from what was read.

    `account` pays for nothing else: a complement's model that fails must not end the run of whoever is waiting for it.
    """
    rng = random.Random(0)  # noqa: S311  # jitter, not a secret
    pipeline = Pipeline(account, connect, concurrency=64, policy=HASTY, rng=rng)

    async def answer(request: Request) -> Reply:
        account.stopped = None  # a server that failed for a while may be asked again: the caller has a timeout
        return await pipeline.answer(request)

    async def release() -> None:  # not the pipeline's `close`, which ends every task of the loop: it is the caller's
        for lane in pipeline.lanes.values():
            await lane.client.close()

    return Augmenter(questions, answer, timeout_s=timeout_s, release=release)
