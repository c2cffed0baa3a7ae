"""What is checked before a call is spent on a text; each refusal has a short reason that is counted and a sentence."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from promptci.core import Case
from promptci.errors import DataError
from promptci.search.base import Candidate, Guard, Proposal, Refused, Trajectory
from promptci.search.demos import quoted
from promptci.search.leaks import NoQuotedCase
from promptci.untrusted import is_hidden

_JOINERS = "\u200c\u200d"  # hidden, and emoji and several scripts need them
_CONSTRUCT = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
_BRACES = re.compile(r"\{\{|\}\}|\{%|%\}|\{#|#\}")

VariablesOf = Callable[[str], frozenset[str]]


def admit(
    proposals: Sequence[Proposal], guards: Sequence[Guard], done: Trajectory, places: int | None = None
) -> tuple[list[Candidate], tuple[Refused, ...]]:
    """Sort proposals into candidates, at most `places`, and refusals. A text seen before (normalised) is refused."""
    step = len(done.steps) + 1
    seen = {" ".join((normalised(s.candidate.bare), *sorted(s.candidate.demos))): "was scored" for s in done.scored}
    admitted: list[Candidate] = []
    refused: list[Refused] = []
    for proposal in proposals:
        problem = _problem(proposal, guards, seen)
        if problem is None and len(admitted) == places:
            problem = "no budget", "too few calls are left to score it"
        if problem:
            refused.append(
                Refused(
                    proposal.origin, step, *problem, text=proposal.text or proposal.raw, unread=proposal.text is None
                )
            )
        else:
            admitted.append(_candidate(proposal, done))
            seen[_key(proposal)] = "is in this step already"
    return admitted, tuple(refused)


def _candidate(proposal: Proposal, done: Trajectory) -> Candidate:
    text, step = proposal.text or "", len(done.steps) + 1
    chosen = [case for case in done.train if case.id in proposal.demos]
    full = quoted(text, chosen)
    demos = tuple(case.id for case in chosen)
    return Candidate(full, proposal.origin, step, proposal.parents, demos, text if demos else None)


def _problem(proposal: Proposal, guards: Sequence[Guard], seen: Mapping[str, str]) -> tuple[str, str] | None:
    if proposal.text is None:
        return proposal.reason, "the reply could not be read"
    said = next(((g.reason, said) for g in guards if (said := g(proposal)) is not None), None)
    if said is None and (same := seen.get(_key(proposal))):
        return "duplicate", f"the same text {same}"
    return said


def _key(proposal: Proposal) -> str:
    return " ".join((normalised(proposal.text or ""), *sorted(proposal.demos)))


def normalised(text: str) -> str:
    """What makes two texts the same: blanks and asterisks aside, composed Unicode, first letter's case aside."""
    plain = " ".join(unicodedata.normalize("NFC", text).replace("*", " ").split())
    return plain[:1].upper() + plain[1:]


@dataclass(frozen=True, slots=True)
class MaxLength:
    """At most `limit` characters."""

    limit: int
    reason: str = "too long"

    def __call__(self, proposal: Proposal) -> str | None:
        """Measure the text."""
        n = len(proposal.text or "")
        return f"{n:,} characters, the limit is {self.limit:,}" if n > self.limit else None


@dataclass(frozen=True, slots=True)
class NoHiddenCharacters:
    """No control, bidi, surrogate or invisible characters but those that the baseline has itself; else any Unicode."""

    baseline: str
    reason: str = "hidden characters"

    def __call__(self, proposal: Proposal) -> str | None:
        """Look for the first one."""
        text = proposal.text or ""
        strange = {c for c in set(text).difference(self.baseline, "\n\t") if _hidden(c)}
        found = next((c for c in text if c in strange), None) if strange else None
        return None if found is None else f"contains U+{ord(found):04X}"


def _hidden(char: str) -> bool:
    return char not in _JOINERS and is_hidden(char)


