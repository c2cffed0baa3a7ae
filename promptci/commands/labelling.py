"""`promptci cases label`: rows that wait for their expected answer, and answers that wait for a person's grade."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

from promptci.commands.cases import chosen, review_of, reviewed
from promptci.core import Case
from promptci.errors import DataError
from promptci.project.project import locate
from promptci.project.side import Side
from promptci.prompts.render import input_of
from promptci.records.files import write_atomically
from promptci.run.options import Options
from promptci.scoring.certifying import OUTPUT, to_label
from promptci.untrusted import one_line

Ask = Callable[[Sequence[str]], str | None]
_SHOWN = 400  # characters of a text


def label(options: Options, count: int, *, prompt: str | None = None, ask: Ask | None = None) -> list[str]:
    """Return the next `count` rows for review without an expected answer, then as many answers to grade, a block each.

    With `ask` each row for review is shown to it alone; what it returns is written into the row as its expected answer,
    at once: "" leaves the row as it is, None ends it. Raises DataError when nothing waits for a person.
    """
    project = locate(options.config, Path())
    found = chosen(project, prompt)
    place = project.directory / review_of(found.settings.cases)
    waiting = [case for case in reviewed(place) if case.expected is None]
    lines = _to_answer(waiting[:count], len(waiting), place, found.settings.cases, ask)
    lines += _to_grade(found, count)
    if not lines:
        hint = f"a row to grade has the answer in '{OUTPUT}'; the person's grade goes into 'human'"
        problem = f"no row has an answer to grade, and none waits in {place.name}"
        raise DataError(problem, place=found.settings.cases, hint=hint)
    return lines


def _to_answer(rows: Sequence[Case], waiting: int, place: Path, cases: str, ask: Ask | None) -> list[str]:
    if not rows:
        return []
    if ask is None:
        lines = [line for case in rows for line in (*_block(case), "")]
        lines.append(f"{len(rows)} of {waiting} rows without an expected answer; write 'expected' into the rows of")
        return [*lines, f"{place}, or run this at a terminal, which asks for each"]
    written = 0
    for case in rows:
        said = ask(_block(case))
        if said is None:
            break
        if said.strip():
            _write(place, case.id, said.strip())
            written += 1
    told = f"{written} rows have their answer now, {waiting - written} wait; move those that have one from"
    return [told, f"{place} to {cases}"]


def _block(case: Case) -> list[str]:
    said = [f"  {m.role:<9} {one_line(m.content, limit=_SHOWN)}" for m in case.messages]
    asked = [f"  asked     {one_line(input_of(case.vars), limit=_SHOWN)}"] if case.vars else []
    return [one_line(case.id, limit=100), *said, *asked]


def _write(place: Path, name: str, expected: str) -> None:
    """Put an answer into a row; every other byte of the file stays."""
    lines = place.read_text(encoding="utf-8").split("\n")
    for number, line in enumerate(lines):
        row = json.loads(line) if line.strip() else {}
        if row.get("id") == name:
            lines[number] = json.dumps({**row, "expected": expected}, ensure_ascii=False)
    write_atomically(place, "\n".join(lines).encode())


def _to_grade(found: Side, count: int) -> list[str]:
    ready = [case for case in found.cases if isinstance(case.vars.get(OUTPUT), str)]
    if not ready:
        return []
    drawn = to_label(ready, count)
    lines = []
    for case in drawn:
        asked = {name: value for name, value in case.vars.items() if name != OUTPUT}
        lines += [one_line(case.id, limit=100), f"  asked     {one_line(input_of(asked), limit=_SHOWN)}"]
        lines += [f"  answered  {one_line(str(case.vars[OUTPUT]), limit=_SHOWN)}", ""]
    left = sum(case.human is None for case in ready)
    lines.append(f"{len(drawn)} of {left} answers without a grade, drawn blindly; write 'human' (true, false, 0 to 1)")
    return [*lines, f"into their rows of {found.settings.cases}"]
