"""A regular expression that the output matches."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from promptci.core import Case
from promptci.errors import DataError
from promptci.extraction import SlowPattern, refuse_pattern, search
from promptci.metrics.base import Answer, Grade, Needs, unknown
from promptci.metrics.expected import NO_ANSWER_EXPECTED, accepted, as_text, refuse_unfilled
from promptci.metrics.form import version_of


@dataclass(frozen=True)
class Regex:
    """A pattern (Python's syntax) is found in the output; `full` asks that it is the whole output, blanks apart.

    Without `value` the case's expected answer is the pattern, or a list of them, any of which will do. A pattern that
    takes over two seconds on one output leaves the case unmeasured.
    """

    value: str | tuple[str, ...] | None = None
    ignore_case: bool = False
    full: bool = False

    def __post_init__(self) -> None:
        """Raise ValueError for a pattern that is none."""
        for pattern in (self.value,) if isinstance(self.value, str) else self.value or ():
            try:
                refuse_pattern(pattern) if "{{" not in pattern else None
            except re.error as problem:
                raise ValueError(f"{pattern!r} is no regular expression: {problem}") from None

    @property
    def version(self) -> str:
        """The rule and its options."""
        return version_of(self, "regex/1")

    @property
    def needs(self) -> Needs:
        """An expected answer, unless the metric has its own pattern."""
        return Needs(expected=self.value is None)

    def refuse(self, cases: Sequence[Case], place: str) -> None:
        """Raise DataError for a row whose expected answer is no pattern."""
        refuse_unfilled("" if self.value is None else as_text(list(self._values())), cases, "regex", place)
        for case in cases:
            for pattern in accepted(self.value, case):
                try:
                    refuse_pattern(pattern)
                except re.error as problem:
                    raise DataError(
                        f"case '{case.id}': {pattern!r} is no regular expression: {problem}", place=place
                    ) from None

    def grade(self, case: Case, answer: Answer) -> Grade:
        """1 when a pattern is found, 0 when none is."""
        patterns = accepted(self.value, case)
        if not patterns:
            return Grade(None, NO_ANSWER_EXPECTED)
        try:
            return Grade(float(any(self._found(pattern, answer.text) for pattern in patterns)))
        except SlowPattern as problem:
            return unknown("slow_pattern", str(problem))
        except re.error as problem:
            return unknown("bad_pattern", f"no regular expression: {problem}")

    def __call__(self, case: Case, output: str) -> float | None:
        """Return the value of a text."""
        return self.grade(case, Answer(output)).value

    def _values(self) -> tuple[str, ...]:
        return (self.value,) if isinstance(self.value, str) else self.value or ()

    def _found(self, pattern: str, text: str) -> bool:
        # A verbose pattern may end in a comment, which a line break ends.
        if self.full:
            refuse_pattern(pattern)
        end = "\n" if self.full and re.compile(pattern).flags & re.VERBOSE else ""
        whole = rf"\A\s*(?:{pattern}{end})\s*\Z" if self.full else pattern
        return search(whole, text, ignore_case=self.ignore_case) is not None
