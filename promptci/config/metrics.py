"""How a metric, as it is written, is checked against what builds it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from promptci.config.base import mistake
from promptci.metrics.build import mistake_in

_HINT = "docs/configuration.md lists every metric's options"


def checked_metric(given: Any, at: Sequence[int | str] = ()) -> Any:
    """Return a metric as written; refuse one that is not known, or has an option or a value that it cannot have."""
    wrong = mistake_in(given)
    if wrong is None:
        return given
    where = (wrong.option,) if isinstance(given, dict) and wrong.option in given else ()
    raise mistake(wrong.problem, wrong.hint or _HINT, at=(*at, *where))
