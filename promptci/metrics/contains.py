"""Containment: accepted answers stand in the output, as whole words, or at its beginning or end."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from promptci.core import Case
from promptci.metrics.form import Compared, version_of

# Part of the same word or number: letters, a sign before digits, digits on both sides of a point or comma.
_BEFORE = r"(?<!\w)(?<!\d[.,])(?<!\W[-−])(?<!^[-−])"
_AFTER = r"(?!\w)(?![.,]\d)"


@dataclass(frozen=True)
class _Holding(Compared):
    """What the family shares: `words: false` takes any place in the text, also inside a word."""

    ignore_case: bool = True
    words: bool = True

    def _found(self, case: Case, output: str) -> list[bool]:
        given = self.form(output)
        return [self._holds(given, self.form(answer)) for answer in self.accepted(case)]

    def _holds(self, given: str, answer: str) -> bool:
        if not answer:
            return not given
        if not self.words:
            return answer in given
        before = _BEFORE if answer[0].isdecimal() else r"(?<!\w)"
        after = _AFTER if answer[-1].isdecimal() else r"(?!\w)"
        return re.search(before + re.escape(answer) + after, given) is not None


def _share(found: Iterable[bool], all_of_them: bool) -> float | None:
    held = list(found)
    return float(all(held) if all_of_them else any(held)) if held else None


@dataclass(frozen=True)
class Contains(_Holding):
    """An accepted answer occurs in the output as whole words: "invalid" does not hold "valid", nor "12.5" "12".

    An output that names several answers holds each of them ("not true so false" holds "true"): where the answers are
    a closed set of labels, `choice` is the rule to take. An empty answer is held by an empty output only.
    """

    @property
    def version(self) -> str:
        """The rule and its options."""
        return version_of(self, f"contains/1 case={not self.ignore_case}", but=("ignore_case",))

    def __call__(self, case: Case, output: str) -> float | None:
        """1.0 when an accepted answer occurs in the output, 0.0 when none does, None when the case has no answer."""
        return _share(self._found(case, output), all_of_them=False)


@dataclass(frozen=True)
class ContainsAll(_Holding):
    """Every expected text occurs in the output: a list in `expected` (or `value`) names them all."""

    @property
    def version(self) -> str:
        """The rule and its options."""
        return version_of(self, "contains_all/1")

    def __call__(self, case: Case, output: str) -> float | None:
        """1.0 when all occur, 0.0 when one does not, None when the case has none."""
        return _share(self._found(case, output), all_of_them=True)


@dataclass(frozen=True)
class StartsWith(_Holding):
    """The output starts with an accepted answer; as whole words, so that "Notable" does not start with "No"."""

    @property
    def version(self) -> str:
        """The rule and its options."""
        return version_of(self, "starts_with/1")

    def __call__(self, case: Case, output: str) -> float | None:
        """1.0 when it does, 0.0 when not, None when the case has no answer."""
        return _share(self._found(case, output), all_of_them=False)

    def _holds(self, given: str, answer: str) -> bool:
        if not answer or not given.startswith(answer):
            return not given and not answer
        after = _AFTER if answer[-1].isdecimal() else r"(?!\w)"
        return not self.words or re.match(re.escape(answer) + after, given) is not None


@dataclass(frozen=True)
class EndsWith(_Holding):
    """The output ends with an accepted answer; as whole words, so that "unpaid" does not end with "paid"."""

    @property
    def version(self) -> str:
        """The rule and its options."""
        return version_of(self, "ends_with/1")

    def __call__(self, case: Case, output: str) -> float | None:
        """1.0 when it does, 0.0 when not, None when the case has no answer."""
        return _share(self._found(case, output), all_of_them=False)

    def _holds(self, given: str, answer: str) -> bool:
        if not answer or not given.endswith(answer):
            return not given and not answer
        before = _BEFORE if answer[0].isdecimal() else r"(?<!\w)"
        return not self.words or re.search(before + re.escape(answer) + r"\Z", given) is not None
