"""What reviewers asked for: words of people with write access on our pull request, which the next search keeps to."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from promptci.core import Reason
from promptci.forge.base import Remark
from promptci.search.screening.pieces import cut
from promptci.untrusted import one_line

_ASKED = re.compile(r"^[ \t]*(?:[-*>][ \t]+)?promptci:[ \t]*(\S.*)$", re.IGNORECASE | re.MULTILINE)
_SUGGESTED = re.compile(r"^[ \t]*(`{3,})suggestion[^\n]*\n(.*?)^[ \t]*\1[ \t]*$", re.DOTALL | re.MULTILINE)
_KEEP = re.compile(r"(?:please[ \t]+)?keep\b[ \t]*(.*)", re.IGNORECASE)
_FORBID = re.compile(
    r"(?:please[ \t]+)?(?:forbid|avoid|(?:never|do not|don't)[ \t]+(?:say|use|write))\b(.*)", re.IGNORECASE
)
_QUOTED = re.compile(r'"([^"\n]{1,500})"|“([^”\n]{1,500})”|`([^`\n]{1,500})`')
_NUMBERED = re.compile(r"sentence[ \t]+([1-9]\d{0,2})\b|\b([1-9]\d{0,2})(?:st|nd|rd|th)[ \t]+sentence", re.IGNORECASE)
_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
_MOST, _LONGEST = 20, 300  # remarks that are heeded, and characters of each: a prompt for the optimizer has an end


@dataclass(frozen=True, slots=True)
class Wishes:
    """Passages that no candidate may lose, words that none may bring in, and what else the optimizer model is told.

    `said` are the wishes as people read them, each with its author.
    """

    keep: tuple[str, ...] = ()
    forbid: tuple[str, ...] = ()
    asks: tuple[str, ...] = ()
    said: tuple[str, ...] = ()

    def reasons(self) -> tuple[Reason, ...]:
        """Say in the report, and so in the request, what the search kept to."""
        if not self.said:
            return ()
        return (Reason("review_words", f"The search kept to what reviewers asked for: {'; '.join(self.said)}."),)

    def told(self) -> str:
        """Return the sentence for the optimizer model, empty without a wish in words."""
        return f"Reviewers of an earlier version ask for this: {' '.join(self.asks)}" if self.asks else ""

    def join(self, other: Wishes) -> Wishes:
        """Return both, each wish once."""
        both = {name: (*getattr(self, name), *getattr(other, name)) for name in ("keep", "forbid", "asks", "said")}
        return Wishes(**{name: tuple(dict.fromkeys(values))[:_MOST] for name, values in both.items()})


NO_WISHES = Wishes()


@dataclass(frozen=True, slots=True)
class Heeded:
    """What a search keeps to of what people said to earlier requests; `declined` names contents that they closed."""

    wishes: Wishes = NO_WISHES
    declined: frozenset[str] = frozenset()


def wishes_of(remarks: Sequence[Remark], incumbent: str, proposed: str, *, closed: bool = False) -> Wishes:
    """Return what people with write access ask for; everybody else's words are not read.

    A line `promptci: ...` counts, a suggestion on a line, and, on a request that people closed, the last remark of one
    of them. "the second sentence" is one of `proposed`, the text under review: where `incumbent` has it too, no
    candidate may lose it, else the optimizer model is asked to use it.
    """
    found = Wishes()
    trusted = [remark for remark in remarks if remark.access == "write"]
    for remark in trusted:
        for match in _ASKED.finditer(remark.body):
            found = found.join(_by(remark, match[1], _wish(match[1], incumbent, proposed)))
        for text in _suggested(remark):
            found = found.join(_by(remark, f"the wording {text}", Wishes(asks=(f'word it like this: "{text}".',))))
    if closed and trusted and not _ASKED.search(trusted[-1].body):
        last, why = trusted[-1], _short(trusted[-1].body)
        found = found.join(_by(last, f"closed with {why}", Wishes(asks=(f'not what was closed with: "{why}".',))))
    return found


def _by(remark: Remark, said: str, wish: Wishes) -> Wishes:
    return replace(wish, said=(f'{one_line(remark.author, limit=60)}: "{_short(said)}"',))


def _short(text: str) -> str:
    return one_line(" ".join(text.split()), limit=_LONGEST)


def _suggested(remark: Remark) -> Iterator[str]:
    for match in _SUGGESTED.finditer(remark.body):
        if text := _short(match[2]):
            yield text


def _wish(said: str, incumbent: str, proposed: str) -> Wishes:
    quoted = tuple(next(filter(None, groups)) for groups in _QUOTED.findall(said))
    if (keeping := _KEEP.match(said)) is not None:
        passages = quoted or tuple(filter(None, [_sentence(keeping[1], proposed)]))
        kept = tuple(p for p in passages if p in incumbent)
        asks = tuple(f'use these words as they are: "{_short(p)}".' for p in passages if p not in incumbent)
        return Wishes(keep=kept, asks=asks if passages else (f"{_short(said)}.",))
    if _FORBID.match(said) is not None and quoted:
        return Wishes(forbid=quoted)
    return Wishes(asks=(f"{_short(said).rstrip('.')}.",))


def _sentence(which: str, text: str) -> str | None:
    """Return the sentence that is meant by its number, "the last sentence" included; None where none is."""
    sentences = [piece.body for piece in cut(text).pieces if re.search(r"\w", piece.body)]
    numbered = _NUMBERED.search(which)
    words = which.lower().split()
    if numbered is not None:
        at = int(numbered[1] or numbered[2]) - 1
    elif "sentence" not in which.lower():
        return None
    else:
        at = next((_ORDINALS.index(w) for w in words if w in _ORDINALS), -1 if "last" in words else len(sentences))
    return sentences[at] if at < len(sentences) and (at >= 0 or sentences) else None
