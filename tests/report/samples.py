"""Reports as the workflows make them, with every number fixed."""

from __future__ import annotations

from dataclasses import replace

from promptci.core import Reason
from promptci.report.base import PromptReport, PullRequest, Report, Search, Step

COMMIT = "3f2a9c41d07be85613aa0c9f7d54e8b2916c0d3e"
BASE = "b81d5e0c6f3a49728e1d0b57c9a2f4638e7d1c05"

DIFF = """\
--- a/prompts/triage.md
+++ b/prompts/triage.md
@@ -1,6 +1,7 @@
 ---
 model: gpt-4.1-mini
 ---
-Say what this ticket is about.
+Route this support ticket. Answer with exactly one label, in lower case, and
+nothing else: billing, bug, account, or other.
\x20
 {{ ticket }}
"""

passed = PromptReport(
    id="triage",
    file="prompts/triage.md",
    verdict="pass",
    reasons=(
        Reason("said", "75 of 200 cases run: 2 newly failing, 4 newly passing."),
        Reason("said", "A drop of 5 points or more is ruled out by these cases."),
    ),
    cases=75,
    planned_cases=200,
    score=0.853333,
    baseline_score=0.826667,
    delta=0.026667,
    ci=(-0.044, 0.101),
    newly_failing=("t031", "t142"),
    newly_passing=("t007", "t055", "t090", "t188"),
    why=("prompt text",),
    changed="prompt",
    detectable_drop=0.071,
    values={"t007": 1.0, "t031": 0.0},
)
failed = PromptReport(
    id="triage",
    file="prompts/triage.md",
    verdict="fail",
    reasons=(
        Reason("said", "120 of 200 cases run: 14 newly failing, 3 newly passing, 1 could not be measured."),
        Reason("said", "A harmless change would look this bad less than 5 times in 100, counting all our early looks."),
    ),
    cases=120,
    planned_cases=200,
    unmeasured=1,
    score=0.714286,
    baseline_score=0.806723,
    delta=-0.092437,
    ci=(-0.158, -0.029),
    newly_failing=tuple(f"t{n:03}" for n in range(3, 115, 8)),
    newly_passing=("t012", "t077", "t109"),
    why=("prompt text", "eval set (2 added, 1 edited)"),
    changed="both",
    flaky=("t044",),
)
unsure = PromptReport(
    id="summary.short",
    file="prompts/summary.short.txt",
    verdict="inconclusive",
    reasons=(
        Reason("said", "24 of 24 cases run: 3 newly failing, 1 newly passing."),
        Reason("said", "Neither a drop nor its absence is shown: a drop of 5 points is not ruled out by these cases."),
        Reason("said", "The smallest drop that 24 cases would show 4 times in 5 is 33.5 points."),
    ),
    cases=24,
    planned_cases=24,
    score=0.666667,
    baseline_score=0.75,
    delta=-0.083333,
    ci=(-0.2713, 0.0987),
    newly_failing=("s1", "s9", "s20"),
    newly_passing=("s4",),
    why=("model parameters",),
    changed="measure",
    detectable_drop=0.335,
)
lost = PromptReport(
    id="triage",
    file="prompts/triage.md",
    verdict="unmeasured",
    reasons=(
        Reason("said", "25 of 200 cases run: 0 newly failing, 0 newly passing, 25 could not be measured."),
        Reason("said", "None of the cases could be measured, so there is no verdict."),
        Reason("said", "connection: http://127.0.0.1:9/v1 refused the connection"),
    ),
    cases=25,
    planned_cases=200,
    unmeasured=25,
    why=("prompt text",),
    changed="prompt",
)
found = Search(
    outcome="improved",
    stop_reason="patience: 4 steps without a better prompt",
    strategy="opro",
    steps=(
        Step(0.62, 0.60, 0.61, 80),
        Step(0.71, 0.68, 0.695, 190),
        Step(0.79, 0.74, 0.765, 305),
        Step(0.79, 0.74, 0.765, 390),
        Step(0.79, 0.74, 0.765, 470),
        Step(0.79, 0.74, 0.765, 548),
        Step(0.79, 0.74, 0.765, 630),
    ),
    candidates=48,
    rejected={"duplicate": 6, "variables": 2},
    p_value=0.000488,
    level=0.025,
    test={"wins": 18, "losses": 3, "cases": 100},
    diff=DIFF,
    pull_request=PullRequest("created", 12, "https://github.com/acme/support/pull/12", "promptci/main/triage"),
)
improved = PromptReport(
    id="triage",
    file="prompts/triage.md",
    verdict="pass",
    reasons=(Reason("said", "The winner of the search was asked once on 100 held-out cases, and it is better."),),
    cases=100,
    planned_cases=100,
    score=0.78,
    baseline_score=0.63,
    delta=0.15,
    ci=(0.0615, 0.2391),
    newly_failing=("t010", "t102", "t164"),
    newly_passing=tuple(f"t{n:03}" for n in range(2, 200, 11)),
    why=("asked for",),
    search=found,
)
unconfirmed = replace(
    improved,
    verdict="inconclusive",
    reasons=(Reason("said", "The winner gained on the development cases, but 50 held-out cases do not show it."),),
    cases=50,
    planned_cases=50,
    delta=0.06,
    score=0.69,
    ci=(-0.043, 0.167),
    newly_failing=("t010", "t102"),
    newly_passing=("t002", "t013", "t024", "t035", "t046"),
    search=replace(
        found,
        outcome="inconclusive",
        overfit=True,
        overfit_gap=0.123,
        overfit_se=0.0372,
        p_value=0.2266,
        test={"wins": 5, "losses": 2, "cases": 50},
        cases_to_decide=210,
        pull_request=PullRequest("updated", 9, None, "promptci/main/triage"),
    ),
)
nothing_better = PromptReport(
    id="route",
    file="prompts/route.j2",
    verdict="pass",
    reasons=(
        Reason("said", "No candidate was better than the prompt by 1.5 standard errors on 100 development cases."),
    ),
    search=Search("no_change", "budget: 600 of 600 calls used", "opro", found.steps[:2], 14),
)


def report(*prompts: PromptReport, command: str = "check", offline: bool = False) -> Report:
    """A run that found these."""
    model = "offline" if offline else "gpt-4.1-mini-2025-04-14"
    return Report(
        command=command,
        prompts=prompts,
        run="20261120-101500-a1b2c3",
        commit=COMMIT,
        base=BASE,
        seed=7,
        models=(model,),
        offline=offline,
        calls=240,
        cache_hits=12,
        input_tokens=31_000,
        output_tokens=960,
        cost_usd=0.0 if offline else 0.013936,
        wall_s=3.14159,
    )


REPORTS: dict[str, Report] = {
    "pass": report(passed, offline=True),
    "fail": report(failed),
    "inconclusive": report(unsure),
    "unmeasured": replace(
        report(lost),
        calls=75,
        cache_hits=0,
        input_tokens=0,
        output_tokens=0,
        cost_usd=0.0,
        wall_s=95.0,
        unpriced=("llama-3-8b",),
        notes=("the server refused 'temperature'; sent without it from then on",),
    ),
    "improved": report(improved, command="optimize", offline=True),
    "searches": report(unconfirmed, nothing_better, command="optimize"),
    "several": report(failed, unsure, replace(lost, id="lost"), replace(passed, id="fine")),
    "nothing": replace(report(), models=(), calls=0, cache_hits=0, cost_usd=0.0),
}
