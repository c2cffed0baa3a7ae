"""Whatever a file of any format holds: it is read or refused, keeps its bytes, and takes another text or refuses it."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from promptci.core import Case, Json
from promptci.errors import DataError
from promptci.evals import read_cases
from promptci.prompts import read_prompt, write_prompt
from promptci.prompts.conversation import compile_prompt
from tests.prompts.test_any_fields import refused

PIECES = {
    "jinja": ["{{ x }}", "{% if x %}", "{% endif %}", "{% raw %}", "{% endraw %}", "{% for a in x %}", "{% endfor %}"],
    "handlebars": [
        "{{x}}",
        "{{#if x}}",
        "{{/if}}",
        "{{#each x}}",
        "{{/each}}",
        "{{this}}",
        "{{else}}",
        "{{{",
        "}}",
        "\\{{",
    ],
    "messages": [
        '{{role "system"}}',
        "{{history}}",
        "{{#system}}",
        "{{/system}}",
        "system:\n",
        "user:\n",
        "{{gen 'a'}}",
    ],
    "front": ["---\n", "---\nmodel: a\n---\n", "<!-- promptci:rewrite -->\n", "<!-- promptci:end -->\n", "\ufeff"],
    "data": [
        "[",
        "]",
        "{",
        "}",
        '"role":',
        '"user"',
        ",",
        '"content":',
        "- role: user\n",
        "  content: |\n",
        "    abc\n",
    ],
    "program": ["X = ", "'a'", '"""', "f'{x}'", "`${x}`", "const X = ", ";", "#", "dedent(", ")", ".strip()"],
    "plain": ["a", " ", "\n", "\r\n", "é", "\u2028", "\t", "\x00", "&a ", "*a", "!!str ", "x: y\n"],
}
TEXTS = st.lists(st.sampled_from([piece for some in PIECES.values() for piece in some]), min_size=1, max_size=12)
PATHS = [
    "p.md", "p.txt", "p.prompt", "p.prompty", "p.prompt.yml", "p.py::X", "p.ts::X", "p.json", "p.json::x", "p.yaml",
    "p.yaml::x", "p.toml::x", "p/SKILL.md", "AGENTS.md",
]  # fmt: skip
VALUES: list[Json] = ["v", ["a"], {"b": 1}, None, 3]


@pytest.mark.parametrize("path", PATHS)
@settings(deadline=None, max_examples=30, suppress_health_check=list(HealthCheck))
@given(text=TEXTS.map("".join), value=st.sampled_from(VALUES), more=st.sampled_from([" more", "\nmore", ' "more" # {']))
def test_any_file_is_read_or_refused_and_keeps_its_bytes(path: str, text: str, value: Json, more: str) -> None:
    content = text.encode()
    prompt = refused(lambda: compile_prompt(read_prompt("p", path, content)))
    if isinstance(prompt, DataError):
        assert (prompt.place or "").startswith(path.partition("::")[0])
        return
    assert write_prompt(path, content, prompt.text) == content
    sent = refused(lambda: prompt.messages(Case("c", {"x": value})))
    assert isinstance(sent, DataError) or all(message.role for message in sent)
    new = prompt.text + more
    written = refused(lambda: write_prompt(path, content, new))
    if not isinstance(written, DataError):
        assert read_prompt("p", path, written).template == new.strip()


ROWS = [
    "q,expected\n",
    "a,b\n",
    '"',
    "[",
    "{",
    "}",
    "]",
    ",",
    '"q": "a"',
    "\n",
    "- q: a\n",
    "- q: b\n  expected: c\n",
    "__expected",
]


@pytest.mark.parametrize("path", ["e.csv", "e.tsv", "e.json", "e.jsonl", "e.yaml", "p.prompt.yml"])
@settings(deadline=None, max_examples=40)
@given(st.lists(st.sampled_from(ROWS), max_size=10).map("".join))
def test_any_eval_set_is_read_with_ids_of_its_own_or_refused(path: str, text: str) -> None:
    found = refused(lambda: read_cases(path, text.encode()))
    if isinstance(found, DataError):
        assert (found.place or "").startswith(path)
        return
    assert found
    assert len({case.id for case in found}) == len(found)
    assert all(case.vars or case.messages for case in found)
