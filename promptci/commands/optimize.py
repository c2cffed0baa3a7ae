"""`promptci optimize`: a bounded search for a better prompt, confirmed once on cases that the search never saw."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from promptci.decide.aims import AIMS
from promptci.errors import UsageError
from promptci.improve.attempt import Mode, improved, prepared
from promptci.options import did_you_mean
from promptci.project.hosts import refuse_untrusted
from promptci.project.project import locate
from promptci.report.base import Report
from promptci.run.options import Options
from promptci.run.session import session
from promptci.search.proposers import PROPOSERS
from promptci.untrusted import one_line


def optimize(
    options: Options,
    *,
    ids: Sequence[str] = (),
    strategy: str | None = None,
    mode: Mode = "dry-run",
    files: Sequence[str] = (),
) -> Report:
    """Search for better versions of the prompts `ids` (all, when none is named); of a program, of the one in `files`.

    `mode` says what becomes of a confirmed one: `pr` pushes a branch and opens or updates its pull request, `write`
    writes it into the working tree, `dry-run` only reports it. Raises PromptciError for what a user can mend.
    """
    refuse_unknown(strategy, files)
    project = locate(options.config, Path())
    refuse_untrusted(project, trusted=options.trust_tree)
    with project.repository.locked("promptci optimize"):
        aim = AIMS[project.config.search.goal]
        chosen = prepared(project, project.config.chosen(ids), mode, file=next(iter(files), None))
        with session(project, options, searching=True) as run:
            return run.report("optimize", improved(run, chosen, strategy=strategy, mode=mode, aim=aim))


def refuse_unknown(strategy: str | None, files: Sequence[str] = ()) -> None:
    """Raise UsageError for a strategy that nobody knows, and for several files to search at once."""
    if strategy is not None and strategy not in PROPOSERS:
        raise UsageError(f"unknown strategy '{one_line(strategy)}'", hint=did_you_mean(strategy, PROPOSERS))
    if len(files) > 1:
        hint = "search one, take what is confirmed, then search the next: both are confirmed together"
        raise UsageError("a search changes one file at a time", hint=hint)
