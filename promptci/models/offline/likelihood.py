"""Log probabilities: how surprised the stand-in is by a text, token by token, given what it would have said itself."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from difflib import SequenceMatcher

from promptci.models.offline.chance import unit
from promptci.models.offline.lexicon.listed import listed
from promptci.models.offline.plan import normal
from promptci.models.offline.reading import split
from promptci.models.offline.scorer import expect

_TOKEN = re.compile(r"[ \t]*[^\W_]{1,6}|[ \t]*[^\w\s]+|[ \t]*_+|\s+")
# Where the answer starts in a text that is instruction, input and answer in one.
_ANSWER = re.compile(r"(?:^|\n)[ \t]*(?:output|answer|label|category|result|response|completion|a)[ \t]*:[ \t]*", re.I)
_COMMON = frozenset(
    listed("the a an of to and in is it for on with as that this be are or by from at not you your one if which what")
)
LEAST = 1e-4  # probability of an answer that has nothing in common with the expected one


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the text, the offset of its first character, and the natural log of its probability."""

    text: str
    offset: int
    logprob: float


def pieces(text: str) -> list[tuple[str, int]]:
    """Cut `text` into tokens of at most six letters with the blank before them; together they are the text."""
    return [(match[0], match.start()) for match in _TOKEN.finditer(text)]


def of_prompt(text: str, *, seed: int = 0) -> tuple[Token, ...]:
    """Return the tokens of a text that ends in an answer (after `Output:` or the like): the echo of a completion.

    Before the answer, tokens have the probabilities of plain English. The answer's first token carries what the
    stand-in thinks of the answer as a whole under the instruction above it; the rest of a likely answer is easy.
    """
    marks = list(_ANSWER.finditer(text))
    start = marks[-1].end() if marks else len(text)
    answer = text[start:].strip()
    if not answer:
        return tuple(Token(piece, offset, _plain(piece)) for piece, offset in pieces(text))
    chance = of_answer(text[:start], answer, seed=seed)
    found: list[Token] = []
    told = False
    for piece, offset in pieces(text):
        if offset + len(piece) <= start or not piece.strip():
            found.append(Token(piece, offset, _plain(piece)))
        else:
            found.append(Token(piece, offset, math.log(0.9 if told else chance)))
            told = True
    return tuple(found)


def of_answer(prompt: str, answer: str, *, seed: int = 0) -> float:
    """Return the probability, in [LEAST, 1), that the stand-in gives `answer` to `prompt`."""
    expected = expect(split(prompt))
    likely = (1 - expected.slips) * (1 - expected.chatter)
    if expected.bare is None:
        return max(LEAST, 0.02 * (0.5 + unit("likely", prompt, answer, seed)))
    if normal(expected.bare) == normal(answer):
        return min(0.99, max(0.05, likely))
    near = SequenceMatcher(None, normal(expected.bare), normal(answer)).ratio()
    return max(LEAST, (1 - likely) * (0.05 + 0.25 * near**2))


def of_reply(text: str, *, slips: float = 0.1) -> tuple[Token, ...]:
    """Return the tokens of the stand-in's own reply: sure of itself as far as the instruction was clear."""
    return tuple(
        Token(piece, offset, math.log(max(0.3, 1 - slips) - 0.2 * unit("reply", piece, i)))
        for i, (piece, offset) in enumerate(pieces(text))
    )


def _plain(piece: str) -> float:
    word = piece.strip().lower()
    if not word:
        return -0.5
    return -1.0 if word in _COMMON else -1.5 - 0.35 * min(len(word), 10)
