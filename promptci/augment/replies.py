"""What models reply, read where it can only mean one thing. Nothing of a reply is ever run."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from promptci.augment.spec import Spec
from promptci.core import Json, Reason
from promptci.extraction import without_thinking
from promptci.metrics.reading import objects, read_grade
from promptci.models.base import Reply
from promptci.search.reading import spoken, tagged_texts, unwrapped

# The five grounds on which PAS refuses a complement (section 3.2), each said so that "it applies" means "refuse it".
# The published question words one of them as its opposite, so that good complements were refused for being good.
GROUNDS: Mapping[str, str] = {
    "strays": "it conflicts with what the request wants, or leads away from it",
    "overloads": "the request is long or detailed already, and it adds a lot to it",
    "answers": "it answers the request, wholly or in part, instead of saying how to answer",
    "demands": "it asks for too much: many things, or things that nobody asked for",
    "language": "it is in another language than the request",
}
_YES = {"yes": True, "true": True, "correct": True, "no": False, "false": False, "incorrect": False, "wrong": False}
_CURLY = str.maketrans({"“": '"', "”": '"', "„": '"'})
_LABEL = re.compile(r"^\W*category\W*:", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Check:
    """A judge's word on a complement: whether it may stand, the grounds against it, and a corrected text, if any."""

    stands: bool
    grounds: tuple[str, ...] = ()
    text: str = ""


def check_of(reply: str) -> Check | None:
    """Read a check; None where the reply says nothing, or contradicts itself: such a pair must not go through.

    Keys in any case: the published question spells "Reason" and "Correct" in its form and its examples differently.
    """
    raw = object_of(reply)
    word = raw.get("correct") if raw else None
    stands = word if isinstance(word, bool) else _YES.get(str(word).strip(" .!").casefold())
    if raw is None or stands is None:
        return None
    named = raw.get("grounds", [])
    given = [named] if isinstance(named, str) else named if isinstance(named, list) else []
    grounds = tuple(dict.fromkeys(g for one in given if (g := str(one).strip().casefold()) in GROUNDS))
    if stands and grounds:
        return None
    text = next((raw[key] for key in ("text", "corrected", "final", "complement") if isinstance(raw.get(key), str)), "")
    return Check(stands, grounds, "" if stands else unwrapped(text))


@dataclass(frozen=True, slots=True)
class Quality:
    """How useful a prompt is as an example, in [0, 1], and whether it is unsafe."""

    score: float
    unsafe: bool


def quality_of(reply: str) -> Quality | None:
    """Read a grade; None where the reply states none."""
    raw = object_of(reply)
    score = raw.get("score") if raw else None
    if raw is None or isinstance(score, bool) or not isinstance(score, int | float) or not 0 <= score <= 1:
        return None
    unsafe = raw.get("unsafe", False)
    said = unsafe if isinstance(unsafe, bool) else _YES.get(str(unsafe).strip().casefold())
    return None if said is None else Quality(float(score), said)


def category_of(reply: str, names: Sequence[str]) -> str | None:
    """The one category that a reply names, in any case and form; None for none, or for several."""
    found = read_grade(_LABEL.sub("", reply), {name: float(number) for number, name in enumerate(names)})
    return None if found is None else names[int(found)]


def read_category(spec: Spec, reply: Reply) -> str | Reason:
    """The category that a reply names, or why none is known."""
    if reply.failure is not None:
        return reply.failure.reason
    found = category_of(reply.text or "", [c.name for c in spec.categories])
    return Reason("no_category", "the reply names no one category") if found is None else found


def made_of(reply: str) -> str | None:
    """The one text that a reply gives between the tags, or as a whole where there are no tags; None for several."""
    said = spoken(reply)
    found = list(dict.fromkeys(tagged_texts(said)))
    if len(found) > 1:
        return None
    text = found[0] if found else unwrapped(said)
    return text.strip() or None


def rewrite_of(reply: str) -> str | None:
    """As `made_of`, but only between the tags: around them stands the comparison."""
    found = list(dict.fromkeys(tagged_texts(spoken(reply))))
    return found[0] if len(found) == 1 else None


def object_of(reply: str) -> dict[str, Json] | None:
    """The one JSON object of a reply, with its keys in lower case; None for none, and for two that differ."""
    text = without_thinking(reply)
    if text is None:
        return None
    plain = text if '"' in text else text.translate(_CURLY)
    found = [{str(key).strip().casefold(): held for key, held in one.items()} for one in objects(plain)]
    return found[0] if found and all(one == found[0] for one in found) else None
