"""Tables of named things: the built-in ones, then what installed packages add by entry point (PyPA, "Entry points").

A table is asked for built-in names without looking at what is installed: reading every package's metadata takes longer
than a cached check may.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Generic, TypeVar

from promptci.errors import UsageError

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

T = TypeVar("T")
PREFIX = "promptci."


class Table(Mapping[str, T], Generic[T]):
    """Names to things. `group` is the entry point group without its prefix, such as `metrics`.

    A built-in thing may be given as `"module:name"`, which is imported when it is asked for. Iteration gives every
    name, the built-in ones first; it raises UsageError when a package adds a name that is taken.
    """

    def __init__(self, group: str, builtin: Mapping[str, T | str]) -> None:
        self.group = group
        self._builtin = dict(builtin)
        self._loaded: dict[str, T] = {}

    def __getitem__(self, name: str) -> T:
        if name not in self._loaded:
            self._loaded[name] = self._load(name)
        return self._loaded[name]

    def __contains__(self, name: object) -> bool:
        return name in self._builtin or name in self._outside()

    def __iter__(self) -> Iterator[str]:
        yield from self._builtin
        yield from self._outside()

    def __len__(self) -> int:
        return len(self._builtin) + len(self._outside())

    def _load(self, name: str) -> T:
        if name in self._builtin:
            found = self._builtin[name]
            return _imported(found) if isinstance(found, str) else found
        entry = self._outside()[name]
        try:
            found = entry.load()
        except Exception as problem:  # another package's import may fail in any way; the user can mend each
            said = f"{entry.value} cannot be loaded: {type(problem).__name__}: {problem}"
            raise UsageError(f"the {self.group} '{name}' of {_package(entry)}: {said}", hint=_HINT) from problem
        return found  # type: ignore[no-any-return]  # what a package registers is checked where it is used

    def _outside(self) -> dict[str, EntryPoint]:
        found: dict[str, EntryPoint] = {}
        for entry in _installed(PREFIX + self.group):
            if entry.name in self._builtin or entry.name in found:
                other = found.get(entry.name)
                taken = "promptci itself" if other is None else _package(other)
                problem = f"'{entry.name}' of {_package(entry)} is a name that {taken} has in {PREFIX}{self.group}"
                raise UsageError(problem, hint=_HINT)
            found[entry.name] = entry
        return found


_HINT = "update or uninstall that package"


def _imported(where: str) -> T:  # type: ignore[type-var]  # the caller's table says what it is
    module, _, name = where.partition(":")
    return getattr(importlib.import_module(module), name)  # type: ignore[no-any-return]  # the same


def _package(entry: EntryPoint) -> str:
    return entry.dist.name if entry.dist else entry.value


@cache
def _installed(group: str) -> tuple[EntryPoint, ...]:
    from importlib.metadata import entry_points  # 0.1 s of imports that a cached check does not need

    return tuple(sorted(entry_points(group=group), key=lambda e: (e.name, e.value)))
