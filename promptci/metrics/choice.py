"""Closed sets of labels: the answer names one of them, and one only.

OPRO's program takes an answer for right that contains the label anywhere, so that "not true so false" is true and
"I do not know" is no; here an answer that names several labels, or denies the one that it names, names none.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from promptci.core import Case, Json
from promptci.errors import DataError
from promptci.metrics.base import Answer, Grade, Needs, wrong
from promptci.metrics.expected import NO_ANSWER_EXPECTED, accepted
from promptci.metrics.form import version_of
from promptci.untrusted import one_line

_DENIED = re.compile(
    r"\b(?:not|isn't|is not|never|neither|nor|no longer|cannot be)\s+(?:a|an|the)?\s*\Z", re.IGNORECASE
)
_ANSWER = re.compile(r"(?:answer|label|category|class|verdict|choice|option)\**\s*(?:is\b|[:=])[\s*]*", re.IGNORECASE)
_TRUE, _FALSE = ("true", "yes", "y", "1", "correct"), ("false", "no", "n", "0", "incorrect")
MAX_TEXT = 100_000  # characters: a label is found near the end


def named(text: str, choices: Sequence[str]) -> list[str]:
    """Return the choices that a text names as whole words, in order, without those that it denies.

    Longer choices are looked for first: "very good" does not name "good".
    """
    ordered = sorted((c for c in choices if c), key=len, reverse=True)
    pattern = "|".join(rf"(?<![\w-]){re.escape(choice)}(?![\w-])" for choice in ordered)
    by_name = {choice.casefold(): choice for choice in ordered}
    found = []
    for match in re.finditer(pattern, text[-MAX_TEXT:], re.IGNORECASE) if pattern else ():
        denied = _DENIED.search(match.string[max(0, match.start() - 40) : match.start()])
        if not denied and match[0].casefold() in by_name:
            found.append(by_name[match[0].casefold()])
    return found


def chosen(text: str, choices: Sequence[str]) -> str | None:
    """Return the one choice that a text settles on: alone in it, behind its last "answer:", or on its last line."""
    labels = [m.end() for m in _ANSWER.finditer(text[-MAX_TEXT:])]
    lines = [line for line in text.splitlines() if line.strip()]
    places = [text, text[-MAX_TEXT:][labels[-1] :] if labels else "", lines[-1] if lines else ""]
    for place in places:
        found = set(named(place, choices))
        if len(found) == 1:
            return found.pop()
    return None


@dataclass(frozen=True)
class Choice:
    """The output settles on one of `choices`, and it is the expected one; case does not count."""

    choices: tuple[str, ...]
    value: str | None = None

    def __post_init__(self) -> None:
        """Raise ValueError for fewer than two choices."""
        if len({c.casefold() for c in self.choices}) < 2:
            raise ValueError("'choices' needs at least two different labels")

    @property
    def version(self) -> str:
        """The rule and its options."""
        return version_of(self, "choice/1")

    @property
    def needs(self) -> Needs:
        """An expected answer, unless the metric has its own."""
        return Needs(expected=self.value is None)

    def refuse(self, cases: Sequence[Case], place: str) -> None:
        """Raise DataError for an expected answer that is none of the choices."""
        known = {choice.casefold() for choice in self.choices}
        for case in cases:
            for text in accepted(self.value, case):
                if text.strip().casefold() not in known:
                    problem = f"case '{case.id}' expects {one_line(text)[:60]!r}, which is none of the choices"
                    raise DataError(problem, place=place, hint=f"the choices are: {', '.join(self.choices)}")

    def grade(self, case: Case, answer: Answer) -> Grade:
        """1 when the choice is the expected one, 0 when not or when there is none."""
        wanted = [text.strip().casefold() for text in accepted(self.value, case)]
        if not wanted:
            return Grade(None, NO_ANSWER_EXPECTED)
        found = chosen(answer.text, self.choices)
        if found is None:
            said = dict.fromkeys(named(answer.text, self.choices))
            return wrong(f"the answer names {' and '.join(said)}" if said else "the answer names none of the choices")
        return Grade(1.0) if found.casefold() in wanted else wrong(f"the answer is '{found}'")

    def __call__(self, case: Case, output: str) -> float | None:
        """Return the value of a text."""
        return self.grade(case, Answer(output)).value


@dataclass(frozen=True)
class Boolean:
    """The output says yes (true, y, 1, correct) or no (false, n, 0, incorrect), and the case expects that."""

    value: bool | None = None

    @property
    def version(self) -> str:
        """The rule and its options."""
        return version_of(self, "boolean/1")

    @property
    def needs(self) -> Needs:
        """An expected answer, unless the metric has its own."""
        return Needs(expected=self.value is None)

    def refuse(self, cases: Sequence[Case], place: str) -> None:
        """Raise DataError for an expected answer that is neither."""
        for case in cases:
            if case.expected is not None and self.value is None and truth(case.expected) is None:
                problem = (
                    f"case '{case.id}' expects {one_line(str(case.expected))[:60]!r}, which is neither true nor false"
                )
                raise DataError(problem, place=place, hint="write true or false")

    def grade(self, case: Case, answer: Answer) -> Grade:
        """1 when the output says what is expected, 0 when the other or neither."""
        wanted = self.value if self.value is not None else truth(case.expected)
        if wanted is None:
            return Grade(None, NO_ANSWER_EXPECTED)
        words = (*_TRUE, *_FALSE)
        sides = {word in _TRUE for word in named(answer.text, words)}
        found = chosen(answer.text, words)
        said = sides.pop() if len(sides) == 1 else None if found is None else found in _TRUE
        if said is None:
            return wrong("the answer says neither yes nor no, or both")
        return Grade(1.0) if said == wanted else wrong(f"the answer is {'yes' if said else 'no'}")

    def __call__(self, case: Case, output: str) -> float | None:
        """Return the value of a text."""
        return self.grade(case, Answer(output)).value


def truth(value: Json) -> bool | None:
    """Return what a JSON value means as yes or no; None for neither."""
    if isinstance(value, bool):
        return value
    word = str(value).strip().casefold()
    return True if word in _TRUE else False if word in _FALSE else None
