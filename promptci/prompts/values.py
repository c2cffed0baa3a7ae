"""How a case's values stand in a prompt: a text as it is, anything else as JSON."""

from __future__ import annotations

import json

from promptci.core import Json

MAX_OUTPUT = 2_000_000  # characters, of a rendered prompt and of what a filter makes on the way


def to_text(value: Json) -> str:
    """Return a text as it is and every other JSON value as JSON: `true`, `null`, `[1, 2]`, `{"a": 1}`."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
