"""What a change did to the base's cases: deleted, widened, edited, or moved to another id."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from promptci.core import Case, Json, case_digest, digest


@dataclass(frozen=True, slots=True)
class CaseEdits:
    """Ids of the base's cases by what a change did to them, in the base's order; `moved` has (old id, new id)."""

    deleted: tuple[str, ...] = ()
    widened: tuple[str, ...] = ()
    edited: tuple[str, ...] = ()
    moved: tuple[tuple[str, str], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.deleted or self.widened or self.edited or self.moved)


def edits_of(old: Sequence[Case], new: Sequence[Case]) -> CaseEdits:
    """Return what happened to each of `old`. A case is widened when it takes every answer that it took, and more.

    One whose id has another input now was not edited: it moved to where its input stands, or it is deleted.
    """
    after = {c.id: c for c in new}
    places = {_input(c): c.id for c in new}
    found: dict[str, list[str]] = {"deleted": [], "widened": [], "edited": []}
    moved = []
    for case in old:
        now = after.get(case.id)
        if now is not None and _whole(now) == _whole(case):
            continue
        if now is not None and _input(now) == _input(case):
            found["widened" if _wider(case, now) else "edited"].append(case.id)
        elif (place := places.get(_input(case))) is not None:
            moved.append((case.id, place))
            found["widened"] += [case.id] if _wider(case, after[place]) else []
        else:
            found["deleted" if now is None else "edited"].append(case.id)
    return CaseEdits(**{name: tuple(ids) for name, ids in found.items()}, moved=tuple(moved))


def with_renamed(old: Sequence[Case], new: Sequence[Case]) -> tuple[Case, ...]:
    """Return `old` with the columns of `new` that are old ones under another name, in the cases that have them.

    A column was renamed where every case of both, and there is one, has the same value under both names. So a prompt
    whose placeholders were renamed together with the columns can be put to the old cases.
    """
    after = {c.id: c for c in new}
    pairs = [(c.vars, after[c.id].vars) for c in old if c.id in after]
    if not pairs:
        return tuple(old)
    names = {
        name: was
        for name in pairs[0][1].keys() - pairs[0][0].keys()
        for was in pairs[0][0].keys() - pairs[0][1].keys()
        if all(name in now and was in then and now[name] == then[was] for then, now in pairs)
    }
    return tuple(replace(c, vars={**c.vars, **_again(c, names)}) for c in old)


def _again(case: Case, names: Mapping[str, str]) -> dict[str, Json]:
    return {name: case.vars[was] for name, was in names.items() if was in case.vars}


def _wider(old: Case, new: Case) -> bool:
    """Whether `new` takes all answers that `old` takes and more, or asserts less."""
    before, after = _answers(old.expected), _answers(new.expected)
    looser = {digest(dict(a)) for a in new.asserts} < {digest(dict(a)) for a in old.asserts}
    return before < after or looser or (bool(before) and not after)


def _answers(expected: Json) -> set[str]:
    given = expected if isinstance(expected, list) else [] if expected is None else [expected]
    return {digest(answer) for answer in given}


def _input(case: Case) -> str:
    return digest([dict(case.vars), [[m.role, m.content, *m.pictures] for m in case.messages]])


def _whole(case: Case) -> str:
    return digest([case_digest([case]), sorted(case.tags)])
