"""promptci.yaml -> frozen settings; every mistake is refused with its line.

The pydantic models below are the format: `promptci.yaml` is checked against them and the published JSON Schema is made
from them (`json_schema`). Read by the command line and the workflows only; floors below take the values they need.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, field_validator, model_validator

from promptci import yamlfile
from promptci.core import Json
from promptci.errors import ConfigError
from promptci.metrics import METRICS
from promptci.metrics.base import Metric
from promptci.models.base import ModelSpec, Price
from promptci.search.proposers import PROPOSERS

FILE = "promptci.yaml"

Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")]
Positive = Annotated[float, Field(gt=0)]
Count = Annotated[int, Field(ge=0)]


class Settings(BaseModel):
    """Base of every section: frozen, and a key that is not known is a mistake."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class PriceSettings(Settings):
    """US dollars per million tokens."""

    input: Annotated[float, Field(ge=0)]
    output: Annotated[float, Field(ge=0)]


class ModelSettings(Settings):
    """One model. `api_key_env` names the environment variable that holds the key; the key itself never stands here."""

    model: Annotated[str, StringConstraints(min_length=1)] = "offline"
    base_url: str | None = None
    api_key_env: Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")] = "OPENAI_API_KEY"
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    max_tokens: Annotated[int, Field(gt=0)] | None = None
    price: PriceSettings | None = None
    seed: int | None = None
    deadline_s: Positive = 60.0
    rpm: Annotated[int, Field(gt=0)] | None = None
    tpm: Annotated[int, Field(gt=0)] | None = None
    extra: dict[str, Json] = Field(default_factory=dict)

    def spec(self, *, temperature: float, max_tokens: int) -> ModelSpec:
        """Return what the models floor works with; the arguments stand in for settings left out."""
        return ModelSpec(
            model=self.model,
            base_url=self.base_url,
            api_key_env=self.api_key_env,
            temperature=temperature if self.temperature is None else self.temperature,
            max_tokens=max_tokens if self.max_tokens is None else self.max_tokens,
            price=Price(self.price.input, self.price.output) if self.price else None,
            seed=self.seed,
            deadline_s=self.deadline_s,
            rpm=self.rpm,
            tpm=self.tpm,
            extra=self.extra,
        )


class Models(Settings):
    """Who answers cases, who writes candidates, who grades. Left out, optimizer and judge are the scorer's model."""

    scorer: ModelSettings = ModelSettings()
    optimizer: ModelSettings | None = None
    judge: ModelSettings | None = None

    def scorer_spec(self) -> ModelSpec:
        """Temperature 0 and 256 tokens unless said otherwise."""
        return self.scorer.spec(temperature=0.0, max_tokens=256)

    def optimizer_spec(self) -> ModelSpec:
        """Temperature 1 (OPRO, section 5.1) and 2,048 tokens unless said otherwise."""
        inherited = self.scorer.model_copy(update={"temperature": None, "max_tokens": None})
        return (self.optimizer or inherited).spec(temperature=1.0, max_tokens=2048)

    def judge_spec(self) -> ModelSpec:
        """Temperature 0 and 512 tokens unless said otherwise."""
        inherited = self.scorer.model_copy(update={"temperature": None, "max_tokens": None})
        return (self.judge or inherited).spec(temperature=0.0, max_tokens=512)


class BudgetSettings(Settings):
    """Hard caps for one run, every role and retry included. `max_calls: 0` sends nothing: cached answers only."""

    max_calls: Count = 5000
    max_tokens: Count | None = None
    max_usd: Positive | None = None
    max_minutes: Positive | None = None


class GateSettings(Settings):
    """When a change is blocked. Scores and drops are shares of cases (0.05 is five points)."""

    max_drop: Annotated[float, Field(gt=0, lt=1)] = 0.05
    min_score: Annotated[float, Field(gt=0, le=1)] | None = None
    must_pass: tuple[str, ...] = Field(default=(), strict=False)


class PromptSettings(Settings):
    """One prompt: its file, its eval set, how an answer is judged and when a change is blocked."""

    id: Id = ""
    file: Annotated[str, StringConstraints(min_length=1)]
    cases: Annotated[str, StringConstraints(min_length=1)]
    metric: str | dict[str, Json] = "exact"
    gate: GateSettings = GateSettings()
    target: Annotated[float, Field(gt=0, le=1)] | None = None

    @model_validator(mode="before")
    @classmethod
    def _named_by_file(cls, given: Any) -> Any:
        if isinstance(given, dict) and "id" not in given and isinstance(given.get("file"), str):
            return {**given, "id": PurePosixPath(given["file"]).name.split(".")[0]}
        return given

    @field_validator("file", "cases")
    @classmethod
    def _inside(cls, path: str) -> str:
        parts = PurePosixPath(path).parts
        if PurePosixPath(path).is_absolute() or ".." in parts or "\\" in path or ".git" in parts:
            raise ValueError("must be a path inside the repository, with forward slashes")
        return str(PurePosixPath(path))

    @field_validator("metric")
    @classmethod
    def _known_metric(cls, given: str | dict[str, Json]) -> str | dict[str, Json]:
        name = given if isinstance(given, str) else given.get("name")
        if name not in METRICS:
            raise ValueError(_unknown("metric", str(name), METRICS))
        return given

    def judged_by(self) -> Metric:
        """Build the metric with its options; raise ConfigError for an option that it does not have."""
        if isinstance(self.metric, str):
            return METRICS[self.metric]()
        options = {k: v for k, v in self.metric.items() if k != "name"}
        try:
            return METRICS[self.metric["name"]](**options)
        except TypeError:
            raise ConfigError(f"metric '{self.metric['name']}' does not take {sorted(options)}", place=FILE) from None

    @property
    def wanted(self) -> float:
        """The score below which a push to the default branch starts a search: `target`, else `min_score`, else .95."""
        return self.target or self.gate.min_score or 0.95


