"""`promptci explain ID`: what every sentence of a prompt is worth, by leaving sentences out and seeing what is lost."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from promptci.core import Reason
from promptci.decide.verdict import points
from promptci.errors import DataError, MeasureError, UsageError
from promptci.evals.split import share_of_test, split
from promptci.measure.describe import Figures, described, subject_of
from promptci.project.chosen import as_searched
from promptci.project.hosts import refuse_untrusted
from promptci.project.project import locate
from promptci.project.side import Side, side
from promptci.report.base import PromptReport, Report
from promptci.run.options import Options
from promptci.run.session import Session, session
from promptci.scoring import answer
from promptci.scoring.base import Task
from promptci.search.screening.explain import Explained, SentenceWorth, explain
from promptci.untrusted import one_line

LEAST = 60  # answers: below it no sentence's worth could be told from chance


def explained(options: Options, *, ids: Sequence[str] = (), calls: int = 1000) -> Report:
    """Say what each sentence of the prompts `ids` adds to the score, in `calls` calls a prompt at most.

    Only development cases are asked: a person who edits by what this says has not seen the held-out ones. Raises
    UsageError for fewer calls than could show anything, MeasureError when nothing could be measured, and PromptciError
    for what a user can mend.
    """
    project = locate(options.config, Path())
    refuse_untrusted(project, trusted=options.trust_tree)
    sides = [as_searched(side(project, project.config, one, None)) for one in project.config.chosen(ids)]
    with session(project, options) as run:
        return run.report("explain", [_explained(run, one, calls) for one in sides])


def _explained(run: Session, one: Side, calls: int) -> PromptReport:
    # The larger of the two held-out shares: whatever strategy searches later, its held-out cases were not asked here.
    share = share_of_test(screening=True)
    parts = split(one.cases, one.template.variables | one.template.optional, share=share)
    cases = {c.id: c for c in (parts.development or one.cases)}
    answers = calls // one.grading.calls_per_answer(list(cases.values()))
    if answers < LEAST:
        raise UsageError(f"{calls} calls are too few to tell a sentence from chance", hint=f"at least {LEAST} answers")
    why: list[Reason] = []

    def ask(pairs: Sequence[tuple[str, str]]) -> list[float | None]:
        sides = {text: _with(one, text) for text in dict.fromkeys(text for text, _ in pairs)}
        held = [(side, cases[case_id]) for text, case_id in pairs if (side := sides[text]) is not None]
        tasks = [Task(side.template, case, side.spec) for side, case in held]
        with run.progress.part(f"Explaining {one.settings.id}", total=len(tasks)) as step:
            outcomes = answer(run.door, tasks, one.grading, progress=step)
        run.answered.update(o.model for o in outcomes if o.model)
        why.extend(o.score.reason for o in outcomes if o.score.value is None and o.score.reason is not None)
        values = iter(o.score.value for o in outcomes)
        return [None if sides[text] is None else next(values) for text, _ in pairs]

    keep, seed = run.config.search.keep, run.seed_for("explain", one.settings.id)
    found = explain(one.prompt.template, sorted(cases), ask, calls=answers, seed=seed, keep=keep)
    if why and not found.answers:
        raise MeasureError(f"no answer could be measured: {one_line(why[0].text)}", place=one.settings.file)
    figures = Figures(cases=len(cases), planned_cases=len(one.cases), score=found.score)
    return described(subject_of(one, ("explained",), "nothing"), "pass", _told(found), figures=figures)


def _with(one: Side, text: str) -> Side | None:
    """Return the side with the text, None where its file cannot hold that: a program's must not be empty, say."""
    try:
        return one.with_text(text)
    except DataError:
        return None


def _told(found: Explained) -> tuple[Reason, ...]:
    """Say each sentence's worth, the idle ones summed up at the end."""
    if not found.sentences:
        said = "No sentence stands alone: a prompt of one sentence, or of fixed text, cannot be taken apart."
        return (Reason("one_piece", said),)
    told = [Reason("sentence", _sentence(s)) for s in found.sentences]
    idle = found.idle
    tokens = sum(s.tokens for s in idle)
    few = "1 sentence does" if len(idle) == 1 else f"{len(idle)} sentences do"
    said = f"{few} nothing that {found.answers:,} answers show, at {tokens:,} tokens a call."
    return (*told, Reason("idle", said)) if idle else tuple(told)


def _sentence(one: SentenceWorth) -> str:
    low, high = one.worth.interval
    word = {1: "helps", -1: "harms", 0: "not shown to do anything"}[one.matters]
    worth = f"{100 * one.worth.value:+.1f} points, {points(low)} to {points(high)}"
    return f"{word} ({worth}; {one.tokens} tokens): {one_line(one.text, limit=120)}"
