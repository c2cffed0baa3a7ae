"""`promptci gateway -- COMMAND`: a program's own calls through our cache, budget, rate and retry."""

from __future__ import annotations

import asyncio
import os
import random
import secrets
from collections.abc import Callable, Sequence
from pathlib import Path

from promptci.augment import Augmenter
from promptci.commands.augmenting import augmenter_of, change_by, named
from promptci.config import Config
from promptci.errors import UsageError
from promptci.models.account import Account
from promptci.models.base import ModelSpec
from promptci.models.budget import Budget, require_prices
from promptci.models.cache import Cache
from promptci.models.pipeline import Pipeline
from promptci.models.retry import RetryPolicy
from promptci.project.hosts import left_of, refuse_foreign
from promptci.project.project import locate
from promptci.records.files import own_directory
from promptci.run.options import Options
from promptci.run.session import limits_of


def gateway(
    options: Options,
    command: Sequence[str],
    *,
    port: int = 0,
    say: Callable[[str], None] = print,
    augment: str | None = None,
) -> int:
    """Serve on 127.0.0.1 while `command` runs, with OPENAI_BASE_URL and OPENAI_API_KEY set to the gateway's.

    The variable that holds the model's own key is taken out of the command's environment. Returns the command's exit
    code; without a command, serves until it is interrupted. With `augment`, chats of one turn are improved by
    augment/<augment>.yaml, or by a path such as rewrite/<name>; what fails leaves them as they are. Raises UsageError
    for a command or port that cannot be had.
    """
    project = locate(options.config, Path())
    refuse_foreign(project, left_of(project), trusted=options.trust_tree)
    specs = _specs(project.config)
    spec = None if augment is None else named(project, augment)
    limits = limits_of(options, project.config)
    require_prices(specs, limits)
    cache = Cache(own_directory(project.directory / ".promptci" / "cache") / "answers.sqlite")
    mode = "replay" if options.replay else "no_cache" if options.no_cache else "cache"
    try:
        account = Account(Budget(limits), cache, None, mode)  # type: ignore[arg-type]  # one of the three
        augmenter = None if spec is None else augmenter_of(project, spec, options, account.budget)
        return asyncio.run(_serve(account, options, specs, command, port, say, augmenter))
    finally:
        cache.close()


def _specs(config: Config) -> list[ModelSpec]:
    models = config.models
    found = [models.scorer_spec(), models.judge_spec(), models.optimizer_spec()]
    return [*found, *(p.model.over(models.scorer_spec()) for p in config.prompts)]


async def _serve(
    account: Account, options: Options, specs: Sequence[ModelSpec], command: Sequence[str], port: int,
    say: Callable[[str], None], augmenter: Augmenter | None,
) -> int:  # fmt: skip
    from promptci.gateway.server import Gateway

    rng = random.Random(options.seed)  # noqa: S311 - jitter, not a secret
    pipeline = Pipeline(account, options.connect, concurrency=options.concurrency, policy=RetryPolicy(), rng=rng)
    token = secrets.token_urlsafe(24)
    served = Gateway(pipeline, specs, token, options.concurrency, change_by(augmenter)).serving(port)
    try:
        async with served as url:
            if command:
                return await _ran(command, _environment(url, token, specs))
            say(f"OPENAI_BASE_URL={url}\nOPENAI_API_KEY={token}")
            await asyncio.Event().wait()
            return 0
    except OSError as problem:
        raise UsageError(f"port {port}: {problem.strerror}", hint="--port 0 picks a free one") from None
    finally:
        await pipeline.close()
        say(f"{account.calls} calls, {account.cache_hits} answers from the cache, {account.cost_usd:.4f} USD")
        for line in augmenter.told() if augmenter is not None else ():
            say(line)


def _environment(url: str, token: str, specs: Sequence[ModelSpec]) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in {s.api_key_env for s in specs}}
    return {**kept, "OPENAI_BASE_URL": url, "OPENAI_API_KEY": token}


async def _ran(command: Sequence[str], environment: dict[str, str]) -> int:
    try:
        process = await asyncio.create_subprocess_exec(*command, env=environment)
    except OSError as problem:
        raise UsageError(f"'{command[0]}' cannot be started: {problem.strerror}", hint="name a program") from None
    try:
        return await process.wait()
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()
