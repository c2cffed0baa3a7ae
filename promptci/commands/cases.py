"""`promptci cases`: new rows out of traces, and an eval set looked over."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from promptci.core import Case, Json, Message, digest
from promptci.errors import UsageError
from promptci.evals import read_cases
from promptci.evals.split import position, share_of_test, split
from promptci.findings.base import Finding, finding
from promptci.findings.cases import of_cases
from promptci.identity import group_of
from promptci.project.project import Project, locate
from promptci.project.side import Side, side
from promptci.records import ledger
from promptci.records.files import write_atomically
from promptci.run.options import Options
from promptci.traces.alike import ALIKE, SAME, clusters, pairs, words
from promptci.traces.masking import masked
from promptci.traces.reading import Trace, read
from promptci.untrusted import one_line

_TEXTS = ("input", "text", "question", "body", "message", "description", "content", "query", "subject")


@dataclass(frozen=True, slots=True)
class Added:
    """What `add` wrote, in words."""

    path: Path
    lines: tuple[str, ...]


def add(options: Options, file: Path, *, prompt: str | None = None, column: str | None = None) -> Added:
    """Write the inputs in `file` that are new to a prompt's eval set into its review file, without expected answers.

    The review file stands beside the eval set and nothing reads it: a person gives each row its expected answer and
    moves it. A set whose held-out cases a ledger knows gets rows in clusters that fall outside them. Raises DataError
    for a file of no known kind, UsageError where it is not clear which prompt or column is meant.
    """
    project = locate(options.config, Path())
    found = chosen(project, prompt)
    taken = read(file)
    place = project.directory / review_of(found.settings.cases)
    before = reviewed(place)
    hidden: Counter[str] = Counter()
    variables = sorted(found.template.variables)
    made = [_case(trace, variables, column, hidden) for trace in taken.found]
    cases = [case for case in made if _said(case).strip()]
    empty = taken.without_input + len(made) - len(cases)
    known = [*found.cases, *before]
    fresh, exact, near = _new(cases, known)
    held = _held(project, found)
    rows = _clustered(fresh, known, held)
    there = _content(place)  # what people have written into it stays as it is
    write_atomically(place, there + (b"" if there[-1:] in (b"", b"\n") else b"\n") + _lines(rows))
    told = [f"{len(rows)} new rows in {place}", f"  {len(cases)} inputs read from {file}"]
    if empty:
        told.append(f"  {empty} entries without an input of a model left out")
    told.append(f"  {exact} there already word for word, {near} nearly so (at least {SAME:.0%} of the words)")
    if held is not None:
        told.append(f"  {len(fresh) - len(rows)} like a held-out case left out; no other row becomes a held-out one")
    told.append(f"  {len({row.group for row in rows})} clusters of inputs that are alike")
    told.append(f"  masked by rule: {_counted(hidden)}; names of people have no form and stay: read the rows")
    if rows:
        next_step = "give each row its 'expected' (`promptci cases label` asks for one after the other)"
        told.append(f"next: {next_step}, then move it to {found.settings.cases}")
    return Added(place, tuple(told))


def chosen(project: Project, prompt: str | None) -> Side:
    """Return the prompt that is meant, as it stands. Raises UsageError where several could be."""
    settings = project.config.chosen([prompt] if prompt else [])
    if len(settings) > 1:
        hint = f"--prompt with one of: {', '.join(p.id for p in settings)}"
        raise UsageError("there are several prompts: which one were these inputs for?", hint=hint)
    return side(project, project.config, settings[0], None)


def review_of(cases: str) -> str:
    """Return the path of the file for review that stands beside an eval set."""
    path = PurePosixPath(cases)
    return path.with_name(f"{path.name.split('.')[0]}.review.jsonl").as_posix()


def reviewed(place: Path) -> Sequence[Case]:
    """Return the rows of a file for review; none where there is no such file yet."""
    content = _content(place)
    return read_cases(place.name, content) if content.strip() else []


def _content(place: Path) -> bytes:
    try:
        return place.read_bytes()
    except FileNotFoundError:
        return b""


def _case(trace: Trace, variables: Sequence[str], column: str | None, hidden: Counter[str]) -> Case:
    values, turns = _values(trace, variables, column)
    values = {name: masked(value, hidden) for name, value in values.items()}
    chat = tuple((role, masked(text, hidden)) for role, text in turns)
    name = digest([values, [list(turn) for turn in chat]])[:12]
    return Case(f"t-{name}", values, messages=_messages(chat))


def _messages(turns: Sequence[tuple[str, str]]) -> tuple[Message, ...]:
    return tuple(Message("assistant" if role == "assistant" else "user", text) for role, text in turns)


def _values(
    trace: Trace, variables: Sequence[str], column: str | None
) -> tuple[dict[str, str], Sequence[tuple[str, str]]]:
    """Return the values that fill the prompt, and the turns of a chat that has more than one."""
    if trace.columns is None:
        if len(trace.turns) > 1 and not variables:
            return {}, trace.turns
        if len(variables) > 1:
            problem = f"a chat cannot fill the variables {', '.join(variables)}"
            raise UsageError(problem, place=trace.place, hint="give a table with a column for each")
        return {variables[0] if variables else "input": trace.turns[-1][1]}, ()
    return _of_columns(trace.columns, variables, column, trace.place), ()


def _of_columns(given: Mapping[str, str], variables: Sequence[str], column: str | None, place: str) -> dict[str, str]:
    """Return a table's cells by variable: columns of the same names, or the one that holds a text for the only one."""
    plain = {_plain(name): name for name in reversed(list(given))}
    if column is None and variables and all(_plain(name) in plain for name in variables):
        return {name: given[name if name in given else plain[_plain(name)]] for name in variables}
    named = [name for text in _TEXTS for name in given if _plain(name) == text]
    named += [name for text in _TEXTS for name in given if text in _plain(name).split("_")]
    wanted = column or next(iter(named), "")
    if wanted not in given or len(variables) > 1:
        meant = ", ".join(variables) if variables else "the input"
        hint = f"--column NAME; the table has: {', '.join(one_line(name, limit=30) for name in given)}"
        raise UsageError(f"no column for {meant}", place=place, hint=hint)
    return {variables[0] if variables else "input": given[wanted]}


