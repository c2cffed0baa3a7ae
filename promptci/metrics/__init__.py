"""Metrics by name: add a file beside this one and a line to the table."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from typing import Any

from promptci.metrics.base import Metric

Factory = Callable[..., Metric]


class Table(Mapping[str, Factory]):
    """Names and what builds each: `module.Class` in this folder, imported when it is asked for and not before."""

    def __init__(self, places: Mapping[str, str]) -> None:
        self._places = places

    def __getitem__(self, name: str) -> Factory:
        module, _, factory = self._places[name].rpartition(".")
        found: Any = getattr(import_module(f"promptci.metrics.{module}"), factory)
        return found  # type: ignore[no-any-return]  # a test builds every entry

    def __contains__(self, name: object) -> bool:
        return name in self._places

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)


METRICS = Table(
    {
        "exact": "exact.Exact",
        "contains": "contains.Contains",
        "token_f1": "tokens.TokenF1",
        "word_set": "tokens.WordSet",
        "judge": "judge.Judge",
    }
)
# Other names for the same rule, with the options that make it the same.
ALIASES: dict[str, tuple[str, dict[str, Any]]] = {
    "equals": ("exact", {}),
}
