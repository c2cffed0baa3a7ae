"""Gathers the edits of a round: asks their source until there are enough, and keeps those that pass the guards."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from promptci.core import Reason
from promptci.search.account import ending
from promptci.search.base import Guard, Proposal, Refused, Scored, Trajectory
from promptci.search.demos import demonstrations
from promptci.search.forms import UNASKED, forms
from promptci.search.guards import normalised
from promptci.search.metaprompts import NO_REPLY
from promptci.search.screening.edits import Edit, apply, deletions, factors
from promptci.search.screening.pieces import Pieces
from promptci.search.standing import counted, view
from promptci.search.view import EditSource, Suggested

VOTES = 4  # suggestions asked for each place: what several replies suggest helps more often than what one does
_BARREN = 3  # questions in a row without a new edit, after which asking further is in vain


@dataclass(slots=True)
class Gathered:
    """The edits of a round and what was refused; `texts` are whole texts that came along.

    `said` counts how often each edit came, by the text that it makes; `heard` are all that somebody suggested.
    """

    base: Pieces
    guards: Sequence[Guard]
    step: int
    seen: set[str]
    edits: list[Edit] = field(default_factory=list)
    texts: list[Proposal] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    said: Counter[str] = field(default_factory=Counter)
    heard: int = 0
    replies: int = 0
    unread: int = 0
    silent: int = 0

    def take(self, given: Suggested) -> int:
        """Sort what was suggested into edits and refusals; return how many edits are new."""
        before = len(self.edits)
        for edit in given.edits:
            self._take(edit)
        self.texts += given.texts
        self.replies += given.replies
        for one in given.unread:
            self.unread += 1
            self.silent += one.reason == NO_REPLY
            detail = "the reply could not be read"
            self.refused.append(Refused(one.origin, self.step, one.reason, detail, one.raw, unread=True))
        return len(self.edits) - before

    def _take(self, edit: Edit) -> None:
        if edit.demo:  # the text itself stays: there is nothing that a guard could refuse
            self.edits.append(edit)
            return
        text = apply(self.base, [edit])
        proposal = Proposal(edit.source, text, shown=edit.shown)
        key = normalised(text)
        if key in self.said:
            self._heard(edit, key)
            return
        problem = next(((g.reason, said) for g in self.guards if (said := g(proposal)) is not None), None)
        if problem is None and (key in self.seen or not text.strip()):
            problem = "duplicate", "the same text was seen before"
        if problem:
            self.refused.append(Refused(edit.source, self.step, *problem, text=edit.text or f"(delete) {text}"))
        else:
            self.seen.add(key)
            self.edits.append(edit)
            self._heard(edit, key)

    def _heard(self, edit: Edit, key: str) -> None:
        self.said[key] += 1
        self.heard += edit.source not in UNASKED

    def wanting(self, most: int) -> int:
        """How many suggestions are missing: each place that is open is to have several to choose among."""
        own = sum(e.source in UNASKED for e in self.edits)
        return max(0, most - len(self.edits), VOTES * (most - own) - self.heard)

    def favoured(self, most: int) -> list[Edit]:
        """At most `most` of the edits: those for which nobody was asked, then what was suggested most often.

        An added sentence has the votes of its alternatives as well; these come when all others have their places.
        """
        asked = [e for e in self.edits if e.source not in UNASKED]
        votes = [self.said[normalised(apply(self.base, [e]))] for e in asked]
        ranked: list[tuple[int, int, int]] = []
        for group in factors(asked):
            order = sorted(group, key=lambda i: (-votes[i], i))
            alike = sum(votes[i] for i in group if asked[i].change == "insert")
            ranked += [(rank, -max(alike, votes[i]), i) for rank, i in enumerate(order)]
        own = [e for e in self.edits if e.source in UNASKED]
        return [*own, *(asked[i] for _, _, i in sorted(ranked))][:most]


def gathered(
    done: Trajectory,
    lead: Scored,
    base: Pieces,
    source: EditSource,
    guards: Sequence[Guard],
    *,
    wanted: int,
    asks: int,
    seed: int,
    calls: Callable[[], int],
) -> tuple[Trajectory, Gathered]:
    """Edits for which nobody has to be asked first (what form an answer has, deletions), then edits from the source.

    It is asked until there are several suggestions for each of `wanted` places, or `asks` calls are spent; those that
    came most often are taken. The former take at most half of the places. Refused edits are made up for by further
    questions.
    """
    step = len(done.steps) + 1
    seen = {normalised(s.candidate.bare) for s in done.scored} | tried_texts(done, base)
    found = Gathered(base, guards, step, seen)
    found.take(_unasked(done, lead, base, source, wanted=wanted, seed=seed))
    begun, number, barren = calls(), 0, 0
    while barren < _BARREN and (left := asks - max(found.replies, calls() - begun)) > 0:
        if not (more := found.wanting(wanted)):
            break
        about = replace(view(done, seed, left), lead=_blind(done, lead))
        given = source.edits(about, base, more, number)
        barren = 0 if found.take(given) else barren + 1
        shown = [Proposal(e.source, "", shown=e.shown) for e in given.edits] + list(given.unread)
        done = replace(done, shown=counted(Counter(done.shown), shown))
        number += 1
        if not given.replies or found.silent >= max(4, found.replies):
            break
    found.edits = found.favoured(wanted)
    done = replace(done, refused=(*done.refused, *found.refused))
    unheard = found.replies > 0 and found.unread == found.replies  # deletions alone are not what was asked for
    if found.edits and not unheard:
        return done, found
    return replace(done, ended=done.ended or _nothing(found)), found


def _unasked(done: Trajectory, lead: Scored, base: Pieces, source: EditSource, *, wanted: int, seed: int) -> Suggested:
    """Demonstrations, the form of the answers, deletions: half of `wanted` at most, but for the demonstrations."""
    about = view(done, seed, None)
    shots = demonstrations(about.exemplars, source.demos, lead.candidate.demos, wanted // 3, about.rng)
    edits = [*shots, *forms(_blind(done, lead), done.train, base), *deletions(base)]
    return Suggested(tuple(edits[: max(wanted // 2, len(shots))]))


def _blind(done: Trajectory, lead: Scored) -> Scored:
    """The text in the lead with its outcomes on train alone."""
    ids = {c.id for c in done.train}
    return Scored(lead.candidate, {i: o for i, o in lead.outcomes.items() if i in ids})


def tried_texts(done: Trajectory, base: Pieces) -> set[str]:
    """Edits that earlier rounds tried, as they would read in this base: once is enough."""
    tried = (w.edit for screen in done.screens for w in screen.worths)
    kept = [edit for edit in tried if edit.change == "insert" and edit.place < len(base.pieces)]
    return {normalised(apply(base, [edit])) for edit in kept}


def _nothing(found: Gathered) -> Reason:
    if found.silent and found.silent == found.replies:
        return ending("no_reply", "no reply from the optimizer model")
    if found.unread and found.unread == found.replies:
        first = found.refused[0].reason if found.refused else ""
        return ending("unreadable", f"no reply of the optimizer model could be read ({first})")
    return ending("nothing_left", "nothing left to suggest")
