"""What the stand-in makes of an instruction: the skill it names, the labels, the form, how clear it all is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from hashlib import blake2b

from promptci.models.offline import clarity
from promptci.models.offline.form import Form, form_of
from promptci.models.offline.labels import wanted
from promptci.models.offline.pairs import Pair, pairs
from promptci.models.offline.skills import SKILLS
from promptci.models.offline.skills.base import Skill, Wanted

NAMED = 1.2  # cue weight from which an instruction counts as naming a task
_READ_LIMIT = 8000  # characters of an instruction that are read at all


@dataclass(frozen=True, slots=True)
class Plan:
    """A reading of one instruction, made once per text.

    `ranked` are the skills that it speaks of, best first; `memory` the answers that it dictates for given inputs;
    `slips` and `chatter` are shares in [0, 1] (see clarity.py); `key` stands for the text in every draw.
    """

    key: str
    wanted: Wanted
    form: Form
    ranked: tuple[tuple[Skill, float], ...]
    memory: Mapping[str, str]
    features: frozenset[str]
    slips: float
    chatter: float


_IF_INPUT = re.compile(
    r"(?:if|when) the (?:\w+ )?(?:input|text|ticket|message|word|review|sentence|question) (?:is|says|reads|equals)"
    r"[: ]+[\"“](.+?)[\"”],?\s*(?:then )?(?:answer|output|write|reply|say|return|respond)(?: with)?[: ]+"
    r"[\"“]?([^\"”\n]+?)[\"”]?(?=[.\n]*(?:\n|$)|\. |; )",
    re.IGNORECASE,
)


def normal(text: str) -> str:
    """Return `text` in lower case with single blanks and no closing stop: what counts as the same input."""
    return " ".join(text.lower().split()).rstrip(".!?")


@lru_cache(maxsize=1024)
def plan(instruction: str) -> Plan:
    """Read an instruction."""
    text = instruction[:_READ_LIMIT]
    worked = pairs(text) if "\n" in text else ()
    rules = _IF_INPUT.sub("", _without_examples(text) if worked else text)
    says = wanted(rules)
    memory = {normal(m[1]): m[2].strip() for m in _IF_INPUT.finditer(text)}
    memory |= {normal(pair.given): pair.expected for pair in worked}
    if worked and not says.labels:
        says = replace(says, labels=_seen_labels(worked))
    ranked = rank(says, worked)
    features = _features(says, ranked, bool(worked))
    return Plan(
        key=blake2b(instruction.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest(),
        wanted=says,
        form=form_of(rules),
        ranked=ranked,
        memory=memory,
        features=features,
        slips=clarity.slips(features),
        chatter=clarity.chatter(features),
    )


def rank(says: Wanted, worked: tuple[Pair, ...] = ()) -> tuple[tuple[Skill, float], ...]:
    """Return the skills that the instruction speaks of or that explain its worked examples, best first."""
    scored: list[tuple[Skill, float]] = []
    for skill in SKILLS.values():
        score = sum(weight for pattern, weight in skill.cues if pattern.search(says.low))
        if worked:
            score += 2.0 * sum(explains(skill, pair, says) for pair in worked) / len(worked)
        if skill.choice and len(says.labels) > 1:
            score += 0.8
        if score > 0:
            scored.append((skill, score))
    return tuple(sorted(scored, key=lambda item: -item[1]))


def explains(skill: Skill, pair: Pair, says: Wanted) -> bool:
    """Whether the skill gives the pair's answer for its input; a list separated by commas in any order."""
    made = skill.apply(pair.given, says)
    if made is None:
        return False
    one, two = normal(made), normal(pair.expected)
    return one == two or ("," in two and sorted(one.split(", ")) == sorted(two.split(", ")))


def _features(says: Wanted, ranked: tuple[tuple[Skill, float], ...], worked: bool) -> frozenset[str]:
    found = set(clarity.worded(says.low))
    if ranked and ranked[0][1] >= NAMED:
        found.add("task")
    if len(says.labels) > 1:
        found.add("labels")
    if len(says.meanings) > 1:
        found.add("definitions")
    if says.rule or says.fallback:
        found.add("rule")
    if worked:
        found.add("examples")
    return frozenset(found)


def _seen_labels(worked: tuple[Pair, ...]) -> tuple[str, ...]:
    """Labels read off worked examples, when the answers are few and short."""
    answers = tuple(dict.fromkeys(pair.expected for pair in worked))
    short = all(len(answer.split()) <= 3 for answer in answers)
    return answers if short and 1 < len(answers) < len(worked) and len(answers) <= 12 else ()


def _without_examples(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if not _EXAMPLE.match(line))


_EXAMPLE = re.compile(
    r"^[ \t]*(?:input|output|q|a|text|ticket|answer|label|message|review|sentence|word)[ \t]*\d*[ \t]*:[ \t]*\S",
    re.IGNORECASE,
)
