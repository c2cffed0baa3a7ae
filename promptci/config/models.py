"""Section `models`: who answers cases, who writes candidates, who grades."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field, StringConstraints, field_validator

from promptci.config.base import AtLeastOne, Positive, Settings, mistake
from promptci.core import Json
from promptci.models.base import PLACEHOLDER, ModelSpec, Price
from promptci.models.parameters import CAPS, OURS


def _names_a_host(address: str) -> bool:
    try:
        parts = urlsplit(address)
        return bool((parts.hostname or "").encode("idna")) and parts.port != 0
    except ValueError:  # an IPv6 address without its bracket, a name that DNS cannot hold, a port above 65,535
        return False


class PriceSettings(Settings):
    """US dollars per million tokens."""

    input: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    output: Annotated[float, Field(ge=0, allow_inf_nan=False)]


class ModelSettings(Settings):
    """One model. `api_key_env` names the environment variable that holds the key; the key itself never stands here."""

    model: Annotated[str, StringConstraints(min_length=1)] = "offline"
    base_url: Annotated[str, StringConstraints(pattern=r"^https?://[^\s/@]+(/\S*)?$")] | None = None
    api_key_env: Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")] = "OPENAI_API_KEY"
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    max_tokens: AtLeastOne | None = None
    price: PriceSettings | None = None
    seed: int | None = None
    deadline_s: Positive | None = None
    rpm: AtLeastOne | None = None
    tpm: AtLeastOne | None = None
    extra: dict[str, Json] = Field(default_factory=dict)

    @field_validator("model")
    @classmethod
    def _filled_in(cls, given: str) -> str:
        if given == PLACEHOLDER:
            hint = "name the model that answers your prompts; `offline` tries promptci without one"
            raise mistake(f"'{PLACEHOLDER}' is a placeholder, not a model", hint)
        return given

    @field_validator("base_url")
    @classmethod
    def _reachable(cls, given: str | None) -> str | None:
        if given is not None and not _names_a_host(given):
            raise mistake("'base_url' names no host, or a port that is none", "such as http://localhost:8000/v1")
        return given

    @field_validator("extra")
    @classmethod
    def _not_ours(cls, given: dict[str, Json]) -> dict[str, Json]:
        for name in sorted(OURS & given.keys()):
            hint = "take it out: with another value answers would be lost, or cost more than the budget holds"
            raise mistake(f"promptci sets '{name}' itself for every call", hint)
        caps = [name for name in CAPS if name in given]
        if len(caps) > 1:
            raise mistake(f"'{caps[0]}' and '{caps[1]}' are one cap", "keep one of them")
        for name in caps:
            if type(given[name]) is not int or given[name] <= 0:
                raise mistake(f"'{name}' must be a whole number above 0", f"for example {name}: 400")
        return given

    def spec(self, *, temperature: float, max_tokens: int, inherited: bool = False) -> ModelSpec:
        """Return what the models floor works with; the arguments stand in for settings left out.

        `temperature: null` sends none: it is not the same as left out. An `inherited` model is called as its new role
        asks, but for that one: a model that takes no temperature takes none in any role.
        """
        sends_none = self.temperature is None and "temperature" in self.model_fields_set
        own = None if inherited else self.temperature
        return ModelSpec(
            model=self.model,
            base_url=self.base_url,
            api_key_env=self.api_key_env,
            temperature=None if sends_none else temperature if own is None else own,
            max_tokens=max_tokens if inherited or self.max_tokens is None else self.max_tokens,
            price=Price(self.price.input, self.price.output) if self.price else None,
            seed=self.seed,
            deadline_s=self.deadline_s,
            rpm=self.rpm,
            tpm=self.tpm,
            extra=self.extra,
        )


class PromptModelSettings(Settings):
    """What one prompt changes of `models.scorer`. The server and its key are the repository's: they stand there alone.

    Parameters that the prompt's own file sets win over these.
    """

    model: Annotated[str, StringConstraints(min_length=1)] | None = None
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    max_tokens: AtLeastOne | None = None
    seed: int | None = None
    price: PriceSettings | None = None

    def over(self, spec: ModelSpec) -> ModelSpec:
        """Return `spec` as this prompt asks it; another model has another price, or none that is known."""
        if not self.model_fields_set:
            return spec
        other = self.model is not None and self.model != spec.model
        own = Price(self.price.input, self.price.output) if self.price else None
        return replace(
            spec,
            model=self.model or spec.model,
            temperature=self.temperature if "temperature" in self.model_fields_set else spec.temperature,
            max_tokens=self.max_tokens or spec.max_tokens,
            seed=self.seed if "seed" in self.model_fields_set else spec.seed,
            price=own or (None if other else spec.price),
        )


class Models(Settings):
    """Who answers cases, who writes candidates, who grades. Left out, optimizer and judge are the scorer's model.

    `judges` are further judges by name, for metrics with several; `embedder` is asked by metric similarity.
    """

    scorer: ModelSettings = ModelSettings.model_construct()
    optimizer: ModelSettings | None = None
    judge: ModelSettings | None = None
    judges: dict[str, ModelSettings] = Field(default_factory=dict)
    embedder: ModelSettings | None = None

    def scorer_spec(self) -> ModelSpec:
        """Temperature 0 and 256 tokens unless said otherwise."""
        return self.scorer.spec(temperature=0.0, max_tokens=256)

    def optimizer_spec(self) -> ModelSpec:
        """Temperature 1 (OPRO, section 5.1) and 2,048 tokens unless said otherwise."""
        return (self.optimizer or self.scorer).spec(temperature=1.0, max_tokens=2048, inherited=self.optimizer is None)

    def judge_spec(self) -> ModelSpec:
        """Temperature 0 and 512 tokens unless said otherwise."""
        return (self.judge or self.scorer).spec(temperature=0.0, max_tokens=512, inherited=self.judge is None)

    def judges_spec(self, name: str) -> ModelSpec:
        """As `judge_spec`, of one of several judges. Raises KeyError for an unknown one."""
        return self.judges[name].spec(temperature=0.0, max_tokens=512)

    def embedder_spec(self) -> ModelSpec | None:
        """The embedding model, None when the settings name none."""
        return None if self.embedder is None else self.embedder.spec(temperature=0.0, max_tokens=1)
