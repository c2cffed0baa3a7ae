"""Which cases a report shows, and what it says about one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice

from promptci.core import ToolCall
from promptci.report.base import CaseDetail, PromptReport, Trace

SHOWN = 10  # cases shown with their answers before "and N more"
Row = tuple[str, str]


def by_id(prompt: PromptReport, ids: Sequence[str]) -> list[CaseDetail]:
    """Return the details of those cases that have one, in the order of `ids`."""
    wanted = set(ids)
    among = (d for d in prompt.cases_detail if d.id in wanted) if wanted else ()
    known: Mapping[str, CaseDetail] = {d.id: d for d in islice(among, len(wanted))}  # of a million, as far as needed
    return [known[i] for i in ids if i in known]


def telling(prompt: PromptReport, *, verbose: bool, limit: int = SHOWN) -> list[CaseDetail]:
    """Return the cases that explain a verdict, `limit` at most.

    On red, and where `verbose`, those that newly fail; where nothing was compared, those that fail.
    """
    if prompt.verdict != "fail" and not verbose and not prompt.warnings:
        return []
    if prompt.newly_failing:
        return by_id(prompt, prompt.newly_failing[:limit])
    alone = prompt.baseline_score is None
    named = (d for d in prompt.cases_detail if d.gate or (alone and d.new_passes is False))
    return list(islice(named, limit))


def rows(detail: CaseDetail) -> list[Row]:
    """Return what there is to say about a case as (name, raw text): input, expected, old, new, calls, and why."""
    found: list[Row] = [("input", detail.input)] if detail.input else []
    if detail.expected is not None:
        found.append(("expected", detail.expected))
    found += [(name, _answer(text, value)) for name, text, value in _sides(detail) if text is not None]
    found += _calls(detail)
    failed = [p.metric for p in detail.parts if p.new is not None and p.new < 1]
    if failed:
        found.append(("failed", ", ".join(failed)))
    if detail.reason:
        found.append(("unmeasured", detail.reason))
    return found


def _calls(detail: CaseDetail) -> list[Row]:
    """The tools that each answer called; nothing where both called the same with the same arguments."""
    if detail.old_trace == detail.new_trace:
        return []
    sides = (("old calls", detail.old, detail.old_trace), ("new calls", detail.new, detail.new_trace))
    return [(name, called(trace)) for name, text, trace in sides if text is not None]


def called(trace: Trace) -> str:
    """Return which tools were called with which arguments, in order: "find {"order":7}; reply"."""
    return "; ".join(call_text(call) for call in trace) or "(none)"


def call_text(call: ToolCall) -> str:
    """Return one call: its name, and its arguments where it has any."""
    return call.name if call.arguments in ("", "{}") else f"{call.name} {call.arguments}"


def _sides(detail: CaseDetail) -> tuple[tuple[str, str | None, float | None], ...]:
    return ("old", detail.old, detail.old_value), ("new", detail.new, detail.new_value)


def _answer(text: str, value: float | None) -> str:
    """The answer, with its value where that is neither none nor all."""
    said = text or "(empty)"
    return said if value in (None, 0.0, 1.0) else f"[{value:.2f}] {said}"
