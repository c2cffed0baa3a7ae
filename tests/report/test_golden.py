"""Every output of a few reports, byte for byte.

After a wanted change: `GOLDEN=update pytest tests/report/test_golden.py`, then read the diff of golden/.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from promptci.report.annotations import as_annotations
from promptci.report.base import Report
from promptci.report.html import as_html
from promptci.report.json import as_json
from promptci.report.junit import as_junit
from promptci.report.markdown import as_comment, as_markdown
from promptci.report.proposal import pull_request
from promptci.report.table import as_csv
from promptci.report.terminal import as_text
from tests.report.samples import REPORTS

GOLDEN = Path(__file__).parent / "golden"


def proposal(report: Report) -> str:
    title, body = pull_request(report, report.prompts[0], content_hash="5f" * 32, branch="promptci/main/triage")
    return f"{title}\n\n{body}"


def body(report: Report) -> str:
    """The page without its style and script, which are files of their own."""
    page = as_html(report)
    return page[page.index("<body>") : page.index("<script>")]


OUTPUTS: dict[str, Callable[[Report], str]] = {
    "txt": lambda report: as_text(report, color=False),
    "verbose.txt": lambda report: as_text(report, color=False, verbose=True),
    "color.txt": lambda report: as_text(report, color=True),
    "md": as_markdown,
    "html": body,
    "junit.xml": as_junit,
    "csv": as_csv,
    "comment.md": as_comment,
    "json": as_json,
    "annotations.txt": lambda report: "".join(f"{line}\n" for line in as_annotations(report)),
    "pull.md": proposal,
}
WANTED = (
    [(name, kind) for name in REPORTS for kind in ("txt", "md", "json")]
    + [
        ("several", "annotations.txt"),
        ("fail", "verbose.txt"),
        ("fail", "comment.md"),
        ("fail", "csv"),
        ("improved", "html"),
        ("several", "junit.xml"),
        ("searches", "color.txt"),
        ("searches", "verbose.txt"),
    ]
    + [("improved", "pull.md"), ("searches", "pull.md")]
)


@pytest.mark.parametrize(("name", "kind"), WANTED)
def test_the_output_is_as_kept(name: str, kind: str) -> None:
    place = GOLDEN / f"{name}.{kind}"
    now = OUTPUTS[kind](REPORTS[name])
    if os.environ.get("GOLDEN") == "update":
        place.write_bytes(now.encode())
    assert place.is_file(), "no golden file; see this module's first lines"
    assert now == place.read_bytes().decode()


def test_nothing_kept_is_left_over() -> None:
    assert {p.name for p in GOLDEN.iterdir()} == {f"{name}.{kind}" for name, kind in WANTED}
