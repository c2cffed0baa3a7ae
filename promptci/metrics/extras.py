"""Packages that only some metrics need: imported when they are used, and named in the error that asks for them."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from promptci.errors import ConfigError


def package(name: str, extra: str, metric: str) -> Any:
    """Import a package. Raises ConfigError that says how to install it."""
    try:
        return import_module(name)
    except ImportError:
        problem = f"metric '{metric}' needs the package '{name}', which is not installed"
        raise ConfigError(problem, hint=f"pip install 'promptci-gate[{extra}]'") from None
