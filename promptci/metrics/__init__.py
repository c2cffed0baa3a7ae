"""Metrics by name: add a file beside this one and a line to the table."""

from __future__ import annotations

from collections.abc import Callable

from promptci.metrics.base import Metric
from promptci.metrics.contains import Contains
from promptci.metrics.exact import Exact
from promptci.metrics.judge import Judge
from promptci.metrics.tokens import TokenF1, WordSet

METRICS: dict[str, Callable[..., Metric]] = {
    "exact": Exact,
    "contains": Contains,
    "token_f1": TokenF1,
    "word_set": WordSet,
    "judge": Judge,
}
