"""A Python function as the program."""

from __future__ import annotations

import sys

import pytest

from promptci.core import Case, Part, Prompt
from promptci.models.base import ModelSpec, Reply, Request
from promptci.models.budget import Budget, Limits
from promptci.models.door import Door
from promptci.targets.model import CaseLines, spec_of
from promptci.targets.program import Program, command_of

APP = """\
print("loading")

def some(ticket, tone="calm"):
    print("working")
    if ticket == "bad":
        raise LookupError("no such ticket")
    return ticket if ticket != "json" else {"tone": tone}

def every(**given):
    return sorted(given)
"""


@pytest.mark.parametrize(
    ("run", "command"),
    [
        pytest.param(["app.one:go"], ("python", "-m", "promptci.target", "app.one:go"), id="function"),
        pytest.param(["python", "app:go"], ("python", "app:go"), id="two-words"),
        pytest.param(["./app:go"], ("./app:go",), id="file"),
        pytest.param(["C:\\app"], ("C:\\app",), id="drive"),
        pytest.param(["app"], ("app",), id="command"),
    ],
)
def test_one_word_with_a_module_and_a_function_is_a_function(run: list[str], command: tuple[str, ...]) -> None:
    assert command_of(run) == command


def asked(name: str, *rows: dict[str, str]) -> list[Reply]:
    command = (sys.executable, *command_of([f"app.mine:{name}"])[1:])
    spec = spec_of(Program(command, {"app/mine.py": APP.encode()}), ModelSpec("offline"))
    lines = CaseLines(Prompt("p", "p.md", (Part("system", "text"),)))
    with Door(budget=Budget(Limits()), concurrency=4) as door:
        return door.ask_all([Request(spec, "scorer", lines.messages(Case(f"c{n}", r))) for n, r in enumerate(rows)])


def test_it_gets_the_variables_that_it_has_parameters_for() -> None:
    plain, other, bad, missing = asked(
        "some",
        {"ticket": "a", "unknown": "x"},
        {"ticket": "json", "tone": "warm"},
        {"ticket": "bad"},
        {"other": "a"},
    )
    assert (plain.text, other.text) == ("a", '{"tone": "warm"}')
    assert bad.failure is not None
    assert bad.failure.detail == "the program says: LookupError: no such ticket"
    assert missing.failure is not None
    assert "missing 1 required positional argument: 'ticket'" in missing.failure.detail


def test_a_function_that_takes_any_gets_all() -> None:
    (reply,) = asked("every", {"b": "1", "a": "2"})
    assert reply.text == '["a", "b"]'
