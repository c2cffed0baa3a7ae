"""Which models the settings name, and which of them a run may call."""

from __future__ import annotations

from promptci.config import Config
from promptci.metrics.build import roles_of
from promptci.models.base import ModelSpec


def used_specs(config: Config) -> list[ModelSpec]:
    """Return every model that the settings name or imply."""
    return [config.models.scorer_spec(), config.models.optimizer_spec(), config.models.judge_spec()]


def called_specs(config: Config, *, searching: bool) -> list[ModelSpec]:
    """Return the models that a run may call: the judge where a metric asks one, the optimizer where it searches."""
    roles = {role for p in config.prompts for one in p.measured_by for role in roles_of(one)}
    judge = [config.models.judge_spec()] if roles else []
    return [config.models.scorer_spec(), *judge, *([config.models.optimizer_spec()] if searching else [])]
