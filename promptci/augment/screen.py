"""What is left out before anybody is asked: empty, short, long, forbidden or repeated prompts; details are masked."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from hashlib import blake2b

from promptci.augment.base import Dropped, Typed
from promptci.augment.spec import Spec
from promptci.core import Reason
from promptci.traces.masking import masked

_WORD = re.compile(r"\w")


class Screen:
    """Goes through prompts once, in order. `hidden` counts what was masked, by rule."""

    def __init__(self, spec: Spec) -> None:
        self._limits = spec.limits
        words = "|".join(re.escape(word) for word in spec.forbid)
        self._forbidden = re.compile(rf"(?<!\w)(?:{words})(?!\w)", re.IGNORECASE) if words else None
        self._seen: set[bytes] = set()
        self.hidden: Counter[str] = Counter()

    def __call__(self, rows: Iterable[Typed | Dropped]) -> Iterator[Typed | Dropped]:
        """Yield each row masked, or dropped with its reason; what was dropped before stays so."""
        for row in rows:
            yield row if isinstance(row, Dropped) else self._one(row)

    def _one(self, typed: Typed) -> Typed | Dropped:
        reason = self._wrong(typed) or self._again(typed)
        return self._masked(typed) if reason is None else Dropped(typed.id, "screen", reason)

    def _masked(self, typed: Typed) -> Typed:
        hide = self.hidden
        parts = {name: masked(getattr(typed, name), hide) for name in ("text", "context", "good", "bad")}
        return replace(typed, **parts)

    def _wrong(self, typed: Typed) -> Reason | None:
        size, limits = len(typed.text.strip()), self._limits
        if not _WORD.search(typed.text):
            return Reason("empty", "no word is in it")
        if size < limits.min_chars:
            return Reason("short", f"shorter than {limits.min_chars} characters")
        if size > limits.max_chars:
            return Reason("long", f"longer than {limits.max_chars:,} characters")
        if self._forbidden is not None and (found := self._forbidden.search(typed.whole)):
            return Reason("forbidden", f"it holds the forbidden word '{found[0]}'")
        return None

    def _again(self, typed: Typed) -> Reason | None:
        """Whether the same prompt came before, but for case and white space."""
        plain = " ".join(f"{typed.text}\0{typed.context}".casefold().split())
        name = blake2b(plain.encode("utf-8", "surrogatepass"), digest_size=12).digest()
        if name in self._seen:
            return Reason("duplicate", "the same prompt came before")
        self._seen.add(name)
        return None
