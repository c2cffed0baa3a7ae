"""The smaller diff: changes of the winner that do not earn their place on the development cases are taken back."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from promptci.search.account import refused_by_door
from promptci.search.base import Guard, Judge, Proposal, Race, Scored, Trajectory, gain, paired
from promptci.search.guards import admit

_TRIES = 3  # each costs up to one answer per development case
_SENTENCE = re.compile(r"[^\n.!?]*(?:[.!?](?=\S)[^\n.!?]*)*[.!?]*[ \t]*\n*")


@dataclass(frozen=True, slots=True)
class _Piece:
    """A stretch of text in the winner and what stood there in the incumbent; equal when nothing changed."""

    new: str
    old: str


def trimmed(
    done: Trajectory, winner: Scored, race: Race, judge: Judge, guards: Sequence[Guard]
) -> tuple[Trajectory, Scored]:
    """Take back changes one by one, the largest first, each for good when the development score does not fall.

    Returns the trajectory with what was tried (origin `trim`), and the winner, which never scores lower than before. At
    most three changes are tried, with the race's early end for those that hurt; a spent budget ends the trying.
    """
    pieces = _pieces(done.incumbent.candidate.bare, winner.candidate.bare)
    changed = sorted((i for i, p in enumerate(pieces) if p.new != p.old), key=lambda i: -len(pieces[i].new))
    for i in changed[:_TRIES] if len(changed) > 1 else []:
        smaller = [replace(p, new=p.old) if k == i else p for k, p in enumerate(pieces)]
        text = "".join(p.new for p in smaller).strip()
        proposal = Proposal("trim", text, parents=(winner.candidate.id,), demos=winner.candidate.demos)
        entrants, refused = admit([proposal] if text else [], guards, done)
        scored = race(entrants, [winner], done.cases, judge) if entrants else []
        done = replace(done, scored=(*done.scored, *scored), refused=done.refused + refused)
        if scored and _as_good(scored[0], winner, done):
            pieces, winner = smaller, scored[0]
        if scored and refused_by_door(list(scored[0].outcomes.values())):
            break
    return done, winner


def _as_good(smaller: Scored, winner: Scored, done: Trajectory) -> bool:
    """Met every case, is not behind the winner, and is still ahead of the incumbent."""
    if len(smaller.outcomes) < len(done.order):
        return False
    behind = gain(paired(winner, smaller, done.order))
    ahead = gain(paired(done.incumbent, smaller, done.order))
    return behind is not None and ahead is not None and behind >= 0 and ahead > 0


def _pieces(old: str, new: str) -> list[_Piece]:
    before, after = _sentences(old), _sentences(new)
    pieces: list[_Piece] = []
    matcher = difflib.SequenceMatcher(None, [s.strip() for s in before], [s.strip() for s in after], autojunk=False)
    for change, i1, i2, j1, j2 in matcher.get_opcodes():
        olds, news = (after[j1:j2] if change == "equal" else before[i1:i2]), after[j1:j2]
        if len(olds) > len(news) > 0:
            olds = [*olds[: len(news) - 1], "".join(olds[len(news) - 1 :])]
        width = max(len(olds), len(news))
        pairs = zip(news + [""] * (width - len(news)), olds + [""] * (width - len(olds)), strict=True)
        pieces += [_Piece(a, b) for a, b in pairs]
    return pieces


def _sentences(text: str) -> list[str]:
    """Sentences and lines, each with the blanks that follow it; the last one gets a blank, as it may move inward."""
    parts = [part for part in _SENTENCE.findall(text) if part]
    return [*parts[:-1], parts[-1].rstrip() + " "] if parts else []
