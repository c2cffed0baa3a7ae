"""Takes edits out of a reply: lines that say add, replace or delete, bare sentences, or a whole text to compare."""

from __future__ import annotations

import re
from collections.abc import Sequence

from promptci.search.reading import fenced, json_texts, parrots, spoken, tagged_texts, unwrapped
from promptci.search.screening.edits import Edit, between
from promptci.search.screening.pieces import Pieces, cut

_COMMAND = re.compile(
    r"^[\s>*_`\-•\d.)(]*\**(?P<what>add|insert|append|replace|change|rewrite|rephrase|delete|remove|drop)\b\**"
    r"(?:\s+(?:one|a|the)?\s*(?:new\s+)?(?:sentence|line|rule|edit))?(?:\s+(?:after|below|at|before|number|no\.?|sentence|line))*"
    r"\s*\[?(?P<place>\d{1,3})?\]?(?:\s+with)?\**\s*(?P<colon>[:=\-–—>]*)\**\s*(?P<text>.*)$",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"^[\s>]*(?:[-*•+]|\(?\d{1,3}[.):]|\[\d{1,3}\]|edit \d+:)\s+", re.IGNORECASE)
_CHATTER = re.compile(
    r"^(?:sure|certainly|of course|okay|here|the wrong answers|these edits|i (?:would|suggest|cannot|can['’]t|am|could)"
    r"|i['’]m|sorry|unfortunately|as an ai|note)\b",
    re.IGNORECASE,
)
_LONGEST = 400  # characters of one edit: a sentence or two
_SAME = 0.4  # share of the base's sentences from which a text is the base edited


def edits_of(reply: str, base: Pieces, source: str, shown: tuple[str, ...], question: Sequence[str] = ()) -> list[Edit]:
    """Every edit that a reply suggests, in its order; empty when it holds none that can be read.

    In this order: a whole edited text (in tags, in a fence, in JSON, or bare) is compared with the base; lines that
    begin with add, replace or delete name their place by number from 1; sentences in tags or JSON, and a bare short
    reply, are added at the default place. What repeats the question is left out.
    """
    text = spoken(reply)
    parts = tagged_texts(text) or json_texts(text) or [unwrapped(part) for part in fenced(text)] or [unwrapped(text)]
    found: list[Edit] = []
    for part in parts:
        if _is_whole(part, base):
            found += between(base, _with_question(part, base), source, shown) or []
        else:
            found += _lines(part, base, source, shown, bare=len(parts) > 1 or len(part.splitlines()) <= 8)
    unique = {e.id: e for e in found if not parrots(e.text, question)}
    return list(unique.values())


def _is_whole(text: str, base: Pieces) -> bool:
    """Whether a text is the base with changes: it has the placeholders, or much of the base's sentences."""
    if any(_COMMAND.match(line) and _COMMAND.match(line)["place"] for line in text.splitlines()):  # type: ignore[index]  # matched just before
        return False
    own = {" ".join(p.body.casefold().split()) for p in base.pieces}
    new = {" ".join(p.body.casefold().split()) for p in cut(text).pieces}
    free = {" ".join(base.pieces[i].body.casefold().split()) for i in base.free}
    holds = any(p.fixed and p.body in text for p in base.pieces)
    return bool(new) and (holds or (len(new & own) >= max(1, _SAME * len(free)) and len(new) > 1))


def _with_question(text: str, base: Pieces) -> str:
    """The text with the question that it lost put back under it; one that holds a placeholder stays as it is."""
    first = next((i for i, p in enumerate(base.pieces) if p.fixed), None)
    if first is None or "{{" in text or "{%" in text:
        return text
    return f"{text}\n\n{Pieces('', base.pieces[first:]).text}"


def _lines(text: str, base: Pieces, source: str, shown: tuple[str, ...], *, bare: bool) -> list[Edit]:
    commands = [edit for line in text.splitlines() if (edit := _command(line, base, source, shown))]
    if commands or not bare:
        return commands
    lines = [line for line in text.splitlines() if line.strip() and not _is_command(line)]
    sentences = [unwrapped(_NUMBER.sub("", line)) for line in lines]
    said = [s for s in sentences if _says_something(s) and not (s.endswith(":") and len(sentences) > 1)]
    return [Edit(base.home, "insert", s, source, shown) for s in said if not _CHATTER.match(s)]


def _is_command(line: str) -> bool:
    match = _COMMAND.match(line)
    return match is not None and bool(match["place"] or match["colon"])


def _command(line: str, base: Pieces, source: str, shown: tuple[str, ...]) -> Edit | None:
    match = _COMMAND.match(line)
    if match is None or not _is_command(line):
        return None
    what, text = match["what"].casefold(), unwrapped(match["text"])
    place = int(match["place"]) - 1 if match["place"] else base.home
    if not -1 <= place < len(base.pieces):
        place = base.home
    if what in ("delete", "remove", "drop"):
        return Edit(place, "delete", "", source, shown) if match["place"] and place in base.free else None
    if not _says_something(text):
        return None
    if what in ("add", "insert", "append") or place not in base.free:
        return Edit(_room(place, base), "insert", text, source, shown)
    return Edit(place, "replace", text, source, shown)


def _room(place: int, base: Pieces) -> int:
    """Never inside the question: behind a fixed piece an added sentence goes to the default place."""
    return base.home if place >= 0 and base.pieces[place].fixed else place


def _says_something(text: str) -> bool:
    return len(re.findall(r"\w+", text)) >= 2 and len(text) <= _LONGEST and "{{" not in text and "{%" not in text
