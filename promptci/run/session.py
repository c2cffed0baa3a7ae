"""One run: its project, its door to the models, its directory on disk, and the totals for its report."""

from __future__ import annotations

import hashlib
import secrets
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from promptci import shelf
from promptci.config import Config
from promptci.core import Reason
from promptci.errors import UsageError
from promptci.gitrepo.base import Base
from promptci.models.base import Client, ModelSpec
from promptci.models.budget import Budget, Cost, Limits, price
from promptci.models.cache import Cache
from promptci.models.connect import connect
from promptci.models.connect import warm as warm_client
from promptci.models.door import Door
from promptci.models.executor import Make
from promptci.models.retirement import retiring
from promptci.project.models import called_specs
from promptci.project.project import Project
from promptci.records import intention
from promptci.records.files import own_directory
from promptci.records.runs import run_named
from promptci.report.base import Cause, Choice, PromptReport, Report
from promptci.report.progress import Progress
from promptci.report.tally import Tally
from promptci.run.options import Options


@dataclass(slots=True)
class Session:
    """What every measuring story needs. `run` is the run's id, `place` its directory, `answered` who answered.

    `drawn_from` is the commit that random numbers are drawn from: HEAD, but for a search that was made before.
    `asks_as` names the run whose fresh answers it asks for, where that is another one that was cut short.
    `carried_out` collects how intentions ended that were handed on, by their keys. `asked_ahead`: some answers were
    asked for before it was known whether they are needed. `at_once` is how many jobs are asked before more are
    made.
    """

    project: Project
    options: Options
    door: Door
    budget: Budget
    run: str
    place: Path
    progress: Progress
    specs: list[ModelSpec]
    started: float = field(default_factory=time.monotonic)
    answered: set[str] = field(default_factory=set)
    drawn_from: str | None = None
    asks_as: str = ""
    carried_out: dict[str, str] = field(default_factory=dict)
    asked_ahead: bool = False
    at_once: int = shelf.MANY

    @property
    def config(self) -> Config:
        """The settings in force."""
        return self.project.config

    @property
    def draws(self) -> str:
        """The commit that random numbers are drawn from, empty in a repository without one."""
        return self.drawn_from or self.project.repository.head() or ""

    def seed_for(self, *names: str) -> int:
        """Return a seed of its own for each purpose: from --seed, the commit and the names."""
        text = "\n".join((str(self.options.seed), self.draws, *names))
        return int.from_bytes(hashlib.sha256(text.encode()).digest()[:6], "big")

    def report(
        self,
        command: str,
        prompts: Sequence[PromptReport],
        base: Base | None = None,
        *,
        causes: Sequence[Cause] = (),
        choices: Sequence[Choice] = (),
        kept: bool = True,
    ) -> Report:
        """Return the run's report with its totals; unless it is not the last, it is kept as the run's `report.json`."""
        from promptci.report.json import keep

        spent = self.door.spent
        report = Report(
            command=command,
            # Paths in settings are relative to promptci.yaml, those that readers of a report open to the repository.
            prompts=tuple(replace(p, file=p.file and self.project.prefix + p.file) for p in prompts),
            run=self.run,
            commit=self.project.repository.head(),
            base=None if base is None else base.commit,
            base_how="" if base is None else base.how,
            seed=self.options.seed,
            models=tuple(sorted(self.answered)),
            offline=any(_is_offline(s) for s in self.specs),
            calls=spent.sent,
            cache_hits=spent.cache_hits,
            input_tokens=spent.usage.input_tokens,
            output_tokens=spent.usage.output_tokens,
            cost_usd=spent.cost_usd,
            unpriced=tuple(sorted({s.model for s in self.specs if price(s) is None})),
            wall_s=time.monotonic() - self.started,
            notes=(*self.door.notes, *(unused(self.door.ahead) if self.asked_ahead else ())),
            warnings=tuple(Reason("model_retires", said) for said in retiring(self.specs, datetime.now(UTC).date())),
            causes=tuple(causes),
            choices=tuple(choices),
        )
        if kept:
            keep(report, self.place)
        return report