class SearchSettings(Settings):
    """The bounded search: how candidates are proposed, how many, and how long without progress."""

    strategy: str = "opro"
    steps: Annotated[int, Field(gt=0)] = 10
    per_step: Annotated[int, Field(gt=0, le=64)] = 8
    patience: Annotated[int, Field(gt=0)] = 4
    options: dict[str, Json] = Field(default_factory=dict)

    @field_validator("strategy")
    @classmethod
    def _known_strategy(cls, given: str) -> str:
        if given not in PROPOSERS:
            raise ValueError(_unknown("strategy", given, PROPOSERS))
        return given


class PullRequestSettings(Settings):
    """When a change is proposed, and how."""

    when: Literal["confirmed", "promising"] = "confirmed"
    labels: tuple[str, ...] = Field(default=("promptci",), strict=False)
    max_open: Count = 3


class Config(Settings):
    """promptci.yaml as a whole."""

    version: Literal[1]
    models: Models = Models()
    budget: BudgetSettings = BudgetSettings()
    prompts: Annotated[tuple[PromptSettings, ...], Field(min_length=1, strict=False)]
    search: SearchSettings = SearchSettings()
    pull_request: PullRequestSettings = PullRequestSettings()

    def chosen(self, ids: Sequence[str]) -> list[PromptSettings]:
        """Return the prompts with these ids, or all; raise ConfigError for an id that is not there."""
        known = {p.id: p for p in self.prompts}
        for id_ in ids:
            if id_ not in known:
                raise ConfigError(_unknown("prompt", id_, known), place=FILE)
        return [known[i] for i in dict.fromkeys(ids)] if ids else list(self.prompts)


def load(path: Path) -> Config:
    """Read promptci.yaml. Raises ConfigError with file:line for whatever is wrong with it."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigError("no such file", place=str(path), hint="run `promptci init`, or name it with -c") from None
    except (OSError, UnicodeDecodeError) as problem:
        raise ConfigError(f"cannot be read: {problem}", place=str(path)) from None
    return parse(text, path.name)


def parse(text: str, place: str = FILE) -> Config:
    """Check the text of a promptci.yaml. Raises ConfigError with place:line."""
    document = yamlfile.read(text, place, error=ConfigError)
    if not isinstance(document.value, dict):
        raise ConfigError(
            "must be a mapping with 'version' and 'prompts'", place=f"{place}:1", hint="see `promptci init`"
        )
    try:
        config = Config.model_validate(document.value)
    except ValidationError as problem:
        raise _first_mistake(problem, document, place) from None
    _refuse_equal_ids(config, document, place)
    return config


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of promptci.yaml, for editors."""
    return Config.model_json_schema()


def _first_mistake(problem: ValidationError, document: yamlfile.Document, place: str) -> ConfigError:
    first = min(problem.errors(), key=lambda e: document.line(_path(e["loc"])))
    path = _path(first["loc"])
    where = f"{place}:{document.line(path)}"
    name = ".".join(map(str, path))
    if first["type"] == "extra_forbidden":
        return ConfigError(_unknown("key", str(path[-1]), _keys(path[:-1])), place=where)
    if first["type"] == "missing":
        return ConfigError(f"'{name}' is missing", place=where)
    said = first["msg"].removeprefix("Value error, ")
    known = said.startswith("unknown ")
    return ConfigError(said if known else f"'{name}': {said[0].lower()}{said[1:]}", place=where)


def _path(loc: tuple[int | str, ...]) -> yamlfile.Path:
    # pydantic names the branch of a union it tried ("str", "dict[str,any]"); such a part is no key of the file.
    return tuple(
        part for part in loc if isinstance(part, int) or (part.isidentifier() and part not in ("str", "float"))
    )


def _keys(path: yamlfile.Path) -> Mapping[str, object]:
    """Return the keys that the section at `path` knows."""
    model: Any = Config
    for part in path:
        if isinstance(part, int):
            continue
        annotation = model.model_fields[part].annotation
        parts = [annotation, *getattr(annotation, "__args__", ())]
        model = next((p for p in parts if isinstance(p, type) and issubclass(p, BaseModel)), model)
    return dict(model.model_fields)


def _refuse_equal_ids(config: Config, document: yamlfile.Document, place: str) -> None:
    seen: dict[str, int] = {}
    for index, prompt in enumerate(config.prompts):
        # File systems that ignore case would put the baselines of `Triage` and `triage` into one file.
        line = document.line(("prompts", index))
        key = prompt.id.casefold()
        if key in seen:
            hint = "give one of them another 'id'"
            raise ConfigError(
                f"two prompts are called '{prompt.id}' (line {seen[key]})", place=f"{place}:{line}", hint=hint
            )
        seen[key] = line


def _unknown(kind: str, given: str, known: Mapping[str, object]) -> str:
    close = difflib.get_close_matches(given, known, n=1)
    guess = f"did you mean '{close[0]}'? " if close else ""
    return f"unknown {kind} '{given}'\n  hint: {guess}known: {', '.join(sorted(known))}"
