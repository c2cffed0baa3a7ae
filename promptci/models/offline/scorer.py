"""Answers a case: the skill that the instruction names, applied to the input, in the form asked for, with its slips."""

from __future__ import annotations

from dataclasses import dataclass

from promptci.models.offline.chance import pick, unit
from promptci.models.offline.fields import record
from promptci.models.offline.form import cased, chatty
from promptci.models.offline.plan import NAMED, Plan, normal, plan
from promptci.models.offline.reading import Reading
from promptci.models.offline.skills import SKILLS
from promptci.models.offline.skills.base import Skill
from promptci.models.offline.skills.routing import invented, unsure

# At temperature 0 this share of the draws still follows the seed: real servers do not repeat themselves exactly either.
COLD_DRIFT = 0.3
# How often a case that fits two labels goes to the second when no rule says which one counts.
TORN = 0.45


# An answer that the prompt dictates for exactly this input is copied, nearly always rightly.
DICTATED_SLIPS = 0.005


@dataclass(frozen=True, slots=True)
class Expected:
    """What the stand-in holds to be right (None: no task recognised), and the shares of answers that come otherwise."""

    bare: str | None
    slips: float
    chatter: float


def expect(reading: Reading) -> Expected:
    """Return the answer before any slip, for likelihoods."""
    read = plan(reading.instruction)
    dictated = read.memory.get(normal(reading.given)) if read.memory else None
    if dictated is not None:
        return Expected(dictated, DICTATED_SLIPS, 0.0)
    chosen = _named(read, reading.given)
    if chosen is None:
        return Expected(None, 1.0, 1.0)
    skill, bare = chosen
    return Expected(_formed(bare, reading.given, read), *_shares(skill, read, reading))


def score(reading: Reading, *, seed: int, temperature: float) -> str:
    """Answer `reading`. The same arguments give the same answer, never an empty one."""
    read = plan(reading.instruction)
    given = reading.given
    dictated = read.memory.get(normal(given)) if read.memory else None
    if dictated is not None:
        return dictated
    drift = _seed_that_counts(read, given, seed, temperature)
    chosen = _named(read, given) or _guessed(read, given, drift)
    if chosen is None:
        return _puzzled(given, read, drift)
    skill, bare = chosen
    slips, chatter = _shares(skill, read, reading)
    answer = _slipped(skill, bare, given, read, drift) if unit("slip", read.key, given, drift) < slips else bare
    if unit("chatter", read.key, given, drift) < chatter:
        return chatty(answer, read.key, given, drift)
    return _formed(answer, given, read)


def _formed(answer: str, given: str, read: Plan) -> str:
    text = cased(answer, read.form)
    return record(read.form.keys, text, given, read.wanted) if read.form.keys else text


def _shares(skill: Skill, read: Plan, reading: Reading) -> tuple[float, float]:
    """How often the answer slips and how often it comes as a sentence; labels tempt to sentences more than words do."""
    chatter = read.chatter * (0.5 if reading.primed and "wordy" not in read.features else 1.0)
    return read.slips * skill.ease, chatter * (1.0 if skill.choice else 0.6)


def _seed_that_counts(read: Plan, given: str, seed: int, temperature: float) -> int:
    """The seed for warm answers; at temperature 0 most cases ignore it, so repeats differ less, not never."""
    share = COLD_DRIFT + (1 - COLD_DRIFT) * min(1.0, max(0.0, temperature))
    return seed if unit("drift", read.key, given, seed) < share else 0


def _named(read: Plan, given: str) -> tuple[Skill, str] | None:
    """The best skill that the instruction names and the input allows; a task that is only hinted at may be missed."""
    for skill, weight in read.ranked:
        if weight < NAMED / 2:
            break
        bare = _bare(skill, given, read)
        if bare is not None:
            sure = weight >= NAMED or unit("named", read.key, given) < weight / NAMED
            return (skill, bare) if sure else None
    return None


def _guessed(read: Plan, given: str, drift: int) -> tuple[Skill, str] | None:
    """Without a task, one of three answers is some skill's."""
    if unit("guess", read.key, given, drift) >= 0.35:
        return None
    skill = pick(tuple(SKILLS.values()), "skill", read.key, given, drift)
    bare = skill.apply(given, read.wanted)
    return None if bare is None else (skill, bare)


def _bare(skill: Skill, given: str, read: Plan) -> str | None:
    bare = skill.apply(given, read.wanted)
    if skill.name == "routing" and bare is not None and not read.wanted.rule and unit("torn", given) < TORN:
        return unsure(given, read.wanted) or bare
    return bare


def _slipped(skill: Skill, bare: str, given: str, read: Plan, drift: int) -> str:
    """A wrong answer of the right kind: another label, a number nearby, a neighbouring skill."""
    if skill.choice:
        others = [label for label in read.wanted.labels if label != bare] or ["mixed", "unclear"]
        close = unsure(given, read.wanted) if skill.name == "routing" else None
        return close if close and close != bare else pick(others, "other", read.key, given, drift)
    if bare.lstrip("-").isdigit():
        return str(int(bare) + pick((-10, -1, 1, 10), "off", read.key, given, drift))
    made = pick(tuple(SKILLS.values()), "neighbour", read.key, given, drift).apply(given, read.wanted)
    return made if made and made != bare else given.strip() or "unknown"


def _puzzled(given: str, read: Plan, drift: int) -> str:
    """What comes when no task is recognised: small talk about the input, or a subject of the stand-in's own making."""
    about = invented(given)
    shown = " ".join(given.split())[:60] or "nothing"
    says = (
        f"This is about {about}.", f"{about.capitalize()}", f"I see \"{shown}\". What would you like me to do with it?",
        f"It seems to be {about}. Let me know if I can help further.", shown, "I am not sure what is being asked.",
    )  # fmt: skip
    return pick(says, "puzzled", read.key, given, drift)
