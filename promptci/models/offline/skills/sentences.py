"""Skills on simple sentences: negation, active to passive."""

from __future__ import annotations

import re

from promptci.models.offline.lexicon.listed import listed
from promptci.models.offline.lexicon.verbs import AUXILIARIES, BASES, PARTICIPLE, base_of, guessed_base
from promptci.models.offline.skills.base import Skill, Wanted, cues

_PLURAL_SUBJECT = re.compile(
    r"(?:[^s]s|men|women|people|children|they|we|both|many|most|some|all|several|these|those)$", re.I
)
_SHORT = {"isn't": "is", "aren't": "are", "wasn't": "was", "weren't": "were", "can't": "can", "won't": "will"}
# Words after which a verb form is no main verb: "the founded city", "of failed states".
_BEFORE_NOUN = frozenset(listed("the a an of in on at by with for from to as his her its their this that and or"))


def negated(sentence: str) -> str | None:
    """Return the sentence with its first finite verb negated, or with its negation taken away; None without a verb."""
    words = sentence.split()
    if len(words) < 3:
        return None
    for i, word in enumerate(words):
        low = word.lower()
        if low == "not" and i and words[i - 1].lower() in AUXILIARIES:
            return " ".join([*words[:i], *words[i + 1 :]])
        if low in _SHORT:
            return " ".join([*words[:i], _SHORT[low], *words[i + 1 :]])
    for i, word in enumerate(words):
        if word.lower() in AUXILIARIES:
            return _with_not(words, i)
        if i and word.lower() in ("has", "have", "had") and i + 1 < len(words) and _participle_like(words[i + 1]):
            return _with_not(words, i)
        changed = _main_verb(words, i)
        if changed is not None:
            return changed
    return None


def _with_not(words: list[str], i: int) -> str:
    if words[i].lower() == "can":
        return " ".join([*words[:i], words[i] + "not", *words[i + 1 :]])
    return " ".join([*words[: i + 1], "not", *words[i + 1 :]])


def _participle_like(word: str) -> bool:
    low = word.lower().rstrip(".,")
    return low == "been" or low.endswith("ed") or low in PARTICIPLE.values()


def _main_verb(words: list[str], i: int) -> str | None:
    """The sentence with `does not`/`did not`/`do not` before the verb at `i`, if there is a main verb at `i`."""
    low = words[i].lower().rstrip(",")
    if i == 0 or words[i - 1].lower() in _BEFORE_NOUN:
        return None
    if low in ("has", "have", "had"):
        form = {"has": "does not have", "have": "do not have", "had": "did not have"}[low]
        return " ".join([*words[:i], form, *words[i + 1 :]])
    if low.endswith("ed") and not AUXILIARIES.isdisjoint(word.lower() for word in words[i + 1 :]):
        return None  # "the rule associated with it is ...": a participle, the finite verb is yet to come
    found = base_of(low) or (guessed_base(low) if words[i][0].islower() else None)
    if found is not None and words[i][0].islower():
        return " ".join([*words[:i], "did not" if found[1] == "past" else "does not", found[0], *words[i + 1 :]])
    if low in BASES and words[i][0].islower() and _PLURAL_SUBJECT.search(words[i - 1]):
        return " ".join([*words[:i], "do not", *words[i:]])
    return None


def _negation(given: str, _: Wanted) -> str | None:
    text = given.strip()
    return negated(text) if len(text) < 400 else None


_ACTIVE = re.compile(
    r"^((?:The|A|An|His|Her|My|Our|Their|[A-Z]\w+)(?: [a-z]+)?) (\w+) "
    r"((?:the|a|an|his|her|my|our|their) \w+(?: \w+){0,3}|[A-Z]\w+)\.?$"
)


def passive(sentence: str) -> str | None:
    """Return "The Y was seen by the X." for "The X saw the Y."; None for anything less simple."""
    found = _ACTIVE.match(sentence.strip())
    if found is None:
        return None
    actor, verb, object_ = found[1], found[2], found[3].strip()
    participle = PARTICIPLE.get(verb, verb if verb.endswith("ed") else None)
    if participle is None:
        return None
    plural = object_.split()[-1].endswith("s") and not object_.endswith("ss")
    return f"{object_[0].upper()}{object_[1:]} {'were' if plural else 'was'} {participle} by {_lowered(actor)}."


def _lowered(actor: str) -> str:
    first, _, rest = actor.partition(" ")
    return f"{first.lower()} {rest}" if rest else actor


def _passive(given: str, _: Wanted) -> str | None:
    return passive(given)


SENTENCES: tuple[Skill, ...] = (
    Skill(
        "negation",
        cues(
            (r"\bnegat(?:e|ion|ed|ing|ive form)\b", 3.0),
            (r"\bopposite (?:meaning|fact|statement)|\bopposite of (?:the|this) (?:sentence|statement|fact)", 2.5),
            (r"\bcontradict|\bfact\b", 0.8),
        ),
        _negation,
        ("Negate the sentence.", "Write the negation of the sentence.", "State the opposite fact."),
        ease=0.4,
    ),
    Skill(
        "passive",
        cues((r"\bpassive\b", 3.0)),
        _passive,
        (
            "Rewrite the sentence in passive form.",
            "Change the sentence from active to passive.",
            "Write the passive form of the sentence.",
        ),
        ease=0.4,
    ),
)
