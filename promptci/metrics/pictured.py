"""What a judge sees of a case with pictures: the pictures themselves, and in the texts where each of them stands."""

from __future__ import annotations

from dataclasses import replace

from promptci.core import Case
from promptci.pictures import is_embedded


def pictured(case: Case) -> tuple[Case, tuple[str, ...]]:
    """Return the case with `(picture 1)` and so on where its pictures stand, and the pictures in that order.

    They are those of its chat, and the values that are pictures themselves (`data:image/...`), never links.
    """
    found: list[str] = []

    def mark(picture: str) -> str:
        if picture not in found:
            found.append(picture)
        return f"(picture {found.index(picture) + 1})"

    values = {k: mark(v) if isinstance(v, str) and is_embedded(v) else v for k, v in case.vars.items()}
    chat = tuple(
        replace(one, content=" ".join(filter(None, (one.content, *map(mark, one.pictures))))) if one.pictures else one
        for one in case.messages
    )
    return (replace(case, vars=values, messages=chat), tuple(found)) if found else (case, ())
