"""What a scheduled run watches: models that drift, answer under another name, have a successor, or will be gone."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Literal

from promptci.core import Reason, digest
from promptci.decide.sentinel import DRIFT
from promptci.errors import ForgeError, GitError, MeasureError
from promptci.forge import forge_for
from promptci.measure.drift import Watched, watch
from promptci.models.base import ModelSpec
from promptci.models.keys import server
from promptci.models.retirement import Offer, follower, offered, retirement, spec_days_left, successor, upgrade
from promptci.project.models import called_specs
from promptci.project.project import Project
from promptci.project.side import Side
from promptci.report.base import PromptReport
from promptci.report.quoting import code, codes
from promptci.report.wording import counted
from promptci.run.session import Session
from promptci.untrusted import one_line

NEAR = 60  # days before a model's end in which a scheduled run asks for its upgrade

Kind = Literal["renamed", "drifted", "successor", "retires"]


@dataclass(frozen=True, slots=True)
class Concern:
    """One thing that people should know of a model; `ids` are the prompts whose measurements it explains."""

    kind: Kind
    model: str
    title: str
    body: str
    ids: tuple[str, ...] = ()

    @property
    def marker(self) -> str:
        """The mark of the one issue about it, letters, digits and '-'."""
        name = re.sub(r"[^a-z0-9]+", "-", self.model.lower()).strip("-")[:30]
        return f"promptci-{self.kind}-{name}-{digest(self.model)[:8]}"


def concerns(run: Session, sides: Sequence[Side], today: date | None = None) -> list[Concern]:
    """Look at every model of the settings, and ask a few sentinel cases of each that has baselines.

    Lists of models are asked of servers for nothing; one that cannot be had is passed over, as the table is there.
    """
    day = today or datetime.now(UTC).date()
    found = [told for one in watch(run, sides) for told in _of_answers(run, one)]
    specs = {(s.model, server(s)): s for s in called_specs(run.config, searching=True)}
    hosts = {host: s for (_, host), s in specs.items()}  # a server is asked once, however many of its models are named
    offers = {host: _offer(s, day, run.options.replay) for host, s in hosts.items()}
    return [*found, *(told for (_, host), s in specs.items() for told in _of_dates(s, offers[host], day))]


def _offer(spec: ModelSpec, today: date, replay: bool) -> Offer:
    try:
        return Offer() if replay else offered(spec, today)
    except MeasureError:  # many servers have no such list, and the table knows the models that matter
        return Offer()


def _of_answers(run: Session, one: Watched) -> list[Concern]:
    model, prompts = one.spec.model, codes(one.ids, 10)
    if one.stopped is not None:
        run.door.note(f"Whether {one_line(model)} drifted could not be told: {one.stopped.text}.")
        return []
    asked = f"{counted(one.asked, 'sentinel case')} of {one.of:,} asked afresh"
    mend = (
        "`promptci check --accept` makes baselines of the model as it is now; "
        "`promptci optimize` rewrites what it no longer answers well."
    )
    if one.renamed:
        names = [codes(sorted(given), 5) for given in (one.was, one.now)]
        said = f"{code(model)} answered as {names[0]} when the baselines were accepted, and answers as {names[1]} now."
        moved = f" Its answers {one.way}, too." if one.way else " No drift of its answers is shown."
        return [
            _concern("renamed", model, "answers as another model", f"{said}{moved}\n\n{asked}.", prompts, mend, one)
        ]
    if one.way is None:
        run.door.note(f"{one_line(model)} answers as it did: {asked}.")
        return []
    how = "failed though every accepted answer passed" if one.way == "fell" else "passed though none had"
    said = (
        f"{asked}: {len(one.events)} {how}, which is what a drift of {100 * DRIFT:.0f} points looks like. "
        f"Cases: {codes(one.events, 10)}."
    )
    return [_concern("drifted", model, "drifted", said, prompts, mend, one)]


def _concern(kind: Kind, model: str, title: str, said: str, prompts: str, mend: str, one: Watched) -> Concern:
    body = f"{said}\n\nPrompts: {prompts}.\n\n{mend}\n"
    return Concern(kind, model, f"{one_line(model, limit=60)} {title}", body, one.ids)


def _of_dates(spec: ModelSpec, offer: Offer, today: date) -> list[Concern]:
    model, left = spec.model, spec_days_left(spec, today, offer.retirements)
    known = retirement(model, offer.retirements) if left is not None else None
    follows = follower(model, known) or successor(model, offer.names) or ""
    name = one_line(model, limit=60)
    command = f"{upgrade(follows)} --pr"
    move = f"{code(command, limit=300)} measures every prompt on both models and proposes the move."
    if known is not None and left is not None and left <= NEAR:
        when = f"was retired on {known.day}" if left < 0 else f"retires on {known.day}"
        said = f"{code(model)} {when}, says {code(known.source)} (seen {known.seen}).\n\n{move}\n"
        return [Concern("retires", model, f"{name} {when}", said)]
    if follows:
        said = f"{code(model)} has a successor, {code(follows)}.\n\n{move}\n"
        return [Concern("successor", model, f"{name} has a successor", said)]
    return []


def issues(project: Project, found: Sequence[Concern], environ: Mapping[str, str]) -> list[str]:
    """Open, or update in place, one issue for each concern; return what happened. Nothing here costs a verdict."""
    if not found:
        return []
    if environ.get("PROMPTCI_DRY_RUN") == "true":
        return [f"{one.title}; no issue was written: a dry run" for one in found]
    told: list[str] = []
    waiting = list(found)
    try:
        forge = forge_for(project.repository.remote_url("origin"), environ, token=project.repository.token)
        while waiting:
            one = waiting[0]
            issue = forge.issue(one.title, one.body, marker=one.marker)
            waiting.pop(0)
            done = "says so already" if issue.operation == "none" else issue.operation
            told += [f"{one.title}: issue {done} {issue.url or ''}".rstrip(), *map(one_line, issue.notes)]
    except (GitError, ForgeError) as problem:
        told += [*(one.title for one in waiting), f"no issue was written: {one_line(str(problem))}"]
    return told


def excused(prompts: Sequence[PromptReport], found: Sequence[Concern]) -> list[PromptReport]:
    """Return the reports with what a moved model explains: no commit made its prompts worse, so none is red."""
    moved = {i: one for one in found for i in one.ids}
    return [_excused(p, moved[p.id]) if p.id in moved else p for p in prompts]


def _excused(prompt: PromptReport, one: Concern) -> PromptReport:
    said = f"{one.title}: an issue says what to do, and no commit is to blame."
    reasons = (*prompt.reasons, Reason("model_moved", said))
    return replace(prompt, verdict="inconclusive" if prompt.verdict == "fail" else prompt.verdict, reasons=reasons)
