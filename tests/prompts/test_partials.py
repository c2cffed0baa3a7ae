"""Partials: what an include stands for, and what it may not reach."""

from __future__ import annotations

import pytest

from promptci.errors import DataError
from promptci.prompts.partials import Partials, included

FILES = {
    "tone.md": "Be brief.\n",
    "outer.md": 'Before {% include "tone.md" %} after\n',
    "a.md": '{% include "b.md" %}',
    "b.md": '{% include "a.md" %}',
    "values.md": "{{ input }}",
}


def found(template: str) -> Partials:
    return included(template, FILES.get, "prompt.md")


@pytest.mark.parametrize(
    ("template", "expanded"),
    [
        pytest.param("No include.", "No include.", id="none"),
        pytest.param('{% include "tone.md" %}\nGo.', "Be brief.\nGo.", id="one"),
        pytest.param("{%- include 'tone.md' -%}", "Be brief.", id="single-quotes-and-dashes"),
        pytest.param('{% include "outer.md" %}', "Before Be brief. after", id="nested"),
        pytest.param('{% include "tone.md" %}{% include "tone.md" %}', "Be brief.Be brief.", id="twice"),
        pytest.param('{% include "values.md" %}', "{{ input }}", id="with-a-placeholder"),
    ],
)
def test_an_include_stands_for_its_file(template: str, expanded: str) -> None:
    assert found(template).expand(template) == expanded


@pytest.mark.parametrize(
    ("template", "said"),
    [
        pytest.param('{% include "gone.md" %}', "no such file", id="missing"),
        pytest.param('{% include "../secret" %}', "not a path inside", id="above"),
        pytest.param('{% include "/etc/passwd" %}', "not a path inside", id="absolute"),
        pytest.param('{% include ".git/config" %}', "not a path inside", id="git"),
        pytest.param('{% include "a/.GIT/config" %}', "not a path inside", id="git-in-capitals"),
        pytest.param('{% include "a.md" %}', "circles", id="circle"),
    ],
)
def test_what_cannot_be_included_is_said(template: str, said: str) -> None:
    with pytest.raises(DataError, match=said) as problem:
        found(template)
    assert problem.value.place == "prompt.md"


def test_many_includes_of_a_long_file_end_at_the_size_limit() -> None:
    with pytest.raises(DataError, match="longer than"):
        included('{% include "long.md" %}' * 50, {"long.md": "x" * 10_000}.get, "prompt.md")


def chain(levels: int) -> dict[str, str]:
    """Files p1, p2, .. of which each includes the next; the last one is text."""
    files = {f"p{k}": f'{{% include "p{k + 1}" %}}' for k in range(1, levels)}
    return {**files, f"p{levels}": "text"}


@pytest.mark.parametrize("first", ["", '{% include "p3" %}'], ids=["straight", "the-end-was-included-before"])
def test_five_levels_are_the_most(first: str) -> None:
    template = first + '{% include "p1" %}'
    five = included(template, chain(5).get, "prompt.md")
    assert five.expand(template).endswith("text")
    with pytest.raises(DataError, match="too deep: p1 > p2"):
        included(template, chain(6).get, "prompt.md")


def test_files_that_include_each_other_many_times_are_each_expanded_once() -> None:
    files = {f"p{k}": f'{{% include "p{k + 1}" %}}' * 14 for k in range(4)} | {"p4": ""}
    reads: list[str] = []

    def read(path: str) -> str:
        reads.append(path)
        return files[path]

    partials = included('{% include "p0" %}' * 14, read, "prompt.md")
    assert reads == ["p0", "p1", "p2", "p3", "p4"]
    assert partials.expand('{% include "p0" %}') == ""


def test_more_includes_than_a_person_writes_are_refused() -> None:
    with pytest.raises(DataError, match="more than 500 includes"):
        included('{% include "p4" %}' * 501, {"p4": ""}.get, "prompt.md")


def test_a_candidate_cannot_include_what_the_prompt_did_not() -> None:
    with pytest.raises(DataError, match="did not include before"):
        found('{% include "tone.md" %}').expand('{% include "values.md" %}')
