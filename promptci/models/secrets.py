"""Keys stay out of everything that is written or shown, in any of the forms that text may carry them."""

from __future__ import annotations

import base64
import json
import os
import re
from collections.abc import Iterable
from urllib.parse import quote, quote_plus, urlsplit

from promptci.errors import MeasureError
from promptci.models.base import ModelSpec

_MASK = "[key]"
_SHORTEST = 8  # a local server's placeholder ("x", "none", "EMPTY") is no secret; masking it would spoil honest text
_PIECE = 8
_HALF_HIDDEN = re.compile(r"\bsk-[^\s\"',]*|[^\s\"',:]*\*{3,}[^\s\"',]*")  # how servers quote a wrong key back


def key_of(spec: ModelSpec) -> str | None:
    """The key for the spec's model, from the environment variable that it names; None when there is none.

    Raises MeasureError, which does not show it, for a key that could not be sent.
    """
    key = os.environ.get(spec.api_key_env, "").strip()
    if not key.isascii() or not key.isprintable() or " " in key:
        hint = "set it again, as one word without line breaks or blanks inside"
        raise MeasureError("the key holds a character that no header can carry", place=spec.api_key_env, hint=hint)
    return key or None


def secrets_of(specs: Iterable[ModelSpec]) -> list[str]:
    """Every secret that calls to `specs` may carry: keys, and passwords inside addresses."""
    found: list[str] = []
    for spec in specs:
        found.append(key_of(spec) or "")
        found.append(urlsplit(spec.base_url or "").password or "")
    return [secret for secret in dict.fromkeys(found) if len(secret) >= _SHORTEST]


class Redactor:
    """Masks secrets: raw, base64 at any offset, URL-quoted and JSON-escaped. Its repr shows nothing of them."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self._forms = sorted({form for secret in secrets for form in _forms(secret)}, key=len, reverse=True)
        self._pieces = {form[i : i + _PIECE] for form in self._forms for i in range(len(form) - _PIECE + 1)}

    def __call__(self, text: str) -> str:
        """`text` with every whole secret masked; costs next to nothing where there is none."""
        for form in self._forms:
            if form in text:
                text = text.replace(form, _MASK)
        return text

    def strictly(self, text: str) -> str:
        """As above, and any eight characters of a secret are masked too: for what is said of errors."""
        text = _HALF_HIDDEN.sub(_MASK, self(text))
        hidden = {j for i in range(len(text)) if text[i : i + _PIECE] in self._pieces for j in range(i, i + _PIECE)}
        shown = [("\0" if i in hidden else char) for i, char in enumerate(text)]
        return re.sub("\0+", _MASK, "".join(shown)) if hidden else text

    def __repr__(self) -> str:
        return f"Redactor({len(self._forms)} forms)"


def _forms(secret: str) -> set[str]:
    if len(secret) < _SHORTEST:
        return set()
    escaped = json.dumps(secret)[1:-1]
    forms = {secret, quote(secret, safe=""), quote(secret), quote_plus(secret), escaped, escaped.replace("/", "\\/")}
    for offset in range(3):
        forms |= _base64_at(secret.encode(), offset)
    return {form for form in forms if len(form) >= _SHORTEST}


def _base64_at(secret: bytes, offset: int) -> set[str]:
    """What is certain of the base64 of any text that holds `secret` `offset` bytes (modulo 3) from its start."""
    first = -(-offset * 8 // 6)
    last = (offset + len(secret)) * 8 // 6
    encoded = (
        encode(b"\0" * offset + secret).decode()[first:last] for encode in (base64.b64encode, base64.urlsafe_b64encode)
    )
    return set(encoded)
