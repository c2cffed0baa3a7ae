"""Ticket routing and any choice among listed labels: what the input is about, against what the labels mean."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise

from promptci.models.offline.chance import pick
from promptci.models.offline.lexicon.listed import listed
from promptci.models.offline.lexicon.topics import FACETS, INVENTED, REST, REST_FACETS, TOPICS
from promptci.models.offline.skills.base import Rule, Skill, Wanted, cues

_TOKEN = re.compile(r"[a-z0-9]+(?:['’-][a-z0-9]+)*|[.!?;\n]")
_ASKING = frozenset(
    listed("please want need would could help how fix like send resend change cancel tell give refund replace")
)
_STOP = frozenset(
    listed(
        "a an the and or of to in for on with is are was were be it its i my me we our you your this that these those "
        "as at by from not no if when about any all anything everything something etc such other like use choose pick "
        "questions question problems problem issues issue customer customers things thing ticket tickets request "
        "requests message has have had do does did can could would will should one two which what who where how they "
        "them their than so but only just there"
    )
)


DEFINED = 1.2  # how surely a facet belongs to a label whose definition names it


@lru_cache(maxsize=65536)
def stem(word: str) -> str:
    """Return `word` without its commonest endings; equal stems count as one word."""
    word = word.replace("’", "'").removesuffix("'s")
    if len(word) <= 3:
        return word
    if word.endswith("ies"):
        word = word[:-3] + "y"
    elif word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    for ending in ("ing", "ed"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            word = word[: -len(ending)]
            if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "ls":
                word = word[:-1]
            break
    return word[:-1] if word.endswith("e") and len(word) > 3 else word


def _index(field: str) -> dict[str, tuple[str, ...]]:
    """Map each stemmed term (two words joined by a blank) to the facets that have it."""
    found: dict[str, tuple[str, ...]] = {}
    for name, facet in FACETS.items():
        for term in dict.fromkeys((facet.terms if field == "terms" else facet.named).split()):
            key = " ".join(stem(word) for word in re.split(r"_|-(?=back|in$)", term))
            if name not in found.get(key, ()):
                found[key] = (*found.get(key, ()), name)
    return found


_TERMS, _NAMES = _index("terms"), _index("named")


@dataclass(frozen=True, slots=True)
class Hit:
    """A facet (or a plain word: `facet` is empty) met in the input; its sentence (from 0), and if that one asks."""

    facet: str
    word: str
    weight: float
    sentence: int
    asks: bool


@lru_cache(maxsize=2048)
def hits(text: str) -> tuple[Hit, ...]:
    """Return what `text` touches, in order."""
    found: list[Hit] = []
    for number, sentence in enumerate(_sentences(text.lower())):
        asks = not _ASKING.isdisjoint(sentence) or "?" in sentence
        stems = [stem(word) for word in sentence]
        for i, word in enumerate(stems):
            pair = f"{word} {stems[i + 1]}" if i + 1 < len(stems) else ""
            found += [Hit(facet, pair, 1.6, number, asks) for facet in _TERMS.get(pair, ())]
            found += [Hit(facet, word, 1.0, number, asks) for facet in _TERMS.get(word, ())]
            if sentence[i] not in _STOP and len(word) > 2:
                found.append(Hit("", word, 0.0, number, asks))
    return tuple(found)


def _sentences(low: str) -> Iterable[list[str]]:
    sentence: list[str] = []
    for piece in _TOKEN.findall(low):
        sentence.append(piece)
        if piece in ".!?;\n":
            yield sentence
            sentence = []
    if sentence:
        yield sentence


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a label stands for: how surely each facet belongs to it, plain words of its definition, a score to start at.

    `rest` marks a label for what fits nowhere else.
    """

    facets: Mapping[str, float]
    words: frozenset[str]
    rest: bool
    start: float


@lru_cache(maxsize=2048)
def meaning(label: str, definition: str = "") -> Meaning:
    """Return what `label` means: the little that its name says, and what the definition adds."""
    low = label.lower()
    facets: dict[str, float] = {}
    for pattern, topic in TOPICS.values():
        if re.search(rf"\b(?:{pattern})", low):
            for facet, weight in topic.items():
                facets[facet] = max(facets.get(facet, 0.0), weight)
    plain: set[str] = set()
    for text in (low, definition.lower()):
        stems = [stem(word) for word in re.findall(r"[a-z0-9]+(?:['’][a-z]+)?", text) if word not in _STOP]
        plain.update(stems)
        for word in [*stems, *map(" ".join, pairwise(stems))]:
            if text is low:
                continue
            for facet in _NAMES.get(word, ()):
                facets[facet] = DEFINED
            for facet in _TERMS.get(word, ()) if word not in _NAMES else ():
                facets[facet] = max(facets.get(facet, 0.0), 0.9)
    rest = bool(re.search(rf"\b(?:{REST})", low)) and not facets
    return Meaning(dict(REST_FACETS) if rest else facets, frozenset(plain), rest, 0.3 if rest else 0.0)


