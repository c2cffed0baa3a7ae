"""The search of one prompt: the project's prompt, cases, door and settings, handed to the generic loop."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace

from promptci import assets
from promptci.config import PromptSettings
from promptci.config.search import SearchSettings
from promptci.core import Case, Json, Message, Outcome, Reason, case_digest, digest
from promptci.errors import DataError
from promptci.evals.split import Split
from promptci.improve.wishes import NO_WISHES, Heeded, Wishes
from promptci.metrics.combined import Combined
from promptci.models import cut
from promptci.models.base import Failure, Request
from promptci.models.entry import ANSWERED
from promptci.project.side import Side
from promptci.run.session import Session
from promptci.scoring import Task, answer
from promptci.scoring.likelihood import likelihoods
from promptci.search import guards
from promptci.search.base import Evaluate, Found, Guard, Proposal, StopRule, Write
from promptci.search.desk import Cap
from promptci.search.forms import labels
from promptci.search.journal import Journal
from promptci.search.loop import search
from promptci.search.metaprompts import MetaPrompts
from promptci.search.placeholders import SamePlaceholders
from promptci.search.proposers import options_of, proposer
from promptci.search.race import RACES
from promptci.search.screening.savings import Lean
from promptci.search.stopping import Patience, Perfect, Steps
from promptci.untrusted import one_line

SCREENING = "edits"  # the strategy that screens: most cases are held out, and a small budget is enough

RACED = "reflect"  # how programs are searched: few texts, each on many cases


def strategy_of(search: SearchSettings, prompt: PromptSettings) -> str:
    """Return the strategy that the settings name; where they name none, a program is not screened.

    A screening asks each case under a text of its own, and a program is started anew for every text.
    """
    return RACED if prompt.run and "strategy" not in search.model_fields_set else search.strategy


def searched(
    run: Session, side: Side, split: Split, strategy: str, cap: Cap, heeded: Heeded, lean: Lean | None
) -> Found:
    """Search from the side's own text. Proposers see train cases only; nothing here ever sees a test case's answer.

    `cap` is of the calls of the whole run's answers when it ends; those that earlier runs sent count, or the same
    search would go another way when it is made again. Test cases are handed to the guards alone, which refuse a
    candidate that quotes one, and one whose `content_of` people declined. Their wishes are kept to as `search.keep` and
    `search.forbid` are. With `lean` it looks for a text that takes less. The search is journaled in the run's
    directory; in a resumed run the journal must agree, line by line, with what the interrupted one wrote.
    """
    settings, asked, heard = run.config.search, metaprompts(run, side, heeded.wishes, split.train), Heard()
    keep, forbid = (*settings.keep, *heeded.wishes.keep), (*settings.forbid, *heeded.wishes.forbid)
    options = _options(run, strategy, keep, forbid)
    with (
        run.progress.part(f"Searching {side.settings.id}", total=None) as step,
        _journal(run, side, split, {"strategy": strategy, "options": options}, lean) as journal,
    ):
        found = search(
            side.prompt.template,
            split.train,
            split.validation,
            evaluate=_evaluator(run, side, step),
            proposer=proposer(strategy, _writer(run, heard), asked, options),
            stops=_stops(run, lean),
            calls=lambda: run.door.spent.drawn,
            guards=_guards(side, keep, forbid, heeded.declined),
            race=RACES[settings.race](),
            track=None if settings.race == "paired" else len(split.development),
            max_calls=cap.most,
            again=cap.again,
            seed=_seed(run, side),
            lean=lean,
            on_step=journal.step,
        )
        journal.end(found, asked.used)
    return heard.told(found)


def _seed(run: Session, side: Side) -> int:
    return run.seed_for("search", side.settings.id)


def _journal(run: Session, side: Side, split: Split, header: dict[str, Json], lean: Lean | None) -> Journal:
    """Return the search's journal, whose header names all that decides the search; in a resumed run to compare with."""
    header = {**header, "race": run.config.search.race, "seed": _seed(run, side)}
    header |= {"lean": asdict(lean)} if lean else {}
    header |= {"prompt": digest(side.prompt.template), "cases": case_digest(split.development)}
    path = run.place / f"search-{side.settings.id.replace('/', '~')}.jsonl"
    return Journal(path, header, resume=run.options.resume is not None)


def _guards(side: Side, keep: Sequence[str], forbid: Sequence[str], declined: frozenset[str]) -> tuple[Guard, ...]:
    """Return what refuses a candidate before it is paid for, the cheapest first."""
    start = side.prompt.template
    return (
        *guards.limits(start, keep, forbid),
        *guards.standard(start, side.cases, lambda text: side.with_text(text).template.variables),
        *((SamePlaceholders(start),) if side.settings.run else ()),
        FileForm(side),
        Declined(side, declined),
    )


@dataclass(frozen=True, slots=True)
class FileForm:
    """The text can stand in the prompt's file and be read back as it was."""

    side: Side
    reason: str = "file form"

    def __call__(self, proposal: Proposal) -> str | None:
        """Write it as the file would be written; the format says what it cannot hold."""
        try:
            self.side.written(proposal.text or "")
        except DataError as problem:
            return problem.problem
        return None


