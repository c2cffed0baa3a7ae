"""Semantic Kernel's templates (learn.microsoft.com/semantic-kernel): `{{$name}}` is filled, others call functions.

A YAML prompt has its text under `template`, how that is written under `template_format`, and what is sent along under
`execution_settings`, by service.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from promptci.core import Json, Style

STYLES: Mapping[str, Style] = {
    "semantic-kernel": "github",
    "handlebars": "handlebars",
    "jinja2": "jinja",
    "liquid": "jinja",
}
_TAG = re.compile(r"\{\{[^{}]{0,500}\}\}")
_VALUE = re.compile(r"\{\{\s*\$\w+\s*\}\}")
_MESSAGE = re.compile(r"<message\s+role\s*=", re.IGNORECASE)


def has_messages(text: str) -> bool:
    """Whether a template writes its messages in tags: `<message role="user">`."""
    return _MESSAGE.search(text) is not None


def is_kernel(text: str) -> bool:
    """Whether a text is written so: no other language puts a dollar sign there."""
    return "{%" not in text and _VALUE.search(text) is not None


def problem_of(text: str, style: Style) -> str | None:
    """Say what of a template cannot be filled, None when all can."""
    odd = next((m[0] for m in _TAG.finditer(text) if not _VALUE.fullmatch(m[0])), None) if style == "github" else None
    return None if odd is None else f"'{odd[:80]}' calls a function of the program: put what it gives into a column"


def defaults_of(given: Json) -> dict[str, Json]:
    """Return the values of declared variables that a case may leave out: a list of them, or a mapping by name."""
    if isinstance(given, dict):
        given = [{"name": name, **one} for name, one in given.items() if isinstance(one, dict)]
    listed = [one for one in given if isinstance(one, dict)] if isinstance(given, list) else []
    named = [one for one in listed if isinstance(one.get("name"), str)]
    return {one["name"]: one.get("default", "") for one in named if "default" in one or one.get("is_required") is False}
