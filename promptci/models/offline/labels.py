"""Finds in an instruction the labels it allows, what it says about each, and its rule for hard cases."""

from __future__ import annotations

import re

from promptci.models.offline.lexicon.listed import listed
from promptci.models.offline.skills.base import Rule, Wanted

_OPEN, _SHUT = "[\"'“‘`*]{0,2}", "[\"'”’`*]{0,2}"
_NAME = r"[A-Za-z][\w/&+-]*(?: [A-Za-z][\w/&+-]*){0,2}"
_ITEM = rf"{_OPEN}{_NAME}{_SHUT}"
_LIST = (
    rf"({_ITEM}(?:, ?{_ITEM}){{0,30}},? (?:or|and) {_ITEM}|"
    rf"{_ITEM}(?:, ?{_ITEM}){{1,30}}|{_ITEM}(?: ?[|/] ?{_ITEM}){{1,30}})"
)
_ANNOUNCED = (
    r"\b(?:labels?|categor(?:y|ies)|class(?:es)?|options|queues?|teams?|departments?|intents?|topics?|answers?|values|"
    r"one of(?: the following| these)?(?: \w+)?|choose (?:from|between|among)|either|following)\b"
    r"(?: are| is| may be| can be)?[ ]?[:(]?[ \n]*\(?"
)
_LED = (
    r"\b(?:whether|as|into|with|is|exactly|only|word|label|say|answer|between|to|from|output|write):? +"
    r"(?:(?:it|the \w+|its \w+)(?: \w+)? (?:is|are|as) )?(?:either )?"
)
_LISTS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        _ANNOUNCED + _LIST,
        rf":[ \n]*{_LIST}(?=[ \t]*(?:[.;\n]|$))",
        _LED + _LIST,
        rf"\(({_ITEM}(?:, ?{_ITEM}){{1,30}}(?:,? (?:or|and) {_ITEM})?)\)",
    )
)
_QUOTED = re.compile(r"[\"“`]([A-Za-z][\w /&+-]{0,24})[\"”`]")
_MARK = r"(?::|=|–|—|->| - )"
_BULLET = re.compile(
    rf"^[ \t]*(?:[-*•]|\d+[.)])[ \t]+{_OPEN}([A-Za-z][\w/&+ -]{{0,28}}?){_SHUT}[ \t]*"
    rf"(?:{_MARK}{_SHUT}[ \t]*(.*)|\((.*)\)[ \t]*)?$",
    re.MULTILINE,
)
_LINE = re.compile(
    rf"^[ \t]*{_OPEN}([A-Za-z][\w/&+-]*(?: [\w/&+-]+)?){_SHUT}[ \t]*(?::|=|–|—|->){_SHUT}[ \t]*(\S.*)$", re.MULTILINE
)
_NEVER = frozenset(
    listed(
        "input output answer label labels category categories example note ticket text message format rules rule "
        "question "
        "the a an it if response following i you use choose instruction definitions tie default hint task only just "
        "nothing else reply options queues teams important remember tip warning"
    )
)
# Words that make a comma list prose rather than labels.
_PROSE = re.compile(
    r"\b(?:the|a|an|it|its|is|are|was|be|to|that|which|who|your|their|this|you|no|any|in|of|on|only|not|then|with|for|"
    r"read|write|answer|word|words|explanation|choose|pick|please|first|second|sentence|input|output|numbers?|letter)\b",
    re.IGNORECASE,
)


def wanted(instruction: str) -> Wanted:
    """Return what `instruction` says besides the name of the task: labels, their meanings, its rule, its fallback."""
    found = _listed(instruction)
    low = instruction.lower()
    return Wanted(low, found, _meanings(instruction, found), _rule(low), _fallback(low, found))


def _clean(label: str) -> str:
    return label.strip().strip("\"'“”‘’`*.,").strip()


def _usable(labels: list[str]) -> tuple[str, ...]:
    """The labels, if they can be labels at all: two to thirty different ones, none a word of the prompt's own frame."""
    kept = [label for label in labels if label and label.lower() not in _NEVER]
    unique = tuple(dict.fromkeys(kept))
    return unique if 2 <= len(unique) <= 30 and len(unique) == len(set(labels)) else ()