def ranked(given: str, wanted: Wanted) -> list[tuple[str, float]]:
    """Return the labels with how well each fits, best first; a label for the rest stands at a small constant."""
    definitions = tuple([wanted.meanings.get(label, "") for label in wanted.labels])
    senses = _senses(wanted.labels, definitions, wanted.fallback)
    scores = [sense.start for sense in senses]
    for hit in hits(given):
        emphasis = _emphasis(hit, wanted.rule)
        for i, sense in enumerate(senses):
            if hit.facet in sense.facets:
                scores[i] += sense.facets[hit.facet] * hit.weight * emphasis
            elif not hit.facet and hit.word in sense.words:
                scores[i] += 0.9 * emphasis
    return sorted(zip(wanted.labels, scores, strict=True), key=lambda item: -item[1])


@lru_cache(maxsize=1024)
def _senses(labels: tuple[str, ...], definitions: tuple[str, ...], fallback: str) -> tuple[Meaning, ...]:
    """What the labels mean beside each other: a facet that a definition gives to one is only faintly the others'."""
    alone = [meaning(label, definition) for label, definition in zip(labels, definitions, strict=True)]
    owned = [
        {f for f, w in sense.facets.items() if w >= DEFINED} if d else set()
        for sense, d in zip(alone, definitions, strict=True)
    ]
    claimed = set[str]().union(*owned)
    senses: list[Meaning] = []
    for label, sense, own in zip(labels, alone, owned, strict=True):
        facets = {f: w * 0.25 if f in claimed and f not in own else w for f, w in sense.facets.items()}
        senses.append(replace(sense, facets=facets, start=0.3 if label == fallback else sense.start))
    return tuple(senses)


def _emphasis(hit: Hit, rule: Rule) -> float:
    """How much a mention counts under the instruction's rule for texts that speak of several things."""
    if rule == "first":
        return 2.5 if hit.sentence == 0 else 0.6
    if rule == "last":
        return 0.6 + min(hit.sentence, 3)
    if rule == "wants":
        return 2.5 if hit.asks else 0.6
    if rule == "main":
        return 1.4 if hit.sentence == 0 or hit.asks else 1.0
    return 1.0


def route(given: str, wanted: Wanted) -> str | None:
    """Return the label that fits best, or an invented name when the instruction lists none."""
    if not wanted.labels:
        return invented(given)
    order = ranked(given, wanted)
    if order[0][1] <= 0:
        return wanted.fallback or pick(wanted.labels, "no idea", given)
    return order[0][0]


def unsure(given: str, wanted: Wanted) -> str | None:
    """Return the second label when it fits nearly as well as the first, else None."""
    order = ranked(given, wanted) if len(wanted.labels) > 1 else []
    return order[1][0] if order and order[1][1] > 0.45 * order[0][1] else None


def invented(given: str) -> str:
    """Return what the stand-in would call the subject if nobody named the labels."""
    names = tuple(INVENTED)
    best = ranked(given, Wanted(labels=names))[0]
    return pick(INVENTED[best[0] if best[1] > 0 else "other"], "invented", given)


ROUTING = Skill(
    "routing",
    cues(
        (r"\bclassif|\bcategori[sz]|\broute\b|\brouting\b|\btriage|\bqueue|\bdepartment|\bassign", 2.0),
        (r"\bcategory\b|\bcategories\b|\blabels?\b|\btopics?\b|\bintents?\b|\bteams?\b|\btheme", 1.2),
        (r"\btickets?\b|\bsupport\b|\bcustomer|\bhelp ?desk", 0.9),
        (r"\bkind of\b|\btype of\b|\bwhat .{0,30}about\b|\bwhich of\b|\bone of\b|\bbelongs?\b", 0.8),
    ),
    route,
    (
        "Classify the support ticket.",
        "Decide which team should handle the ticket.",
        "Route the customer's message to the right queue.",
        "Say what the message is about.",
    ),
    choice=True,
)
