"""Packages that only augmenting needs: imported when they are used, and named in the error that asks for them."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from promptci.errors import ConfigError


def package(name: str) -> Any:
    """Import a package. Raises ConfigError that says how to install it."""
    try:
        return import_module(name)
    except ImportError:
        problem = f"augmenting prompts needs the package '{name.split('.')[0]}', which is not installed"
        raise ConfigError(problem, hint="pip install 'promptci-gate[augment]'") from None
