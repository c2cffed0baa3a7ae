"""Which models the settings name, and which of them a run may call."""

from __future__ import annotations

from promptci.config import Config
from promptci.metrics.build import roles_of
from promptci.models import keys
from promptci.models.base import ModelSpec


def used_specs(config: Config) -> list[ModelSpec]:
    """Return every model that the settings name or imply."""
    models = config.models
    return [*_scorers(config), models.optimizer_spec(), *_judges(config), *_embedder(config)]


def called_specs(config: Config, *, searching: bool) -> list[ModelSpec]:
    """Return the models that a run may call: the judge where a metric asks one, the optimizer where it searches."""
    roles = {role for p in config.prompts for one in p.measured_by for role in roles_of(one)}
    graders = [*(_judges(config) if "judge" in roles else []), *(_embedder(config) if "embedder" in roles else [])]
    return [*_scorers(config), *graders, *([config.models.optimizer_spec()] if searching else [])]


def places(config: Config) -> set[tuple[str, str]]:
    """Return where these models are and the variables with their keys; the embedded model is nowhere."""
    outside = (s for s in used_specs(config) if keys.server(s) != "offline")
    return {(s.base_url or "the provider's own host", s.api_key_env) for s in outside}


def _judges(config: Config) -> list[ModelSpec]:
    return [config.models.judge_spec(), *map(config.models.judges_spec, config.models.judges)]


def _embedder(config: Config) -> list[ModelSpec]:
    spec = config.models.embedder_spec()
    return [] if spec is None else [spec]


def _scorers(config: Config) -> list[ModelSpec]:
    """Return the model of every prompt, each once."""
    found: list[ModelSpec] = []
    scorer = config.models.scorer_spec()
    for prompt in config.prompts:
        if prompt.run and scorer.model == "offline":
            continue  # nobody named a model: the program knows which it calls
        spec = prompt.model.over(scorer)
        found += [] if spec in found else [spec]
    return found
