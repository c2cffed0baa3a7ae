"""For programs that promptci tests: `for case in cases(): answer(case, output)`.

Needs nothing but the standard library. What the program prints goes to standard error, so that it cannot be taken for
an answer.
"""

from __future__ import annotations

import inspect
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from threading import Lock
from typing import Any, TextIO

_out: TextIO | None = None
_lock = Lock()


@dataclass(frozen=True)
class Case:
    """One case: `vars` are the row's values, `messages` its chat, if it has one."""

    id: str
    vars: Mapping[str, Any]
    messages: Sequence[Mapping[str, str]] = field(default_factory=list)


def cases() -> Iterator[Case]:
    """Yield the cases as they come. Several may be open at once: answer them in any order, from any thread."""
    global _out
    if _out is None:
        _out = os.fdopen(os.dup(1), "w", encoding="utf-8")
        os.dup2(2, 1)
    for line in sys.stdin:
        if line.strip():
            row = json.loads(line)
            yield Case(row["id"], row["vars"], row.get("messages", []))


def answer(
    case: Case,
    output: Any = None,
    *,
    usage: Mapping[str, int] | None = None,
    cost_usd: float | None = None,
    trace: Sequence[Mapping[str, Any]] | None = None,
    error: str | None = None,
) -> None:
    """Answer one case: with a text or any JSON value, or with why there is none.

    `usage` has input_tokens and output_tokens; `cost_usd` is what the case cost. `trace` lists steps such as
    {"tool": "search", "arguments": {...}, "result": ...}. Raises RuntimeError before `cases` was asked.
    """
    if _out is None:
        raise RuntimeError("ask cases() first")
    row = {"id": case.id, "output": output, "usage": usage, "cost_usd": cost_usd, "trace": trace, "error": error}
    with _lock:
        _out.write(json.dumps({name: value for name, value in row.items() if value is not None}) + "\n")
        _out.flush()


def serve(function: Callable[..., Any]) -> None:
    """Answer every case with what `function` returns for its variables, one after the other.

    It gets those that it has parameters for, and the chat as `messages`; all of them where it takes any. What it raises
    is why that case has no answer.
    """
    wanted = inspect.signature(function).parameters.values()
    names = {one.name for one in wanted}
    takes_any = any(one.kind is inspect.Parameter.VAR_KEYWORD for one in wanted)
    for case in cases():
        known = {**({"messages": case.messages} if case.messages else {}), **case.vars}
        try:
            answer(case, function(**{name: value for name, value in known.items() if takes_any or name in names}))
        except Exception as problem:
            answer(case, error=f"{type(problem).__name__}: {problem}")


if __name__ == "__main__":
    _module, _, _name = sys.argv[1].partition(":")
    serve(getattr(import_module(_module), _name))