def executor_of(project: Project, options: Options) -> str:
    """Return where calls are made: "local", "ray" or "batch"."""
    return options.executor or project.config.execution.executor


def _connect(project: Project, options: Options) -> Callable[[ModelSpec], Client]:
    if executor_of(project, options) != "ray":
        return options.connect
    from promptci.models.ray import connected

    return connected(project.config.execution.workers, options.connect)


def unused(ahead: Cost) -> list[str]:
    """Say what was paid for ahead and not needed: a gate that stops early saves nothing then."""
    if not ahead.calls:
        return []
    calls = "1 call" if ahead.calls == 1 else f"{ahead.calls:,} calls"
    paid = f"{calls}, {ahead.tokens:,} tokens, {ahead.usd:.4f} USD"
    return [f"asked ahead and not needed for the verdict: {paid}"]


def _is_offline(spec: ModelSpec) -> bool:
    return spec.model == "offline" and spec.base_url is None


def limits_of(options: Options, config: Config) -> Limits:
    """Return the caps in force: the options', where given, else the settings'."""
    budget = config.budget
    return Limits(
        max_calls=budget.max_calls if options.max_calls is None else options.max_calls,
        max_tokens=budget.max_tokens if options.max_tokens is None else options.max_tokens,
        max_usd=budget.max_usd if options.max_usd is None else options.max_usd,
        max_minutes=budget.max_minutes if options.max_minutes is None else options.max_minutes,
    )


def warm(project: Project, options: Options) -> None:
    """Begin to import the models' client while files are read, where no answer is stored yet: it will be needed."""
    sends = options.connect is connect and not options.replay
    if sends and not (project.directory / ".promptci" / "cache" / "answers.sqlite").exists():
        warm_client(called_specs(project.config, searching=False))


def stored(project: Project) -> Cache:
    """Open the answers that were paid for in this project; whoever opens them closes them."""
    return Cache(own_directory(project.directory / ".promptci" / "cache") / "answers.sqlite")


@contextmanager
def session(
    project: Project, options: Options, *, searching: bool = False, executor: Make | None = None
) -> Iterator[Session]:
    """Open a run: its directory, its answers on disk, its budget. All is released at the end, whatever happens.

    `executor` makes what answers where nothing is stored; None is this process, or the workers that the settings name.
    """
    state = project.directory / ".promptci"
    runs = state / "runs"
    run = options.resume or options.run or new_id()
    if options.resume is not None:
        run = run_named(runs, options.resume).name
    if options.resume is not None and intention.is_finished(runs / run):
        raise UsageError(f"the run '{run}' is finished", place=str(runs), hint=f"`promptci runs show {run}` prints it")
    place = own_directory(runs) / run
    place.mkdir(exist_ok=True)
    budget = Budget(limits_of(options, project.config))
    specs = called_specs(project.config, searching=searching)
    made_by = _connect(project, options)  # may refuse, and nobody would close a cache that is open by then
    with Door(
        budget=budget,
        cache=stored(project),
        concurrency=options.concurrency,
        connect=made_by,
        executor=executor,
        shared=options.shared_cache,
        run_id=run,
        mode=options.mode,
        specs=specs,
        seed=options.seed,
    ) as door:
        progress = Progress(quiet=options.quiet)
        caps = limits_of(options, project.config)
        progress.watch(lambda: Tally(door.spent.calls, caps.max_calls, door.spent.cost_usd, caps.max_usd))
        # A batch API gives its answers together, maybe tomorrow: there all questions are asked at once.
        at_once = shelf.MANY if executor is None else sys.maxsize
        found = Session(project, options, door, budget, run, place, progress, specs, at_once=at_once)
        yield found
        for key, outcome in found.carried_out.items():
            intention.carried_out(runs, key, outcome)


def new_id() -> str:
    """Return a name for a new run; names sort by time."""
    return f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"
