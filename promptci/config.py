"""promptci.yaml -> frozen settings; every mistake is refused with its line.

The pydantic models below are the format: `promptci.yaml` is checked against them and the published JSON Schema is made
from them (`json_schema`). Read by the command line and the workflows only; floors below take the values they need.
"""

from __future__ import annotations

import difflib
import inspect
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, field_validator, model_validator
from pydantic_core import ErrorDetails, PydanticCustomError

from promptci import yamlfile
from promptci.core import Json, is_inside
from promptci.errors import ConfigError
from promptci.metrics import METRICS
from promptci.metrics.base import Metric
from promptci.models.base import ModelSpec, Price

FILE = "promptci.yaml"

# Ids become parts of branch and file names: no two dots in a row, none at either end (git check-ref-format).
ID = r"^[A-Za-z0-9][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)*$"
Id = Annotated[str, StringConstraints(pattern=ID, max_length=100)]
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
    base_url: Annotated[str, StringConstraints(pattern=r"^https?://[^\s/@]+(/\S*)?$")] | None = None
    api_key_env: Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")] = "OPENAI_API_KEY"
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    max_tokens: Annotated[int, Field(gt=0)] | None = None
    price: PriceSettings | None = None
    seed: int | None = None
    deadline_s: Positive = 60.0
    rpm: Annotated[int, Field(gt=0)] | None = None
    tpm: Annotated[int, Field(gt=0)] | None = None
    extra: dict[str, Json] = Field(default_factory=dict)

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
        return (self.optimizer or self.scorer).spec(temperature=1.0, max_tokens=2048, inherited=self.optimizer is None)

    def judge_spec(self) -> ModelSpec:
        """Temperature 0 and 512 tokens unless said otherwise."""
        return (self.judge or self.scorer).spec(temperature=0.0, max_tokens=512, inherited=self.judge is None)


class BudgetSettings(Settings):
    """Hard caps for one run, every role and retry included. `max_calls: 0` sends nothing: cached answers only."""

    max_calls: Count = 5000
    max_tokens: Count | None = None
    max_usd: Positive | None = None
    max_minutes: Positive | None = None


class GateSettings(Settings):
    """When a change is blocked. Scores and drops are shares of cases (0.05 is five points).

    `must_pass` names cases or tags, `slices` also gates every tag on its own, `max_length` is the mean number of
    characters that answers may have.
    """

    max_drop: Annotated[float, Field(gt=0, lt=1)] = 0.05
    min_score: Annotated[float, Field(gt=0, le=1)] | None = None
    must_pass: tuple[str, ...] = Field(default=(), strict=False)
    slices: bool = False
    max_length: Annotated[float, Field(gt=0)] | None = None


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
        if not isinstance(given, dict) or given.get("id") or not isinstance(given.get("file"), str):
            return given
        name = PurePosixPath(given["file"]).name
        if not name:
            return given
        if not re.fullmatch(ID, name.split(".")[0]):
            raise _mistake(f"no id can be made of the file name '{name}'", f"add an 'id': {_WORDED['id']}")
        return {**given, "id": name.split(".")[0]}

    @field_validator("id")
    @classmethod
    def _no_lock(cls, given: str) -> str:
        if given.casefold().endswith(".lock"):
            raise _mistake(f"the id '{given}' ends in '.lock', which git does not allow in a branch name")
        return given

    @field_validator("file", "cases")
    @classmethod
    def _inside(cls, given: str) -> str:
        return _path_inside(given)

    @field_validator("metric", mode="before")
    @classmethod
    def _known_metric(cls, given: Any) -> Any:
        name = given.get("name") if isinstance(given, dict) else given
        if not isinstance(name, str):
            raise _mistake("'metric' must be a name, or a mapping with its 'name' and options")
        if name not in METRICS:
            raise _mistake(f"unknown metric '{name}'", _guess(name, METRICS))
        if isinstance(given, dict):
            _check_metric(name, {key: value for key, value in given.items() if key != "name"})
        if isinstance(given, dict) and name == "judge" and "prompt" in given:
            return {**given, "prompt": _path_inside(given["prompt"], at=("prompt",))}
        return given

    def judged_by(self, read: Callable[[str], str]) -> Metric:
        """Build the metric with its options; raise ConfigError for a value that an option cannot have.

        The judge's option `prompt` is a path, whose text `read` gives.
        """
        if isinstance(self.metric, str):
            return METRICS[self.metric]()
        options = {key: value for key, value in self.metric.items() if key != "name"}
        if self.metric["name"] == "judge" and "prompt" in options:
            options["prompt"] = read(options["prompt"])
        try:
            return METRICS[self.metric["name"]](**options)
        except (TypeError, ValueError) as problem:
            raise ConfigError(f"metric '{self.metric['name']}': {problem}", place=FILE) from None

    @property
    def wanted(self) -> float:
        """The score below which a push to the default branch starts a search: `target`, else `min_score`, else .95."""
        return self.target or self.gate.min_score or 0.95


