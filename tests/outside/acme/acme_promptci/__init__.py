"""One thing of each kind that a package may add to promptci."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from promptci.core import Case, Part
from promptci.errors import DataError
from promptci.evals.base import cases_of
from promptci.metrics.expected import answers
from promptci.prompts.base import Edit, PromptFile
from promptci.search.base import Proposal, Write
from promptci.search.metaprompts import MetaPrompts
from promptci.search.view import View


@dataclass(frozen=True)
class LastWord:
    """The output's last word is an accepted answer."""

    version: str = "last_word/1"

    def __call__(self, case: Case, output: str) -> float | None:
        """1.0 when it is, 0.0 when not, None when the case has no answer."""
        accepted = answers(case)
        return float(output.split()[-1:] == [accepted[0]]) if accepted else None


@dataclass(frozen=True)
class Carefully:
    """Puts a sentence before the prompt in the lead; asks no model."""

    write: Write
    metaprompts: MetaPrompts
    sentence: str = "Work with care."

    @property
    def name(self) -> str:
        """The name in reports."""
        return "carefully"

    def __call__(self, view: View, /) -> list[Proposal]:
        """Return one text, once."""
        lead = view.lead.candidate
        text = f"{self.sentence} {lead.bare}"
        return [] if lead.bare.startswith(self.sentence) else [Proposal(self.name, text, parents=(lead.id,))]


class Pairs:
    """Lines of `input => expected`."""

    def read(self, text: str, place: str) -> Sequence[Case]:
        """Raises DataError for a line without an arrow."""
        return cases_of(self._rows(text, place))

    def _rows(self, text: str, place: str) -> Iterator[tuple[dict[str, str], str]]:
        for number, line in enumerate(text.splitlines(), 1):
            asked, arrow, expected = line.partition(" => ")
            if not arrow:
                raise DataError("no ' => ' between input and answer", place=f"{place}:{number}")
            yield {"input": asked, "expected": expected}, f"{place}:{number}"


class Note:
    """A prompt between two lines of dashes; what is around them is for people."""

    def read(self, text: str, place: str, selector: str | None) -> PromptFile:
        """Raises DataError without the two lines."""
        before, first, rest = text.partition("-----\n")
        inner, second, _ = rest.partition("\n-----")
        if not first or not second:
            raise DataError("no text between two lines of dashes", place=f"{place}:1")
        start = len(before + first)

        def slot(new: str) -> Iterator[Edit]:
            yield Edit(start, start + len(inner), new)

        return PromptFile((Part(None, inner, before.count("\n") + 2),), (slot,))


PAIRS, NOTE = Pairs(), Note()