def _plain(name: str) -> str:
    """A column's or a variable's name however it is written: `Ticket Body`, `ticket-body`, `ticket_body`."""
    return re.sub(r"[\W_]+", "_", name.casefold()).strip("_")


def _said(case: Case) -> str:
    return " ".join((*(str(value) for _, value in sorted(case.vars.items())), *(m.content for m in case.messages)))


def _new(cases: Sequence[Case], known: Sequence[Case]) -> tuple[list[Case], int, int]:
    """Return what is new, and how many were there already: word for word, and nearly."""
    seen = {" ".join(_said(case).casefold().split()) for case in known}
    fresh: list[Case] = []
    for case in cases:
        text = " ".join(_said(case).casefold().split())
        if text and text not in seen:
            seen.add(text)
            fresh.append(case)
    sets = [words(_said(case)) for case in (*known, *fresh)]
    copies = {i for i, j in pairs(sets, SAME) if i >= len(known)}
    kept = [case for n, case in enumerate(fresh, len(known)) if n not in copies]
    return kept, len(cases) - len(fresh), len(fresh) - len(kept)


@dataclass(frozen=True, slots=True)
class _Held:
    """The held-out part of a set that a ledger knows: its share, and the ids of the cases in it."""

    share: float
    ids: frozenset[str]


def _held(project: Project, found: Side) -> _Held | None:
    """Return what is held out where a ledger has questions about it; None where nothing was asked yet."""
    path = ledger.path_of(found.settings.id)
    content = project.at(None, path)
    asked = ledger.load(content, path) if content else []
    if not asked:
        return None
    share = ledger.pinned_share(asked) or share_of_test(screening=True)
    parts = split(found.cases, found.template.variables | found.template.optional, share=share)
    return _Held(share, frozenset(case.id for case in parts.test))


def _clustered(fresh: Sequence[Case], known: Sequence[Case], held: _Held | None) -> list[Case]:
    """Put cases that are alike into one cluster each, that of a known case where there is one.

    What is like a held-out case is left out: on either side of the split it would tell something about the other.
    """
    every = [*known, *fresh]
    heads = clusters(len(every), pairs([words(_said(case)) for case in every], ALIKE))
    sizes = Counter(heads)
    secret = {heads[n] for n, case in enumerate(known) if held and case.id in held.ids}
    rows = []
    for n, case in enumerate(fresh, len(known)):
        if heads[n] in secret:
            continue
        head = every[heads[n]]
        name = head.cluster if heads[n] < len(known) else None
        if name is None and (held is not None or sizes[heads[n]] > 1):
            name = f"like-{head.id}" if held is None else _outside(f"like-{head.id}", held.share)
        rows.append(Case(case.id, case.vars, tags=("review",), cluster=name, messages=case.messages))
    return rows


def _outside(name: str, held: float) -> str:
    """Return a name of the cluster that the split puts among the cases that the search sees."""
    tries = (name, *(f"{name}-{n}" for n in range(1, 1000)))
    return next(t for t in tries if position(group_of(Case("", {}, cluster=t)))[0] >= held)


def _lines(rows: Sequence[Case]) -> bytes:
    return "".join(json.dumps(_row(row), ensure_ascii=False) + "\n" for row in rows).encode()


def _row(case: Case) -> dict[str, Json]:
    found: dict[str, Json] = {"id": case.id, "vars": dict(case.vars)}
    if case.messages:
        found["messages"] = [{"role": m.role, "content": m.content} for m in case.messages]
    if case.tags:
        found["tags"] = list(case.tags)
    return found | ({"cluster": case.cluster} if case.cluster is not None else {})


def _counted(hidden: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in sorted(hidden.items())) or "nothing"


def check(options: Options, *, ids: Sequence[str] = ()) -> list[Finding]:
    """Look over eval sets: cases that are one case, that the held-out part shares, or whose labels contradict."""
    project = locate(options.config, Path())
    sides = [side(project, project.config, settings, None) for settings in project.config.chosen(ids)]
    return [each for found in sides for each in (*of_cases(found), *_contradicting(found))]


def _contradicting(found: Side) -> Iterator[Finding]:
    """Cases that say nearly the same and expect something else: one of the two labels is wrong, or a word decides."""
    cases = [case for case in found.cases if case.expected is not None]
    near = pairs([words(_said(case)) for case in cases], SAME)
    torn = [(j, i) for i, j in near if digest(cases[i].expected) != digest(cases[j].expected)]
    if torn:
        a, b = (one_line(cases[n].id, limit=40) for n in torn[0])
        said = f"{len(torn)} pairs of cases say nearly the same and expect different answers, such as {a} and {b}"
        yield finding("contradicting-cases", found.settings.cases, said, "read both: one label may be wrong")
