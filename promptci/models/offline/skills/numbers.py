"""Skills on numbers: sum, difference, product, a number in words."""

from __future__ import annotations

import math
import re

from promptci.models.offline.lexicon.listed import listed
from promptci.models.offline.skills.base import Skill, Wanted, cues

_NUMBER = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?(?![\w.]*\w)")
_ONES = listed(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen"
)
_TENS = ["zero", "ten", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_SCALES = ((10**9, "billion"), (10**6, "million"), (1000, "thousand"))


def _numbers(given: str) -> list[float]:
    return [float(found) for found in _NUMBER.findall(given)]


def _shown(value: float) -> str | None:
    if not math.isfinite(value):  # of hundreds of digits: more than this model reckons with
        return None
    return str(int(value)) if value == int(value) else f"{value:.10g}"


def _sum(given: str, _: Wanted) -> str | None:
    numbers = _numbers(given)
    return _shown(sum(numbers)) if len(numbers) >= 2 else None


def _difference(given: str, wanted: Wanted) -> str | None:
    numbers = _numbers(given)
    if len(numbers) != 2:
        return None
    turned = re.search(r"subtract(?:ing)? the first .{0,20}from the second|second .{0,20}minus the first", wanted.low)
    return _shown(numbers[1] - numbers[0] if turned else numbers[0] - numbers[1])


def _product(given: str, _: Wanted) -> str | None:
    numbers = _numbers(given)
    return _shown(numbers[0] * numbers[1]) if len(numbers) == 2 else None


def below_thousand(number: int) -> str:
    """Return 0..999 in British words: "three hundred and seventy-five"."""
    hundreds, rest = divmod(number, 100)
    tens, ones = divmod(rest, 10)
    small = _ONES[rest] if rest < 20 else _TENS[tens] + (f"-{_ONES[ones]}" if ones else "")
    if not hundreds:
        return small
    return f"{_ONES[hundreds]} hundred" + (f" and {small}" if rest else "")


def in_words(number: int) -> str:
    """Return a number below a thousand billion in words, as it is read out in British English."""
    if number < 0:
        return f"minus {in_words(-number)}"
    parts: list[str] = []
    rest = number
    for scale, name in _SCALES:
        count, rest = divmod(rest, scale)
        if count:
            parts.append(f"{below_thousand(count)} {name}")
    if not parts:
        return below_thousand(rest)
    if not rest:
        return ", ".join(parts)
    return ", ".join(parts) + (" and " if rest < 100 else ", ") + below_thousand(rest)


def _verbal(given: str, _: Wanted) -> str | None:
    digits = given.strip().replace(",", "").rstrip(".")
    return in_words(int(digits)) if re.fullmatch(r"-?\d{1,12}", digits) else None


NUMBERS: tuple[Skill, ...] = (
    Skill(
        "sum",
        cues(
            (r"\bsum\b|\bsums\b", 2.5),
            (r"\badd(?:ing|ition)?\b(?! a\b| space| the word)", 2.0),
            (r"\bplus\b|\+ operator", 2.5),
            (r"\btotal of\b|\btogether\b", 1.0),
            (r"\bnumbers\b", 0.5),
        ),
        _sum,
        ("Write the sum of the two numbers.", "Add the two numbers and write the result.", "Apply the + operator."),
        ease=0.3,
    ),
    Skill(
        "difference",
        cues(
            (r"\bsubtract(?:ing|ion)?\b", 3.0),
            (r"\bminus\b|- operator", 2.5),
            (r"\bdifference (?:between|of)\b", 2.0),
            (r"\bnumbers?\b", 0.3),
        ),
        _difference,
        (
            "Subtract the second number from the first number and write the result.",
            "Write the first number minus the second number.",
            "Write the difference of the numbers.",
        ),
        ease=0.3,
    ),
    Skill(
        "product",
        cues((r"\bmultipl(?:y|ied|ication)\b|\bproduct of\b|\btimes\b", 2.5)),
        _product,
        ("Multiply the two numbers and write the result.", "Write the product of the two numbers."),
        ease=0.3,
    ),
    Skill(
        "number_to_words",
        cues(
            (r"numbers?\b.{0,60}\b(?:words|letters|english)\b", 2.5),
            (r"\bpronounc|\bpronunciation", 2.5),
            (r"without (?:using )?digits|\bverbal|\bin (?:plain )?english words|spell(?:ed)? out the number", 2.0),
        ),
        _verbal,
        (
            "Write the number in English words.",
            "Output how the number is pronounced in English.",
            "Write the number without digits.",
        ),
        ease=0.3,
    ),
)
