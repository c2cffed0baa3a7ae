"""A report with one text wherever text from outside can stand."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st

from promptci.core import Reason
from promptci.report.base import PromptReport, PullRequest, Report
from tests.report.nasties import NASTIES
from tests.report.samples import failed, found, improved, report

HOSTILE = st.lists(st.one_of(st.sampled_from(NASTIES), st.text(max_size=20)), min_size=1, max_size=4).map("".join)


def soiled_prompt(prompt: PromptReport, text: str) -> PromptReport:
    return replace(
        prompt,
        id=text,
        file=text,
        reasons=(Reason(text, text), Reason("said", f"{text} at last"), Reason("said", f"quoted: {text}")),
        why=(text, "eval set"),
        newly_failing=(text, "c2"),
        newly_passing=("c3", text),
        flaky=(text,),
    )


def soiled(text: str) -> Report:
    search = replace(
        found,
        stop_reason=text,
        strategy=text,
        rejected={text: 3},
        diff=f"+{text}\n {text}\n-{text}\n{text}",
        pull_request=PullRequest("created", 7, f"javascript:{text}", f"b/{text}"),
        overfit=True,
        overfit_gap=0.2,
        overfit_se=0.05,
    )
    dirty = report(
        soiled_prompt(failed, text), replace(soiled_prompt(improved, text), search=search), command="optimize"
    )
    return replace(dirty, models=(text,), unpriced=(text,), notes=(text,), base=text, run=text)
