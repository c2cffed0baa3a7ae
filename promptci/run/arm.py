"""One prompt at one revision, with what it has scored so far."""

from __future__ import annotations

from dataclasses import dataclass, field

from promptci.project.side import Side
from promptci.run.values import Values


@dataclass(frozen=True, slots=True)
class Arm:
    """A side and its values, which grow as its cases are answered."""

    side: Side
    values: Values = field(default_factory=Values)