class SearchSettings(Settings):
    """The bounded search: how candidates are proposed, how many, and how long without progress.

    The search room is imported only when there is something to check: a cached `promptci check` has no use for it.
    """

    strategy: str = "mix"
    steps: Annotated[int, Field(gt=0)] = 10
    per_step: Annotated[int, Field(gt=0, le=64)] = 8
    patience: Annotated[int, Field(gt=0)] = 4
    race: str = "paired"
    options: dict[str, Json] = Field(default_factory=dict)

    @field_validator("race")
    @classmethod
    def _known_race(cls, given: str) -> str:
        from promptci.search.race import RACES

        if given not in RACES:
            raise _mistake(f"unknown race '{given}'", _guess(given, RACES))
        return given

    @field_validator("strategy")
    @classmethod
    def _known_strategy(cls, given: str) -> str:
        from promptci.search.proposers import PROPOSERS

        if given not in PROPOSERS:
            raise _mistake(f"unknown strategy '{given}'", _guess(given, PROPOSERS))
        return given

    @model_validator(mode="after")
    def _known_options(self) -> SearchSettings:
        if not self.options:
            return self
        from promptci.search.proposers import options_of

        known = options_of(self.strategy)
        for name in self.options:
            if name not in known:
                problem = f"unknown option '{name}' of strategy '{self.strategy}'"
                raise _mistake(problem, _guess(name, known), at=("options", name))
        for name, value in self.options.items():
            try:
                _check_option(self.strategy, name, value)
            except ConfigError as problem:
                raise _mistake(problem.problem, problem.hint, at=("options", name)) from None
        return self


class PullRequestSettings(Settings):
    """When a change is proposed, and how."""

    when: Literal["confirmed", "promising"] = "confirmed"
    labels: tuple[str, ...] = Field(default=("promptci",), strict=False)
    max_open: Count = 3


class Config(Settings):
    """promptci.yaml as a whole."""

    version: Literal[1] = 1
    models: Models = Models()
    budget: BudgetSettings = BudgetSettings()
    prompts: Annotated[tuple[PromptSettings, ...], Field(min_length=1, strict=False)]
    search: SearchSettings = SearchSettings()
    pull_request: PullRequestSettings = PullRequestSettings()

    @field_validator("version", mode="before")
    @classmethod
    def _exactly(cls, given: Any) -> Any:
        if type(given) is not int or given != 1:  # a Literal takes true and 1.0 as well
            raise _mistake("'version' must be 1, the one that this promptci reads")
        return given

    def chosen(self, ids: Sequence[str]) -> list[PromptSettings]:
        """Return the prompts with these ids, or all; raise ConfigError for an id that is not there."""
        known = {p.id: p for p in self.prompts}
        for id_ in ids:
            if id_ not in known:
                raise ConfigError(f"unknown prompt '{id_}'", place=FILE, hint=_guess(id_, known))
        return [known[i] for i in dict.fromkeys(ids)] if ids else list(self.prompts)


