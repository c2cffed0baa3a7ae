"""How the options of a metric are checked against what builds it."""

from __future__ import annotations

import inspect
from collections.abc import Mapping

from promptci.config.base import guess, mistake
from promptci.core import Json
from promptci.metrics import METRICS

_KINDS = ((bool, "true or false"), (int, "a whole number"), (float, "a number"), (str, "a text"))


def check_metric(name: str, options: Mapping[str, Json]) -> None:
    """Compare a metric's options with the parameters of what builds it: names, and the types of their defaults."""
    known = inspect.signature(METRICS[name]).parameters
    for option, value in options.items():
        if option not in known:
            raise mistake(f"unknown option '{option}' of metric '{name}'", guess(option, known), at=(option,))
        default = known[option].default
        wanted = next((word for kind, word in _KINDS if type(default) is kind), None)
        fits = isinstance(value, int | float) if type(default) is float else isinstance(value, type(default))
        if wanted and (not fits or isinstance(value, bool) != isinstance(default, bool)):
            raise mistake(f"option '{option}' of metric '{name}' must be {wanted}", at=(option,))
