"""The leak guard: a prompt that quotes eval cases scores well on them and teaches the model nothing."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from promptci.core import Case, Json
from promptci.search.base import Proposal

_RUN = 8  # words in a row that no one writes twice by chance
_NEAR = 6  # words within which an input and its answer count as a quoted pair
_TELLING = 3  # different rare words that together tell of particular cases
_WORD = re.compile(r"[^\W_]+(?:[.,:/@'’_-][^\W_]+)*", re.UNICODE)
_CONSTRUCT = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)

Words = tuple[str, ...]


def words(text: str) -> Words:
    """Lower-case words of `text`; numbers, dates and addresses are one word each. Template constructs are left out."""
    return tuple(_WORD.findall(unicodedata.normalize("NFKC", _CONSTRUCT.sub(" ", text)).casefold()))


def _runs(text: Words, n: int) -> Iterator[Words]:
    return (text[i : i + n] for i in range(len(text) - n + 1))


def _texts(value: Json) -> Iterator[str]:
    """Every text and number inside a JSON value; true, false and null say nothing about a case."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from _texts(part)
    elif isinstance(value, Sequence):
        for part in value:
            yield from _texts(part)
    elif value is not None and not isinstance(value, bool):
        yield str(value)


def _asserted(case: Case) -> Iterator[str]:
    """The answers that a row's own metrics compare with."""
    for given in case.asserts:
        yield from _texts(given.get("value"))


def _identifier(word: str) -> bool:
    """A word that carries a fact: an order number, a date, an amount, an address."""
    return (len(word) >= 4 and any(c.isdigit() for c in word)) or "@" in word


@dataclass(frozen=True, slots=True)
class NoQuotedCase:
    """No text from an eval case of any split, unless the baseline has the same words.

    Refused are: 8 words in a row of an input or answer (all of it, when it has 3 to 7 words); an input of up to 7 words
    with its answer within 6 words; a rare identifier (digits or an address, in one case only); 3 different words that
    are each the whole input or answer of one case only. Labels, that is answers of several cases, may be named.
    """

    own: Words
    runs: Mapping[Words, str]
    pairs: Mapping[Words, tuple[tuple[Words, str], ...]]
    identifiers: Mapping[str, str]
    singles: Mapping[str, str]
    reason: str = "quotes a case"

    @classmethod
    def of(cls, baseline: str, cases: Sequence[Case]) -> NoQuotedCase:
        """Index what the cases say; linear in the length of all cases."""
        turns = Counter(m.content for c in cases for m in {*c.messages})
        inputs = {
            c.id: [
                *(words(t) for t in _texts(dict(c.vars))),
                *(
                    words(m.content) for m in c.messages if turns[m.content] == 1
                ),  # what all chats begin with tells none
            ]
            for c in cases
        }
        answers = {c.id: [words(t) for t in (*_texts(c.expected), *_asserted(c))] for c in cases}
        labels = Counter(a for parts in answers.values() for a in set(parts))
        rare = {i: [a for a in parts if labels[a] == 1] for i, parts in answers.items()}
        telling = {i: [*inputs[i], *rare[i]] for i in inputs}
        count = Counter(w for parts in telling.values() for w in {w for p in parts for w in p})
        own = words(baseline)
        return cls(
            own=own,
            runs=_run_index(telling),
            pairs=_pair_index(inputs, answers),
            identifiers={
                w: i for i, parts in telling.items() for p in parts for w in p if count[w] == 1 and _identifier(w)
            },
            singles={p[0]: i for i, parts in telling.items() for p in parts if len(p) == 1 and count[p[0]] == 1},
        )

    def __call__(self, proposal: Proposal) -> str | None:
        """Name the case that the text quotes, or None."""
        text = words(proposal.text or "")
        known = set(self.own)
        new = [w for w in text if w not in known]
        quoted = self._run(text) or self._pair(text)
        if quoted:
            return f"quotes case {quoted}"
        fact = next((w for w in new if w in self.identifiers), None)
        if fact is not None:
            return f"holds {fact!r} of case {self.identifiers[fact]}"
        telling = {self.singles[w]: w for w in new if w in self.singles}
        return f"lists inputs or answers of {len(telling)} cases" if len(telling) >= _TELLING else None

    def _run(self, text: Words) -> str | None:
        for n in range(3, _RUN + 1):
            quoted = [r for r in _runs(text, n) if r in self.runs]
            mine = set(_runs(self.own, n)) if quoted else set()
            found = next((self.runs[r] for r in quoted if r not in mine), None)
            if found is not None:
                return found
        return None

    def _pair(self, text: Words) -> str | None:
        known = set(self.own)
        for n in range(1, _RUN):
            for at in (at for at, run in enumerate(_runs(text, n)) if run in self.pairs and not known.issuperset(run)):
                near = (*text[max(0, at - _NEAR) : at], "", *text[at + n : at + n + _NEAR])
                for answer, case_id in self.pairs[text[at : at + n]]:
                    if answer in set(_runs(near, len(answer))):
                        return case_id
        return None


def _run_index(telling: Mapping[str, Sequence[Words]]) -> dict[Words, str]:
    index: dict[Words, str] = {}
    for case_id, parts in telling.items():
        for part in parts:
            if len(part) >= 3:
                index.update(dict.fromkeys(_runs(part, min(_RUN, len(part))), case_id))
    return index


def _pair_index(
    inputs: Mapping[str, Sequence[Words]], answers: Mapping[str, Sequence[Words]]
) -> dict[Words, tuple[tuple[Words, str], ...]]:
    index: dict[Words, tuple[tuple[Words, str], ...]] = {}
    for case_id, parts in inputs.items():
        for part in (p for p in parts if 1 <= len(p) < _RUN):
            index[part] = index.get(part, ()) + tuple((a, case_id) for a in answers[case_id] if a)
    return index
