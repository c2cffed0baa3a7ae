"""One case of a run, as text for a terminal: both answers side by side, and the tools that they called."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from promptci.report import cases, charts
from promptci.report.base import CaseDetail, Trace
from promptci.report.layout import cells, cut
from promptci.untrusted import one_line, shown

_HALF = 46  # columns of a side where nobody knows the width
_BLOCK = 40  # lines of an answer before it is cut
_BESIDE = ("old", "new", "old calls", "new calls")  # what stands in the two columns


def case_text(detail: CaseDetail, *, width: int | None = None) -> str:
    """Return one case whole, input and expected answer first, then both answers in two columns; ends in a newline."""
    return "\n".join(_side_by_side(detail, width)) + "\n"


def _side_by_side(detail: CaseDetail, width: int | None) -> Iterator[str]:
    yield f"{one_line(detail.id)}: {charts.words([detail])[charts.kind_of(detail)]}"
    told = [(name, text) for name, text in cases.rows(detail) if name not in _BESIDE]
    for name, text in told:
        yield ""
        yield f"{name}:"
        yield from (f"  {line}" for line in shown(text).split("\n"))
    half = max(20, ((width or 2 * _HALF + 3) - 3) // 2)
    old, new = (_column(name, text, value, half) for name, text, value in (
        ("old", detail.old, detail.old_value), ("new", detail.new, detail.new_value)))  # fmt: skip
    yield from _beside(old, new, half)
    if detail.old_trace or detail.new_trace:
        yield from _beside(_folded(detail.old_trace, half), _folded(detail.new_trace, half), half)


def _beside(old: Sequence[str], new: Sequence[str], half: int) -> Iterator[str]:
    yield ""
    for number in range(max(len(old), len(new))):
        left, right = (side[number] if number < len(side) else "" for side in (old, new))
        yield f"{left}{' ' * (half - cells(left))} | {right}".rstrip()


def _folded(trace: Trace, width: int) -> list[str]:
    """The calls of an answer: a line for each, and one for what it gave; a call that is repeated is told once."""
    lines = [f"calls ({len(trace)})", "-" * width]
    number = 1
    for (said, result), same in groupby(trace, key=lambda call: (cases.call_text(call), call.result)):
        count = len(list(same))
        times = f" (x{count})" if count > 1 else ""
        lines.append(f"{cut(f'{number} {said}', width - len(times))}{times}")
        lines += ["  " + cut(f"-> {result}", width - 2)] if result else []
        number += count
    return lines


def _column(name: str, text: str | None, value: float | None, width: int) -> list[str]:
    """An answer under its name, broken to a width."""
    head = name if value is None else f"{name} ({value:g})"
    lines = shown("(no answer)" if text is None else text or "(empty)").expandtabs(2).split("\n")
    broken = [piece for line in lines for piece in _pieces(line, width)]
    cut_off = ["[cut]"] if len(broken) > _BLOCK else []
    return [head, "-" * width, *broken[:_BLOCK], *cut_off]


def _pieces(line: str, width: int) -> list[str]:
    """A line in pieces of at most `width` columns; none of them a workflow command."""
    pieces, piece = [], ""
    for char in line:
        if cells(piece + char) > width:
            pieces.append(piece)
            piece = ""
        piece += char
    return [shown(part) if part.lstrip().startswith("::") else part for part in (*pieces, piece)]
