"""An ending handed to the working tree: the question noted, and the prompt written where that is wanted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from promptci.improve.ending import Ending
from promptci.improve.hand_on import Done, ledger_file
from promptci.project.project import Project
from promptci.project.side import Side
from promptci.records.files import write_atomically
from promptci.records.ledger import Question
from promptci.report.base import PromptReport, Report
from promptci.report.searched import PullRequest


@dataclass(frozen=True, slots=True)
class WorkingTree:
    """Notes the question in the ledger file; with `prompt_too`, writes a confirmed prompt over the old one.

    A dry run notes it as well: a test split that is asked until it says yes proves nothing.
    """

    project: Project
    prompt_too: bool

    def __call__(
        self, old: Side, ending: Ending, asked: Sequence[Question], report: Report, prompt: PromptReport
    ) -> Done:
        """Write the files; there is never a pull request."""
        del report, prompt
        files, why_not = ledger_file(old, ending, asked), None
        new = ending.proposed
        if self.prompt_too and new is not None and not ending.draft:
            before = old.files
            edited = next((path for path, content in before.items() if self.project.at(None, path) != content), None)
            if edited is None:
                files |= {path: content for path, content in new.files.items() if content != before[path]}
            else:
                why_not = f"{edited} was edited while the search ran, so it was left alone."
        for path, content in files.items():
            overwrite(self.project.directory / path, content)
        return PullRequest(), why_not


def overwrite(path: Path, content: bytes) -> None:
    """Replace a file and keep its mode."""
    mode = path.stat().st_mode if path.exists() else None
    write_atomically(path, content)
    if mode is not None:
        path.chmod(mode & 0o777)
