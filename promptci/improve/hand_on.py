"""What hands an ending on: it acts, and says what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from promptci.improve.ending import Ending
from promptci.project.side import Side
from promptci.records import ledger
from promptci.records.ledger import Question
from promptci.report.base import PromptReport, Report
from promptci.report.searched import PullRequest

Done = tuple[PullRequest, str | None]


class HandOn(Protocol):
    """Acts on an ending and returns what became of it, and in a sentence why not more, if so."""

    def __call__(
        self, old: Side, ending: Ending, asked: Sequence[Question], report: Report, prompt: PromptReport
    ) -> Done:
        """Raises GitError or ForgeError when the remote or the forge refuses."""
        ...


def ledger_file(old: Side, ending: Ending, asked: Sequence[Question]) -> dict[str, bytes]:
    """Return the ledger with all questions so far, this run's included; nothing when there is none."""
    known = list(asked)
    for question in (*ending.before, *([ending.trial.question] if ending.trial else [])):
        if not any(q.pair == question.pair and q.members == question.members for q in known):
            known.append(question)
    content = b""
    for each in known:
        content = ledger.append(content, each)
    return {ledger.path_of(old.settings.id): content} if known else {}
