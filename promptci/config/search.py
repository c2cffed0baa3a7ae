"""Section `search`: the bounded search."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from promptci.config.base import AtLeastOne, Settings, Word, guess, mistake
from promptci.core import Json
from promptci.decide.aims import Goal
from promptci.errors import ConfigError


class SearchSettings(Settings):
    """The bounded search: how candidates are proposed, how many, and how long without progress.

    The search room is imported only when there is something to check: a cached `promptci check` has no use for it.
    """

    goal: Goal = "accuracy"
    strategy: str = "edits"
    style: Literal["auto", "rich", "plain"] = "auto"
    steps: AtLeastOne = 10
    per_step: Annotated[int, Field(gt=0, le=64)] = 8
    patience: AtLeastOne = 4
    race: str = "paired"
    score: Literal["metric", "likelihood"] = "metric"
    keep: tuple[Word, ...] = Field(default=(), strict=False)
    forbid: tuple[Word, ...] = Field(default=(), strict=False)
    options: dict[str, Json] = Field(default_factory=dict)

    @field_validator("race")
    @classmethod
    def _known_race(cls, given: str) -> str:
        from promptci.search.race import RACES

        if given not in RACES:
            raise mistake(f"unknown race '{given}'", guess(given, RACES))
        return given

    @field_validator("strategy")
    @classmethod
    def _known_strategy(cls, given: str) -> str:
        from promptci.search.proposers import PROPOSERS

        if given not in PROPOSERS:
            raise mistake(f"unknown strategy '{given}'", guess(given, PROPOSERS))
        return given

    @model_validator(mode="after")
    def _fitting(self) -> SearchSettings:
        if self.goal != "accuracy" and self.strategy != "edits":
            problem = f"strategy '{self.strategy}' cannot search for {self.goal}"
            raise mistake(problem, "take `strategy: edits`, which can", at=("goal",))
        if self.goal != "accuracy" and self.score == "likelihood":
            problem = f"a search for {self.goal} is decided by the metric alone"
            raise mistake(problem, "leave 'score' out", at=("score",))
        return self

    @model_validator(mode="after")
    def _styled(self) -> SearchSettings:
        if self.style != "auto":
            from promptci.search.proposers import options_of

            if "style" not in options_of(self.strategy):
                raise mistake(f"strategy '{self.strategy}' has no style", "leave it out, or use `strategy: edits`")
        return self

    @model_validator(mode="after")
    def _known_options(self) -> SearchSettings:
        if not self.options:
            return self
        from promptci.search.proposers import options_of

        known = options_of(self.strategy)
        for name in self.options:
            if name not in known:
                problem = f"unknown option '{name}' of strategy '{self.strategy}'"
                raise mistake(problem, guess(name, known), at=("options", name))
        for name, value in self.options.items():
            try:
                _check_option(self.strategy, name, value)
            except ConfigError as problem:
                raise mistake(problem.problem, problem.hint, at=("options", name)) from None
        return self


def _check_option(strategy: str, name: str, value: Json) -> None:
    """Raise ConfigError for a value that an option of a search strategy cannot have."""
    from promptci.search.proposers import PROPOSERS
    from promptci.search.proposers.options import check

    if name != "demos":  # every strategy takes it, so it is no parameter of any
        check(strategy, PROPOSERS[strategy], {name: value})
    elif type(value) is not int or value < 0:
        raise ConfigError("option 'demos' must be a whole number, 0 or more")
