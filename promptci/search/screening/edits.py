"""The atomic edit: one place, one change. A prompt under test is the base text with a set of them."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from promptci.core import digest
from promptci.search.screening.pieces import Piece, Pieces, cut

Change = Literal["insert", "replace", "delete"]
_ALIKE = 0.6  # share of common words from which two added sentences say the same, or the contrary
_TOKEN = 4  # characters, about
_WORD = re.compile(r"\w+")
_LABELLED = re.compile(r"(?:[-*] )?\w[\w ]{0,20}:\s")


@dataclass(frozen=True, slots=True)
class Edit:
    """One change at the piece number `place` (from 0; -1 inserts before everything).

    `insert` puts `text` behind the piece, `replace` in its stead; `delete` has no text. `source` names what suggested
    it, `shown` are the ids of the train cases that its author saw. A deletion takes away `span` pieces from `place` on;
    everything else is about one. A demonstration has the id of the train case that it
    quotes in `demo`, and the `slot` that it would take; it leaves the text itself alone (`apply`).
    """

    place: int
    change: Change
    text: str = ""
    source: str = ""
    shown: tuple[str, ...] = ()
    demo: str = ""
    slot: int = 0
    span: int = 1

    @property
    def id(self) -> str:
        """Eight hex digits; the same change at the same place has the same id, whoever suggested it."""
        more = [*([self.demo] if self.demo else []), *([self.span] if self.span > 1 else [])]
        return digest([self.place, self.change, " ".join(self.text.split()), *more])[:8]

    @property
    def places(self) -> range:
        """The pieces that it changes; for an insertion the one that it follows."""
        return range(self.place, self.place + self.span)

    def old(self, base: Pieces) -> str:
        """What it replaces or deletes, or the piece that it follows; "" at the very beginning."""
        pieces = base.pieces[max(0, self.place) : self.place + self.span]
        return Pieces("", pieces).text.rstrip()

    def adds(self, base: Pieces) -> float:
        """The tokens, about, that it adds to a call; below zero where it makes the text shorter."""
        gone = 0 if self.change == "insert" else len(self.old(base))
        return (len(self.text) - gone) / _TOKEN


def apply(base: Pieces, edits: Sequence[Edit]) -> str:
    """The base text with these edits; insertions at one place keep their order. Nothing else changes.

    An edit of a fixed piece is not applied, nor is a demonstration. Where a piece is deleted, the wider of the two gaps
    around it stays.
    """
    edits = [edit for edit in edits if not edit.demo]
    done: list[Piece] = []
    head = base.head
    inserted = {
        i: [e.text for e in edits if e.change == "insert" and e.place == i] for i in range(-1, len(base.pieces))
    }
    changed = {i: e for e in edits if e.change != "insert" for i in e.places}
    _add(done, inserted[-1], base, -1)
    for i, piece in enumerate(base.pieces):
        edit = None if piece.fixed else changed.get(i)
        if edit is None:
            done.append(piece)
        elif edit.change == "replace":
            done.append(Piece(edit.text.strip(), piece.tail))
        elif done:
            done[-1] = Piece(done[-1].body, max(done[-1].tail, piece.tail, key=_width))
        _add(done, inserted[i], base, i)
    return Pieces(head, tuple(done)).text


def _width(tail: str) -> tuple[int, int]:
    return tail.count("\n"), len(tail)


def _add(done: list[Piece], texts: Sequence[str], base: Pieces, at: int) -> None:
    for text in texts:
        anchor = done[-1] if done else None
        tail = anchor.tail if anchor else ("\n\n" if base.pieces and base.pieces[0].fixed else " ")
        own_line = at >= 0 and (base.pieces[at].is_item or _is_item(text) or base.pieces[at].fixed)
        if anchor:
            done[-1] = Piece(anchor.body, "\n" if own_line else " ")
        done.append(Piece(text.strip(), tail if anchor or base.pieces else ""))


def _is_item(text: str) -> bool:
    return Piece(text, "").is_item


def deletions(base: Pieces) -> list[Edit]:
    """The deletion of every free piece, for which nobody has to be asked; none where only one says something."""
    free = base.free
    return [Edit(i, "delete", source="deletion") for i in free] if len(free) > 1 else []


def removals(base: Pieces) -> list[Edit]:
    """The deletions that say what can go: each free piece, but an example (lines with labels) as a whole."""
    blocks = _examples(base)
    inside = {i for block in blocks for i in block.places}
    return [*blocks, *(edit for edit in deletions(base) if edit.place not in inside)]


def _examples(base: Pieces) -> list[Edit]:
    """Blocks of two lines and more that all begin with a label, as `Input: ...` and `Output: ...` do."""
    found: list[Edit] = []
    begin = 0
    for i, piece in enumerate(base.pieces):
        if i + 1 < len(base.pieces) and piece.tail.count("\n") < 2:
            continue
        block = base.pieces[begin : i + 1]
        if len(block) > 1 and all(_LABELLED.match(p.body) and not p.fixed for p in block):
            found.append(Edit(begin, "delete", source="deletion", span=len(block)))
        begin = i + 1
    return found


def between(base: Pieces, text: str, source: str, shown: tuple[str, ...] = ()) -> list[Edit] | None:
    """The edits that turn the base into `text`, apart from blanks; None when a fixed piece would have to change."""
    new = cut(text).pieces
    old_keys, new_keys = [_key(p.body) for p in base.pieces], [_key(p.body) for p in new]
    found: list[Edit] = []
    for kind, i1, i2, j1, j2 in difflib.SequenceMatcher(None, old_keys, new_keys, autojunk=False).get_opcodes():
        if kind == "equal":
            continue
        if any(base.pieces[i].fixed for i in range(i1, i2)) or any(
            "{{" in p.body or "{%" in p.body for p in new[j1:j2]
        ):
            return None
        common = min(i2 - i1, j2 - j1)
        found += [Edit(i1 + k, "replace", new[j1 + k].body, source, shown) for k in range(common)]
        found += [Edit(i, "delete", "", source, shown) for i in range(i1 + common, i2)]
        found += [Edit(i1 + common - 1, "insert", new[j].body, source, shown) for j in range(j1 + common, j2)]
    return found


def _key(body: str) -> str:
    return " ".join(body.casefold().split())


def factors(edits: Sequence[Edit]) -> list[list[int]]:
    """Group edits of which at most one may be in: changes of one piece, added sentences with much the same words.

    Of demonstrations one a slot may be in.
    """
    groups: list[list[int]] = []
    for i, edit in enumerate(edits):
        home = next((g for g in groups if any(rivals(edit, edits[k]) for k in g)), None)
        if home is None:
            groups.append([i])
        else:
            home.append(i)
    return groups


def rivals(a: Edit, b: Edit) -> bool:
    """Whether two edits are alternatives of each other."""
    if a.demo or b.demo:
        return bool(a.demo and b.demo) and a.slot == b.slot
    if a.change != "insert" or b.change != "insert":
        return a.change != "insert" and b.change != "insert" and bool(set(a.places) & set(b.places))
    first, second = (set(_WORD.findall(e.text.casefold())) for e in (a, b))
    return len(first & second) >= _ALIKE * len(first | second) and bool(first | second)
