"""docs/formats.md: every file that it shows is read, filled with a case, and written back."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from promptci.core import Case
from promptci.evals import read_cases
from promptci.prompts import read_prompt, write_prompt
from promptci.prompts.conversation import compile_prompt

TEXT = (Path(__file__).parents[2] / "docs/formats.md").read_text(encoding="utf-8")
FILES = dict(re.findall(r"^`([\w./:]+)`:\n\n```\w+\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE))
PROMPTS = {path: text for path, text in FILES.items() if not path.startswith("evals/")}
EVALS = {path: text for path, text in FILES.items() if path.startswith("evals/")}
VARS = {
    "ticket": "Where is it?", "country": "Peru", "dishes": ["soup", "fish"], "customer": "Ada", "thing": "bread",
    "query": "Why?", "what": "soup", "turns": [{"role": "user", "text": "a"}], "q": '"Why?"',
}  # fmt: skip


def test_every_format_is_shown() -> None:
    assert len(PROMPTS) == 13
    assert len(EVALS) == 6


@pytest.mark.parametrize("path", PROMPTS)
def test_a_prompt_of_the_document_is_filled_and_rewritten(path: str) -> None:
    content = PROMPTS[path].encode()
    prompt = read_prompt("p", path, content)
    messages = compile_prompt(prompt).messages(Case("c", VARS))
    assert all("{" not in m.content or "JSON" in m.content for m in messages)
    assert any(word in m.content for m in messages for word in ("Where is it?", "Peru", "soup", "Why?", "bread"))
    assert write_prompt(path, content, prompt.template) == content
    if prompt.parts[prompt.rewrite].role == "chat":
        return  # a template around JSON, which is only read
    written = write_prompt(path, content, prompt.template + " Be brief.")
    assert read_prompt("p", path, written).template == prompt.template + " Be brief."
    assert len(written) == len(content) + len(" Be brief.")


@pytest.mark.parametrize("path", EVALS)
def test_an_eval_set_of_the_document_is_read(path: str) -> None:
    for case in read_cases(path, EVALS[path].encode()):
        assert case.vars or case.messages
        assert case.expected is not None or case.asserts
