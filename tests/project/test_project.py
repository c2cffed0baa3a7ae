"""Where settings and files are read from, and what a repository cannot make promptci read."""

from __future__ import annotations

from pathlib import Path

import pytest

from promptci.errors import ConfigError, DataError, GitError
from promptci.project.project import locate
from tests.conftest import CONFIG, Repo


@pytest.mark.parametrize("rev", [None, "HEAD"], ids=["working-tree", "revision"])
@pytest.mark.parametrize("path", ["/etc/passwd", "../secret.txt", ".git/config", "a/../.GIT/config"])
def test_no_path_leads_out_of_the_repository(path: str, rev: str | None, repo: Repo) -> None:
    (repo.path.parent / "secret.txt").write_text("secret")
    with pytest.raises(DataError, match="not a path inside the repository"):
        locate(repo.path / "promptci.yaml", Path()).at(rev, path)


@pytest.mark.parametrize("found", [True, False], ids=["looked-for", "named"])
@pytest.mark.parametrize("to", ["other.yaml", "../outside.yaml"], ids=["inside", "outside"])
def test_settings_that_are_a_link_are_refused(to: str, found: bool, repo: Repo) -> None:
    place = repo.path / "promptci.yaml"
    (repo.path / to).write_text(CONFIG)
    place.unlink()
    place.symlink_to(to)
    with pytest.raises(ConfigError, match="a symbolic link") as problem:
        locate(None if found else place, repo.path)
    assert problem.value.place == str(repo.path.resolve() / "promptci.yaml")


def test_settings_are_found_from_a_directory_below_them(repo: Repo) -> None:
    assert locate(None, repo.path / "prompts").directory == repo.path.resolve()


def test_without_settings_it_says_where_it_looked_last(repo: Repo) -> None:
    (repo.path / "promptci.yaml").unlink()
    with pytest.raises(ConfigError, match="no such file"):
        locate(None, repo.path / "prompts")


def test_outside_a_repository_there_is_no_project(tmp_path: Path) -> None:
    with pytest.raises(GitError, match="not a git repository"):
        locate(None, tmp_path)
