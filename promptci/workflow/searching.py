"""The search of one prompt: the project's prompt, cases, door and settings, handed to the generic loop."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from promptci import assets
from promptci.core import Case, Message, Outcome
from promptci.evals.split import Split
from promptci.models.base import Request
from promptci.scoring import Task, answer
from promptci.search import guards
from promptci.search.base import Evaluate, Found, StopRule, Write
from promptci.search.loop import search
from promptci.search.metaprompts import MetaPrompts
from promptci.search.proposers import proposer
from promptci.search.stopping import Patience, Perfect, Steps
from promptci.workflow.plan import Side
from promptci.workflow.session import Session


def searched(run: Session, side: Side, split: Split, strategy: str) -> Found:
    """Search from the side's own text. Proposers see train cases only; nothing here ever sees a test case's answer.

    Test cases are handed to the guards alone, which refuse a candidate that quotes one.
    """
    settings = run.config.search
    write = _writer(run)
    with run.progress.part(f"Searching {side.settings.id}", total=None) as step:
        return search(
            side.prompt.template,
            split.train,
            split.validation,
            evaluate=_evaluator(run, side, step),
            proposer=proposer(strategy, write, metaprompts(run), {"per_step": settings.per_step, **settings.options}),
            stops=_stops(run),
            calls=lambda: run.door.spent.calls,
            guards=guards.standard(side.prompt.template, side.cases, lambda text: side.compile(text).variables),
            seed=run.seed_for("search", side.settings.id),
        )


def metaprompts(run: Session) -> MetaPrompts:
    """The repository's own meta-prompts before the packaged ones."""
    return MetaPrompts((run.project.directory / "templates", assets.templates()))


def _stops(run: Session) -> Sequence[StopRule]:
    settings = run.config.search
    return (Perfect(), Steps(settings.steps), Patience(settings.patience))


def _evaluator(run: Session, side: Side, step: Callable[[int], None]) -> Evaluate:
    done = 0

    def evaluate(pairs: Sequence[tuple[str, Case]]) -> list[Outcome]:
        nonlocal done
        tasks = [Task(side.compile(text), case, side.spec) for text, case in pairs]
        before = done
        outcomes = answer(run.door, tasks, side.grading, progress=lambda n: step(before + n))
        run.answered.update(o.model for o in outcomes if o.model)
        done += len(tasks)
        return outcomes

    return evaluate


def _writer(run: Session) -> Write:
    spec = run.config.models.optimizer_spec()

    def write(
        messages: tuple[Message, ...], *, n: int, temperature: float, sample: int = 0, max_tokens: int = 1024
    ) -> list[str | None]:
        # One request per text: servers without `n` are many, and each answer is stored on its own.
        most = max(max_tokens, spec.max_tokens)
        asked = [
            Request(spec, "optimizer", messages, sample * n + k, temperature=temperature, max_tokens=most)
            for k in range(n)
        ]
        return [reply.text for reply in run.door.ask_all(asked)]

    return write
