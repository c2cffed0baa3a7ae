"""`promptci augment run`, `promptci rewrite run`: prompts in, better ones out; and what other commands need of it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TextIO

from promptci import assets
from promptci.augment import Augmenter, Improved
from promptci.augment.base import Dropped, Kind, Typed
from promptci.augment.card import line
from promptci.augment.litellm_hook import told
from promptci.augment.questions import Questions
from promptci.augment.reading import read as read_prompts
from promptci.augment.spec import Spec
from promptci.augment.spec import read as read_spec
from promptci.core import is_inside
from promptci.errors import ConfigError, UsageError
from promptci.gateway.server import Change
from promptci.models.account import Account
from promptci.models.base import Request
from promptci.project.inforce import in_force
from promptci.project.project import Project, locate
from promptci.run.calling import account, pipeline, spent
from promptci.run.options import Options
from promptci.search.metaprompts import MetaPrompts


@dataclass(frozen=True, slots=True)
class Ran:
    """What a run said at its end; `unchanged` and `total` count requests."""

    lines: tuple[str, ...]
    total: int
    unchanged: int


def spec_of(project: Project, kind: Kind, name: str, rev: str | None = None) -> Spec:
    """The file `<kind>/<name>.yaml`, in the working tree or at `rev`. Raises PromptciError for none, or a wrong one."""
    path = f"{kind}/{name}.yaml"
    content = project.at(rev, path) if is_inside(path) else None
    if content is None:
        where = f"{rev[:12]}:{path}" if rev else path
        raise UsageError(f"there is no {where}", hint=f"`promptci {kind} init {name}` writes one")
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        raise ConfigError("not UTF-8 text", place=path, hint="save the file as UTF-8") from None
    return read_spec(text, name, kind, path)


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
    return Questions(spec, MetaPrompts((project.directory / "templates", assets.templates())), generator, judge)


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
    project = in_force(locate(options.config, Path()), trusted=options.trust_tree)
    questions = questions_of(project, spec_of(project, kind, name))
    rows: list[Typed | Dropped] = [Typed("", given.read())] if file is None else list(read_prompts(file))
    with account(project, options, [questions.generator, questions.judge]) as paying:
        return asyncio.run(_ran(paying, options, questions, rows, out, as_text=file is None))


async def _ran(
    paying: Account, options: Options, questions: Questions, rows: list[Typed | Dropped], out: TextIO, *, as_text: bool
) -> Ran:
    sending = pipeline(paying, options)
    augmenter = Augmenter(questions, sending.answer, timeout_s=3600)  # nobody waits: the budget is the bound
    places = asyncio.Semaphore(options.concurrency)

    async def one(row: Typed | Dropped) -> Improved | None:
        async with places:
            return None if isinstance(row, Dropped) else await augmenter.improve(row.text, row.context)

    try:
        found = await asyncio.gather(*map(one, rows))
    finally:
        await sending.close()
    out.writelines(_written(rows, found, as_text=as_text))
    unread = sum(isinstance(row, Dropped) for row in rows)
    lines = [*augmenter.told(), *([f"{unread} rows without a prompt left out"] if unread else []), spent(paying)]
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
            yield line(held)
