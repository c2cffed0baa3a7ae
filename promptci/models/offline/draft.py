"""An instruction as a text that can be edited: its sentences, and the frame with the placeholders that must stay."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from promptci.models.offline.chance import Draws
from promptci.models.offline.metaprompt import PLACEHOLDER

_SENTENCE_END = re.compile(r"(?<=[.!?])[ \t]+(?=[A-Z\"'“])")


@dataclass(frozen=True, slots=True)
class Draft:
    """`lines` of sentences (an empty one is a blank line); `lead` and `tail` are the frame before and after them."""

    lines: tuple[tuple[str, ...], ...]
    lead: str = ""
    tail: str = ""

    @classmethod
    def of(cls, text: str) -> Draft:
        """Take a text apart. What stands from the first line with a placeholder on is frame, unless it comes first."""
        rows = text.strip("\n").splitlines()
        marked = [i for i, row in enumerate(rows) if PLACEHOLDER.search(row)]
        if not marked:
            return cls(_lines(rows))
        first, last = marked[0], marked[-1]
        if first == 0 and "\n".join(rows[:1]).strip() and not _prose(rows[0]):
            return cls(_lines(rows[last + 1 :]), lead="\n".join(rows[: last + 1]))
        if len(rows) == 1:
            return cls((), tail=rows[0])
        start = first
        while start > 0 and re.match(r"[ \t]*(?:<[\w-]+>|```\w*|\"\"\"|-{3,})[ \t]*$", rows[start - 1]):
            start -= 1
        return cls(_lines(rows[:start]), tail="\n".join(rows[start:]))

    def text(self) -> str:
        """Put the text together again."""
        body = "\n".join(" ".join(sentences) for sentences in self.lines).strip("\n")
        parts = [self.lead, body, self.tail]
        gap = "\n\n" if not self.lines or self.lines[-1] else "\n"
        joined = gap.join(part for part in parts if part)
        return re.sub(r"\n{3,}", "\n\n", joined).strip()

    def at(self, place: tuple[int, int]) -> str:
        """Return the sentence at `place`."""
        return self.lines[place[0]][place[1]]

    def sentences(self) -> list[tuple[int, int]]:
        """Where the sentences stand: (line, sentence)."""
        return [(i, j) for i, line in enumerate(self.lines) for j in range(len(line))]

    def added(self, sentence: str, *, first: bool = False) -> Draft:
        """Return the draft with a sentence more, at the end of its last prose line or before everything."""
        if first:
            return replace(self, lines=((sentence,), *self.lines))
        body = list(self.lines)
        while body and not body[-1]:
            body.pop()
        if body and not _is_item(body[-1][0]):
            return replace(self, lines=(*body[:-1], (*body[-1], sentence)))
        return replace(self, lines=(*body, (sentence,)))

    def with_lines(self, lines: list[str]) -> Draft:
        """Return the draft with whole lines more at the end of its body."""
        body = list(self.lines)
        while body and not body[-1]:
            body.pop()
        return replace(self, lines=(*body, *((line,) for line in lines)))

    def without(self, place: tuple[int, int]) -> Draft:
        """Return the draft without the sentence at `place`."""
        i, j = place
        line = self.lines[i][:j] + self.lines[i][j + 1 :]
        rest = (line,) if line else ()
        return replace(self, lines=self.lines[:i] + rest + self.lines[i + 1 :])

    def changed(self, place: tuple[int, int], sentence: str) -> Draft:
        """Return the draft with another sentence at `place`."""
        i, j = place
        line = (*self.lines[i][:j], sentence, *self.lines[i][j + 1 :])
        return replace(self, lines=(*self.lines[:i], line, *self.lines[i + 1 :]))


def _lines(rows: list[str]) -> tuple[tuple[str, ...], ...]:
    found = [tuple(_SENTENCE_END.split(row.strip())) if row.strip() else () for row in rows]
    while found and not found[-1]:
        found.pop()
    return tuple(found)


def _is_item(sentence: str) -> bool:
    return re.match(r"(?:[-*•]|\d+[.)])\s|[\w \"'/-]{1,30}:\s", sentence) is not None


def _prose(row: str) -> bool:
    bare = PLACEHOLDER.sub("", row)
    return len(re.findall(r"[A-Za-z]+", bare)) > 4


# Word for word, with the same meaning or nearly.
_WORDS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (r"\bWrite\b", ("Output", "Give", "State", "Write down")),
    (r"\bOutput\b", ("Write", "Give", "Return")),
    (r"\bClassify\b", ("Categorise", "Label", "Sort")),
    (r"\bDecide\b", ("Determine", "Judge", "Work out")),
    (r"\bDetermine\b", ("Decide", "Find out")),
    (r"\bRead\b", ("Look at", "Consider", "Go through")),
    (r"\bExtract\b", ("Find", "Pull out", "Copy out")),
    (r"\bAnswer with\b", ("Reply with", "Respond with", "Output")),
    (r"\bReply with\b", ("Answer with", "Respond with")),
    (r"\bonly\b", ("just", "only", "nothing but")),
    (r"\bChoose\b", ("Pick", "Select", "Use")),
    (r"\bUse\b", ("Choose", "Pick")),
    (r"\bthe input\b", ("the given input", "the text", "the input below")),
    (r"\bfollowing\b", ("given", "below")),
    (r"\bcustomer\b", ("customer", "user", "client")),
    (r"\bticket\b", ("ticket", "request", "message")),
    (r"(?<!exactly )\bone of(?= these|:)", ("exactly one of",)),
    (r"\bsay\b", ("state", "tell", "name")),
    (r"\bkind\b", ("type", "sort")),
    (r"\bcategory\b", ("label", "class")),
    (r"\blabel\b", ("category", "label name")),
)


def reworded(sentence: str, draws: Draws) -> str:
    """Return the sentence with one or two of its words exchanged; unchanged if none is known."""
    for pattern, others in draws.shuffled(_WORDS)[:14]:
        match = re.search(pattern, sentence)
        if match:
            other = draws.pick(others)
            sentence = sentence[: match.start()] + other + sentence[match.end() :]
            if draws.chance(0.6):
                break
    return sentence