def load(path: Path) -> Config:
    """Read promptci.yaml. Raises ConfigError with file:line for whatever is wrong with it."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise ConfigError("no such file", place=str(path), hint="run `promptci init`, or name it with -c") from None
    except OSError as problem:
        raise ConfigError(f"cannot be read: {problem.strerror}", place=str(path)) from None
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as problem:
        line = content.count(b"\n", 0, problem.start) + 1
        raise ConfigError("not UTF-8 text", place=f"{path.name}:{line}", hint="save the file as UTF-8") from None
    return parse(text, path.name)


def parse(text: str, place: str = FILE) -> Config:
    """Check the text of a promptci.yaml. Raises ConfigError with place:line."""
    document = yamlfile.read(text, place, error=ConfigError)
    if not isinstance(document.value, dict):
        raise ConfigError("must be a mapping with 'prompts'", place=f"{place}:1", hint="see `promptci init`")
    try:
        config = Config.model_validate(document.value)
    except ValidationError as problem:
        raise _first_mistake(problem.errors(), document, place) from None
    _refuse_equal_ids(config, document, place)
    return config


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of promptci.yaml, for editors."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **Config.model_json_schema()}


def _check_option(strategy: str, name: str, value: Json) -> None:
    """Raise ConfigError for a value that an option of a search strategy cannot have."""
    from promptci.search.proposers import PROPOSERS
    from promptci.search.proposers.options import check

    if name != "demos":  # every strategy takes it, so it is no parameter of any
        check(strategy, PROPOSERS[strategy], {name: value})
    elif type(value) is not int or value < 0:
        raise ConfigError("option 'demos' must be a whole number, 0 or more")


def _path_inside(given: str, at: Sequence[str] = ()) -> str:
    """Return a path in its shortest form; refuse one that leads out of the repository or into `.git`."""
    if not is_inside(given):
        hint = "write it from promptci.yaml on, with '/'"
        raise _mistake(f"{given!r} is not a path inside the repository", hint, at=at)
    return str(PurePosixPath(given))


def _check_metric(name: str, options: Mapping[str, Json]) -> None:
    """Compare a metric's options with the parameters of what builds it: names, and the types of their defaults."""
    known = inspect.signature(METRICS[name]).parameters
    for option, value in options.items():
        if option not in known:
            raise _mistake(f"unknown option '{option}' of metric '{name}'", _guess(option, known), at=(option,))
        default = known[option].default
        wanted = next((word for kind, word in _KINDS if type(default) is kind), None)
        fits = isinstance(value, int | float) if type(default) is float else isinstance(value, type(default))
        if wanted and (not fits or isinstance(value, bool) != isinstance(default, bool)):
            raise _mistake(f"option '{option}' of metric '{name}' must be {wanted}", at=(option,))


_KINDS = ((bool, "true or false"), (int, "a whole number"), (float, "a number"), (str, "a text"))
_WORDED = {
    "id": "letters, digits, '_', '-' and single dots, at most 100, a letter or digit first",
    "api_key_env": "the name of the environment variable that holds the key, never the key itself",
    "base_url": "an address that begins with http:// or https:// and holds no user or key",
}
_MUST_BE = {
    "bool_type": "true or false", "dict_type": "a mapping", "float_type": "a number",
    "int_from_float": "a whole number", "int_type": "a whole number", "model_attributes_type": "a mapping",
    "model_type": "a mapping",
    "string_type": "a text", "tuple_type": "a list", "string_too_short": "a text that is not empty",
    "too_short": "a list with at least one entry", "literal_error": "{expected}", "greater_than": "above {gt:g}",
    "greater_than_equal": "at least {ge:g}", "less_than": "below {lt:g}", "less_than_equal": "at most {le:g}",
    "string_too_long": "at most {max_length} characters long",
}  # fmt: skip


