"""Which language a text is in, told only where it can be: by its letters, and by py3langid where letters do not say."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from functools import lru_cache
from typing import Any

from promptci.augment.extras import package

PERHAPS = 0.05  # the least share of a language that a text may be in; close ones are often taken for each other
FEWEST = 14  # letters: shorter texts are told apart no better than by a guess
SHARE = 0.15  # of the letters: a script that a text really uses
_CODE = re.compile(r"```.*?```|`[^`\n]+`|https?://\S+", re.DOTALL)
_HAN_USERS = {"CJK", "HIRAGANA", "KATAKANA"}
_LOOKED_AT = 2000  # characters


def scripts(text: str) -> frozenset[str]:
    """The scripts that a text uses for at least `SHARE` of its letters: LATIN, CYRILLIC, CJK and so on."""
    counts = Counter(_script(ch) for ch in _CODE.sub(" ", text[:_LOOKED_AT]) if ch.isalpha())
    total = counts.total()
    return frozenset(name for name, n in counts.items() if n >= SHARE * total)


@lru_cache(maxsize=4096)
def _script(char: str) -> str:
    return unicodedata.name(char, "OTHER").split()[0]


def kept(prompt: str, made: str) -> bool:
    """Whether `made` may be in a language of `prompt`: False only where it is surely in none of them.

    A prompt may hold two: a request in English about a text in Chinese. Raises ConfigError without py3langid.
    """
    used, given = scripts(made), scripts(prompt)
    if not used or not given:
        return True
    if not used <= given and not (used | given <= _HAN_USERS):
        return False
    if min(_letters(prompt), _letters(made)) < FEWEST * (0.4 if used <= _HAN_USERS else 1):
        return True
    lines = [line for line in prompt.splitlines() if _letters(line) >= FEWEST] or [prompt]
    parts = dict.fromkeys((prompt, lines[0], lines[-1], *_by_script(prompt, given)))
    perhaps = {name for part in parts for name, share in shares(part).items() if share >= PERHAPS}
    return sum(share for name, share in shares(made).items() if name in perhaps) >= PERHAPS


def _by_script(text: str, used: frozenset[str]) -> list[str]:
    """The text once for each script, without the letters of others; Han and kana are one: Japanese has both."""
    kinds = [{name} for name in sorted(used - _HAN_USERS)] + ([_HAN_USERS] if used & _HAN_USERS else [])
    return [
        "".join(ch if not ch.isalpha() or _script(ch) in kind else " " for ch in text[:_LOOKED_AT]) for kind in kinds
    ]


def _letters(text: str) -> int:
    return sum(map(str.isalpha, _CODE.sub(" ", text[:_LOOKED_AT])))


@lru_cache(maxsize=4096)
def shares(text: str) -> dict[str, float]:
    """How likely a text is in each language (ISO 639-1), adding up to 1; code and addresses are not looked at."""
    return {str(name): float(share) for name, share in _identifier().rank(_CODE.sub(" ", text[:_LOOKED_AT]))}


@lru_cache(maxsize=1)
def _identifier() -> Any:
    langid = package("py3langid.langid")
    return langid.LanguageIdentifier.from_model_file(langid.MODEL_FILE, norm_probs=True)
