"""Metrics as promptci.yaml and rows write them -> metrics: a name, or a mapping with its name and options."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Literal, NamedTuple

from promptci.core import Case, Json, Role
from promptci.errors import ConfigError, DataError, PromptciError
from promptci.metrics import ALIASES, METRICS, Factory
from promptci.metrics.base import Metric
from promptci.metrics.combined import Combined, Weighted, row_key
from promptci.metrics.promptfoo import NotCarried, metric_of
from promptci.options import File, Mistake, Range, Share, did_you_mean, files, mistake

Read = Callable[[str], str]
NOT_OPTIONS = frozenset(("version",))
GROUPS, GROUPED = ("group", "transformed"), "metrics"
_PREFIXES = ("not_", "not-")


def common(
    not_: bool = False, weight: Annotated[float, Range(0)] = 1.0, pass_mark: Share | None = None, label: str = ""
) -> None:
    """The options that every metric has. `not` is the same as `not_`; `label` is its name in reports."""


class Named(NamedTuple):
    """One metric as written: its name in the table, its own options and the common ones."""

    name: str
    options: dict[str, Json]
    common: dict[str, Json]


def named(given: Json) -> Named | Mistake:
    """Take a metric as written apart. `not_contains` and `not-contains` are `contains` with `not: true`."""
    if isinstance(given, Mapping) and "type" in given and "name" not in given:  # as promptfoo writes it in rows
        carried = metric_of(given)
        if isinstance(carried, NotCarried):
            return Mistake("", f"the assertion '{carried.type}' has no metric here: {carried.why}")
        given = carried
    name = given.get("name") if isinstance(given, Mapping) else given
    if not isinstance(name, str):
        return Mistake("", "'metric' must be a name, or a mapping with its 'name' and options")
    options = {str(k): v for k, v in given.items() if k != "name"} if isinstance(given, Mapping) else {}
    if "not" in options:
        options["not_"] = options.pop("not")
    shared: dict[str, Json] = {
        key: options.pop(key) for key in ("not_", "weight", "pass_mark", "label") if key in options
    }
    bare = next((name.removeprefix(p) for p in _PREFIXES if name.startswith(p) and _known(name.removeprefix(p))), name)
    if bare != name and not _known(name):
        turned = shared.get("not_", False)  # what is no yes or no stays, and is refused
        shared = {**shared, "not_": not turned if isinstance(turned, bool) else turned}
        name = bare
    if name in ALIASES:
        name, preset = ALIASES[name]
        options = {**preset, **options}
    if name not in METRICS:
        return Mistake("name", f"unknown metric '{name}'", did_you_mean(name, [*METRICS, *ALIASES]))
    written = getattr(METRICS[name], "written", None)
    return Named(name, options if written is None else written(options), shared)


def _known(name: str) -> bool:
    return name in METRICS or name in ALIASES


def mistake_in(given: Json) -> Mistake | None:
    """Return what is wrong with one metric as written, or None. Reads no file."""
    found = named(given)
    if isinstance(found, Mistake):
        return found
    what = f"metric '{found.name}'"
    wrong = mistake(what, common, found.common)
    if wrong is not None:
        return wrong._replace(option="not" if wrong.option == "not_" else wrong.option)
    if found.name in GROUPS and (inner := _in_group(found.name, found.options)) is not None:
        return inner
    return mistake(what, METRICS[found.name], found.options, hidden=NOT_OPTIONS)


def _in_group(name: str, options: Mapping[str, Json]) -> Mistake | None:
    listed = options.get(GROUPED)
    if not isinstance(listed, list) or not listed:
        return Mistake(GROUPED, f"metric '{name}' needs 'metrics', a list of metrics")
    return next((wrong for wrong in map(mistake_in, listed) if wrong is not None), None)


def build(
    given: Sequence[Json],
    read: Read,
    *,
    combine: Literal["all", "mean"] = "all",
    cases: Sequence[Case] = (),
    place: str = "promptci.yaml",
    rows_place: str = "",
) -> Combined:
    """Build a prompt's metrics and those that its cases' rows bring.

    `read` gives the text of a file that an option names, at the revision in question, and raises PromptciError for one
    that is not there. Raises ConfigError at `place`, DataError at `rows_place` for a row's metric that cannot be built.
    """
    rows: dict[str, tuple[Weighted, ...]] = {}
    for case in cases:
        if case.asserts and (key := row_key(case)) not in rows:
            said = f"case '{case.id}': "
            rows[key] = tuple(_built(g, read, DataError, rows_place, said) for g in case.asserts)
    return Combined(tuple(_built(g, read, ConfigError, place) for g in given), combine, rows)


def roles_of(given: Json) -> tuple[Role, ...]:
    """Return the roles of the models that a metric, as written, asks; nothing for one that is not known."""
    found = named(given)
    if isinstance(found, Mistake):
        return ()
    inner = found.options.get(GROUPED) if found.name in GROUPS else None
    roles = [role for one in inner for role in roles_of(one)] if isinstance(inner, list) else []
    return tuple(dict.fromkeys((*roles, *getattr(METRICS[found.name], "roles", ()))))


def _built(given: Json, read: Read, error: type[PromptciError], place: str, said: str = "") -> Weighted:
    if (wrong := mistake_in(given)) is not None:
        raise error(said + wrong.problem, place=place, hint=wrong.hint)
    found = named(given)
    if isinstance(found, Mistake):
        raise TypeError("a metric without a mistake has a name")
    factory = METRICS[found.name]
    try:
        options = _with_files(factory, found.options, read)
        if found.name in GROUPS:
            options[GROUPED] = tuple(_built(one, read, error, place, said) for one in found.options[GROUPED])
        metric = factory(**options)
    except (TypeError, ValueError) as problem:
        raise error(f"{said}metric '{found.name}': {problem}", place=place) from None
    inverted, label = bool(found.common.get("not_")), found.common.get("label")
    inner = ", ".join(part.name for part in options[GROUPED]) if found.name == "transformed" else ""
    name = label or f"{'not ' * inverted}{inner or found.name}{_short(found.options)}"
    mark, weight = found.common.get("pass_mark"), float(found.common.get("weight", 1.0))
    named_files = {option: value for option, value in options.items() if isinstance(value, File)}
    return Weighted(metric, name, inverted, weight, _mark(metric, mark), named_files)


def _with_files(factory: Factory, options: Mapping[str, Json], read: Read) -> dict[str, Json]:
    paths = files(factory, options)
    found = {o: tuple(v) if isinstance(v, list) else v for o, v in options.items()}
    return {**found, **{o: File(path, read(path)) for o, path in paths.items()}}


def _mark(metric: Metric, given: float | None) -> float | None:
    """The pass mark: as written, else the metric's own, else none: its values are tested as they are."""
    own = getattr(metric, "pass_mark", None)
    return given if given is not None else own if isinstance(own, int | float) else None


def _short(options: Mapping[str, Json]) -> str:
    """What tells two metrics of one name apart in a report."""
    value = options.get("value")
    return f" {value!r}" if isinstance(value, str | int | float) and len(str(value)) <= 40 else ""
