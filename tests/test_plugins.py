"""Tables of built-in and outside things: a name twice is an error, a broken package is named."""

from __future__ import annotations

from importlib.metadata import EntryPoint
from typing import Any

import pytest

from promptci import plugins
from promptci.errors import UsageError
from promptci.plugins import Table


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> list[EntryPoint]:
    found: list[EntryPoint] = []
    monkeypatch.setattr(plugins, "_installed", lambda group: tuple(e for e in found if e.group == group))
    return found


def test_outside_names_follow_the_built_in_ones(installed: list[EntryPoint]) -> None:
    installed.append(EntryPoint("sqrt", "math:sqrt", "promptci.metrics"))
    installed.append(EntryPoint("other", "math:sqrt", "promptci.forges"))
    table: Table[Any] = Table("metrics", {"own": len, "late": "math:floor"})
    assert list(table) == ["own", "late", "sqrt"]
    assert (table["own"]([1]), table["late"](1.5), table["sqrt"](4)) == (1, 1, 2.0)
    assert ("sqrt" in table, "other" in table, len(table)) == (True, False, 3)
    with pytest.raises(KeyError):
        table["other"]


def test_a_name_twice_is_an_error(installed: list[EntryPoint]) -> None:
    installed.append(EntryPoint("own", "math:sqrt", "promptci.metrics"))
    with pytest.raises(UsageError, match="'own' of math:sqrt is a name that promptci itself has"):
        list(Table("metrics", {"own": len}))
    installed[:] = [EntryPoint("a", "math:sqrt", "promptci.metrics"), EntryPoint("a", "math:cos", "promptci.metrics")]
    with pytest.raises(UsageError, match="'a' of math:cos is a name that math:sqrt has"):
        list(Table("metrics", {"own": len}))


def test_a_package_that_cannot_be_loaded_is_named(installed: list[EntryPoint]) -> None:
    installed.append(EntryPoint("gone", "no_such_package_at_all:thing", "promptci.metrics"))
    with pytest.raises(UsageError, match="no_such_package_at_all:thing cannot be loaded: ModuleNotFoundError"):
        Table[object]("metrics", {})["gone"]
