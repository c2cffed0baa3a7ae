"""Where the files that travel with the package are: templates and examples."""

from __future__ import annotations

from functools import cache
from pathlib import Path


@cache
def root() -> Path:
    """The directory that holds `templates/` and `examples/`: inside the wheel, or the top of a checkout."""
    package = Path(__file__).resolve().parent
    packed = package / "_assets"
    return packed if packed.is_dir() else package.parent


def templates() -> Path:
    """The packaged templates, one folder per use."""
    return root() / "templates"


def examples() -> Path:
    """The packaged example repositories."""
    return root() / "examples"
