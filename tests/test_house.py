"""The house keeps its measure: short files and functions, a story without detours, no decision that reads prose."""

from __future__ import annotations

import ast
import re
import statistics
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import FrameType

import pytest

import promptci
from promptci.commands.check import check
from tests.conftest import Repo
from tests.mutations.seeds import SEEDS

HOUSE = Path(promptci.__file__).parent
FILES = sorted(HOUSE.rglob("*.py"))
STORY = ("commands", "improve", "measure", "run", "project")
TEXT_TESTS = frozenset(("startswith", "endswith", "find", "index", "count", "match", "search", "fullmatch"))
Function = ast.FunctionDef | ast.AsyncFunctionDef


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()


def functions() -> Iterator[tuple[Path, Function]]:
    for path in FILES:
        for node in ast.walk(tree(path)):
            if isinstance(node, Function):
                yield path, node


def test_the_middle_file_fits_on_two_screens_and_none_is_above_300_lines() -> None:
    sizes = {str(path.relative_to(HOUSE)): len(lines(path)) for path in FILES}
    assert statistics.median(sizes.values()) <= 100
    assert {name: size for name, size in sizes.items() if size > 300} == {}


def test_nine_functions_in_ten_have_20_lines_at_most_and_none_is_above_40() -> None:
    sizes = sorted((node.end_lineno or 0) - node.lineno + 1 for _, node in functions())
    assert sizes[int(0.9 * len(sizes))] <= 20
    assert sizes[-1] <= 40


def test_every_file_and_every_folder_says_what_it_is() -> None:
    assert [str(path) for path in FILES if ast.get_docstring(tree(path)) is None] == []


def test_nothing_is_left_to_be_done_in_a_comment() -> None:
    marks = ("TODO", "FIXME", "XXX", "HACK")
    left = [f"{path}:{n}" for path in FILES for n, line in enumerate(lines(path), 1) if any(m in line for m in marks)]
    assert left == []


def test_whoever_silences_a_check_says_why_beside_it() -> None:
    silences = re.compile(r"# (?:noqa|type: ignore|pragma)")
    told = re.compile(r"# (?:noqa: [A-Z0-9, ]+|type: ignore\[[a-z, -]+\]|pragma: [a-z ]+) +[-#] [^#]*\w{2}")
    ours = (p for room in ("promptci", "tests", "benchmarks", "examples") for p in (HOUSE.parent / room).rglob("*.py"))
    silent = [f"{p}:{n}" for p in ours for n, s in enumerate(lines(p), 1) if silences.search(s) and not told.search(s)]
    assert silent == []


def reads_a_reason(node: ast.expr) -> bool:
    """Whether the expression is the words of a reason: `reason.text`, `str(reason)`, `why`, an item of `reasons`."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "str" and node.args:
        return reads_a_reason(node.args[0])
    if isinstance(node, ast.Attribute):
        return node.attr in ("reason", "why", "problem") or (node.attr == "text" and reads_a_reason(node.value))
    if isinstance(node, ast.Subscript):
        return isinstance(node.value, ast.Attribute | ast.Name) and ast.unparse(node.value).endswith("reasons")
    return isinstance(node, ast.Name) and node.id in ("reason", "why")


def decides_on_prose(node: ast.AST) -> bool:
    """Whether the node asks what is written in a reason: a piece of it, or what it begins or ends with."""
    if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.In | ast.NotIn | ast.Eq | ast.NotEq):
        words = isinstance(node.left, ast.Constant) and isinstance(node.left.value, str)
        into = node.comparators[0]
        told = isinstance(into, ast.Constant) and isinstance(into.value, str) and bool(into.value)
        return (words and reads_a_reason(into)) or (told and reads_a_reason(node.left))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in TEXT_TESTS:
        return reads_a_reason(node.func.value) or any(reads_a_reason(a) for a in node.args)
    return False


@pytest.mark.parametrize(
    ("code", "is_prose"),
    [
        pytest.param('reason.startswith("budget")', True, id="begins-with"),
        pytest.param('str(reason).startswith("min_score: ")', True, id="begins-with-as-text"),
        pytest.param('"again" in report.reasons[0].text', True, id="a-piece-of-it"),
        pytest.param('failure.reason == "timed out"', True, id="is"),
        pytest.param('"do not belong" in problem.problem', True, id="a-piece-of-an-error"),
        pytest.param('reason.kind == "budget"', False, id="the-kind"),
        pytest.param('path.endswith(".py")', False, id="another-text"),
    ],
)
def test_the_search_for_prose_knows_it_when_it_sees_it(code: str, is_prose: bool) -> None:
    assert any(decides_on_prose(node) for node in ast.walk(ast.parse(code))) is is_prose


def test_nothing_decides_by_what_a_reason_says() -> None:
    found = [
        f"{p}:{n.lineno}" for p in FILES for n in ast.walk(tree(p)) if isinstance(n, ast.expr) and decides_on_prose(n)
    ]
    assert found == []


def test_the_story_of_a_check_seldom_goes_back_to_a_room_that_it_left(repo: Repo) -> None:
    """Counted: whenever a function is called for the first time by one of another room, the room that is entered.

    Rooms are the floors of a story: commands, improve, measure, run, project. Methods of a noun that was handed over do
    not count: the reader stays where they are. An entry into a room that was entered before is a return to it.
    """
    repo.model.score = lambda text, sample: "yes" if "word" in text or sum(map(ord, text)) % 3 else "no"
    repo.write("prompts/say.md", "Say it.\n\nInput: {{ input }}\n")
    entered: list[str] = []
    seen: set[object] = set()

    def room(frame: FrameType | None) -> str:
        path = Path(frame.f_code.co_filename) if frame else Path()
        inside = path.relative_to(HOUSE).parts[0] if path.is_relative_to(HOUSE) else ""
        return inside if inside in STORY else ""

    def watch(frame: FrameType, event: str, argument: object) -> None:
        code = frame.f_code
        if event != "call" or code in seen or "." in code.co_qualname or not (here := room(frame)):
            return
        seen.add(code)
        above = frame.f_back
        while above is not None and not room(above):
            above = above.f_back
        if room(above) != here:
            entered.append(here)

    sys.setprofile(watch)
    try:
        assert check(repo.options()).verdict == "fail"
    finally:
        sys.setprofile(None)
    assert entered[0] == "commands"
    assert set(entered) == set(STORY) - {"improve"}
    visits = [one for n, one in enumerate(entered) if n == 0 or entered[n - 1] != one]
    assert len(visits) - len(set(visits)) <= 10, visits


def test_every_planted_mistake_still_fits_its_file() -> None:
    """Else `make mutate` would plant nothing there, and nobody looks at it between releases."""
    loose = [(s.file, s.name) for s in SEEDS if (HOUSE / s.file).read_text(encoding="utf-8").count(s.right) != 1]
    assert loose == []
