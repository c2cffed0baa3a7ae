"""`promptci gateway -- COMMAND`: a program's own calls through our cache, budget, rate and retry."""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import Callable, Sequence
from pathlib import Path

from promptci.augment import Augmenter
from promptci.augment.opening import of
from promptci.commands.augmenting import change_by, named, questions_of
from promptci.config import Config
from promptci.errors import UsageError
from promptci.models.account import Account
from promptci.models.base import ModelSpec
from promptci.project.inforce import in_force
from promptci.project.project import locate
from promptci.run.calling import account, pipeline, spent
from promptci.run.options import Options


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
    project = in_force(locate(options.config, Path()), trusted=options.trust_tree)
    specs = _specs(project.config)
    questions = None if augment is None else questions_of(project, named(project, augment))
    asked = specs if questions is None else [*specs, questions.generator, questions.judge]
    with account(project, options, asked) as paying:
        helping = Account(paying.budget, paying.cache, None, paying.mode)  # of its own: see `of`
        augmenter = None if questions is None else of(questions, helping, connect=options.connect)
        try:
            return asyncio.run(_serve(paying, options, specs, command, port, say, augmenter))
        finally:
            say(spent(paying, helping))
            for line in augmenter.told() if augmenter is not None else ():
                say(line)


def _specs(config: Config) -> list[ModelSpec]:
    models = config.models
    found = [models.scorer_spec(), models.judge_spec(), models.optimizer_spec()]
    return [*found, *(p.model.over(models.scorer_spec()) for p in config.prompts)]


async def _serve(
    paying: Account, options: Options, specs: Sequence[ModelSpec], command: Sequence[str], port: int,
    say: Callable[[str], None], augmenter: Augmenter | None,
) -> int:  # fmt: skip
    from promptci.gateway.server import Gateway

    sending = pipeline(paying, options)
    token = secrets.token_urlsafe(24)
    served = Gateway(sending, specs, token, options.concurrency, change_by(augmenter)).serving(port)
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
        await sending.close()
        if augmenter is not None:
            await augmenter.close()


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
