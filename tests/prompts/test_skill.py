"""Skills and files for agents."""

from __future__ import annotations

import pytest

from promptci.core import Case
from promptci.errors import DataError
from promptci.prompts import read_prompt, write_prompt
from promptci.prompts.conversation import compile_prompt

PATH = "skills/refunds/SKILL.md"
HEAD = "---\nname: refunds\ndescription: {}  # kept\nlicense: MIT\n---\n"
BODY = "\n# Refunds\n\nAsk for the {{ order }} first.\n"
TEXT = HEAD.format("Use it for refunds.") + BODY


def test_the_body_is_sent_as_it_is() -> None:
    prompt = read_prompt("p", PATH, TEXT.encode())
    first, second = compile_prompt(prompt).messages(Case("c", {"input": "hello"}))
    assert (first.role, first.content) == ("system", "# Refunds\n\nAsk for the {{ order }} first.")
    assert (second.role, second.content) == ("user", "hello")


@pytest.mark.parametrize("new", ["Use it.", "Use: it", "two\nlines", '"quoted" # all'])
@pytest.mark.parametrize("path", [PATH, PATH + "::description"], ids=["body", "description"])
def test_a_new_text_changes_nothing_else(path: str, new: str) -> None:
    content = TEXT.encode()
    assert write_prompt(path, content, read_prompt("p", path, content).template) == content
    written = write_prompt(path, content, new).decode()
    assert read_prompt("p", path, written.encode()).template == new
    kept = HEAD.split("{}")[1].removeprefix("  # kept\n") if path.endswith("description") else HEAD.split("{}")[0]
    assert kept in written
    assert ("# Refunds" in written) == path.endswith("description")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        pytest.param("name: refunds\n", "", "SKILL.md:2: a skill without 'name'", id="no-name"),
        pytest.param("name: refunds", "name: Refunds", "SKILL.md:2: 'Refunds' is no name", id="capital"),
        pytest.param("name: refunds", "name: re--funds", "is no name", id="two-hyphens"),
        pytest.param("name: refunds", f"name: {'a' * 65}", "is no name", id="long-name"),
        pytest.param("name: refunds", "name: other", "lies in the folder 'refunds'", id="other-folder"),
        pytest.param("Use it for refunds.", "x" * 1025, "1,025 characters", id="long-description"),
        pytest.param("license", "licence", "unknown key 'licence'", id="unknown-key"),
        pytest.param(BODY, "", "no body", id="no-body"),
    ],
)
def test_what_agents_would_refuse_is_refused(old: str, new: str, said: str) -> None:
    with pytest.raises(DataError, match=said):
        read_prompt("p", PATH, TEXT.replace(old, new).encode())


def test_a_description_that_is_too_long_is_never_written() -> None:
    with pytest.raises(DataError, match="cannot be written"):
        write_prompt(PATH + "::description", TEXT.encode(), "x" * 1025)


def test_braces_in_a_file_for_agents_are_text() -> None:
    prompt = read_prompt("p", "AGENTS.md", b"Run `echo ${{ x }}` {% first %}.\n")
    assert compile_prompt(prompt).messages(Case("c", {"input": "a"}))[0].content == "Run `echo ${{ x }}` {% first %}."


def test_a_tool_s_description_is_a_text_at_a_path() -> None:
    tools = b'[{"type": "function", "function": {"name": "look", "description": "Looks up."}}]'
    path = "tools.json::0.function.description"
    assert read_prompt("p", path, tools).template == "Looks up."
    assert write_prompt(path, tools, "Looks up orders.") == tools.replace(b"Looks up.", b"Looks up orders.")
