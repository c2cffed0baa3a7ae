"""What can be said against a complement or a rewrite without asking anybody: the first rule that it breaks."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from promptci.augment import tongue
from promptci.augment.base import Typed
from promptci.augment.spec import Limits
from promptci.augment.words import count, words
from promptci.core import Reason

# Left over from a question, or from what some models wrap around their text.
_MARKER = re.compile(
    r"</?\s*(?:INS|data-[0-9a-f]{8})\s*>|\[(?:INST|/INST|END|PROTECT(?:ED)?)\]|<\|[\w-]+\|>|</?(?:think|protect\w*)>|"
    r"^\s*(?:#+\s*)?(?:complement|better request|optimi[sz]ed (?:instruction|prompt)|improved prompt|rewritten prompt|"
    r"new request)\s*:",
    re.IGNORECASE | re.MULTILINE,
)
_ANSWER = re.compile(
    r"^\W*(?:sure|certainly|of course|absolutely|here(?:'s|’s| is| are)\b(?! how)|the (?:correct )?(?:answer|result|"
    r"solution|capital|translation) (?:is|are|would be)|it is because|because\b|yes,|no,|as an ai\b|i (?:think|am|"
    r"would|cannot|can['’]t)\b|die antwort (?:ist|lautet)|la respuesta es|la réponse est|la risposta è|答案是|答えは)",
    re.IGNORECASE,
)
_CODE = re.compile(r"```|^\s*(?:def |class |import |SELECT |#include|function |public )", re.MULTILINE)
_BRIEF = re.compile(
    r"\b(?:in (?:one|a single|two|a few|\d{1,2}) (?:words?|sentences?|lines?)|one[- ]word|briefly|"
    r"keep it (?:short|brief)|short answer|as short as possible|concise(?:ly)?|"
    r"just the (?:answer|number|name|code)|only the (?:answer|number|"
    r"name|code)|yes or no|no explanations?|without (?:any )?explanations?|don['’]t explain|tl;?dr)\b",
    re.IGNORECASE,
)
_LENGTHY = re.compile(
    r"\b(?:in (?:great |full |more )?detail|detailed|thorough(?:ly)?|comprehensive(?:ly)?|at length|in[- ]depth|"
    r"elaborate|exhaustive(?:ly)?|step[- ]by[- ]step|at least \d+ (?:words|sentences|paragraphs|pages)|many examples|"
    r"explain (?:every|each|all)|explain why|full explanation)\b",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"\d[\d.,]*\d|\d")
_URL = re.compile(r"https?://\S+|www\.\S+", re.IGNORECASE)
_QUOTED = re.compile(r"\"([^\"\n]{2,200})\"|“([^”\n]{2,200})”|«([^»\n]{2,200})»|`([^`\n]{2,200})`")
_DEMAND = re.compile(r"[.!?;。！？；]+(?=\s|$)|[。！？；]|\n\s*[-*•\d]+[.)]?\s")
_SMALL = 12  # numbers up to it speak of form: three steps, two paragraphs
_DETAILED = 60  # words: a prompt from here on is complex
_SPARE = 0.34  # of a complex prompt's words, what a complement may have
_REPEATS = 0.8  # of a complement's words that are the prompt's, from which it only says it again
_TAKEN = 4  # words in a row that only the good answer has


@dataclass(frozen=True, slots=True)
class Attempt:
    """A text that was made of a prompt, before anybody knows whether it may stand."""

    typed: Typed
    text: str
    limits: Limits


Rule = Callable[[Attempt], str | None]


def marker(new: Attempt) -> str | None:
    """Marks of a question's form are left in it."""
    found = _MARKER.search(new.text)
    return None if found is None or found[0] in new.typed.text else f"it holds the mark '{found[0].strip()}'"


def language(new: Attempt) -> str | None:
    """It is surely in another language than the prompt."""
    return None if tongue.kept(new.typed.text, new.text) else "it is in another language than the prompt"


def answers(new: Attempt) -> str | None:
    """It begins as an answer does, or holds code."""
    opens = _ANSWER.search(new.text) or (_CODE.search(new.text) and not _CODE.search(new.typed.text))
    return "it answers the prompt" if opens else None


def strays(new: Attempt) -> str | None:
    """The prompt wants a short answer, and it asks for a long one."""
    long, brief = _LENGTHY.search(new.text), _BRIEF.search(new.typed.text)
    return f"'{long[0]}' against '{brief[0]}'" if long and brief else None


