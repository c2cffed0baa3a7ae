"""What a run says, one file per output."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from promptci.errors import UsageError

if TYPE_CHECKING:
    from promptci.report.base import Report


def _json(report: Report) -> str:
    from promptci.report.json import as_json

    return as_json(report)


def _markdown(report: Report) -> str:
    from promptci.report.markdown import as_markdown

    return as_markdown(report)


def _text(report: Report) -> str:
    from promptci.report.terminal import as_text

    return as_text(report, color=False, verbose=True)


def _junit(report: Report) -> str:
    from promptci.report.junit import as_junit

    return as_junit(report)


def _html(report: Report) -> str:
    from promptci.report.html import as_html

    return as_html(report)


def _csv(report: Report) -> str:
    from promptci.report.table import as_csv

    return as_csv(report)


WRITERS: dict[str, Callable[[Report], str]] = {
    ".json": _json,
    ".md": _markdown,
    ".txt": _text,
    ".html": _html,
    ".xml": _junit,
    ".csv": _csv,
}


def writer_for(path: Path) -> Callable[[Report], str]:
    """Return what turns a report into the format that the file's ending names; raise UsageError for another ending.

    Worth asking before a run: a report that cannot be written has been paid for.
    """
    try:
        return WRITERS[path.suffix.lower()]
    except KeyError:
        known = ", ".join(WRITERS)
        raise UsageError(f"'{path.suffix}' is no report format", place=str(path), hint=f"known: {known}") from None


def write(report: Report, path: Path) -> None:
    """Write the report in the format of the file's ending. Raises UsageError when that or the place is impossible."""
    from promptci.records.files import write_atomically

    text = writer_for(path)(report)
    try:
        write_atomically(path, text.encode("utf-8", "backslashreplace"))
    except OSError as problem:
        raise UsageError(f"cannot be written: {problem.strerror}", place=str(path)) from None
