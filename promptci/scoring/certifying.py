"""Ask judges about answers that people graded, and refuse a judge that is below its floor.

A row with `human` (a person's grade) and `output` (the answer that the person graded) tells how good a judge is. The
replies are stored like all others, so that a certificate is paid for once for each judge and question.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from promptci.core import Case, Json, Reason, digest
from promptci.decide.certify import Certificate, certificate, corrected
from promptci.metrics.base import Answer, QuestioningMetric, needs_of
from promptci.metrics.combined import Weighted
from promptci.models.base import ModelSpec, Reply, Request
from promptci.models.door import Door
from promptci.scoring.base import Grading

OUTPUT = "output"  # the column that holds the answer which a person graded
PASS = 0.5
_DONE: WeakKeyDictionary[Door, dict[str, tuple[Certified, ...]]] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True)
class Certified:
    """One judge of a prompt, by its metric's name, with what its grades are worth; `unread` replies stated none."""

    metric: str
    certificate: Certificate
    unread: int = 0


def certified(door: Door, grading: Grading) -> tuple[Certified, ...]:
    """Return each judge's certificate, asking about labelled answers that were not asked about yet in this run."""
    key = digest([grading.version, grading.judge.model, [c.id for c in grading.labelled]])
    known = _DONE.setdefault(door, {})
    if key not in known:
        needs = [(part, needs_of(part.metric)) for part in grading.combined.parts]
        # A person graded one answer; a judge that compares two has nothing to be held against there.
        judges = [part for part, need in needs if "judge" in need.models and not need.base_answer]
        known[key] = tuple(_certified(door, grading, part) for part in judges)
    return known[key]


def refused(door: Door, grading: Grading, floor: float) -> Reason | None:
    """Return why no judge of this prompt may decide anything: one is below the `floor` that the settings ask for."""
    for one in certified(door, grading):
        if (why := one.certificate.below(floor)) is not None:
            return Reason("judge_floor", why)
    return None


def judge_hash(part: Weighted, spec: ModelSpec) -> str:
    """Return the hash that a certificate is bound to: the judge model, its parameters, and all that it is asked."""
    return digest([part.version, spec.model, spec.base_url, spec.temperature, spec.max_tokens, dict(spec.extra)])


def people_pass(human: Json, part: Weighted) -> bool | None:
    """Return whether a person's grade is a pass: a number from 0 to 1, true, false, or one of the judge's choices."""
    mark = PASS if part.pass_mark is None else part.pass_mark
    if isinstance(human, bool):
        return human
    choices = getattr(part.metric, "given_choices", None) or {}
    named = {str(name).casefold(): float(value) for name, value in choices.items()}
    if str(human).strip().casefold() in named:
        return named[str(human).strip().casefold()] >= mark
    if isinstance(human, int | float):
        return human >= mark
    return {"pass": True, "yes": True, "fail": False, "no": False}.get(str(human).strip().casefold())


def _certified(door: Door, grading: Grading, part: Weighted) -> Certified:
    metric = part.metric
    if not isinstance(metric, QuestioningMetric):
        raise TypeError("only a metric that asks is certified")
    rows = [(c, people_pass(c.human, part)) for c in grading.labelled if isinstance(c.vars.get(OUTPUT), str)]
    plan = [(n, q) for n, (c, _) in enumerate(rows) for q in metric.questions(c, _answer(c))]
    replies: dict[int, Reply] = {}

    def requests() -> Iterator[Request]:
        return (grading.question(question) for _, question in plan)

    door.ask(requests(), replies.__setitem__)
    given: dict[int, list[Reply]] = {}
    for place, (n, _) in enumerate(plan):
        given.setdefault(n, []).append(replies[place])
    grades = [metric.read(case, _answer(case), given.get(n, ())) for n, (case, _) in enumerate(rows)]
    mark = PASS if part.pass_mark is None else part.pass_mark
    both = [(g.value, people) for g, (_, people) in zip(grades, rows, strict=True)]
    pairs = [(value >= mark, people) for value, people in both if value is not None and people is not None]
    found = certificate(judge_hash(part, grading.judge), pairs)
    return Certified(part.name, found, len(rows) - len(pairs))


def _answer(case: Case) -> Answer:
    text = str(case.vars[OUTPUT])
    return Answer(text, text)


def to_label(cases: Sequence[Case], n: int) -> list[Case]:
    """Return the next `n` cases that a person should grade: a random sample, the same on every day and machine.

    Only a sample that was drawn blindly tells a judge's rates: cases on which the judge is in doubt would make it look
    worse than it is, those that it finds easy better. Drawn by hash, so that later samples go on with the first.
    """
    left = [case for case in cases if case.human is None]
    return sorted(left, key=lambda case: digest(["promptci.label/1", case.id]))[:n]


def told(door: Door, grading: Grading, score: float | None, cases: int) -> tuple[str, ...]:
    """Say how far each judge of a prompt can be trusted, and the score without the one judge's errors, for people.

    `score` is the mean of `cases` measured cases. Nothing for a prompt that no judge grades.
    """
    if "judge" not in needs_of(grading.metric).models:
        return ()
    judges = certified(door, grading)
    found = [str(one.certificate) for one in judges]
    alone = len(judges) == len(grading.combined.parts) == 1 and not grading.combined.graded
    if alone and score is not None and judges[0].certificate.labelled:
        rate = corrected(round(score * cases), cases, judges[0].certificate)
        found += [f"Corrected for the judge's errors, the score is {rate}."] if rate.value is not None else []
    return tuple(dict.fromkeys(found))