def _mistake(problem: str, hint: str | None = None, at: Sequence[str] = ()) -> PydanticCustomError:
    """Return what a validator raises: a whole sentence, its mend, and where it is below the validated section."""
    return PydanticCustomError("mistake", "{problem}", {"problem": problem, "hint": hint, "at": tuple(at)})


def _first_mistake(errors: Sequence[ErrorDetails], document: yamlfile.Document, place: str) -> ConfigError:
    """Turn the mistake that stands first in the file into an error with its line, in words about the file."""
    located = [(_path((*e["loc"], *e.get("ctx", {}).get("at", ())), document.value), e) for e in errors]
    # A list counts its good entries only, so one bad entry also makes it "too short": the inner mistake is the cause.
    inner = [one for one in located if not any(p[: len(one[0])] == one[0] != p for p, _ in located)]
    # A misspelt key is unknown and the right one is missing: the spelling is the cause.
    path, first = min(inner, key=lambda one: (one[1]["type"] == "missing", document.line(one[0])))
    where = f"{place}:{document.line(path)}"
    key = next((str(part) for part in reversed(path) if isinstance(part, str)), "")
    name = ".".join(part for part in path if isinstance(part, str))
    context = first.get("ctx", {})
    if first["type"] == "mistake":
        return ConfigError(context["problem"], place=where, hint=context["hint"])
    if first["type"] == "extra_forbidden":
        return ConfigError(f"unknown key '{key}'", place=where, hint=_guess(key, _keys(path[:-1])))
    if first["type"] == "missing":
        return ConfigError(f"'{name}' is missing", place=where)
    entry = f"entry {path[-1] + 1} of " if path and isinstance(path[-1], int) else ""
    if first["type"] == "string_pattern_mismatch":
        return ConfigError(f"{entry}'{name}' must be {_WORDED[key]}", place=where)
    wanted = _MUST_BE.get(first["type"])
    said = f"must be {wanted.format(**context)}" if wanted else f"is wrong: {first['msg']}"
    return ConfigError(f"{entry}'{name}' {said}", place=where)


def _path(loc: Iterable[int | str], value: Json) -> yamlfile.Path:
    """Return the part of pydantic's location that the file has, and its last name: the rest are branches of unions."""
    *parents, last = loc
    path: list[int | str] = []
    for part in parents:
        inside = part in value if isinstance(value, dict) else isinstance(value, list) and isinstance(part, int)
        if inside:
            path.append(part)
            value = value[part]
    return (*path, last)


def _keys(path: yamlfile.Path) -> Iterable[str]:
    """Return the keys that the section at `path` knows."""
    model: Any = Config
    for part in path:
        if isinstance(part, str):
            annotation = model.model_fields[part].annotation
            parts = [annotation, *getattr(annotation, "__args__", ())]
            model = next(p for p in parts if isinstance(p, type) and issubclass(p, BaseModel))
    return list(model.model_fields)


def _refuse_equal_ids(config: Config, document: yamlfile.Document, place: str) -> None:
    seen: dict[str, int] = {}
    for index, prompt in enumerate(config.prompts):
        # File systems that ignore case would put the baselines of `Triage` and `triage` into one file.
        line = document.line(("prompts", index))
        key = prompt.id.casefold()
        if key in seen:
            problem = f"two prompts are called '{prompt.id}' (line {seen[key]})"
            raise ConfigError(problem, place=f"{place}:{line}", hint="give one of them another 'id'")
        seen[key] = line


def _guess(given: str, known: Iterable[str]) -> str:
    names = sorted(known)
    close = difflib.get_close_matches(given, names, n=1)
    return f"did you mean '{close[0]}'? known: {', '.join(names)}" if close else f"known: {', '.join(names)}"
