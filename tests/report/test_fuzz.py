"""Thousands of fuzzed answers through every output: none of them acts on a page or adds a workflow command."""

from __future__ import annotations

import random
from dataclasses import replace
from functools import cache
from xml.etree import ElementTree

import pytest

from promptci.report.annotations import as_annotations
from promptci.report.base import CaseDetail, Report
from promptci.report.html import as_html
from promptci.report.json import as_json
from promptci.report.junit import as_junit
from promptci.report.markdown import as_comment, as_markdown
from promptci.report.proposal import pull_request
from promptci.report.table import as_csv
from promptci.report.terminal import as_text
from tests.report import gfm
from tests.report.nasties import NASTIES
from tests.report.samples import found, improved, report
from tests.report.test_html import Skeleton
from tests.test_untrusted import commands_in

LINK = frozenset({"https://github.com/acme/support/pull/12"})
EACH = 20  # answers a report: as many as a page shows


def fuzzed(rng: random.Random) -> str:
    """Pieces that mean something to somebody, in any order, with a random character now and then."""
    parts = [rng.choice(NASTIES)[:200] for _ in range(rng.randint(1, 5))]
    parts += [chr(rng.choice((rng.randrange(0x20, 0x7F), rng.randrange(0xD7FF), rng.randrange(0x10FFFF))))]
    rng.shuffle(parts)
    return rng.choice(("", " ", "\n", "\r\n")).join(parts) or "x"


def made(texts: list[str]) -> Report:
    """A search whose changed cases were answered so."""
    ids = [f"c{n}" for n in range(len(texts))]
    half = len(texts) // 2
    details = tuple(
        CaseDetail(i, text, expected=text, old=text, new=text, old_passes=n < half, new_passes=n >= half, tags=(text,))
        for n, (i, text) in enumerate(zip(ids, texts, strict=True))
    )
    prompt = replace(
        improved, verdict="fail", newly_failing=tuple(ids[:half]), newly_passing=tuple(ids[half:]),
        cases_detail=details,
        search=replace(found, stop_reason=texts[0], diff=f"@@ -1 +1 @@\n-kept\n+{texts[1]}\n"),
    )  # fmt: skip
    return report(prompt, command="optimize")


def pages(made_of: Report) -> tuple[str, str, str]:
    prompt = made_of.prompts[0]
    return as_markdown(made_of), as_comment(made_of), pull_request(made_of, prompt, content_hash="1")[1]


@cache
def clean() -> tuple[list[list[str]], list[tuple[str, ...]]]:
    plain = made(["x"] * EACH)
    return [gfm.skeleton(page) for page in pages(plain)], Skeleton(as_html(plain)).tags


def check(texts: list[str]) -> None:
    dirty = made(texts)
    markdown = pages(dirty)
    assert ([gfm.skeleton(page) for page in markdown], Skeleton(as_html(dirty)).tags) == clean()
    assert [gfm.acts(page, LINK) for page in markdown] == [[]] * 3
    logs = (as_text(dirty, color=False, verbose=True), as_text(dirty, color=False, verbose=True, width=60))
    assert [commands_in(page) for page in (*logs, *markdown, as_csv(dirty), as_json(dirty, details=True))] == [[]] * 7
    assert len(as_annotations(dirty)) == 1
    ElementTree.fromstring(as_junit(dirty))


@pytest.mark.parametrize("count", [200, pytest.param(10_000, marks=pytest.mark.fault)])
def test_no_answer_acts_anywhere(count: int) -> None:
    rng = random.Random(count)
    for _ in range(count // EACH):
        check([fuzzed(rng) for _ in range(EACH)])
