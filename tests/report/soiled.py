"""A report with one text wherever text from outside can stand."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st

from promptci.core import Reason
from promptci.report.base import BaseUsed, CaseDetail, Cause, GateReport, Part, PromptReport, Report, Share
from promptci.report.searched import Edit, Headline, Phase, PullRequest, Refusal, Tried
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
        base=BaseUsed(text, text),
        warnings=(Reason("warned", text),),
        gates=(GateReport(text, "fail", (Reason(text, text),), {text: 0.5}),),
        metrics=(Share(text, 3, 0.5, 0.5, 0.0, (-0.1, 0.1)),),
        slices=(Share(text, 3, 0.5),),
        prompt_diff=f"@@ -1 +1 @@\n+kept\n+{text}\n {text}\n-{text}\n{text}",
        cases_detail=(
            CaseDetail(text, text, text, text, text, text, 1.0, 0.0, True, False, None, text, (Part(text, 1.0, 0.0),)),
            CaseDetail("c2", text, expected=text, reason=text, tags=(text,)),
            CaseDetail("c3", text, old=text, new=text, old_passes=False, new_passes=True),
        ),
    )


def soiled(text: str) -> Report:
    search = replace(
        found,
        stop_reason=text,
        strategy=text,
        rejected={text: 3},
        diff=f"@@ -1 +1 @@\n+kept\n+{text}\n {text}\n-{text}\n{text}",
        pull_request=PullRequest("created", 7, f"javascript:{text}", f"b/{text}"),
        goal=text,
        stop_kind=text,
        headline=Headline(text, 0.1, (0.0, 0.2)),
        phases=(Phase(text, 3),),
        refusals=(Refusal(text, 3, text, text),),
        edits=(Edit(text, text, text, 0.1, (0.0, 0.2), text, (text,)),),
        tried=(Tried(text, text, text, 1, (text,), 0.5, 0.5, 3, text),),
        overfit=True,
        overfit_gap=0.2,
        overfit_se=0.05,
    )
    dirty = report(
        soiled_prompt(failed, text), replace(soiled_prompt(improved, text), search=search), command="optimize"
    )
    return replace(
        dirty,
        models=(text,),
        unpriced=(text,),
        notes=(text,),
        base=text,
        base_how=text,
        run=text,
        warnings=(Reason(text, text),),
        causes=(Cause(text, 3, (text,)),),
    )
