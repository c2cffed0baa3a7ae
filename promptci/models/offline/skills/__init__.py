"""The stand-in's skills, one small function each."""

from __future__ import annotations

from promptci.models.offline.skills.animals import ANIMALS
from promptci.models.offline.skills.base import Skill
from promptci.models.offline.skills.extract import EXTRACTIONS
from promptci.models.offline.skills.letters import LETTERS
from promptci.models.offline.skills.numbers import NUMBERS
from promptci.models.offline.skills.routing import ROUTING
from promptci.models.offline.skills.sentences import SENTENCES
from promptci.models.offline.skills.sentiment import SENTIMENT
from promptci.models.offline.skills.vocabulary import VOCABULARY

SKILLS: dict[str, Skill] = {
    skill.name: skill
    for skill in (*LETTERS, *NUMBERS, *VOCABULARY, *SENTENCES, *ANIMALS, *EXTRACTIONS, SENTIMENT, ROUTING)
}
