"""`promptci augment run`, `promptci rewrite run`: prompts in, better ones out; and what other commands need of it."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TextIO

from promptci import assets
from promptci.augment import Augmenter, Improved
from promptci.augment.base import Dropped, Kind, Typed
from promptci.augment.litellm_hook import told
from promptci.augment.opening import of
from promptci.augment.questions import Questions
from promptci.augment.reading import read as read_prompts
from promptci.augment.spec import Spec
from promptci.augment.spec import read as read_spec
from promptci.core import is_inside
from promptci.errors import UsageError
from promptci.gateway.server import Change
from promptci.models.account import Account
from promptci.models.base import Request
from promptci.models.budget import Budget, require_prices
from promptci.models.cache import Cache
from promptci.models.pipeline import Pipeline
from promptci.models.retry import RetryPolicy
from promptci.project.hosts import left_of, refuse_foreign
from promptci.project.project import Project, locate
from promptci.records.files import own_directory
from promptci.run.options import Options
from promptci.run.session import limits_of
from promptci.search.metaprompts import MetaPrompts


@dataclass(frozen=True, slots=True)
class Ran:
    """What a run said at its end; `unchanged` and `total` count requests."""

    lines: tuple[str, ...]
    total: int
    unchanged: int


def spec_of(project: Project, kind: Kind, name: str, rev: str | None = None) -> Spec:
    """The file `<kind>/<name>.yaml`, in the working tree or at `rev`. Raises UsageError when there is none."""
    path = f"{kind}/{name}.yaml"
    content = project.at(rev, path) if is_inside(path) else None
    if content is None:
        where = f"{rev[:12]}:{path}" if rev else path
        raise UsageError(f"there is no {where}", hint=f"`promptci {kind} init {name}` writes one")
    return read_spec(content.decode("utf-8", "replace"), name, kind, path)


def named(project: Project, name: str) -> Spec:
    """The file that `support`, `augment/support` or `rewrite/support` names."""
    kind, _, rest = name.rpartition("/")
    if kind not in ("", "augment", "rewrite"):
        raise UsageError(f"'{name}' names no file", hint="write NAME, augment/NAME or rewrite/NAME")
    return spec_of(project, "rewrite" if kind == "rewrite" else "augment", rest)


def questions_of(project: Project, spec: Spec) -> Questions:
    """What is asked for a file, of the models that promptci.yaml names; a repository's own templates come first."""
    models = project.config.models
    generator, judge = spec.generator.over(models.optimizer_spec()), spec.judge.over(models.judge_spec())
    return Questions(spec, MetaPrompts(_templates(project)), generator, judge)


def _templates(project: Project) -> tuple[Path, ...]:
    return (project.directory / "templates", assets.templates())


def augmenter_of(project: Project, spec: Spec, options: Options, budget: Budget) -> Augmenter:
    """An augmenter for requests that somebody waits for, within a budget that others spend from, too."""
    models = project.config.models
    generator, judge = models.optimizer_spec(), models.judge_spec()
    return of(spec, _templates(project), generator, judge, budget=budget, connect=options.connect)


def change_by(augmenter: Augmenter | None) -> Change | None:
    """What the gateway does to a request on its way; the answer's headers say what became of it."""
    if augmenter is None:
        return None

    async def change(asked: Request) -> tuple[Request, dict[str, str]]:
        messages, found = await augmenter.chat(asked.messages)
        headers = {"x-promptci-augment": told(found), "x-promptci-added-ms": f"{1000 * found.added_s:.0f}"}
        return replace(asked, messages=messages), headers

    return change


def run(options: Options, kind: Kind, name: str, given: TextIO, out: TextIO, *, file: Path | None = None) -> Ran:
    """Write each prompt's better form to `out`: the one text of `given` as text, or the rows of `file` as JSON lines.

    A prompt for which there is none is written as it is, with its reason. Answers come from the cache where they can.
    Raises PromptciError for what a user can mend, before any call.
    """
    project = locate(options.config, Path())
    refuse_foreign(project, left_of(project), trusted=options.trust_tree)
    questions = questions_of(project, spec_of(project, kind, name))
    limits = limits_of(options, project.config)
    require_prices([questions.generator, questions.judge], limits)
    cache = Cache(own_directory(project.directory / ".promptci" / "cache") / "answers.sqlite")
    mode = "replay" if options.replay else "no_cache" if options.no_cache else "cache"
    try:
        account = Account(Budget(limits), cache, None, mode)  # type: ignore[arg-type]  # one of the three
        rows: list[Typed | Dropped] = [Typed("", given.read())] if file is None else list(read_prompts(file))
        return asyncio.run(_ran(account, options, questions, rows, out, as_text=file is None))
    finally:
        cache.close()


async def _ran(
    account: Account, options: Options, questions: Questions, rows: list[Typed | Dropped], out: TextIO, *, as_text: bool
) -> Ran:
    rng = random.Random(options.seed)  # noqa: S311 - jitter, not a secret
    pipeline = Pipeline(account, options.connect, concurrency=options.concurrency, policy=RetryPolicy(), rng=rng)
    augmenter = Augmenter(questions, pipeline.answer, timeout_s=3600)  # nobody waits: the budget is the bound
    places = asyncio.Semaphore(options.concurrency)

    async def one(row: Typed | Dropped) -> Improved | None:
        async with places:
            return None if isinstance(row, Dropped) else await augmenter.improve(row.text, row.context)

    try:
        found = await asyncio.gather(*map(one, rows))
    finally:
        await pipeline.close()
    for line in _written(rows, found, as_text=as_text):
        out.write(line)
    spent = f"{account.calls} calls, {account.cache_hits} answers from the cache, {account.cost_usd:.4f} USD"
    unread = sum(isinstance(row, Dropped) for row in rows)
    lines = [*augmenter.told(), *([f"{unread} rows without a prompt left out"] if unread else []), spent]
    total = augmenter.counts.total()
    return Ran(tuple(lines), total, total - augmenter.counts["changed"])


def _written(rows: Iterable[Typed | Dropped], found: Iterable[Improved | None], *, as_text: bool) -> Iterator[str]:
    for row, better in zip(rows, found, strict=True):
        if better is None or isinstance(row, Dropped):
            continue
        if as_text:
            yield better.text
        else:
            why = {} if better.reason is None else {"unchanged": better.reason.kind}
            held = {"id": row.id, "prompt": better.text, "made": better.made, "category": better.category, **why}
            yield json.dumps(held, ensure_ascii=False) + "\n"
