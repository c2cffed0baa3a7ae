"""The verdict in one line that people can act on."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from promptci.report.base import PromptReport, Report
from promptci.report.searched import Outcome
from promptci.report.wording import SEARCHES, counted, listed

NAMES = 5  # prompts named in the line
_FOUND: dict[Outcome, str] = {
    "improved": "A better prompt was found and confirmed for {}: review the change and merge it.",
    "inconclusive": "A gain was seen for {}, but the held-out cases do not confirm it: nothing to merge yet.",
    "stopped": "The search for {} stopped before it could say anything: see why below.",
    "no_change": "No better prompt was found for {}: nothing to do.",
}


def verdict_line(report: Report, name: Callable[[str], str]) -> str:
    """Return what the run says and what to do, in one line; `name` shows a prompt's id safely."""
    if not report.prompts:
        return "Nothing to measure: no prompt changed."
    if report.command in SEARCHES and all(p.search for p in report.prompts):
        return _searched(report.prompts, name)
    ids = [p.id for p in report.prompts if p.verdict == report.verdict]
    named = listed(ids, name, NAMES)
    one = len(ids) == 1
    return {
        "fail": f"{named} {'fails' if one else 'fail'}: look at the newly failing cases and mend "
        f"{'the prompt' if one else 'the prompts'}, or accept the new outcomes with `promptci check --accept`.",
        "unmeasured": f"{named} could not be measured, so nothing is known: mend the cause below and run again.",
        "inconclusive": f"{named} {'is' if one else 'are'} undecided: no drop is shown and none is ruled out; "
        "more cases would decide.",
        "pass": f"{counted(len(ids), 'prompt')} {'passes' if one else 'pass'}: {named}.",
    }[report.verdict]


def _searched(prompts: Sequence[PromptReport], name: Callable[[str], str]) -> str:
    lines = []
    for outcome, said in _FOUND.items():
        ids = [p.id for p in prompts if p.search is not None and p.search.outcome == outcome]
        lines += [said.format(listed(ids, name, NAMES))] if ids else []
    return " ".join(lines)
