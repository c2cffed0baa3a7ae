"""Lists of things: the output has the same members, in any order or in this one."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from promptci.core import Case, Json
from promptci.metrics.base import Needs
from promptci.metrics.expected import as_text, filled
from promptci.metrics.form import Form, version_of

_SIGN = re.compile(r"^\s*(?:[-*•–]|\(?\d{1,3}[.)])\s+")
_BULLET = re.compile(r"^\s*(?:[-*•–]|\(?\d{1,3}[.)]|[a-z][.)])\s+", re.IGNORECASE)


def members(text: str) -> list[str]:
    """Return the members of a list as models write them: a JSON list, lines (bullets, numbers), or ", ; and"."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if isinstance(found, list):
        return [as_text(member) for member in found]
    lines = [line for line in text.splitlines() if line.strip()]
    if len(lines) > 1:
        parts = [_BULLET.sub("", line) for line in lines]
    else:  # a letter with a dot is a name's here: "A. Smith, B. Jones"
        parts = re.split(r"[,;]|\sand\s", _SIGN.sub("", text))
    stripped = (part.strip(" \t\r\n.*") for part in parts)
    return [part for part in stripped if part]


@dataclass(frozen=True)
class _Members(Form):
    ignore_case: bool = True
    ignore_space: bool = True
    value: Json = None

    @property
    def needs(self) -> Needs:
        """An expected answer, unless the metric has its own."""
        return Needs(expected=self.value is None)

    def _wanted(self, case: Case) -> list[str] | None:
        given = case.expected if self.value is None else self.value
        if given is None:
            return None
        texts = [as_text(v) for v in given] if isinstance(given, list | tuple) else members(as_text(given))
        return [self.form(filled(text, case)) for text in texts]

    def _given(self, output: str) -> list[str]:
        return [self.form(member) for member in members(output)]


@dataclass(frozen=True)
class SameSet(_Members):
    """The output lists the expected members, in any order; repeats count once. `partial` gives the F1 of members."""

    partial: bool = False

    @property
    def version(self) -> str:
        """The rule and its options."""
        return version_of(self, "set/2")

    @property
    def graded(self) -> bool:
        """With `partial`, values lie between 0 and 1."""
        return self.partial

    def __call__(self, case: Case, output: str) -> float | None:
        """1.0 when the sets are equal, 0.0 when not (or their F1), None when the case has no answer."""
        wanted = self._wanted(case)
        if wanted is None:
            return None
        given, want = set(self._given(output)), set(wanted)
        if given == want or not self.partial:
            return float(given == want)
        return 2 * len(given & want) / (len(given) + len(want))


@dataclass(frozen=True)
class SameList(_Members):
    """The output lists the expected members in this order, and nothing else."""

    @property
    def version(self) -> str:
        """The rule and its options."""
        return version_of(self, "list/2")

    def __call__(self, case: Case, output: str) -> float | None:
        """1.0 when the lists are equal, 0.0 when not, None when the case has no answer."""
        wanted = self._wanted(case)
        return None if wanted is None else float(self._given(output) == wanted)