def content_of(side: Side, text: str) -> str:
    """Return what names a proposal: the digest of the prompt's file with `text` in it. Raises DataError."""
    return digest([side.path, side.written(text).decode("utf-8", "replace")])[:32]


@dataclass(frozen=True, slots=True)
class Declined:
    """People did not close a pull request with this very text: what they declined is not paid for again."""

    side: Side
    contents: frozenset[str]
    reason: str = "declined by people"

    def __call__(self, proposal: Proposal) -> str | None:
        """Compare it with what was proposed and closed."""
        if not self.contents:
            return None
        try:
            known = content_of(self.side, proposal.text or "") in self.contents
        except DataError:
            return None  # `FileForm` says so
        return "a pull request with this text was closed" if known else None


def _options(run: Session, strategy: str, keep: Sequence[str], forbid: Sequence[str]) -> dict[str, Json]:
    """Return the strategy's options from the settings; those of another strategy than the configured one do not fit."""
    settings = run.config.search
    own = dict(settings.options) if strategy == settings.strategy else {}
    if strategy == SCREENING:
        own = {"style": settings.style, "keep": list(keep), "forbid": list(forbid), **own}
    return {"per_step": settings.per_step, **own} if "per_step" in options_of(strategy) else own


def metaprompts(run: Session, side: Side, wishes: Wishes = NO_WISHES, train: Sequence[Case] = ()) -> MetaPrompts:
    """The repository's own meta-prompts before the packaged ones, told how answers are compared and what is wished.

    Where the answers of `train` are a short fixed choice, that is said as well.
    """
    own = (run.project.directory / "templates", assets.templates())
    chosen = labels(train)
    choice = f" Every right answer is one of: {', '.join(chosen)}." if chosen else ""
    return MetaPrompts(own, compared=compared(side.grading.combined) + choice, heed=wishes.told())


def compared(metric: Combined) -> str:
    """Say how answers are compared, in the metrics' own words; empty where none of them has any."""
    said = []
    for part in metric.parts:
        words = " ".join((type(part.metric).__doc__ or "").split("\n\n")[0].split()).rstrip(".")
        if not words or words.startswith(f"{type(part.metric).__name__}("):  # what a dataclass says of itself
            continue
        options = part.metric.version.partition(" ")[2]
        said.append(
            f"{part.name}{' NOT' * part.inverted}: {words}." + f" ({one_line(options, limit=200)})" * bool(options)
        )
    return " ".join(said)


def _stops(run: Session, lean: Lean | None) -> Sequence[StopRule]:
    settings = run.config.search
    always = (Steps(settings.steps), Patience(settings.patience))
    return always if lean else (Perfect(), *always)  # a perfect prompt can still take less


def _evaluator(run: Session, side: Side, step: Callable[[int], None]) -> Evaluate:
    done, base = 0, side.beside(side).against

    def evaluate(pairs: Sequence[tuple[str, Case]]) -> list[Outcome]:
        nonlocal done
        sides = {text: side.with_text(text) for text in dict.fromkeys(text for text, _ in pairs)}
        tasks = [Task(sides[text].template, case, sides[text].spec, against=base) for text, case in pairs]
        before = done
        outcomes = answer(run.door, tasks, side.grading, progress=lambda n: step(before + n))
        if run.config.search.score == "likelihood":
            grades = likelihoods(run.door, tasks, side.grading)
            outcomes = [replace(o, likelihood=grade.value) for o, grade in zip(outcomes, grades, strict=True)]
        run.answered.update(o.model for o in outcomes if o.model)
        done += len(tasks)
        return outcomes

    return evaluate


@dataclass(slots=True)
class Heard:
    """What the optimizer model failed with, so that a search which got nothing from it can say why."""

    failures: list[Failure] = field(default_factory=list)

    def told(self, found: Found) -> Found:
        """Return `found` with the last failure in its reason when not one reply came."""
        if found.reason.kind != "no_reply" or not self.failures:
            return found
        said = f"the optimizer model gave no reply that is of use: {self.failures[-1]}"
        return replace(found, reason=Reason("no_reply", said))


def _writer(run: Session, heard: Heard) -> Write:
    models = run.config.models
    spec = models.optimizer_spec()
    named = models.optimizer is not None and models.optimizer.max_tokens is not None

    def write(
        messages: tuple[Message, ...], *, n: int, temperature: float, sample: int = 0, max_tokens: int = 1024
    ) -> list[str | None]:
        # One request per text: servers without `n` are many, and each answer is stored on its own.
        most = spec.max_tokens if named else max(max_tokens, spec.max_tokens)  # what a user set is not exceeded
        asked = [
            Request(spec, "optimizer", messages, sample * n + k, temperature=temperature, max_tokens=most)
            for k in range(n)
        ]
        replies = [cut.whole(*pair) for pair in zip(asked, run.door.ask_all(asked), strict=True)]
        failures = [reply.failure for reply in replies if reply.failure is not None]
        heard.failures += failures
        for failure in failures:
            if failure.kind in ANSWERED:
                run.door.note(f"a reply of the optimizer model was of no use: {failure}")
        return [reply.text for reply in replies]

    return write
