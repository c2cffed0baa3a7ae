"""A marked region: it alone is rewritten, the rest of the message is sent with it, the marks are not."""

from __future__ import annotations

import pytest

from promptci.core import Case
from promptci.errors import DataError
from promptci.prompts import read_prompt, write_prompt
from promptci.prompts.conversation import compile_prompt

TEXT = "Policy: {{ policy }}\n\n<!-- promptci:rewrite -->\nAnswer.\n<!-- promptci:end -->\n\nQ: {{ q }}\n"
YML = """\
messages:
  - role: system
    content: |
      Always.
      # promptci:rewrite
      Answer.
      # promptci:end
      Never.
  - {role: user, content: '{{q}}'}
"""
CASE = Case("c", {"policy": "P", "q": "x"})


@pytest.mark.parametrize("newline", ["\n", "\r\n"], ids=["lf", "crlf"])
def test_only_the_region_is_rewritten(newline: str) -> None:
    content = TEXT.replace("\n", newline).encode()
    prompt = read_prompt("p", "p.md", content, rewrite="region")
    assert (prompt.template, prompt.first_line) == ("Answer.", 4)
    assert compile_prompt(prompt).messages(CASE)[0].content == "Policy: P\n\nAnswer.\n\nQ: x"
    assert write_prompt("p.md", content, "Answer.") == content
    assert write_prompt("p.md", content, "Be\nkind.") == content.replace(b"Answer.", f"Be{newline}kind.".encode())


def test_a_region_of_a_message_in_a_block() -> None:
    prompt = read_prompt("p", "p.prompt.yml", YML.encode())
    assert prompt.template == "Answer."
    assert compile_prompt(prompt).messages(CASE)[0].content == "Always.\nAnswer.\nNever.\n"
    written = write_prompt("p.prompt.yml", YML.encode(), "Be\nkind.").decode()
    assert written == YML.replace("Answer.", "Be\n      kind.")
    assert read_prompt("p", "p.prompt.yml", YML.encode(), rewrite="user").template == "{{q}}"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("a\n# promptci:rewrite\nb\n", "never closed", id="open"),
        pytest.param("# promptci:rewrite\n \n# promptci:end\n", "the marked region is empty", id="empty"),
        pytest.param(TEXT + TEXT, "one region can be marked", id="two"),
        pytest.param("Answer.", "no region of the prompt is marked", id="none"),
    ],
)
def test_a_bad_mark_is_refused(text: str, said: str) -> None:
    with pytest.raises(DataError, match=said):
        read_prompt("p", "p.md", text.encode(), rewrite="region")
