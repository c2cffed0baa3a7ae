"""Edits that say what form an answer has, read off the expected answers: nobody has to be asked for them.

A small model that is to classify answers in a sentence, and a small model that is asked for a better prompt seldom says
"answer with the label only". Where most wrong answers have another form than every right one, that is the headroom.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from promptci.core import Case
from promptci.search.base import Scored
from promptci.search.metaprompts import answer_text
from promptci.search.screening.edits import Edit
from promptci.search.screening.pieces import Pieces

SOURCE = "form"
UNASKED = frozenset((SOURCE, "deletion", "demonstration"))  # sources of edits that no optimizer model suggested
_MOST_LABELS = 12
_USES = 3  # train cases that every label needs on average before it is one
_WORDS = 4  # words in the longest answer that is called short
_OTHER = 0.5  # share of failures from which their form is what is wrong
_NUMBER = re.compile(r"[-+]?\d[\d.,]*")


def labels(train: Sequence[Case]) -> tuple[str, ...]:
    """The answers that the cases choose among, most frequent first; none when they are no short fixed choice."""
    said = Counter(answer_text(c.expected).strip() for c in train)
    few = len(said) <= _MOST_LABELS and len(train) >= _USES * len(said)
    short = all(text and len(text.split()) <= _WORDS and "\n" not in text for text in said)
    return tuple(text for text, _ in said.most_common()) if few and short else ()


def forms(lead: Scored, train: Sequence[Case], base: Pieces) -> list[Edit]:
    """Sentences on the form of an answer, where most failures of `lead` on train have another; at most three."""
    right = [answer_text(c.expected).strip() for c in train]
    wrong = [
        o.output or ""
        for c in train
        if (o := lead.outcomes.get(c.id)) is not None and o.score.value is not None and o.score.value < 1
    ]
    if not right or not all(right) or sum(_odd(output, right) for output in wrong) <= _OTHER * len(wrong):
        return []
    return [Edit(base.home, "insert", text, SOURCE) for text in _sentences(train, right)]


def _sentences(train: Sequence[Case], right: Sequence[str]) -> list[str]:
    longest = max(len(text.split()) for text in right)
    said = [f"The answer is one of these and nothing else: {', '.join(chosen)}."] if (chosen := labels(train)) else []
    if all(_NUMBER.fullmatch(text) for text in right):
        said.append("Answer with a number only.")
    elif longest == 1:
        said.append("Answer in one word.")
    if longest <= _WORDS:
        said.append("Write only the answer, without a sentence around it and without explaining it.")
    return said


def _odd(output: str, right: Sequence[str]) -> bool:
    """Whether an output can be no right answer of any case: it has more words than the longest."""
    return len(output.split()) > max(len(text.split()) for text in right)
