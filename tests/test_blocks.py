"""Every block of code in the documents is one that works, or says why it is not run."""

from __future__ import annotations

import ast
import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import click
import pytest
import yaml

from promptci.cli import entry
from promptci.cli.group import cli
from promptci.config import parse

ROOT = Path(__file__).parents[1]
FIRST = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "examples" / "README.md"]
PAGES = [*FIRST, *sorted((ROOT / "docs").rglob("*.md"))]
FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^\1```", re.DOTALL | re.MULTILINE)
# Not run here, each for its reason.
DATA = "a file of a user's repository; tests of its format read it"
NOT_RUN = {
    "markdown": DATA, "csv": DATA, "handlebars": DATA, "toml": DATA, "typescript": DATA, "mermaid": "a picture",
    "diff": "output", "text": "output or a picture", "": "output or a picture", "html": "output", "jinja": DATA,
    "j2": DATA, "bibtex": "a citation", "groovy": "a Jenkins pipeline",
    "javascript": "run by tests/targets/test_docs.py",
}  # fmt: skip
# Which test runs the programs that a page shows, and reads the files.
RUN_BY = {
    "CONTRIBUTING.md": "tests/test_contributing.py", "docs/augment.md": "tests/augment/test_docs.py",
    "docs/formats.md": "tests/prompts/test_docs.py", "docs/programs.md": "tests/targets/test_docs.py",
}  # fmt: skip
PROGRAMS = {"python", "javascript", "typescript", "handlebars", "toml", "csv", "jinja", "j2"}
INDENTED = re.compile(r"^ {4}((?:\S+ )*(?:python|make|pytest|promptci) .*)$", re.MULTILINE)


class Block(NamedTuple):
    """A fenced block of a page, with its line."""

    place: str
    language: str
    text: str


def blocks() -> Iterator[Block]:
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for found in FENCE.finditer(text):
            line = text.count("\n", 0, found.start()) + 1
            inside = re.sub(f"^{found[1]}", "", found[3], flags=re.MULTILINE)
            yield Block(f"{page.relative_to(ROOT)}:{line}", found[2], inside)


def typed(text: str) -> Iterator[list[str]]:
    """The commands of a shell block: in a console those behind `$`, else every line without its comment."""
    lines = text.splitlines()
    shown = [line[2:] for line in lines if line.startswith("$ ")] or lines
    yield from (words for line in shown if (words := shlex.split(line, comments=True)))


def refuse(words: list[str]) -> None:
    """Raise for a command line that promptci or make does not know."""
    if words[0] == "make":
        targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
        assert set(words[1:2]) <= set(targets)
    if words[0] == "python" and words[1].endswith(".py"):
        source = (ROOT / words[1]).read_text(encoding="utf-8")
        assert all(f'"{word}"' in source for word in words[2:] if word.startswith("--")), words
    if words[0] == "pytest":
        assert all((ROOT / word).exists() for word in words[1:] if word.startswith("tests/")), words
    if words[0] != "promptci":
        return
    command: click.Command = cli
    rest = words[1:]
    while isinstance(command, click.Group) and rest and rest[0] in command.commands:
        command, rest = command.commands[rest[0]], rest[1:]
    assert not isinstance(command, click.Group) or not rest or rest[0].startswith("-"), words
    command.make_parser(click.Context(command)).parse_args(rest)  # raises for an option that is not there


@pytest.mark.parametrize("block", list(blocks()), ids=lambda block: block.place)
def test_a_block_works(block: Block) -> None:
    assert entry.COMMANDS
    if block.language == "python":
        ast.parse(block.text)
    elif block.language == "json":
        try:
            json.loads(block.text)
        except ValueError:
            assert [json.loads(line) for line in block.text.splitlines() if line]
    elif block.language == "yaml":
        value = yaml.safe_load(block.text)
        if isinstance(value, dict) and isinstance(value.get("prompts"), list) and "providers" not in value:
            parse(block.text.replace("YOUR-MODEL", "my-model"))
    elif block.language in ("sh", "console"):
        for words in typed(block.text):
            refuse(words)
    else:
        assert NOT_RUN[block.language]


@pytest.mark.parametrize("page", sorted({b.place.split(":")[0] for b in blocks() if b.language in PROGRAMS}))
def test_the_programs_of_a_page_are_run_by_a_test_that_reads_the_page(page: str) -> None:
    assert Path(page).name in (ROOT / RUN_BY[page]).read_text(encoding="utf-8")


def indented() -> Iterator[tuple[str, str]]:
    """Each command that stands indented, with its page: they measure for minutes to hours, so no test runs them."""
    for page in PAGES:
        for found in INDENTED.finditer(FENCE.sub("", page.read_text(encoding="utf-8"))):
            yield page.name, found[1].strip()


@pytest.mark.parametrize(("page", "line"), sorted(set(indented())))
def test_a_command_that_measures_has_its_file_and_options(page: str, line: str) -> None:
    words = shlex.split(line.replace("[", " ").replace("]", " "), comments=True)
    at = next(n for n, word in enumerate(words) if word in ("python", "make", "pytest", "promptci"))
    refuse(words[at:])


SPANS = [
    (page.name, span)
    for page in PAGES
    for span in re.findall(r"`(promptci [^`]+)`", FENCE.sub("", page.read_text(encoding="utf-8")))
    if not re.search(r"[\[\]|<>.]{1}|\.\.\.|[A-Z]{2}", span)
]


@pytest.mark.parametrize(("page", "span"), sorted(set(SPANS)), ids=" ".join)
def test_a_command_in_a_sentence_is_one_that_is_there(page: str, span: str) -> None:
    refuse(shlex.split(span))


def test_a_command_that_is_not_there_is_noticed() -> None:
    with pytest.raises(click.NoSuchOption):
        refuse(["promptci", "check", "--nothing"])
    with pytest.raises(AssertionError):
        refuse(["promptci", "nothing"])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_conflict_was_committed(page: Path) -> None:
    assert not re.search(r"^(<{7}|>{7}) ", page.read_text(encoding="utf-8"), re.MULTILINE)
