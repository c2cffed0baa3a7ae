"""promptci.yaml as a whole."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator

from promptci.config.base import FILE, Settings, guess, mistake
from promptci.config.budget import BudgetSettings
from promptci.config.execution import ExecutionSettings
from promptci.config.models import Models
from promptci.config.prompts import PromptSettings
from promptci.config.pull_request import PullRequestSettings
from promptci.config.report import ReportSettings
from promptci.config.search import SearchSettings
from promptci.errors import ConfigError


class Config(Settings):
    """promptci.yaml as a whole."""

    version: Literal[1] = 1
    models: Models = Models.model_construct()
    budget: BudgetSettings = BudgetSettings.model_construct()
    prompts: Annotated[tuple[PromptSettings, ...], Field(min_length=1, strict=False)]
    search: SearchSettings = SearchSettings.model_construct()
    execution: ExecutionSettings = ExecutionSettings.model_construct()
    report: ReportSettings = ReportSettings.model_construct()
    pull_request: PullRequestSettings = PullRequestSettings.model_construct()

    @field_validator("version", mode="before")
    @classmethod
    def _exactly(cls, given: Any) -> Any:
        if type(given) is not int or given != 1:  # a Literal takes true and 1.0 as well
            raise mistake("'version' must be 1, the one that this promptci reads")
        return given

    def chosen(self, ids: Sequence[str]) -> list[PromptSettings]:
        """Return the prompts with these ids, or all; raise ConfigError for an id that is not there."""
        known = {p.id: p for p in self.prompts}
        for id_ in ids:
            if id_ not in known:
                raise ConfigError(f"unknown prompt '{id_}'", place=FILE, hint=guess(id_, known))
        return [known[i] for i in dict.fromkeys(ids)] if ids else list(self.prompts)


SHARED = tuple(name for name in Config.model_fields if name not in ("version", "prompts"))
"""The sections that all prompts share: who is asked, where, at what cost. No change chooses them for itself."""
