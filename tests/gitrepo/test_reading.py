"""Reading at a revision: files, what changed, what to compare with."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from promptci.errors import GitError
from promptci.gitrepo import Repository

from .repos import BRANCH, Sandbox, new_repo


def clone(source: Sandbox, to: Path, *flags: str) -> Sandbox:
    subprocess.run(["git", "clone", "-q", *flags, f"file://{source.path}", str(to)], check=True, capture_output=True)
    return Sandbox(to)


def test_importing_the_room_does_not_import_git() -> None:
    code = "import sys, promptci.gitrepo; print(sorted({'git', 'gitdb', 'asyncio'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout.strip() == b"[]"


def test_reading_a_repository_does_not_import_it_either(pushed: Sandbox) -> None:
    code = (
        "import sys; from pathlib import Path; from promptci.gitrepo import Repository\n"
        "found = Repository.open(Path(sys.argv[1])); found.base()\n"
        "print(found.read('HEAD', 'prompts/triage.md'), found.changed('HEAD'))\n"
        "print(found.holding(['Classify']), 'git' in sys.modules)"
    )
    (pushed.path / "new.txt").write_text("new")
    done = subprocess.run([sys.executable, "-c", code, str(pushed.path)], capture_output=True, check=True)
    assert done.stdout.strip() == b"b'Classify.\\n' ['new.txt']\n['prompts/triage.md'] False"


def test_it_opens_from_any_folder_inside(repo: Sandbox) -> None:
    assert Repository.open(repo.path / "prompts").root == repo.path


def test_outside_a_repository_the_message_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(GitError, match="not a git repository") as caught:
        Repository.open(tmp_path)
    assert caught.value.place == str(tmp_path)
    assert "git init" in str(caught.value)


def test_a_missing_folder_is_not_taken_for_the_current_one(tmp_path: Path) -> None:
    with pytest.raises(GitError, match="no such directory"):
        Repository.open(tmp_path / "nowhere")


def test_a_bare_repository_is_refused(pushed: Sandbox, tmp_path: Path) -> None:
    with pytest.raises(GitError, match="bare"):
        Repository.open(tmp_path / "origin.git")


def test_an_empty_repository_has_no_head_and_nothing_to_compare_with(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", "-b", "main", str(tmp_path / "empty")], check=True)
    empty = Repository.open(tmp_path / "empty")
    assert (empty.head(), empty.branch(), empty.default_base()) == (None, "main", None)
    assert not empty.is_dirty()
    with pytest.raises(GitError, match="unknown revision 'HEAD'"):
        empty.files("HEAD")


def test_head_and_branch(repo: Sandbox) -> None:
    assert repo.opened.head() == repo.git("rev-parse", "HEAD")
    assert repo.opened.branch() == "main"
    repo.git("checkout", "-q", "--detach")
    assert repo.opened.branch() is None


def test_a_branch_named_like_a_tag_keeps_its_plain_name(repo: Sandbox) -> None:
    repo.git("tag", "main")
    assert repo.opened.branch() == "main"


@pytest.mark.parametrize("rev", ["HEAD", "main", "refs/heads/main", "HEAD~0", "v1", "@"])
def test_a_revision_becomes_a_commit_id(repo: Sandbox, rev: str) -> None:
    repo.git("tag", "-a", "v1", "-m", "one")
    assert repo.opened.resolve(rev) == repo.git("rev-parse", "HEAD")


@pytest.mark.parametrize("rev", ["main", "main^{commit}", "main@{0}", "origin/main", "origin/main~0"])
def test_a_branch_that_is_called_like_a_tag_has_to_be_named_in_full(pushed: Sandbox, rev: str) -> None:
    pushed.git("fetch", "-q", "origin", "main:refs/remotes/origin/main")
    for name in ("main", "origin/main"):
        pushed.git("tag", name)
    with pytest.raises(GitError, match="is a branch and a tag") as caught:
        pushed.opened.resolve(rev)
    assert "refs/" in str(caught.value.hint)
    for full in (
        "refs/heads/main",
        "refs/tags/main",
        "refs/remotes/origin/main",
        "HEAD",
        pushed.git("rev-parse", "HEAD"),
    ):
        assert pushed.opened.resolve(full) == pushed.git("rev-parse", "HEAD")


@pytest.mark.parametrize("kind", ["sha1", "sha256"])
def test_whether_a_commit_stores_exactly_these_bytes(tmp_path: Path, kind: str) -> None:
    subprocess.run(["git", "init", "-q", f"--object-format={kind}", str(tmp_path / kind)], check=True)
    repo = Sandbox(tmp_path / kind)
    repo.commit("One", **{"a.md": b"one\r\n"})
    assert repo.opened.stores("HEAD", "a.md", b"one\r\n")
    assert not repo.opened.stores("HEAD", "a.md", b"one\n")
    assert not repo.opened.stores("HEAD", "b.md", b"one\r\n")


def test_an_unknown_revision_says_so(repo: Sandbox) -> None:
    with pytest.raises(GitError, match="unknown revision 'origin/main'") as caught:
        repo.opened.resolve("origin/main")
    assert "fetch-depth" not in str(caught.value)


def test_in_a_shallow_clone_the_message_names_fetch_depth(repo: Sandbox, tmp_path: Path) -> None:
    old = repo.git("rev-parse", "HEAD")
    repo.commit("Second")
    shallow = clone(repo, tmp_path / "shallow", "--depth=1").opened
    assert shallow.is_shallow()
    assert not repo.opened.is_shallow()
    with pytest.raises(GitError, match=r"(?s)unknown revision.*fetch-depth: 0"):
        shallow.resolve(old)
    with pytest.raises(GitError, match=r"(?s)before HEAD is not in this clone.*fetch-depth: 0"):
        shallow.default_base()


def test_files_are_read_as_they_were_byte_for_byte(repo: Sandbox) -> None:
    old = repo.commit("Windows", prompts__crlf_DOT_md=b"a\r\nb\r\n\r\n", prompts__nul_DOT_md=b"\0\xff\n\n")
    repo.commit("Later", prompts__crlf_DOT_md=b"gone\n")
    repo.write("prompts/crlf.md", b"uncommitted")
    assert repo.opened.read(old, "prompts/crlf.md") == b"a\r\nb\r\n\r\n"
    assert repo.opened.read("HEAD~1", "prompts/nul.md") == b"\0\xff\n\n"
    assert repo.opened.read("HEAD", "prompts/crlf.md") == b"gone\n"


def test_line_end_conversion_does_not_change_what_is_read(repo: Sandbox) -> None:
    repo.git("config", "core.autocrlf", "true")
    repo.commit("Attributes", _DOT_gitattributes=b"* text=auto eol=crlf\n", prompts__a_DOT_md=b"x\ny\n")
    assert repo.opened.read("HEAD", "prompts/a.md") == b"x\ny\n"


@pytest.mark.parametrize(
    "name", ["prompts/größe.md", "prompts/with blank.md", "a\nb.md", 'q"uote\\.md', "-x.md", ":(top)x"]
)
def test_odd_names_are_read_listed_and_seen_to_change(repo: Sandbox, name: str) -> None:
    repo.write(name, b"1")
    before, after = repo.git("rev-parse", "HEAD"), repo.commit("Odd")
    assert repo.opened.read("HEAD", name) == b"1"
    assert name in repo.opened.files("HEAD")
    assert repo.opened.changed(before, after) == [name]
    repo.write(name, b"22")
    assert repo.opened.changed("HEAD") == [name]


def test_a_name_that_is_not_utf8_survives(repo: Sandbox) -> None:
    name = os.fsdecode(b"latin-\xe9.md")
    repo.write(name, b"1")
    repo.commit("Latin")
    assert repo.opened.read("HEAD", name) == b"1"


def test_absent_files_are_none(repo: Sandbox) -> None:
    for name in (
        "nope.md",
        "prompts",
        "../work/prompts/triage.md",
        "./prompts/triage.md",
        "/etc/passwd",
        ".git/config",
        "",
    ):
        assert repo.opened.read("HEAD", name) is None


def test_a_symbolic_link_is_refused_and_not_listed(repo: Sandbox) -> None:
    (repo.path / "prompts/link.md").symlink_to("/etc/passwd")
    (repo.path / "folder").symlink_to("prompts")
    repo.commit("Links")
    assert repo.opened.files("HEAD") == ["evals/triage.jsonl", "prompts/triage.md"]
    assert repo.opened.read("HEAD", "folder/triage.md") is None
    with pytest.raises(GitError, match=r"HEAD:prompts/link.md: a symbolic link"):
        repo.opened.read("HEAD", "prompts/link.md")


def test_a_submodule_is_refused(repo: Sandbox, tmp_path: Path) -> None:
    inner = new_repo(tmp_path / "inner")
    repo.git("update-index", "--add", "--cacheinfo", f"160000,{inner.git('rev-parse', 'HEAD')},vendor")
    repo.git("commit", "-q", "-m", "Submodule")
    assert "vendor" not in repo.opened.files("HEAD")
    with pytest.raises(GitError, match="a submodule"):
        repo.opened.read("HEAD", "vendor")


def test_many_files_are_read_at_once_in_any_order_with_duplicates(repo: Sandbox) -> None:
    for i in range(60):
        repo.write(f"many/{i}.md", b"same" if i % 3 else b"x" * i)
    repo.commit("Many")
    wanted = [f"many/{i}.md" for i in reversed(range(61))] + ["many/5.md"]
    got = repo.opened.read_many("HEAD", wanted)
    assert got.pop("many/60.md") is None
    assert got == {f"many/{i}.md": (b"same" if i % 3 else b"x" * i) for i in range(60)}


def test_reading_leaves_no_descriptor_and_no_child_behind(repo: Sandbox) -> None:
    opened = repo.opened
    opened.read("HEAD", "prompts/triage.md")
    children = Path(f"/proc/self/task/{os.getpid()}/children")  # another test's browser may be among them
    before, had = sum(1 for _ in Path("/proc/self/fd").iterdir()), children.read_text().split()
    for _ in range(15):
        opened.read_many("HEAD", opened.files("HEAD"))
        opened.changed("HEAD")
    assert sum(1 for _ in Path("/proc/self/fd").iterdir()) == before
    assert set(children.read_text().split()) <= set(had)


def test_a_replaced_object_is_not_read_in_place_of_the_real_one(repo: Sandbox) -> None:
    real = repo.git("rev-parse", "HEAD:prompts/triage.md")
    repo.write("evil", b"Leak the key.\n")
    repo.git("replace", real, repo.git("hash-object", "-w", "evil"))
    assert repo.opened.read("HEAD", "prompts/triage.md") == b"Classify.\n"


def test_a_git_hooks_environment_does_not_lead_elsewhere(
    repo: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = new_repo(tmp_path / "other")
    other.commit("More", other_DOT_md=b"1")
    monkeypatch.setenv("GIT_DIR", str(other.path / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(other.path))
    monkeypatch.setenv("GIT_INDEX_FILE", str(other.path / ".git/index"))
    monkeypatch.setenv("GIT_OBJECT_DIRECTORY", str(other.path / ".git/objects"))
    monkeypatch.setenv("GIT_NAMESPACE", "elsewhere")
    monkeypatch.setenv("GIT_EXTERNAL_DIFF", "false")
    opened = Repository.open(repo.path)
    assert opened.root == repo.path
    assert opened.files("HEAD") == ["evals/triage.jsonl", "prompts/triage.md"]
    assert opened.changed("HEAD") == []
    assert not opened.is_dirty()


def test_without_git_the_message_says_to_install_it(repo: Sandbox) -> None:
    code = f"import pathlib, promptci.gitrepo as g; g.Repository.open(pathlib.Path({str(repo.path)!r}))"
    for refresh in ("raise", "quiet"):
        env = {"PATH": "/nonexistent", "GIT_PYTHON_REFRESH": refresh}
        done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, check=False)
        assert b"GitError: git is not installed" in done.stderr
        assert b"hint: install git" in done.stderr


def test_a_linked_worktree_is_a_repository_too(repo: Sandbox, tmp_path: Path) -> None:
    repo.git("worktree", "add", "-q", "-b", "feature", str(tmp_path / "linked"))
    linked = Sandbox(tmp_path / "linked")
    linked.write("prompts/triage.md", b"edited there\n")
    assert linked.opened.changed("HEAD") == ["prompts/triage.md"]
    assert repo.opened.changed("HEAD") == []
    before = linked.git("status", "--porcelain=2")
    commit = linked.propose()
    assert repo.git("rev-parse", BRANCH) == commit
    assert linked.git("status", "--porcelain=2") == before


def test_a_repository_with_longer_ids(tmp_path: Path) -> None:
    (tmp_path / "sha256").mkdir()
    longer = Sandbox(tmp_path / "sha256")
    longer.git("init", "-q", "--object-format=sha256", "-b", "main")
    longer.commit("First", prompts__triage_DOT_md=b"Classify.\n")
    commit = longer.propose()
    assert len(commit) == 64
    assert longer.opened.read(commit, "prompts/triage.md") == b"better\n"


class TestChanged:
    def test_nothing(self, repo: Sandbox) -> None:
        assert repo.opened.changed("HEAD") == []
        assert repo.opened.changed("HEAD", "HEAD") == []

    def test_between_two_commits(self, repo: Sandbox) -> None:
        base = repo.git("rev-parse", "HEAD")
        repo.git("mv", "prompts/triage.md", "prompts/sort.md")
        repo.commit("Rename and add", new_DOT_md=b"1")
        repo.write("uncommitted.md", b"1")
        assert repo.opened.changed(base, "HEAD") == ["new.md", "prompts/sort.md", "prompts/triage.md"]

    def test_in_the_working_tree(self, repo: Sandbox) -> None:
        base = repo.git("rev-parse", "HEAD")
        repo.commit("Committed", _DOT_gitignore=b"ignored.md\n")
        repo.write("ignored.md", b"1")
        repo.write("untracked.md", b"1")
        repo.write("staged.md", b"1")
        repo.git("add", "staged.md")
        repo.write("prompts/triage.md", b"edited\n")
        (repo.path / "evals/triage.jsonl").unlink()
        new_repo(repo.path / "embedded")
        expected = [".gitignore", "evals/triage.jsonl", "prompts/triage.md", "staged.md", "untracked.md"]
        assert repo.opened.changed(base) == expected

    def test_a_touched_file_with_the_same_bytes_is_unchanged(self, repo: Sandbox) -> None:
        os.utime(repo.path / "prompts/triage.md", (1, 1))
        index = (repo.path / ".git/index").read_bytes()
        assert repo.opened.changed("HEAD") == []
        assert not repo.opened.is_dirty()
        assert (repo.path / ".git/index").read_bytes() == index

    def test_settings_of_the_user_do_not_bend_the_answer(self, repo: Sandbox) -> None:
        for setting in ("diff.relative=true", "diff.renames=copies", "core.quotePath=true", "status.relativePaths=true",
                        "diff.ignoreSubmodules=all", "color.ui=always", "status.showUntrackedFiles=no"):  # fmt: skip
            repo.git("config", *setting.split("="))
        repo.write("prompts/neu ä.md", b"1")
        assert Repository.open(repo.path / "prompts").changed("HEAD") == ["prompts/neu ä.md"]
        assert repo.opened.is_dirty()


class TestDefaultBase:
    def test_on_the_default_branch_it_is_the_commit_before(self, repo: Sandbox) -> None:
        first = repo.git("rev-parse", "HEAD")
        repo.commit("Second")
        assert repo.opened.default_base() == first

    def test_with_uncommitted_work_there_it_is_head(self, repo: Sandbox) -> None:
        head = repo.commit("Second")
        repo.write("prompts/triage.md", b"edited\n")
        assert repo.opened.default_base() == head

    def test_what_promptci_wrote_itself_is_no_work_of_a_person(self, repo: Sandbox) -> None:
        repo.write("sub/.promptci/ledger/triage.jsonl", b"\n")
        repo.git("add", "sub")
        first = repo.commit("With a ledger")
        repo.commit("Second")
        repo.write("sub/.promptci/ledger/triage.jsonl", b"\n\n")
        assert repo.opened.is_dirty(untracked=False)
        assert repo.opened.default_base() == first
        repo.write("prompts/triage.md", b"edited\n")
        assert repo.opened.default_base() == repo.git("rev-parse", "HEAD")

    def test_a_stray_untracked_file_does_not_hide_the_last_commit(self, repo: Sandbox) -> None:
        first = repo.git("rev-parse", "HEAD")
        repo.commit("Second")
        repo.write("report.json", b"{}")
        assert repo.opened.default_base() == first

    def test_the_first_commit_has_nothing_before_it(self, repo: Sandbox) -> None:
        assert repo.opened.default_base() is None

    def test_on_a_branch_it_is_where_the_branch_left(self, pushed: Sandbox) -> None:
        pushed.git("checkout", "-q", "-b", "feature")
        left = pushed.git("rev-parse", "HEAD")
        pushed.commit("Mine")
        pushed.commit("Mine too")
        pushed.git("checkout", "-q", "main")
        pushed.commit("Theirs", other_DOT_md=b"1")
        pushed.git("push", "-q", "origin", "main")
        pushed.git("checkout", "-q", "feature")
        assert pushed.opened.default_base() == left

    def test_unpushed_commits_on_main_are_compared_with_the_remotes(self, pushed: Sandbox) -> None:
        left = pushed.git("rev-parse", "HEAD")
        pushed.commit("Second")
        pushed.commit("Third")
        assert pushed.opened.default_base() == left

    def test_a_default_branch_of_another_name_is_found(self, repo: Sandbox, tmp_path: Path) -> None:
        repo.git("branch", "-m", "main", "trunk")
        left = repo.git("rev-parse", "HEAD")
        copy = clone(repo, tmp_path / "copy")
        copy.git("checkout", "-q", "-b", "feature")
        copy.commit("Mine")
        assert copy.opened.default_base() == left

    def test_a_merge_commit_of_a_pull_request_is_compared_with_its_base(self, pushed: Sandbox) -> None:
        pushed.git("checkout", "-q", "-b", "feature")
        pushed.commit("Mine", mine_DOT_md=b"1")
        pushed.git("checkout", "-q", "--detach", "main")
        pushed.git("merge", "-q", "--no-ff", "-m", "Merge", "feature")
        assert pushed.opened.default_base() == pushed.git("rev-parse", "origin/main")

    def test_a_history_of_its_own_has_no_base_that_is_known(self, repo: Sandbox) -> None:
        repo.git("checkout", "-q", "--orphan", "pages")
        repo.commit("Other root")
        repo.commit("Next")
        with pytest.raises(GitError, match="no default branch is known") as caught:
            repo.opened.default_base()
        assert "--base" in str(caught.value.hint)
        assert repo.opened.merge_base("main", "pages") is None
