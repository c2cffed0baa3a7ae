"""Jinja2 pages whose every value is escaped for Markdown unless a filter made it safe.

Templates are looked up by name in the given directories first, then in the packaged ones, so that a repository can
replace any of them. Filters: prose, code, codes, fence, link, and the words for numbers (percent, points, ...).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from promptci import assets
from promptci.errors import ConfigError
from promptci.report import quoting, wording
from promptci.report.quoting import Safe, prose

if TYPE_CHECKING:
    from jinja2 import Environment

_WORDS = (
    wording.percent, wording.points, wording.interval, wording.at_least, wording.counted, wording.probability,
    wording.level, wording.money, wording.duration, wording.case_count, wording.searched, wording.asked,
    wording.overfitting, wording.effort, wording.passing, wording.measured, wording.headline, wording.saving,
    wording.tokens,
)  # fmt: skip
_QUOTES = (quoting.prose, quoting.code, quoting.codes, quoting.fence, quoting.link)


def render(
    name: str,
    values: Mapping[str, object],
    directories: Sequence[Path] = (),
    *,
    escape: Callable[[str], Safe] = prose,
) -> str:
    """Return the page made of `values` by the first template called `name`, e.g. "pull_request/body.md.j2".

    A value that reaches the page without a quoting filter goes through `escape`; None is "-". Raises ConfigError when
    a template cannot be used, with its file and line.
    """
    import jinja2

    environment = _environment((*directories, assets.templates()), escape)
    try:
        return environment.get_template(name).render(values)
    except (jinja2.TemplateError, TypeError, ValueError, ArithmeticError, LookupError) as problem:
        raise _unusable(name, problem) from problem


@lru_cache(maxsize=4)
def _environment(places: tuple[Path, ...], escape: Callable[[str], Safe]) -> Environment:
    """Templates are compiled once per run."""
    import jinja2
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    # A template may come from a stranger's branch, hence the sandbox. Autoescape knows HTML; `finalize` knows Markdown.
    environment = ImmutableSandboxedEnvironment(
        loader=jinja2.FunctionLoader(lambda wanted: _source(wanted, places)),
        undefined=jinja2.StrictUndefined,
        finalize=lambda value: _final(value, escape),
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,
    )
    environment.filters.update({made.__name__: made for made in _QUOTES})
    environment.filters.update({made.__name__: _known(made) for made in _WORDS})
    return environment


def _unusable(name: str, problem: Exception) -> ConfigError:
    line = getattr(problem, "lineno", None)
    place = getattr(problem, "filename", None) or name
    said = getattr(problem, "message", None) or str(problem) or type(problem).__name__
    hint = "compare it with the packaged template of the same name"
    return ConfigError(f"cannot use the template: {said}", place=f"{place}:{line}" if line else str(place), hint=hint)


def _final(value: object, escape: Callable[[str], Safe]) -> Safe:
    if isinstance(value, Safe):
        return value
    return Safe(wording.UNKNOWN) if value is None else escape(str(value))


def _known(made: Callable[..., str | None]) -> Callable[..., str | None]:
    """A wording function whose "-" goes on the page as it is; a "-" from anywhere else is escaped."""

    def filtered(*given: object) -> str | None:
        said = made(*given)
        return None if said == wording.UNKNOWN else said

    return filtered


def _source(name: str, places: Sequence[Path]) -> tuple[str, str, None] | None:
    """Read a template from the first place that has it; a way out of that place, by `..` or a link, is not taken."""
    for place in places:
        path, top = place / name, place.resolve()
        if path.is_file() and path.resolve().is_relative_to(top):
            return path.read_text(encoding="utf-8"), str(path), None
    return None
