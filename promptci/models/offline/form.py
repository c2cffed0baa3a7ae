"""The form that an instruction asks an answer to have, and how an answer is put into it, or into a sentence."""

from __future__ import annotations

import re
from dataclasses import dataclass

from promptci.models.offline.chance import pick


@dataclass(frozen=True, slots=True)
class Form:
    """`case` is lower, upper, title or as it comes; `keys` are the fields of a wanted JSON object (empty: no JSON)."""

    case: str = ""
    keys: tuple[str, ...] = ()


_CASES = (
    ("lower", re.compile(r"lower[- ]?cased?\b|small letters|no capitals")),
    ("upper", re.compile(r"upper[- ]?cased?\b|(?:all|in) capital letters|all caps")),
    ("title", re.compile(r"capitali[sz]ed|title case|first letter (?:in )?upper")),
)
_JSON = re.compile(r"\bjson\b", re.IGNORECASE)
_FIELD = r"[\"'`]?[A-Za-z_]\w{0,30}[\"'`]?"
_QUOTED_KEY = re.compile(r"[\"'`]([A-Za-z_]\w{0,30})[\"'`]\s*:")
_NAMED_KEYS = re.compile(rf"\b(?:keys?|fields?)\s*:?\s+({_FIELD}(?:(?:,\s*(?:and\s+)?|\s+and\s+){_FIELD}){{0,11}})")
# What people write around an answer when nobody asked for the bare one.
_SENTENCES = (
    "The answer is {answer}.",
    "I think this is {answer}.",
    "{answer} - that is my best guess.",
    "It looks like {answer} to me.",
    "Based on the text, I would say {answer}.",
    "Sure! The answer would be: {answer}",
    "This seems to be {answer}.",
)


def form_of(instruction: str) -> Form:
    """Return the form that `instruction` asks for."""
    low = instruction.lower()
    case = next((name for name, pattern in _CASES if pattern.search(low)), "")
    if not _JSON.search(low):
        return Form(case)
    keys = _QUOTED_KEY.findall(instruction)
    for named in _NAMED_KEYS.finditer(instruction):
        keys += [key.strip("\"'`") for key in re.split(r",\s*(?:and\s+)?|\s+and\s+", named[1])]
    return Form(case, tuple(dict.fromkeys(keys)) or ("answer",))


def cased(answer: str, form: Form) -> str:
    """Return the bare answer in the wanted case."""
    change = {"lower": str.lower, "upper": str.upper, "title": str.capitalize}.get(form.case)
    return change(answer) if change else answer


def chatty(answer: str, *key: object) -> str:
    """Return a sentence around the answer, chosen by the hash of `key`."""
    return pick(_SENTENCES, "sentence", *key).format(answer=answer.rstrip("."))
