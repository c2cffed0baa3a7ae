"""`augment/<name>.yaml` and `rewrite/<name>.yaml`: golden examples, rules, models, limits, versioned like prompts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Annotated, Literal, TypeVar, cast

from promptci import options, yamlfile
from promptci.assets import templates
from promptci.augment.base import Category, Golden, Kind
from promptci.core import Json, digest
from promptci.errors import ConfigError
from promptci.models.base import ModelSpec
from promptci.options import Count, Range, Share

FEWEST_GOLDEN = 2
AtLeastOne = Annotated[int, Range(1)]
T = TypeVar("T")


@dataclass(frozen=True)
class Limits:
    """What is kept, and how far what is made may go.

    `min_chars` and `max_chars` bound a prompt. `alike` is the cosine from which two prompts are of one cluster, of
    which `per_cluster` are kept. `quality` is the least grade of a prompt. `attempts` bounds the tries for one pair,
    `shots` the golden examples that are shown (4 to 5 in PAS, section 3.2). `min_words` and `max_words` bound a
    complement (about 30 in PAS's training text), `max_demands` how much it may ask for. `longest` is how many times as
    long as the prompt a rewrite may be, in words, `shortest` how many times shorter (BPO's rules: 6 and 2).
    `diversity` is the self-BLEU from which a pair repeats those before it. `timeout_s` is what a user's request may
    wait for its complement.
    """

    min_chars: Count = 8
    max_chars: AtLeastOne = 8000
    alike: Share = 0.8
    per_cluster: AtLeastOne = 3
    quality: Share = 0.5
    attempts: AtLeastOne = 3
    shots: AtLeastOne = 5
    min_words: Count = 3
    max_words: AtLeastOne = 60
    max_demands: AtLeastOne = 5
    longest: Annotated[float, Range(1)] = 6.0
    shortest: Annotated[float, Range(1)] = 2.0
    diversity: Share = 0.9
    timeout_s: Annotated[float, Range(0, above=True)] = 5.0


@dataclass(frozen=True)
class Called:
    """How a role's model is called, over what promptci.yaml says of it; the server and its key stand there alone."""

    model: str | None = None
    temperature: Annotated[float, Range(0, 2)] | None = None
    max_tokens: AtLeastOne | None = None

    def over(self, spec: ModelSpec) -> ModelSpec:
        """The model as it is called here; another model has another price, and none is known."""
        other = self.model is not None and self.model != spec.model
        return replace(
            spec,
            model=self.model or spec.model,
            temperature=spec.temperature if self.temperature is None else self.temperature,
            max_tokens=self.max_tokens or spec.max_tokens,
            price=None if other else spec.price,
        )


@dataclass(frozen=True)
class Spec:
    """One file. `ship` names the categories whose prompts are changed for users, None for all.

    `embed` is how prompts are compared for clusters: by hashed words, or by the model `embedder` of promptci.yaml.
    `forbid` are words; a prompt that holds one is dropped as unsafe. `digest` names the file's content.
    """

    name: str
    kind: Kind
    categories: tuple[Category, ...]
    rules: tuple[str, ...] = ()
    forbid: tuple[str, ...] = ()
    ship: tuple[str, ...] | None = None
    embed: Literal["words", "embedder"] = "words"
    generator: Called = field(default_factory=Called)
    judge: Called = field(default_factory=Called)
    limits: Limits = field(default_factory=Limits)
    digest: str = ""

    def category(self, name: str) -> Category:
        """The category of that name. Raises KeyError."""
        return {c.name: c for c in self.categories}[name]

    def ships(self, category: str) -> bool:
        """Whether prompts of that category are changed."""
        return self.ship is None or category in self.ship


def read(text: str, name: str, kind: Kind, place: str) -> Spec:
    """Read a file's text. Raises ConfigError with the line of what is wrong."""
    document = yamlfile.read(text, place, error=ConfigError)
    wrong = partial(_wrong, document, place)
    if not isinstance(document.value, dict):
        raise wrong((), "the file must hold keys and values", "begin with `version: 1`")
    raw = dict(document.value)
    if raw.pop("version", None) != 1:
        raise wrong(("version",), "'version' must be 1", "write `version: 1`")
    known = ("categories", "rules", "forbid", "ship", "embed", "generator", "judge", "limits")
    for key in raw:
        if key not in known:
            raise wrong((key,), f"unknown key '{key}'", options.did_you_mean(key, known))
    found = Spec(
        name,
        kind,
        _categories(raw["categories"], kind, wrong) if "categories" in raw else defaults(kind),
        rules=_texts(raw, "rules", wrong),
        forbid=_texts(raw, "forbid", wrong),
        ship=_texts(raw, "ship", wrong) if raw.get("ship") is not None else None,
        embed=_embed(raw, wrong),
        generator=_built(Called, raw, "generator", wrong),
        judge=_built(Called, raw, "judge", wrong),
        limits=_built(Limits, raw, "limits", wrong),
        digest=digest([kind, document.value]),
    )
    _refuse_unknown(found, wrong)
    return found


def defaults(kind: Kind) -> tuple[Category, ...]:
    """The packaged categories, each with its golden examples."""
    path = templates() / kind / "categories.yaml"
    document = yamlfile.read(path.read_text(encoding="utf-8"), path.name, error=ConfigError)
    return _categories(document.value, kind, partial(_wrong, document, path.name))


Wrong = Callable[..., ConfigError]


def _wrong(
    document: yamlfile.Document, place: str, path: tuple[str | int, ...], problem: str, hint: str
) -> ConfigError:
    return ConfigError(problem, place=f"{place}:{document.line(path)}", hint=hint)


def _categories(raw: Json, kind: Kind, wrong: Wrong) -> tuple[Category, ...]:
    if not isinstance(raw, dict) or not raw:
        raise wrong(("categories",), "'categories' must name at least one category", "leave it out for the 14 built in")
    return tuple(_category(name, given, kind, wrong) for name, given in raw.items())


def _category(name: str, given: Json, kind: Kind, wrong: Wrong) -> Category:
    at = ("categories", name)
    hint = "a category has `about: TEXT` and `golden: [{prompt: ..., complement: ...}, ...]`"
    if not isinstance(given, dict) or set(given) - {"about", "golden"} or not isinstance(given.get("about"), str):
        raise wrong(at, f"category '{name}' is not understood", hint)
    made = "complement" if kind == "augment" else "rewrite"
    rows = given.get("golden", [])
    if not isinstance(rows, list) or len(rows) < FEWEST_GOLDEN:
        raise wrong(at, f"category '{name}' needs at least {FEWEST_GOLDEN} golden examples", hint)
    for row in rows:
        if not isinstance(row, dict) or set(row) != {"prompt", made} or not all(_says(v) for v in row.values()):
            raise wrong((*at, "golden"), f"a golden example has 'prompt' and '{made}', both texts", hint)
    return Category(name, given["about"], tuple(Golden(row["prompt"], row[made]) for row in rows))


def _says(value: Json) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _texts(raw: Mapping[str, Json], key: str, wrong: Wrong) -> tuple[str, ...]:
    given = raw.get(key, [])
    if not isinstance(given, list) or not all(map(_says, given)):
        raise wrong((key,), f"'{key}' must be a list of texts", f"{key}: [..., ...]")
    return tuple(given)


def _embed(raw: Mapping[str, Json], wrong: Wrong) -> Literal["words", "embedder"]:
    given = raw.get("embed", "words")
    if given not in ("words", "embedder"):
        raise wrong(("embed",), f"'embed' must be words or embedder, not {given!r}", "leave it out for words")
    return cast("Literal['words', 'embedder']", given)


def _built(factory: Callable[..., T], raw: Mapping[str, Json], key: str, wrong: Wrong) -> T:
    given = raw.get(key, {})
    if not isinstance(given, dict):
        raise wrong((key,), f"'{key}' must hold keys and values", f"known: {', '.join(options.names(factory))}")
    found = options.mistake(f"'{key}'", factory, given)
    if found is not None:
        raise wrong((key, found.option), found.problem, found.hint or "correct it")
    return factory(**given)


def _refuse_unknown(spec: Spec, wrong: Wrong) -> None:
    names = [c.name for c in spec.categories]
    for one in spec.ship or ():
        if one not in names:
            raise wrong(("ship",), f"'ship' names '{one}', which is no category", options.did_you_mean(one, names))
