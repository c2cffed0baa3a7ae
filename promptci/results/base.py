"""What another tool measured: suites of tests, each with what it scored and what it was about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from statistics import fmean

from promptci.core import Json
from promptci.errors import DataError


@dataclass(frozen=True, slots=True)
class Result:
    """One answer to one test. `value` in [0, 1], None when nobody could judge it; `reason` then says why.

    `content` is a digest of what was asked and expected, empty where the file does not say: it finds the same test
    again when its number moved. `yardstick` is a digest of what judged it, empty where the file does not say.
    """

    id: str
    value: float | None
    content: str = ""
    yardstick: str = ""
    reason: str | None = None
    input: str = ""
    expected: str | None = None
    output: str | None = None


@dataclass(frozen=True, slots=True)
class Suite:
    """Answers under one prompt, model and metric, by `name`. `tool` wrote them; `model` as the tool calls it.

    `left` says what of the file is in no suite, each with why in brackets.
    """

    name: str
    tool: str
    results: tuple[Result, ...]
    model: str = ""
    left: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Tested:
    """One test with all its answers: several answers of one test are one case, as they are not independent."""

    answers: tuple[Result, ...]

    @property
    def value(self) -> float | None:
        """The mean of the answers that could be judged, None without any."""
        known = [a.value for a in self.answers if a.value is not None]
        return fmean(known) if known else None

    @property
    def worst(self) -> Result:
        """The answer to show: the first of those with the lowest value."""
        return min(self.answers, key=lambda a: 2.0 if a.value is None else a.value)

    def like(self, other: Tested) -> bool:
        """Whether both ask the same and the same judged both; what a file does not say is like anything."""
        asks = [{a.content for a in t.answers if a.content} for t in (self, other)]
        judges = [{a.yardstick for a in t.answers if a.value is not None} for t in (self, other)]
        return all(not own or not theirs or own == theirs for own, theirs in (asks, judges))

    @property
    def reason(self) -> str | None:
        """Why there is no value."""
        return next((a.reason for a in self.answers if a.reason), None) if self.value is None else None


def tests(results: Iterable[Result], *, by_content: bool) -> Mapping[str, Tested]:
    """Return the answers by test: by what was asked, or by the tool's own id."""
    found: dict[str, list[Result]] = {}
    for result in results:
        found.setdefault(result.content if by_content else result.id, []).append(result)
    return {key: Tested(tuple(answers)) for key, answers in found.items()}


@dataclass(slots=True)
class Shelf:
    """Suites while a file is read, in the order in which their first answer came."""

    tool: str
    models: dict[str, str] = field(default_factory=dict)
    results: dict[str, list[Result]] = field(default_factory=dict)
    left: list[str] = field(default_factory=list)

    def put(self, suite: str, result: Result, model: str = "") -> None:
        """Add one answer to a suite."""
        self.results.setdefault(suite, []).append(result)
        self.models.setdefault(suite, model)

    def suites(self, place: str) -> tuple[Suite, ...]:
        """Return them. Raises DataError for a file without any answer."""
        if not self.results:
            raise DataError(f"{self.tool} results without a single test", place=place, hint="did its run end early?")
        return tuple(Suite(n, self.tool, tuple(r), self.models[n], tuple(self.left)) for n, r in self.results.items())


def is_share(value: Json) -> bool:
    """Whether a score is a share, or says that there is none: NaN is how some tools write that."""
    return value is None or (isinstance(value, bool | int | float) and not (value < 0 or value > 1))


def share(value: Json, place: str, what: str) -> float | None:
    """Return a score as a share; None for no score. Raises DataError for one that is no share of anything."""
    if is_share(value):
        return None if value is None or value != value else float(value)
    hint = "gate a metric that is between 0 and 1, higher is better: --metric NAME"
    raise DataError(f"{what}: {str(value)[:60]!r} is no score between 0 and 1", place=place, hint=hint)


def plain(value: Json) -> str:
    """Return a value as people read it: a text as it is, everything else as JSON."""
    import json

    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
