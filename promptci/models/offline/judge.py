"""Grades an answer by the words that it shares with a reference, in the form asked for. Only so that the path runs."""

from __future__ import annotations

import json
import re
from collections import Counter

from promptci.models.offline.chance import unit

_ASKS = re.compile(
    r"\b(?:grade|grader|judge|rate|assess|evaluate|score)\b[^\n]{0,200}\b(?:answers?|outputs?|response|reply|submission)\b",
    re.IGNORECASE,
)
_GRADED = r"answer|output|response|reply|submission|candidate|actual(?: \w+)?|given(?: \w+)?|model(?: \w+)?"
_REFERENCE = (
    r"reference(?: \w+)?|expected(?: \w+)?|correct(?: \w+)?|ideal(?: \w+)?|gold(?: \w+)?|target|"
    r"criteria|criterion|rubric"
)
_SECTION = re.compile(
    rf"^[ \t]*(?:<|\[|#+ ?|\*\*)?((?:the )?(?:{_GRADED}|{_REFERENCE}))(?:>|\]|\*\*)?"
    r"[ \t]*:?[ \t]*(?:\*\*)?[ \t]*(.*)$",
    re.IGNORECASE,
)
_RANGE = re.compile(r"(?:from|between|scale of|scale:?)?\s*\b(\d+)\s*(?:to|-|–|and)\s*(\d+)\b")
_KEY = re.compile(r"[\"'](\w+)[\"']\s*:")
PASS = 0.5  # overlap from which a yes-or-no judge says yes


def asks_for_grade(text: str) -> bool:
    """Whether `text` asks to grade an answer and shows one."""
    if "nswer" not in text and "utput" not in text and "esponse" not in text and "eply" not in text:
        return False
    return _ASKS.search(text) is not None and len(_sections(text)) == 2


def grade(text: str, *, seed: int) -> str:
    """Return the grade in the wanted form: JSON with the keys named, yes or no, or a number on the named scale."""
    parts = _sections(text)
    share = overlap(parts["answer"], parts["reference"])
    share = min(1.0, max(0.0, share + 0.1 * (unit("judge", text, seed) - 0.5))) if 0.0 < share < 1.0 else share
    low, high = _scale(text)
    value = low + share * (high - low)
    number = round(value, 2) if high <= 1 else round(value)
    if re.search(r"\bjson\b", text, re.IGNORECASE) or re.search(r"\{\s*\"\w+\"\s*:", text):
        return _as_json(text, number, share >= PASS)
    if re.search(r"\byes\b.{0,20}\bno\b", text, re.IGNORECASE):
        return "yes" if share >= PASS else "no"
    if re.search(r"\bpass\b.{0,20}\bfail\b", text, re.IGNORECASE):
        return "pass" if share >= PASS else "fail"
    return f"{number:g}"


def _as_json(text: str, number: float, passed: bool) -> str:
    keys = list(dict.fromkeys(_KEY.findall(text))) or ["score"]
    made: dict[str, object] = {}
    for key in keys[:6]:
        if re.search(r"reason|why|explan|rationale|comment", key, re.IGNORECASE):
            made[key] = "graded by the words shared with the reference"
        elif re.search(r"pass|correct|ok|valid|verdict|yes", key, re.IGNORECASE):
            made[key] = passed
        else:
            made[key] = number
    return json.dumps(made)


def _scale(text: str) -> tuple[float, float]:
    for match in _RANGE.finditer(text):
        low, high = float(match[1]), float(match[2])
        if low < high <= 100:
            return low, high
    return 0.0, 1.0


def _sections(text: str) -> dict[str, str]:
    """The answer and the reference as the question shows them under their headings; the last of each name counts."""
    found: dict[str, str] = {}
    name = ""
    for line in text.splitlines():
        match = _SECTION.match(line)
        if match and (match[2] or line.rstrip().endswith((":", ">", "]")) or line.lstrip().startswith("#")):
            name = "reference" if re.match(rf"(?:the )?(?:{_REFERENCE})\b", match[1], re.IGNORECASE) else "answer"
            found[name] = match[2].strip()
        elif name and line.strip() and not re.match(r"^[ \t]*(?:</[\w-]+>|```|<[\w-]+>)[ \t]*$", line):
            found[name] = f"{found[name]}\n{line.strip()}".strip()
        elif name and not line.strip() and found[name]:
            name = ""
    return found


def overlap(answer: str, reference: str) -> float:
    """Return the F1 of shared words, 0 to 1; two texts without a word are equal."""
    left, right = Counter(re.findall(r"\w+", answer.lower())), Counter(re.findall(r"\w+", reference.lower()))
    if not left or not right:
        return float(left == right)
    shared = sum((left & right).values())
    return 2 * shared / (sum(left.values()) + sum(right.values()))
