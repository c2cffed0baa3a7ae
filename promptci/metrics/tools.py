"""Tool calls: the right tool with the right arguments."""

from __future__ import annotations

import json
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import ClassVar

from promptci.core import Case, Json, ToolCall
from promptci.errors import DataError
from promptci.metrics.base import Answer, Grade, Needs, wrong
from promptci.metrics.expected import NO_ANSWER_EXPECTED
from promptci.metrics.form import version_of
from promptci.metrics.structured import same_json
from promptci.options import Count

_Call = tuple[str, Mapping[str, Json] | None]  # a tool's name with its arguments, None for any
_SHAPE = 'write {"name": "refund", "arguments": {"order": 7}}, its name alone, or a list of them'


@dataclass(frozen=True)
class ToolCalls:
    """The answer calls the expected tools, no others, in any order; with `ordered` in this one.

    With `at_most` it may call others before, between and after them, so many calls in all at the most. What is
    expected, by `value` or the case: a tool's name, `{"name": ..., "arguments": {...}}`, or a list of them.
    Without arguments any will do; with `subset` those that are named must be equal and others may be there.
    """

    value: Json = None
    subset: bool = False
    ordered: bool = False
    at_most: Count | None = None

    @property
    def version(self) -> str:
        """The rule and its options."""
        return version_of(self, "tool_call/1")

    @property
    def needs(self) -> Needs:
        """An expected answer, unless the metric has its own."""
        return Needs(expected=self.value is None)

    def refuse(self, cases: Sequence[Case], place: str) -> None:
        """Raise DataError for an expected answer that names no tool."""
        for case in cases:
            if _wanted(case.expected if self.value is None else self.value) is None:
                raise DataError(f"case '{case.id}' expects something that is no tool call", place=place, hint=_SHAPE)

    def grade(self, case: Case, answer: Answer) -> Grade:
        """1 when the calls are the expected ones, 0 with what is off."""
        wanted = _wanted(case.expected if self.value is None else self.value)
        if wanted is None:
            return Grade(None, NO_ANSWER_EXPECTED)
        calls = answer.tool_calls
        matched = self._matched(wanted, calls)
        if len(matched) < len(wanted):
            return wrong(_missing(wanted[len(matched)][0], calls, len(matched), self.ordered and self.at_most is None))
        left = [call.name for n, call in enumerate(calls) if n not in matched]
        if self.at_most is not None:
            return (
                Grade(1.0)
                if len(calls) <= self.at_most
                else wrong(f"it takes {len(calls)} calls, {self.at_most} at the most")
            )
        return wrong(f"it also calls {', '.join(left)}") if left else Grade(1.0)

    def __call__(self, case: Case, output: str) -> float | None:
        """Return the value of a text, which calls nothing."""
        return self.grade(case, Answer(output)).value

    def _matched(self, wanted: Sequence[_Call], calls: Sequence[ToolCall]) -> list[int]:
        """Return the calls of the expected ones, up to the first that has none."""
        if not self.ordered:
            return _matched([[n for n, call in enumerate(calls) if self._fits(call, *one)] for one in wanted])
        if self.at_most is None:
            fits = (self._fits(call, *one) for one, call in zip(wanted, calls, strict=False))
            return [n for n, _ in enumerate(takewhile(bool, fits))]
        found: list[int] = []
        for n, call in enumerate(calls):
            if len(found) < len(wanted) and self._fits(call, *wanted[len(found)]):
                found.append(n)
        return found

    def _fits(self, call: ToolCall, name: str, arguments: Mapping[str, Json] | None) -> bool:
        if call.name != name:
            return False
        if arguments is None:
            return True
        try:
            given = json.loads(call.arguments or "{}")
        except (ValueError, RecursionError):
            return False  # what the model wrote is no JSON, and so not the arguments
        if not self.subset:
            return same_json(given, dict(arguments))
        return isinstance(given, Mapping) and all(k in given and same_json(given[k], v) for k, v in arguments.items())


