"""Values that name other values of their row (`{{ name }}`): promptfoo fills them before it fills the prompt."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from promptci.core import Json
from promptci.metrics.expected import as_text

_FIELD = re.compile(r"\{\{\s{0,9}(\w{1,100})\s{0,9}\}\}")
MOST_ROUNDS = 5  # of values in values in values
MOST_CHARACTERS = 1_000_000  # that one row's values put into each other; beyond, names stay as they stand


def filled(values: Mapping[str, Json]) -> dict[str, Json]:
    """Return a row's values with those that they name put in; a name of none, or of itself, stays as it stands."""
    found, filling = dict(values), _Filling(MOST_CHARACTERS)
    for _ in range(MOST_ROUNDS):
        before = dict(found)
        found = {k: filling.of(k, v, before) if isinstance(v, str) else v for k, v in before.items()}
        if found == before:
            break
    return found


@dataclass(slots=True)
class _Filling:
    left: int

    def of(self, own: str, value: str, values: Mapping[str, Json]) -> str:
        def put(match: re.Match[str]) -> str:
            other = values.get(match[1])
            if match[1] not in values or match[1] == own or isinstance(other, dict | list):
                return match[0]
            text = "" if other is None else as_text(other)
            self.left -= len(text)
            return text if self.left >= 0 else match[0]

        return _FIELD.sub(put, value)