@dataclass(frozen=True, slots=True)
class NoNewSyntax:
    """No template construct but those of the baseline, and plain `{{ name }}` of the baseline's variables."""

    baseline: str
    variables: frozenset[str]
    reason: str = "template syntax"

    def __call__(self, proposal: Proposal) -> str | None:
        """Look for a construct of another kind, then for braces that belong to none."""
        known = {_compact(c) for c in _CONSTRUCT.findall(self.baseline)} | {f"{{{{{v}}}}}" for v in self.variables}
        text = proposal.text or ""
        new = next((c for c in _CONSTRUCT.findall(text) if _compact(c) not in known), None)
        if new is not None:
            return f"new construct {new[:60]!r}"
        own = _CONSTRUCT.sub("", self.baseline)
        loose = next((b for b in _BRACES.findall(_CONSTRUCT.sub("", text)) if b not in own), None)
        return None if loose is None else f"loose {loose!r}"


def _compact(construct: str) -> str:
    return "".join(construct.split())


@dataclass(frozen=True, slots=True)
class SameVariables:
    """Exactly the baseline's variables: none lost, none invented."""

    variables: frozenset[str]
    variables_of: VariablesOf
    reason: str = "variables"

    def __call__(self, proposal: Proposal) -> str | None:
        """Compare the sets; a text that does not compile is refused as well."""
        try:
            names = self.variables_of(proposal.text or "")
        except DataError as problem:
            return problem.problem
        lost, new = sorted(self.variables - names), sorted(names - self.variables)
        said = [f"lost {', '.join(lost)}"] * bool(lost) + [f"invented {', '.join(new)}"] * bool(new)
        return "; ".join(said) or None


@dataclass(frozen=True, slots=True)
class Keeps:
    """Every passage that is to be kept stands in the text as it stood in the baseline."""

    passages: tuple[str, ...]
    reason: str = "lost what is kept"

    def __call__(self, proposal: Proposal) -> str | None:
        """Look for the first that is missing."""
        lost = next((p for p in self.passages if p not in (proposal.text or "")), None)
        return None if lost is None else f"lost {lost[:60]!r}"


@dataclass(frozen=True, slots=True)
class Forbids:
    """None of the forbidden words, in whatever case, but those that the baseline has itself."""

    words: tuple[str, ...]
    baseline: str
    reason: str = "forbidden words"

    def __call__(self, proposal: Proposal) -> str | None:
        """Look for the first one; a word counts where no letter or digit goes on with it."""
        text, own = (unicodedata.normalize("NFC", t) for t in (proposal.text or "", self.baseline))
        for word in self.words:
            pattern = re.compile(rf"(?<!\w){re.escape(unicodedata.normalize('NFC', word))}(?!\w)", re.IGNORECASE)
            if pattern.search(text) and not pattern.search(own):
                return f"holds {word!r}"
        return None


def limits(baseline: str, keep: Sequence[str], forbid: Sequence[str]) -> tuple[Guard, ...]:
    """The guards of what a user wants kept and forbidden; a passage that the baseline lacks cannot be kept."""
    kept = tuple(p for p in keep if p and p in baseline)
    return (*((Keeps(kept),) if kept else ()), *((Forbids(tuple(forbid), baseline),) if forbid else ()))


def standard(
    baseline: str, cases: Sequence[Case], variables_of: VariablesOf, *, max_length: int | None = None
) -> tuple[Guard, ...]:
    """The guards of every search, cheapest first. `cases` are those of ALL splits: none of them may be quoted.

    `max_length` defaults to twice the baseline's characters, at least 500. DataError when `baseline` is malformed.
    """
    variables = variables_of(baseline)
    limit = max(500, 2 * len(baseline)) if max_length is None else max_length
    return (
        MaxLength(limit),
        NoHiddenCharacters(baseline),
        NoNewSyntax(baseline, variables),
        SameVariables(variables, variables_of),
        NoQuotedCase.of(baseline, cases),
    )
