"""docs/papers.md names a test for each option: the tests exist, and no option is missing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from promptci.search.proposers import options_of

HERE = Path(__file__).parent
PAPERS = (HERE.parents[1] / "docs" / "papers.md").read_text(encoding="utf-8")
NAMED = [
    (f"test_{name}", phrase.strip())
    for name, phrases in re.findall(r"test_(\w+)(?:: ([^|,]*))?", PAPERS)
    for phrase in (phrases or "").split(";")
    if not phrase.strip().startswith("test_")
]


def test_enough_is_named() -> None:
    assert len(NAMED) > 50


@pytest.mark.parametrize(("name", "phrase"), NAMED, ids=[f"{n}-{p}" for n, p in NAMED])
def test_the_named_test_exists(name: str, phrase: str) -> None:
    file = next(p for p in (HERE / f"{name}.py", *HERE.parent.rglob(f"{name}.py")) if p.exists())
    words = re.sub(r"\W+", "_", phrase).strip("_")
    assert re.search(rf"^def test_{words}", file.read_text(encoding="utf-8"), re.MULTILINE), phrase


@pytest.mark.parametrize("strategy", ["opro", "ape", "evoprompt-ga", "evoprompt-de"])
def test_every_option_is_described(strategy: str) -> None:
    known = {"max_tokens"}  # a bound on the reply, in no paper's table
    assert [o for o in options_of(strategy) if o not in known and not re.search(rf"`{o}\b", PAPERS)] == []
