"""Splits what a scorer is sent into the instruction and the input it is about, from the text alone."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from promptci.core import Message
from promptci.models.offline.lexicon.listed import listed
from promptci.models.offline.marks import Mark, fenced, guarded, tagged


@dataclass(frozen=True, slots=True)
class Reading:
    """`instruction` says what to do, `given` is the text to do it to; either may be empty.

    `primed` is True when the text ends in a label such as `Answer:`, which leaves room for the answer only.
    """

    instruction: str
    given: str
    primed: bool = False


_NOUN = (
    r"input|ticket|text|message|review|sentence|word|words|email|e-mail|query|comment|feedback|document|passage|article|"
    r"tweet|animals?|list|item|items|case|request|utterance|phrase|numbers?|question|problem|conversation|note|content|"
    r"customer|user|invoice|receipt|paragraph|post|complaint|q|x"
)
_LABEL = re.compile(
    rf"^[ \t]*(?:\*\*|#+[ \t]*)?(?:(?:the|this|new|next|customer|user|support|incoming|given|following)[ '’s]*[ \t]+)*"
    rf"({_NOUN})(?:[ \t]+(?:text|message|ticket|to \w+|body))?(?:\*\*)?[ \t]*:(?:\*\*)?(?=[ \t\n]|$)",
    re.IGNORECASE | re.MULTILINE,
)
_PRIMER = re.compile(r"[ \t]*(?:\*\*)?([A-Za-z][\w '/-]{0,30}):(?:\*\*)?[ \t]*")
_NOT_INPUT = frozenset(
    listed(
        "example examples label labels category categories instruction instructions rule rules output answer format "
        "prompt definition definitions ins task context role b i em strong code"
    )
)
# How a sentence that tells somebody what to do begins, or what it cannot do without.
ORDER = re.compile(
    r"^\W*(?:please |then |now |you |your |always |never |only |just |do not |don't |carefully |first,? )*"
    r"(?:write|output|answer|reply|respond|return|give|choose|pick|classify|categori[sz]e|label|route|sort|assign|decide|"
    r"determine|extract|find|list|name|say|tell|state|print|translate|rewrite|rephrase|negate|change|turn|convert|add|sum|"
    r"subtract|spell|break|identify|select|use|read|look|consider|think|what|which|who|when|where|how|is|are|does|do|if|"
    r"you|your|for each|given|apply|make|take|compute|calculate|provide|rate|score|summari[sz]e|triage|detect|judge|"
    r"the (?:label|answer|output|category)|one of|labels|categories|in one word|with one)\b",
    re.IGNORECASE,
)
# A system message without any of these is a greeting ("You are a helpful assistant."), not the task.
_TASK = re.compile(
    r"\b(?:write|output|(?:answer|reply|respond) with|return|classify|categori[sz]e|label|route|sort|assign|decide|"
    r"determine|extract|find|list|name|say|tell|state|print|translate|rewrite|negate|change|convert|add|sum|subtract|spell|"
    r"break|identify|choose|pick|select|triage|compute|provide|rate|which|what|input:)\b",
    re.IGNORECASE,
)


def read(messages: Sequence[Message]) -> Reading:
    """Return what the chat's last turn asks and about what.

    A system message is instruction; the last user message is the input, unless it also brings an instruction.
    Earlier user and assistant turns are worked examples and are written into the instruction as Input/Output lines.
    """
    system = [m.content.strip() for m in messages if m.role == "system"]
    turns = [m for m in messages if m.role != "system"]
    text = turns[-1].content if turns else ""
    shown = [f"{'Input' if m.role == 'user' else 'Output'}: {m.content.strip()}" for m in turns[:-1]]
    above = "\n".join([*system, *shown]).strip()
    if not above:
        return split(text)
    if not _TASK.search(above):
        part = split(text)
        return Reading(f"{above}\n{part.instruction}".strip(), part.given, part.primed)
    part = _strip_primer(text.strip())
    found = _marked(part.given) or _labelled(part.given)
    if found is None:
        return Reading(above, part.given, part.primed)
    more = f"{above}\n{found[0].strip()}" if ORDER.search(found[0]) else above
    return Reading(more, found[1].strip(), part.primed)


def split(text: str) -> Reading:
    """Return the parts of one message that holds both instruction and input (marked, labelled, or simply last)."""
    part = _strip_primer(text.strip())
    found = _marked(part.given) or _labelled(part.given) or _unmarked(part.given)
    return Reading(found[0].strip(), found[1].strip(), part.primed)


def _strip_primer(text: str) -> Reading:
    """Take a closing line such as `Answer:` off the text."""
    head, _, last = text.rpartition("\n")
    return Reading("", head.rstrip(), primed=True) if head and _PRIMER.fullmatch(last) else Reading("", text)


def _marked(text: str) -> tuple[str, str] | None:
    """The last part in a guard, a tag or a fence that may hold an input; the rest is instruction."""
    parts = [*guarded(text)] or [part for part in tagged(text) if part.name.lower() not in _NOT_INPUT]
    parts = parts or [*fenced(text)]
    return _cut(text, parts[-1]) if parts else None


def _cut(text: str, part: Mark) -> tuple[str, str]:
    before, after = text[: part.start].rstrip(), text[part.end :].lstrip()
    label = _LABEL.search(before.rsplit("\n", 1)[-1])
    if label is not None and before.endswith(":"):
        before = before[: len(before) - len(label[0].strip())]
    return f"{before}\n{after}", part.body


def _labelled(text: str) -> tuple[str, str] | None:
    """The part after a line such as `Ticket: ...`; the last of its name when worked examples come before it."""
    labels = list(_LABEL.finditer(text))
    if not labels:
        return None
    leading = [m for m in labels if text[: m.start()].endswith("\n\n") or not text[: m.start()].strip()]
    chosen = leading[-1] if leading else [m for m in labels if m[1].lower() == labels[0][1].lower()][-1]
    before, body = text[: chosen.start()], text[chosen.end() :].strip()
    head, gap, tail = body.partition("\n\n")
    if gap and (not before.strip() or ORDER.search(tail.rsplit("\n\n", 1)[-1])):
        return (tail, head) if not before.strip() else _with_tail(before, body)
    return before, body


def _with_tail(before: str, body: str) -> tuple[str, str]:
    """Input paragraphs first, then closing orders ("Answer with only the label."), which belong to the instruction."""
    given, _, tail = body.rpartition("\n\n")
    return f"{before.rstrip()}\n{tail}", given


def _unmarked(text: str) -> tuple[str, str]:
    """No mark at all: the last paragraph, else the last line, else what follows a colon, is the input."""
    for gap in ("\n\n", "\n"):
        head, found, tail = text.rpartition(gap)
        if found and head.strip():
            if ORDER.search(tail) and not ORDER.search(head):
                return tail, head
            return head, tail
    if not ORDER.search(text):
        return "", text
    head, found, tail = text.partition(": ")
    if found and tail.strip():
        return head, tail
    quoted = re.search(r"[\"“]([^\"”]{2,})[\"”]", text)
    return (text.replace(quoted[0], "the input"), quoted[1]) if quoted else (text, "")