@dataclass(frozen=True)
class ToolF1:
    """The F1 of the names of the called tools against the expected ones (names or calls); repeats count."""

    value: Json = None

    graded: ClassVar[bool] = True

    @property
    def version(self) -> str:
        """The rule and its options."""
        return version_of(self, "tool_f1/1")

    @property
    def needs(self) -> Needs:
        """An expected answer, unless the metric has its own."""
        return Needs(expected=self.value is None)

    def grade(self, case: Case, answer: Answer) -> Grade:
        """Return 2 common / (called + expected)."""
        wanted = _wanted(case.expected if self.value is None else self.value)
        if wanted is None:
            return Grade(None, NO_ANSWER_EXPECTED)
        called, names = Counter(call.name for call in answer.tool_calls), Counter(name for name, _ in wanted)
        if not called and not names:
            return Grade(1.0)
        return Grade(2 * (called & names).total() / (called.total() + names.total()))

    def __call__(self, case: Case, output: str) -> float | None:
        """Return the value of a text, which calls nothing."""
        return self.grade(case, Answer(output)).value


def _wanted(value: Json) -> list[_Call] | None:
    """The expected calls; None for what names no tool, or none of its arguments. An empty list expects no call."""
    if isinstance(value, str) and value.lstrip().startswith(("{", "[")):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return None  # as for any other value that names no calls: the caller says so
    found = []
    for one in value if isinstance(value, list | tuple) else [value]:
        if isinstance(one, Mapping) and isinstance(one.get("function"), Mapping):
            one = one["function"]
        name = one if isinstance(one, str) else one.get("name") if isinstance(one, Mapping) else None
        given = one.get("arguments") if isinstance(one, Mapping) else None
        arguments = _arguments(given)
        if not isinstance(name, str) or not name or (arguments is None and given not in (None, "")):
            return None
        found.append((name, arguments))
    return found


def _arguments(given: Json) -> Mapping[str, Json] | None:
    """Arguments as they are or as JSON; None for what is no mapping."""
    if isinstance(given, str):
        try:
            given = json.loads(given)
        except (ValueError, RecursionError):
            return None  # as for any other value that is no object: the caller says so
    return given if isinstance(given, Mapping) else None


def _matched(fitting: Sequence[Sequence[int]]) -> list[int]:
    """For each expected call, in order, a call of its own among those that fit, up to the first that has none.

    One that was matched before moves to another call where that makes room (Kuhn 1955): whether all have one does not
    depend on the order in which they are written.
    """
    holders: dict[int, int] = {}  # calls with the expected one that each is matched to
    held: dict[int, int] = {}
    for one in range(len(fitting)):
        if not _placed(one, fitting, holders, held):
            break
    return [held[one] for one in range(len(held))]


def _placed(one: int, fitting: Sequence[Sequence[int]], holders: dict[int, int], held: dict[int, int]) -> bool:
    """Match one more, moving those before it along; a queue, as a model may call more often than functions may nest."""
    asked_by: dict[int, int] = {}
    queue = deque([one])
    while queue:
        asking = queue.popleft()
        for call in fitting[asking]:
            if call in asked_by:
                continue
            asked_by[call] = asking
            if call in holders:
                queue.append(holders[call])
                continue
            free: int | None = call
            while free is not None:
                mover = asked_by[free]
                holders[free], held[mover], free = mover, free, held.get(mover)
            return True
    return False


def _missing(name: str, calls: Sequence[ToolCall], at: int, ordered: bool) -> str:
    if not calls:
        return "it calls no tool"
    other = next((call for call in calls if call.name == name), None)
    if other is not None and not ordered:
        return f"it calls {name} with {other.arguments[:120]}"
    return (
        f"call {at + 1} is not {name}"
        if ordered
        else f"it does not call {name}, but {', '.join(c.name for c in calls)}"
    )
