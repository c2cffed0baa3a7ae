"""Git LFS, submodules, partial clones, renames and histories: the real content, or what to do to get it."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path

import pytest

from promptci.errors import DataError, GitError
from promptci.gitrepo import Repository, a_month, lfs, submodules

from .repos import WHEN, Sandbox, new_repo

SET = b'{"id": 1}\n' * 40


def pointer(content: bytes, extra: str = "") -> bytes:
    oid = hashlib.sha256(content).hexdigest()
    return f"version https://git-lfs.github.com/spec/v1\n{extra}oid sha256:{oid}\nsize {len(content)}\n".encode()


def store(repo: Sandbox, content: bytes, below: str = ".git/lfs", as_if: bytes | None = None) -> Path:
    oid = hashlib.sha256(content if as_if is None else as_if).hexdigest()
    name = f"{below}/objects/{oid[:2]}/{oid[2:4]}/{oid}"
    repo.write(name, content)
    return repo.path / name


@pytest.fixture
def behind(repo: Sandbox, tmp_path: Path) -> Sandbox:
    """An eval set in Git LFS, checked out as git-lfs does it, with filters that must not run."""
    repo.commit("LFS", evals__big_DOT_jsonl=pointer(SET), _DOT_gitattributes=b"evals/big.jsonl filter=lfs -text\n")
    for kind in ("clean", "smudge", "process"):
        repo.git("config", f"filter.lfs.{kind}", f"touch {tmp_path}/fired")
    repo.git("config", "filter.lfs.required", "true")
    return repo


class TestLfs:
    def test_it_is_read_from_the_clones_store(self, behind: Sandbox, tmp_path: Path) -> None:
        store(behind, SET)
        assert behind.opened.read("HEAD", "evals/big.jsonl") == SET
        assert behind.opened.content("evals/big.jsonl", pointer(SET)) == SET
        assert not (tmp_path / "fired").exists()

    @pytest.mark.parametrize("place", ["relative", "absolute"])
    def test_the_store_may_lie_elsewhere(self, behind: Sandbox, tmp_path: Path, place: str) -> None:
        behind.git("config", "lfs.storage", "kept" if place == "relative" else str(tmp_path / "kept"))
        store(behind, SET, ".git/kept" if place == "relative" else "../kept")
        assert behind.opened.read("HEAD", "evals/big.jsonl") == SET

    def test_a_linked_worktree_shares_the_store(self, behind: Sandbox, tmp_path: Path) -> None:
        behind.git("config", "--remove-section", "filter.lfs")
        behind.git("worktree", "add", "-q", "-b", "feature", str(tmp_path / "linked"))
        store(behind, SET)
        assert Sandbox(tmp_path / "linked").opened.read("HEAD", "evals/big.jsonl") == SET

    def test_it_is_read_from_the_working_tree_when_that_is_what_the_pointer_means(self, behind: Sandbox) -> None:
        behind.write("evals/big.jsonl", SET)
        assert behind.opened.read("HEAD", "evals/big.jsonl") == SET

    def test_a_file_that_was_smudged_is_no_change(self, behind: Sandbox) -> None:
        behind.write("evals/big.jsonl", SET)
        assert behind.opened.changed("HEAD") == []
        assert not behind.opened.is_dirty()
        behind.write("evals/big.jsonl", SET[:-2] + b"x\n")
        assert behind.opened.changed("HEAD") == ["evals/big.jsonl"]
        assert behind.opened.is_dirty()

    @pytest.mark.parametrize(
        "spoiled", ["missing", "other bytes", "shorter", "a link", "a folder", "extended", "line ends"]
    )
    def test_what_is_not_here_says_how_to_get_it(self, behind: Sandbox, tmp_path: Path, spoiled: str) -> None:
        text = pointer(SET, "ext-0-gz sha256:" + "0" * 64 + "\n") if spoiled == "extended" else pointer(SET)
        text = text.replace(b"\n", b"\r\n") if spoiled == "line ends" else text
        place = store(behind, {"other bytes": b"x" * len(SET), "shorter": SET[1:]}.get(spoiled, SET), as_if=SET)
        if spoiled in ("missing", "a link", "a folder", "line ends"):
            place.rename(tmp_path / "moved")
        if spoiled == "a link":
            place.symlink_to(tmp_path / "moved")
        if spoiled == "a folder":
            place.mkdir()
        with pytest.raises(DataError, match="a Git LFS pointer") as caught:
            behind.opened.content("evals/big.jsonl", text)
        assert isinstance(caught.value, lfs.NotHereError)
        assert caught.value.pointer.oid == hashlib.sha256(SET).hexdigest()
        assert "git lfs pull" in str(caught.value)
        assert "lfs: true" in str(caught.value)

    @pytest.mark.parametrize(
        "text",
        [b"", b"version https://git-lfs.github.com/spec/v1\n", pointer(SET)[1:],
         pointer(SET).replace(b"sha256", b"md5"), pointer(SET).replace(b"size ", b"size -"),
         pointer(SET) + b"more\n", pointer(SET) + b"x" * 1024],
        ids=["empty", "no oid", "cut", "md5", "negative", "more", "long"],
    )  # fmt: skip
    def test_what_only_looks_like_a_pointer_is_a_file(self, repo: Sandbox, text: bytes) -> None:
        assert repo.opened.content("a", text) == text

    def test_it_is_not_written_over(self, behind: Sandbox) -> None:
        with pytest.raises(GitError, match="kept in Git LFS"):
            behind.opened.commit(parent="HEAD", files={"evals/big.jsonl": b"x"}, message="m", when=WHEN)


@pytest.fixture
def nested(repo: Sandbox, tmp_path: Path) -> Sandbox:
    """A repository with the submodule `vendor`, named `shared`, which has moved on since it was pinned."""
    new_repo(tmp_path / "inner")
    told = ("-c", "protocol.file.allow=always", "submodule", "add", "-q", "--name", "shared")
    repo.git(*told, str(tmp_path / "inner"), "vendor")
    repo.commit("Submodule")
    Sandbox(repo.path / "vendor").commit("Later", prompts__triage_DOT_md=b"later\n")
    return repo


class TestSubmodules:
    def test_a_file_in_one_is_as_the_superproject_pins_it(self, nested: Sandbox) -> None:
        opened = nested.opened
        assert opened.read("HEAD", "vendor/prompts/triage.md") == b"Classify.\n"
        assert opened.read("HEAD", "vendor/nope.md") is None
        both = opened.read_many("HEAD", ["vendor/evals/triage.jsonl", "prompts/triage.md"])
        assert both == {"vendor/evals/triage.jsonl": b"{}\n", "prompts/triage.md": b"Classify.\n"}
        assert opened.read("HEAD~1", "vendor/prompts/triage.md") is None

    def test_it_need_not_be_checked_out(self, nested: Sandbox) -> None:
        nested.git("submodule", "deinit", "-q", "-f", "vendor")
        assert nested.opened.read("HEAD", "vendor/prompts/triage.md") == b"Classify.\n"

    def test_in_a_linked_worktree(self, nested: Sandbox, tmp_path: Path) -> None:
        nested.git("worktree", "add", "-q", "-b", "feature", str(tmp_path / "linked"))
        opened = Repository.open(tmp_path / "linked")
        assert opened.read("HEAD", "vendor/prompts/triage.md") == b"Classify.\n"

    def test_what_is_not_here_says_how_to_get_it(self, nested: Sandbox, tmp_path: Path) -> None:
        copy = Sandbox(tmp_path / "copy")
        subprocess.run(["git", "clone", "-q", str(nested.path), str(copy.path)], check=True)
        with pytest.raises(submodules.NotHereError, match="a submodule") as caught:
            copy.opened.read("HEAD", "vendor/prompts/triage.md")
        assert (caught.value.place, caught.value.path) == ("vendor", "vendor")
        assert "git submodule update --init" in str(caught.value)

    @pytest.mark.parametrize("name", ["../../../secret", "/etc", "..", "a/../../../secret/.git"])
    def test_no_name_of_one_leads_out_of_the_clone(self, nested: Sandbox, tmp_path: Path, name: str) -> None:
        secret = new_repo(tmp_path / "secret")
        (nested.path / ".git/modules/shared").rename(tmp_path / "away")
        (nested.path / "vendor/.git").unlink()
        nested.write(".gitmodules", f'[submodule "{name}"]\n\tpath = vendor\n\turl = x\n'.encode())
        nested.git("update-index", "--cacheinfo", f"160000,{secret.git('rev-parse', 'HEAD')},vendor")
        nested.git("add", ".gitmodules")
        nested.git("commit", "-q", "-m", "Hostile")
        with pytest.raises(submodules.NotHereError):
            nested.opened.read("HEAD", "vendor/prompts/triage.md")


def test_a_partial_clone_fetches_what_it_lacks(repo: Sandbox, tmp_path: Path) -> None:
    repo.git("config", "uploadpack.allowFilter", "true")
    repo.git("config", "uploadpack.allowAnySHA1InWant", "true")
    repo.commit("Second", prompts__triage_DOT_md=b"Second.\n")
    part = tmp_path / "part"
    told = ["git", "clone", "-q", "--filter=blob:none", f"file://{repo.path}", str(part)]
    subprocess.run(told, check=True, capture_output=True)
    assert Repository.open(part).read("HEAD~1", "prompts/triage.md") == b"Classify.\n"


def test_what_a_partial_clone_cannot_fetch_is_an_error_and_not_a_missing_file(repo: Sandbox, tmp_path: Path) -> None:
    repo.git("config", "uploadpack.allowFilter", "true")
    part = tmp_path / "part"
    told = ["git", "clone", "-q", "--no-checkout", "--filter=blob:none", f"file://{repo.path}", str(part)]
    subprocess.run(told, check=True, capture_output=True)
    (repo.path / ".git").rename(repo.path / "gone")
    with pytest.raises(GitError, match=r"git cat-file|missing or broken"):
        Repository.open(part).read("HEAD", "prompts/triage.md")


def test_a_file_beyond_the_limit_is_refused_before_it_is_read(repo: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("promptci.gitrepo.objects.MAX_FILE", 9)
    assert repo.opened.read("HEAD", "evals/triage.jsonl") == b"{}\n"
    with pytest.raises(DataError, match="larger than"):
        repo.opened.read("HEAD", "prompts/triage.md")


LONG = b"".join(b"line %d of the prompt\n" % n for n in range(40))


class TestRenames:
    @pytest.fixture
    def moved(self, repo: Sandbox) -> Sandbox:
        repo.commit("Long", prompts__triage_DOT_md=LONG)
        return repo

    def test_none(self, moved: Sandbox) -> None:
        assert moved.opened.renames("HEAD") == {}
        assert moved.opened.renames("HEAD~1", "HEAD") == {}

    def test_between_commits_with_an_edit(self, moved: Sandbox) -> None:
        moved.git("mv", "prompts/triage.md", "prompts/router.md")
        moved.commit("Move", prompts__router_DOT_md=b"BROKEN\n" + LONG)
        assert moved.opened.renames("HEAD~1", "HEAD") == {"prompts/router.md": "prompts/triage.md"}
        assert moved.opened.renames("HEAD~1") == {"prompts/router.md": "prompts/triage.md"}

    @pytest.mark.parametrize("how", ["staged", "moved by hand", "moved, edited, half staged"])
    def test_in_the_working_tree(self, moved: Sandbox, how: str) -> None:
        if how == "staged":
            moved.git("mv", "prompts/triage.md", "prompts/router.md")
        else:
            (moved.path / "prompts/triage.md").rename(moved.path / "prompts/router.md")
        if "edited" in how:
            moved.git("rm", "-q", "--cached", "prompts/triage.md")
            moved.write("prompts/router.md", LONG + b"more\n")
        index = (moved.path / ".git/index").read_bytes()
        objects = {p for p in (moved.path / ".git/objects").rglob("*") if p.is_file()}
        assert moved.opened.renames("HEAD") == {"prompts/router.md": "prompts/triage.md"}
        assert (moved.path / ".git/index").read_bytes() == index
        assert {p for p in (moved.path / ".git/objects").rglob("*") if p.is_file()} <= objects | {
            moved.path / ".git/objects/e6/9de29bb2d1d6434b8b29ae775ad8c2e48c5391"  # the empty blob, git's own mark
        }

    def test_a_copy_or_another_text_is_no_rename(self, moved: Sandbox) -> None:
        moved.write("prompts/copy.md", LONG)
        assert moved.opened.renames("HEAD") == {}
        (moved.path / "prompts/triage.md").unlink()
        moved.write("prompts/copy.md", b"something else\n" * 40)
        assert moved.opened.renames("HEAD") == {}

    def test_settings_and_odd_names_do_not_bend_it(self, moved: Sandbox) -> None:
        for setting in ("diff.renames=false", "diff.relative=true", "color.ui=always", "diff.renameLimit=1"):
            moved.git("config", *setting.split("="))
        (moved.path / "prompts/triage.md").rename(moved.path / "-x\n:(top)ü.md")
        opened = Repository.open(moved.path / "evals")
        assert opened.renames("HEAD") == {"-x\n:(top)ü.md": "prompts/triage.md"}


class TestHistory:
    def test_commits_that_touched_a_file_since_another(self, repo: Sandbox) -> None:
        first = repo.git("rev-parse", "HEAD")
        second = repo.commit("Zwei: größer", prompts__triage_DOT_md=b"2\n")
        repo.commit("Elsewhere", other=b"x")
        third = repo.commit("Three", prompts__triage_DOT_md=b"3\n")
        found = repo.opened.history(["prompts/triage.md"], first)
        assert [(c.id, c.subject, c.author) for c in found] == [
            (third, "Three", "ada@example.com"),
            (second, "Zwei: größer", "ada@example.com"),
        ]
        assert len(repo.opened.history(["prompts/triage.md"])) == 3
        assert repo.opened.history(["-x", "nope.md"]) == []
        assert a_month(found) == {"2025-10": 2}

    def test_none_in_an_empty_repository(self, tmp_path: Path) -> None:
        subprocess.run(["git", "init", "-q", str(tmp_path / "empty")], check=True)
        assert Repository.open(tmp_path / "empty").history(["a"]) == []
        assert a_month([]) == {}

    def test_trailers_are_found_with_their_commits(self, repo: Sandbox) -> None:
        base = repo.git("rev-parse", "HEAD")
        first = repo.commit("One\n\nText.\n\nPromptci-Accept: triage\nPromptci-accept: two\n words\nOther: x")
        repo.commit("Two\n\nPromptci-Accept: not at the end\n\nmore text")
        repo.commit("Promptci-Accept: a subject")
        found = repo.opened.trailers(base, "HEAD", "Promptci-Accept")
        assert found == [(first, "triage"), (first, "two words")]
        for key in ("", "a b", "x,valueonly=false", "a\n", "%H"):
            with pytest.raises(ValueError, match="a trailer's key"):
                repo.opened.trailers(base, "HEAD", key)
