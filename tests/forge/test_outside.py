"""A forge of an installed package: chosen for the remotes that it keeps, never before GitHub, GitLab or a path."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import EntryPoint

import pytest

from promptci import plugins
from promptci.errors import ForgeError, UsageError
from promptci.forge import FORGES, forge_for, forge_name
from promptci.forge.base import Forge, OutsideForge, Place
from promptci.forge.none import NoForge

REMOTE = "https://forge.example/acme/support.git"


class Greedy:
    """Keeps every remote that it is asked about, and remembers where it was opened."""

    def __init__(self) -> None:
        self.opened: list[Place] = []

    def keeps(self, remote_url: str, environ: Mapping[str, str]) -> bool:
        return environ.get("SHY") is None

    def __call__(self, place: Place) -> Forge:
        self.opened.append(place)
        return NoForge.at(place)


GREEDY = Greedy()
KEPT: OutsideForge = GREEDY


@pytest.fixture
def greedy(monkeypatch: pytest.MonkeyPatch) -> Greedy:
    entry = EntryPoint("greedy", f"{__name__}:GREEDY", "promptci.forges")
    monkeypatch.setattr(plugins, "_installed", lambda group: (entry,) if group == entry.group else ())
    GREEDY.opened.clear()
    return GREEDY


def test_it_opens_what_it_keeps_with_the_token(greedy: Greedy) -> None:
    assert "greedy" in FORGES
    assert forge_name(REMOTE, {}) == "greedy"
    forge_for(REMOTE, {"A": "b"}, token="secret")
    assert greedy.opened == [Place(REMOTE, {"A": "b"}, "secret")]


@pytest.mark.parametrize(
    ("remote", "environ", "name"),
    [
        pytest.param("git@github.com:acme/support.git", {}, "github", id="github"),
        pytest.param("https://gitlab.com/acme/support.git", {}, "gitlab", id="gitlab"),
        pytest.param("https://git.acme.example/x.git", {"GITLAB_HOST": "git.acme.example"}, "gitlab", id="own-gitlab"),
        pytest.param("/srv/git/support.git", {}, "local", id="path"),
    ],
)
def test_it_is_not_asked_about_what_others_keep(
    greedy: Greedy, remote: str, environ: dict[str, str], name: str
) -> None:
    assert forge_name(remote, environ) == name


def test_what_it_does_not_keep_is_nobody_s(greedy: Greedy) -> None:
    with pytest.raises(ForgeError, match=r"no way known to open a pull request at 'forge\.example'") as caught:
        forge_name(REMOTE, {"SHY": "1"})
    assert caught.value.hint is not None
    assert "promptci.forges" in caught.value.hint


def test_a_name_of_ours_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = EntryPoint("github", f"{__name__}:GREEDY", "promptci.forges")
    monkeypatch.setattr(plugins, "_installed", lambda group: (entry,) if group == entry.group else ())
    with pytest.raises(UsageError, match=r"'github' of .* is a name that promptci itself has"):
        forge_name(REMOTE, {})


def test_an_unknown_name_lists_the_outside_ones_too(greedy: Greedy) -> None:
    with pytest.raises(ForgeError, match="unknown forge 'hub'") as caught:
        forge_for(REMOTE, {}, name="hub")
    assert caught.value.hint == "known: github, gitlab, greedy, local, none"