def overloads(new: Attempt) -> str | None:
    """The prompt is detailed already, and it adds a lot."""
    size, added = count(new.typed.text), count(new.text)
    too_much = size >= _DETAILED and added > max(new.limits.max_words / 2, _SPARE * _DETAILED)
    return f"{added} words below a prompt of {size}" if too_much else None


def demands(new: Attempt) -> str | None:
    """It is too long, or asks for too many things."""
    size, asked = count(new.text), len([p for p in _DEMAND.split(new.text) if p and re.search(r"\w", p)])
    if size > new.limits.max_words:
        return f"{size} words; {new.limits.max_words} are allowed"
    return f"{asked} demands; {new.limits.max_demands} are allowed" if asked > new.limits.max_demands else None


def little(new: Attempt) -> str | None:
    """It says next to nothing, or the prompt again."""
    if count(new.text) < new.limits.min_words:
        return f"fewer than {new.limits.min_words} words"
    own = words(new.text)
    told = set(words(new.typed.text))
    share = sum(word in told for word in own) / max(1, len(own))
    return "it says the prompt again" if share >= _REPEATS and len(own) > new.limits.min_words else None


def facts(new: Attempt) -> str | None:
    """It brings a number or an address that the prompt does not hold."""
    told = new.typed.whole
    for found in (*_URL.findall(new.text), *_NUMBER.findall(new.text)):
        plain = found.replace(",", "")
        small = plain.isdigit() and int(plain[:6]) <= _SMALL
        if not small and found not in told and plain not in told.replace(",", ""):
            return f"'{found[:60]}' is not in the prompt"
    return None


def shrunk(new: Attempt) -> str | None:
    """The prompt is more than `shortest` times as long as the rewrite, in words."""
    size, own = count(new.typed.text), count(new.text)
    return f"{size} words became {own}" if size > new.limits.shortest * max(own, 1) else None


def grown(new: Attempt) -> str | None:
    """The rewrite is more than `longest` times as long as the prompt, in words."""
    size, own = count(new.typed.text), count(new.text)
    return f"{size} words became {own}" if own > new.limits.longest * max(size, 1) else None


def lost(new: Attempt) -> str | None:
    """A number, an address or a quoted text of the prompt is not in the rewrite."""
    quoted = [next(part for part in found.groups() if part) for found in _QUOTED.finditer(new.typed.text)]
    for one in (*quoted, *_URL.findall(new.typed.text), *_NUMBER.findall(new.typed.text)):
        if one.strip(".,") not in new.text:
            return f"'{one[:60]}' is lost"
    return None


def taken(new: Attempt) -> str | None:
    """Words in a row that only the good answer could have told."""
    told, mine = f" {' '.join(words(new.typed.whole))} ", words(new.text)
    answer = f" {' '.join(words(new.typed.good))} "
    for at in range(len(mine) - _TAKEN + 1):
        run = f" {' '.join(mine[at : at + _TAKEN])} "
        if run in answer and run not in told and not _common(mine[at : at + _TAKEN]):
            return f"'{run.strip()}' is the good answer's"
    return None


def _common(run: list[str]) -> bool:
    return sum(len(word) > 3 for word in run) < 2  # "one of the most" is nobody's


def unchanged(new: Attempt) -> str | None:
    """The rewrite is the prompt: there is nothing to learn from it."""
    same = " ".join(words(new.text)) == " ".join(words(new.typed.text))
    return "nothing was changed" if same else None


COMPLEMENT: Mapping[str, Rule] = {
    "marker": marker, "language": language, "answers": answers, "strays": strays, "overloads": overloads,
    "demands": demands, "facts": facts, "little": little,
}  # fmt: skip
REWRITE: Mapping[str, Rule] = {
    "marker": marker, "language": language, "answers": answers, "shrunk": shrunk, "grown": grown, "lost": lost,
    "facts": facts, "taken": taken, "unchanged": unchanged,
}  # fmt: skip


def broken(rules: Mapping[str, Rule], new: Attempt) -> Reason | None:
    """The first rule that is broken, by its name; None when all hold."""
    for name, rule in rules.items():
        said = rule(new)
        if said is not None:
            return Reason(name, said)
    return None
