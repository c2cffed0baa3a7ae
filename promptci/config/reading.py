"""promptci.yaml -> settings: the bytes, the YAML, the sections, and what only shows across sections."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import ValidationError

from promptci import yamlfile
from promptci.config.base import FILE
from promptci.config.mistakes import first_mistake
from promptci.config.settings import Config
from promptci.conflicts import refuse_conflict
from promptci.errors import ConfigError

_LONG = 50_000  # characters, of some hundred prompts
_KEPT = 3
_PLUGINS = "PYDANTIC_DISABLE_PLUGINS"  # pydantic, "Plugins": `__all__` disables them
_KNOWN: dict[str, Config] = {}  # what was right is right again, and frozen
_OTHERS_FILES = ("promptfooconfig.yaml", "promptfooconfig.yml")
_OTHERS = (
    (("providers", "targets", "tests", "defaultTest", "redteam", "scenarios"), "this is a promptfoo configuration"),
    (("messages", "testData", "evaluators"), "this is a prompt file of GitHub Models"),
)


def load(path: Path) -> Config:
    """Read promptci.yaml. Raises ConfigError with file:line for whatever is wrong with it."""
    try:
        if path.exists() and not path.is_file():  # a pipe would be waited for without end
            raise ConfigError("not a regular file", place=str(path), hint="name a file with -c")
        content = path.read_bytes()
    except FileNotFoundError:
        other = next((name for name in _OTHERS_FILES if path.with_name(name).is_file()), None)
        begin = f"`promptci init --from {other}` carries it over" if other else "run `promptci init`"
        raise ConfigError("no such file", place=str(path), hint=f"{begin}, or name it with -c") from None
    except OSError as problem:
        raise ConfigError(f"cannot be read: {problem.strerror}", place=str(path)) from None
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as problem:
        line = content.count(b"\n", 0, problem.start) + 1
        raise ConfigError("not UTF-8 text", place=f"{path.name}:{line}", hint="save the file as UTF-8") from None
    return parse(text, path.name)


def parse(text: str, place: str = FILE) -> Config:
    """Check the text of a promptci.yaml. Raises ConfigError with place:line.

    A long one is mostly the same at the revisions that a run looks at, and is checked once.
    """
    if len(text) < _LONG:
        return _parsed(text, place)
    known = _KNOWN.get(text)
    if known is None:
        known = _parsed(text, place)
        while len(_KNOWN) >= _KEPT:
            del _KNOWN[next(iter(_KNOWN))]
        _KNOWN[text] = known
    return known


def _parsed(text: str, place: str) -> Config:
    refuse_conflict(text, place, ConfigError)
    document = yamlfile.read(text, place, error=ConfigError)
    if not isinstance(document.value, dict):
        raise ConfigError("must be a mapping with 'prompts'", place=f"{place}:1", hint="see `promptci init`")
    _refuse_others(document, place)
    try:
        with _without_plugins():
            config = Config.model_validate(document.value)
    except ValidationError as problem:
        raise first_mistake(problem.errors(), document, place) from None
    _refuse_equal_ids(config, document, place)
    return config


@contextmanager
def _without_plugins() -> Iterator[None]:
    """Keep pydantic from reading every installed package's metadata for plugins, as it does for its first model.

    It takes longer than reading the settings does. Programs that are started see the variable as it was.
    """
    before = os.environ.get(_PLUGINS)
    os.environ[_PLUGINS] = "__all__"
    try:
        yield
    finally:
        if before is None:
            del os.environ[_PLUGINS]
        else:
            os.environ[_PLUGINS] = before


def _refuse_others(document: yamlfile.Document, place: str) -> None:
    """Raise ConfigError for another tool's file, whose first key would otherwise be called unknown."""
    for keys, what in _OTHERS:
        found = [key for key in document.value if key in keys]
        if found:
            hint = f"`promptci init --from {place}` carries it over; what cannot be is listed"
            raise ConfigError(
                f"{what}, by its key '{found[0]}'", place=f"{place}:{document.line((found[0],))}", hint=hint
            )


def _refuse_equal_ids(config: Config, document: yamlfile.Document, place: str) -> None:
    seen: dict[str, int] = {}
    for index, prompt in enumerate(config.prompts):
        # File systems that ignore case would put the baselines of `Triage` and `triage` into one file.
        line = document.line(("prompts", index))
        if not prompt.id:  # a pattern: the files that it stands for have theirs
            continue
        key = prompt.id.casefold()
        if key in seen:
            problem = f"two prompts are called '{prompt.id}' (line {seen[key]})"
            raise ConfigError(problem, place=f"{place}:{line}", hint="give one of them another 'id'")
        seen[key] = line
