"""Patterns of prompt files: which files they stand for, what each prompt is called, and which eval set it has."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptci.commands.check import check
from promptci.config import expanded, matches, parse
from promptci.errors import ConfigError
from tests.conftest import START, Repo, cases

ALL = "prompts:\n  - file: prompts/*.md\n    cases: evals/{name}.jsonl\n    gate: {min_score: 0.8}\n"


def found(text: str, files: Sequence[str]) -> list[tuple[str, str, str]]:
    return [(p.id, p.file, p.cases) for p in expanded(parse(text), files).prompts]


@pytest.mark.parametrize(
    ("pattern", "path", "fits"),
    [
        ("prompts/*.md", "prompts/a.md", True),
        ("prompts/*.md", "prompts/a.b.md", True),
        ("prompts/*.md", "prompts/b/a.md", False),
        ("prompts/*.md", "prompts/.a.md", False),
        ("prompts/*.md", "prompts/a.md.bak", False),
        ("prompts/?.md", "prompts/ab.md", False),
        ("**/*.md", "a.md", True),
        ("**/*.md", "a/b/c.md", True),
        ("**/*.md", "a/.git/c.md", False),
        ("a/**/b.md", "a/b.md", True),
        ("a/**/b.md", "a/x/y/b.md", True),
        (".p/*.md", ".p/a.md", True),
        ("a+(b)/*.md", "a+(b)/c.md", True),
        ("a.d/*", "abd/c", False),
    ],
)
def test_a_pattern_is_a_shell_s(pattern: str, path: str, fits: bool) -> None:
    assert matches(pattern, path) is fits


def test_each_file_is_a_prompt_with_its_own_eval_set_and_the_pattern_s_gate() -> None:
    assert found(ALL, ["prompts/b.md", "prompts/a.md", "README.md"]) == [
        ("a", "prompts/a.md", "evals/a.jsonl"),
        ("b", "prompts/b.md", "evals/b.jsonl"),
    ]
    assert all(p.gate.min_score == 0.8 for p in expanded(parse(ALL), ["prompts/a.md"]).prompts)


def test_where_names_collide_the_id_is_the_path() -> None:
    text = ALL.replace("prompts/*.md", "'**/*.md'")
    assert [i for i, _, _ in found(text, ["x/a.md", "y/a.md", "y/b.md"])] == ["x/a", "y/a", "b"]


def test_a_file_with_an_entry_of_its_own_is_not_found_again() -> None:
    text = ALL + "  - file: prompts/a.md\n    id: mine\n    cases: c.jsonl\n"
    assert [i for i, _, _ in found(text, ["prompts/a.md", "prompts/b.md"])] == ["b", "mine"]


@pytest.mark.parametrize(
    ("files", "said"),
    [
        pytest.param(["prompts/my prompt.md"], "no id can be made of the file 'prompts/my prompt.md'", id="no-id"),
        pytest.param(["prompts/a.md", "prompts/a.txt.md"], "two prompts are called 'prompts/a'", id="two-endings"),
    ],
)
def test_files_that_cannot_be_told_apart_are_refused(files: list[str], said: str) -> None:
    with pytest.raises(ConfigError, match=said) as caught:
        expanded(parse(ALL), files)
    assert "entry of its own" in str(caught.value.hint)


def test_ids_that_cannot_both_be_branches_are_refused() -> None:
    text = ALL.replace("prompts/*.md", "'**/*.md'")
    with pytest.raises(ConfigError, match="the prompts 'x' and 'x/a' cannot both have a branch"):
        expanded(parse(text), ["x.md", "x/a.md", "y/a.md"])


def test_a_new_file_is_a_new_prompt_and_a_changed_one_is_compared(repo: Repo) -> None:
    settings = (repo.path / "promptci.yaml").read_text()
    one = "  - {id: say, file: prompts/say.md, cases: evals/say.jsonl}"
    repo.write("promptci.yaml", settings.replace(one, "  - {file: prompts/*.md, cases: 'evals/{name}.jsonl'}"))
    repo.commit("Test every prompt", push=True)
    repo.write("prompts/say.md", START.replace("Say", "Speak") + "\n")
    repo.write("prompts/hear.md", START + "\n")
    repo.write("evals/hear.jsonl", cases(20))
    told = {p.id: p.why for p in check(repo.options(), base="HEAD").prompts}
    assert told == {"hear": ("new prompt",), "say": ("prompt text",)}


def test_a_pattern_that_stands_for_no_file_is_refused(repo: Repo) -> None:
    repo.write("promptci.yaml", "prompts:\n  - {file: promts/*.md, cases: e.jsonl}\n")
    with pytest.raises(ConfigError, match=r"'promts/\*\.md' stands for no file"):
        check(repo.options(), base="HEAD")


TWO = "prompts:\n  - {file: 'a/*.md', cases: 'e/{name}.jsonl'}\n  - {file: '**/*.md', cases: f.jsonl}\n"


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (["a/x.md", "b/y.md"], [("x", "a/x.md", "e/x.jsonl"), ("y", "b/y.md", "f.jsonl")]),
        (["b/x.md", "a/x.md"], [("a/x", "a/x.md", "e/x.jsonl"), ("b/x", "b/x.md", "f.jsonl")]),
        (["b/y.md"], [("y", "b/y.md", "f.jsonl")]),
        (["a/x.txt"], []),
    ],
    ids=["one-each", "equal-names", "the-second-alone", "none"],
)
def test_several_patterns_share_the_files_and_the_first_takes_what_both_stand_for(
    files: list[str], expected: list[tuple[str, str, str]]
) -> None:
    assert found(TWO, files) == expected


@pytest.mark.parametrize(
    "odd",
    ["x.lock/a.md", "x.LOCK/a.md", "x/.y/a.md", f"{'d' * 99}/a.md", "x y/a.md", "\u00e9/a.md"],
    ids=["lock", "lock-in-capitals", "dot", "long", "blank", "letter"],
)
def test_a_directory_that_no_branch_can_be_called_after_needs_an_entry_of_its_own(odd: str) -> None:
    text = "prompts:\n  - {file: '**/*.md', cases: e}\n  - {file: 'x/.y/*.md', cases: e}\n"
    with pytest.raises(ConfigError, match="no id can be made of the file") as caught:
        expanded(parse(text), [odd, "b/a.md"])
    assert repr(odd) in caught.value.problem
    own = f"{text}  - {{file: '{odd}', cases: e, id: own}}\n"
    assert [i for i, _, _ in found(own, [odd, "b/a.md"])] == ["a", "own"]


def test_a_name_that_is_too_long_for_an_id_is_refused_however_it_is_found() -> None:
    assert [i for i, _, _ in found(TWO, [f"a/{'n' * 100}.md"])] == ["n" * 100]
    with pytest.raises(ConfigError, match="no id can be made of the file"):
        expanded(parse(TWO), [f"a/{'n' * 101}.md"])


@pytest.mark.parametrize(
    ("pattern", "path", "fits"),
    [
        ("a/**", "a/x/y", True),
        ("a/**", "a/.x", False),
        ("**", ".a", False),
        ("**/.a/*", "x/.a/b", True),
        ("**/a/**/b", "x/a/y/a/z/b", True),
        ("**/a/**/b", "x/b", False),
        ("*a*b*", "xaxxbx", True),
        ("*a*b*", "xbxxax", False),
        ("*ab", "aab", True),
        ("a?b*", "a/b", False),
        ("a?b*", "a\nb", True),
        ("?", ".", False),
        ("*", "", True),
        ("a**b", "axyb", True),
        ("a[b]*", "ab", False),
        ("a[b]*", "a[b]c", True),
        ("\u00e9*", "\u00e9t\u00e9", True),
        ("A*", "ab", False),
    ],
)
def test_each_part_of_a_pattern_stands_for_one_name(pattern: str, path: str, fits: bool) -> None:
    assert matches(pattern, path) is fits


NAMES = st.lists(
    st.text("ab.", min_size=1, max_size=4).filter(lambda name: name.strip(".")), min_size=1, max_size=4
).map("/".join)


def fits_a_name(pattern: str, name: str) -> bool:
    """What a pattern means, by its definition: each star is every length that it could have."""
    if not pattern:
        return not name
    rests = range(len(name) + 1) if pattern[0] == "*" else [1] if name and pattern[0] in ("?", name[0]) else []
    return any(fits_a_name(pattern[1:], name[rest:]) for rest in rests)


@given(st.text("ab*?", min_size=1, max_size=7).filter(lambda p: "**" not in p), st.text("ab", max_size=7))
def test_stars_within_a_name_mean_what_their_definition_says(pattern: str, name: str) -> None:
    assert matches(pattern, name) is fits_a_name(pattern, name)


@given(NAMES)
def test_a_file_s_own_name_stands_for_it_and_so_do_stars_in_the_place_of_its_directories(path: str) -> None:
    assert matches(path, path)
    *above, _ = path.split("/")
    hidden = any(name.startswith(".") for name in above)
    assert matches(f"**/{path.rpartition('/')[2]}", path) is (not hidden)


def test_a_pattern_made_to_be_slow_is_not() -> None:
    """Each of these took longer than any job lasts: tried one place after the other for every star."""
    assert not matches("a*" * 120 + "b", "a" * 255)
    assert not matches("**/" * 100 + "x", "d/" * 500 + "y")
    assert matches("*a" * 120, "a" * 255)
