"""What a search tried, kept and refused, and where its calls went, in the report's nouns."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import fmean, median

from promptci.decide.aims import Aim
from promptci.decide.interval import CONFIDENCE
from promptci.evals.split import Split
from promptci.improve.confirm import Trial
from promptci.project.side import Side
from promptci.report.base import clipped
from promptci.report.searched import Edit, Headline, Phase, Refusal, Saving, Tried
from promptci.search.base import Found, Scored
from promptci.search.screening.edits import Edit as Change

EXAMPLE = 400  # characters of a refused reply that a report shows
MOST = 100  # candidates that a report lists: the best known ones


@dataclass(frozen=True, slots=True)
class Spending:
    """Calls of one prompt's search: its `cap` (None without one), what was kept for the confirmation, what was sent."""

    cap: int | None = None
    kept: int = 0
    search: int = 0
    confirmation: int = 0
    baseline: int = 0


def phases_of(found: Found, spent: Spending) -> tuple[Phase, ...]:
    """Return where the calls went; a phase that sent nothing and was to send nothing is left out."""
    ledger = found.ledger.closed(confirmation=spent.confirmation, max_calls=spent.cap)
    unused = max(0, ledger.unused - spent.baseline)
    if found.ledger.total == 0:  # a race does not tell its parts apart
        unused = max(0, unused - spent.search)
        parts = [Phase("search", spent.search)]
    else:
        parts = [Phase(name, getattr(ledger, name)) for name in ("start", "proposals", "screening", "finals")]
    parts += [Phase("confirmation", spent.confirmation, spent.kept), Phase("baseline", spent.baseline)]
    return tuple(p for p in (*parts, Phase("unused", unused)) if p.calls or p.planned)


def headline_of(trial: Trial, aim: Aim) -> Headline:
    """Return what was confirmed. Its size is known to a conditional interval where it was asked in looks."""
    answer, size = trial.acceptance, trial.acceptance.size
    if size is None:
        return Headline(aim.claim, answer.gain, answer.interval, CONFIDENCE, gain=aim.gains)
    return Headline(aim.claim, size.estimate, (size.low, size.high), CONFIDENCE, conditional=True)


def edits_of(found: Found) -> tuple[Edit, ...]:
    """Return each edit of the winner with its effect, its interval and the failures that its author saw."""
    return tuple(
        Edit(
            before="" if worth.edit.change == "insert" else worth.old,
            after=worth.edit.text,
            place=_place(worth.edit),
            effect=worth.effect.value,
            ci=worth.effect.interval,
            source=worth.edit.source,
            tokens=worth.tokens,
            failures=tuple(i for i in worth.edit.shown if (found.incumbent.value(i) or 0.0) < 1),
        )
        for worth in found.kept
    )


def savings_of(old: Side, trial: Trial, *, timed: bool) -> tuple[Saving, ...]:
    """Return what a call takes on the held-out cases under both prompts, as far as it is known.

    Seconds are told where they were searched for (`timed`): stored answers have none, so a resumed run would differ.
    """
    arms = trial.old, trial.new
    read, written = ([fmean(of[k] for of in arm.tokens.values()) for arm in arms if arm.tokens] for k in (0, 1))
    dollars = [1000 * fmean(arm.costs.values()) for arm in arms if arm.costs and old.spec.price is not None]
    seconds = [median(arm.latencies.values()) for arm in arms if timed and arm.latencies]
    named = (("tokens read a call", read), ("tokens written a call", written), ("USD for 1,000 calls", dollars))
    both = (*named, ("seconds an answer", seconds))
    return tuple(Saving(name, *of) for name, of in both if len(of) == len(arms) and any(of))


def _place(edit: Change) -> str:
    if edit.demo:
        return "as a demonstration"
    if edit.place < 0:
        return "at the beginning"
    if edit.span > 1:
        return f"sentences {edit.place + 1} to {edit.place + edit.span}"
    return f"after sentence {edit.place + 1}" if edit.change == "insert" else f"sentence {edit.place + 1}"


def refusals_of(found: Found) -> tuple[Refusal, ...]:
    """Return why proposals were refused, most frequent first, each reason with the first of them."""
    first = {r.reason: r for r in reversed(found.refused)}
    return tuple(
        Refusal(reason, n, first[reason].detail, clipped(first[reason].text)[:EXAMPLE])
        for reason, n in found.refusals.items()
    )


def tried_of(found: Found, parts: Split) -> tuple[Tried, ...]:
    """Return the candidates that were scored, those that met most cases first; edits are told by themselves."""
    ranked = sorted(found.candidates, key=lambda s: -len(s.outcomes))
    return tuple(_tried(scored, found, parts) for scored in ranked[:MOST])


def _tried(scored: Scored, found: Found, parts: Split) -> Tried:
    one, won = scored.candidate, found.winner
    most = max((len(s.outcomes) for s in found.candidates), default=0)
    ended = "won" if won and won.candidate == one else "" if len(scored.outcomes) >= most else "dropped by the race"
    return Tried(
        one.id,
        clipped(one.text),
        one.origin,
        one.step,
        one.parents,
        scored.mean([c.id for c in parts.train]),
        scored.mean([c.id for c in parts.validation]),
        len(scored.outcomes),
        ended if not found.screens or ended == "won" else "",
    )
