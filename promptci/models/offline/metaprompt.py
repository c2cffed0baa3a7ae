"""Recognises a question that asks for an instruction, and reads what it shows: scored texts, parents, pairs, tag."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from promptci.models.offline.marks import Mark, guarded, tagged, without
from promptci.models.offline.pairs import Pair, blocks, pairs

Task = Literal["improve", "infer", "vary", "shorten", "cross", "reflect", "trigger", "complement"]

_ASKS = re.compile(
    r"\b(?:write|generate|create|propose|suggest|give|produce|come up with|make)\b[^.\n]{0,60}"
    r"\b(?:new|better|improved|different|variation|variant|version|another)\b[^.\n]{0,60}\b(?:instruction|prompt)s?\b|"
    r"\b(?:write|generate|create|propose) (?:an?|the|one|\d+) (?:[\w-]+ ){0,3}(?:instruction|prompt)s?\b|"
    r"\b(?:improve|edit|revise|rewrite|rephrase|paraphrase|vary|mutate|shorten|cross ?over|combine)\b[^.\n]{0,60}"
    r"\b(?:instruction|prompt)s?\b|"
    r"variation of (?:it|the)\b|shorter version of|what was the instruction|\bthe instruction was\b|\[blank\]|"
    r"next one is better|write a complement for|which sentence was it|instruction\b[^\n]{0,60}\bsemantic meaning",
    re.IGNORECASE,
)
_TASKS: tuple[tuple[Task, re.Pattern[str]], ...] = (
    ("complement", re.compile(r"write a complement for", re.IGNORECASE)),
    ("cross", re.compile(r"cross ?over|crossed|\bmutate\b|combine the (?:two|parts)", re.IGNORECASE)),
    ("trigger", re.compile(r"which sentence was it|begins with \"", re.IGNORECASE)),
    ("shorten", re.compile(r"shorter version|\bshorten\b|make it shorter|condense", re.IGNORECASE)),
    ("vary", re.compile(r"\bvariation\b|paraphrase|rephrase|same meaning|other words", re.IGNORECASE)),
    (
        "reflect",
        re.compile(r"went wrong|wrong answers?|mistakes?|failures?|given (?:output|answer)|edit the|critique", re.I),
    ),
    (
        "infer",
        re.compile(r"what was the instruction|the instruction was|\[blank\]|guess the instruction", re.IGNORECASE),
    ),
)
_WANTED_TAG = re.compile(r"<([A-Za-z_][\w-]*)>[ \t]*(?:and|to|\.{3}|…|,|with|here|then|your \w+|the \w+)?[ \t]*</\1>")
_SCORE = re.compile(r"\b(?:score|accuracy|rating)\b\W{0,4}(\d+(?:\.\d+)?)", re.IGNORECASE)
_INPUT_LINE = re.compile(
    r"^[ \t]*(?:input|ticket|message|text|review|question|sentence|q)[ \t]*:[ \t]*\S.*$", re.IGNORECASE | re.MULTILINE
)
PLACEHOLDER = re.compile(r"\{\{.*?\}\}", re.DOTALL)


@dataclass(frozen=True, slots=True)
class MetaPrompt:
    """What a question shows.

    `scored` are earlier instructions in the order shown, with their scores where there are any; `parents` the texts to
    cross, in order; `current` the one instruction to change. `tag` is what must open and close the answer, both empty
    when no form is asked. `placeholders` have to survive. `prefix` opens a trigger sentence.
    """

    task: Task
    scored: tuple[tuple[str, float | None], ...] = ()
    parents: tuple[str, ...] = ()
    current: str = ""
    pairs: tuple[Pair, ...] = ()
    tag: tuple[str, str] = ("", "")
    placeholders: tuple[str, ...] = ()
    prefix: str = ""
    at_answer: bool = False


def asks_for_instruction(text: str) -> bool:
    """Whether `text` asks for an instruction rather than for the answer to one.

    What stands behind a label for inputs, or in a guard, is data: a ticket that asks for a prompt is still a ticket.
    """
    if "nstruction" not in text and "rompt" not in text and "entence was it" not in text:
        return False
    data = [*guarded(text)] + [mark for mark in tagged(text) if mark.name.startswith("data-")]
    told = _INPUT_LINE.sub("", without(text, sorted(data, key=lambda mark: mark.start)))
    return _ASKS.search(told) is not None


@lru_cache(maxsize=64)
def read_metaprompt(text: str) -> MetaPrompt:
    """Read a question that `asks_for_instruction`."""
    data = [*guarded(text)] or [mark for mark in tagged(text) if mark.name.startswith("data-")]
    outside = without(text, data)
    shown = pairs("\n\n".join(mark.body for mark in data) if data else without(text, [*tagged(text)]))
    wanted = _wanted_tag(outside)
    # In a crossing the wanted tag marks answers (a worked example's), elsewhere it marks earlier instructions too.
    crossing = dict(_TASKS)["cross"].search(outside) is not None
    texts = _texts(outside, skipped=("tried", wanted[0].strip("<>") if crossing else "tried"))
    task = _task(outside, bool(texts), any(pair.got is not None for pair in shown))
    parents = tuple(body for body, _ in texts) if task == "cross" else ()
    scored = () if task == "cross" else tuple(texts)
    prefix = re.search(r"begins? with \"([^\"\n]+)\"", outside)
    return MetaPrompt(
        task=task,
        scored=scored,
        parents=parents,
        current=texts[0][0] if task in ("reflect", "vary", "shorten") and texts else "",
        pairs=shown,
        tag=wanted,
        placeholders=_placeholders(outside, texts),
        prefix=prefix[1] if prefix and task == "trigger" else "",
        at_answer="start of the model's own answer" in outside or task == "trigger",
    )


def _task(text: str, has_texts: bool, has_failures: bool) -> Task:
    for task, pattern in _TASKS:
        if (
            pattern.search(text)
            and not (task == "infer" and has_texts)
            and not (task == "reflect" and not has_failures)
        ):
            return task
    return "improve" if has_texts else "infer"


def _texts(text: str, skipped: tuple[str, ...]) -> list[tuple[str, float | None]]:
    """Earlier instructions with their scores: tagged ones, else `text:`/`score:` and `Prompt 1:` blocks."""
    marked = [m for m in tagged(text) if m.name not in skipped and not _WANTED_TAG.fullmatch(text[m.start : m.end])]
    if marked:
        return _with_scores(text, marked)
    found: list[tuple[str, float | None]] = []
    for block in blocks(text):
        if block.kind in ("text", "parent") and block.value and "placeholder" not in block.label:
            found.append((block.value, None))
        elif block.kind == "score" and found and (number := re.match(r"\d+(?:\.\d+)?", block.value)):
            found[-1] = (found[-1][0], float(number[0]))
    numbered = [b for b in blocks(text) if b.kind == "parent" and (b.number or b.label != "prompt")]
    # A worked example of another task comes first and uses the same names: the last text of a name counts.
    last = {f"{b.label} {b.number}": b.value for b in numbered}
    return [(value, None) for value in last.values()] if len(last) > 1 and len(numbered) > len(last) else found


def _with_scores(text: str, marked: list[Mark]) -> list[tuple[str, float | None]]:
    """Tagged texts; a score belongs to the text after it if one stands before the first, else to the one before."""
    edges = [0, *(m.end for m in marked)]
    gaps = [text[edge : m.start] for edge, m in zip(edges, marked, strict=False)] + [text[edges[-1] :]]
    lead = _SCORE.search("\n".join(gaps[0].splitlines()[-3:]))
    side = gaps[:-1] if lead else gaps[1:]
    scores = [_SCORE.search(gap[-60:] if lead else gap[:60]) for gap in side]
    return [(m.body.strip(), float(s[1]) if s else None) for m, s in zip(marked, scores, strict=True)]


def _wanted_tag(text: str) -> tuple[str, str]:
    asked = list(_WANTED_TAG.finditer(text))
    if asked:
        return f"<{asked[-1][1]}>", f"</{asked[-1][1]}>"
    if re.search(r"square brackets|inside \[ ?\]|between \[ and \]|in \[\]", text, re.IGNORECASE):
        return "[", "]"
    return ("```\n", "\n```") if re.search(r"(?:code block|triple backticks|```)", text[-400:]) else ("", "")


def _placeholders(text: str, texts: list[tuple[str, float | None]]) -> tuple[str, ...]:
    found = [p for body, _ in texts for p in PLACEHOLDER.findall(body)]
    rule = re.search(r"placeholders?\b[^\n]*", text)
    if rule:
        found += PLACEHOLDER.findall(rule[0])
    return tuple(dict.fromkeys(found))
