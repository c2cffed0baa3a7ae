"""Numbers as people and models write them: 1,000 is 1000, $1,234.50 is 1234.5, 3/4 is 0.75, 50 % is a half.

Exact arithmetic on fractions, no rounding: OPRO's program rounds to whole numbers, which makes 12.5 right for 12 and
reads 3/4 as 4 (its `eval_utils`, prediction normalisation); here 12.5 is 12.5, and -5 is not 5.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, NamedTuple

from promptci.core import Case, Json
from promptci.errors import DataError
from promptci.metrics.base import Answer, Grade, Needs, wrong
from promptci.metrics.expected import NO_ANSWER_EXPECTED, accepted
from promptci.metrics.form import version_of
from promptci.options import Positive, Share
from promptci.untrusted import one_line

MAX_TEXT = 200_000  # characters of an answer that are looked at
_SPACES = "\u00a0\u2009\u202f'\u2019"  # that stand between thousands in some languages
_WHOLE = rf"\d{{1,3}}(?:(?P<sep>[,_{_SPACES}])\d{{3}})(?:(?P=sep)\d{{3}})*(?!\d)|\d{{1,400}}"
_NUMBER = re.compile(
    rf"(?<![\w.])(?P<sign>[-−+]\s?)?[$€£¥₹]?\s?(?P<inner>[-−])?"
    rf"(?:(?P<whole>{_WHOLE})(?P<part>\.\d{{1,400}})?(?:[eE](?P<exp>[-+]?\d{{1,3}})(?!\w))?|(?P<bare>\.\d{{1,400}}))"
    r"(?:\s?/\s?(?P<over>\d{1,400})(?![\d/]))?(?:\s+(?P<num>\d{1,9})/(?P<den>\d{1,9})(?![\d/]))?(?P<percent>\s?(?:%|percent\b))?"
)
_DECIMAL_COMMA = str.maketrans({",": ".", ".": ","})


class Number(NamedTuple):
    """One number in a text; `percent`: a percent sign stands behind it, and `value` is as written."""

    value: Fraction
    percent: bool


def numbers(text: str, *, decimal: str = ".") -> list[Number]:
    """Return the numbers in a text, in order. A date or a version (1.2.3) is none."""
    text = text[:MAX_TEXT]
    if decimal == ",":
        text = text.translate(_DECIMAL_COMMA)
    found = (_number(match) for match in _NUMBER.finditer(text) if not re.match(r"\.\d", text[match.end() :][:2]))
    return [number for number in found if number is not None]


def _number(match: re.Match[str]) -> Number | None:
    group = match.groupdict()
    whole = re.sub(rf"[,_{_SPACES}]", "", group["whole"] or "0")
    value = Fraction(whole + (group["part"] or group["bare"] or ""))
    if group["exp"]:
        value *= Fraction(10) ** int(group["exp"])
    for over, plus in ((group["over"], None), (group["den"], group["num"])):
        if over is not None and int(over) == 0:
            return None
        if over is not None:
            value = value / int(over) if plus is None else value + Fraction(int(plus), int(over))
    # "3-5" is a range: its second number has no sign of its own.
    before = match.string[: match.start()][-1:]
    negative = ((group["sign"] or "").strip() in ("-", "−") and not before.isalnum()) or group["inner"] is not None
    return Number(-value if negative else value, group["percent"] is not None)


def shown(number: Number) -> str:
    """Return a number in a few characters."""
    try:
        text = f"{float(number.value):g}"
    except OverflowError:
        text = "too large to show"
    return text + "%" * number.percent


@dataclass(frozen=True)
class Numeric:
    """A number in the output equals the expected one, within `tolerance` (absolute) or `relative` (a share of it).

    `which` says which number of the output counts: the `last` (as a chain of thought ends in it), the `first`, `any`,
    or `only`, when a second number makes it wrong. `decimal: ","` reads 1.234,50. Where one side has a percent sign and
    the other none, 50 % is 50 and 0.5.
    """

    value: Json = None
    tolerance: Positive | Literal[0] = 0
    relative: Share = 0.0
    which: Literal["last", "first", "any", "only"] = "last"
    decimal: Literal[".", ","] = "."

    @property
    def version(self) -> str:
        """The rule and its options."""
        return version_of(self, "number/1")

    @property
    def needs(self) -> Needs:
        """An expected answer, unless the metric has its own number."""
        return Needs(expected=self.value is None)

    def refuse(self, cases: Sequence[Case], place: str) -> None:
        """Raise DataError for an expected answer that is no number."""
        for case in cases:
            for text, decimal in self._written(case):
                if len(numbers(text, decimal=decimal)) != 1:
                    problem = (
                        f"case '{case.id}': {one_line(text)[:60]!r} is not one number, which metric 'number' needs"
                    )
                    raise DataError(problem, place=place, hint="write one number, such as 1234.5, 3/4 or 50%")

    def grade(self, case: Case, answer: Answer) -> Grade:
        """1 when the number is there, 0 when not."""
        wanted = [n for text, decimal in self._written(case) for n in numbers(text, decimal=decimal)[-1:]]
        if not wanted:
            return Grade(None, NO_ANSWER_EXPECTED)
        found = numbers(answer.text, decimal=self.decimal)
        if not found:
            return wrong("the answer has no number")
        if self.which == "only" and len({n.value for n in found}) > 1:
            return wrong(f"the answer has {len(found)} numbers")
        looked_at = {"last": found[-1:], "first": found[:1], "any": found, "only": found[:1]}[self.which]
        if any(self._same(given, want) for given in looked_at for want in wanted):
            return Grade(1.0)
        return wrong(f"the number is {shown(looked_at[-1])}")

    def __call__(self, case: Case, output: str) -> float | None:
        """Return the value of a text."""
        return self.grade(case, Answer(output)).value

    def _written(self, case: Case) -> list[tuple[str, str]]:
        """The expected numbers as text, each with its decimal sign: a number of JSON or YAML has a point always."""
        given = case.expected if self.value is None else self.value
        listed = given if isinstance(given, list | tuple) else [given]
        plain = [isinstance(one, int | float) and not isinstance(one, bool) for one in listed]
        texts = accepted(self.value, case)
        own = plain if len(plain) == len(texts) else [False] * len(texts)
        return [(text, "." if number else self.decimal) for text, number in zip(texts, own, strict=True)]

    def _same(self, given: Number, wanted: Number) -> bool:
        pairs = [(given.value, wanted.value)]
        if given.percent != wanted.percent:
            pairs += [(given.value / 100, wanted.value) if given.percent else (given.value, wanted.value / 100)]
        room = Fraction(str(self.tolerance)), Fraction(str(self.relative))  # .3 as it is written, not as a float has it
        return any(abs(a - b) <= max(room[0], room[1] * abs(b)) for a, b in pairs)