def _listed(text: str) -> tuple[str, ...]:
    """The labels: bullets, lines with definitions, a list after a word that announces one, or quoted answers."""
    bullets = [_clean(m[1]) for m in _BULLET.finditer(text)]
    if len(bullets) >= 2 and not any(len(b.split()) > 3 or _PROSE.search(b) for b in bullets):
        return _usable(bullets)
    best = _running(text)
    lines = [_clean(m[1]) for m in _LINE.finditer(text)]
    lines = [label for label in lines if label.lower() not in _NEVER]
    if len(lines) >= 2 and len(lines) >= len(best):
        return _usable(lines)
    quoted = list(dict.fromkeys(_clean(label) for label in _QUOTED.findall(text)))
    return _usable(quoted) if len(quoted) > len(best) else best


def _running(text: str) -> tuple[str, ...]:
    """The longest list of labels in running text, in the first manner of listing that has one."""
    for pattern in _LISTS:
        found = [_parted(match[1]) for match in pattern.finditer(text)]
        best = max(found, key=len, default=())
        if best:
            return best
    return ()


def _parted(listing: str) -> tuple[str, ...]:
    pieces = re.split(r",\s*(?:or |and )?|\s+(?:or|and)\s+|\s*[|]\s*|\s*/\s*", listing)
    labels = [_clean(piece) for piece in pieces]
    if len(labels[-1].split()) > 1 and all(len(label.split()) == 1 for label in labels[:-1]):
        labels[-1] = labels[-1].split()[0]  # "positive or negative opinion": the noun is not part of the label
    return () if any(_PROSE.search(label) for label in labels) else _usable(labels)


def _meanings(text: str, labels: tuple[str, ...]) -> dict[str, str]:
    """What the text says each label stands for: "billing: invoices", "use billing for ...", "billing (...)"."""
    found: dict[str, str] = {}
    for label in labels:
        match = re.search(
            rf"\b{re.escape(label)}\b{_SHUT}(?:[ \t]*{_MARK}|[ \t]*\(|[ \t]+(?:means|covers|is for|are for|is about|"
            rf"includes|for|when|if|stands for)\b)[ \t]*([^\n;)]+)",
            text,
            re.IGNORECASE,
        )
        ends = re.split(r"\.\s|\.$", match[1], maxsplit=1)[0].strip() if match else ""
        if ends and _parted(ends) != labels:
            found[label] = ends
    return found


_RULES: tuple[tuple[Rule, str], ...] = (
    (
        "wants",
        r"wants? (?:to be )?(?:solved|done|fixed|resolved|us to)|asks? (?:for|us)|(?:is )?asking for|"
        r"what (?:the|they|he|she)\b.{0,20}\b(?:wants?|needs?)|(?:request|goal|action) (?:at|in|that)|"
        r"needs? (?:solved|fixed|done)|actual request|desired",
    ),
    (
        "first",
        r"(?:mentioned|named|comes?|stated|raised|appears?) first|"
        r"first (?:\w+ )?(?:problem|issue|thing|topic|subject|one|request|complaint)",
    ),
    ("last", r"last (?:\w+ )?(?:problem|issue|thing|topic|one|request)|mentioned last"),
    ("main", r"\bmain\b|\bprimary\b|most important|\broot cause\b|underlying"),
)
_NOWHERE = (
    r"(?:none|nothing|not sure|unsure|in doubt|no (?:other )?\w+ fits?|(?:everything|anything) else|otherwise)"
    r"[^.\n]{0,50}"
)
_ALL = r"[\"'`*]*[ \t]*(?::|=|-|–|—|for|if|is for|means|\()[^.\n]{0,20}(?:anything|everything|none|all other|the rest)"


def _rule(low: str) -> Rule:
    """Which mention decides when several labels fit; empty when the text does not say."""
    return next((rule for rule, pattern in _RULES if re.search(pattern, low)), "")


def _fallback(low: str, labels: tuple[str, ...]) -> str:
    """The label that the text names for what fits nowhere."""
    for label in labels:
        name = rf"\b{re.escape(label.lower())}\b"
        if re.search(f"{_NOWHERE}{name}|{name}{_ALL}", low):
            return label
    return ""
